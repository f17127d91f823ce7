"""Anthropic messages, as the vendor frames them.

Rules: what Anthropic refuses is refused, in its words, above all a tool result without its call just before, and a
call without its result just after. Prompt caching is on only where the caller marked a breakpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

import msgspec

from ergos.kernel.models import (
    Dialect,
    Media,
    MediaKind,
    Message,
    ModelRequest,
    Part,
    Reasoning,
    Reply,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
    Usage,
)
from ergos.sim.loopback.tokens import count, pieces
from ergos.sim.loopback.wires import JSON, Asked, Fault, FaultError, Frame, invalid, shape_fault

KINDS: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""Anthropic's name of an error by status; every other is an api_error."""
_STOPS: Final = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tools": "tool_use",
    "refusal": "refusal",
    "other": "stop_sequence",
}
_CHOICES: Final = {"auto": "auto", "any": "required", "none": "none"}
_MEDIA: Final[dict[str, MediaKind]] = {"image": "image", "document": "file"}


class _Block(msgspec.Struct):
    type: str
    text: str = ""
    id: str = ""
    name: str = ""
    input: dict[str, object] = {}
    tool_use_id: str = ""
    content: object = None
    is_error: bool | None = None
    thinking: str = ""
    signature: str = ""
    source: dict[str, object] | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Block]


class _Tool(msgspec.Struct):
    name: str
    description: str | None = None
    input_schema: dict[str, object] | None = None
    type: str | None = None


class _Body(msgspec.Struct):
    model: str
    messages: list[_Message]
    max_tokens: int = 0
    system: str | list[_Block] | None = None
    tools: list[_Tool] | None = None
    tool_choice: dict[str, object] | None = None
    output_config: dict[str, object] | None = None
    output_format: dict[str, object] | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    stream: bool | None = None


class MessagesWire:
    """`POST /v1/messages`."""

    dialect: Dialect = "anthropic.messages"

    def read(self, body: dict[str, object], *, counting: bool = False) -> Asked:
        """What is asked; `counting`: only to count its tokens. Raises: FaultError."""
        for field in ("model", "messages") if counting else ("model", "max_tokens", "messages"):
            if field not in body:
                raise invalid(f"{field}: Field required", field)
        try:
            given = msgspec.convert(body, _Body)
        except msgspec.ValidationError as error:
            raise shape_fault(error) from error
        if not given.messages:
            raise invalid("messages: at least one message is required", "messages")
        if given.max_tokens < 1 and not counting:
            raise invalid("max_tokens: Input should be greater than or equal to 1", "max_tokens")
        _check_calls(given.messages)
        system = _system(given.system)
        request = ModelRequest(
            messages=system + tuple(_message(message, at) for at, message in enumerate(given.messages)),
            tools=tuple(
                ToolDefinition(tool.name, tool.description or "", tool.input_schema or {})
                for tool in given.tools or ()
                if tool.input_schema is not None
            ),
            tool_choice=_choice(given.tool_choice),
            output_schema=_schema(given),
            output_tokens_max=given.max_tokens or None,
            temperature=given.temperature,
            top_p=given.top_p,
            stop=tuple(given.stop_sequences or ()),
        )
        return Asked(
            request=request,
            model=given.model,
            stream=bool(given.stream),
            caches=b'"cache_control"' in JSON(body),
        )

    def whole(self, asked: Asked, reply: Reply) -> bytes:
        """The body of a reply in one piece."""
        message = _envelope(asked, reply)
        message |= {"content": [_block(part) for part in reply.parts], **_stop(asked, reply)}
        if reply.usage.known:
            message["usage"] = usage_of(reply.usage, caches=asked.caches)
        return JSON(message)

    def frames(self, asked: Asked, reply: Reply, tokens: int) -> Iterator[Frame]:
        """The stream of a reply, in pieces of so many tokens."""
        usage = usage_of(reply.usage, caches=asked.caches)
        total = reply.usage.output_tokens
        start = _envelope(asked, reply)
        if reply.usage.known:
            start["usage"] = usage | {"output_tokens": min(1, total)}
        yield _frame("message_start", {"message": start}, min(1, total))
        written = 0
        for index, part in enumerate(reply.parts):
            opening = _block(part, empty=True)
            yield _frame("content_block_start", {"index": index, "content_block": opening}, min(written + 1, total))
            if index == 0:
                yield _frame("ping", {}, min(1, total))
            if isinstance(part, ToolCall):
                written += count(part.name)
            for kind, field, text in _deltas(part, tokens):
                written += 0 if kind == "signature_delta" else count(text)
                yield _frame("content_block_delta", {"index": index, "delta": {"type": kind, field: text}}, written)
            yield _frame("content_block_stop", {"index": index}, written)
        ending: dict[str, object] = {"delta": _stop(asked, reply)}
        if reply.usage.known:
            kept = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
            ending["usage"] = {name: usage[name] for name in kept}
        yield _frame("message_delta", ending, total)
        yield _frame("message_stop", {}, total)

    def refusal(self, fault: Fault) -> bytes:
        """The body of an error."""
        kind = KINDS.get(fault.status, "api_error")
        error = {"type": kind, "message": fault.message}
        return JSON({"type": "error", "error": error, "request_id": "req_loopback"})

    def failing(self, fault: Fault) -> bytes:
        """The frame of an error in the middle of a stream."""
        return b"event: error\ndata: " + self.refusal(fault) + b"\n\n"


def usage_of(usage: Usage, *, caches: bool) -> dict[str, object]:
    """Usage as messages tell it: what was read from the cache or written to it stands apart from the input."""
    cached = usage.cached_tokens if caches else 0
    written = max(usage.input_tokens - cached - 1, 0) if caches else 0
    return {
        "input_tokens": usage.input_tokens - cached - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": cached,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.output_tokens,
        "service_tier": "standard",
    }


def _stop(asked: Asked, reply: Reply) -> dict[str, object]:
    word = asked.request.stop[0] if reply.stop == "other" and asked.request.stop else None
    return {"stop_reason": _STOPS[reply.stop], "stop_sequence": word}


def _envelope(asked: Asked, reply: Reply) -> dict[str, object]:
    return {
        "id": f"msg_{reply.id}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _frame(kind: str, body: dict[str, object], tokens: int) -> Frame:
    return Frame(f"event: {kind}\n".encode() + b"data: " + JSON({"type": kind, **body}) + b"\n\n", tokens)


def _block(part: Part, *, empty: bool = False) -> dict[str, object]:
    match part:
        case Text(text=text):
            return {"type": "text", "text": "" if empty else text}
        case Reasoning(text=text, signature=signature):
            return {"type": "thinking", "thinking": "" if empty else text, "signature": "" if empty else signature}
        case ToolCall(id=id_, name=name, arguments=arguments):
            return {
                "type": "tool_use",
                "id": f"toolu_{id_}",
                "name": name,
                "input": {} if empty else _object(arguments),
            }
        case _:
            raise AssertionError(part)


def _object(arguments: str) -> object:
    """Arguments as data; the ones that are not JSON as the vendor would never send them: as text."""
    try:
        return msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        return arguments


def _deltas(part: Part, tokens: int) -> Iterator[tuple[str, str, str]]:
    """Type, field and text of each delta of a block."""
    match part:
        case Text(text=text):
            yield from (("text_delta", "text", piece) for piece in pieces(text, tokens))
        case Reasoning(text=text, signature=signature):
            yield from (("thinking_delta", "thinking", piece) for piece in pieces(text, tokens))
            yield "signature_delta", "signature", signature
        case ToolCall(arguments=arguments):
            yield "input_json_delta", "partial_json", ""
            yield from (("input_json_delta", "partial_json", piece) for piece in pieces(arguments, tokens))
        case _:
            raise AssertionError(part)


def _check_calls(messages: list[_Message]) -> None:
    """Every call has its result in the next message, every result its call in the one before. Raises: FaultError."""
    calls: list[str] = []
    for at, message in enumerate(messages):
        blocks = message.content if isinstance(message.content, list) else []
        results = [block.tool_use_id for block in blocks if block.type == "tool_result"]
        if missing := [call for call in calls if call not in results]:
            raise invalid(
                f"messages.{at - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
                "next message."
            )
        for index, block in enumerate(blocks):
            if block.type == "tool_result" and block.tool_use_id not in calls:
                raise invalid(
                    f"messages.{at}.content.{index}: unexpected `tool_use_id` found in `tool_result` blocks: "
                    f"{block.tool_use_id}. Each `tool_result` block must have a corresponding `tool_use` block in the "
                    "previous message."
                )
        calls = [block.id for block in blocks if block.type == "tool_use"]
    if calls:
        raise invalid(
            f"messages.{len(messages) - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(calls)}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
            "message."
        )


def _system(given: str | list[_Block] | None) -> tuple[Message, ...]:
    if not given:
        return ()
    text = given if isinstance(given, str) else "\n".join(block.text for block in given)
    return (Message("system", (Text(text),)),)


def _message(message: _Message, at: int) -> Message:
    if message.role not in {"user", "assistant"}:
        raise invalid(f"messages.{at}.role: Input should be 'user' or 'assistant'", f"messages.{at}.role")
    blocks = [_Block("text", message.content)] if isinstance(message.content, str) else message.content
    parts = tuple(_part(block, at, index) for index, block in enumerate(blocks))
    return Message("user" if message.role == "user" else "assistant", parts)


def _part(block: _Block, at: int, index: int) -> Part:
    match block.type:
        case "text":
            return Text(block.text)
        case "thinking" | "redacted_thinking":
            return Reasoning(block.thinking, block.signature)
        case "tool_use" | "server_tool_use":
            return ToolCall(block.id, block.name, JSON(block.input).decode())
        case "tool_result":
            return ToolResult(block.tool_use_id, _result_text(block.content), failed=bool(block.is_error))
        case "image" | "document":
            source = block.source or {}
            return Media(_MEDIA[block.type], data=str(source.get("data", "")), url=str(source.get("url", "")))
        case _:
            raise FaultError(
                Fault(
                    status=400,
                    message=f"messages.{at}.content.{index}: Input tag '{block.type}' found using 'type' does not "
                    "match any of the expected tags",
                )
            )


def _result_text(content: object) -> str:
    if isinstance(content, str) or content is None:
        return content or ""
    blocks = cast("list[dict[str, object]]", content) if isinstance(content, list) else []
    return "".join(str(block.get("text", "")) for block in blocks if block.get("type") == "text")


def _choice(given: dict[str, object] | None) -> str:
    kind = str((given or {}).get("type", "auto"))
    return str((given or {}).get("name", "auto")) if kind == "tool" else _CHOICES.get(kind, "auto")


def _schema(given: _Body) -> dict[str, object] | None:
    form = (given.output_config or {}).get("format") or given.output_format
    if not isinstance(form, dict):
        return None
    return msgspec.convert(cast("dict[str, object]", form).get("schema", {}), dict[str, object])

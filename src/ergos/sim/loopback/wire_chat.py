"""OpenAI chat completions, as the vendor frames them.

Rules: what OpenAI refuses is refused, in its words, above all a tool message that answers no call and a call that no
message answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from ergos.kernel.models import (
    Dialect,
    Media,
    Message,
    ModelRequest,
    Part,
    Reasoning,
    Reply,
    Role,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
    Usage,
)
from ergos.sim.loopback.tokens import count, pieces
from ergos.sim.loopback.wires import (
    CREATED_S,
    JSON,
    Asked,
    Fault,
    Frame,
    invalid,
    openai_refusal,
    shape_fault,
)

CHOICES_MAX: Final = 8  # answers to one request
_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}
_FINISH: Final = {"stop": "stop", "length": "length", "tools": "tool_calls", "refusal": "stop", "other": "stop"}


class _Part(msgspec.Struct):
    type: str
    text: str = ""
    refusal: str = ""
    image_url: dict[str, object] | None = None
    input_audio: dict[str, object] | None = None
    file: dict[str, object] | None = None


class _Function(msgspec.Struct):
    name: str
    arguments: str = ""


class _Call(msgspec.Struct):
    id: str
    function: _Function
    type: str = "function"


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None
    reasoning_content: str | None = None


class _Tool(msgspec.Struct):
    class Function(msgspec.Struct):
        name: str
        description: str | None = None
        parameters: dict[str, object] | None = None

    type: str
    function: Function | None = None


class _Body(msgspec.Struct):
    model: str
    messages: list[_Message]
    tools: list[_Tool] | None = None
    tool_choice: str | dict[str, object] | None = None
    response_format: dict[str, object] | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stop: str | list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    n: int | None = None
    stream: bool | None = None
    stream_options: dict[str, object] | None = None
    priority: int | None = None
    ignore_eos: bool | None = None


class ChatWire:
    """`POST /v1/chat/completions`."""

    dialect: Dialect = "openai.chat"

    def read(self, body: dict[str, object]) -> Asked:
        """What is asked. Raises: FaultError."""
        if "messages" not in body:
            raise invalid("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
        try:
            given = msgspec.convert(body, _Body)
        except msgspec.ValidationError as error:
            raise shape_fault(error) from error
        if not given.messages:
            raise invalid(
                "Invalid 'messages': empty array. Expected an array with minimum length 1.", "messages", "empty_array"
            )
        _check_calls(given.messages)
        limit = given.max_completion_tokens if given.max_completion_tokens is not None else given.max_tokens
        if limit is not None and limit < 1:
            raise invalid(f"Invalid 'max_tokens': {limit} is less than the minimum of 1.", "max_tokens")
        schema, name = _schema(given.response_format)
        request = ModelRequest(
            messages=tuple(_message(message, at) for at, message in enumerate(given.messages)),
            tools=_tools(given.tools or []),
            tool_choice=_choice(given.tool_choice),
            output_schema=schema,
            output_name=name,
            output_tokens_max=limit,
            temperature=given.temperature,
            top_p=given.top_p,
            stop=(given.stop,) if isinstance(given.stop, str) else tuple(given.stop or ()),
            seed=given.seed,
        )
        return Asked(
            request=request,
            model=given.model,
            stream=bool(given.stream),
            usage_frame=bool((given.stream_options or {}).get("include_usage")),
            choices=min(max(given.n or 1, 1), CHOICES_MAX),
            priority=given.priority or 0,
            exact_tokens=bool(given.ignore_eos),
        )

    def whole(self, asked: Asked, reply: Reply) -> bytes:
        """The body of a reply in one piece."""
        message: dict[str, object] = {"role": "assistant", "content": reply.text or None, "refusal": None}
        if reply.stop == "refusal":
            message |= {"content": None, "refusal": reply.text}
        if reply.calls:
            message["tool_calls"] = [
                {"id": _call_id(call), "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in reply.calls
            ]
        elif reply.stop != "refusal" and not reply.text:
            message["content"] = ""
        if thought := "".join(part.text for part in reply.parts if isinstance(part, Reasoning)):
            message["reasoning_content"] = thought
        message["annotations"] = []
        finish = _FINISH[reply.stop]
        body: dict[str, object] = {
            "id": f"chatcmpl-{reply.id}",
            "object": "chat.completion",
            "created": CREATED_S,
            "model": asked.model,
            "choices": [
                {"index": index, "message": message, "logprobs": None, "finish_reason": finish}
                for index in range(asked.choices)
            ],
            "service_tier": "default",
            "system_fingerprint": "fp_loopback",
        }
        if reply.usage.known:
            body["usage"] = usage_of(reply.usage)
        return JSON(body)

    def frames(self, asked: Asked, reply: Reply, tokens: int) -> Iterator[Frame]:
        """The stream of a reply, in pieces of so many tokens."""
        head = {
            "id": f"chatcmpl-{reply.id}",
            "object": "chat.completion.chunk",
            "created": CREATED_S,
            "model": asked.model,
            "service_tier": "default",
            "system_fingerprint": "fp_loopback",
        }
        before = b"data: " + JSON(head)[:-1] + b',"choices":'
        after = b',"usage":null}\n\n' if asked.usage_frame else b"}\n\n"
        total = reply.usage.output_tokens
        for index in range(asked.choices):
            opening = b'[{"index":%d,"delta":' % index
            for delta, written in _deltas(reply, tokens):
                yield Frame(before + opening + delta + b',"logprobs":null,"finish_reason":null}]' + after, written)
            closing = b'{},"logprobs":null,"finish_reason":"%b"}]' % _FINISH[reply.stop].encode()
            yield Frame(before + opening + closing + after, total)
        if asked.usage_frame and reply.usage.known:
            yield Frame(before + b'[],"usage":' + JSON(usage_of(reply.usage)) + b"}\n\n", total)
        yield Frame(b"data: [DONE]\n\n", total)

    def refusal(self, fault: Fault) -> bytes:
        """The body of an error."""
        return openai_refusal(fault)

    def failing(self, fault: Fault) -> bytes:
        """The frame of an error in the middle of a stream."""
        return b"data: " + openai_refusal(fault) + b"\n\n"


def usage_of(usage: Usage) -> dict[str, object]:
    """Usage as chat completions tell it."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _deltas(reply: Reply, tokens: int) -> Iterator[tuple[bytes, int]]:
    """Each delta, and the output tokens written with it."""
    role = b'{"role":"assistant",'
    if reply.parts and isinstance(reply.parts[0], ToolCall):
        lead = role + b'"content":null,'
    else:
        worded = reply.stop != "refusal" and any(isinstance(part, Text) for part in reply.parts)
        yield role + b'"content":%b,"refusal":null}' % (b'""' if worded else b"null"), min(1, reply.usage.output_tokens)
        lead = b"{"
    written = index = 0
    for part in reply.parts:
        if isinstance(part, ToolCall):
            written += count(part.name)
            start = {
                "index": index,
                "id": _call_id(part),
                "type": "function",
                "function": {"name": part.name, "arguments": ""},
            }
            trail = b"]}" if lead == b"{" else b'],"refusal":null}'
            yield lead + b'"tool_calls":[' + JSON(start) + trail, written
            for piece in pieces(part.arguments, tokens):
                written += count(piece)
                more = b'{"tool_calls":[{"index":%d,"function":{"arguments":' % index
                yield more + JSON(piece) + b"}}]}", written
            index, lead = index + 1, b"{"
        elif isinstance(part, Text | Reasoning):
            field = b'{"refusal":' if reply.stop == "refusal" else b'{"content":'
            if isinstance(part, Reasoning):
                field = b'{"reasoning_content":'
            for piece in pieces(part.text, tokens):
                written += count(piece)
                yield field + JSON(piece) + b"}", written


def _call_id(call: ToolCall) -> str:
    return f"call_{call.id}"


def _check_calls(messages: list[_Message]) -> None:
    """Every call is answered by the messages after it, and nothing else is. Raises: FaultError."""
    open_calls: set[str] = set()
    for at, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in open_calls:
                raise invalid(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    "'tool_calls'.",
                    f"messages.[{at}].role",
                )
            open_calls.discard(message.tool_call_id)
            continue
        _check_answered(open_calls, at)
        open_calls = {call.id for call in message.tool_calls or ()}
    _check_answered(open_calls, len(messages))


def _check_answered(open_calls: set[str], at: int) -> None:
    if open_calls:
        raise invalid(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: "
            f"{', '.join(sorted(open_calls))}",
            f"messages.[{at}].role",
        )


def _message(message: _Message, at: int) -> Message:
    role = _ROLES.get(message.role)
    if role is None:
        raise invalid(
            f"Invalid value: '{message.role}'. Supported values are: 'system', 'assistant', 'user', 'function', "
            "'tool', and 'developer'.",
            f"messages[{at}].role",
            "invalid_value",
        )
    content = message.content
    if content is None and role != "assistant":
        raise invalid(f"Invalid value for 'content': expected a string, got null. (messages[{at}])", f"messages.[{at}]")
    parts: list[Part] = [Reasoning(message.reasoning_content)] if message.reasoning_content else []
    told = [Text(content)] if isinstance(content, str) else [_part(part, at) for part in content or ()]
    if role == "tool":
        text = "".join(part.text for part in told if isinstance(part, Text))
        return Message(role, (ToolResult(id=message.tool_call_id or "", text=text),))
    parts += [part for part in told if not (isinstance(part, Text) and not part.text)]
    parts += [ToolCall(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ()]
    return Message(role, tuple(parts))


def _part(part: _Part, at: int) -> Part:
    match part.type:
        case "text":
            return Text(part.text)
        case "refusal":
            return Text(part.refusal)
        case "image_url":
            return Media("image", url=str((part.image_url or {}).get("url", "")))
        case "input_audio":
            return Media("audio", data=str((part.input_audio or {}).get("data", "")))
        case "file":
            return Media("file", data=str((part.file or {}).get("file_data", "")))
        case _:
            raise invalid(
                f"Invalid 'messages[{at}]'. Content blocks are expected to be either text or image_url type.",
                f"messages[{at}]",
                "invalid_value",
            )


def _tools(given: list[_Tool]) -> tuple[ToolDefinition, ...]:
    found: list[ToolDefinition] = []
    for at, tool in enumerate(given):
        if tool.type != "function" or tool.function is None:
            raise invalid(f"Missing required parameter: 'tools[{at}].function'.", f"tools[{at}].function")
        function = tool.function
        found.append(ToolDefinition(function.name, function.description or "", function.parameters or {}))
    return tuple(found)


def _choice(given: str | dict[str, object] | None) -> str:
    if isinstance(given, dict):
        named = given.get("function")
        return str(named.get("name", "auto")) if isinstance(named, dict) else "auto"  # type: ignore[reportUnknownMemberType]
    return given or "auto"


def _schema(given: dict[str, object] | None) -> tuple[dict[str, object] | None, str]:
    """The schema an answer must have, and its name."""
    kind = (given or {}).get("type")
    if given is None or kind in {None, "text"}:
        return None, "answer"
    if kind == "json_object":
        return {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}, "answer"
    named = given.get("json_schema")
    if kind != "json_schema" or not isinstance(named, dict) or not isinstance(named.get("schema"), dict):  # type: ignore[reportUnknownMemberType]
        raise invalid(
            "Missing required parameter: 'response_format.json_schema'.",
            "response_format.json_schema",
            "missing_required_parameter",
        )
    found = msgspec.convert(named, dict[str, object])
    return msgspec.convert(found["schema"], dict[str, object]), str(found.get("name", "answer"))

"""OpenAI responses, as the vendor frames them.

Rules: an output of a function answers a call that stands in the input, and every call has its output. A request may go
on from an earlier reply by its id; the last few replies are remembered for this.
"""

from __future__ import annotations

from collections import OrderedDict
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
    Role,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
)
from ergos.sim.loopback.frames_responses import frames, id_of, snapshot
from ergos.sim.loopback.wires import JSON, Asked, Fault, FaultError, Frame, invalid, openai_refusal, shape_fault

REMEMBERED_MAX: Final = 10_000  # replies that a request may go on from
_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
_MEDIA: Final[dict[str, MediaKind]] = {"input_image": "image", "input_file": "file", "input_audio": "audio"}
_ECHOED: Final = (
    "instructions max_output_tokens metadata parallel_tool_calls previous_response_id reasoning temperature text "
    "tool_choice tools top_p truncation user"
).split()


class _Part(msgspec.Struct):
    type: str
    text: str = ""
    refusal: str = ""
    image_url: str | None = None
    file_data: str | None = None


class _Item(msgspec.Struct):
    type: str = "message"
    role: str | None = None
    content: str | list[_Part] | None = None
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: str | list[_Part] = ""
    summary: list[dict[str, object]] = []


class _Tool(msgspec.Struct):
    type: str
    name: str = ""
    description: str | None = None
    parameters: dict[str, object] | None = None


class _Body(msgspec.Struct):
    model: str
    input: str | list[_Item] = []
    instructions: str | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | dict[str, object] | None = None
    text: dict[str, object] | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    previous_response_id: str | None = None
    stream: bool | None = None
    priority: int | None = None


class ResponsesWire:
    """`POST /v1/responses`."""

    dialect: Dialect = "openai.responses"

    def __init__(self) -> None:
        self._remembered: OrderedDict[str, tuple[Message, ...]] = OrderedDict()

    def read(self, body: dict[str, object]) -> Asked:
        """What is asked. Raises: FaultError."""
        if "model" not in body:
            raise invalid("Missing required parameter: 'model'.", "model", "missing_required_parameter")
        try:
            given = msgspec.convert(body, _Body)
        except msgspec.ValidationError as error:
            raise shape_fault(error) from error
        earlier = self._earlier(given.previous_response_id)
        items = [_Item(role="user", content=given.input)] if isinstance(given.input, str) else given.input
        if not items and not earlier:
            raise invalid("Missing required parameter: 'input'.", "input", "missing_required_parameter")
        messages = (*earlier, *_messages(items))
        _check_calls(messages)
        if given.instructions:
            messages = (Message("system", (Text(given.instructions),)), *messages)
        schema, name = _schema(given.text)
        request = ModelRequest(
            messages=messages,
            tools=tuple(
                ToolDefinition(tool.name, tool.description or "", tool.parameters or {})
                for tool in given.tools or ()
                if tool.type == "function"
            ),
            tool_choice=_choice(given.tool_choice),
            output_schema=schema,
            output_name=name,
            output_tokens_max=given.max_output_tokens,
            temperature=given.temperature,
            top_p=given.top_p,
        )
        echo = {name: body[name] for name in _ECHOED if name in body}
        return Asked(
            request=request,
            model=given.model,
            stream=bool(given.stream),
            priority=given.priority or 0,
            echo=echo,
        )

    def whole(self, asked: Asked, reply: Reply) -> bytes:
        """The body of a reply in one piece."""
        self._remember(asked, reply)
        return JSON(snapshot(asked, reply, done=True))

    def frames(self, asked: Asked, reply: Reply, tokens: int) -> Iterator[Frame]:
        """The stream of a reply, in pieces of so many tokens."""
        self._remember(asked, reply)
        return frames(asked, reply, tokens)

    def refusal(self, fault: Fault) -> bytes:
        """The body of an error."""
        return openai_refusal(fault)

    def failing(self, fault: Fault) -> bytes:
        """The frame of an error in the middle of a stream."""
        error = {"type": "error", "code": fault.code or "server_error", "message": fault.message, "param": None}
        return b"event: error\ndata: " + JSON({**error, "sequence_number": 0}) + b"\n\n"

    def _remember(self, asked: Asked, reply: Reply) -> None:
        kept = tuple(message for message in asked.request.messages if message.role != "system")
        self._remembered[id_of(reply)] = (*kept, Message("assistant", _as_sent(reply.parts)))
        self._remembered.move_to_end(id_of(reply))
        if len(self._remembered) > REMEMBERED_MAX:
            self._remembered.popitem(last=False)

    def _earlier(self, reply_id: str | None) -> tuple[Message, ...]:
        if not reply_id:
            return ()
        found = self._remembered.get(reply_id)
        if found is None:
            raise invalid(
                f"Previous response with id '{reply_id}' not found.",
                "previous_response_id",
                "previous_response_not_found",
            )
        return found


def _as_sent(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """With the ids of calls as the caller got them."""
    return tuple(
        ToolCall(f"call_{part.id}", part.name, part.arguments) if isinstance(part, ToolCall) else part for part in parts
    )


def _messages(items: list[_Item]) -> tuple[Message, ...]:
    """Items as messages; what one reply was made of is one message again."""
    found: list[Message] = []
    for at, item in enumerate(items):
        message = _message(item, at)
        if found and message.role == "assistant" == found[-1].role:
            found[-1] = Message("assistant", (*found[-1].parts, *message.parts))
        elif message.parts:
            found.append(message)
    return tuple(found)


def _message(item: _Item, at: int) -> Message:
    match item.type:
        case "message":
            role = _ROLES.get(item.role or "")
            if role is None:
                raise invalid(
                    f"Invalid value: '{item.role}'. Supported values are: 'assistant', 'system', 'developer', and "
                    "'user'.",
                    f"input[{at}].role",
                    "invalid_value",
                )
            return Message(role, _parts(item.content, at))
        case "function_call":
            return Message("assistant", (ToolCall(item.call_id, item.name, item.arguments),))
        case "function_call_output":
            told = _parts(item.output, at)
            text = "".join(part.text for part in told if isinstance(part, Text))
            return Message("tool", (ToolResult(item.call_id, text),))
        case "reasoning":
            return Message("assistant", (Reasoning("".join(str(part.get("text", "")) for part in item.summary)),))
        case _:
            raise invalid(
                f"Invalid value: '{item.type}'. Supported values are: 'message', 'function_call', "
                "'function_call_output', and 'reasoning'.",
                f"input[{at}]",
                "invalid_value",
            )


def _parts(content: str | list[_Part] | None, at: int) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (Text(content),) if content else ()
    found: list[Part] = []
    for part in content or ():
        if part.type in {"input_text", "output_text", "text"}:
            found.append(Text(part.text))
        elif part.type == "refusal":
            found.append(Text(part.refusal))
        elif part.type in _MEDIA:
            found.append(Media(_MEDIA[part.type], url=part.image_url or "", data=part.file_data or ""))
        else:
            raise invalid(
                f"Invalid value: '{part.type}'. Supported values are: 'input_text', 'input_image', 'output_text', "
                "'refusal', 'input_file'.",
                f"input[{at}].content",
                "invalid_value",
            )
    return tuple(found)


def _check_calls(messages: tuple[Message, ...]) -> None:
    """Every call has its output, and every output its call. Raises: FaultError."""
    parts = [part for message in messages for part in message.parts]
    calls = [part.id for part in parts if isinstance(part, ToolCall)]
    outputs = [part.id for part in parts if isinstance(part, ToolResult)]
    if unasked := [output for output in outputs if output not in calls]:
        raise invalid(f"No tool call found for function call output with call_id {unasked[0]}.", "input")
    if unanswered := [call for call in calls if call not in outputs]:
        raise invalid(f"No tool output found for function call {unanswered[0]}.", "input")


def _choice(given: str | dict[str, object] | None) -> str:
    if isinstance(given, dict):
        return str(given.get("name", "auto"))
    return given or "auto"


def _schema(given: dict[str, object] | None) -> tuple[dict[str, object] | None, str]:
    """The schema an answer must have, and its name."""
    form = (given or {}).get("format")
    if not isinstance(form, dict):
        return None, "answer"
    format_ = cast("dict[str, object]", form)
    match format_.get("type"):
        case "json_object":
            return {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}, "answer"
        case "json_schema":
            if not isinstance(format_.get("schema"), dict):
                fault = Fault(status=400, message="Missing required parameter: 'text.format.schema'.", param="text")
                raise FaultError(fault)
            return cast("dict[str, object]", format_["schema"]), str(format_.get("name", "answer"))
        case _:
            return None, "answer"

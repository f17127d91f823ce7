"""Events of the Agent User Interaction Protocol (AG-UI) 1.0 and the input of a run, as they stand on the wire.

Rules: camel-case names; what has no value is left out, never null; the kinds we send, and no more.
Source: https://ag-ui.com/spec/1.0/schema.json
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

PROTOCOL: Final = "1.0"
UNSET: Final = msgspec.UNSET
_ENCODER: Final = msgspec.json.Encoder()
Text: TypeAlias = str | msgspec.UnsetType
Id: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="type"):
    """Any event."""

    timestamp: int | msgspec.UnsetType = UNSET
    """Milliseconds since 1970."""


class RunStarted(Event, frozen=True, tag="RUN_STARTED"):
    """A run begins."""

    thread_id: str
    run_id: str
    protocol_version: str = PROTOCOL
    parent_run_id: Text = UNSET


class Interrupt(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a run needs from its owner."""

    id: str
    reason: str
    message: Text = UNSET
    tool_call_id: Text = UNSET
    response_schema: dict[str, Any] | msgspec.UnsetType = UNSET
    expires_at: Text = UNSET
    metadata: dict[str, Any] | msgspec.UnsetType = UNSET


class Success(msgspec.Struct, frozen=True, tag_field="type", tag="success"):
    """It completed."""


class Interrupted(msgspec.Struct, frozen=True, tag_field="type", tag="interrupt"):
    """It waits."""

    interrupts: tuple[Interrupt, ...]


class Cancelled(msgspec.Struct, frozen=True, tag_field="type", tag="cancelled"):
    """It was stopped."""


class RunFinished(Event, frozen=True, tag="RUN_FINISHED"):
    """A run that did not fail is over."""

    thread_id: str
    run_id: str
    outcome: Success | Interrupted | Cancelled
    result: Any = UNSET


class RunError(Event, frozen=True, tag="RUN_ERROR"):
    """A run failed."""

    message: str
    code: Text = UNSET


class StepStarted(Event, frozen=True, tag="STEP_STARTED"):
    """A named step begins."""

    step_name: str


class StepFinished(Event, frozen=True, tag="STEP_FINISHED"):
    """A named step is over."""

    step_name: str


class TextMessageStart(Event, frozen=True, tag="TEXT_MESSAGE_START"):
    """A message begins."""

    message_id: str
    role: Literal["assistant", "user"] = "assistant"


class TextMessageContent(Event, frozen=True, tag="TEXT_MESSAGE_CONTENT"):
    """More of a message."""

    message_id: str
    delta: str


class TextMessageEnd(Event, frozen=True, tag="TEXT_MESSAGE_END"):
    """A message is complete."""

    message_id: str


class ToolCallStart(Event, frozen=True, tag="TOOL_CALL_START"):
    """A tool is called."""

    tool_call_id: str
    tool_call_name: str
    parent_message_id: Text = UNSET


class ToolCallArgs(Event, frozen=True, tag="TOOL_CALL_ARGS"):
    """Its arguments."""

    tool_call_id: str
    delta: str


class ToolCallEnd(Event, frozen=True, tag="TOOL_CALL_END"):
    """Its arguments are complete."""

    tool_call_id: str


class ToolCallResult(Event, frozen=True, tag="TOOL_CALL_RESULT"):
    """What it returned."""

    message_id: str
    tool_call_id: str
    content: str
    role: Literal["tool"] = "tool"


class StateSnapshot(Event, frozen=True, tag="STATE_SNAPSHOT"):
    """Where the process stands."""

    snapshot: Any


class StateDelta(Event, frozen=True, tag="STATE_DELTA"):
    """What changed of it: JSON Patch (RFC 6902)."""

    delta: tuple[dict[str, Any], ...]


AnyEvent: TypeAlias = (
    RunStarted
    | RunFinished
    | RunError
    | StepStarted
    | StepFinished
    | TextMessageStart
    | TextMessageContent
    | TextMessageEnd
    | ToolCallStart
    | ToolCallArgs
    | ToolCallEnd
    | ToolCallResult
    | StateSnapshot
    | StateDelta
)


class Resume(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An answer to an interrupt."""

    interrupt_id: Id
    status: Literal["resolved", "cancelled"]
    payload: Any = None
    metadata: dict[str, Any] | None = None


class RunInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """RunAgentInput. Fields that mean nothing here are taken and left alone."""

    thread_id: Id
    run_id: Id
    messages: Annotated[tuple[dict[str, Any], ...], msgspec.Meta(max_length=10_000)]
    """The conversation so far; the newest message of the user is what the agent is told."""
    protocol_version: str | None = None
    parent_run_id: str | None = None
    state: Any = None
    tools: tuple[dict[str, Any], ...] | None = None
    """Not offered to the agent: what it may call is in its grants."""
    context: tuple[dict[str, Any], ...] | None = None
    forwarded_props: Any = None
    resume: Annotated[tuple[Resume, ...], msgspec.Meta(max_length=100)] | None = None


def framed(event: AnyEvent) -> bytes:
    """An event as a server-sent event."""
    return b"data: " + _ENCODER.encode(event) + b"\n\n"


def said_in(messages: tuple[dict[str, Any], ...]) -> str | None:
    """What the user said last; None: nothing. Of a message in parts, its texts."""
    for message in reversed(messages):
        if message.get("role") != "user":
            continue
        content = message.get("content")
        if isinstance(content, str):
            return content
        if isinstance(content, list):
            parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
            return "\n".join(part for part in parts if isinstance(part, str))
    return None

"""From what a vendor's library parsed to a `Reply`, and from its stream's events to `Delta`s.

Rules: the deltas of a reply, joined, are the reply; a tool call's arguments stay the model's text; what the vendor
wants back with the reasoning or a tool call becomes a `Reasoning` before it, with a seal. Usage and the reason to stop
come from the reading's notes, which saw them as they were sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from ergos.drivers.models.vendors import seals
from ergos.drivers.models.vendors.reading import Notes
from ergos.drivers.models.vendors.reading_google import WORDS
from ergos.drivers.models.vendors.reading_responses import PHASE
from ergos.drivers.models.vendors.seals import Wire
from ergos.kernel.models import (
    OnDelta,
    Part,
    Reasoning,
    ReasoningDelta,
    Reply,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse, ModelResponsePart, ModelResponseStreamEvent, ThinkingPart

DETAILS: Final = "reasoning_details"
"""The field in which OpenRouter keeps reasoning with its signatures; it goes back whole."""
REDACTED: Final = "redacted"
"""Kind of a seal of Anthropic's that holds the thoughts themselves, which nobody may read."""
ITEM: Final = "item:"
"""Before the id of an item of the responses API that is no reasoning: of the words or the call that come next."""


def reply_of(response: ModelResponse, notes: Notes, wire: Wire, answer_tool: str = "") -> Reply:
    """The answer; the call of `answer_tool` is its words."""
    parts: list[Part] = []
    if details := notes.seals.get("details"):
        parts.append(Reasoning("", seals.close(notes.mark, DETAILS, details)))
    if seal := notes.seals.get(WORDS):
        parts.append(Reasoning("", seal))
    keep_ids = wire == "responses" and any(part.part_kind == "thinking" for part in response.parts)
    for part in response.parts:
        if (seal := _item_seal(part, notes, keep_id=keep_ids)) is not None:
            parts.append(Reasoning("", seal))
        parts.extend(_parts_of(part, notes, wire, answer_tool))
    parts.extend(notes.media)
    called = any(isinstance(part, ToolCall) for part in parts)
    stop = notes.stop or ("tools" if called else "stop")
    if answer_tool and stop == "tools" and not called:
        stop = "stop"
    return Reply(parts=tuple(parts), stop=stop, usage=notes.usage, model=notes.model, id=notes.id)


def _item_seal(part: ModelResponsePart, notes: Notes, *, keep_id: bool) -> str | None:
    """What the responses API wants back with words or a call: the phase of its item, and the item's own id after
    reasoning, which it takes back only together with the very item that followed it.
    """
    if (part.part_kind != "text" and part.part_kind != "tool-call") or not part.id:  # noqa: PLR1714 narrows
        return None
    phase = notes.seals.get(PHASE + part.id, "")
    return seals.close(notes.mark, ITEM + part.id, phase) if phase or keep_id else None


def _parts_of(part: ModelResponsePart, notes: Notes, wire: Wire, answer_tool: str) -> list[Part]:
    match part.part_kind:
        case "text":
            return [Text(part.content)] if part.content else []
        case "thinking":
            return [Reasoning(part.content, _signature(part, notes.mark))]
        case "tool-call":
            arguments = argument_text(part.args, wire)
            if answer_tool and part.tool_name == answer_tool:
                return [Text(arguments)]
            seal = notes.seals.get(part.tool_call_id)
            before: list[Part] = [Reasoning("", seal)] if seal else []
            return [*before, ToolCall(part.tool_call_id, part.tool_name, arguments)]
        case _:
            return []


def argument_text(arguments: object, wire: Wire) -> str:
    """As the model wrote it; the wires that carry objects have no text for an empty one."""
    if isinstance(arguments, str):
        return arguments
    if not arguments:
        return "{}" if wire in {"anthropic", "google"} else ""
    return json.dumps(arguments, ensure_ascii=False)


def _signature(part: ThinkingPart, mark: str) -> str:
    if mark == "anthropic":
        kind = REDACTED if part.id else ""
        return seals.close(mark, kind, part.signature) if part.signature else ""
    return seals.close(mark, part.id, part.signature or "") if part.id else ""


class Listener:
    """Takes the events of a stream and tells the deltas."""

    def __init__(self, on_delta: OnDelta, wire: Wire, answer_tool: str = "") -> None:
        self._on_delta = on_delta
        self._wire: Wire = wire
        self._answer_tool = answer_tool
        self._kinds: dict[int, str] = {}
        self._calls: dict[int, int] = {}
        self._texts: set[int] = set()

    def hear(self, event: ModelResponseStreamEvent) -> None:
        """One event."""
        if event.event_kind == "part_start":
            self._start(event.index, event.part)
        elif event.event_kind == "part_delta":
            delta = event.delta
            if delta.part_delta_kind == "text" and delta.content_delta:
                self._on_delta(TextDelta(delta.content_delta))
            elif delta.part_delta_kind == "thinking" and delta.content_delta:
                self._on_delta(ReasoningDelta(delta.content_delta))
            elif delta.part_delta_kind == "tool_call":
                self._more(event.index, delta.tool_name_delta or "", argument_text(delta.args_delta or "", self._wire))

    def _start(self, index: int, part: ModelResponsePart) -> None:
        match part.part_kind:
            case "text":
                if part.content:
                    self._on_delta(TextDelta(part.content))
            case "thinking":
                if part.content:
                    self._on_delta(ReasoningDelta(part.content))
            case "tool-call":
                streamed = self._wire == "anthropic" and part.args is None
                arguments = "" if streamed else argument_text(part.args, self._wire)
                if self._answer_tool and part.tool_name == self._answer_tool:
                    self._texts.add(index)
                    self._more(index, "", arguments)
                    return
                number = self._calls.setdefault(index, len(self._calls))
                self._on_delta(ToolCallDelta(number, part.tool_call_id, part.tool_name, arguments))
            case _:
                return

    def _more(self, index: int, name: str, arguments: str) -> None:
        if index in self._texts:
            if arguments:
                self._on_delta(TextDelta(arguments))
        elif index in self._calls and (name or arguments):
            self._on_delta(ToolCallDelta(self._calls[index], name=name, arguments=arguments))

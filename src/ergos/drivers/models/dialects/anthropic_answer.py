"""A `Reply` as Anthropic's message: one JSON object, or the events of a stream.

Rules: pure; blocks come one after the other, each closed before the next begins; only a seal that is known at the end
comes late, to the block it belongs to. Token counts are known at the end, so a stream begins with zeros and
`message_delta` carries them all. Arguments that are no JSON object cannot be written in this format: ModelReplyError.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ergos.base.world_errors import ModelReplyError
from ergos.drivers.models.dialects.anthropic_messages import is_single
from ergos.drivers.models.dialects.content import object_of
from ergos.drivers.models.dialects.fields import Fields
from ergos.drivers.models.dialects.marks import marked, read
from ergos.drivers.models.dialects.spoken import Spoken, Stamp, call_id, wanted
from ergos.drivers.models.vendors.seals import open_for
from ergos.kernel.models import (
    Delta,
    Reasoning,
    ReasoningDelta,
    Reply,
    StopReason,
    Text,
    TextDelta,
    ToolCall,
    Usage,
)

_STOP: Final[dict[StopReason, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tools": "tool_use",
    "refusal": "refusal",
    "other": "end_turn",
}
_encode = msgspec.json.Encoder().encode


def render(reply: Reply, body: Fields, stamp: Stamp) -> bytes:
    """The answer as one JSON object. Raises: ModelReplyError for content this format cannot carry."""
    blocks: list[dict[str, object]] = []
    calls = 0
    for part in wanted(marked(reply.parts, stamp.id, wordless_only=True), single=is_single(body)):
        if isinstance(part, Text) and part.text:
            blocks.append({"type": "text", "text": part.text, "citations": None})
        elif isinstance(part, Reasoning):
            blocks.append(_thinking(part))
        elif isinstance(part, ToolCall):
            known = part.id or call_id(stamp.id, calls)
            blocks.append({"type": "tool_use", "id": known, "name": part.name, "input": _input(part)})
            calls += 1
    message = _message(stamp, reply.model)
    message |= {"content": blocks, "stop_reason": _stop(reply, calls), "usage": usage_of(reply.usage)}
    return _encode(message)


class Stream:
    """The answer as events of `text/event-stream`."""

    def __init__(self, body: Fields, stamp: Stamp) -> None:
        self._stamp = stamp
        self._spoken = Spoken(stamp.id, single=is_single(body))
        self._begun = False
        self._open = ""
        """Kind of the block that is open: text, thinking or the number of a call."""
        self._blocks = 0
        self._calls: dict[int, int] = {}
        """Block of each call."""
        self._arguments: dict[int, str] = {}
        self._thinking: list[int] = []
        """Blocks of thinking."""
        self._sealed = 0
        """How many of them are complete."""

    def delta(self, delta: Delta) -> bytes:
        """The events of one delta."""
        return b"".join(self._say(one) for one in self._spoken.heard(delta))

    def end(self, reply: Reply) -> bytes:
        """What is left to say, how it ended, its usage, and the last event."""
        reply = msgspec.structs.replace(reply, parts=marked(reply.parts, self._stamp.id, wordless_only=True))
        events = [self._begin(reply.model)] if not self._begun else []
        events += [
            self._ends(one) if isinstance(one, Reasoning) else self._say(one) for one in self._spoken.rest(reply)
        ]
        events.append(self._close())
        for call in self._arguments.values():
            _input(ToolCall("", "", call))
        ending: dict[str, object] = {"stop_reason": _stop(reply, self._spoken.calls), "stop_sequence": None}
        events.append(_sse({"type": "message_delta", "delta": ending, "usage": usage_of(reply.usage)}))
        return b"".join((*events, _sse({"type": "message_stop"})))

    def _say(self, delta: Delta) -> bytes:
        begin = b"" if self._begun else self._begin("")
        if isinstance(delta, TextDelta):
            opening = self._enter("text", {"type": "text", "text": ""})
            return begin + opening + self._delta(self._blocks - 1, {"type": "text_delta", "text": delta.text})
        if isinstance(delta, ReasoningDelta):
            opening = self._enter("thinking", {"type": "thinking", "thinking": "", "signature": ""})
            if opening:
                self._thinking.append(self._blocks - 1)
            piece = {"type": "thinking_delta", "thinking": delta.text}
            return begin + opening + self._delta(self._blocks - 1, piece)
        opening = b""
        if delta.name:
            block = {"type": "tool_use", "id": delta.id, "name": delta.name, "input": {}}
            opening = self._enter(str(delta.index), block)
            self._calls[delta.index] = self._blocks - 1
        self._arguments[delta.index] = self._arguments.get(delta.index, "") + delta.arguments
        if not delta.arguments:
            return begin + opening
        piece = {"type": "input_json_delta", "partial_json": delta.arguments}
        return begin + opening + self._delta(self._calls[delta.index], piece)

    def _ends(self, part: Reasoning) -> bytes:
        """A piece of reasoning is complete: its seal, or all of it where it has no words."""
        if not part.text:
            return self._enter("whole", _thinking(part)) + self._close()
        if self._sealed == len(self._thinking):
            return b""
        block = self._thinking[self._sealed]
        self._sealed += 1
        seal = self._delta(block, {"type": "signature_delta", "signature": part.signature}) if part.signature else b""
        return seal + (self._close() if self._open and block == self._blocks - 1 else b"")

    def _begin(self, model: str) -> bytes:
        self._begun = True
        message = _message(self._stamp, model)
        message |= {"content": [], "stop_reason": None, "usage": usage_of(Usage())}
        return _sse({"type": "message_start", "message": message})

    def _enter(self, kind: str, block: Mapping[str, object]) -> bytes:
        """The block of this kind, opened after the one before it is closed."""
        if self._open == kind:
            return b""
        closing = self._close()
        self._open = kind
        self._blocks += 1
        return closing + _sse({"type": "content_block_start", "index": self._blocks - 1, "content_block": block})

    def _close(self) -> bytes:
        if not self._open:
            return b""
        self._open = ""
        return _sse({"type": "content_block_stop", "index": self._blocks - 1})

    @staticmethod
    def _delta(index: int, delta: Mapping[str, object]) -> bytes:
        return _sse({"type": "content_block_delta", "index": index, "delta": delta})


def usage_of(usage: Usage) -> dict[str, object]:
    """Tokens in Anthropic's words: cached ones are counted beside the others."""
    plain = usage.input_tokens - usage.cached_tokens - usage.cache_written_tokens
    return {
        "input_tokens": max(0, plain),
        "cache_creation_input_tokens": usage.cache_written_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
    }


def _message(stamp: Stamp, model: str) -> dict[str, object]:
    return {
        "id": f"msg_{stamp.id}",
        "type": "message",
        "role": "assistant",
        "model": model or stamp.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _thinking(part: Reasoning) -> dict[str, object]:
    mark = read(part.signature)
    seal = open_for("anthropic", mark.signature if mark is not None else part.signature)
    if not part.text and seal is not None and seal.kind == "redacted":
        return {"type": "redacted_thinking", "data": seal.value}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature}


def _input(call: ToolCall) -> dict[str, object]:
    found = object_of(call)
    if found is None:
        name = f" of {call.name}" if call.name else ""
        raise ModelReplyError(f"the model wrote arguments{name} that are no JSON object: {call.arguments[:200]!r}")
    return found


def _stop(reply: Reply, calls: int) -> str:
    return "tool_use" if calls and reply.stop in {"stop", "other", "tools"} else _STOP[reply.stop]


def _sse(event: dict[str, object]) -> bytes:
    return b"event: " + str(event["type"]).encode() + b"\ndata: " + _encode(event) + b"\n\n"

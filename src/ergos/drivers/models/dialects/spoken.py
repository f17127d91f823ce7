"""What a stream has said so far, so that a reply's end says the rest and nothing twice.

A driver streams `Delta`s and ends with a `Reply`; some stream everything, some nothing. `Spoken` turns both into
one sequence: a tool call's first delta carries its id and its name, later ones only arguments.

Rules: pure; what was said is never taken back, so where a reply contradicts its stream, the stream stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from ergos.base.world_errors import ModelReplyError
from ergos.kernel.models import (
    Delta,
    Media,
    Part,
    Reasoning,
    ReasoningDelta,
    Reply,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is marked with: whoever writes it has no clock and draws no ids."""

    id: str
    """Letters and digits, different for every call."""
    model: str
    created_s: int = 0
    """Seconds since 1970."""


class Spoken:
    """The deltas of one reply, made regular."""

    def __init__(self, seed: str, *, single: bool = False) -> None:
        self._seed = seed
        self._single = single
        self._text = ""
        self._reasoning = ""
        self._arguments: dict[int, str] = {}
        self._waiting: dict[int, ToolCallDelta] = {}

    def heard(self, delta: Delta) -> Iterator[Delta]:
        """A delta of a driver, as it goes on: none while a call has no name, none of a call that is not wanted."""
        if isinstance(delta, TextDelta):
            self._text += delta.text
            if delta.text:
                yield delta
        elif isinstance(delta, ReasoningDelta):
            self._reasoning += delta.text
            if delta.text:
                yield delta
        elif not (self._single and delta.index > 0):
            yield from self._call(delta)

    def rest(self, reply: Reply) -> Iterator[Delta | Reasoning]:
        """What a reply holds that was not said yet, in its order; a part of reasoning itself marks its end."""
        text = len(self._text) if reply.text.startswith(self._text) else None
        thought = "".join(part.text for part in reply.parts if isinstance(part, Reasoning))
        reasoning = len(self._reasoning) if thought.startswith(self._reasoning) else None
        calls = 0
        for part in wanted(reply.parts, single=self._single):
            if isinstance(part, Text) and text is not None:
                if piece := part.text[text:]:
                    yield from self.heard(TextDelta(piece))
                text = max(0, text - len(part.text))
            elif isinstance(part, Reasoning) and reasoning is not None:
                if piece := part.text[reasoning:]:
                    yield from self.heard(ReasoningDelta(piece))
                reasoning = max(0, reasoning - len(part.text))
                yield part
            elif isinstance(part, ToolCall):
                yield from self._rest_of(calls, part)
                calls += 1

    @property
    def calls(self) -> int:
        """Tool calls said so far."""
        return len(self._arguments)

    def _rest_of(self, index: int, call: ToolCall) -> Iterator[Delta]:
        said = self._arguments.get(index)
        if said is None:
            self._waiting.pop(index, None)
            yield from self._call(ToolCallDelta(index=index, id=call.id, name=call.name, arguments=call.arguments))
        elif call.arguments.startswith(said) and (piece := call.arguments[len(said) :]):
            yield from self._call(ToolCallDelta(index=index, arguments=piece))

    def _call(self, delta: ToolCallDelta) -> Iterator[Delta]:
        if delta.index in self._arguments:
            self._arguments[delta.index] += delta.arguments
            if delta.arguments:
                yield ToolCallDelta(index=delta.index, arguments=delta.arguments)
            return
        if (before := self._waiting.pop(delta.index, None)) is not None:
            delta = ToolCallDelta(
                index=delta.index,
                id=delta.id or before.id,
                name=delta.name or before.name,
                arguments=before.arguments + delta.arguments,
            )
        if not delta.name:
            self._waiting[delta.index] = delta
            return
        self._arguments[delta.index] = delta.arguments
        yield msgspec.structs.replace(delta, id=delta.id or call_id(self._seed, delta.index))


def call_id(seed: str, index: int) -> str:
    """An id for a tool call whose model gave none."""
    return f"call_{hashlib.blake2b(f'{seed}/{index}'.encode(), digest_size=12).hexdigest()}"


def wanted(parts: Iterable[Part], *, single: bool) -> Iterator[Part]:
    """The parts a caller takes: with `single` at most one tool call. Raises: ModelReplyError for media."""
    calls = 0
    for part in parts:
        if isinstance(part, Media):
            raise ModelReplyError(f"the answer holds {part.kind} content, which this caller's format cannot carry")
        if isinstance(part, ToolCall):
            calls += 1
            if single and calls > 1:
                continue
        yield part

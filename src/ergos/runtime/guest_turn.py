"""The open turn of a foreign program: its calls come from outside, one by one, from as many threads as it likes.

A program that was started again asks again what it had asked. What it asks is told by content: the n-th call of
one content in this life is the n-th of that content that the journal has an answer to, until those are used up.

Rules: calls stand in the order in which they were made, but at each start those without an answer go behind the
others and stay there, so that an answer that came late never takes the place of one that was told; an answer that
was a failure is not given again; a call that was never answered is carried on under its old key; what is new gets a
key that was never used. The records alone say all this: a turn that is read again offers what it had offered.
Performs nothing and writes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Container, Iterable, Mapping
from typing import Final

import msgspec

from ergos.base.errors import BoundError
from ergos.base.ids import Digest
from ergos.base.limits import CALLS_PER_TURN_MAX, GUEST_TURN_CALLS
from ergos.kernel.calls import Call
from ergos.kernel.events import Asked, Attached, Body, Intended, Refused, Replayed, Resulted
from ergos.kernel.history import Past, history
from ergos.kernel.labels import Label, join
from ergos.kernel.packages import Tool
from ergos.kernel.ports import Sink
from ergos.kernel.syscalls import Request, packed_call
from ergos.runtime.replayer import OpenTurn, Pending


class GuestTurn(OpenTurn):
    """One open turn of one foreign process."""

    def __init__(self, records: Iterable[tuple[int, Body]], label: Label, life: int, *, lasting: bool = False) -> None:
        """`life`: the program's start that the last turn ended with. `lasting`: it is never started again."""
        listed = tuple(records)
        super().__init__(history(listed), label)
        self._lasting: Final = lasting
        self._asked = len(self.past)
        self.life = life
        """Which of its program's starts this is; 0 before the first."""
        self._answered: Final[dict[str, deque[str]]] = {}
        """By content: keys that may be answered from the journal, in order."""
        self._counted: Final[dict[str, int]] = {}
        """By content: calls that were given a key."""
        self._here: Final[set[str]] = set()
        """Keys begun, or answered from the journal, in this life."""
        self._order: list[str] = []
        """Keys of earlier lives in the order in which they are offered to this one."""
        answered: dict[str, bool] = {}
        for _, body in listed:
            match body:
                case Attached(life):
                    self.life = life
                    self._here.clear()
                    self._arrange(answered)
                case Intended(call):
                    self._here.add(call.key)
                    answered[call.key] = False
                case Asked(call=call):
                    answered.setdefault(call.key, False)
                case Refused(call):
                    self._here.add(call.key)
                case Resulted(key):
                    answered[key] = body.failure is None
                case Replayed(key):
                    self._here.add(key)
                case _:
                    pass
        self._offer()

    def _arrange(self, answered: Mapping[str, bool]) -> None:
        """A start: every key keeps its place, but those without an answer go behind those that have one."""
        keys = self._ordered(answered)
        self._order = [key for key in keys if answered[key]] + [key for key in keys if not answered[key]]

    def _ordered(self, keys: Collection[str]) -> list[str]:
        """These keys: first those of earlier lives, then those of this one as they were asked for."""
        placed = set(self._order)
        fresh = sorted((key for key in keys if key not in placed), key=_occurrence)
        return [key for key in self._order if key in keys] + fresh

    def _offer(self) -> None:
        """Keys whose answers count and were not given in this life, and those that were never answered."""
        self._answered.clear()
        for key in self._ordered(self.past):
            past = self.past[key]
            self._count(past.call)
            if past.result is None or (key not in self._here and _succeeded(past)):
                self._answered.setdefault(past.call.content, deque()).append(key)

    def _count(self, call: Call) -> None:
        self._counted[call.content] = max(self._counted.get(call.content, 0), _occurrence(call.key))

    @property
    def calls(self) -> int:
        """Calls so far."""
        return self._asked

    def begin(self, life: int) -> None:
        """Its program was started (again): everything answered may be asked for again.

        What an earlier life asked for and was not begun is forgotten; what is under way is there for who asks again.
        """
        self.life = life
        self._here.clear()
        self._counted.clear()
        for key in [key for key, pending in self.pending.items() if pending.past is None]:
            del self.pending[key]
        known = self.past | {key: pending.past for key, pending in self.pending.items() if pending.past is not None}
        self._arrange({key: _succeeded(past) for key, past in known.items()})
        self._offer()
        for key, pending in self.pending.items():
            self._count(pending.call)
            queue = self._answered.setdefault(pending.call.content, deque())
            if key not in queue:
                queue.append(key)

    def borrow(self, key: str) -> bool:
        """Whether a call that is answered now was begun by an earlier life; says so once."""
        borrowed = key not in self._here
        self._here.add(key)
        return borrowed

    def ask(self, full: Request, known: Container[Digest], sink: Sink | None, tool: Tool | None = None) -> Pending:
        """The call it asks for, matched with what the journal knows of it. `tool`: the one it names.

        Raises: BoundError; ValueShapeError and TooLargeError for arguments that are not plain or too large.
        """
        told = {key: value for key, value in full.args.items() if key != "aside" or full.kind != "think"}
        packing = packed_call(
            msgspec.structs.replace(full, args=told),
            (),
            known,
            effect="pure" if tool is None else tool.spec.effect,
            tool=None if tool is None else tool.digest,
            label=join(full.label, self.label),
        )
        content = packing.call.content
        queue = self._answered.get(content)
        while queue:
            key = queue.popleft()
            if key in self.pending:  # under way for an earlier life: its answer comes whole
                return self.pending[key]
            past = self.past[key]
            if past.result is not None and not _succeeded(past):
                continue  # it failed since it was offered
            pending = Pending(full, past.call, (), past, sink=sink)
            self.pending[key] = pending
            return pending
        if self._asked >= CALLS_PER_TURN_MAX and not self._lasting:
            raise BoundError(
                f"more than {CALLS_PER_TURN_MAX:,} calls of one foreign program", remedy="start it as a new process"
            )
        self._asked += 1
        self._counted[content] = number = self._counted.get(content, 0) + 1
        key = packing.call.key if number == 1 else f"{packing.call.key}#{number}"
        pending = Pending(full, msgspec.structs.replace(packing.call, key=key), packing.blobs, None, sink=sink)
        self.pending[key] = pending
        self._here.add(key)
        return pending

    def carry_on(self, pending: Pending) -> Pending:
        """The same call, after the turn was let go of and read again."""
        key = pending.call.key
        queue = self._answered.get(pending.call.content)
        if queue is not None and key in queue:
            queue.remove(key)
        self._count(pending.call)
        past = self.past.get(key)
        again = Pending(pending.request, pending.call, pending.blobs, past, sink=pending.sink)
        self.pending[key] = again
        return again

    def give(self) -> list[Pending]:
        """Calls that are answered; they are remembered as past and no longer pending."""
        given = [pending for pending in self.pending.values() if pending.answer is not None]
        for pending in given:
            assert pending.answer is not None
            if pending.call.kind == "act":
                self.heard(pending)
            del self.pending[pending.call.key]
            if pending.past is not None:
                self.past[pending.call.key] = pending.past
        if self._lasting and len(self.past) > 2 * GUEST_TURN_CALLS:
            self._forget(len(self.past) - GUEST_TURN_CALLS)
        return given

    def _forget(self, count: int) -> None:
        """A program that goes on for ever asks nothing again; its oldest answers are the journal's alone."""
        answered = [key for key, past in self.past.items() if past.result is not None and key not in self.pending]
        for key in answered[:count]:
            self._here.discard(key)
            queue = self._answered.get(self.past.pop(key).call.content)
            if queue is not None and key in queue:
                queue.remove(key)

    def take_back(self, pending: Pending) -> None:
        """Its answer never reached the program: if it asks again, this is the answer."""
        key = pending.call.key
        past = self.past.get(key)
        if past is not None and _succeeded(past):
            self._answered.setdefault(pending.call.content, deque()).appendleft(key)

    def waiting(self) -> list[Asked]:
        """What its owner was asked and has not answered."""
        known = {key: past for key, past in self.past.items() if past.result is None}
        known |= {key: pending.past for key, pending in self.pending.items() if pending.past is not None}
        return [past.asked for past in known.values() if past.asked is not None and past.verdict is None]

    def unanswered(self) -> list[Past]:
        """Calls of earlier lives that nobody asked for again and that have no result."""
        return [past for key, past in self.past.items() if past.result is None and key not in self.pending]


def _succeeded(past: Past) -> bool:
    return isinstance(past.result, Resulted) and past.result.failure is None


def _occurrence(key: str) -> int:
    """The number that ends a key; 1 for the first."""
    _, mark, number = key.rpartition("#")
    return int(number) if mark and number.isdigit() else 1

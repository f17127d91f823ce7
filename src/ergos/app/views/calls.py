"""Calls of a process, put together from its records: from the first of each to its last.

Rules: pure; records of one process in order, as the journal has them; a call is known by its turn and its key. What was
cut off at the end of what was read is told as it stood there.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.views.own import CallRow
from ergos.base.ids import Pid
from ergos.base.money import ZERO, Amount
from ergos.kernel.calls import Call, Failure, Hold
from ergos.kernel.events import (
    Answered,
    Asked,
    Called,
    Doubted,
    Intended,
    Refused,
    Repeated,
    Resulted,
    decode_body,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.labels import Label

_PID: Final = msgspec.json.Decoder(int)


class _Sender(msgspec.Struct, frozen=True):
    sender: int = 0


_SENDER: Final = msgspec.json.Decoder(_Sender)


class Made(msgspec.Struct, kw_only=True):
    """One call, as far as it was read."""

    call: Call
    turn: int
    first_seq: int
    intent_seq: int | None = None
    result_seq: int | None = None
    item: int | None = None
    asked_ns: int | None = None
    answered_ns: int | None = None
    started_ns: int | None = None
    ended_ns: int | None = None
    since_ns: int = 0
    """From when its time counts: its intent, or its repetition after a crash."""
    queued_ns: int = 0
    charged: Amount = ZERO
    hold: Hold | None = None
    provider: str = ""
    label: Label | None = None
    failure: Failure | None = None
    faults: tuple[str, ...] = ()
    grant: str = ""
    approved_by: str = ""
    verdict: str = ""
    refused: bool = False
    doubted: bool = False
    repeats: int = 0
    late: bool = False
    other: Pid = Pid(0)

    def row(self) -> CallRow:
        """For a list."""
        until_ns = self.asked_ns if self.doubted and (self.asked_ns or 0) > self.since_ns else self.ended_ns
        ran_ns = until_ns - self.since_ns if self.ended_ns and self.started_ns and until_ns else 0
        queued_ns = max(0, min(self.queued_ns, ran_ns))
        waited_ns = self.answered_ns - self.asked_ns if self.answered_ns and self.asked_ns else 0
        call = self.call
        return CallRow(
            turn=self.turn,
            key=call.key,
            kind=call.kind,
            name=call.name,
            effect=call.effect,
            solver=call.solver or "",
            first_seq=self.first_seq,
            intent_seq=self.intent_seq,
            result_seq=self.result_seq,
            item=self.item,
            asked_ns=self.asked_ns,
            answered_ns=self.answered_ns,
            started_ns=self.started_ns,
            ended_ns=self.ended_ns,
            waited_ns=max(0, waited_ns),
            queued_ns=queued_ns,
            ran_ns=max(0, ran_ns - queued_ns),
            microusd=self.charged.microusd,
            tokens=self.charged.tokens,
            held_microusd=self.hold.amount.microusd if self.hold is not None else 0,
            provider=self.provider or (self.hold.provider if self.hold is not None else ""),
            label=self.label,
            failure=self.failure,
            faults=self.faults,
            grant=self.grant,
            approved_by=self.approved_by,
            verdict=self.verdict,
            refused=self.refused,
            doubted=self.doubted,
            repeats=self.repeats,
            late=self.late,
            other=self.other,
        )


class Assembly:
    """Feed it the records of one process in order."""

    def __init__(self) -> None:
        self.made: Final[dict[tuple[int, str], Made]] = {}
        """By turn and key, in the order of their first records."""
        self._items: Final[dict[int, tuple[int, str]]] = {}

    @property
    def open(self) -> int:
        """Calls that have no result yet."""
        return sum(one.result_seq is None for one in self.made.values())

    def take(self, record: Sealed) -> None:
        """One more record; what is about no call, or cannot be read, means nothing here."""
        try:
            body = decode_body(record.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        match body:
            case Intended() | Called() | Refused() | Asked():
                self._begun(record, body)
            case Resulted() | Repeated() | Doubted() | Answered():
                self._went_on(record, body)
            case _:
                pass

    def _begun(self, record: Sealed, body: Intended | Called | Refused | Asked) -> None:
        name = (record.turn, body.call.key)
        one = self.made.get(name)
        if one is None:
            one = self.made[name] = Made(call=body.call, turn=record.turn, first_seq=record.seq)
        one.call = body.call
        match body:
            case Intended(_, hold, grant, approved_by):
                one.intent_seq, one.started_ns, one.since_ns = record.seq, record.at_ns, record.at_ns
                one.hold, one.grant, one.approved_by = hold, grant or "", approved_by or ""
            case Called():
                one.result_seq = one.intent_seq = record.seq
                one.started_ns = one.since_ns = one.ended_ns = record.at_ns
                one.label, one.failure = body.label, body.failure
                one.other = other_of(body)
            case Refused(_, failure):
                one.result_seq, one.ended_ns, one.refused, one.failure = record.seq, record.at_ns, True, failure
            case Asked():
                one.asked_ns, one.item = record.at_ns, body.item
                self._items[body.item] = name

    def _went_on(self, record: Sealed, body: Resulted | Repeated | Doubted | Answered) -> None:
        one = self.made.get((record.turn, body.key))
        if one is None and isinstance(body, Answered):
            one = self.made.get(self._items.get(body.item, (0, "")))
        if one is None:
            return  # its beginning was not read
        match body:
            case Resulted():
                one.result_seq, one.ended_ns, one.queued_ns = record.seq, record.at_ns, body.queued_ns
                one.charged += body.charge
                one.provider = body.provider or (one.hold.provider if one.hold is not None else "")
                one.hold = None
                one.label, one.failure, one.faults, one.late = body.label, body.failure, body.faults, body.late
            case Repeated():
                one.repeats += 1
                one.result_seq = one.ended_ns = one.failure = None
                if not body.sent_again:
                    one.since_ns = record.at_ns
                one.charged += body.charge
                if one.hold is None or body.charge:
                    one.hold = body.hold
            case Doubted():
                one.doubted, one.item = True, body.item
                one.asked_ns = record.at_ns
            case Answered():
                one.answered_ns, one.verdict = record.at_ns, body.verdict


def other_of(body: Called) -> Pid:
    """The other process that a call of the kernel's is about; 0: none, or it cannot be told from the record."""
    match body.call.kind:
        case "send":
            return _number(body.call.args.get("to"))
        case "wait" | "signal":
            return _number(body.call.args.get("pid"))
        case "spawn":
            return _number(body.value)
        case "receive":
            try:
                return Pid(_SENDER.decode(bytes(body.value)).sender)
            except msgspec.DecodeError:
                return Pid(0)
        case _:
            return Pid(0)


def _number(packed: msgspec.Raw | None) -> Pid:
    try:
        return Pid(_PID.decode(bytes(packed))) if packed is not None else Pid(0)
    except msgspec.DecodeError:
        return Pid(0)

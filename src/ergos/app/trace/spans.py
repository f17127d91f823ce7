"""The calls of a process as spans in time: a fold of its records that says who called what, when, for how much, and
what it waited for.

Rules: pure; records are taken in their order, in parts of any size; a record that this version does not know is left
out and counted; what the journal does not say (whether a call without a result still waits in a queue) is not made up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

import msgspec

from ergos.base.ids import Pid
from ergos.base.money import ZERO, Amount
from ergos.kernel.calls import Call, Failure, Hold
from ergos.kernel.events import (
    Answered,
    Asked,
    Body,
    Called,
    Committed,
    Doubted,
    Exited,
    Intended,
    Refused,
    Repeated,
    Resulted,
    Spawned,
    Woken,
    decode_body,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.labels import USER, Label
from ergos.kernel.values import NULL, Packed

Why: TypeAlias = Literal["run", "queue", "owner", "mail", "timer", "child"]
"""What a piece of time was for: the call was performed (until it has a result: or is in a queue), or waited for one of
these."""
Stands: TypeAlias = Literal["answered", "failed", "refused", "rejected", "doubt", "waiting", "running"]

_WAITS: Final[dict[str, Why]] = {"receive": "mail", "sleep_until": "timer", "wait": "child", "ask": "owner"}
"""Calls that are written down when they are answered, and began when their program last moved."""


class Piece(msgspec.Struct, frozen=True):
    """A piece of a call's time."""

    why: Why
    from_ns: int
    to_ns: int | None
    """None: it goes on."""


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was performed again."""

    at_ns: int
    why: str
    charge: Amount


class Span(msgspec.Struct, kw_only=True):
    """One call."""

    turn: int
    call: Call
    seq: int
    """Of its first record."""
    began_ns: int
    ended_ns: int | None = None
    end_seq: int = 0
    pieces: list[Piece] = []
    since_ns: int = 0
    """From when its wait in a queue counts: its intent, or its repetition after a crash."""
    queued_ns: int = 0
    """How long that wait was, once it has a result."""
    grant: str = ""
    """Id of the grant that allowed it; 'own' or '': it needed none."""
    rule: str = ""
    """Why its owner was asked."""
    why: str = ""
    item: int = 0
    """Inbox item that it waited for."""
    decided_by: str = ""
    verdict: str = ""
    hold: Hold | None = None
    """What was set aside, settled or not."""
    charge: Amount = ZERO
    """What it cost, with what earlier attempts may have cost."""
    claimed: Amount | None = None
    provider: str = ""
    value: Packed = NULL
    label: Label = USER
    """Of the answer."""
    failure: Failure | None = None
    faults: tuple[str, ...] = ()
    late: bool = False
    doubt: str = ""
    retries: list[Retry] = []
    answered: bool = False
    refused: bool = False

    @property
    def stands(self) -> Stands:
        """What became of it."""
        if self.refused:
            return "refused"
        if self.answered:
            return "failed" if self.failure is not None else "rejected" if self.faults else "answered"
        if self.doubt:
            return "doubt"
        return "waiting" if self.item and not self.verdict else "running"

    @property
    def model_call(self) -> bool:
        """Whether a model was asked."""
        return self.call.kind == "think" and (
            self.call.name.startswith("model.") or (self.call.solver or "").startswith("model.")
        )

    @property
    def child(self) -> Pid | None:
        """The process that a `spawn` started, or a call to one names."""
        if self.call.kind == "spawn" and self.answered:
            return _pid(self.value)
        named = {"send": "to", "wait": "pid", "signal": "pid"}.get(self.call.kind)
        return _pid(self.call.args.get(named, NULL)) if named is not None else None

    def lasted_ns(self, now_ns: int) -> int:
        """From its beginning to its end, or to now."""
        return max(0, (now_ns if self.ended_ns is None else self.ended_ns) - self.began_ns)


class Lap(msgspec.Struct, kw_only=True):
    """One turn."""

    number: int
    seq: int
    began_ns: int
    cause: str = ""
    """start, mail, timer; '': it was not read from its beginning."""
    ended_ns: int | None = None
    how: Literal["open", "idle", "done", "failed", "killed"] = "open"
    wake_at_ns: int | None = None
    calls: int = 0
    """Calls that began in what was read of it."""
    failures: int = 0
    charge: Amount = ZERO
    memory: Packed = NULL
    failure: Failure | None = None


class Fold:
    """Takes records of one process, in order."""

    def __init__(self) -> None:
        self.spans: Final[list[Span]] = []
        self.laps: Final[list[Lap]] = []
        self.unknown: Final[list[int]] = []
        """Numbers of records that this version does not know."""
        self.last: Sealed | None = None
        self.outcome: Packed = NULL
        """What it returned, if it ended."""
        self._open: dict[str, Span] = {}
        self._moved_ns = 0

    def take(self, records: Iterable[Sealed]) -> None:
        """More records."""
        for record in records:
            self.last = record
            body = body_of(record)
            if body is None:
                self.unknown.append(record.seq)
                continue
            if not self.laps or self.laps[-1].number != record.turn:
                self.laps.append(Lap(number=record.turn, seq=record.seq, began_ns=record.at_ns))
                self._open, self._moved_ns = {}, record.at_ns
            self._note(record, body)

    def _note(self, record: Sealed, body: Body) -> None:
        lap = self.laps[-1]
        match body:
            case Woken(cause):
                lap.cause = cause
            case Committed(memory, wake_at_ns):
                lap.ended_ns, lap.how, lap.memory, lap.wake_at_ns = record.at_ns, "idle", memory, wake_at_ns
            case Exited(state, outcome, failure):
                self.outcome = outcome
                lap.ended_ns, lap.how, lap.failure = record.at_ns, state, failure
            case Spawned(memory=memory):
                lap.memory = memory
            case Intended() | Called() | Refused() | Asked():
                self._began(record, body)
            case Resulted() | Repeated() | Doubted() | Answered():
                self._went_on(record, body)
            case _:
                return
        self._moved_ns = record.at_ns

    def _began(self, record: Sealed, body: Intended | Called | Refused | Asked) -> None:
        call, at_ns = body.call, record.at_ns
        span = self._open.get(call.key)
        if span is None:
            waited = _WAITS.get(call.kind)
            began_ns = self._moved_ns if isinstance(body, Called) and waited is not None else at_ns
            span = self._open[call.key] = Span(turn=record.turn, call=call, seq=record.seq, began_ns=began_ns)
            self.spans.append(span)
            self.laps[-1].calls += 1
            if waited is not None and isinstance(body, Called):
                span.pieces.append(Piece(waited, began_ns, at_ns))
        span.call = call
        match body:
            case Intended(_, hold, grant, approved_by):
                span.hold, span.grant = hold, grant or ""
                span.answered, span.ended_ns = False, None  # its failure was not replayed but tried again
                span.decided_by = span.decided_by or (approved_by or "")
                span.since_ns = at_ns
                span.pieces.append(Piece("run", at_ns, None))
            case Asked(item=item, why=why, rule=rule):
                span.item, span.why, span.rule, span.verdict = item, why, rule, ""
                span.pieces.append(Piece("owner", at_ns, None))
            case Called(value=value, failure=failure, label=label):
                span.value, span.label, span.failure = value, label, failure
                self._end(span, record)
            case Refused(failure=failure):
                span.failure, span.refused = failure, True
                self._end(span, record)

    def _went_on(self, record: Sealed, body: Resulted | Repeated | Doubted | Answered) -> None:
        span = self._open.get(body.key)
        if span is None:
            return  # it began before what was read
        match body:
            case Resulted():
                span.value, span.label, span.failure = body.value, body.label, body.failure
                span.faults, span.late, span.claimed = body.faults, body.late, body.claimed
                span.provider = body.provider or (span.hold.provider if span.hold is not None else "")
                span.charge += body.charge
                self.laps[-1].charge += body.charge
                self._end(span, record)
                _part(span, body.queued_ns, record.at_ns)
            case Repeated():
                span.hold = body.hold or span.hold
                span.charge += body.charge
                self.laps[-1].charge += body.charge
                span.retries.append(Retry(at_ns=record.at_ns, why=body.why, charge=body.charge))
                span.doubt, span.answered, span.ended_ns = "", False, None
                if not body.sent_again:
                    span.since_ns = record.at_ns
                _close(span, record.at_ns)
                span.pieces.append(Piece("run", record.at_ns, None))
            case Doubted():
                span.doubt, span.item = body.why, body.item
                _close(span, record.at_ns)
                span.pieces.append(Piece("owner", record.at_ns, None))
            case Answered():
                span.verdict, span.decided_by = body.verdict, body.by
                _close(span, record.at_ns)

    def _end(self, span: Span, record: Sealed) -> None:
        _close(span, record.at_ns)
        span.ended_ns, span.end_seq, span.answered = record.at_ns, record.seq, True
        self.laps[-1].failures += span.failure is not None


def body_of(record: Sealed) -> Body | None:
    """What a record says; None for one that no version up to this one wrote."""
    try:
        return decode_body(record.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _close(span: Span, at_ns: int) -> None:
    if span.pieces and span.pieces[-1].to_ns is None:
        last = span.pieces[-1]
        span.pieces[-1] = Piece(last.why, last.from_ns, at_ns)


def _part(span: Span, queued_ns: int, ended_ns: int) -> None:
    """Tell its wait in a queue from its being performed, now that its result says how long it waited."""
    span.queued_ns = max(0, min(queued_ns, ended_ns - span.since_ns))
    if not span.queued_ns:
        return
    start_ns = span.since_ns + span.queued_ns
    before = [piece for piece in span.pieces if piece.from_ns < span.since_ns or piece.why != "run"]
    span.pieces = [*before, Piece("queue", span.since_ns, start_ns), Piece("run", start_ns, ended_ns)]


def _pid(packed: Packed) -> Pid | None:
    text = bytes(packed)
    return Pid(int(text)) if text.isdigit() and len(text) < 19 else None

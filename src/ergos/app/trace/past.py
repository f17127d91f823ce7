"""A process as it stood after a record of the journal: its memory, open calls, spending, by folding the journal.

Rules: nothing is driven and nothing changes; the fold is that of the loader, so what it shows is what a recovery at
that point would have found. The spending of a very long process is summed up as far as `SPEND_RECORDS_MAX` reaches,
and says so.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.access.seat import Seat
from ergos.app.trace.spans import Fold, Lap, Span, body_of
from ergos.base.errors import UnknownPathError
from ergos.base.ids import Pid
from ergos.base.money import ZERO, Amount
from ergos.kernel.events import Committed, Exited, Repeated, Restarted, Resulted, Signalled, Spawned
from ergos.kernel.journal import Sealed
from ergos.kernel.values import NULL, Packed

SPEND_RECORDS_MAX: Final = 20_000  # records looked through for what was spent; some 60 ms
TURN_RECORDS_MAX: Final = 50_000  # records of one turn that are folded

_SPENDS: Final = (b'{"k":"result"', b'{"k":"repeat"')


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How it stood."""

    record: Sealed
    turn: int
    memory: Packed
    """With which its turn began, or which it had committed."""
    state: str
    open: tuple[Span, ...]
    """Calls that were not answered."""
    answered: int
    """Calls of the turn that were."""
    spent: Amount
    spent_whole: bool
    """False: what lies further back was not looked through."""
    before: int
    """The record of the process before this one; 0: none."""
    after: int
    """The one behind it; 0: none."""


async def standing(seat: Seat, pid: Pid, turn: int, seq: int) -> Standing:
    """How it stood after the record of this number, of this turn. Raises: UnknownProcessError, UnknownPathError."""
    records: list[Sealed] = []
    after = 0
    async for record in seat.records(pid, turn=turn, limit=TURN_RECORDS_MAX):
        if record.seq > seq:
            after = record.seq
            break
        if record.turn == turn:
            records.append(record)
    if not records or records[-1].seq != seq:
        raise UnknownPathError(f"process {pid} has no record {seq} in turn {turn}")
    fold = Fold()
    fold.take(records)
    previous, memory = await _before(seat, pid, turn)
    last = fold.laps[-1] if fold.laps else None
    if last is not None and (last.how == "idle" or bytes(last.memory) != bytes(NULL)):
        memory = last.memory  # it was committed, or came with the start of the process in this very turn
    spent, whole = await _spent(seat, pid, turn, seq)
    return Standing(
        record=records[-1],
        turn=turn,
        memory=memory,
        state=_state(records, last),
        open=tuple(span for span in fold.spans if not span.answered),
        answered=sum(span.answered for span in fold.spans),
        spent=spent,
        spent_whole=whole,
        before=records[-2].seq if len(records) > 1 else previous,
        after=after,
    )


async def _before(seat: Seat, pid: Pid, turn: int) -> tuple[int, Packed]:
    """The last record and the memory before a turn."""
    previous, memory = 0, NULL
    if turn > 0:
        async for record in seat.records(pid, turn=turn - 1, limit=TURN_RECORDS_MAX):
            if record.turn != turn - 1:
                break
            previous = record.seq
            match body_of(record):
                case Committed(memory=kept) | Spawned(memory=kept):
                    memory = kept
                case _:
                    pass
    return previous, memory


async def _spent(seat: Seat, pid: Pid, turn: int, seq: int) -> tuple[Amount, bool]:
    """What was charged up to a record."""
    spent, read = ZERO, 0
    async for record in seat.records(pid, limit=SPEND_RECORDS_MAX):
        if (record.turn, record.seq) > (turn, seq):
            return spent, True
        read += 1
        if record.body.startswith(_SPENDS):
            match body_of(record):
                case Resulted(charge=charge) | Repeated(charge=charge):
                    spent += charge
                case _:
                    pass
    return spent, read < SPEND_RECORDS_MAX


def _state(records: list[Sealed], lap: Lap | None) -> str:
    """ready, running, waiting or ended, as far as the records say; what is only in memory is never written."""
    for record in reversed(records):
        match body_of(record):
            case Signalled(signal="pause"):
                return "paused"
            case Exited(state=state):
                return state
            case Committed():
                return "waiting"
            case Restarted():
                return "ready"
            case _:
                continue
    return "running" if lap is not None and lap.cause else "ready"

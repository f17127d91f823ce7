"""Reads the trace of a process through a seat: the spans of one turn, a part at a time; one call with what came before.

Rules: every read is bounded, whatever the process did: a window ends after `RECORDS_MAX` records and says where the
next one begins. A process of another owner does not exist here, because the seat says so.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.access.seat import Seat
from ergos.app.trace.spans import Fold, Lap, Span
from ergos.base.errors import UnknownPathError
from ergos.base.ids import Pid
from ergos.kernel.journal import Sealed

RECORDS_MAX: Final = 4_000  # records of one window; they are read and folded in some 40 ms
RECORDS_AFTER: Final = 1_000  # records behind the beginning of a call in which its end is looked for


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a turn."""

    spans: tuple[Span, ...]
    lap: Lap | None
    """None: there is no such turn."""
    after: int
    """It begins behind this record; 0: with the turn."""
    more: int
    """Behind this record the next window begins; 0: it is the last."""
    unknown: tuple[int, ...] = ()


async def window(seat: Seat, pid: Pid, turn: int, after: int = 0) -> Window:
    """A part of a turn, behind a record. Raises: UnknownProcessError."""
    records: list[Sealed] = []
    more = 0
    async for record in seat.records(pid, turn=turn, after=after, limit=RECORDS_MAX + 1):
        if record.turn != turn:
            break
        if len(records) == RECORDS_MAX:
            more = records[-1].seq
            break
        records.append(record)
    fold = Fold()
    fold.take(records)
    return Window(
        spans=tuple(fold.spans),
        lap=fold.laps[0] if fold.laps else None,
        after=after,
        more=more,
        unknown=tuple(fold.unknown),
    )


async def call(seat: Seat, pid: Pid, turn: int, seq: int) -> tuple[Span, tuple[Span, ...]]:
    """One call, by its first record, and the calls of its turn that began before it, as far back as is looked.

    Raises: UnknownProcessError, UnknownPathError.
    """
    fold = Fold()
    # Of the records numbered from here to its own, at most so many are of this process.
    start = max(0, seq - RECORDS_MAX)
    async for record in seat.records(pid, turn=turn, after=start, limit=RECORDS_MAX + RECORDS_AFTER):
        if record.turn != turn:
            break
        fold.take((record,))
    wanted = next((span for span in fold.spans if span.seq == seq), None)
    if wanted is None:
        raise UnknownPathError(f"process {pid} has no call that began with record {seq} in turn {turn}")
    return wanted, tuple(span for span in fold.spans if span.seq < seq)

"""What the pages of a process show of its trace: rows with bars, and the addresses that lead closer or further.

Rules: bounded as `app.trace` is; what is drawn also stands there in words and numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from ergos.app.trace.picture import Bar, Line, Row, line_of, rows, views, waited_ns
from ergos.app.trace.reading import Window, window
from ergos.app.trace.spans import Span
from ergos.base.clock import MILLISECOND
from ergos.base.errors import UnknownPathError
from ergos.console.work.asked import url

if TYPE_CHECKING:
    from ergos.app.access.seat import Seat
    from ergos.app.views.own import ProcessRow
    from ergos.base.ids import Pid

TURNS_SHOWN: Final = 20  # turns that are listed one by one
STRETCHES: Final = 40  # parts in which more turns are summed up
CHILDREN_SHOWN: Final = 40  # children of a picture that are looked up


class TurnLine(msgspec.Struct, frozen=True, kw_only=True):
    """A turn in a list, or several one after the other."""

    first: int
    last: int
    cause: str
    began_ns: int
    took_ns: int
    slept_ns: int | None
    """Since the turn before it ended; None: not known."""
    calls: int
    microusd: int
    faults: int
    open: bool
    bars: tuple[Bar, ...]
    url: str


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a turn as a page shows it."""

    number: int
    window: Window
    line: Line
    whole: Line
    rows: tuple[Row, ...]
    links: dict[str, str]
    """closer, wider, earlier, later, whole, next, first: addresses, '' where there is none."""
    children: dict[int, ProcessRow]
    """Those that it started, by pid."""
    lives: dict[int, tuple[Bar, ...]]
    """When they lived, on the same line."""


async def turn_of(seat: Seat, pid: Pid, number: int, after: int, from_ns: int, to_ns: int) -> Turn:
    """A part of a turn; `from_ns` and `to_ns` count from its beginning, 0 and 0: all of it.

    Raises: UnknownProcessError, UnknownPathError.
    """
    found = await window(seat, pid, number, after)
    if found.lap is None:
        raise UnknownPathError(f"process {pid} has no turn {number}, or it has no records behind {after}")
    now_ns = seat.now_ns
    whole = line_of(found.spans, found.lap, now_ns)
    line = whole
    if to_ns > from_ns:
        start = min(whole.from_ns + from_ns, whole.to_ns - 1)
        line = Line(start, min(max(whole.from_ns + to_ns, start + 1), whole.to_ns))
    shown = rows(found.spans, line, now_ns)
    children = await _children(seat, shown)
    lives = {
        pid: tuple(bar for bar in (line.bar("child", one.started_ns, one.ended_ns or now_ns),) if bar is not None)
        for pid, one in children.items()
    }
    return Turn(
        number=number,
        window=found,
        line=line,
        whole=whole,
        rows=shown,
        links=_links(pid, number, found, line, whole),
        children=children,
        lives=lives,
    )


def _links(pid: Pid, number: int, found: Window, line: Line, whole: Line) -> dict[str, str]:
    base, near = f"/processes/{pid}/turns/{number}", views(line, whole)

    def to(other: Line | None) -> str:
        if other is None:
            return ""
        if other == whole:
            return url(base, after=found.after or "")
        start = max(0, other.from_ns - whole.from_ns)
        return url(base, after=found.after or "", from_=start, to=other.to_ns - whole.from_ns)

    return {
        "closer": to(near.closer),
        "wider": to(near.wider),
        "earlier": to(near.earlier),
        "later": to(near.later),
        "whole": url(base, after=found.after or "") if line != whole else "",
        "next": url(base, after=found.more) if found.more else "",
        "first": base if found.after else "",
    }


def group_url(turn: Turn, pid: Pid, row: Row) -> str:
    """Closer to the calls of a group."""
    start, end = row.from_ns - turn.whole.from_ns, row.to_ns - turn.whole.from_ns
    base = f"/processes/{pid}/turns/{turn.number}"
    return url(base, after=turn.window.after or "", from_=max(0, start), to=max(end, start + 1))


async def _children(seat: Seat, shown: tuple[Row, ...]) -> dict[int, ProcessRow]:
    pids = [row.span.child for row in shown if row.span is not None and row.span.call.kind == "spawn"]
    found: dict[int, ProcessRow] = {}
    for pid in [one for one in pids if one][:CHILDREN_SHOWN]:
        row = await seat.views.one(pid)
        if row is not None:
            found[pid] = row
    return found


async def turns_of(seat: Seat, pid: Pid, first: int, last: int) -> tuple[TurnLine, ...]:
    """The turns from one to another, ascending: each by itself, or summed up where they are many."""
    now_ns, base = seat.now_ns, f"/processes/{pid}"
    rows: list[tuple[int, int, str, int, int, int, int, int, bool]]
    if last - first >= TURNS_SHOWN:
        rows = [
            (one.first, one.last, "", one.began_ns, one.ended_ns, one.calls, one.microusd, one.faults, False)
            for one in await seat.views.stretches(pid, first=first, last=last, parts=STRETCHES)
        ]
    else:
        rows = [
            (one.turn, one.turn, one.cause, one.began_ns, one.ended_ns or now_ns, one.calls, one.microusd, one.faults,
             one.ended_ns is None)
            for one in await seat.views.turns(pid, after=first - 1, limit=last - first + 1)
        ]  # fmt: skip
    took = [max(0, row[4] - row[3]) for row in rows]
    line = Line(0, max([*took, MILLISECOND]))
    found: list[TurnLine] = []
    for at, (one, other, cause, began_ns, ended_ns, calls, microusd, faults, is_open) in enumerate(rows):
        bar = line.bar("run", 0, took[at])
        found.append(
            TurnLine(
                first=one,
                last=other,
                cause=cause,
                began_ns=began_ns,
                took_ns=took[at],
                slept_ns=max(0, began_ns - rows[at - 1][4]) if at else None,
                calls=calls,
                microusd=microusd,
                faults=faults,
                open=is_open or ended_ns > now_ns,
                bars=(bar,) if bar is not None else (),
                url=f"{base}/turns/{one}" if one == other else url(base, first=one, last=other),
            )
        )
    return tuple(found)


def waits_of(span: Span, now_ns: int) -> list[tuple[str, int]]:
    """What a call did with its time, the longest first."""
    return sorted(waited_ns(span, now_ns).items(), key=lambda one: -one[1])

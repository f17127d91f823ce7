"""Home: what runs, what waits for you, what it costs, what came of it, what went wrong; all of it live.

Rules: reads only, bounded rows, so that it is as quick with ten thousand processes as with ten; what one looked at is
marked by a press of a button, never by looking.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.routing import Route

from ergos.app.access.authority import allowed
from ergos.app.access.seat import live_of
from ergos.base.canonical import Plain
from ergos.base.clock import DAY
from ergos.base.errors import CorruptStoreError, ErgosError, UnknownProcessError, UsageError
from ergos.base.money import Amount
from ergos.console.frame.formats import day_of, iso
from ergos.console.frame.strip import day_cap
from ergos.console.frame.visit import Visit
from ergos.console.inbox.deciding import found
from ergos.console.pages.inbox import numbered, text_of
from ergos.runtime.control import LiveProcess, Seen, Spawn

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ergos.app.access.seat import Seat
    from ergos.app.views.own import ProcessRow, RecordRow

RUNNING_SHOWN: Final = 12  # processes that run
WAITING_SHOWN: Final = 5  # items that wait
OUTCOMES_SHOWN: Final = 8  # outcomes
ENDS_LOOKED: Final = 100  # ends of processes looked at for them; those of workers are passed over
FAULTS_SHOWN: Final = 6  # processes with faults
FAULTS_LOOKED: Final = 60  # faults looked at for them
DAYS_SHOWN: Final = 14  # days of spending
FAULTS_DAYS: Final = 7  # days back to which faults are shown


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A process that has something to do, with what it does."""

    process: LiveProcess
    row: ProcessRow | None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a process."""

    row: ProcessRow
    value: Plain
    is_new: bool


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong with one process, or with the kernel."""

    record: RecordRow
    text: str
    times: int
    """Faults of this process that were looked at."""


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """Spending of a day."""

    day: str
    microusd: int
    tokens: int


async def home(request: Request) -> Response:
    """The page."""
    visit = Visit.of(request)
    return visit.page("home.html", **await _looked(visit))


async def live(request: Request) -> Response:
    """Its live part."""
    visit = Visit.of(request)
    return visit.part("home_live.html", **await _looked(visit))


async def seen(request: Request) -> Response:
    """Mark as seen what was delivered up to the record that was shown."""
    visit = Visit.of(request)
    try:
        form = await visit.form()
        until = form.number("until")
        if until is None:
            raise UsageError("this says not up to which record")
        await visit.seat.perform(Seen(owner=visit.seat.principal.owner, until=until))
    except ErgosError as error:
        return visit.refused(error, back="/")
    return visit.done("/", "home.seen_done")


async def _looked(visit: Visit) -> dict[str, Any]:
    seat = visit.seat
    counts = await seat.views.counts()
    items = await numbered(seat)
    waiting = [one for item in items[:WAITING_SHOWN] if (one := await found(seat, item.id)) is not None]
    running, busy = await _running(seat)
    outcomes = await _outcomes(seat)
    days = await _days(seat)
    return {
        "counts": counts,
        "is_empty": not counts.states,
        "running": running,
        "busy": busy,
        "items": [(one, text_of(one, visit)) for one in waiting],
        "waiting": len(items),
        "outcomes": outcomes,
        "unseen": sum(one.is_new for one in outcomes),
        "days": days,
        "cap": day_cap(seat) or Amount(-1, -1),
        "faults": await _faults(seat),
        "faults_days": FAULTS_DAYS,
        "can_start": allowed(seat.principal, Spawn),
        "can_mark": allowed(seat.principal, Seen),
        "agents": str(seat.home.folder / "agents") if seat.principal.keeper else "",
    }


async def _running(seat: Seat) -> tuple[list[Running], int]:
    """Processes with something to do, and how many there are."""
    busy = [one for one in (await live_of(seat)).processes if one.state in ("running", "ready")]
    shown = sorted(busy, key=_pid, reverse=True)[:RUNNING_SHOWN]
    rows = await asyncio.gather(*(seat.views.one(one.pid) for one in shown))
    return [Running(process=one, row=row) for one, row in zip(shown, rows, strict=True)], len(busy)


async def _outcomes(seat: Seat) -> list[Outcome]:
    """What ended last and was started by a person, unseen first."""
    seen, _ = await seat.own.seen()
    found_: list[Outcome] = []
    for record in await seat.views.records(kinds=("exit",), limit=ENDS_LOOKED):
        row = await seat.views.one(record.pid)
        if row is None or row.parent != 0:
            continue
        found_.append(Outcome(row=row, value=await _outcome(seat, row), is_new=record.seq > seen))
        if len(found_) == OUTCOMES_SHOWN:
            break
    return sorted(found_, key=_is_old)


async def _outcome(seat: Seat, row: ProcessRow) -> Plain:
    try:
        return await seat.value((await seat.process(row.pid)).process.outcome)
    except (UnknownProcessError, CorruptStoreError):
        return None


async def _faults(seat: Seat) -> list[Fault]:
    """What went wrong lately, one for each process, the newest first."""
    newest: dict[int, RecordRow] = {}
    times: dict[int, int] = {}
    for record in await seat.views.faults(since_ns=seat.now_ns - FAULTS_DAYS * DAY, limit=FAULTS_LOOKED):
        place = int(record.pid) or -record.seq
        newest.setdefault(place, record)
        times[place] = times.get(place, 0) + 1
    found_: list[Fault] = []
    for place, record in list(newest.items())[:FAULTS_SHOWN]:
        row = await seat.views.one(record.pid) if record.pid else None
        text = row.fault if row is not None and record.kind != "doubt" else ""
        found_.append(Fault(record=record, text=text, times=times[place]))
    return found_


async def _days(seat: Seat) -> list[Day]:
    """Spending of the last days, those without any too."""
    today = day_of(seat.now_ns)
    spent = {row.key: row for row in await seat.views.spend("day", since_day=today - DAYS_SHOWN + 1)}
    names = [iso(day * DAY)[:10] for day in range(today - DAYS_SHOWN + 1, today + 1)]
    return [
        Day(
            day=name,
            microusd=spent[name].microusd if name in spent else 0,
            tokens=spent[name].tokens if name in spent else 0,
        )
        for name in names
    ]


def _pid(one: LiveProcess) -> int:
    return int(one.pid)


def _is_old(one: Outcome) -> bool:
    return not one.is_new


ROUTES: Final = (
    Route("/", home, methods=["GET"]),
    Route("/now/live", live, methods=["GET"]),
    Route("/now/seen", seen, methods=["POST"]),
)

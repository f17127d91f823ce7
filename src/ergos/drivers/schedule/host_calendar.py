"""The calendar port: when a schedule fires, by the zone files of the machine.

A rule counts from `start`, else from when it was armed, in local time: 'every day at 8' is at 8 on both sides of a
change of the clock. A local time that the zone skips fires at the first instant after the gap, a repeated
one the first time.

Rules: deterministic, no clock; every search ends (`recurrence`); a schedule that cannot be read is a misfit in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from heapq import merge
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from ergos.base.clock import SECOND
from ergos.base.errors import ValueShapeError
from ergos.drivers.schedule.cron_text import cron_misfit, cron_times
from ergos.drivers.schedule.recurrence import anchored, next_local
from ergos.drivers.schedule.rule_text import Rule, RuleMisfitError, read_rules
from ergos.drivers.schedule.zones import YEAR_FIRST, YEAR_LAST, instant_of, local_of, zone, zone_misfit
from ergos.kernel.triggers import Schedule

EXCEPT_DATES_MAX: Final = 1_000  # days left out of one schedule
FIRINGS_MAX: Final = 10_000  # firings told at once

_LOCAL: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?", re.ASCII)
_PROBE: Final = datetime.fromisoformat("2024-01-01")
"""Where a rule without a start is looked at: a leap year."""


class HostCalendar:
    """Days, zones and recurrences of this machine's zone files."""

    def misfit(self, schedule: Schedule, timezone: str) -> str:
        """Why a schedule cannot be read or never fires, or ''."""
        return _misfit(schedule, timezone)

    def next_ns(self, schedule: Schedule, timezone: str, after_ns: int, armed_ns: int) -> int | None:
        """The first time after an instant; None: there is none. Raises: ValueShapeError for a misfit."""
        return next(self._after(schedule, timezone, after_ns, armed_ns), None)

    def firings(self, schedule: Schedule, timezone: str, after_ns: int, armed_ns: int, count: int) -> tuple[int, ...]:
        """The next `count` of them, in order; fewer where it ends. Raises: ValueShapeError."""
        found: list[int] = []
        for at_ns in self._after(schedule, timezone, after_ns, armed_ns):
            if len(found) >= min(count, FIRINGS_MAX):
                break
            found.append(at_ns)
        return tuple(found)

    def _after(self, schedule: Schedule, timezone: str, after_ns: int, armed_ns: int) -> Iterator[int]:
        fault = _misfit(schedule, timezone)
        if fault:
            raise ValueShapeError(
                f"the schedule cannot be read: {fault}", remedy="correct it, and start the agent again"
            )
        left_out = {date.fromisoformat(day) for day in schedule.except_dates}
        latest = after_ns
        for at_ns, moment in _moments(schedule, zone(schedule.timezone or timezone), after_ns, armed_ns):
            if at_ns > latest and moment.date() not in left_out:
                latest = at_ns
                yield at_ns


@lru_cache(maxsize=2048)
def _misfit(schedule: Schedule, timezone: str) -> str:
    given = [name for name in ("rule", "cron", "at") if getattr(schedule, name)]
    if len(given) != 1:
        said = " and ".join(given) or "none"
        return f"a schedule has one of rule, cron and at; this one has {said}"
    fault = zone_misfit(schedule.timezone or timezone)
    if not fault and schedule.start:
        fault = _local_misfit("start", schedule.start)
    if not fault:
        fault = _days_misfit(schedule.except_dates)
    if fault:
        return fault
    if schedule.at:
        return _local_misfit("at", schedule.at)
    return cron_misfit(schedule.cron) if schedule.cron else _rule_misfit(schedule)


def _moments(schedule: Schedule, where: ZoneInfo, after_ns: int, armed_ns: int) -> Iterator[tuple[int, datetime]]:
    """Instants with their local times, in order, from about `after_ns` on."""
    floor = local_of(after_ns, where).replace(second=0)
    start = _minute(datetime.fromisoformat(schedule.start)) if schedule.start else None
    if schedule.at:
        at = datetime.fromisoformat(schedule.at)
        yield instant_of(at, where), at
    elif schedule.cron:
        for moment in cron_times(schedule.cron, max(floor, start) if start else floor):
            yield instant_of(moment, where), moment
    else:
        begin = start or local_of(armed_ns, where).replace(second=0)
        yield from merge(*(_of_rule(rule, where, begin, floor) for rule in read_rules(schedule.rule)))


def _of_rule(rule: Rule, where: ZoneInfo, start: datetime, floor: datetime) -> Iterator[tuple[int, datetime]]:
    full = anchored(rule, start)
    end = full.until
    end_ns = int(end.timestamp()) * SECOND if end is not None and end.tzinfo is UTC else None
    for moment in next_local(full, start, floor):
        at_ns = instant_of(moment, where)
        if end_ns is not None and at_ns > end_ns:
            return
        yield at_ns, moment


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0, tzinfo=None)


def _local_misfit(field: str, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text) if _LOCAL.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None:
        return f"{field} {text[:40]!r} is no local time; write it like 2027-01-31T08:00"
    if not YEAR_FIRST <= moment.year < YEAR_LAST:
        return f"{field} {text[:40]!r} lies outside the years {YEAR_FIRST} to {YEAR_LAST - 1}"
    return ""


def _days_misfit(days: tuple[str, ...]) -> str:
    if len(days) > EXCEPT_DATES_MAX:
        return f"{len(days):,} excepted dates, {EXCEPT_DATES_MAX:,} at most"
    for day in days:
        try:
            if len(day) == 10 and date.fromisoformat(day):
                continue
        except ValueError:
            pass
        return f"excepted date {day[:40]!r} is no day; write it like 2026-12-25"
    return ""


def _rule_misfit(schedule: Schedule) -> str:
    try:
        rules = read_rules(schedule.rule)
    except RuleMisfitError as error:
        return str(error)
    start = _minute(datetime.fromisoformat(schedule.start)) if schedule.start else _PROBE
    for line, rule in enumerate(rules, 1):
        # Without a start nobody knows yet where its intervals will lie, nor whether its end will have passed by then.
        seen = rule if schedule.start else msgspec.structs.replace(rule, until=None, interval=1)
        if next(next_local(anchored(seen, start), start, start), None) is None:
            which = f"line {line} of the rule" if len(rules) > 1 else "the rule"
            return f"{which} never fires: no day or time satisfies all of it"
    return ""

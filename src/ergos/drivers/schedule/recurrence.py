"""The local times of a recurrence, without a walk from its beginning and without a search that does not end.

RFC 5545 as sets: of each period (year, month, week, day) the days that satisfy every BY… part, times the times of day,
of which BYSETPOS chooses. Periods are counted from the start, so an INTERVAL never drifts; the search begins at the
period in question. Where `python-dateutil` walks from DTSTART and looks for a day that never comes until the year 9999
(seconds of CPU), this ends at a horizon.

Unlike RFC 5545 a start that the rule does not name is no firing of its own (as in dateutil).

Rules: pure; naive local times in whole minutes; bounded by HORIZON_YEARS and CHECKS_MAX.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Final

import msgspec

from ergos.drivers.schedule.rule_text import Rule
from ergos.drivers.schedule.zones import YEAR_LAST

HORIZON_YEARS: Final = 60  # a firing later than this is none; 29 February on one weekday comes every 28 or 40 years
CHECKS_MAX: Final = 400_000  # times tried within days before a search gives up; a fifth of a second

_DAY_MINUTES: Final = 1_440
_ANCHOR: Final = datetime.fromisoformat("0001-01-01")


@lru_cache(maxsize=1024)
def anchored(rule: Rule, start: datetime) -> Rule:
    """The rule with what its start implies written out, and its COUNT as an end."""
    full = _implied(rule, start)
    if not rule.count:
        return full
    last = None
    for last in islice(_times(msgspec.structs.replace(full, count=0), start, start), rule.count):  # noqa: B007
        pass
    return msgspec.structs.replace(full, count=0, until=last or start - timedelta(minutes=1))


def next_local(rule: Rule, start: datetime, floor: datetime) -> Iterator[datetime]:
    """Local times of an anchored rule from `floor` on, in order; ends at the horizon, or after a local `until`."""
    for moment in _times(rule, start, floor):
        if rule.until is not None and rule.until.tzinfo is None and moment > rule.until:
            return
        yield moment


def _implied(rule: Rule, start: datetime) -> Rule:
    changes: dict[str, object] = {}
    if not (rule.weeks or rule.year_days or rule.month_days or rule.days):
        if rule.frequency == "YEARLY":
            changes = {"months": rule.months or frozenset({start.month}), "month_days": frozenset({start.day})}
        elif rule.frequency == "MONTHLY":
            changes = {"month_days": frozenset({start.day})}
        elif rule.frequency == "WEEKLY":
            changes = {"days": frozenset({(0, start.weekday())})}
    if rule.frequency not in ("HOURLY", "MINUTELY"):
        changes["hours"] = rule.hours or (start.hour,)
    if rule.frequency != "MINUTELY":
        changes["minutes"] = rule.minutes or (start.minute,)
    return msgspec.structs.replace(rule, **changes)


def _times(rule: Rule, start: datetime, floor: datetime) -> Iterator[datetime]:
    floor = max(start, floor)
    last = min(floor.year + HORIZON_YEARS, YEAR_LAST)
    if floor.year > last:
        return
    if rule.frequency in ("HOURLY", "MINUTELY"):
        yield from _within_days(rule, start, floor, last)
        return
    of_day = [time(hour, minute) for hour in rule.hours for minute in rule.minutes]
    for days in _periods(rule, start, floor.date(), last):
        if rule.positions:
            moments = _chosen([datetime.combine(day, at) for day in days for at in of_day], rule.positions)
        else:
            moments = [datetime.combine(day, at) for day in days if day >= floor.date() for at in of_day]
        for moment in moments:
            if moment >= floor:
                yield moment


def _chosen(moments: list[datetime], positions: tuple[int, ...]) -> list[datetime]:
    size = len(moments)
    places = {place - 1 if place > 0 else size + place for place in positions}
    return [moments[place] for place in sorted(places) if 0 <= place < size]


def _periods(rule: Rule, start: datetime, floor: date, last: int) -> Iterator[list[date]]:
    """The days of each period that the rule counts, from the one that holds `floor` on."""
    step = rule.interval
    if rule.frequency == "YEARLY":
        for year in range(start.year + _skipped(floor.year - start.year, step), last + 1, step):
            yield [day for month in _months(rule) for day in _of_month(rule, year, month)]
    elif rule.frequency == "MONTHLY":
        first = start.year * 12 + start.month - 1
        for index in range(first + _skipped(floor.year * 12 + floor.month - 1 - first, step), last * 12 + 12, step):
            month = index % 12 + 1
            yield _of_month(rule, index // 12, month) if not rule.months or month in rule.months else []
    else:
        weekly = rule.frequency == "WEEKLY"
        length = 7 if weekly else 1
        first = start.toordinal() - ((start.weekday() - rule.week_start) % 7 if weekly else 0)
        begin = first + _skipped(floor.toordinal() - first, step * length)
        for number in range(begin, date(last, 12, 31).toordinal(), step * length):
            days = (date.fromordinal(number + offset) for offset in range(length))
            yield [day for day in days if _counts(rule, day)]


def _skipped(distance: int, step: int) -> int:
    """Whole steps that lie before a distance: to the step that may hold it."""
    return max(distance, 0) // step * step


def _months(rule: Rule) -> list[int]:
    return sorted(rule.months) or list(range(1, 13))


def _of_month(rule: Rule, year: int, month: int) -> list[date]:
    length = monthrange(year, month)[1]
    if rule.month_days:
        numbers = sorted({day if day > 0 else length + 1 + day for day in rule.month_days})
    else:
        numbers = list(range(1, length + 1))
    days = (date(year, month, number) for number in numbers if 1 <= number <= length)
    return [day for day in days if _counts(rule, day)]


def _counts(rule: Rule, day: date) -> bool:
    """Whether a day satisfies every part of the rule that speaks of days."""
    if rule.months and day.month not in rule.months:
        return False
    if rule.month_days:
        length = monthrange(day.year, day.month)[1]
        if day.day not in rule.month_days and day.day - length - 1 not in rule.month_days:
            return False
    if rule.days and not any(_is_nth(rule, day, nth) for nth, weekday in rule.days if weekday == day.weekday()):
        return False
    if rule.year_days:
        of_year, length = day.timetuple().tm_yday, 366 if monthrange(day.year, 2)[1] == 29 else 365
        if of_year not in rule.year_days and of_year - length - 1 not in rule.year_days:
            return False
    if rule.weeks:
        iso_year, week, _ = day.isocalendar()
        weeks = date(iso_year, 12, 28).isocalendar().week
        return week in rule.weeks or week - weeks - 1 in rule.weeks
    return True


def _is_nth(rule: Rule, day: date, nth: int) -> bool:
    """Whether it is the n-th of its weekday: of the month, or of the year for a yearly rule without months."""
    if not nth:
        return True
    if rule.frequency == "YEARLY" and not rule.months:
        place, length = day.timetuple().tm_yday, 366 if monthrange(day.year, 2)[1] == 29 else 365
    else:
        place, length = day.day, monthrange(day.year, day.month)[1]
    return nth == ((place - 1) // 7 + 1 if nth > 0 else -((length - place) // 7 + 1))


def _within_days(rule: Rule, start: datetime, floor: datetime, last: int) -> Iterator[datetime]:
    """Hourly and minutely: day by day, so that days that do not count cost nothing."""
    hourly = rule.frequency == "HOURLY"
    unit = 60 if hourly else 1
    origin = (start - _ANCHOR) // timedelta(minutes=1) // unit
    checks = 0
    for number in range(floor.toordinal(), date(last, 12, 31).toordinal()):
        day = date.fromordinal(number)
        if not _counts(rule, day):
            continue
        before = (number - 1) * _DAY_MINUTES // unit - origin
        for slot in range(-before % rule.interval, _DAY_MINUTES // unit, rule.interval):
            checks += 1
            if checks > CHECKS_MAX:
                return
            hour = slot * unit // 60
            if rule.hours and hour not in rule.hours:
                continue
            minutes = rule.minutes if hourly else (slot % 60,)
            if not hourly and rule.minutes and slot % 60 not in rule.minutes:
                continue
            moments = [datetime.combine(day, time(hour, minute)) for minute in minutes]
            for moment in _chosen(moments, rule.positions) if rule.positions else moments:
                if moment >= floor:
                    checks = 0
                    yield moment

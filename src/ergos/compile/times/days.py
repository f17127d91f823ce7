"""Days that words name: 'tomorrow', 'next Friday', '3 January', 'the end of March', 下周五, 月底.

Rules: pure; a day without a year is the next one; a reading that was chosen has the code of its diagnostic.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from ergos.compile.times.token import Token

Role = Literal["day", "first", "last"]
"""Whether a stretch of time ('March', 'next week') stands for its first or its last day."""
SKIPPED_MAX: Final = 4  # prepositions before a day
YEARS_MAX: Final = 400  # years a day may be ahead; more is a slip of the pen

_SKIPPED: Final = frozenset({"the", "on", "at", "in", "of"})


class Day(NamedTuple):
    """A day that was named."""

    start: int
    end: int
    day: date | None
    """None: there is no such day (30 February)."""
    yearly: tuple[int, int] | None = None
    """Month and day where no year was said."""
    minute: int = -1
    """Of the day, where a time stands with it; -1: none."""
    part: str = ""
    code: str = ""
    """Diagnostic about how it was read, or ''."""


def day_at(tokens: Sequence[Token], place: int, today: date, role: Role = "day") -> tuple[Day, int] | None:
    """The day whose words begin here, and the place after them."""
    first = place
    while place < len(tokens) and place - first < SKIPPED_MAX and tokens[place].kind in _SKIPPED:
        place += 1
    if place >= len(tokens):
        return None
    found = _day_at(tokens, place, today, role)
    if found is None:
        return None
    day, after = found
    return day._replace(start=tokens[first].start), after


def _day_at(tokens: Sequence[Token], place: int, today: date, role: Role) -> tuple[Day, int] | None:
    token = tokens[place]
    following = tokens[place + 1] if place + 1 < len(tokens) else Token("stop", token.end, token.end)
    match token.kind:
        case "rel":
            return Day(token.start, token.end, today + timedelta(token.number), part=token.name), place + 1
        case "date":
            return _dated(token, today), place + 1
        case "day" if token.flag != "plural":
            return _coming(token, token.number, today, 0, ""), place + 1
        case "zhweekdays" if len(token.days) == 1 and token.flag != "every":
            return _coming(token, token.days[0], today, 0, ""), place + 1
        case "zhnext":
            monday = today - timedelta(today.weekday())
            day = monday + timedelta(7 * token.minute + token.number)
            return Day(token.start, token.end, day, code="C104" if token.minute else ""), place + 1
        case "next" if following.kind == "day":
            joined = Token("day", token.start, following.end)
            if token.number:
                return _coming(joined, following.number, today, 1, "C104"), place + 2
            return _coming(joined, following.number, today, 0, ""), place + 2
        case "next" if following.kind in ("unit", "month", "workdays"):
            day = _period(following, today, token.number, role)
            return (Day(token.start, following.end, day), place + 2) if day else None
        case "end":
            return _edge(tokens, place, today)
        case "month" | "zhmonth":
            return _month(token, today, role), place + 1
        case "monthend":
            return Day(token.start, token.end, _named_edge(token.name, today)), place + 1
        case "zhperiod":
            return _zh_period(tokens, place, today, role)
        case "ord" | "dom" if token.number > 0 and not token.name:
            day = _next_number(token.number, today)
            return (Day(token.start, token.end, day), place + 1) if day else None
        case _:
            return None


def _dated(token: Token, today: date) -> Day:
    year, month, number = token.number // 10_000, token.number // 100 % 100, token.number % 100
    minute = token.minute if token.name == "clock" else -1
    code = "C106" if token.flag == "slash" else ""
    if token.name in ("今年", "明年", "后年"):
        year = today.year + ("今年", "明年", "后年").index(token.name)
    if token.flag == "impossible":
        return Day(token.start, token.end, None)
    if year:
        day = _made(year, month, number) if year < today.year + YEARS_MAX else None
        return Day(token.start, token.end, day, minute=minute, code=code)
    return Day(token.start, token.end, _next_yearly(month, number, today), (month, number), minute, code=code)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _next_yearly(month: int, number: int, today: date) -> date | None:
    for year in range(today.year, today.year + 9):
        day = _made(year, month, number)
        if day and day >= today:
            return day
    return None


def _next_number(number: int, today: date) -> date | None:
    for ahead in range(13):
        index = today.year * 12 + today.month - 1 + ahead
        day = _made(index // 12, index % 12 + 1, number)
        if day and day > today:
            return day
    return None


def _coming(token: Token, weekday: int, today: date, weeks: int, code: str) -> Day:
    """The weekday of a week ahead; without one the next, which is never today."""
    if weeks:
        day = today - timedelta(today.weekday()) + timedelta(7 * weeks + weekday)
    else:
        day = today + timedelta((weekday - today.weekday() - 1) % 7 + 1)
    return Day(token.start, token.end, day, code=code)


def last_of_month(year: int, month: int) -> date:
    """Its last day."""
    return date(year, month, monthrange(year, month)[1])


def ahead(today: date, count: int, unit: str) -> date:
    """A day some units later."""
    count = min(count, YEARS_MAX)
    if unit in ("day", "night", "workday"):
        return today + timedelta(count)
    if unit in ("week", "fortnight"):
        return today + timedelta(count * (14 if unit == "fortnight" else 7))
    index = today.year * 12 + today.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}.get(unit, 0)
    last = monthrange(index // 12, index % 12 + 1)[1]
    return date(index // 12, index % 12 + 1, min(today.day, last))


def _bounds(unit: str, today: date, forward: int) -> tuple[date, date] | None:
    """First and last day of the week, month, quarter or year that holds a day, or of one after it."""
    if unit == "week":
        first = today - timedelta(today.weekday()) + timedelta(7 * forward)
        return first, first + timedelta(6)
    length = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    if length is None:
        return None
    index = (today.year * 12 + today.month - 1) // length * length + length * forward
    final = index + length - 1
    return date(index // 12, index % 12 + 1, 1), last_of_month(final // 12, final % 12 + 1)


def _period(token: Token, today: date, forward: int, role: Role) -> date | None:
    if token.kind == "month":
        day = _next_yearly(token.number, 1, today)
        return last_of_month(day.year, day.month) if day and role == "last" else day
    bounds = _bounds(token.name, today, forward)
    if bounds is None:
        return None
    return bounds[1] if role == "last" else bounds[0]


def _month(token: Token, today: date, role: Role) -> Day:
    month = token.number
    year = token.minute
    if token.name:
        year = today.year + ("今年", "明年", "后年").index(token.name)
    if not year:
        passed = month < today.month or (month == today.month and role == "first" and today.day > 1)
        year = today.year + passed
    if token.flag in ("底", "末") or (role == "last" and token.flag != "初"):
        day = last_of_month(year, month)
    else:
        day = date(year, month, 15 if token.flag == "中旬" else 1)
    return Day(token.start, token.end, day)


def _edge(tokens: Sequence[Token], place: int, today: date) -> tuple[Day, int] | None:
    """'the end of March', 'the end of the month', 'the beginning of next year'."""
    token = tokens[place]
    role: Role = "last" if token.number < 0 else "first"
    place += 1
    while place < len(tokens) and tokens[place].kind in _SKIPPED | {"a"} and tokens[place].start - token.end < 12:
        place += 1
    forward = 0
    if place < len(tokens) and tokens[place].kind == "next":
        forward, place = tokens[place].number, place + 1
    if place >= len(tokens):
        return None
    what = tokens[place]
    if what.kind == "month":
        return _month(what, today, role)._replace(start=token.start), place + 1
    if what.kind == "num" and 1900 <= what.number < 2200:
        day = date(what.number, 12, 31) if role == "last" else date(what.number, 1, 1)
        return Day(token.start, what.end, day), place + 1
    bounds = _bounds(what.name, today, forward) if what.kind == "unit" else None
    if bounds is None:
        return None
    return Day(token.start, what.end, bounds[1] if role == "last" else bounds[0]), place + 1


def _named_edge(name: str, today: date) -> date:
    unit = "month" if name[0] == "月" else "year" if name[0] == "年" else "quarter"
    bounds = _bounds(unit, today, 0)
    assert bounds is not None
    return bounds[0] if name.endswith("初") else bounds[1]


def _zh_period(tokens: Sequence[Token], place: int, today: date, role: Role) -> tuple[Day, int] | None:
    """下个月, 下个月三号, 下个月底, 明年, 下周."""
    token = tokens[place]
    forward = 2 if token.name.startswith(("下下", "后")) else 1 if token.name.startswith(("下", "明")) else 0
    unit = (
        "month" if "月" in token.name else "quarter" if "季" in token.name else "year" if "年" in token.name else "week"
    )
    bounds = _bounds(unit, today, forward)
    assert bounds is not None
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    if following is not None and following.kind == "dom" and unit == "month":
        day = _made(bounds[0].year, bounds[0].month, following.number)
        return Day(token.start, following.end, day), place + 2
    late = token.name.endswith(("底", "末")) or (role == "last" and not token.name.endswith("初"))
    return Day(token.start, token.end, bounds[1] if late else bounds[0]), place + 1

"""The times of day of a group, and what its exclusions take away.

Rules: what is not said comes from `times_conventions` and is a note; what an exclusion takes away must have been there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple, TypeAlias

from ergos.compile.times.clocks import placed
from ergos.compile.times.conventions import AFTERNOON_HOURS, DAYPARTS, EXCEPT_YEARS, SPANS
from ergos.compile.times.frame import Frame
from ergos.compile.times.groups import Group
from ergos.compile.times.part import Part
from ergos.compile.times.token import Token

Clock: TypeAlias = tuple[int, int]
"""Hour and minute."""
_DAY: Final = 1_440


class Excluded(NamedTuple):
    """What a group leaves out."""

    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    hours: tuple[tuple[int, int, tuple[int, int]], ...] = ()
    """Minutes of the day from and to (not included; smaller: over midnight), and where it was said."""
    dates: tuple[str, ...] = ()
    day_span: tuple[int, int] | None = None


def shown(clock: Clock) -> str:
    """'08:30'."""
    return f"{clock[0]:02d}:{clock[1]:02d}"


def parts_of_day(group: Group) -> list[Part]:
    """Parts of the day that were said, as parts."""
    found = [part for part in group.recurrences if part.name in DAYPARTS]
    if group.point is not None and group.point.day is not None and group.point.day.part:
        found.append(group.point._replace(name=group.point.day.part))
    return [*found, *(part for part in group.times if part.kind == "part")]


def sound(group: Group, frame: Frame) -> bool:
    """Whether its times of day are times and do not contradict each other; says so where not."""
    lists = [part for part in group.times if part.kind == "clocks"]
    windows = [part for part in group.times if part.kind == "window"]
    for part in [*lists, *windows]:
        for clock in part.clocks:
            if clock.flag == "conflict":
                frame.say("C117", [(clock.start, clock.end)])
                return False
    if len(lists) > 1:
        first, second = lists[0], lists[1]
        spans = [(first.start, first.end), (second.start, second.end)]
        frame.say("C107", spans, one=frame.words(spans[0]), other=frame.words(spans[1]))
        return False
    return True


def clock_times(group: Group, frame: Frame) -> list[Clock] | None:
    """Times of day that were said or are meant by a part of the day; None: none was. Contradictions give []."""
    parts = parts_of_day(group)
    tokens = [token for part in group.times if part.kind == "clocks" for token in part.clocks]
    if group.point is not None and group.point.day is not None and group.point.day.minute >= 0 and not tokens:
        return [divmod(group.point.day.minute, 60)]
    if tokens:
        found: list[Clock] = []
        part = parts[0] if len(parts) == 1 else None
        fitting = part is not None and any(placed(token, part.name).flag != "conflict" for token in tokens)
        for token in tokens:
            # Of several times one may lie in another part of the day: 'every morning at 8:30 and 17:00'.
            strays = fitting and part is not None and placed(token, part.name).flag == "conflict"
            one = _certain(token, None if strays else part, frame)
            if one is None:
                return []
            found.append(one)
        return sorted(set(found))
    if parts:
        for part in parts:
            frame.say("C103", [(part.start, part.end)], reading=shown(DAYPARTS[part.name]))
        return sorted({DAYPARTS[part.name] for part in parts})
    return None


def _certain(token: Token, part: Part | None, frame: Frame) -> Clock | None:
    """The time of day of a token; None for one that its part of the day contradicts."""
    span = (token.start, token.end)
    if part is not None:
        was = token
        token = placed(token, part.name)
        if token.flag == "conflict":
            frame.say(
                "C107", [span, (part.start, part.end)], one=frame.words(span), other=frame.words((part.start, part.end))
            )
            return None
        if token.flag == "exact" and (was.flag == "bare" or token != was):
            return token.number, token.minute
    hour = token.number
    if token.flag == "bare" and hour in AFTERNOON_HOURS:
        hour += 12
    if token.flag != "exact":
        frame.say("C105", [span], reading=shown((hour, token.minute)))
    return hour, token.minute


def left_out_span(part: str) -> tuple[int, int]:
    """Hours of a part of the day in which nothing is to happen: 晚上 then goes on until the morning."""
    return SPANS["night" if part == "evening_zh" else part]


def window_of(group: Group, frame: Frame) -> tuple[int, int] | None:
    """Minutes of the day between which something repeats, the end included; end before start: over midnight."""
    for part in group.times:
        if part.kind == "window":
            return window_minutes(part, frame)
    parts = parts_of_day(group)
    if parts and not group.has("clocks"):
        first, last = SPANS[parts[0].name][0], SPANS[parts[-1].name][1]
        frame.say("C103", [(parts[0].start, parts[-1].end)], reading=f"{first:02d}:00–{last % 24:02d}:00")
        return first * 60, (last * 60 - 1) % _DAY
    return None


def window_minutes(part: Part, frame: Frame) -> tuple[int, int]:
    """From and to, in minutes of the day."""
    clocks = [_certain(clock, None, frame) or (0, 0) for clock in part.clocks]
    minutes = [hour * 60 + minute for hour, minute in clocks]
    if part.flag == "after":
        return minutes[0], _DAY - 1
    if part.flag == "before":
        return 0, minutes[0]
    return minutes[0], minutes[1]


def excluded(group: Group, frame: Frame) -> Excluded:
    """What its exclusions leave out."""
    days: set[int] = set()
    months: set[int] = set()
    hours: list[tuple[int, int, tuple[int, int]]] = []
    dates: list[str] = []
    day_span: tuple[int, int] | None = None
    for outer in (part for part in group.limits if part.kind == "except"):
        span = (outer.start, outer.end)
        for part in outer.inner:
            if part.kind == "days":
                days |= set(part.days)
                day_span = span
            elif part.kind == "months":
                months |= set(part.numbers)
            elif part.kind == "window":
                first, last = window_minutes(part, frame)
                hours.append((first, last + 1 if part.flag == "after" else last, span))
            elif part.kind == "part":
                first, last = left_out_span(part.name)
                frame.say("C103", [(part.start, part.end)], reading=f"{first:02d}:00–{last % 24:02d}:00")
                hours.append((first * 60, last * 60, span))
            elif part.kind == "clocks":
                for token in part.clocks:
                    hour, minute = _certain(token, None, frame) or (0, 0)
                    hours.append((hour * 60 + minute, hour * 60 + minute + 1, span))
            elif part.kind == "day":
                if part.day is not None and _is_weekday(part, frame):
                    days.add(part.day.day.weekday() if part.day.day else 0)
                    day_span = span
                else:
                    dates += _dates(part, frame)
            elif part.kind == "unknown":
                frame.say("C115", [(part.start, part.end)])
            else:
                frame.say("C116", [span])
    return Excluded(frozenset(days), frozenset(months), tuple(hours), tuple(dates), day_span)


def _is_weekday(part: Part, frame: Frame) -> bool:
    """Whether 'except Monday' names a weekday and no date."""
    said = frame.prose[part.start : part.end]
    day = part.day
    return (
        day is not None
        and day.yearly is None
        and not any(letter.isdigit() for letter in said)
        and not day.code
        and (
            "day" in said.lower().replace("today", "")
            or "周" in said
            or "星期" in said
            or "礼拜" in said
            or len(said) <= 6
        )
        and "tomorrow" not in said.lower()
        and "天" not in said.replace("星期天", "").replace("礼拜天", "")
    )


def _dates(part: Part, frame: Frame) -> list[str]:
    if part.day is None or part.day.day is None:
        return []
    if part.day.yearly is None:
        return [part.day.day.isoformat()]
    month, number = part.day.yearly
    found: list[str] = []
    for year in range(part.day.day.year, part.day.day.year + EXCEPT_YEARS):
        try:
            found.append(date(year, month, number).isoformat())
        except ValueError:
            continue
    frame.say("C118", [(part.start, part.end)], year=found[-1][:4])
    return found


def is_out(minute: int, hours: Iterable[tuple[int, int, tuple[int, int]]]) -> tuple[int, int] | None:
    """Where the exclusion stands that a minute of the day falls into."""
    for first, last, span in hours:
        within = first <= minute < last if first < last else (minute >= first or minute < last)
        if within:
            return span
    return None

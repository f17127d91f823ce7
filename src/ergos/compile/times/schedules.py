"""From groups to schedules: rules with their beginning and end, single times, and what is checked of each.

Rules: pure; the calendar is asked for the first firing and for misfits, never a clock.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from ergos.compile.intent import Found
from ergos.compile.times.conventions import DAY_TIME
from ergos.compile.times.days import ahead
from ergos.compile.times.frame import Frame
from ergos.compile.times.groups import Group
from ergos.compile.times.hours import clock_times, excluded, shown, sound
from ergos.compile.times.part import Part
from ergos.compile.times.rules import Rules, rules_of
from ergos.drivers.schedule.zones import instant_of, is_repeated, is_skipped, local_of
from ergos.kernel.triggers import Schedule

COUNT_MAX: Final = 1_000  # firings that are counted out one by one
_NAME: Final = "schedule"


class Zoned(NamedTuple):
    """A schedule with the zone that was said for it, '' for none."""

    schedule: Found[Schedule]
    zone: str
    clocks: tuple[tuple[int, int], ...] = ()


def limits(group: Group, frame: Frame) -> tuple[date | None, date | None]:
    """First and last day that were said."""
    first = next((part.day.day for part in group.limits if part.kind == "start" and part.day), None)
    last = next((part.day.day for part in group.limits if part.kind == "until" and part.day), None)
    length = next((part for part in group.limits if part.kind == "for" and part.unit not in ("minute", "hour")), None)
    if last is None and length is not None:
        last = ahead(first or frame.today, length.number, length.unit)
        frame.say("C120", [(length.start, length.end)], when=last.isoformat())
    for part in group.limits:
        if part.kind in ("start", "until") and part.day is not None and part.day.code:
            _say_day(part, frame)
    if first and last and last < first:
        spans = [(part.start, part.end) for part in group.limits if part.kind in ("start", "until", "for")]
        frame.say("C121", spans, start=first.isoformat(), end=last.isoformat())
        return None, None
    return first, last


def schedules_of(group: Group, zone: str, frame: Frame) -> list[Zoned]:
    """The schedules of a group; several only for several single times."""
    if not sound(group, frame):
        return []
    clocks = sum(len(part.clocks) for part in group.times if part.kind == "clocks")
    if group.point is None and not group.recurrences and clocks > 1:
        # Several times of a day and no day: they are times of every day.
        first = group.times[0]
        group.recurrences.append(Part("repeat", first.start, first.end, unit="day"))
        frame.say("C103", [group.span], reading="每天" if frame.language == "zh" else "every day")
        return _recurring(group, zone, frame)
    if group.point is not None or not group.recurrences:
        return _once(group, zone, frame)
    only = group.recurrences[0]
    if len(group.recurrences) == 1 and only.kind == "monthdays" and not only.unit and len(only.numbers) == 1:
        return _once(group, zone, frame)
    return _recurring(group, zone, frame)


def _recurring(group: Group, zone: str, frame: Frame) -> list[Zoned]:
    out = excluded(group, frame)
    rules = rules_of(group, out, frame)
    if rules is None:
        return []
    first, last = limits(group, frame)
    span = group.span
    total = next((part for part in group.limits if part.kind == "total"), None)
    end = f"UNTIL={last:%Y%m%d}T235959" if last else ""
    if total is not None and not end and len(rules.lines().splitlines()) == 1:
        end = f"COUNT={min(total.number, COUNT_MAX)}"
    words = frame.words(span)
    schedule = Schedule(name=_NAME, rule=rules.lines(end), except_dates=out.dates, words=words)
    start = _start(schedule, rules, first, frame)
    if start and (rules.interval > 1 or first):
        schedule = Schedule(name=_NAME, rule=schedule.rule, start=start, except_dates=out.dates, words=schedule.words)
    if rules.interval > 1 and rules.times and not first:
        frame.say("C102", [(group.recurrences[0].start, group.recurrences[-1].end)], when=start.replace("T", " "))
    if not _lives(schedule, frame, span):
        return []
    return [Zoned(Found(schedule, span), zone, rules.times)]


def _start(schedule: Schedule, rules: Rules, first: date | None, frame: Frame) -> str:
    """Local time of the first firing; of what repeats within a day a whole multiple of its interval."""
    begin = datetime.combine(first, time()) if first else frame.now
    if not rules.times:
        unit = 60 if rules.shapes[0].frequency == "HOURLY" else 1
        step = rules.interval * unit
        step = step if 1_440 % step == 0 else 60
        minutes = begin.hour * 60 + begin.minute
        begin = datetime.combine(begin.date(), time()) + timedelta(minutes=-(-minutes // step) * step)
        return begin.isoformat(timespec="minutes")
    simple = Rules(tuple(shape._replace(interval=1) for shape in rules.shapes), rules.times)
    probe = Schedule(name=_NAME, rule=simple.lines(), except_dates=schedule.except_dates)
    if frame.calendar.misfit(probe, frame.timezone):
        return ""
    begin_ns = instant_of(begin, frame.where)
    at_ns = frame.calendar.next_ns(probe, frame.timezone, max(begin_ns - 1, frame.now_ns), begin_ns)
    return "" if at_ns is None else local_of(at_ns, frame.where).isoformat(timespec="minutes")


def _lives(schedule: Schedule, frame: Frame, span: tuple[int, int]) -> bool:
    """Whether it can be read and fires once more; says so where not."""
    why = frame.calendar.misfit(schedule, frame.timezone)
    if why:
        frame.say("C112", [span], why=why)
        return False
    if frame.calendar.next_ns(schedule, frame.timezone, frame.now_ns, frame.now_ns) is None:
        when = schedule.at.replace("T", " ") or schedule.rule.rpartition("UNTIL=")[2][:8] or frame.words(span)
        frame.say("C101", [span], when=when)
        return False
    return True


def _once(group: Group, zone: str, frame: Frame) -> list[Zoned]:
    """Single times: 'tomorrow at 5', 'in two hours', 'at 8 am'."""
    point = group.point
    span = group.span
    if point is not None and point.kind == "in":
        return _lapsed(group, point, zone, frame)
    clocks = clock_times(group, frame)
    if clocks == []:
        return []
    if point is None and group.recurrences:
        number = group.recurrences[0].numbers[0]
        found = _number_day(number, frame.today)
        if found is None:
            frame.say("C112", [span], why=f"day {number}")
            return []
        day, yearly = found, False
        frame.say("C123", [span], when=day.isoformat())
    elif point is None:
        return _next_clock(clocks or [], span, zone, frame)
    else:
        assert point.day is not None
        if point.day.day is None:
            frame.say("C112", [(point.start, point.end)], why=_no_day(frame))
            return []
        if point.day.code:
            _say_day(point, frame)
        day, yearly = point.day.day, point.day.yearly is not None
    if not clocks:
        clocks = [DAY_TIME]
        frame.say("C103", [span], reading=shown(DAY_TIME))
    result: list[Zoned] = []
    for hour, minute in clocks:
        at = datetime.combine(day, time(hour, minute))
        if yearly and at <= frame.now:
            at = datetime.combine(ahead(day, 1, "year"), time(hour, minute))
        schedule = Schedule(name=_NAME, at=at.isoformat(timespec="minutes"), words=frame.words(span))
        if _lives(schedule, frame, span):
            result.append(Zoned(Found(schedule, span), zone, ((hour, minute),)))
    return result


def _no_day(frame: Frame) -> str:
    return "没有这一天" if frame.language == "zh" else "there is no such day"


def _number_day(number: int, today: date) -> date | None:
    for months in range(13):
        index = today.year * 12 + today.month - 1 + months
        try:
            day = date(index // 12, index % 12 + 1, number)
        except ValueError:
            continue
        if day > today:
            return day
    return None


def _lapsed(group: Group, point: Part, zone: str, frame: Frame) -> list[Zoned]:
    span = group.span
    if point.unit in ("second", "minute", "hour"):
        minutes = min(point.number, 1_000_000) * {"second": 0, "minute": 1, "hour": 60}[point.unit] or 1
        at = local_of(frame.now_ns + minutes * 60 * 1_000_000_000, frame.where)
    else:
        clocks = clock_times(group, frame)
        if clocks == []:
            return []
        clock = clocks[0] if clocks else (frame.now.hour, frame.now.minute)
        at = datetime.combine(ahead(frame.today, point.number, point.unit), time(*clock))
    schedule = Schedule(name=_NAME, at=at.replace(second=0).isoformat(timespec="minutes"), words=frame.words(span))
    return [Zoned(Found(schedule, span), zone)] if _lives(schedule, frame, span) else []


def _next_clock(clocks: list[tuple[int, int]], span: tuple[int, int], zone: str, frame: Frame) -> list[Zoned]:
    """The next time that the clock shows this."""
    result: list[Zoned] = []
    for hour, minute in clocks:
        at = datetime.combine(frame.today, time(hour, minute))
        at = at if at > frame.now else at + timedelta(1)
        frame.say("C123", [span], when=at.isoformat(sep=" ", timespec="minutes"))
        schedule = Schedule(name=_NAME, at=at.isoformat(timespec="minutes"), words=frame.words(span))
        if _lives(schedule, frame, span):
            result.append(Zoned(Found(schedule, span), zone, ((hour, minute),)))
    return result


def _say_day(part: Part, frame: Frame) -> None:
    day = part.day
    assert day is not None
    if day.day is None:
        return
    if day.code == "C106" and day.yearly is not None:
        month, number = day.yearly
        frame.say(
            "C106", [(part.start, part.end)], one=_named(month, number, frame), other=_named(number, month, frame)
        )
    elif day.code == "C106":
        one, other = (day.day.month, day.day.day), (day.day.day, day.day.month)
        frame.say("C106", [(part.start, part.end)], one=_named(*one, frame), other=_named(*other, frame))
    else:
        frame.say(day.code, [(part.start, part.end)], when=day.day.isoformat())


def _named(month: int, number: int, frame: Frame) -> str:
    if frame.language == "zh":
        return f"{month}月{number}日"
    names = "January February March April May June July August September October November December".split()
    return f"{number} {names[month - 1]}"


def say_clock_changes(zoned: Zoned, frame: Frame) -> None:
    """A note where, within the year ahead, a time of day is skipped or repeated."""
    rule = zoned.schedule.value.rule
    if not zoned.clocks or not rule:
        return
    day = frame.today
    noon = time(12)
    for _ in range(366):
        following = day + timedelta(1)
        here, there = (instant_of(datetime.combine(one, noon), frame.where) for one in (day, following))
        if there - here != 86_400 * 1_000_000_000:
            for hour, minute in zoned.clocks:
                local = datetime.combine(following, time(hour, minute))
                skipped = is_skipped(local, frame.where)
                if skipped or is_repeated(local, frame.where):
                    what = (
                        ("不存在" if skipped else "出现两次")
                        if frame.language == "zh"
                        else ("skipped" if skipped else "there twice")
                    )
                    frame.say(
                        "C111", [zoned.schedule.span], when=following.isoformat(), zone=frame.timezone,
                        clock=shown((hour, minute)), what=what,
                    )  # fmt: skip
        day = following

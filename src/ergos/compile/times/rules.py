"""From a group that recurs to canonical rules.

Rules: the spelling of `times_conventions`; every line has FREQ first and BYMINUTE wherever it has BYHOUR.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ergos.compile.times.conventions import (
    DAY_TIME,
    TIMES_A_DAY,
    TIMES_A_MONTH,
    TIMES_A_WEEK,
    TIMES_A_YEAR,
    WEEK_DAY,
)
from ergos.compile.times.frame import Frame
from ergos.compile.times.groups import Group
from ergos.compile.times.hours import Clock, Excluded, clock_times, is_out, shown, window_minutes, window_of
from ergos.compile.times.part import Part
from ergos.compile.times.repeats import WORKDAYS

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
QUARTER_FIRST: Final = (1, 4, 7, 10)
QUARTER_LAST: Final = (3, 6, 9, 12)
ODD_DAYS: Final = 14  # days of a month, from which on a missing one is no surprise: 'on odd days'
STORM_PER_DAY: Final = 289  # firings a day from which a warning is due: more often than every five minutes

_ALL_DAYS: Final = frozenset(range(7))


class Shape(NamedTuple):
    """A recurrence without its times of day."""

    frequency: str
    interval: int = 1
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    days: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()


class Rules(NamedTuple):
    """Lines, and what goes with them."""

    shapes: tuple[Shape, ...]
    times: tuple[Clock, ...] = ()
    """() for what repeats within a day."""
    minute: int = 0
    """Of what repeats each hour."""
    closing: tuple[Clock, ...] = ()
    """Of what repeats within the hour the end of its window, which is one of its times."""
    hours: tuple[int, ...] = ()
    """Of what repeats within a day; (): all."""

    @property
    def interval(self) -> int:
        """Periods from one to the next."""
        return self.shapes[0].interval

    def lines(self, end: str = "") -> str:
        """As `Schedule.rule`; `end`: 'UNTIL=…' or 'COUNT=…'."""
        found: list[str] = []
        for shape in self.shapes:
            for hours, minutes in self._clocks(one_by_one=bool(shape.positions)):
                parts = [
                    f"FREQ={shape.frequency}",
                    f"INTERVAL={shape.interval}" if shape.interval > 1 else "",
                    _listed("BYMONTH", shape.months),
                    _listed("BYMONTHDAY", shape.month_days),
                    _listed("BYDAY", shape.days),
                    _listed("BYSETPOS", shape.positions),
                    _listed("BYHOUR", hours),
                    _listed("BYMINUTE", minutes),
                    end,
                ]
                found.append(";".join(part for part in parts if part))
        for hour, minute in self.closing:
            shape = self.shapes[0]._replace(frequency="WEEKLY" if self.shapes[0].days else "DAILY", interval=1)
            found.append(Rules((shape,), ((hour, minute),)).lines(end))
        return "\n".join(found)

    def _clocks(self, *, one_by_one: bool) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Hours and minutes of each line: hours with the same minutes stand together."""
        if not self.times:
            minutes = () if self.shapes[0].frequency == "MINUTELY" else (self.minute,)
            return [(self.hours, minutes)]
        if one_by_one:
            return [((hour,), (minute,)) for hour, minute in self.times]
        by_hour: dict[int, list[int]] = {}
        for hour, minute in self.times:
            by_hour.setdefault(hour, []).append(minute)
        by_minutes: dict[tuple[int, ...], list[int]] = {}
        for hour, minutes in by_hour.items():
            by_minutes.setdefault(tuple(minutes), []).append(hour)
        return [(tuple(hours), minutes) for minutes, hours in by_minutes.items()]


def _listed(name: str, values: Iterable[object]) -> str:
    said = ",".join(str(value) for value in values)
    return f"{name}={said}" if said else ""


def rules_of(group: Group, out: Excluded, frame: Frame) -> Rules | None:
    """The rules of a group that recurs; None where it cannot be, which is said."""
    repeats = [part for part in group.recurrences if part.kind == "repeat"]
    # 'every day … every 2 hours': the finer one says when.
    repeat = next((part for part in repeats if part.unit in ("minute", "hour")), repeats[0] if repeats else None)
    refined = [part for part in group.recurrences if part.kind != "repeat"]
    times = next((part for part in refined if part.kind == "times"), None)
    if repeat is not None and repeat.number < 1:
        frame.say("C116", [(repeat.start, repeat.end)])
        return None
    if repeat is not None and repeat.unit == "second":
        frame.say("C113", [(repeat.start, repeat.end)])
        return None
    if repeat is None and times is not None and times.unit == "hour":
        if times.number > 60:
            frame.say("C113", [(times.start, times.end)])
            return None
        repeat = times._replace(kind="repeat", unit="minute", number=max(60 // times.number, 1))
    if repeat is not None and repeat.unit in ("minute", "hour"):
        return _within_days(group, repeat, refined, out, frame)
    clocks = clock_times(group, frame)
    if clocks == []:
        return None
    shapes, implied = _shapes(group, repeat, refined, frame)
    if not shapes:
        return None
    clocks = clocks or implied or _window_start(group, frame)
    if times is not None and times.unit == "day":
        clocks = _per_day(group, times, clocks, frame)
    if clocks is None:
        span = group.span
        frame.say("C103", [span], reading=shown(DAY_TIME))
        clocks = [DAY_TIME]
    if not clocks or not _kept(group, clocks, out, frame):
        return None
    kept = [_without(shape, out, frame, group) for shape in shapes]
    if any(shape is None for shape in kept):
        return None
    return Rules(tuple(shape for shape in kept if shape is not None), tuple(clocks))


def _window_start(group: Group, frame: Frame) -> list[Clock] | None:
    """Of a window within which nothing repeats, its beginning."""
    part = next((part for part in group.times if part.kind == "window"), None)
    if part is None:
        return None
    first, last = window_minutes(part, frame)
    clock = divmod(last if part.flag == "before" else first, 60)
    frame.say("C103", [(part.start, part.end)], reading=shown(clock))
    return [clock]


def _kept(group: Group, clocks: Sequence[Clock], out: Excluded, frame: Frame) -> bool:
    """Whether no time of day is one that is left out."""
    said = next((part for part in group.times if part.kind in ("clocks", "part")), None)
    for hour, minute in clocks:
        span = is_out(hour * 60 + minute, out.hours)
        if span is not None:
            own = (said.start, said.end) if said else group.span
            frame.say("C107", [own, span], one=frame.words(own), other=frame.words(span))
            return False
    if out.hours:
        frame.say("C119", [out.hours[0][2]])
    return True


def _without(shape: Shape, out: Excluded, frame: Frame, group: Group) -> Shape | None:
    """The shape without the weekdays and months that are left out."""
    if out.months:
        months = tuple(month for month in shape.months or range(1, 13) if month not in out.months)
        shape = shape._replace(months=months)
        if not months:
            return _contradiction(group, out, frame)
    if not out.days:
        return shape
    if shape.frequency not in ("DAILY", "WEEKLY") or shape.positions:
        frame.say("C116", [out.day_span or group.span])
        return None
    days = [day for day in shape.days or WEEKDAYS if WEEKDAYS.index(day) not in out.days]
    if not days:
        return _contradiction(group, out, frame)
    if len(days) == len(shape.days or WEEKDAYS):
        frame.say("C119", [out.day_span or group.span])
    if shape.frequency == "DAILY" and shape.interval > 1:
        return shape._replace(days=tuple(days))
    return shape._replace(frequency="WEEKLY", days=tuple(days))


def _contradiction(group: Group, out: Excluded, frame: Frame) -> None:
    own = (group.recurrences[0].start, group.recurrences[-1].end)
    span = out.day_span or group.span
    frame.say("C107", [own, span], one=frame.words(own), other=frame.words(span))


def _within_days(group: Group, repeat: Part, refined: Sequence[Part], out: Excluded, frame: Frame) -> Rules | None:
    """'every hour between 9 and 17 on weekdays', 'every 15 minutes but never at night'."""
    said = next((part for part in group.times if part.kind == "clocks"), None)
    if said is not None:
        own = (said.start, said.end)
        hours = [hour * 60 + minute for hour, minute in clock_times(group, frame) or []]
        other = next((span for minute in hours if (span := is_out(minute, out.hours))), (repeat.start, repeat.end))
        frame.say("C107", [own, other], one=frame.words(own), other=frame.words(other))
        return None
    unit_hours = repeat.unit == "hour" or repeat.number % 60 == 0
    interval = repeat.number if repeat.unit == "hour" or not unit_hours else repeat.number // 60
    days = next((part.days for part in refined if part.kind == "days"), ())
    months = next((part.numbers for part in refined if part.kind == "months"), ())
    left = sorted(set(days or _ALL_DAYS) - out.days)
    window = window_of(group, frame)
    hours = _hours_between(window, minutely=not unit_hours)
    hours = [hour for hour in hours if is_out(hour * 60, out.hours) is None]
    if not left or not hours:
        return _contradiction(group, out, frame)
    weekdays = tuple(WEEKDAYS[day] for day in left) if len(left) < 7 else ()
    months = tuple(month for month in months or range(1, 13) if month not in out.months) if months or out.months else ()
    restricted = tuple(hours) if len(set(hours)) < 24 else ()
    per_day = len(hours) * (60 // interval if not unit_hours and interval < 60 else 1)
    if not unit_hours and per_day >= STORM_PER_DAY:
        frame.say("C114", [(repeat.start, repeat.end)], count=str(per_day))
    if unit_hours and interval > 1 and restricted:
        if window is not None:
            chosen = hours[::interval]
        else:
            chosen = [hour for hour in hours if hour % interval == 0] or hours[:1]
        frequency = "WEEKLY" if weekdays else "DAILY"
        minute = window[0] % 60 if window else 0
        shape = Shape(frequency, months=months, days=weekdays)
        return Rules((shape,), tuple((hour, minute) for hour in chosen))
    frequency = "HOURLY" if unit_hours else "MINUTELY"
    minute = next((part.number for part in group.limits if part.kind == "minute"), 0)
    closing: tuple[Clock, ...] = ()
    said_window = any(part.kind == "window" and part.flag in ("", "unsure") for part in group.times)
    if window is not None and said_window and not unit_hours and window[1] % interval == 0:
        closing = (divmod(window[1], 60),) if is_out(window[1], out.hours) is None else ()
    shape = Shape(frequency, interval, months, days=weekdays)
    return Rules((shape,), minute=minute, closing=closing, hours=restricted)


def _hours_between(window: tuple[int, int] | None, *, minutely: bool) -> list[int]:
    """Hours of a window, in its order; of what repeats within the hour the last only if the window goes beyond it."""
    if window is None:
        return list(range(24))
    first, last = (-(-window[0] // 60)) % 24, window[1] // 60
    if minutely:
        first, last = window[0] // 60, (window[1] - 1) // 60 % 24
    if last >= first:
        return list(range(first, last + 1))
    return [*range(last + 1), *range(first, 24)]


def _per_day(group: Group, times: Part, clocks: list[Clock] | None, frame: Frame) -> list[Clock] | None:
    span = (times.start, times.end)
    if clocks:
        if len(clocks) != times.number:
            said = next((part for part in group.times), times)
            own = (said.start, said.end)
            frame.say("C107", [span, own], one=frame.words(span), other=frame.words(own))
            return []
        return clocks
    if times.number in TIMES_A_DAY:
        found = [(hour, 0) for hour in TIMES_A_DAY[times.number]]
    elif times.number <= 24 and 24 % times.number == 0:
        found = [(hour, 0) for hour in range(0, 24, 24 // times.number)]
    else:
        frame.say("C116", [span])
        return []
    frame.say("C103", [span], reading=", ".join(shown(clock) for clock in found))
    return found


def _shapes(
    group: Group, repeat: Part | None, refined: Sequence[Part], frame: Frame
) -> tuple[tuple[Shape, ...], list[Clock] | None]:
    """Days on which it recurs; and a time of day that a word such as 'nightly' implies."""
    implied: list[Clock] | None = None
    unit, interval = ("", 1) if repeat is None else (repeat.unit, repeat.number)
    if unit == "fortnight":
        unit, interval = "week", 2 * interval
    by_kind = {part.kind: part for part in refined}
    if "times" in by_kind and not by_kind.keys() & {"nth", "monthdays"}:
        return _counted(by_kind["times"], by_kind.get("days"), frame), implied
    months = by_kind["months"].numbers if "months" in by_kind else ()
    if "nth" in by_kind:
        return _ordinal(by_kind["nth"], unit, interval, months, frame), implied
    if "monthdays" in by_kind:
        return _numbered(by_kind["monthdays"], unit, interval, months, frame), implied
    if "days" in by_kind:
        part = by_kind["days"]
        step = max(part.number, interval if unit in ("week", "") else 1)
        days = tuple(WEEKDAYS[day] for day in part.days)
        return (Shape("WEEKLY", step, months, days=days),), implied
    return _plain(group, unit, interval, months, frame), implied


def _plain(group: Group, unit: str, interval: int, months: tuple[int, ...], frame: Frame) -> tuple[Shape, ...]:
    span = (group.recurrences[0].start, group.recurrences[-1].end)
    if unit == "day":
        return (Shape("DAILY", interval, months),)
    if unit == "week":
        frame.say("C103", [span], reading=_day_word(WEEK_DAY, frame))
        return (Shape("WEEKLY", interval, months, days=(WEEKDAYS[WEEK_DAY],)),)
    if unit == "quarter":
        frame.say("C103", [span], reading=_month_word(1, frame))
        if interval == 1:
            return (Shape("MONTHLY", months=QUARTER_FIRST, month_days=(1,)),)
        return (Shape("MONTHLY", interval * 3, month_days=(1,)),)
    if unit == "month" and not months:
        frame.say("C103", [span], reading=_month_word(1, frame))
        return (Shape("MONTHLY", interval, month_days=(1,)),)
    frame.say("C103", [span], reading=_month_word(1, frame))
    return (Shape("YEARLY", interval if unit == "year" else 1, months or (1,), (1,)),)


def _day_word(day: int, frame: Frame) -> str:
    if frame.language == "zh":
        return f"周{'一二三四五六日'[day]}"
    return ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[day]


def _month_word(day: int, frame: Frame) -> str:
    return f"{day} 日" if frame.language == "zh" else f"day {day} of the month"


def _ordinal(part: Part, unit: str, interval: int, months: tuple[int, ...], frame: Frame) -> tuple[Shape, ...]:
    """'first Monday', 'last working day', 'last day' of a month, a quarter or a year."""
    period = part.unit or unit or "month"
    number = part.numbers[0]
    interval = max(interval, part.number)
    frequency = "MONTHLY"
    if period == "quarter":
        months = QUARTER_LAST if number < 0 else QUARTER_FIRST
        interval = 1
    elif period == "year":
        frequency = "YEARLY"
        months = months or ((12,) if number < 0 else (1,))
    if months and frequency == "MONTHLY" and unit == "year":
        frequency = "YEARLY"
    if part.name == "workday":
        days = tuple(WEEKDAYS[day] for day in WORKDAYS)
        return (Shape(frequency, interval, months, days=days, positions=part.numbers),)
    if part.name == "day":
        return (Shape(frequency, interval, months, part.numbers),)
    if any(abs(one) > 5 for one in part.numbers):
        frame.say("C116", [(part.start, part.end)])
        return ()
    weekdays = (5, 6) if part.name == "weekend" else part.days
    days = tuple(f"{one}{WEEKDAYS[day]}" for one in part.numbers for day in weekdays)
    return (Shape(frequency, interval, months, days=days),)


def _numbered(part: Part, unit: str, interval: int, months: tuple[int, ...], frame: Frame) -> tuple[Shape, ...]:
    """'on the 1st and 15th', 'every 3 March'."""
    if part.unit == "year" and part.numbers and part.numbers[0] > 100:
        return (Shape("YEARLY", interval, (part.numbers[0] // 100,), (part.numbers[0] % 100,)),)
    numbers = tuple(sorted(part.numbers, key=lambda one: (one < 0, one)))
    missing = next((one for one in numbers if one > 28), 0)
    if missing and not months and len(numbers) <= ODD_DAYS:
        frame.say("C122", [(part.start, part.end)], day=str(missing))
    if (part.unit or unit) == "quarter":
        return (Shape("MONTHLY", 1, QUARTER_FIRST, numbers),)
    if (part.unit or unit) == "year" or months:
        return (Shape("YEARLY", interval, months or (1,), numbers),)
    return (Shape("MONTHLY", interval, (), numbers),)


def _counted(part: Part, days: Part | None, frame: Frame) -> tuple[Shape, ...]:
    """'twice a week': days spread over the period."""
    span = (part.start, part.end)
    if part.unit in ("day", "night", "hour"):
        if days is not None:
            return (Shape("WEEKLY", days.number, days=tuple(WEEKDAYS[day] for day in days.days)),)
        return (Shape("DAILY"),)
    if part.unit == "week" and days is not None:
        if len(days.days) != part.number:
            other = (days.start, days.end)
            frame.say("C107", [span, other], one=frame.words(span), other=frame.words(other))
            return ()
        return (Shape("WEEKLY", days.number, days=tuple(WEEKDAYS[day] for day in days.days)),)
    if part.unit == "week" and part.number == 7:
        return (Shape("DAILY"),)
    if part.unit == "quarter" and part.number == 1:
        return (Shape("MONTHLY", months=QUARTER_FIRST, month_days=(1,)),)
    table = {"week": TIMES_A_WEEK, "month": TIMES_A_MONTH, "year": TIMES_A_YEAR}.get(part.unit)
    if table is None or part.number not in table:
        frame.say("C116", [span])
        return ()
    chosen = table[part.number]
    if part.unit == "week":
        frame.say("C103", [span], reading=", ".join(_day_word(day, frame) for day in chosen))
        return (Shape("WEEKLY", days=tuple(WEEKDAYS[day] for day in chosen)),)
    if part.unit == "month":
        frame.say("C103", [span], reading=", ".join(_month_word(day, frame) for day in chosen))
        return (Shape("MONTHLY", month_days=chosen),)
    frame.say("C103", [span], reading=", ".join(f"{month:02d}-01" for month in chosen))
    return (Shape("YEARLY", months=chosen, month_days=(1,)),)

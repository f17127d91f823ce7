"""Recurrence rules in words: the words that the grammar of times reads back as the same rule.

    rule_words("FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9;BYMINUTE=30", "en")   ->   every Monday and Friday at 09:30

Rules: pure; a rule without words is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ergos.kernel.permission.wording import Language

_DAYS: Final = {
    "MO": ("Monday", "一"), "TU": ("Tuesday", "二"), "WE": ("Wednesday", "三"), "TH": ("Thursday", "四"),
    "FR": ("Friday", "五"), "SA": ("Saturday", "六"), "SU": ("Sunday", "日"),
}  # fmt: skip
_MONTHS: Final = "January February March April May June July August September October November December".split()
_WORK: Final = "MO,TU,WE,TH,FR"
_NTH: Final = {
    1: ("first", "第一个"),
    2: ("second", "第二个"),
    3: ("third", "第三个"),
    4: ("fourth", "第四个"),
    -1: ("last", "最后一个"),
}
_QUARTER_FIRST: Final[tuple[int, ...]] = (1, 4, 7, 10)
_QUARTER_LAST: Final[tuple[int, ...]] = (3, 6, 9, 12)


def rule_words(rule: str, language: Language) -> str:
    """One rule in words; as it is where there are none."""
    parts = {name: value for name, _, value in (part.partition("=") for part in rule.strip().split(";")) if name}
    freq, every = parts.pop("FREQ", ""), parts.pop("INTERVAL", "1")
    until = parts.pop("UNTIL", "")
    hours, minutes = parts.pop("BYHOUR", ""), parts.pop("BYMINUTE", "")
    days = _days(freq, int(every) if every.isdigit() else 0, parts, language)
    if days is None or not (hours or minutes or freq in ("MINUTELY", "HOURLY")):
        return f"({rule})" if language == "en" else f"（{rule}）"
    times = _times(freq, hours, minutes, language)
    if times is None:
        return f"({rule})" if language == "en" else f"（{rule}）"
    words = days + times
    if until:
        day = f"{until[:4]}-{until[4:6]}-{until[6:8]}"
        words += f"，直到 {day}" if language == "zh" else f" until {day}"
    return words


def is_closing(first: str, last: str) -> bool:
    """Whether a rule is merely the end of the window of another: 17:00 of 'every 15 minutes between 9 and 17'."""
    parts = dict(one.split("=", 1) for one in first.split(";") if "=" in one)
    hours = parts.get("BYHOUR", "")
    if parts.get("FREQ") != "MINUTELY" or not hours:
        return False
    ends = (int(hours.rpartition(",")[2]) + 1) % 24
    on = f"BYDAY={parts['BYDAY']};" if "BYDAY" in parts else ""
    until = f";UNTIL={parts['UNTIL']}" if "UNTIL" in parts else ""
    return last == f"FREQ={'WEEKLY' if on else 'DAILY'};{on}BYHOUR={ends};BYMINUTE=0{until}"


def _times(freq: str, hours: str, minutes: str, language: Language) -> str | None:
    """The times of a day, or the hours within which something repeats."""
    if freq in ("HOURLY", "MINUTELY"):
        if freq == "HOURLY" and minutes not in ("", "0"):
            if hours or not minutes.isdigit():
                return None
            return f"{minutes}分" if language == "zh" else f" at {minutes} minutes past the hour"
        if not hours:
            return ""
        listed = [int(one) for one in hours.split(",")]
        if listed != list(range(listed[0], listed[-1] + 1)):
            return None
        last = listed[-1] + (1 if freq == "MINUTELY" else 0)
        if language == "zh":
            return f"，从 {listed[0]:02d}:00 到 {last:02d}:00"
        return f" between {listed[0]:02d}:00 and {last:02d}:00"
    if not hours or not minutes:
        return None
    clocks = [f"{int(hour):02d}:{int(minute):02d}" for hour in hours.split(",") for minute in minutes.split(",")]
    if language == "zh":
        return " " + "和".join(clocks)
    return " at " + listed_words(clocks)


def _days(freq: str, every: int, parts: Mapping[str, str], language: Language) -> str | None:
    """The days of a rule; None: there are no words for it."""
    zh = language == "zh"
    names = sorted(parts)
    if freq in ("MINUTELY", "HOURLY", "DAILY") and names in ([], ["BYDAY"]):
        unit = {"MINUTELY": ("minute", "分钟"), "HOURLY": ("hour", "小时"), "DAILY": ("day", "天")}[freq]
        words = (
            (f"每 {every} {unit[1]}" if every > 1 else f"每{unit[1]}")
            if zh
            else (f"every {every} {unit[0]}s" if every > 1 else f"every {unit[0]}")
        )
        if not names:
            return words
        on = _week(parts["BYDAY"], 1, language) if freq != "DAILY" else None
        return None if on is None else f"{on}{words}" if zh else f"{words} {_on(on)}"
    if freq == "WEEKLY" and names == ["BYDAY"]:
        return _week(parts["BYDAY"], every, language)
    if freq == "MONTHLY" and names == ["BYMONTHDAY"] and every > 1:
        return _each_months(every, parts["BYMONTHDAY"], language)
    if freq in ("MONTHLY", "YEARLY") and every == 1:
        return _month(freq, parts, language)
    return None


def _on(words: str) -> str:
    """'every weekday' behind another 'every': 'on weekdays', 'on Monday and Friday'."""
    return "on weekdays" if words == "every weekday" else f"on {words.removeprefix('every ')}"


def _each_months(every: int, numbers: str, language: Language) -> str | None:
    if not numbers.isdigit():
        return None
    return (
        f"每 {every} 个月 {numbers}号" if language == "zh" else f"every {every} months on the {_ordinal(int(numbers))}"
    )


def _week(listed: str, every: int, language: Language) -> str | None:
    days = listed.split(",")
    if every < 1 or any(day not in _DAYS for day in days):
        return None
    if language == "zh":
        names = "和".join(f"周{_DAYS[day][1]}" for day in days)
        if listed == _WORK and every == 1:
            return "每个工作日"
        return f"每{names}" if every == 1 else f"每{'两' if every == 2 else f' {every} '}周的{names}"
    names = listed_words([_DAYS[day][0] for day in days])
    if listed == _WORK and every == 1:
        return "every weekday"
    return (
        f"every {names}" if every == 1 else f"every other {names}" if every == 2 else f"every {every} weeks on {names}"
    )


def _month(freq: str, parts: Mapping[str, str], language: Language) -> str | None:
    months = tuple(int(one) for one in parts.get("BYMONTH", "").split(",") if one.isdigit())
    names = sorted(set(parts) - {"BYMONTH"})
    period = _period(freq, months)
    if period is None:
        return None
    if names == ["BYMONTHDAY"]:
        return _numbered(period, months, parts["BYMONTHDAY"], language)
    found = _ordinal_days(names, parts)
    if found is None:
        return None
    english, chinese = found
    if language == "zh":
        return f"每{period[1]}{chinese}"
    return f"on the {english} of every {period[0]}"


def _period(freq: str, months: tuple[int, ...]) -> tuple[str, str] | None:
    """The period that days are of: a month, a quarter, a year."""
    if freq == "YEARLY":
        return ("year", "年") if len(months) == 1 else None
    if months in (_QUARTER_FIRST, _QUARTER_LAST):
        return "quarter", "季度"
    return ("month", "月") if not months else None


def _numbered(period: tuple[str, str], months: tuple[int, ...], listed: str, language: Language) -> str | None:
    days = [int(one) for one in listed.split(",")]
    zh = language == "zh"
    if any(day < -1 or day == 0 for day in days):
        return None
    if period[0] == "quarter":
        edge: dict[tuple[int, tuple[int, ...]], tuple[str, str]] = {
            (1, _QUARTER_FIRST): ("first", "第一天"),
            (-1, _QUARTER_LAST): ("last", "最后一天"),
        }
        named = edge.get((days[0], months)) if len(days) == 1 else None
        return None if named is None else f"每季度{named[1]}" if zh else f"on the {named[0]} day of every quarter"
    if zh:
        on = "和".join("最后一天" if day == -1 else f"{day}日" for day in days)
        return f"每年{months[0]}月{on}" if months else f"每月{on}"
    if months:
        return f"every year on {_MONTHS[months[0] - 1]} {days[0]}" if len(days) == 1 and days[0] > 0 else None
    on = listed_words(["the last day" if day == -1 else f"the {_ordinal(day)}" for day in days])
    return f"on {on} of every month"


def _ordinal_days(names: list[str], parts: Mapping[str, str]) -> tuple[str, str] | None:
    """'first Monday', 'first and third Monday', 'last working day'."""
    if names == ["BYDAY", "BYSETPOS"] and parts["BYDAY"] == _WORK and parts["BYSETPOS"].lstrip("-").isdigit():
        number = int(parts["BYSETPOS"])
        nth = _NTH.get(number, (_ordinal(number), f"第{number}个"))
        return (f"{nth[0]} working day", f"{nth[1]}工作日") if number >= -1 else None
    if names != ["BYDAY"]:
        return None
    said = parts["BYDAY"].split(",")
    numbers, days = [one[:-2] for one in said], {one[-2:] for one in said}
    if len(days) != 1 or not all(number.lstrip("+-").isdigit() and int(number) in _NTH for number in numbers):
        return None
    day = days.pop()
    if day not in _DAYS or (len(numbers) > 1 and any(int(number) < 0 for number in numbers)):
        return None
    nths = [_NTH[int(number)] for number in numbers]
    chinese = "和".join(nth[1] for nth in nths) + f"周{_DAYS[day][1]}"
    return f"{listed_words([nth[0] for nth in nths])} {_DAYS[day][0]}", chinese


def _ordinal(day: int) -> str:
    tail = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{tail}"


def listed_words(parts: list[str]) -> str:
    """'a, b and c'."""
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else "".join(parts)

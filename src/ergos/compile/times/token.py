"""Tokens of time, and what makes one: numbers, units, hours of a part of the day, dates.

Rules: pure, total; an impossible time or day gives a token that says so, or none.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ergos.compile.times.words import MONTHS_EN, UNITS
from ergos.drivers.system1.numerals import hanzi_value, words_value
from ergos.kernel.permission.days import is_day

_DIGITS_MAX: Final = 4  # digits of a number that can say something about time


class Token(NamedTuple):
    """A word or sign of time."""

    kind: str
    start: int
    end: int
    number: int = 0
    """Hour, day, month, offset, count: whatever the kind counts. Of a date 20270131, 131 without a year."""
    minute: int = 0
    name: str = ""
    """Unit, part of the day, zone, …"""
    flag: str = ""
    """Of a clock exact, bare, colon, twelve or conflict; of a date slash or impossible; 'plural'."""
    days: tuple[int, ...] = ()


def small(text: str) -> int:
    """A number in digits, English words or Chinese numerals; -1 for none."""
    text = text.strip().lower()
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= _DIGITS_MAX else -1
    if text.isascii():
        said = words_value(text.replace("-", " "))
        return int(said[0]) if said else -1
    value = hanzi_value(text)
    return -1 if value is None else int(value)


def unit_of(text: str) -> str:
    """The unit of a word, singular; ''."""
    word = text.lower()
    return UNITS.get(word) or UNITS.get(word.removesuffix("s")) or ""


def in_part(hour: int, part: str) -> int:
    """The hour of a day that 'h o'clock in this part of the day' is; -1: there is no such time."""
    if hour > 24 or (part in ("morning", "forenoon", "early", "dawn") and hour > 12):
        return -1
    if part == "dawn":
        return hour % 12
    if part in ("afternoon", "dusk", "evening"):
        hour = hour + 12 if hour < 12 else hour
        return hour % 24 if hour >= 12 else -1
    if part == "noon":
        return hour + 12 if hour <= 3 else (hour if 10 <= hour <= 15 else -1)
    if part in ("night", "evening_zh", "midnight"):
        if 5 <= hour < 12:
            return hour + 12
        return 0 if hour in (12, 24) else hour
    return hour


def month_of(text: str) -> int:
    """A month's name or abbreviation as number."""
    word = text.lower().rstrip(".")
    return MONTHS_EN.get(word) or next((number for name, number in MONTHS_EN.items() if name.startswith(word[:3])), 0)


def date_token(
    span: tuple[int, int], year: int, month: int, day: int, *, name: str = "", flag: str = ""
) -> Token | None:
    """A date; year 0 where none was said, None where month or day cannot be."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    if not is_day(year or 2000, month, day):
        flag = "impossible"
    return Token("date", *span, number=year * 10_000 + month * 100 + day, name=name, flag=flag)


def clock_token(
    span: tuple[int, int], hour: int, minute: int, *, half: str = "", part: str = "", flag: str = "exact"
) -> Token | None:
    """A time of day: `half` is am or pm, `part` the part of the day; None where hour or minute cannot be."""
    if not (0 <= hour <= 24 and 0 <= minute <= 59):
        return None
    if half:
        late = half.lower().startswith("p")
        if hour == 0 or hour > 12:
            flag = "exact" if late and hour > 12 else "conflict"
        else:
            flag = "twelve" if hour == 12 else "exact"
            hour = hour % 12 + 12 * late
    elif part:
        placed = in_part(hour, part)
        flag = "exact" if placed >= 0 else "conflict"
        hour = max(placed, 0) if placed >= 0 else hour
    elif flag == "bare" and (hour > 12 or hour == 0):
        flag = "exact"
    return Token("clock", *span, number=hour % 24, minute=minute, name=part, flag=flag)

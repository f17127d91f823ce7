"""Days as business documents write them: 03.02.2026, 2026/2/3, 3 Feb 2026, 3. Februar 2026, 2026年2月3日, 02/03/26.

Beside `dates`, which reads prose in English and Chinese: here a day is whole, and the numbers' order is that of the
document. Rules: an impossible day is none; where nothing tells which of two numbers is the month, there is no day.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

_MONTHS: Final[Mapping[str, int]] = MappingProxyType({
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier janv enero ene gennaio gen januari",
            "february feb februar février févr fevrier febrero febbraio februari",
            "march mar märz mrz maerz mars marzo maart",
            "april apr avril avr abril abr aprile",
            "may mai mayo maggio mag mei",
            "june jun juni juin junio giugno giu",
            "july jul juli juillet juil julio luglio lug",
            "august aug août aout agosto ago augustus",
            "september sep sept septembre septiembre settembre set",
            "october oct oktober okt octobre octubre ottobre ott",
            "november nov novembre noviembre",
            "december dec dezember dez décembre déc decembre diciembre dic dicembre",
        ),
        1,
    )
    for name in names.split()
})  # fmt: skip
_MONTH: Final = "|".join(sorted(map(re.escape, _MONTHS), key=len, reverse=True))
_EDGE: Final = r"(?![\w]|[-/.][0-9])"
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w.-])(?P<y>(?:19|20)[0-9]{{2}})(?P<s>[-/.])(?P<m>[01]?[0-9])(?P=s)(?P<d>[0-3]?[0-9])(?=T[0-9]|{_EDGE})",
        r"(?<![0-9])(?P<y>(?:19|20)[0-9]{2})\s?年\s?(?P<m>[01]?[0-9])\s?月\s?(?P<d>[0-3]?[0-9])\s?[日号]",
        r"(?P<y>[一二][〇零○Ｏ一二三四五六七八九]{3})\s?年\s?(?P<m>十[一二]?|[一二三四五六七八九])\s?月\s?(?P<d>[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])\s?[日号]",
        rf"(?<![\w.-])(?P<d>[0-3]?[0-9])\s?\.\s?(?P<m>[01]?[0-9])\s?\.\s?(?P<y>(?:(?:19|20)[0-9]{{2}}|[0-9]{{2}})){_EDGE}",
        rf"(?<![\w.-])(?P<a>[0-3]?[0-9])(?P<s>[/-])(?P<b>[0-3]?[0-9])(?P=s)(?P<y>(?:(?:19|20)[0-9]{{2}}|[0-9]{{2}})){_EDGE}",
        rf"(?<![\w.-])(?P<d>[0-3]?[0-9])(?:st|nd|rd|th|\.|er|º)?\s?(?:of |de |-)?\s?(?P<mon>{_MONTH})\.?,?\s?(?:of |de |del |-)?\s?(?P<y>(?:19|20)[0-9]{{2}}|(?<=-)[0-9]{{2}}){_EDGE}",
        rf"(?<!\w)(?P<mon>{_MONTH})\.?\s?(?P<d>[0-3]?[0-9])(?:st|nd|rd|th)?,?\s?(?P<y>(?:19|20)[0-9]{{2}}){_EDGE}",
    )
)  # fmt: skip
_SLASHED: Final = 4  # the pattern whose order its document must tell
_HAN: Final = "〇一二三四五六七八九"
_HINT: Final = re.compile(r"[0-9]|[一二][〇零○Ｏ一二三四五六七八九]{3}")  # every day has one of them
_CENTURY_SPLIT: Final = 70  # two-digit years below it are of this century


class Day(msgspec.Struct, frozen=True):
    """A day with where it stands."""

    value: str
    """ISO 8601."""
    start: int
    end: int


def days(text: str, *, day_first: bool | None) -> list[Day]:
    """Days of a text, in order, not overlapping."""
    if not _HINT.search(text):
        return []
    found: list[Day] = []
    for pattern in _PATTERNS:
        found += [day for match in pattern.finditer(text) if (day := _day(match, day_first=day_first)) is not None]
    found.sort(key=lambda day: (day.start, -day.end))
    chosen: list[Day] = []
    for day in found:
        if not chosen or day.start >= chosen[-1].end:
            chosen.append(day)
    return chosen


def slashed(text: str) -> Iterator[tuple[int, int]]:
    """First and second number of every day whose order is not told by its form, for finding a document's habit."""
    for match in _PATTERNS[_SLASHED].finditer(text):
        yield int(match["a"]), int(match["b"])


def _day(match: re.Match[str], *, day_first: bool | None) -> Day | None:
    part = match.groupdict()
    year = _year(part["y"])
    if part.get("mon"):
        month, day = _MONTHS[part["mon"].casefold()], int(part["d"])
    elif part.get("a"):
        first, second = int(part["a"]), int(part["b"])
        if first > 12 or second > 12:
            day, month = (first, second) if first > 12 else (second, first)
        elif first == second:
            day = month = first
        elif day_first is None:
            return None
        else:
            day, month = (first, second) if day_first else (second, first)
    else:
        month, day = _count(part["m"]), _count(part["d"])
    try:
        return Day(datetime.date(year, month, day).isoformat(), match.start(), match.end())
    except ValueError:
        return None


def _count(text: str) -> int:
    """A day's or a month's number, in digits or as '二十六'."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (10 * (_HAN.index(tens) if tens else 1) if ten else 0) + (_HAN.index(ones) if ones else 0)


def _year(text: str) -> int:
    if not text.isdecimal():
        return int("".join(str(max(0, _HAN.find(letter))) for letter in text))
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < _CENTURY_SPLIT else 1900)

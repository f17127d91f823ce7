"""Calendar dates in English and Chinese text, as precise as the text: a day, a month, a quarter, a year.

Values are ISO 8601 ("2025-09-24", "2025-09", "2025"), with "--09-24" and "--09" where the text names no year and
"2025-Q3", "--Q3", "2025-H1" for parts of a year. Rules: an impossible date is none; "9/5/2025", which two conventions
read differently, keeps its own spelling as value; "may" and "march" are months only where a preposition or a
number says so.
"""

from __future__ import annotations

import datetime
import re
from typing import Final, NamedTuple

from ergos.base.documents import Span
from ergos.drivers.system1.numerals import hanzi_value


class Day(NamedTuple):
    """A date found: its ISO 8601 value and where it stands."""

    value: str
    span: Span


_MONTHS: Final = "january february march april may june july august september october november december".split()
_MONTH_NUMBER: Final = (
    {name: number for number, name in enumerate(_MONTHS, 1)}
    | {name[:3]: number for number, name in enumerate(_MONTHS, 1)}
    | {"sept": 9}
)
_NAME: Final = (
    r"(?P<mon>(?i:january|february|april|june|july|august|september|october|november|december)"
    r"|May|MAY|March|MARCH|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_YEAR: Final = r"(?P<y>(?:1[5-9]|20|21)\d\d)"
_DAY: Final = r"(?P<d>[0-3]?\d)"
_PREPOSITION: Final = "|".join(
    f"(?<={word} )" for word in "in since by last this next early late until from of during".split()
)
_NOT_MORE: Final = r"(?![\d]|[.,:]\d|[-/]\d)"
_HANZI_YEAR: Final = r"(?P<y>(?:1[5-9]|20|21)\d\d|[一二][〇零一二三四五六七八九]{3})"
_HANZI_SMALL: Final = r"\d{1,2}|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九]"

_PATTERNS: Final = tuple(
    re.compile(rf"(?<![\w.])(?:{pattern})" if edge else pattern)
    for edge, pattern in (
        (True, rf"{_YEAR}[-/](?P<m>[01]?\d)[-/]{_DAY}(?:T\d\d:?\d\d(?::?\d\d)?(?:\.\d+)?Z?)?(?![\w]|[-/.]\d)"),
        (True, rf"{_DAY}(?:st|nd|rd|th)?(?: of)?[ -]{_NAME},?[ -]{_YEAR}{_NOT_MORE}"),
        (True, rf"{_NAME} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}{_NOT_MORE}"),
        (True, rf"{_DAY}(?:st|nd|rd|th)?(?: of)? {_NAME}(?![\w])"),
        (True, rf"{_NAME} {_DAY}(?:st|nd|rd|th)?(?![\w%]|[.,:]\d)"),
        (True, rf"{_NAME},?(?: of)? {_YEAR}{_NOT_MORE}"),
        (True, rf"(?P<q>[QH][1-4])[ -]?(?:of )?(?:FY)?{_YEAR}(?!\w)"),
        (True, rf"{_YEAR}[ -]?(?P<q>[QH][1-4])(?!\w)"),
        (True, rf"(?i:(?:the )?(?P<qw>first|second|third|fourth)[ -](?P<part>quarter|half))(?i: of(?: the year)?| in)?,? {_YEAR}{_NOT_MORE}"),
        (True, r"(?P<q>Q[1-4])(?![\w-])"),
        (False, rf"(?<![\d.]){_HANZI_YEAR} ?年(?:第?(?P<qz>[一二三四1-4])季度?|(?P<hz>[上下])半年)"),
        (False, rf"(?<![\d.]){_HANZI_YEAR} ?年 ?(?P<m>{_HANZI_SMALL}) ?月 ?(?P<d>{_HANZI_SMALL}) ?[日号]"),
        (False, rf"(?<![\d.]){_HANZI_YEAR} ?年 ?(?P<m>{_HANZI_SMALL}) ?月(?:份)?"),
        (False, rf"(?<![\d.第个])(?P<m>{_HANZI_SMALL}) ?月 ?(?P<d>{_HANZI_SMALL}) ?[日号]"),
        (False, rf"(?<![\d.]){_HANZI_YEAR} ?年(?:代(?P<decade>))?"),
        (False, r"第(?P<qz>[一二三四1-4])季度"),
        (False, r"(?<![\d.第个])(?P<m>\d{1,2}|十[一二]?|[二三四五六七八九]) ?月(?:份|底|初|中旬|(?=[，。、,. ]|\W|的|至|到|发|宣|推|以|起|召|举))"),
        (True, rf"(?i:{_PREPOSITION})(?P<alone>){_NAME}(?![\w-])"),
        (True, r"(?P<mon>January|February|April|July|August|September|October|November|December)(?![\w-])"),
        (True, r"(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>(?:19|20)\d\d)(?![\w/])"),
        (True, r"(?P<y>(?:19|20)\d\d)(?P<to>[-–—/])(?P<y2>(?:19|20)?\d\d)(?![\w/-]|[.,]\d| ?%)"),
        (True, r"(?P<y>(?:19|20)\d\d)(?!\w|[.,:/]\d| ?%|-\d)(?! (?:million|billion|trillion|thousand|hundred|percent|per cent|yuan|dollars|euros))"),
    )
)  # fmt: skip
_ORDINAL: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_COUNTED: Final = re.compile(
    r"[ -](?:(?:new|more|other|different|separate|such|open|active|unique)[ -])?"
    r"(?!(?:was|is|has|as|its|this|plans|sales|profits|shares|results|earnings|elections|games|years?)\b)"
    r"(?:people|[a-z]{2,}s)(?![\w'’])"
)
_MONEY_BEFORE: Final = re.compile(r"(?:[$€£¥￥]|USD|EUR|CNY|RMB)[  ]?\Z")
_CONTEXT_CHARS: Final = 60  # characters looked at beside a bare year


def dates(plain: str) -> tuple[Day, ...]:
    """Dates of a text normalised by `numerals.plain`, leftmost longest, in order; linear."""
    found: list[tuple[int, int, list[Day]]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            days = _days(plain, match)
            if days:
                found.append((match.start(), -match.end(), days))
    chosen: list[Day] = []
    end = 0
    for start, minus_end, days in sorted(found, key=lambda item: item[:2]):
        if start >= end:
            chosen.extend(days)
            end = -minus_end
    return tuple(chosen)


def _days(plain: str, match: re.Match[str]) -> list[Day]:
    part = {name: text for name, text in match.groupdict().items() if text is not None}
    span = Span(match.start(), match.end())
    if "y2" in part:
        return _year_range(part, match)
    if "a" in part:
        return [Day(_slashed(part), span)]
    if "qw" in part:
        part["q"] = f"{'Q' if part['part'].lower() == 'quarter' else 'H'}{_ORDINAL[part['qw'].lower()]}"
    if "qz" in part:
        part["q"] = f"Q{'一二三四'.find(part['qz']) + 1 or part['qz']}"
    if "hz" in part:
        part["q"] = "H1" if part["hz"] == "上" else "H2"
    year = _year(part.get("y", ""))
    if "q" in part:
        return [] if part["q"] in {"H3", "H4"} else [Day(f"{year or '-'}-{part['q']}", span)]
    if set(part) == {"y"} and _is_count(plain, match):
        return []
    if "decade" in part:
        return [Day(f"{year[:3]}0s", span)]
    return _day(part, year, span)


def _day(part: dict[str, str], year: str, span: Span) -> list[Day]:
    if "mon" in part:
        month = _MONTH_NUMBER.get(part["mon"].lower().rstrip("."), 0)
    else:
        month = _small(part["m"]) if "m" in part else -1
    if month == -1:
        return [Day(year, span)]
    if not 1 <= month <= 12:
        return []
    if "d" not in part:
        return [Day(f"{year or '-'}-{month:02d}", span)]
    day = _small(part["d"])
    try:
        # 2000 is a leap year: a 29 February without a year is possible.
        datetime.date(int(year or 2000), month, day)
    except ValueError:
        return []
    return [Day(f"{year or '-'}-{month:02d}-{day:02d}", span)]


def _year(text: str) -> str:
    if text.isascii():
        return text
    value = hanzi_value(text)
    return "" if value is None else str(value)


def _small(text: str) -> int:
    if text.isascii():
        return int(text)
    value = hanzi_value(text)
    return 0 if value is None else int(value)


def _slashed(part: dict[str, str]) -> str:
    first, second = int(part["a"]), int(part["b"])
    if first > 12 >= second:
        return f"{part['y']}-{second:02d}-{first:02d}"
    if second > 12 >= first:
        return f"{part['y']}-{first:02d}-{second:02d}"
    return f"{first}/{second}/{part['y']}"


def _year_range(part: dict[str, str], match: re.Match[str]) -> list[Day]:
    """Both ends of "2022–2025" or "2025-26"; a second number that is no later year is none."""
    first = int(part["y"])
    second = int(part["y2"]) if len(part["y2"]) == 4 else first // 100 * 100 + int(part["y2"])
    if second <= first:
        return []
    return [
        Day(str(first), Span(match.start("y"), match.end("y"))),
        Day(str(second), Span(match.start("y2"), match.end("y2"))),
    ]


def _is_count(plain: str, match: re.Match[str]) -> bool:
    """Whether a bare four-digit number counts things ("2000 users", "2000人", "$2000") rather than naming a year."""
    if match[0].endswith("年"):
        return False
    if _MONEY_BEFORE.search(plain, max(0, match.start() - 5), match.start()):
        return True
    after = plain[match.end() : match.end() + _CONTEXT_CHARS]
    return bool(_COUNTED.match(after)) or bool(
        re.match(r" ?[余多]?[人个家名款项台辆次位篇种万亿元倍条张件美欧日]", after)
    )

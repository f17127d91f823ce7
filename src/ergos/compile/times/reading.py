"""What a matched word or sign of time stands for: a token.

Rules: pure, total; an impossible time or day gives a token that says so, or none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ergos.compile.times.token import Token, clock_token, date_token, month_of, small, unit_of
from ergos.compile.times.words import ADVERBS, DAYPARTS_WORDS, DAYS_EN, HOLIDAYS, ORDINALS_EN, UNCLEAR_ZONES, ZONES

Parts = Mapping[str, str]
_Reader = Callable[[str, tuple[int, int], Parts], Token | None]


def read(kind: str, match: re.Match[str]) -> Token | None:
    """The token of a match; None where it is nothing."""
    part = {name: text for name, text in match.groupdict().items() if text is not None}
    span = match.span()
    reader = _READERS.get(kind)
    return Token(kind, *span) if reader is None else reader(kind, span, part)


def _iso(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    token = date_token(span, int(part["y"]), int(part["m"]), int(part["d"]))
    if token is None or "h" not in part:
        return token
    hour, minute = int(part["h"]), int(part["n"])
    if hour > 23 or minute > 59:
        return token
    return token._replace(name="clock", minute=hour * 60 + minute)


def _slash(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    first, second = int(part["a"]), int(part["b"])
    year = int(part.get("y", "0"))
    year += 2000 if 0 < year < 100 else 0
    if (first, second, year) == (24, 7, 0):
        return None
    if first > 12:
        return date_token(span, year, second, first, flag="" if year else "noyear")
    flag = "slash" if second <= 12 and first != second else "noyear"
    return date_token(span, year, first, second, flag=flag if flag == "slash" or not year else "")


def _day_month(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    month = int(part["m"]) if "m" in part else month_of(part["mon"])
    return date_token(span, int(part.get("y", "0")), month, int(part["d"]) if "d" in part else _ordinal(part["o"]))


def _ordinal(text: str) -> int:
    tens, _, rest = text.lower().replace("-", " ").partition(" ")
    return {"twenty": 20, "thirty": 30}[tens] + ORDINALS_EN[rest] if rest else ORDINALS_EN[tens]


def _holiday(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    month, day = HOLIDAYS[part["name"].lower()]
    return date_token(span, 0, month, day, name=part["name"])


def _clock(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    hour = small(part.get("h") or part.get("w", ""))
    minute = int(part["n"]) if "n" in part else max(small(part.get("wn", "0")), 0)
    if part.get("part"):
        return clock_token(span, hour, minute, part=DAYPARTS_WORDS[part["part"]])
    leading = part.get("h", "").startswith("0")
    flag = "colon" if "n" in part and 1 <= hour <= 5 and not leading else "exact"
    token = clock_token(span, hour, minute, half=part.get("am", ""), flag=flag if "w" not in part else "bare")
    if token is None and "n" in part and hour > 24:
        return Token("clock", *span, number=0, flag="conflict")
    # 24: no half of the day can be meant; 12: it was said; 1: a part of the day may move it ('7:30 in the evening').
    marks = ((24,) if hour > 12 else ()) + ((12,) if "am" in part else ())
    marks += (1,) if not marks and "n" in part and not leading else ()
    return token._replace(days=marks) if token else None


def _past(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    word = part["q"].lower()
    moved = {"half": 30, "quarter": 15, "three quarters": 45}.get(word) or small(part.get("c", "0"))
    if not 0 < moved < 60:
        return None
    base = clock_token(span, small(part["w"]), 0, half=part.get("am", ""), flag="bare")
    if base is None:
        return None
    total = base.number * 60 + (moved if part["dir"].lower() in ("past", "after") else -moved)
    if total < 0:
        total += 720 if base.flag == "bare" else 1440
    return base._replace(number=total // 60 % 24, minute=total % 60)


def _minute(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    if "half" in part:
        return Token(kind, *span, number=30)
    minute = {"half": 30, "quarter": 15, "半": 30}.get(part.get("q", "").lower()) or small(part.get("c", "0"))
    return Token(kind, *span, number=minute) if 0 <= minute < 60 else None


def _noon(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    late = not part["p"].lower().endswith("night")
    return Token("clock", *span, number=12 if late else 0, name="noon" if late else "midnight", flag="exact")


def _zh_clock(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    hour, said = small(part["h"]), DAYPARTS_WORDS.get(part.get("part", ""), "")
    minute = 30 if "half" in part else small(part["k"]) * 15 if "k" in part else max(small(part.get("m", "0")), 0)
    if part["h"] in ("一", "两") and not said and part["sign"] in ("点", "时") and not minute:
        return None  # 'a little', 'two points'
    if part["sign"] == "时" and not said and not part["h"].isdigit() and not minute:
        return None
    token = clock_token(span, hour, minute, part=said, flag="bare")
    if token is None and 24 < hour < 100:
        return Token("clock", *span, flag="conflict")
    return token._replace(flag="both") if token and "both" in part else token


def _zone(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    if "offset" in part:
        return _offset_zone(span, part["offset"])
    if "iana" in part:
        return Token("zone", *span, name=part["iana"])
    word = (part.get("abbr") or part.get("city") or part.get("place") or part.get("zhplace") or "").lower()
    if word in UNCLEAR_ZONES:
        return Token("zone", *span, name=word.upper(), flag="unclear")
    if word in ZONES:
        return Token("zone", *span, name=ZONES[word])
    if word in ("local", "real", "first", "last", "next", "this", "that", "same", "some", "any", "the", "run", "full"):
        return None
    return Token("zone", *span, name=part.get("place") or part.get("zhplace", ""), flag="place")


def _offset_zone(span: tuple[int, int], text: str) -> Token:
    sign = -1 if "-" in text else 1
    digits = re.split(r"[+-]", text)[1].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if minutes or hours > 14:
        return Token("zone", *span, name=text, flag="offset")
    # The names of Etc count westwards: UTC+8 is Etc/GMT-8.
    return Token("zone", *span, name=f"Etc/GMT{-sign * hours:+d}" if hours else "UTC")


def _times(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    word = part["n"].lower()
    count = {"once": 1, "twice": 2, "thrice": 3}.get(word) or small(part.get("x", part["n"]))
    unit = ADVERBS[part["ly"].lower()][0] if "ly" in part else unit_of(part["u"].removeprefix("个"))
    return Token("times", *span, number=count, name=unit) if count > 0 else None


def _total(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    count = small(part.get("x") or part["n"])
    return Token("total", *span, number=count) if count > 0 else None


def _adverb(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    unit, interval = ADVERBS[part["a"].lower()]
    return Token("adverb", *span, number=interval, name=unit)


def _day(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    number = next(number for name, number in DAYS_EN.items() if name.startswith(part["day"].lower()[:3]))
    return Token(kind, *span, number=number, flag="plural" if "s" in part else "")


def _rel(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    word = part["r"].lower().removeprefix("the ")
    offset = 0
    if word in ("tomorrow", "明天", "明日", "明早", "明晚"):
        offset = 1
    elif word in ("day after tomorrow", "后天"):
        offset = 2
    elif word == "大后天":
        offset = 3
    daypart = (
        "night"
        if word == "tonight"
        else "morning"
        if word[-1] == "早"
        else "evening_zh"
        if word[-1] == "晚"
        else "dawn"
        if word[-1] == "晨"
        else ""
    )
    return Token(kind, *span, number=offset, name=daypart)


def _every(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    return Token(kind, *span, number=2 if "other" in part else 1, name="all" if "all" in part else "")


def _next(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    return Token(kind, *span, number=1 if "next" in part else 0)


def _end(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    return Token(kind, *span, number=-1 if part["which"].lower() == "end" else 1)


def _part(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    word = re.sub(r"^mid[ -]?", "", part["p"].lower()) if part["p"].lower() != "midmorning" else "midmorning"
    word = "midmorning" if part["p"].lower() == "mid-morning" else word
    name = DAYPARTS_WORDS.get(word) or DAYPARTS_WORDS.get(word.removesuffix("s")) or "noon"
    return Token(kind, *span, name=name, flag="plural" if word.isascii() and word.endswith("s") else "")


def _ord(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    number = (
        int(part["n"]) if "n" in part else ORDINALS_EN.get(part["o"].lower().replace("second-last", "second last"), 0)
    )
    # Words up to the tenth are rather an order than a day of the month.
    name = "word" if "o" in part and number <= 10 else ""
    return Token(kind, *span, number=number, name=name) if -2 <= number <= 31 and number else None


def _unit(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    word = part["u"].lower()
    flag = "possessive" if "s" in part else "plural" if word.endswith("s") else ""
    return Token(kind, *span, name=unit_of(word), flag=flag)


def _month(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    return Token(kind, *span, number=month_of(part["mon"]), minute=int(part.get("y", "0")))


def _num(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    number = int(part["n"]) if "n" in part else small(part["w"])
    return Token(kind, *span, number=number, name="word" if "w" in part else "") if number >= 0 else None


def _zh_date(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    del kind
    token = date_token(span, small(part["y"]) if "y" in part else 0, small(part["m"]), small(part["d"]))
    return token._replace(name=part["ry"]) if token and "ry" in part else token


def _zh_every(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    if "part" in part:
        return Token(kind, *span, number=1, name="day", days=(1,), flag=DAYPARTS_WORDS[part["part"]])
    if "hour" in part:
        return Token(kind, *span, number=1, name="hour")
    if "every" in part or "eachday" in part:
        return Token(kind, *span, number=1, name="day")
    unit = unit_of(part["u"])
    said = part.get("n") or part.get("gap") or "一"
    if said == "半":
        halves = {"hour": ("minute", 30), "day": ("hour", 12), "year": ("month", 6), "minute": ("second", 30)}
        if unit not in halves:
            return None
        unit, count = halves[unit]
        return Token(kind, *span, number=count, name=unit)
    count = small(said)
    if (
        "alt" in part
        or "dual" in part
        or ("gap" in part and count == 1 and unit not in ("hour", "minute", "quarter_hour", "second"))
    ):
        count = 2  # 每隔一天 is every other day; 每隔一小时 is every hour
    if unit == "quarter_hour":
        unit, count = "minute", 15 * count
    return Token(kind, *span, number=count, name=unit) if count > 0 else None


_ZH_DAYS: Final = {letter: number for number, letter in enumerate("一二三四五六日")} | {"天": 6}


def _zh_weekdays(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    if "a" in part:
        first, last = _ZH_DAYS[part["a"]], _ZH_DAYS[part["b"]]
        days = tuple(day % 7 for day in range(first, last + 1 + (7 if last < first else 0)))
    else:
        days = tuple(sorted({_ZH_DAYS[letter] for letter in part["list"] if letter in _ZH_DAYS}))
    if "next" in part:
        word = part["next"].removesuffix("个")
        weeks = {"下": 1, "下下": 2, "这": 0, "本": 0}.get(word)
        return None if weeks is None else Token("zhnext", *span, number=days[0], minute=weeks)
    if "alternate" in part:
        return Token(kind, *span, number=2, days=days, flag="every")
    every = bool(part.get("pre"))
    return Token(
        kind, *span, number=max(small(part["n"]), 1) if "n" in part else 1, days=days, flag="every" if every else ""
    )


def _zh_in(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    unit, count = unit_of(part["u"]), small(part["n"])
    if part["n"] == "半" or "half" in part:
        minutes = {"hour": 60, "day": 1440}.get(unit)
        if minutes is None:
            return None
        return Token(
            kind, *span, number=(0 if part["n"] == "半" else max(count, 0)) * minutes + minutes // 2, name="minute"
        )
    return Token(kind, *span, number=count, name=unit) if count > 0 else None


def _zh_for(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    count = small(part.get("n", "一"))
    return Token(kind, *span, number=count, name=unit_of(part["u"])) if count > 0 else None


def _nth(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    said = part["first"]
    number = 1 if said.startswith("首") else -1 if said.startswith("最后") else small(part.get("n", "0"))
    number = -small(part["back"]) if "back" in part else number
    what = part["what"]
    name = "workday" if what == "工作日" else "day" if what in ("天", "日") else "weekday"
    if not number or not -31 <= number <= 31:
        return None
    return Token(kind, *span, number=number, name=name, days=(_ZH_DAYS[what[-1]],) if name == "weekday" else ())


def _named(group: str) -> _Reader:
    def reader(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
        return Token(kind, *span, name=part.get(group, ""))

    return reader


def _zh_month(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    number = small(part["m"])
    if not 1 <= number <= 12:
        return None
    year = int(part.get("y", "0"))
    return Token(kind, *span, number=number, minute=year, name=part.get("ry", ""), flag=part.get("edge", ""))


def _edge_of(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    """每季度末, 每月初."""
    return Token(kind, *span, number=1 if part["edge"] == "初" else -1, name=unit_of(part["u"]))


def _parity(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    """Odd days of a month have 1, even ones 2."""
    return Token(kind, *span, number=1 if part["p"].lower() in ("odd", "单", "奇") else 2)


def _dom(kind: str, span: tuple[int, int], part: Parts) -> Token | None:
    number = small(part["n"])
    return Token(kind, *span, number=number) if 1 <= number <= 31 else None


_READERS: Final[Mapping[str, _Reader]] = MappingProxyType(
    {
        "iso": _iso, "slash": _slash, "dotted": _day_month, "daymonth": _day_month, "holiday": _holiday,
        "clock": _clock,
        "minute": _minute,
        "past": _past, "noon": _noon, "zhclock": _zh_clock, "zone": _zone, "times": _times, "zhtimes": _times,
        "total": _total, "zhtotal": _total, "adverb": _adverb, "day": _day, "rel": _rel, "every": _every, "next": _next,
        "end": _end, "part": _part, "ord": _ord, "unit": _unit, "month": _month, "num": _num, "zhdate": _zh_date,
        "zhevery": _zh_every, "zhweekdays": _zh_weekdays, "zhrel_in": _zh_in, "zhfor": _zh_for, "nth": _nth,
        "zhperiod": _named("p"), "monthend": _named("p"), "zhmonth": _zh_month, "dom": _dom,
        "zhedge": _edge_of, "parity": _parity,
    }
)  # fmt: skip

"""Recurrences: 'every other Friday', 'on the 1st and 15th', 'last working day of the month', 每周一三五, 每季度第一天.

Rules: pure; one production per shape, each tells what it took.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.times.part import CONNECTORS, PREPOSITIONS, Found, Part, Text
from ergos.compile.times.token import Token

WORKDAYS: Final = (0, 1, 2, 3, 4)
WEEKEND: Final = (5, 6)
ORDINALS_MAX: Final = 5  # 'first and third Monday': weekdays a month has

_OF_EACH: Final = re.compile(r"(?:^|\s)(?<!top\s)(?:for|of)\s$", re.IGNORECASE)
"""'the dishes for each day' says nothing about when."""
_PERIODS: Final = frozenset({"week", "month", "quarter", "year"})


def repeat(text: Text, place: int) -> Found:
    """A recurrence whose words begin here."""
    token = text.tokens[place]
    if token.kind in ("times", "zhtimes"):
        return Part("times", token.start, token.end, unit=token.name, number=token.number), place + 1
    if token.kind in ("total", "zhtotal"):
        return Part("total", token.start, token.end, number=token.number), place + 1
    if token.kind == "adverb":
        part = Part("repeat", token.start, token.end, unit=token.name, number=token.number, flag="adverb")
        return _nightly(part), place + 1
    if token.kind == "zhevery":
        part = Part("repeat", token.start, token.end, unit=token.name, number=token.number, name=token.flag)
        return _workday(part) if token.name == "workday" else _nightly(part), place + 1
    if token.kind == "every":
        return _every(text, place)
    return None


def _nightly(part: Part) -> Part:
    return part._replace(unit="day", name="night") if part.unit == "night" else part


def _workday(part: Part) -> Part:
    return part._replace(kind="days", days=WORKDAYS, unit="", flag="every")


def _every(text: Text, place: int) -> Found:
    """'every …', 'each …', 'all …'."""
    token = text.tokens[place]
    if _OF_EACH.search(text.prose, max(token.start - 8, 0), token.start):
        return None
    interval = token.number
    after_every = place + 1
    place = text.past(place + 1, frozenset({"the"}))
    half = text.kind(place) == "half"
    place += half
    if text.kind(place) == "num" and not half:
        interval, place = text.tokens[place].number, place + 1
        half_more = text.kind(place) == "and" and text.kind(place + 1) == "half"
        place += 2 * half_more
        if half_more and text.kind(place) == "unit" and text.tokens[place].name == "hour":
            minutes = interval * 60 + 30
            return Part("repeat", token.start, text.tokens[place].end, unit="minute", number=minutes), place + 1
    what = text.tokens[place] if place < len(text.tokens) else None
    if what is None:
        what = Token("stop", token.end, token.end)
    if what.kind == "unit":
        if what.flag == "possessive":
            return _of_each(text, place, token.start, what.name)
        if half:
            return Part("repeat", token.start, what.end, unit="minute", number=30), place + 1
        if what.name == "quarter" and text.kind(place + 1) == "of" and text.kind(place + 2) == "a":
            hour = text.tokens[place + 3] if text.kind(place + 3) == "unit" else None
            if hour is not None and hour.name == "hour":
                return Part("repeat", token.start, hour.end, unit="minute", number=15), place + 4
        return _nightly(Part("repeat", token.start, what.end, unit=what.name, number=interval)), place + 1
    if what.kind == "part":
        part = Part("repeat", token.start, what.end, unit="day", number=interval, name=what.name)
        return part, place + 1
    if what.kind == "ord" and token.number == 1:
        found = nth(text, place, default="month") or month_days(text, place)
        if found is not None:
            return found[0]._replace(start=token.start, unit=found[0].unit or "month"), found[1]
        following = text.tokens[place + 1] if place + 1 < len(text.tokens) else None
        if following is not None and following.kind == "unit" and what.number > 1:
            part = Part("repeat", token.start, following.end, unit=following.name, number=what.number)
            return part, place + 2
        return None
    found = None if what.kind in ("stop", "date") else days(text, place, every=True) or months(text, place)
    if found is not None:
        return found[0]._replace(start=token.start, number=interval, flag="every"), found[1]
    said = text.prose[token.start : token.end]
    if said.lower().endswith("second"):
        return Part("repeat", token.start, token.end, unit="second"), after_every
    return None


def _of_each(text: Text, place: int, start: int, unit: str) -> Found:
    """'each quarter's first Monday'."""
    found = nth(text, place + 1, default=unit) or month_days(text, place + 1)
    if found is None or unit not in _PERIODS:
        return None
    return found[0]._replace(start=start, unit=unit), found[1]


def yearly(text: Text, place: int) -> Found:
    """'every 3 March', 'every Christmas', 每年五月一日: a day of the year after a word that repeats."""
    token = text.tokens[place]
    if token.kind != "date" or token.number > 10_000 or token.flag in ("slash", "impossible"):
        return None
    return Part("monthdays", token.start, token.end, unit="year", numbers=(token.number,)), place + 1


def days(text: Text, place: int, *, every: bool = False) -> Found:
    """Weekdays: lists, ranges, working days, weekends; a single one without a plural is a day, not a recurrence."""
    start = text.tokens[place].start
    place = text.past(place, PREPOSITIONS)
    found: list[int] = []
    recurring, chained = every, False
    end, after = start, place
    while text.kind(place) in ("day", "workdays", "weekend", "zhweekdays") and len(found) < 32:
        token = text.tokens[place]
        if token.kind == "day":
            found.append(token.number)
            recurring = recurring or token.flag == "plural"
            chain = text.kind(place + 3) == "dash" and text.kind(place + 4) == "day"
            if text.kind(place + 1) == "dash" and (chain or chained):
                chained = True
                end, after = text.tokens[place].end, place + 1
                place += 2
                recurring = True
                continue
            if text.kind(place + 1) in ("to", "dash", "until") and text.kind(place + 2) == "day":
                place += 2
                last = text.tokens[place].number
                found.extend(day % 7 for day in range(token.number, last + 1 + (7 if last < token.number else 0)))
                recurring = True
        else:
            found.extend(_days_of(token.kind, token.days))
            recurring = recurring or token.kind != "zhweekdays" or token.flag == "every" or len(token.days) > 1
        end, after = text.tokens[place].end, place + 1
        place = text.past(after, CONNECTORS | {"on"})
        if text.kind(place) == "of" and text.kind(place + 1) == "zhweekdays":
            place += 1
    if not found:
        return None
    number = text.tokens[after - 1].number if text.tokens[after - 1].kind == "zhweekdays" else 1
    several = len(set(found)) > 1
    flag = "every" if recurring else ("several" if several else "single")
    return Part("days", start, end, days=tuple(sorted(set(found))), number=number, flag=flag), after


def _days_of(kind: str, said: tuple[int, ...]) -> tuple[int, ...]:
    return {"workdays": WORKDAYS, "weekend": WEEKEND}.get(kind, said)


def nth(text: Text, place: int, *, default: str = "") -> Found:
    """'the first Monday of the month', 'last working day of each quarter', 最后一个工作日, 第一天."""
    start = text.tokens[place].start
    led = text.kind(place) == "on"
    place = text.past(place, PREPOSITIONS)
    if text.kind(place) == "nth":
        token = text.tokens[place]
        part = Part("nth", start, token.end, unit=default, numbers=(token.number,), days=token.days, name=token.name)
        return part, place + 1
    numbers: list[int] = []
    while text.kind(place) == "ord" and len(numbers) < ORDINALS_MAX:
        numbers.append(text.tokens[place].number)
        place = text.past(place + 1, CONNECTORS | {"the"})
    what = text.tokens[place] if numbers and place < len(text.tokens) else None
    if what is None or not (
        what.kind in ("day", "workdays", "weekend") or (what.kind == "unit" and what.name in ("day", "week"))
    ):
        return None
    if what.kind == "unit" and what.name == "week":
        return None
    name = {"workdays": "workday", "day": "weekday", "weekend": "weekend"}.get(what.kind, "day")
    unit, after, end = _of_period(text, place + 1, what.end)
    if not unit and not default and name == "weekday" and what.flag == "plural":
        unit = "month"
    if not unit and not default and name == "day" and -1 not in numbers and not led:
        return None
    weekdays = (what.number,) if name == "weekday" else ()
    step = max((one.number for one in text.tokens[place:after] if one.kind == "every"), default=1)
    return Part("nth", start, end, unit or default, step, weekdays, tuple(numbers), name=name), after


def edge_of_each(text: Text, place: int) -> Found:
    """'at the end of each month', 'the beginning of every week'."""
    start = text.tokens[place].start
    place = text.past(place, PREPOSITIONS)
    if text.kind(place) != "end" or text.kind(place + 1) != "every" or text.kind(place + 2) != "unit":
        return None
    edge, unit = text.tokens[place].number, text.tokens[place + 2]
    if unit.name == "week":
        day = 4 if edge < 0 else 0
        return Part("days", start, unit.end, days=(day,), flag="every"), place + 3
    if unit.name not in _PERIODS:
        return None
    return Part("nth", start, unit.end, unit=unit.name, numbers=(edge,), name="day"), place + 3


def _of_period(text: Text, place: int, end: int) -> tuple[str, int, int]:
    """'of the month', 'in each quarter', 'of January': its unit, what comes after, and where it ends."""
    ahead = text.past(place, frozenset({"of", "in", "the", "every", "a"}))
    if ahead > place and text.kind(ahead) == "unit" and text.tokens[ahead].name in _PERIODS:
        return text.tokens[ahead].name, ahead + 1, text.tokens[ahead].end
    return "", place, end


def month_days(text: Text, place: int) -> Found:
    """'on the 1st and 15th', 'the 15th of each month', 'day 5 of every month', 1、15号."""
    start = text.tokens[place].start
    place = text.past(place, PREPOSITIONS)
    numbers: list[int] = []
    end, after = start, place
    while len(numbers) < 31:
        if text.kind(place) == "unit" and text.tokens[place].name == "day" and text.kind(place + 1) == "num":
            place += 1
        elif text.kind(place) == "num" and not (text.kind(place + 1) in CONNECTORS and _ends_in_dom(text, place)):
            break
        if text.kind(place) not in ("ord", "dom", "num") or not -2 <= text.tokens[place].number <= 31:
            break
        numbers.append(text.tokens[place].number)
        end, after = text.tokens[place].end, place + 1
        place = text.past(after, CONNECTORS | {"the"})
    if not numbers:
        return None
    if text.kind(after) == "unit" and text.tokens[after].name == "day":
        end, after = text.tokens[after].end, after + 1
    unit, after, end = _of_period(text, after, end)
    if -1 in numbers and not unit:
        return None
    return Part("monthdays", start, end, unit=unit, numbers=tuple(dict.fromkeys(numbers))), after


def _ends_in_dom(text: Text, place: int) -> bool:
    """Whether a list of numbers ends in 号: 1、11、21号."""
    for _ in range(31):
        if text.kind(place) == "dom":
            return True
        if text.kind(place) != "num":
            return False
        place = text.past(place + 1, CONNECTORS)
    return False


def months(text: Text, place: int) -> Found:
    """'in January and July', 'every March'."""
    start = text.tokens[place].start
    place = text.past(place, PREPOSITIONS)
    numbers: list[int] = []
    end, after = start, place
    while text.kind(place) in ("month", "zhmonth") and len(numbers) < 12 and not text.tokens[place].minute:
        numbers.append(text.tokens[place].number)
        end, after = text.tokens[place].end, place + 1
        place = text.past(after, CONNECTORS)
    if not numbers:
        return None
    return Part("months", start, end, numbers=tuple(dict.fromkeys(numbers))), after

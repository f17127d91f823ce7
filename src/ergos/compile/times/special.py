"""Recurrences and points that few words say: odd days, paydays, days before the end of a month, a time of yesterday.

Rules: pure; one production per shape, each tells what it took.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.times.clocks import clocks, is_clock
from ergos.compile.times.part import CONNECTORS, PREPOSITIONS, Found, Part, Text
from ergos.compile.times.repeats import edge_of_each, nth

DAYS_BEFORE_MAX: Final = 27  # days before the end of a month that every month has
_DAYS_AGO: Final = {"yesterday": 1, "昨天": 1, "昨日": 1, "前天": 2}
_BEGINS: Final = re.compile(r"(?:^|[.!?;,:，。；！？：\n])\s*$")
_LOOK_BACK: Final = 12  # characters before a time in which its clause may begin


def special(text: Text, place: int) -> Found:
    """Whichever of them begins here."""
    match text.kind(place):
        case "payday":
            return _payday(text, place)
        case "parity":
            token = text.tokens[place]
            numbers = tuple(range(token.number, 32, 2))
            return Part("monthdays", token.start, token.end, unit="month", numbers=numbers), place + 1
        case "zhedge":
            token = text.tokens[place]
            edge = (token.number,)
            return Part("nth", token.start, token.end, unit=token.name, numbers=edge, name="day"), place + 1
        case "lookback":
            return _of_the_past(text, place)
        case "num" | "a":
            return _before_the_end(text, place)
        case _:
            return None


def _payday(text: Text, place: int) -> Found:
    """'each payday (the 27th)', 每个发薪日（27号）; without a day of the month it is open when."""
    token = text.tokens[place]
    ahead = text.past(place + 1, PREPOSITIONS)
    if text.kind(ahead) in ("ord", "dom"):
        day = text.tokens[ahead]
        return Part("monthdays", token.start, day.end, unit="month", numbers=(day.number,)), ahead + 1
    return Part("open", token.start, token.end), place + 1


def _before_the_end(text: Text, place: int) -> Found:
    """'two days before the end of each month'."""
    days = text.tokens[place + 1] if text.kind(place + 1) == "unit" else None
    if days is None or days.name != "day" or text.kind(place + 2) != "by":
        return None
    count = text.tokens[place].number if text.kind(place) == "num" else 1
    by = text.tokens[place + 2]
    if text.prose[by.start : by.end].lower() != "before" or not 1 <= count <= DAYS_BEFORE_MAX:
        return None
    edge = edge_of_each(text, place + 3) or nth(text, place + 3)
    if edge is None or edge[0].kind != "nth" or edge[0].name != "day" or edge[0].numbers != (-1,) or not edge[0].unit:
        return None
    return edge[0]._replace(start=text.tokens[place].start, numbers=(-1 - count,)), edge[1]


def _of_the_past(text: Text, place: int) -> Found:
    """昨天下午三点: at the beginning of a clause it is when to act, which has passed; elsewhere it says of what."""
    token = text.tokens[place]
    ago = _DAYS_AGO.get(text.prose[token.start : token.end].lower())
    if ago is None:
        return None
    ahead = text.past(place + 1, CONNECTORS)
    taken = clocks(text, ahead) if is_clock(text, text.past(ahead, PREPOSITIONS)) or text.kind(ahead) == "at" else None
    if taken is None:
        return None
    end = taken[0].end
    acts = _BEGINS.search(text.prose, max(token.start - _LOOK_BACK, 0), token.start) is not None
    acts = acts and not text.prose.startswith("的", end)
    return Part("past" if acts else "sep", token.start, end, number=ago, name="word"), taken[1]

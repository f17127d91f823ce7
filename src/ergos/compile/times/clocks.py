"""Times of day and windows of them: 'at 8:30 and 17:00', 'between 9 and 17', '9–5', 晚上十点到早上七点.

Rules: pure; a bare number is a time only where a word or its neighbour says so.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.times.part import CONNECTORS, PREPOSITIONS, Found, Part, Text
from ergos.compile.times.token import Token, in_part

CLOCKS_MAX: Final = 48  # times of one list; more are no list anybody writes
_CLOCKS: Final = frozenset({"clock", "past", "noon", "zhclock"})
_COUNTED: Final = re.compile(
    r"\s{0,2}(?:[%$€£¥‰]|(?:dollars?|euros?|pounds?|yuan|cents?|usd|eur|cny|percent|pages?|words?|items?|sources?|files?|"
    r"emails?|mails?|people|times|lines?|sentences?|"
    r"paragraphs?|bullets?|points?|entries|articles?|stories|headlines|results|"
    r"products?|links?|papers?|rows?|columns?|characters?|minutes?|hours?|days?|weeks?|months?|"
    r"or more|or fewer|x\b|degrees?|st\b|th\b)(?![a-z])|[个份页篇条次元块欧美])",
    re.IGNORECASE,
)


def is_clock(text: Text, place: int) -> bool:
    """Whether a time of day stands here by its own."""
    return text.kind(place) in _CLOCKS


def clock_or_number(text: Text, place: int) -> Token | None:
    """A time of day, or a number that may be one."""
    if is_clock(text, place):
        return text.tokens[place]._replace(kind="clock")
    token = text.tokens[place] if place < len(text.tokens) else None
    if token is None or token.kind != "num" or not 0 <= token.number <= 24:
        return None
    if text.kind(place + 1) == "unit" or _COUNTED.match(text.prose, token.end):
        return None
    late = token.number > 12
    flag = "exact" if late or token.number == 0 else "bare"
    return token._replace(kind="clock", number=token.number % 24, flag=flag, name="", days=(24,) if late else ())


def clocks(text: Text, place: int) -> Found:
    """A list of times: 'at 8, 12 and 18', '8:00 and 17:30', 'at 8 in the morning'."""
    start = text.tokens[place].start
    place = text.past(place, PREPOSITIONS - {"at", "in"})
    cued = text.kind(place) == "at"
    place = text.past(place, PREPOSITIONS) if cued else place
    found: list[Token] = []
    end = place
    while len(found) < CLOCKS_MAX:
        clock = clock_or_number(text, place) if cued or found or is_clock(text, place) else _in_part(text, place)
        spelt = text.kind(place) == "num" and bool(text.tokens[place].name)
        if clock is None or (found and spelt and text.kind(place + 1) == "word"):
            break
        place += 1
        clock, place = _with_part(text, clock, place)
        found += [clock] if clock.flag != "both" else _both(clock)
        end = place
        place = text.past(place, CONNECTORS)
        if place == end:
            break
        if text.kind(place) == "at" and _days_follow(text, place):
            break  # 'every day at 8 and at 20:00 on weekends': the second is of other days
        place = text.past(place, PREPOSITIONS) if text.kind(place) == "at" else place
    if not found:
        return None
    spread = _spread(found)
    return Part("clocks", start, found[-1].end, clocks=spread, flag="cued" if cued else ""), end


def _days_follow(text: Text, place: int) -> bool:
    """Whether a time behind 'at' has days of its own."""
    behind = text.past(place + 1, PREPOSITIONS) + 1
    return text.kind(behind) == "on" and text.kind(behind + 1) in ("day", "workdays", "weekend")


def _in_part(text: Text, place: int) -> Token | None:
    """A number that only its part of the day makes a time: '8 in the morning'."""
    clock = clock_or_number(text, place) if text.kind(place + 1) == "in" and text.kind(place + 2) == "the" else None
    return clock if clock is not None and text.kind(place + 3) == "part" else None


def _both(clock: Token) -> list[Token]:
    """早晚八点: in the morning and in the evening."""
    hour = clock.number % 12
    return [clock._replace(number=hour, flag="exact"), clock._replace(number=hour + 12, flag="exact")]


def _with_part(text: Text, clock: Token, place: int) -> tuple[Token, int]:
    """'8 in the morning', 'half past seven in the evening', 'seven this evening'."""
    ahead = place
    if text.kind(ahead) in ("in", "at") and text.kind(ahead + 1) in ("the", "part"):
        ahead += 1
    if text.kind(ahead) == "the":
        ahead += 1
    if text.kind(ahead) != "part" or text.tokens[ahead].flag == "plural" or text.tokens[ahead].start - clock.end > 20:
        return clock, place
    part = text.tokens[ahead]
    if text.prose[part.start : part.end].isascii():
        return placed(clock, part.name)._replace(end=part.end), ahead + 1
    return clock, place


def placed(clock: Token, part: str) -> Token:
    """A time of day within a part of the day: 7 in the evening is 19."""
    if clock.name == part:
        return clock
    if clock.flag in ("bare", "colon") or (clock.flag == "exact" and clock.number <= 12 and not clock.name):
        hour = in_part(clock.number, part)
        certain = clock.flag != "exact" or hour == clock.number or 1 in clock.days
        if hour >= 0 and certain:
            return clock._replace(number=hour, name=part, flag="exact")
    hour = in_part(clock.number % 12 or 12, part)
    return clock if hour == clock.number else clock._replace(flag="conflict", name=part)


def _spread(found: list[Token]) -> tuple[Token, ...]:
    """Of '8, 9 and 10 pm' and 晚上八点、九点, what one says of all."""
    if any(one.kind == "clock" and one.flag == "bare" for one in found):
        part = found[0].name
        if part and part not in ("noon", "midnight"):
            return tuple(placed(one, part) if one.flag == "bare" else one for one in found)
    return tuple(found)


def window(text: Text, place: int) -> Found:
    """From one time to another: 'between 9 and 17', 'from 9am to 5pm', '9-5', 九点到六点之间, 'after 10 pm'."""
    start = text.tokens[place].start
    opened = text.past(place, PREPOSITIONS - {"at"})
    lead = text.kind(opened)
    if lead == "after" and (clock := clock_or_number(text, opened + 1)):
        clock, after = _with_part(text, clock, opened + 2)
        end = clock_or_number(text, after + 1) if text.kind(after) in ("until", "to", "dash") else None
        if end is not None:
            end, after = _with_part(text, end, after + 2)
            return Part("window", start, end.end, clocks=(clock, end)), after
        return Part("window", start, clock.end, clocks=(clock,), flag="after"), after
    if lead == "by" and is_clock(text, opened + 1):
        clock, after = _with_part(text, text.tokens[opened + 1]._replace(kind="clock"), opened + 2)
        return Part("window", start, clock.end, clocks=(clock,), flag="before"), after
    begin = opened + 1 if lead in ("between", "from") else opened
    begin = text.past(begin, frozenset({"at", "the"}))
    first = clock_or_number(text, begin)
    if first is None:
        return None
    first, middle = _with_part(text, first, begin + 1)
    if text.kind(middle) in ("zhafter", "zhdue") and is_clock(text, begin):
        flag = "after" if text.kind(middle) == "zhafter" else "before"
        return Part("window", start, text.tokens[middle].end, clocks=(first,), flag=flag), middle + 1
    joins = ("and", "to", "dash", "until") if lead == "between" else ("to", "dash", "until", "from")
    if text.kind(middle) not in joins:
        return None
    second = clock_or_number(text, text.past(middle + 1, frozenset({"at", "the"})))
    if second is None:
        return None
    second, after = _with_part(text, second, text.past(middle + 1, frozenset({"at", "the"})) + 1)
    sure = is_clock(text, begin) or second.flag == "exact" or second.name or lead == "between"
    end = second.end
    if text.kind(after) in ("between_post", "of") and text.kind(after + (text.kind(after) == "of")) == "between_post":
        after += 1 + (text.kind(after) == "of")
        end = text.tokens[after - 1].end
        sure = True
    first, second = _ordered(first, second)
    return Part("window", start, end, clocks=(first, second), flag="" if sure else "unsure"), after


def _ordered(first: Token, second: Token) -> tuple[Token, Token]:
    """Of '9 to 5' the second in the afternoon; of '2 to 4 pm' the first, too."""
    if first.flag == "bare" and second.flag == "bare":
        if second.number <= first.number and second.number < 12:
            second = second._replace(number=second.number + 12)
        return first._replace(flag="exact"), second._replace(flag="exact")
    if first.flag == "bare":
        late = first.number + 12 if first.number < 12 else first.number
        # 'from 2 to 4 pm', but not 'from 6 to 22'.
        said = 12 in second.days or first.number < 7
        if first.number < late < second.number and said and 24 not in second.days:
            first = first._replace(number=late)
        return first._replace(flag="exact"), second
    if second.flag == "bare" or (second.flag == "colon" and first.number >= 12):
        if first.name and not second.name and first.number < second.number + 12 < 24 and first.number > second.number:
            second = second._replace(number=second.number + 12) if first.number < 18 else second
        return first, second._replace(flag="exact")
    return first, second

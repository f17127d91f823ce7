"""From tokens to parts: the productions in their order, and those of limits, exclusions and quiet.

Rules: pure; linear: each token is tried by a bounded number of productions, and what one takes is not read again.
"""

from __future__ import annotations

from typing import Final

from ergos.compile.times.clocks import clocks, is_clock, window
from ergos.compile.times.days import Day, Role, day_at
from ergos.compile.times.part import CONNECTORS, PREPOSITIONS, Found, Part, Text
from ergos.compile.times.places import place_after
from ergos.compile.times.repeats import days, edge_of_each, month_days, months, nth, repeat, yearly
from ergos.compile.times.special import special
from ergos.compile.times.token import unit_of

_TIMED: Final = frozenset({"clocks", "window", "part"})
_SEPARATORS: Final = frozenset({"word", "stop", "comma", "and", "or"})


def parts(text: Text) -> list[Part]:
    """Everything, in order; what stands between as `sep`."""
    found: list[Part] = []
    place = 0
    while place < len(text.tokens):
        token = text.tokens[place]
        if token.kind in _SEPARATORS:
            found.append(Part("sep", token.start, token.end, name=token.kind))
            place += 1
            continue
        taken = _part(text, place)
        if taken is None:
            if token.kind not in PREPOSITIONS:
                found.append(Part("sep", token.start, token.end, name="word"))
            place += 1
        else:
            assert taken[1] > place
            found.append(taken[0])
            place = taken[1]
            where = place_after(text.prose, taken[0].end) if taken[0].kind in _TIMED else None
            if where is not None:
                found.append(where)
                while place < len(text.tokens) and text.tokens[place].start < where.end:
                    place += 1
    return found


def _part(text: Text, place: int) -> Found:
    token = text.tokens[place]
    simple = special(text, place) or _simple(text, place)
    if simple is not None:
        return simple
    if token.kind == "except":
        return _except(text, place)
    if token.kind == "num" and text.kind(place + 1) in ("", "num", "word", "stop"):
        return None
    for production in (
        _limit,
        window,
        _period_of,
        edge_of_each,
        repeat,
        nth,
        _month_days,
        _days,
        clocks,
        _inside,
        _day_part,
        _single,
    ):
        taken = production(text, place)
        if taken is not None:
            return taken
    return None


def _simple(text: Text, place: int) -> Found:
    """Parts of one token."""
    token = text.tokens[place]
    if token.kind == "zone":
        return Part("zone", token.start, token.end, name=token.name, flag=token.flag), place + 1
    if token.kind == "unknown_day":
        return Part("unknown", token.start, token.end), place + 1
    if token.kind == "lookback":
        return Part("sep", token.start, token.end, name="word"), place + 1
    if token.kind in ("quiet", "only"):
        return Part("quiet", token.start, token.end, flag="only" if token.kind == "only" else ""), place + 1
    if token.kind == "overnight":
        off = text.prose[token.start : token.end].lower() not in ("overnight", "休息时间")
        return Part("overnight", token.start, token.end, name="off" if off else "night"), place + 1
    if token.kind == "minute":
        return Part("minute", token.start, token.end, number=token.number), place + 1
    if token.kind == "zhexcept":
        return Part("except_post", token.start, token.end), place + 1
    if token.kind == "zhrel_in":
        return Part("in", token.start, token.end, unit=token.name, number=token.number), place + 1
    if token.kind == "zhfor":
        return Part("for", token.start, token.end, unit=token.name, number=token.number), place + 1
    return None


def _except(text: Text, place: int) -> Found:
    """'except weekends', 'never at night', 'not between 22:00 and 7:00', 除了周末."""
    start = text.tokens[place].start
    place = text.past(place + 1, PREPOSITIONS - {"at"})
    if place >= len(text.tokens):
        return None
    inner = _excluded(text, place)
    if inner is None and text.kind(place) == "num" and text.kind(place + 2) == "date":
        last = _excluded(text, place + 2)
        if last is None or last[0].day is None or last[0].day.day is None:
            return None
        # '24 and 25 December'
        number = text.tokens[place].number
        if not 1 <= number <= 28:
            return None
        day = last[0].day._replace(day=last[0].day.day.replace(day=number))
        yearly = (day.yearly[0], number) if day.yearly else None
        inner = (last[0]._replace(start=text.tokens[place].start, day=day._replace(yearly=yearly)), place + 2)
    if inner is None:
        return None
    found, place = [inner[0]], inner[1]
    if found[0].kind == "day" and text.kind(place) == "date" and found[0].end > text.tokens[place].start:
        more = _excluded(text, place)
        if more is not None:
            found.append(more[0])
            place = more[1]
    for _ in range(8):
        ahead = text.past(place, frozenset({"and", "or", "on", "the"}))
        more = _excluded(text, ahead) if ahead > place and ahead < len(text.tokens) else None
        if more is None or text.kind(ahead) in ("every", "zhevery"):
            break
        found.append(more[0])
        place = more[1]
    end = found[-1].end
    if text.kind(place) == "zhexcept":
        end, place = text.tokens[place].end, place + 1
    return Part("except", start, end, inner=tuple(found)), place


def _excluded(text: Text, place: int) -> Found:
    if text.kind(place) == "unknown_day":
        token = text.tokens[place]
        return Part("unknown", token.start, token.end), place + 1
    for production in (window, nth, _weekdays, clocks, _day_part, _festival, _single, months):
        taken = production(text, place)
        if taken is not None:
            return taken
    return None


def _festival(text: Text, place: int) -> Found:
    """'except Christmas'"""
    token = text.tokens[place]
    found = day_at(text.tokens, place, text.today) if token.kind == "date" and token.name else None
    return (Part("day", token.start, token.end, day=found[0]), found[1]) if found else None


def _limit(text: Text, place: int) -> Found:
    """Ends, beginnings, deadlines, spans: 'until the end of March', 'from 1 December', 'by Friday', 'in two hours'."""
    token = text.tokens[place]
    match token.kind:
        case "until":
            return _dated(text, place, "until", "last") or _until_clock(text, place)
        case "to" if text.kind(_after_day(text, place + 1, "last")) == "zhuntil":
            return _dated(text, place, "until", "last")
        case "from":
            return None if window(text, place) else _range_of_days(text, place) or _from(text, place)
        case "between":
            return None if window(text, place) else _date_range(text, place)
        case "by":
            return None if window(text, place) else _dated(text, place, "due", "last")
        case "within":
            return _in(text, place + 1, "in")
        case "for":
            return _in(text, place + 1, "for")
        case _:
            return _trailing(text, place)


def _after_day(text: Text, place: int, role: Role) -> int:
    found = day_at(text.tokens, place, text.today, role) if place < len(text.tokens) else None
    return found[1] if found else -1


def _dated(text: Text, place: int, kind: str, role: Role) -> Found:
    found = day_at(text.tokens, place + 1, text.today, role)
    if found is None:
        return None
    day, after = found
    end = day.end
    if text.kind(after) in ("zhuntil", "zhstart", "zhdue"):
        end, after = text.tokens[after].end, after + 1
    return Part(kind, text.tokens[place].start, end, day=day), after


def _from(text: Text, place: int) -> Found:
    """'from 1 December', 'starting tomorrow', 从明年一月起; 'since' and 'from 2024' say nothing about when to run."""
    found = _dated(text, place, "start", "first")
    if found is None or found[0].day is None:
        return _date_range(text, place)
    start, after = found
    if text.kind(after) in ("to", "dash", "until"):
        end = _dated(text, after, "until", "last")
        if end is not None:
            return Part("range", start.start, end[0].end, inner=(start, end[0])), end[1]
    return found


def _date_range(text: Text, place: int) -> Found:
    """'between 1 and 24 December', 'from 1 to 24 December', 'between 1 December and 3 January'."""
    token = text.tokens[place]
    if (
        text.kind(place + 1) == "num"
        and text.kind(place + 2) in ("and", "to", "dash")
        and text.kind(place + 3) == "date"
    ):
        end = _dated(text, place + 2, "until", "last")
        number = text.tokens[place + 1].number
        if end is None or end[0].day is None or end[0].day.day is None or not 1 <= number <= 28:
            return None
        first = end[0].day._replace(day=end[0].day.day.replace(day=number))
        start = Part("start", token.start, text.tokens[place + 1].end, day=first)
        return Part("range", token.start, end[0].end, inner=(start, end[0])), end[1]
    begin = _dated(text, place, "start", "first") if token.kind == "between" else None
    end = _dated(text, begin[1], "until", "last") if begin and text.kind(begin[1]) in ("and", "to", "dash") else None
    if begin is None or end is None:
        return None
    return Part("range", token.start, end[0].end, inner=(begin[0], end[0])), end[1]


def _range_of_days(text: Text, place: int) -> Found:
    """'from Monday to Friday'; 'every hour from 9 am'."""
    found = days(text, place + 1) if place + 1 < len(text.tokens) else None
    if found is not None and found[0].flag == "every" and len(found[0].days) > 1:
        return found[0]._replace(start=text.tokens[place].start), found[1]
    taken = clocks(text, place + 1) if is_clock(text, text.past(place + 1, frozenset({"at"}))) else None
    if taken is None or len(taken[0].clocks) != 1:
        return None
    return Part("window", text.tokens[place].start, taken[0].end, clocks=taken[0].clocks, flag="after"), taken[1]


def _until_clock(text: Text, place: int) -> Found:
    taken = clocks(text, place + 1) if place + 1 < len(text.tokens) else None
    if taken is None or len(taken[0].clocks) != 1:
        return None
    return Part("window", text.tokens[place].start, taken[0].end, clocks=taken[0].clocks, flag="before"), taken[1]


def _in(text: Text, place: int, kind: str) -> Found:
    """'in two hours', 'for the next 30 days', 'in half an hour'."""
    start = text.tokens[place - 1].start
    place = text.past(place, frozenset({"the", "next"}))
    count = 1
    if text.kind(place) == "half":
        place += 1
        if text.kind(place) == "a":
            place += 1
        if text.kind(place) == "unit" and text.tokens[place].name == "hour":
            return Part(kind, start, text.tokens[place].end, unit="minute", number=30), place + 1
        return None
    if text.kind(place) == "num":
        count, place = text.tokens[place].number, place + 1
    elif text.kind(place) == "a":
        place += 1
    if text.kind(place) != "unit" or count <= 0:
        return None
    token = text.tokens[place]
    return Part(
        kind, start, token.end, unit=unit_of(text.prose[token.start : token.end]) or token.name, number=count
    ), place + 1


def _trailing(text: Text, place: int) -> Found:
    """What Chinese says after a day: 三月一日起, 三月底为止, 周五之前."""
    after = _after_day(text, place, "first")
    following = text.kind(after) if after > place else ""
    start = text.tokens[place].start
    if following == "zhstart":
        found = day_at(text.tokens, place, text.today, "first")
        kind = "start"
    elif following == "zhuntil":
        found = day_at(text.tokens, place, text.today, "last")
        kind = "until"
    elif following == "zhdue" and text.kind(place) != "nth":
        found = day_at(text.tokens, place, text.today, "last")
        kind = "due"
    else:
        return None
    if found is None:
        return None
    return Part(kind, start, text.tokens[found[1]].end, day=found[0]), found[1] + 1


def _period_of(text: Text, place: int) -> Found:
    """A day of the year after 'every' or 每年."""
    if text.kind(place) == "every" and text.kind(place + 1) == "date":
        found = yearly(text, place + 1)
        return (found[0]._replace(start=text.tokens[place].start), found[1]) if found else None
    if text.kind(place) == "zhevery" and text.tokens[place].name == "year" and text.kind(place + 1) == "date":
        found = yearly(text, place + 1)
        return (found[0]._replace(start=text.tokens[place].start), found[1]) if found else None
    return None


def _month_days(text: Text, place: int) -> Found:
    if text.kind(place) == "ord" and text.kind(place + 1) in CONNECTORS and text.kind(place + 2) == "ord":
        return None
    found = month_days(text, place)
    if found is None or (not found[0].unit and text.kind(text.past(place, PREPOSITIONS)) == "unit"):
        return None
    # 'the first', 'second' alone are no days of a month; digits are ('the 1st').
    shown = text.prose[found[0].start : found[0].end]
    if not found[0].unit and not any(letter.isdigit() for letter in shown) and shown.isascii():
        return None
    if not found[0].unit and shown.isascii() and text.kind(place) not in ("on", "the", "ord"):
        return None
    if not found[0].unit and shown.isascii() and text.kind(place) != "on":
        return None
    return found


def _weekdays(text: Text, place: int) -> Found:
    return days(text, place)


def _days(text: Text, place: int) -> Found:
    """Weekdays that recur; a single one is left to `_single`."""
    found = days(text, place)
    if found is None or found[0].flag == "single":
        return None
    return found


def _inside(text: Text, place: int) -> Found:
    """'in January and July'."""
    if text.kind(place) != "in":
        return None
    return months(text, place)


def _day_part(text: Text, place: int) -> Found:
    start = text.tokens[place].start
    place = text.past(place, PREPOSITIONS)
    if text.kind(place) != "part":
        return None
    token = text.tokens[place]
    if token.flag == "plural" and token.name != "business":
        return Part("repeat", start, token.end, unit="day", name=token.name), place + 1
    return Part("part", start, token.end, name=token.name, flag=token.flag), place + 1


def _single(text: Text, place: int) -> Found:
    """A single day: 'tomorrow', 'on Friday', '3 January 2027'."""
    start = text.tokens[place].start
    lead = text.kind(place)
    place = text.past(place, PREPOSITIONS)
    kind = text.kind(place)
    if kind in ("ord", "month", "zhmonth", "num") and lead not in ("on", "at"):
        return None
    if kind == "end" and lead != "at":
        return None
    found = day_at(text.tokens, place, text.today)
    if found is None:
        return None
    day: Day = found[0]
    if text.tokens[place].flag in ("noyear", "slash") and text.tokens[place].number < 10_000 and lead != "on":
        return None
    # A festival is a day only where a preposition or a time beside it says so: not in 'a Christmas card'.
    if text.tokens[place].name and kind == "date" and lead not in ("on", "at"):
        latin = text.prose[text.tokens[place].start].isascii()
        if text.tokens[place].name not in ("今年", "明年", "后年", "clock") and (latin or not is_clock(text, found[1])):
            return None
    weekday = kind in ("day", "zhweekdays") and day.day is not None
    days_of = (day.day.weekday(),) if weekday and day.day is not None else ()
    return Part("day", start, day.end, day=day, days=days_of), found[1]

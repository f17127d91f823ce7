"""Quiet hours: when nobody is to be told anything, said as such or as the only time when they may be.

Rules: pure; what was chosen is a note; hours that no single stretch can hold are a question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ergos.compile.intent import Found
from ergos.compile.times.clocks import placed
from ergos.compile.times.conventions import OFF_WORK, QUIET_END, SPANS
from ergos.compile.times.frame import Frame
from ergos.compile.times.hours import left_out_span, shown, window_minutes
from ergos.compile.times.part import Part
from ergos.lib.work import QuietHours, Weekday

_WEEKDAYS: Final[tuple[Weekday, ...]] = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_CERTAIN: Final = re.compile(r"[ap]\.?\s?m\b|noon|midnight|:|早|上午|中午|下午|晚|夜|凌晨", re.IGNORECASE)
"""Words that leave no doubt which half of the day is meant."""
_EVENING: Final = range(6, 12)  # 'after ten' of who is not to be disturbed is in the evening
_WAKING: Final = range(4, 11)  # hours at which a night's sleep ends


class _Stretch(NamedTuple):
    """From and to, local times of day, and whether that was chosen."""

    start: str
    end: str
    chosen: tuple[int, int] | None = None


def quiet_of(part: Part, frame: Frame) -> Found[QuietHours] | None:
    """Quiet hours from what was said beside 'do not disturb', or 'only message me'."""
    span = (part.start, part.end)
    inverse = part.flag == "only" or any(one.kind == "except" and one.flag != "post" for one in part.inner)
    inner = [one for outer in part.inner for one in (outer.inner if outer.kind == "except" else (outer,))]
    days = _weekdays(inner)
    stretch = _window(inner, frame) or _named(inner, frame)
    if stretch is None and not days:
        if part.flag != "only":
            frame.say("C116", [span])
        return None
    if inverse and days and stretch is not None:
        frame.say("C116", [span])  # the hours of some days and all of others are two stretches
        return None
    if inverse:
        days = _others(days) if days else ()
        stretch = _Stretch(stretch.end, stretch.start, stretch.chosen) if stretch is not None else None
    start, end = (stretch.start, stretch.end) if stretch is not None else ("00:00", "00:00")
    if inverse or (stretch is not None and stretch.chosen is not None):
        noted = stretch.chosen if stretch is not None and stretch.chosen is not None else span
        frame.say("C103", [noted], reading=_reading(start, end, days, frame))
    return Found(QuietHours(start=start, end=end, days=days, words=frame.words(span)), span)


def _others(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    return tuple(day for day in _WEEKDAYS if day not in days)


def _weekdays(inner: Sequence[Part]) -> tuple[Weekday, ...]:
    return tuple(dict.fromkeys(_WEEKDAYS[day] for one in inner if one.kind == "days" for day in one.days))


def _reading(start: str, end: str, days: tuple[Weekday, ...], frame: Frame) -> str:
    zh = frame.language == "zh"
    names = "一二三四五六日" if zh else ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    listed = [names[_WEEKDAYS.index(day)] for day in days]
    on = ("周" + "、".join(listed) if zh else ", ".join(listed)) if listed else ""
    hours = "" if start == end else f"{start}–{end}"
    return f"{'安静时间 ' if zh else 'quiet '}{' '.join(text for text in (on, hours) if text)}"


def _window(inner: Sequence[Part], frame: Frame) -> _Stretch | None:
    """'between 22:00 and 7:00', 'after ten', 晚上十点以后…早上七点以后."""
    windows = [one for one in inner if one.kind == "window"]
    if not windows:
        return None
    window = windows[0]
    of_day = next((one.name for one in inner if one.kind in ("repeat", "part") and one.name), "")
    if of_day:
        window = window._replace(clocks=(placed(window.clocks[0], of_day), *window.clocks[1:]))
    span = (window.start, window.end)
    window, moved = _at_night(window, certain=bool(of_day) or _CERTAIN.search(frame.words(span)) is not None)
    first, last = window_minutes(window, frame)
    start, end = shown(divmod(first, 60)), shown(divmod(last, 60))
    if window.flag == "after":
        if len(windows) > 1:
            return _Stretch(start, shown(divmod(window_minutes(windows[1], frame)[0], 60)), span if moved else None)
        return _Stretch(start, QUIET_END, span)
    if window.flag == "before":
        return _Stretch("00:00", end, span)
    return _Stretch(start, end, span if moved else None)


def _at_night(window: Part, *, certain: bool) -> tuple[Part, bool]:
    """Bare hours of who is asleep: 'after ten' is 22:00, 'from 11 to 6' is 23:00 to 06:00."""
    first = window.clocks[0]
    if certain or window.flag == "before":
        return window, False
    if window.flag == "after":
        if first.number not in _EVENING:
            return window, False
        return window._replace(clocks=(first._replace(number=first.number + 12, flag="exact"),)), True
    last = window.clocks[1]
    waking = last.number % 12
    if first.number in range(8, 13) and waking in _WAKING and 24 not in (*first.days, *last.days):
        begin = first._replace(number=(first.number + 12) % 24, flag="exact")
        return window._replace(clocks=(begin, last._replace(number=waking, flag="exact"))), True
    return window, False


def _named(inner: Sequence[Part], frame: Frame) -> _Stretch | None:
    """'at night', 'overnight', 'after work', 每晚, 下班后."""
    del frame
    for one in inner:
        span = (one.start, one.end)
        if one.kind == "overnight" and one.name == "off":
            return _Stretch(f"{OFF_WORK[0]:02d}:00", f"{OFF_WORK[1]:02d}:00", span)
        name = "night" if one.kind == "repeat" and one.unit == "night" else one.name
        name = "night" if name == "midnight" else name
        if one.kind in ("part", "repeat", "overnight") and name in SPANS:
            first, last = left_out_span(name)
            return _Stretch(f"{first:02d}:00", f"{last % 24:02d}:00", span)
    return None

"""Times an owner's words say, in English and Chinese: schedules, quiet hours, ends, deadlines and zones.

Rules: pure; linear in the length of the prose; nothing is guessed in silence: a reading that was chosen is a
diagnostic. The conventions of `times_conventions` hold: what 'every morning' means stands there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import PROSE_CHARS_MAX, Found, Span
from ergos.compile.times.frame import Frame
from ergos.compile.times.groups import Group, groups, marked
from ergos.compile.times.objects import is_object, without_periods
from ergos.compile.times.oddities import say_odd
from ergos.compile.times.part import Part, Text
from ergos.compile.times.parts import parts
from ergos.compile.times.quiet import quiet_of
from ergos.compile.times.schedules import Zoned, limits, say_clock_changes, schedules_of
from ergos.compile.times.tokens import tokens, unquoted
from ergos.compile.times.zones import zone_of
from ergos.drivers.schedule.zones import local_of, zone
from ergos.kernel.permission.wording import Language
from ergos.kernel.triggers import Calendar, Schedule
from ergos.lib.work import QuietHours

SCHEDULES_MAX: Final = 32  # schedules of one text: as many as an agent has triggers

_NEAR_CHARS: Final = 20  # characters before 'twice a day' in which 'at most' may stand
_CLAUSE_CHARS: Final = 80  # characters of the clause around a period that may be of a budget
_AT_MOST: Final = re.compile(
    r"(?:at most|no more than|not more than|up to|max(?:imum)?\.?|最多|至多|不超过|不多于)\s{0,2}(?:of )?$",
    re.IGNORECASE,
)
_BREAK: Final = re.compile(r"[,，;；。!！?？\n]|\.\s")
_DAY_BEFORE: Final = re.compile(
    r"(?:\b(?:on|at|every|each|before|after|until|by)\s(?:the\s)?|(?:^|[,，。;；、]\s?|每年|在|于|到|从)的?)$",
    re.IGNORECASE,
)
_MONEY: Final = re.compile(
    r"[$€£¥￥]|dollar|euro|pound|yuan|cent\b|cents|USD|EUR|CNY|RMB|GBP|token|budget|[元块美欧]|预算|人民币",
    re.IGNORECASE,
)
_CEILING: Final = re.compile(
    r"at most|no more|not more|up to|max|limit|cap|budget|spend|cost|under|below|within|less than|never (?:exceed|over)"
    r"|最多|至多|不超|超过|上限|预算|花|以内|之内|限|低于",
    re.IGNORECASE,
)


class TimesRead(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about time that was read."""

    schedules: tuple[Found[Schedule], ...] = ()
    """In the order of the words; named 'schedule', 'schedule_2', …; a span goes from the first to the last of
    its words. A `rule` is canonical; `at` is a local time that has not passed."""
    quiet: Found[QuietHours] | None = None
    until: Found[str] | None = None
    """Local date after which it ends; rules carry it as UNTIL, too."""
    dues: tuple[Found[str], ...] = ()
    """Local dates that are deadlines ('by 31 January')."""
    timezone: Found[str] | None = None
    """IANA name that was said for all of it; where only some schedules have one, it stands in those."""
    spans: tuple[Span, ...] = ()
    """Every stretch that was read as time, disjoint and in order: the words beside them are left for others."""
    diagnostics: tuple[Diagnostic, ...] = ()


def read_times(prose: str, language: Language, *, timezone: str, now_ns: int, calendar: Calendar) -> TimesRead:
    """What the words say about time; `timezone`: IANA name that holds where the words name none.

    Only the first PROSE_CHARS_MAX characters are read. Raises: ValueShapeError for a `timezone` that is none.
    """
    prose = prose[:PROSE_CHARS_MAX]
    words = tokens(prose)
    home = zone(timezone)
    said = marked(prose, parts(Text(prose, words, local_of(now_ns, home).date())))
    frame = Frame(prose, language, timezone, home, now_ns, local_of(now_ns, home).replace(second=0), calendar)
    said = without_periods(said, prose, local_of(now_ns, home).date())
    found = [group for group in groups(said) if not _is_ceiling(group, prose) and not is_object(group, prose)]
    by_group, everywhere = _zones(said, found, frame)
    frame.timezone = everywhere.value if everywhere else timezone
    frame.where = zone(frame.timezone)
    frame.now = local_of(now_ns, frame.where).replace(second=0)
    zoned = _schedules(found, by_group, frame)
    quiet = next((hours for part in said if part.kind == "quiet" if (hours := quiet_of(part, frame))), None)
    _say_unknown(said, frame)
    say_odd(unquoted(prose), [group.span for group in found], frame)
    dues = tuple(
        Found(part.day.day.isoformat(), (part.start, part.end))
        for part in said
        if part.kind == "due" and part.day and part.day.day
    )
    if (zoned or quiet) and not everywhere and not by_group:
        frame.say("C108", [], zone=timezone or "UTC")
    for one in zoned:
        say_clock_changes(one, frame)
    schedules = tuple(
        Found(_named(one, number, everywhere, frame), one.schedule.span) for number, one in enumerate(zoned, 1)
    )
    return TimesRead(
        schedules=schedules,
        quiet=quiet,
        until=_until(found, said, frame),
        dues=dues,
        timezone=everywhere,
        spans=_spans(found, said, quiet),
        diagnostics=tuple(frame.findings),
    )


def _is_ceiling(group: Group, prose: str) -> bool:
    """Whether it is the period of a budget ('5 dollars a month at most') or a limit ('at most twice a day')."""
    start, end = group.span
    if group.has("times") and _AT_MOST.search(prose, max(start - _NEAR_CHARS, 0), start):
        return True
    if group.times or group.point or any(part.kind != "repeat" for part in group.recurrences):
        return False
    before = prose[max(start - _CLAUSE_CHARS, 0) : start]
    clause = _BREAK.split(before)[-1] + prose[start:end] + _BREAK.split(prose[end : end + _CLAUSE_CHARS])[0]
    return bool(_MONEY.search(clause)) and bool(_CEILING.search(clause))


def _say_unknown(said: Sequence[Part], frame: Frame) -> None:
    """A finding for each day that cannot be computed, has passed, or is open."""
    for part in said:
        if part.kind == "past":
            when = (frame.today - timedelta(part.number)).isoformat()
            frame.say("C101", [(part.start, part.end)], when=when)
        if part.kind == "elsewhere":
            frame.say("C124", [(part.start, part.end)], zone=frame.timezone or "UTC")
        if part.kind == "open":
            frame.say("C116", [(part.start, part.end)])
        if part.kind == "unknown" and _DAY_BEFORE.search(frame.prose, max(part.start - _NEAR_CHARS, 0), part.start):
            frame.say("C115", [(part.start, part.end)])


def _zones(said: Sequence[Part], found: Sequence[Group], frame: Frame) -> tuple[dict[int, str], Found[str] | None]:
    """Zones by the place of their group, or the one that holds for all."""
    named: dict[int, str] = {}
    spans: list[tuple[int, int]] = []
    held = {
        (part.start, part.end): place
        for place, group in enumerate(found)
        for part in group.limits
        if part.kind == "zone"
    }
    names: list[str] = []
    for part in said:
        if part.kind == "zone" and (name := zone_of(part, frame)):
            names.append(name)
            spans.append((part.start, part.end))
            if (part.start, part.end) in held:
                named[held[part.start, part.end]] = name
    if names and len(set(names)) == 1 and len(named) in (0, len(found)):
        return {}, Found(names[0], spans[0])
    if names and len(found) <= 1 and len(set(names)) == 1:
        return {}, Found(names[0], spans[0])
    return named, None


def _schedules(found: Sequence[Group], by_group: dict[int, str], frame: Frame) -> list[Zoned]:
    result: list[Zoned] = []
    home = frame.timezone
    for place, group in enumerate(found):
        name = by_group.get(place, "")
        frame.timezone, frame.where = name or home, zone(name or home)
        frame.now = local_of(frame.now_ns, frame.where).replace(second=0)
        result += schedules_of(group, name, frame)
    frame.timezone, frame.where = home, zone(home)
    frame.now = local_of(frame.now_ns, frame.where).replace(second=0)
    return result[:SCHEDULES_MAX]


def _named(one: Zoned, number: int, everywhere: Found[str] | None, frame: Frame) -> Schedule:
    del everywhere, frame
    name = "schedule" if number == 1 else f"schedule_{number}"
    return msgspec.structs.replace(one.schedule.value, name=name, timezone=one.zone)


def _until(found: Sequence[Group], said: Sequence[Part], frame: Frame) -> Found[str] | None:
    """The last day that was said for anything."""
    ends: list[Found[str]] = []
    for group in found:
        _, last = limits(group, frame)
        part = next((part for part in group.limits if part.kind in ("until", "for")), None)
        if last is not None and part is not None and not (group.point and not group.recurrences):
            ends.append(Found(last.isoformat(), (part.start, part.end)))
    # An end that no schedule has is that of what an event wakes.
    held = {(part.start, part.end) for group in found for part in group.limits}
    ends.extend(
        Found(part.day.day.isoformat(), (part.start, part.end))
        for part in said
        if part.kind == "until" and (part.start, part.end) not in held and part.day and part.day.day
    )
    return max(ends, key=lambda end: end.value) if ends else None


def _spans(found: Sequence[Group], said: Sequence[Part], quiet: Found[QuietHours] | None) -> tuple[Span, ...]:
    """Every stretch that was read as time, disjoint and in order."""
    taken = [(part.start, part.end) for group in found for part in group.every_part()]
    taken += [
        (part.start, part.end)
        for part in said
        if part.kind in ("quiet", "due", "zone", "unknown", "until", "past", "open")
    ]
    taken += [quiet.span] if quiet else []
    merged: list[Span] = []
    for start, end in sorted(taken):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)

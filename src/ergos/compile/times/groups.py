"""Which parts belong together: one group becomes one schedule.

A recurrence, its times of day and its limits are one group as long as nothing is said twice; a second recurrence, or a
second time of day after other words, begins another. Limits and exclusions belong to the group before them.

Rules: pure; one pass.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ergos.compile.times.part import Part

RECURRENCES: Final = frozenset({"repeat", "days", "monthdays", "nth", "months", "times"})
TIMES_OF_DAY: Final = frozenset({"clocks", "window", "part"})
LIMITS: Final = frozenset({"minute", "until", "start", "for", "total", "zone", "except"})
GROUPS_MAX: Final = 200  # schedules read from one text; more is no request

_LONG: Final = frozenset({"month", "quarter", "year"})
_SHORT: Final = frozenset({"minute", "hour", "day", "night", "week", "fortnight"})
_DISTURB: Final = re.compile(
    r"\s{0,2}(?:打扰|打搅|吵|通知|联系|发消息|给我发|叫醒|叫我|找我|烦|disturb|bother|message|ping|notify)"
)
_EXCLUDABLE: Final = frozenset({"days", "window", "part", "day", "unknown", "clocks", "months", "nth"})


@dataclass
class Group:
    """Parts of one schedule."""

    recurrences: list[Part] = field(default_factory=list)
    times: list[Part] = field(default_factory=list)
    point: Part | None = None
    """A day, or 'in two hours'."""
    limits: list[Part] = field(default_factory=list)
    inherited: bool = False
    """Its recurrence was said for the group before."""
    sentence: int = 0

    def has(self, kind: str) -> bool:
        """Whether a part of this kind is in it."""
        return any(part.kind == kind for part in self.every_part())

    def every_part(self) -> list[Part]:
        """All of its own."""
        own = [] if self.inherited else [*self.recurrences, *([self.point] if self.point else [])]
        return [*own, *self.times, *self.limits]

    @property
    def span(self) -> tuple[int, int]:
        """From the first to the last of its words."""
        parts = self.every_part() or self.recurrences
        return min(part.start for part in parts), max(part.end for part in parts)


def marked(prose: str, parts: Sequence[Part]) -> list[Part]:
    """Parts with what is said before or after them folded in: exclusions, and what belongs to quiet hours."""
    found: list[Part] = []
    for part in parts:
        if part.kind == "range":
            found.extend(part.inner)
            continue
        if part.kind == "except_post":
            if found and found[-1].kind in _EXCLUDABLE:
                inner = found.pop()
                found.append(Part("except", inner.start, part.end, inner=(inner,), flag="post"))
            continue
        if part.kind == "except" and _DISTURB.match(prose, part.end):
            found.append(Part("quiet", part.start, part.end, inner=part.inner))
            continue
        found.append(part)
    return _with_quiet(found)


def _with_quiet(parts: list[Part]) -> list[Part]:
    """Each quiet with the hours and days said beside it: behind it, else before it."""
    found: list[Part] = []
    place = 0
    while place < len(parts):
        part = parts[place]
        place += 1
        if part.kind != "quiet" or part.inner:
            found.append(part)
            continue
        inner, words = [], 0
        ahead = place
        beside = bool(found) and _is_quiet_time(found[-1]) and found[-1].end >= part.start - 1
        if part.flag == "only" and not _may_be_only(parts, place, found):
            found.append(Part("sep", part.start, part.end, name="word"))
            continue
        while not beside and ahead < len(parts) and len(inner) < 4 and words <= 1:
            one = parts[ahead]
            if _is_quiet_time(one):
                inner.append(one)
                place = ahead + 1
            elif one.kind != "sep" or one.name == "stop":
                break
            else:
                words += one.name == "word"
            ahead += 1
        while not inner and found and len(inner) < 4:
            back = next((index for index in range(len(found) - 1, -1, -1) if found[index].kind != "sep"), -1)
            near = [one for one in found[back + 1 :] if one.kind == "sep"] if back >= 0 else []
            if back < 0 or not _is_quiet_time(found[back]) or any(one.name == "stop" for one in near) or len(near) > 4:
                break
            while back >= 0 and _is_quiet_time(found[back]):
                inner.insert(0, found.pop(back))
                back -= 1
        if beside and inner:
            place = _resumed(parts, place, inner)
        if inner:
            start = min(part.start, inner[0].start)
            found.append(Part("quiet", start, max(part.end, inner[-1].end), inner=tuple(inner), flag=part.flag))
        else:
            found.append(Part("sep", part.start, part.end, name="word"))
    return found


def _may_be_only(parts: Sequence[Part], place: int, before: Sequence[Part]) -> bool:
    """Whether hours or days stand right behind 'only message me', or right before 再通知我: a time is none of them."""
    beside = [*parts[place : place + 1], *before[-1:]]
    return any(_is_quiet_time(one) and one.kind not in ("clocks", "except") for one in beside)


def _resumed(parts: Sequence[Part], place: int, inner: list[Part]) -> int:
    """晚上十点以后别打扰我，早上七点以后再说: the second is when it ends."""
    hours = place < len(parts) and parts[place].kind == "window" and not parts[place].flag
    if hours and not any(one.kind == "window" for one in inner):
        inner.append(parts[place])
        return place + 1
    ahead = place + (place < len(parts) and parts[place].name == "comma")
    if (
        ahead < len(parts)
        and parts[ahead].kind == "window"
        and parts[ahead].flag == "after"
        and inner[-1].flag == "after"
    ):
        inner.append(parts[ahead])
        return ahead + 1
    return place


def _is_quiet_time(part: Part) -> bool:
    if part.kind == "repeat":
        return part.unit in ("day", "night") and part.number == 1
    if part.kind == "except":
        return all(_is_quiet_time(one) for one in part.inner)
    return part.kind in ("window", "part", "days", "overnight") or (part.kind == "clocks" and len(part.clocks) == 1)


def groups(parts: Sequence[Part]) -> list[Group]:
    """Groups in order; parts that belong to none (lone parts of the day) are left out."""
    found: list[Group] = []
    pending: list[Part] = []
    current: Group | None = None
    sentence, words, joined = 0, False, False
    said = [part for part in parts if part.kind != "sep"]
    place = 0
    for part in parts:
        place += part.kind != "sep"
        following = said[place] if place < len(said) else None
        if part.kind == "sep":
            words = words or part.name == "word"
            joined = joined or part.name in ("and", "comma")
            if part.name == "stop":
                sentence, current = sentence + 1, None
            continue
        if len(found) >= GROUPS_MAX:
            break
        if part.kind in LIMITS:
            holder = current or (found[-1] if found and not _begins(part) else None)
            (holder.limits if holder else pending).append(part)
            words = joined = False
            continue
        if part.kind not in RECURRENCES | TIMES_OF_DAY | {"day", "in"}:
            continue
        one = _refined(part, current)
        again = current is not None and joined and _has_other_days(current, one, following)
        if current is None or again or not _joins(current, one, words=words):
            current = _new(one, current, words=words or again)
            current.sentence = sentence
            current.limits.extend(pending)
            pending = []
            found.append(current)
        _add(current, one)
        words = joined = False
    if pending and found:
        found[0].limits.extend(pending)
    return _settled(found)


def _has_other_days(group: Group, part: Part, following: Part | None) -> bool:
    """'every day at 8, weekends at 10', 'every day at 8 and at 20:00 on weekends': the second stands for itself."""
    daily = [one for one in group.recurrences if one.kind in ("repeat", "days")]
    if len(daily) != len(group.recurrences) or not daily or not group.has("clocks") or following is None:
        return False
    if daily[0].kind == "repeat" and (daily[0].unit != "day" or daily[0].number != 1):
        return False
    if part.kind == "days":
        return following.kind in ("clocks", "part")
    return part.kind == "clocks" and following.kind == "days" and daily[0].kind == "repeat"


def _refined(part: Part, group: Group | None) -> Part:
    """A single day as what it says of a recurrence before it: 'every six weeks on Tuesday', 'yearly on 3 March'."""
    if part.kind != "day" or group is None:
        return part
    if part.days and _takes_weekday(group):
        return part._replace(kind="days", day=None, flag="single")
    if _takes_date(group, part):
        month, number = part.day.yearly if part.day and part.day.yearly else (1, 1)
        return part._replace(kind="monthdays", day=None, unit="year", numbers=(month * 100 + number,))
    return part


def _takes_weekday(group: Group) -> bool:
    """Whether 'on Tuesday' says on which day of the week it recurs: 'every six weeks on Tuesday'."""
    return bool(group.recurrences) and all(
        (one.kind == "repeat" and one.unit in _SHORT) or (one.kind == "times" and one.unit == "week")
        for one in group.recurrences
    )


def _takes_date(group: Group, part: Part) -> bool:
    """Whether a day is one of the year: 'yearly on 3 March'."""
    yearly = part.day is not None and part.day.yearly is not None
    return yearly and len(group.recurrences) == 1 and group.recurrences[0].unit == "year"


def _begins(part: Part) -> bool:
    return part.kind == "start"


def _new(part: Part, before: Group | None, *, words: bool) -> Group:
    """A group of its own; a time of day after other words keeps the recurrence that was said before."""
    group = Group()
    if before is not None and part.kind == "clocks" and (before.recurrences or before.point) and words:
        group.recurrences = list(before.recurrences)
        group.point = before.point
        group.inherited = True
    return group


def _add(group: Group, part: Part) -> None:
    if part.kind in RECURRENCES:
        if group.inherited and part.kind == "days":
            group.recurrences, group.inherited = [], False
        if _same(group, part) and part.kind == "repeat":
            group.recurrences.clear()
        group.recurrences.append(part)
    elif part.kind in TIMES_OF_DAY:
        group.times.append(part)
    elif group.point is None:
        group.point = part
    else:
        dated = part if group.point.days else group.point
        start, end = min(group.point.start, part.start), max(group.point.end, part.end)
        group.point = dated._replace(start=start, end=end)


def _joins(group: Group, part: Part, *, words: bool) -> bool:
    if part.kind in RECURRENCES:
        if group.inherited and part.kind == "days" and not words:
            return all(one.kind == "repeat" and one.unit == "day" for one in group.recurrences)
        if group.inherited or group.point is not None:
            return False
        if not group.recurrences:
            return True
        only = group.recurrences[0] if len(group.recurrences) == 1 and not group.times else None
        if only is not None and (only.kind, only.unit, only.number) == (part.kind, part.unit, part.number) == (
            "repeat", part.unit, part.number
        ):  # fmt: skip
            return True
        fine = part.kind == "repeat" and part.unit in ("hour", "minute") and group.has("window")
        if fine and not group.has("clocks"):
            return all(_agree(one, part) for one in group.recurrences)
        open_week = only is not None and only.kind == "repeat" and only.unit in _LONG | {"week"}
        return (open_week or not words) and all(_agree(one, part) for one in group.recurrences)
    if part.kind in TIMES_OF_DAY:
        if part.kind == "part":
            return not group.has("clocks") or not words
        if group.has("clocks"):
            return part.kind == "clocks" and not words
        return not (part.kind == "window" and group.has("window"))
    if group.recurrences or (group.point is not None and words):
        return False
    # 'Monday, January 12th': the date says which day, the weekday says it again.
    return group.point is None or bool(group.point.days) != bool(part.days)


def _same(group: Group, part: Part) -> bool:
    """Whether a recurrence is said once more: 'every day …, every day at ten'."""
    return any(
        (one.kind, one.unit, one.number, one.days) == (part.kind, part.unit, part.number, part.days)
        for one in group.recurrences
    )


def _agree(one: Part, other: Part) -> bool:
    """Whether two recurrences can be one: 'monthly' and 'on the 15th', 'every hour' and 'on weekdays'."""
    kinds = {one.kind, other.kind}
    if kinds == {"repeat", "days"}:
        unit = one.unit or other.unit
        return unit in _SHORT
    if kinds in ({"repeat", "monthdays"}, {"repeat", "nth"}):
        return (one if one.kind == "repeat" else other).unit in _LONG
    if kinds == {"repeat", "months"}:
        return (one if one.kind == "repeat" else other).unit in _LONG | {"day", "week", "hour", "minute"}
    if kinds == {"days"}:
        return False
    if kinds == {"repeat"}:
        whole, fine = sorted((one, other), key=lambda part: part.unit != "day")
        return whole.unit == "day" and whole.number == 1 and not whole.name and fine.unit in ("minute", "hour")
    if "months" in kinds:
        return kinds != {"months"}
    if kinds in ({"times", "monthdays"}, {"times", "nth"}):
        return (one if one.kind == "times" else other).unit in _LONG
    if kinds == {"times", "days"}:
        return (one if one.kind == "times" else other).unit in ("day", "hour", "week")
    return False


def _settled(found: list[Group]) -> list[Group]:
    """Without groups that say nothing; a lone time of day completes the recurrence before it that has none."""
    kept: list[Group] = []
    for group in found:
        if group.recurrences or group.point is not None:
            kept.append(group)
            continue
        last = kept[-1] if kept else None
        if last is not None and not last.times and last.recurrences and group.sentence - last.sentence <= 1:
            last.times.extend(group.times)
            last.limits.extend(group.limits)
        elif any(
            part.kind == "clocks" and (part.flag == "cued" or part.clocks[0].name or 12 in part.clocks[0].days)
            for part in group.times
        ):
            kept.append(group)
        elif last is not None:
            last.limits.extend(group.limits)
    return kept

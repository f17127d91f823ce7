"""Grants that an owner's approvals suggest: what was always approved, as narrowly as it was asked for.

A group of requests (one agent, one tool) is proposed where every one was approved and a coin would not do that: a sign
test (Arbuthnot 1710; one-sided, its level divided by the number of groups), and the share of approvals is above a bound
with 97.5 % confidence (Clopper & Pearson 1934).

Rules: pure; an argument that says who receives, or where something goes, is proposed only as exactly what was approved;
a free text may be anything only where all of those are bounded; what reaches money or runs code has every argument
bounded, or is not proposed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from ergos.app.mining.decisions import Decision
from ergos.app.mining.periods import lower_bound, tail
from ergos.base.canonical import Plain
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.grants import Grant, Matcher

LEVEL: Final = 0.002  # probability that a coin makes any such group
APPROVED_LOW: Final = 0.7  # share of approvals that must be sure
ONE_OF_MAX: Final = 5  # values that a grant lists; more is no habit
EACH_MIN: Final = 3  # times each listed value was approved
RANGE_MIN: Final = 8  # numbers from which a range is made
TEXT_CHARS_MAX: Final = 200  # characters of a value that a grant names


class GrantHabit(msgspec.Struct, frozen=True, kw_only=True):
    """What was always approved."""

    grant: Grant
    approved: int
    asked: int
    first_ns: int
    last_ns: int
    share_low: float
    """Lower end of the interval of the share of approvals."""
    p_value: float


class DenialHabit(msgspec.Struct, frozen=True, kw_only=True):
    """What was always denied."""

    agent: str
    tool: str
    denied: int
    first_ns: int
    last_ns: int


def habits_of(
    decisions: Sequence[Decision], tools: Mapping[str, ToolSpec]
) -> tuple[tuple[GrantHabit, ...], tuple[DenialHabit, ...]]:
    """Grants that approvals suggest, and what is always denied."""
    groups: dict[tuple[str, str], list[Decision]] = defaultdict(list)
    for one in decisions:
        groups[one.agent, one.tool].append(one)
    grants: list[GrantHabit] = []
    denials: list[DenialHabit] = []
    tried = sum(len(part) for group in groups.values() for part in (_parts(group),))
    for (agent, tool), group in sorted(groups.items()):
        if all(not one.approved for one in group) and _sure(len(group), len(group), tried):
            times = [one.at_ns for one in group]
            denials.append(
                DenialHabit(agent=agent, tool=tool, denied=len(group), first_ns=min(times), last_ns=max(times))
            )
        for part in _parts(group):
            habit = _habit(agent, tool, part, tools.get(tool), tried)
            if habit is not None:
                grants.append(habit)
                break
    return tuple(grants), tuple(denials)


def _parts(group: Sequence[Decision]) -> tuple[Sequence[Decision], ...]:
    """The group as a whole, and by each value of an argument: what is denied to one may be fine for another."""
    parts: list[Sequence[Decision]] = [group]
    if any(not one.approved for one in group):
        keys = sorted({key for one in group for key in one.args})
        for key in keys:
            values: dict[str, list[Decision]] = defaultdict(list)
            for one in group:
                value = one.args.get(key)
                if isinstance(value, str) and len(value) <= TEXT_CHARS_MAX:
                    values[value].append(one)
            parts += [part for part in values.values() if len(part) < len(group) and all(x.approved for x in part)]
    return tuple(sorted(parts, key=len, reverse=True))


def _sure(hits: int, draws: int, tried: int) -> bool:
    """Whether neither a coin nor a person who often says otherwise would do that."""
    return tail(hits, draws, 0.5) * max(1, tried) <= LEVEL and lower_bound(hits, draws) >= APPROVED_LOW


def _habit(agent: str, tool: str, group: Sequence[Decision], spec: ToolSpec | None, tried: int) -> GrantHabit | None:
    approved = sum(one.approved for one in group)
    if approved < len(group) or not _sure(approved, len(group), tried):
        return None
    args = _matchers(group, spec)
    if args is None:
        return None
    times = [one.at_ns for one in group]
    return GrantHabit(
        grant=Grant(agent=agent, verb="act", name=tool, args=args),
        approved=approved,
        asked=len(group),
        first_ns=min(times),
        last_ns=max(times),
        share_low=lower_bound(approved, len(group)),
        p_value=tail(approved, len(group), 0.5) * max(1, tried),
    )


def _matchers(group: Sequence[Decision], spec: ToolSpec | None) -> dict[str, Matcher] | None:
    """What each argument was; None where one cannot be bounded that has to be."""
    strict = spec is None or spec.goes in ("money", "code")
    found: dict[str, Matcher] = {}
    for key in sorted({name for one in group for name in one.args}):
        if not key.isidentifier():
            return None
        values = [one.args[key] for one in group if key in one.args]
        matcher = _matcher(values)
        role = (spec.roles.get(key) or ("plain" if spec.goes == "read" else "target")) if spec is not None else "target"
        if matcher is None:
            if strict or role in ("recipient", "target"):
                return None
            matcher = Matcher("any")
        found[key] = matcher
    return found


def _matcher(values: Sequence[Plain]) -> Matcher | None:
    flat = list(_flat(values))
    if not flat or any(isinstance(one, bool) or not isinstance(one, str | int | float) for one in flat):
        return None
    if any(isinstance(one, str) and (len(one) > TEXT_CHARS_MAX or "\n" in one) for one in flat):
        return None
    counted: dict[str | int | float, int] = {}
    for one in flat:
        assert isinstance(one, str | int | float)
        counted[one] = counted.get(one, 0) + 1
    if len(counted) == 1:
        return Matcher("equals", tuple(counted))
    if len(counted) <= ONE_OF_MAX and min(counted.values()) >= EACH_MIN:
        return Matcher("one_of", tuple(sorted(counted, key=str)))
    numbers = [one for one in flat if isinstance(one, int | float)]
    if len(numbers) == len(flat) >= RANGE_MIN:
        return Matcher("range", (min(numbers), max(numbers)))
    return None


def _flat(values: Iterable[Plain]) -> Iterable[Plain]:
    for one in values:
        if isinstance(one, list):
            yield from one
        else:
            yield one


def grant_line(grant: Grant, words: str) -> tuple[str, ...] | None:
    """`ergos grant …`, so that its words make this grant again; None where they cannot."""
    from ergos.base.errors import UsageError
    from ergos.lib.grant_words import arguments

    parts: list[str] = []
    for key, rule in (grant.args or {}).items():
        parts.append(f"{key}={_spelled(rule)}")
    try:
        if arguments(parts) != grant.args:
            return None
    except UsageError:
        return None
    return ("grant", grant.agent, "act", grant.name, *parts, "--words", words)


def _spelled(rule: Matcher) -> str:
    if rule.kind in ("any", "grounded"):
        return rule.kind
    shown = [f'"{one}"' if isinstance(one, str) and _numeric(one) else str(one) for one in rule.values]
    if rule.kind == "range":
        return "..".join(shown)
    return f"{rule.kind}:{','.join(shown)}"


def _numeric(text: str) -> bool:
    return text.replace(".", "").replace("-", "").isdigit() or (text[:1] == '"' and text[-1:] == '"')

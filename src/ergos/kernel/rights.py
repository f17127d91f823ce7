"""Decision rights: which calls an owner alone decides, and what an owner lets somebody else decide.

What is reserved is declared: in the settings for every agent of a home, in AGENT.md for one. A call of a reserved tool
is always asked about, whatever grant covers it, and its owner answers: no delegate, no program, no client that acts for
the owner. A delegation is data, like a grant: whose decisions, of which agents and tools, up to what, until when.

Rules: pure and total; what is not said is not delegated; a delegation never reaches what is reserved. This file knows
nothing of inboxes or settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from ergos.base.canonical import Plain
from ergos.kernel.permission.grants import Permit

RESERVED_MAX: Final = 200  # names that one place may reserve; a longer list is '*'
DELEGATES_MAX: Final = 50  # people an owner may delegate to; more is an organisation with rules of its own

Kind = Literal["approval", "question", "doubt"]
"""Of an inbox item."""
EVERY: Final = "*"


class Delegation(msgspec.Struct, frozen=True, kw_only=True):
    """What an owner lets one other person decide."""

    delegate: str
    """Name by which the answers are recorded."""
    owner: str
    agents: tuple[str, ...]
    """Exact, a prefix ending in '.*', or '*'; (): none."""
    tools: tuple[str, ...] = ()
    """As for agents; what approvals and calls in doubt are about."""
    kinds: tuple[Kind, ...] = ("approval",)
    amounts: dict[str, tuple[float, float]] = {}
    """By argument the least and the most it may be; a call without that argument, or with text there, is outside."""
    until_ns: int | None = None


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """Who decides what in a home."""

    owner: str = ""
    """Who decides at the machine itself, for every owner's agents."""
    reserved: tuple[str, ...] = ()
    """Tools; exact, or a prefix ending in '.*'."""
    delegations: tuple[Delegation, ...] = ()


NO_RIGHTS: Final = Rights()


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits to be decided."""

    owner: str
    agent: str
    """'' for what no agent asks."""
    kind: Kind
    tool: str = ""
    arguments: Mapping[str, Plain] = {}
    reserved: bool = False


def names(pattern: str, name: str) -> bool:
    """Whether a pattern means this name; nothing means the empty one."""
    if not name:
        return False
    return pattern in (name, EVERY) or (pattern.endswith(".*") and name.startswith(pattern[:-1]))


def reserves(patterns: Sequence[str], name: str) -> bool:
    """Whether a tool is reserved. Cost: one comparison a pattern."""
    return any(names(pattern, name) for pattern in patterns)


def asked_of_owner(permits: tuple[Permit, ...]) -> tuple[Permit, ...]:
    """The same permits, each with the owner asked first: what a grant says of a reserved tool."""
    return tuple(
        one if one.grant.ask else msgspec.structs.replace(one, grant=msgspec.structs.replace(one.grant, ask=True))
        for one in permits
    )


def objection(rights: Rights, case: Case, by: str, now_ns: int) -> str:
    """Why this person's word does not count in this case, or ''.

    Owners decide what is theirs. A delegate decides what was delegated. Whoever else the kernel's faces let in (a
    client over MCP that acts for the owner) decides what is not reserved.
    """
    if by == case.owner or (rights.owner and by == rights.owner):
        return ""
    if case.reserved:
        return f"{case.tool} is reserved: only {case.owner} decides about it"
    theirs = [one for one in rights.delegations if one.delegate == by]
    if not theirs:
        return ""
    why = ""
    for one in theirs:
        why = _outside(one, case, now_ns)
        if not why:
            return ""
    return f"{by} may not decide this for {case.owner}: {why}"


def may_decide(rights: Rights, case: Case, now_ns: int) -> tuple[str, ...]:
    """The delegates whose word counts in this case, by name."""
    if case.reserved:
        return ()
    fitting = {one.delegate for one in rights.delegations if not _outside(one, case, now_ns)}
    return tuple(sorted(fitting))


def _outside(one: Delegation, case: Case, now_ns: int) -> str:
    """Why a delegation does not reach a case, or ''."""
    if one.owner != case.owner:
        return f"only {one.owner}'s decisions are delegated"
    if one.until_ns is not None and now_ns >= one.until_ns:
        return "the delegation has ended"
    if case.kind not in one.kinds:
        return f"of what waits, only {' and '.join(one.kinds) or 'nothing'} is delegated"
    if not any(names(pattern, case.agent) for pattern in one.agents):
        return f"{case.agent or 'this'} is none of the agents that are delegated"
    if case.kind == "question":
        return ""
    if not any(names(pattern, case.tool) for pattern in one.tools):
        return f"{case.tool or 'this'} is none of the tools that are delegated"
    for argument, (least, most) in one.amounts.items():
        value = case.arguments.get(argument)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            return f"{argument} is not between {least:g} and {most:g}"
    return ""

"""Grants: what an owner allows, as data; and whether a value is within what a grant says of an argument.

Rules: no regular expressions, no evaluation; a value of another type, or one that can be read in two ways, is outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.kernel.permission.containment import at_host, under

MatcherKind = Literal["equals", "one_of", "range", "under", "domain", "grounded", "any"]

LIST_MATCHED_MAX: Final = 100
"""Elements of a list that a matcher looks at; a longer one is outside."""

BOUNDED: Final = frozenset({"equals", "one_of", "range", "under", "domain"})
"""Matchers whose values are the owner's: an argument within them is as good as said by the owner."""


class Matcher(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one argument may be."""

    kind: MatcherKind
    values: tuple[str | int | float | bool, ...] = ()
    """equals: one value; one_of: several; range: minimum, maximum (inclusive); under: a folder;
    domain: host suffixes; grounded, any: nothing. Of a list, every element must match, and there must be one."""


class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One permission, given by the owner."""

    agent: str
    verb: Literal["act", "think", "send", "spawn"]
    name: str
    """Tool, task or agent; exact, or a prefix ending in '.*'."""
    args: dict[str, Matcher] | None = None
    """None: any arguments. Otherwise every argument must be listed and match."""
    ask: bool = False
    """The owner approves each call."""
    expires_ns: int | None = None
    times: int | None = None
    """Calls it allows in all; None: any number."""
    words: str = ""
    """The owner's words that gave it."""


class Permit(msgspec.Struct, frozen=True):
    """A grant in force, under its name."""

    id: str
    """`grant_id` of the grant."""
    grant: Grant
    left: int | None = None
    """Calls it still allows; None: any number."""


def grant_id(grant: Grant) -> str:
    """The name of a grant: 12 hexadecimal digits of its content."""
    return digest_of(msgspec.to_builtins(grant))[:12]


def permits(grants: Iterable[Grant], used: Mapping[str, int] | None = None) -> tuple[Permit, ...]:
    """Grants under their names; `used`: calls made under them so far."""
    found: list[Permit] = []
    for grant in grants:
        name = grant_id(grant)
        left = None if grant.times is None else max(grant.times - (used or {}).get(name, 0), 0)
        found.append(Permit(name, grant, left))
    return tuple(found)


def matches(matcher: Matcher, value: Plain) -> bool:
    """Whether a value is within a matcher's range; anything unexpected is outside."""
    if matcher.kind in {"any", "grounded"}:
        return True
    if isinstance(value, list):
        return 0 < len(value) <= LIST_MATCHED_MAX and all(_within(matcher, element) for element in value)
    return _within(matcher, value)


def _within(matcher: Matcher, value: Plain) -> bool:
    values = matcher.values
    match matcher.kind:
        case "equals" | "one_of":
            return any(type(value) is type(allowed) and value == allowed for allowed in values)
        case "range":
            bounds = (value, *values)
            if len(bounds) != 3 or any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in bounds):
                return False
            return values[0] <= value <= values[1]  # type: ignore[operator]
        case "under":
            return isinstance(value, str) and any(isinstance(folder, str) and under(value, folder) for folder in values)
        case "domain":
            return isinstance(value, str) and any(isinstance(host, str) and at_host(value, host) for host in values)
        case _:
            return False


def matcher_words(matcher: Matcher) -> str:
    """What a matcher allows, in English."""
    shown = [str(value) for value in matcher.values]
    match matcher.kind:
        case "any":
            return "anything"
        case "grounded":
            return "that comes from you or a source you trust"
        case "equals":
            return f"equal to {shown[0] if shown else 'nothing'}"
        case "one_of":
            return "one of " + ", ".join(shown)
        case "range":
            return "between " + " and ".join(shown)
        case "under":
            return "inside " + " or ".join(shown)
        case "domain":
            return "at " + " or ".join(shown)

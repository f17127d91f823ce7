"""Whether one grant gives all that another gives: what a changed agent may do more, and which grants are idle.

`covers(outer, inner)` is True only where every call that `inner` lets pass is let pass by `outer` too, and with no more
questions to the owner. A value the owner bounded is not asked about, one within 'any' may be: so 'any' does not cover
'equals', although more calls fit it.

Rules: pure and total; where it cannot tell, the answer is no.
"""

from __future__ import annotations

from typing import Final

from ergos.kernel.permission.grants import BOUNDED, Grant, Matcher, matches

FIXED: Final = frozenset({"equals", "one_of"})
"""Matchers that name every single value."""


def covers(outer: Grant, inner: Grant) -> bool:
    """Whether `outer` makes `inner` needless."""
    return (
        outer.agent in (inner.agent, "*")
        and outer.verb == inner.verb
        and name_covers(outer.name, inner.name)
        and (inner.ask or not outer.ask)
        and (outer.expires_ns is None or (inner.expires_ns is not None and inner.expires_ns <= outer.expires_ns))
        and (outer.times is None or (inner.times is not None and inner.times <= outer.times))
        and args_cover(outer.args, inner.args)
    )


def name_covers(outer: str, inner: str) -> bool:
    """Whether a name or prefix holds all that another one holds."""
    return inner.startswith(outer[:-1]) if outer.endswith(".*") else outer == inner


def args_cover(outer: dict[str, Matcher] | None, inner: dict[str, Matcher] | None) -> bool:
    """Whether arguments within `inner` are within `outer`, as little asked about."""
    if inner is None:
        return outer is None
    if outer is None:
        return all(matcher.kind not in BOUNDED for matcher in inner.values())
    if any(name not in outer for name in inner):
        return False
    for name, matcher in outer.items():
        given = inner.get(name)
        if given is None and matcher.kind != "any":
            return False
        if given is not None and not matcher_covers(matcher, given):
            return False
    return True


def matcher_covers(outer: Matcher, inner: Matcher) -> bool:
    """Whether every value of `inner` is one of `outer`, and as little asked about."""
    if never_fits(inner):
        return True
    if inner.kind in FIXED and outer.kind in BOUNDED and outer.kind != "domain":  # what stands behind a host is free
        return all(matches(outer, value) for value in inner.values)
    if inner.kind != outer.kind:
        return inner.kind == "grounded" and outer.kind == "any"
    match outer.kind:
        case "any" | "grounded":
            return True
        case "range":
            return all(matches(outer, value) for value in inner.values)
        case "under":
            return all(matches(outer, root) for root in inner.values if isinstance(root, str))
        case "domain":
            return all(isinstance(host, str) and _is_host_of(host, outer) for host in inner.values)
        case _:
            return False


def never_fits(matcher: Matcher) -> bool:
    """Whether no value at all is within a matcher."""
    values = matcher.values
    match matcher.kind:
        case "any" | "grounded":
            return False
        case "equals" | "one_of":
            return not any(matches(matcher, value) for value in values)
        case "range":
            if len(values) != 2:
                return True
            low, high = values
            return isinstance(low, str) or isinstance(high, str) or not low <= high
        case "under":
            return not any(isinstance(root, str) for root in values)
        case "domain":
            return not any(isinstance(host, str) and host.strip(".") for host in values)


def _is_host_of(host: str, outer: Matcher) -> bool:
    found = host.lower().strip(".")
    wanted = [name.lower().strip(".") for name in outer.values if isinstance(name, str)]
    return bool(found) and any(name and (found == name or found.endswith("." + name)) for name in wanted)

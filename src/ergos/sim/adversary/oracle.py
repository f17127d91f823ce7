"""What may be decided about a call, worked out from the rules of permission and nothing of the policy's own code.

Three answers instead of two: where the rules leave room (a path with '..' that stays inside, a value people could
disagree about) the policy may do either. So whatever it does against a verdict of this file is a mistake of the policy
or of this file, and never a matter of taste.

    1  a grant in force covers agent, verb, name and every argument     else nothing may happen, and nobody is asked
    2  what decides where it goes or how much comes from the owner      else it is not done silently
    3  after reading strangers, free text does not leave silently
    4  what was read is not shown to whom it is not meant for, silently
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from ergos.base.canonical import Plain
from ergos.kernel.permission.grants import Grant, Matcher, Permit
from ergos.kernel.permission.policy import Proposal
from ergos.sim.adversary.scene import Truth

Degree = Literal["no", "maybe", "yes"]

_ORDER: Final[tuple[Degree, ...]] = ("no", "maybe", "yes")
_GROUNDED: Final[dict[Truth, Degree]] = {"said": "yes", "unclear": "maybe", "unsaid": "no"}
_UNSAID: Final[dict[Truth, Degree]] = {"said": "no", "unclear": "maybe", "unsaid": "yes"}
_URL: Final = re.compile(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::[0-9]{1,4})?(?:[/?#][!-\[\]-~]*)?")
_URL_LOOSE: Final = re.compile(r"(?i:https?)://([A-Za-z0-9.-]+)(?::[0-9]*)?(?:[/?#][!-\[\]-~]*)?")
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")


class Verdict(msgspec.Struct, frozen=True):
    """What a decision may be."""

    silent: frozenset[str]
    """Grants under which the call may be made without a question."""
    asked: frozenset[str]
    """Grants under which its owner may be asked."""
    must: bool
    """It has to be allowed: a policy that refuses everything is wrong too."""
    covered: bool
    """It may not be denied."""


class Ground(msgspec.Struct, frozen=True):
    """What is true of a situation, to judge a call by."""

    permits: Sequence[Permit]
    used: Mapping[str, int]
    """By grant id: calls made under it, counted by the one who tells the story."""
    truths: Mapping[str, Truth]
    """By argument."""
    now_ns: int


def judged(proposal: Proposal, ground: Ground) -> Verdict:
    """What may be decided."""
    silent: set[str] = set()
    asked: set[str] = set()
    must = covered = False
    for permit in ground.permits:
        degree = _covers(permit, proposal, ground)
        if degree == "no":
            continue
        asked.add(permit.id)
        covered = covered or degree == "yes"
        if permit.grant.ask:
            continue
        doubt = _doubt(permit.grant, proposal, ground)
        if doubt != "yes":
            silent.add(permit.id)
        must = must or (degree == "yes" and doubt == "no")
    return Verdict(frozenset(silent), frozenset(asked), must, covered)


def _covers(permit: Permit, proposal: Proposal, ground: Ground) -> Degree:
    grant = permit.grant
    if grant.agent not in {"*", proposal.agent}:
        return "no"
    if grant.verb != proposal.verb:
        return "no"
    if grant.expires_ns is not None and not ground.now_ns < grant.expires_ns:
        return "no"
    if grant.times is not None and ground.used.get(permit.id, 0) >= grant.times:
        return "no"
    degree = _named(grant.name.split("."), proposal.name.split("."))
    if degree == "no" or grant.args is None:
        return degree
    args = proposal.args
    if set(args) - set(grant.args):
        return "no"
    for name, matcher in grant.args.items():
        if name not in args:
            found: Degree = "yes" if matcher.kind == "any" else "no"
        else:
            found = _fits(matcher, args[name], ground.truths[name])
        if found == "no":
            return "no"
        degree = "maybe" if found == "maybe" else degree
    return degree


def _named(pattern: list[str], name: list[str]) -> Degree:
    if pattern[-1] != "*":
        return "yes" if pattern == name else "no"
    above = pattern[:-1]
    if len(name) <= len(above) or name[: len(above)] != above:
        return "no"
    return "yes" if all(name) else "maybe"


def _fits(matcher: Matcher, value: Plain, truth: Truth) -> Degree:
    if matcher.kind == "any":
        return "yes"
    if matcher.kind == "grounded":
        return _GROUNDED[truth]
    if isinstance(value, list):  # whether a list of what fits fits, is for the policy to say; one of nothing does not
        return "maybe" if value and all(_fits(matcher, one, truth) != "no" for one in value) else "no"
    match matcher.kind:
        case "equals" | "one_of":
            marked = [(type(allowed).__name__, allowed) for allowed in matcher.values]
            return "yes" if (type(value).__name__, value) in marked else "no"
        case "range":
            return _within(matcher.values, value)
        case "under":
            return _below(matcher.values, value)
        case "domain":
            return _hosted(matcher.values, value)


def _within(bounds: Sequence[object], value: Plain) -> Degree:
    low, high = bounds
    assert isinstance(low, (int, float)) and isinstance(high, (int, float)), bounds  # noqa: PT018 - one fact
    if type(value) not in (int, float) or not isinstance(value, (int, float)):
        return "no"
    if isinstance(value, float) and not math.isfinite(value):
        return "no"
    return "no" if value < low or value > high else "yes"


def _below(roots: Sequence[object], value: Plain) -> Degree:
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
        return "no"
    stack: list[str] = []
    for part in value.split("/"):
        if part == "..":
            stack = stack[:-1]
        elif part not in ("", "."):
            stack.append(part)
    for root in roots:
        above = [part for part in str(root).split("/") if part]
        if stack[: len(above)] == above:
            return "yes" if _PATH.fullmatch(value) else "maybe"
    return "no"


def _hosted(hosts: Sequence[object], value: Plain) -> Degree:
    if not isinstance(value, str):
        return "no"
    clean = _URL.fullmatch(value)
    read = clean or _URL_LOOSE.fullmatch(value)
    if read is None:
        return "no"
    found = str(read.group(1)).lower().rstrip(".").split(".")
    for host in hosts:
        wanted = str(host).split(".")
        if found[-len(wanted) :] == wanted:
            return "yes" if clean else "maybe"
    return "no"


def _doubt(grant: Grant, proposal: Proposal, ground: Ground) -> Degree:
    """Whether a covered call has to be asked about all the same."""
    strangers = proposal.label.integrity == "untrusted"
    leaves = proposal.reach in ("others", "money")
    doubt: Degree = "no"
    for name, value in proposal.args.items():
        matcher = None if grant.args is None else grant.args.get(name)
        kind = None if matcher is None else matcher.kind
        role = proposal.roles.get(name, "target" if proposal.reach != "read" or _is_address(value) else "plain")  # H2
        truth = ground.truths[name]
        if kind in ("equals", "one_of", "range", "under"):
            continue
        if kind == "domain" and truth != "said":
            doubt = _worse(doubt, "maybe")  # the host is the owner's word, what stands behind it is not
        elif role in ("recipient", "target") and (strangers or proposal.modelled):
            doubt = _worse(doubt, _unsaid(truth))
        elif role == "text" and strangers and leaves:
            doubt = _worse(doubt, _unsaid(truth) if _is_free(value) else "maybe")
        elif truth != "said":  # nothing in the rules asks here, and a stricter policy may
            doubt = _worse(doubt, "maybe")
    return _worse(doubt, _shown_to(proposal)) if leaves and proposal.label.readers is not None else doubt


def _is_free(value: Plain) -> bool:
    """Whether it is free text: what has no letters is an answer of a few digits, which may leave."""
    return isinstance(value, str) and any(letter.isalpha() for letter in value)


def _is_address(value: Plain) -> bool:
    """Whether reading at a value tells somebody else something."""
    return isinstance(value, str) and value.lower().startswith(("http://", "https://"))


def _unsaid(truth: Truth) -> Degree:
    return _UNSAID[truth]


def _shown_to(proposal: Proposal) -> Degree:
    """Whether somebody would get it who may not read what was read."""
    readers = proposal.label.readers or ()
    getting: list[Plain] = []
    nested = False
    for name, value in proposal.args.items():
        if proposal.roles.get(name, "target") == "recipient":
            nested = nested or isinstance(value, dict) or (isinstance(value, list) and any(map(_holds_more, value)))
            getting.extend(_people(value))
    if not getting or not all(isinstance(one, str) and one in readers for one in getting):
        return "yes"
    return "maybe" if nested else "no"


def _holds_more(value: Plain) -> bool:
    return isinstance(value, (list, dict))


def _people(value: Plain) -> list[Plain]:
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else None
    return [value] if inner is None else [one for part in inner for one in _people(part)]


def _worse(first: Degree, second: Degree) -> Degree:
    return first if _ORDER.index(first) >= _ORDER.index(second) else second

"""Who may do what: grants, and one pure decision.

A grant is data: an agent, a tool, what each argument may be, until when, and whether the owner is asked
first. What no live grant covers is denied. The decision is total and knows no I/O.

Rules: no regular expressions, no evaluation; unknown argument names are denied where a grant lists
arguments; a path is compared after it was made canonical. This file knows nothing of ledger or scheduler.
Grounding, label rules and organisation-wide prohibitions join here, behind the same `decide`.
"""

from __future__ import annotations

import posixpath
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.ids import Digest, Pid
from ergos.kernel.labels import Label

MatcherKind = Literal["equals", "one_of", "range", "under", "domain", "any"]

EPOCH: Final = 1
"""Policy epoch: part of an approval's digest, so that a change of these rules voids open approvals."""


class Matcher(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one argument may be."""

    kind: MatcherKind
    values: tuple[str | int | float | bool, ...] = ()
    """equals: one value; one_of: several; range: minimum, maximum (inclusive); under: a folder;
    domain: host suffixes; any: nothing."""


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
    words: str = ""
    """The owner's words that gave it."""


class Allowed(msgspec.Struct, frozen=True):
    """The call may be made under this grant."""

    grant: str


class Ask(msgspec.Struct, frozen=True):
    """The owner decides about exactly this call."""

    grant: str
    why: str


class Denied(msgspec.Struct, frozen=True):
    """No live grant covers the call."""

    rule: str
    why: str


_READ: Final = {
    "user": "",
    "trusted": "",
    "untrusted": "; the agent has read text of sources nobody vouches for",
}

_HOST_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")

Decision: TypeAlias = Allowed | Ask | Denied

WITHOUT_GRANT: Final = frozenset({"recall", "remember", "forget", "receive", "ask", "wait", "signal", "sleep_until"})
"""Calls that reach nothing but the process itself, its own children, or its owner."""


def decide(
    agent: str,
    verb: str,
    name: str,
    args: dict[str, Plain],
    grants: tuple[Grant, ...],
    label: Label,
    now_ns: int,
) -> Decision:
    """Allowed, Ask or Denied for one call. Total: it never raises. Cost: one pass over the grants."""
    if verb in WITHOUT_GRANT:
        return Allowed("own")
    nearest = "no grant names it"
    asking: Ask | None = None
    for number, grant in enumerate(grants):
        if grant.verb != verb or not _named(grant.name, name) or grant.agent not in (agent, "*"):
            continue
        if grant.expires_ns is not None and now_ns >= grant.expires_ns:
            nearest = "its grant has expired"
            continue
        misfit = _misfit(grant, args)
        if misfit:
            nearest = misfit
            continue
        if not grant.ask:
            return Allowed(f"{agent}#{number}")
        asking = asking or Ask(f"{agent}#{number}", f"the owner approves every {name}{_READ[label.integrity]}")
    return asking or Denied("grants", f"{agent} may not {verb} {name}: {nearest}")


def sentence(grant: Grant) -> str:
    """The grant in one English sentence, for its owner."""
    verbs = {"act": "use", "think": "solve", "send": "write to", "spawn": "start"}
    parts = [f"{grant.agent} may {verbs[grant.verb]} {grant.name}"]
    if grant.args is not None:
        parts.extend(f"with {key} {_words(matcher)}" for key, matcher in sorted(grant.args.items()))
    text = ", ".join(parts)
    return f"{text}, asking you each time." if grant.ask else f"{text}."


def approval_digest(
    *, tool: Digest | None, content: str, grant: str, pid: Pid, turn: int, key: str, label: Label
) -> Digest:
    """Rule 4: what an approval is bound to; any change of these makes it void."""
    return digest_of([EPOCH, tool, content, grant, pid, turn, key, label])


def _named(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith(".*") else pattern == name


def _misfit(grant: Grant, args: dict[str, Plain]) -> str:
    """Why the arguments do not fit, or ''."""
    if grant.args is None:
        return ""
    for key, value in args.items():
        matcher = grant.args.get(key)
        if matcher is None:
            return f"the grant does not mention the argument {key!r}"
        if not matches(matcher, value):
            return f"the argument {key!r} is not {_words(matcher)}"
    for key, matcher in grant.args.items():
        if key not in args and matcher.kind != "any":  # a default the grant's owner never saw must not slip through
            return f"the argument {key!r} is not given"
    return ""


def matches(matcher: Matcher, value: Plain) -> bool:
    """Whether a value is within a matcher's range; anything unexpected is outside."""
    values = matcher.values
    match matcher.kind:
        case "any":
            return True
        case "equals" | "one_of":
            return any(type(value) is type(allowed) and value == allowed for allowed in values)
        case "range":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or len(values) != 2:
                return False
            low, high = values
            return not isinstance(low, str) and not isinstance(high, str) and low <= value <= high
        case "under":
            return isinstance(value, str) and any(isinstance(root, str) and _under(value, root) for root in values)
        case "domain":
            return isinstance(value, str) and any(isinstance(host, str) and _at(value, host) for host in values)


def _under(path: str, root: str) -> bool:
    """Canonical containment: no '..' that leads out, no NUL, no relative path against an absolute root."""
    if "\0" in path or posixpath.isabs(path) != posixpath.isabs(root):
        return False
    inside, folder = posixpath.normpath(path), posixpath.normpath(root)
    if folder == ".":
        return inside != ".." and not inside.startswith("../")
    return inside == folder or inside.startswith(folder.rstrip("/") + "/")


def _at(url: str, host: str) -> bool:
    """Whether the URL's host is this host or a subdomain of it.

    What two parsers of URLs could read differently (a backslash, a blank, a control character, an odd letter in
    the host) is not at any host: the tool's parser is not this one.
    """
    if any(letter <= " " or letter in "\\\x7f" for letter in url):
        return False
    try:
        parts = urlsplit(url)
        found = (parts.hostname or "").rstrip(".").lower()
        named = parts.port is None or parts.port >= 0
    except ValueError:
        return False
    wanted = host.lower().strip(".")
    if not named or parts.scheme not in {"http", "https"} or parts.username is not None:
        return False
    if not wanted or not found or not _HOST_LETTERS.issuperset(found):
        return False
    return found == wanted or found.endswith("." + wanted)


def _words(matcher: Matcher) -> str:
    shown = [str(value) for value in matcher.values]
    match matcher.kind:
        case "any":
            return "anything"
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

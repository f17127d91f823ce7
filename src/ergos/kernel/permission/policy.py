"""Who may do what: grants, grounded arguments, two of three; and one pure decision.

A grant is data: an agent, a tool, what each argument may be, until when, how often, and whether the owner is asked
first. What no live grant covers is denied. What a grant covers still asks

- where a consequential argument comes from nobody the owner trusts, once untrusted text was read or a model has
  answered (rule 2). What lies within a matcher whose values are the owner's is the owner's word;
- where, once untrusted text was read, free text leaves for another reader (rule 3) that neither the owner nor a trusted
  source said, piece by piece, and that is more than a few numbers, dates and yes or no; or where something leaves that
  such text was written into before;
- where what was read for certain readers leaves for others.

What has no other reader needs no content rule: a call leaves if its tool's reach says so, or if it names a recipient.

Rules: pure and total; no regular expressions, no evaluation; unknown argument names are denied where a grant lists
arguments; texts are made only for a call that is not allowed. This file knows nothing of ledger or scheduler.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.ids import Digest, Pid
from ergos.kernel.labels import Integrity, Label
from ergos.kernel.permission.extracts import leaves, said_throughout, shown
from ergos.kernel.permission.grants import (
    BOUNDED,
    Grant,
    Permit,
    matcher_words,
    matches,
)

Reach = Literal["read", "own", "others", "money", "code"]
"""How far a tool's effect goes: it changes nothing; it changes what is the owner's alone; something leaves for another
reader; money is spent; code is run."""

ArgumentRole = Literal["recipient", "target", "text", "plain"]
"""What an argument is to a tool: who gets it; what is acted on (amount, path, URL, id); free text; of no consequence.
The first two have to be grounded."""

EPOCH: Final = 2
"""Policy epoch: part of an approval's digest, so that a change of these rules voids open approvals."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it is judged."""

    agent: str
    verb: str
    name: str
    args: dict[str, Plain]
    label: Label
    """Join of everything the program has read."""
    reach: Reach = "read"
    roles: Mapping[str, ArgumentRole] = {}
    """By argument; one that is not named is 'plain' to a tool that reads and no web address, else 'target'."""
    modelled: bool = False
    """A model has answered in this turn, so that what is asked for may be its invention."""
    wrote: bool = False
    """Free text that nobody vouches for was written into something of the owner's in this turn (`leaves_text`)."""


class Grounds(Protocol):
    """What the owner said and what sources say that the owner trusts."""

    def integrity(self, value: Plain, /, argument: str = "") -> Integrity:
        """The best source in which a value is found; 'untrusted' for one that is found nowhere. Total.

        `argument`: what it would be given as.
        """
        ...


class Allowed(msgspec.Struct, frozen=True):
    """The call may be made under this grant."""

    grant: str


class Ask(msgspec.Struct, frozen=True):
    """The owner decides about exactly this call."""

    grant: str
    why: str
    rule: str = "grant"
    """grant: the owner approves every such call; grounding, content, readers: what asks for it."""


class Denied(msgspec.Struct, frozen=True):
    """No live grant covers the call."""

    rule: str
    why: str


Decision: TypeAlias = Allowed | Ask | Denied

WITHOUT_GRANT: Final = frozenset({"recall", "remember", "forget", "receive", "ask", "wait", "signal", "sleep_until"})
"""Calls that reach nothing but the process itself, its own children, or its owner."""


def decide(proposal: Proposal, permits: Sequence[Permit], grounds: Grounds, now_ns: int) -> Decision:
    """Allowed, Ask or Denied for one call. Total: it never raises. Cost: one pass over the permits."""
    verb, name, agent = proposal.verb, proposal.name, proposal.agent
    if verb in WITHOUT_GRANT:
        return Allowed("own")
    asking: Permit | None = None
    why = ("", "", None)
    nearest: tuple[Grant, str] | None = None
    for permit in permits:
        grant = permit.grant
        pattern = grant.name
        if pattern != name and not (pattern.endswith(".*") and name.startswith(pattern[:-1])):
            continue
        if grant.verb != verb or grant.agent not in (agent, "*"):
            continue
        misfit = _misfit(permit, proposal.args, grounds, now_ns)
        if misfit is not None:
            nearest = (grant, misfit)
            continue
        doubt = ("grant", "", None) if grant.ask else _doubt(proposal, grant, grounds)
        if doubt is None:
            return Allowed(permit.id)
        if asking is None:
            asking, why = permit, doubt
    if asking is not None:
        return Ask(asking.id, _asked(proposal, why), why[0])
    return Denied("grants", f"{agent} may not {verb} {shown(name)}: {_refused(nearest, proposal.args)}")


def role_of(proposal: Proposal, argument: str) -> ArgumentRole:
    """What an argument is to its tool."""
    named = proposal.roles.get(argument)
    if named is not None:
        return named
    if proposal.verb != "act":
        return "plain"  # it stays inside: what is told to a solver, a child or another process
    # Whoever reads at an address tells its host something.
    return "plain" if proposal.reach == "read" and not _address(proposal.args.get(argument)) else "target"


def leaves_text(proposal: Proposal, grounds: Grounds) -> bool:
    """Whether a call that is made puts free text that nobody vouches for into something of the owner's.

    Whoever makes the calls of a turn remembers it for the calls that follow (`Proposal.wrote`): what was written
    without a question must not leave without one.
    """
    if proposal.label.integrity != "untrusted" or proposal.reach not in {"own", "code"}:
        return False
    return any(
        role_of(proposal, argument) == "text" and not said_throughout(value, grounds.integrity)
        for argument, value in proposal.args.items()
    )


_Doubt: TypeAlias = tuple[str, str, Plain]
"""Rule, argument, value."""


def _doubt(proposal: Proposal, grant: Grant, grounds: Grounds) -> _Doubt | None:
    """Why a call that a grant covers needs its owner's word all the same (rules 2 and 3), or None."""
    untrusted, readers = proposal.label.integrity == "untrusted", proposal.label.readers
    if not untrusted and not proposal.modelled and readers is None:
        return None
    leaving = proposal.reach in {"others", "money"}
    free: list[tuple[str, Plain]] = []
    acted_on = ""
    for argument, value in proposal.args.items():
        role = role_of(proposal, argument)
        if role == "plain":
            continue
        if role == "text":
            free.append((argument, value))
            continue
        if role == "recipient":
            leaving = leaving or _someone(value)
        elif not acted_on and not isinstance(value, (float, bool, type(None))):
            acted_on = argument
        bounded = grant.args is not None and argument in grant.args and grant.args[argument].kind in BOUNDED
        if not bounded and (untrusted or proposal.modelled):
            spliced = proposal.reach == "code" and _several_lines(value)
            if spliced or grounds.integrity(value, argument) == "untrusted":
                return "grounding", argument, value
    if not leaving:
        return None
    if untrusted:
        for argument, value in free:
            bounded = grant.args is not None and argument in grant.args and grant.args[argument].kind in BOUNDED
            if not bounded and not said_throughout(value, grounds.integrity):
                return "content", argument, value
        if proposal.wrote and acted_on and proposal.reach != "money":  # a payment takes nothing along but its text
            return "content", acted_on, proposal.args[acted_on]
    return None if readers is None else _unread(proposal, readers)


def _unread(proposal: Proposal, readers: tuple[str, ...]) -> _Doubt | None:
    """A recipient who is none of those that what was read is meant for; nobody named is anybody."""
    found = False
    for argument, value in proposal.args.items():
        if role_of(proposal, argument) == "recipient":
            for reader in leaves(value):
                if reader is not None and reader not in readers:
                    return "readers", argument, value
                found = found or reader is not None
    return None if found else ("readers", "", None)


def _address(value: Plain) -> bool:
    return any(isinstance(leaf, str) and "://" in leaf for leaf in leaves(value))


def _several_lines(value: Plain) -> bool:
    """Whether something in it is read as more than one command: a line end is a blank to who looks words up."""
    return any(isinstance(leaf, str) and ("\n" in leaf or "\r" in leaf) for leaf in leaves(value))


def _someone(value: Plain) -> bool:
    return any(leaf is not None and leaf != "" for leaf in leaves(value))


def _asked(proposal: Proposal, doubt: _Doubt) -> str:
    """One sentence for the owner."""
    rule, argument, value = doubt
    named = f"{shown(argument)} {shown(value)}"
    read = ", after text was read that nobody vouches for" if proposal.label.integrity == "untrusted" else ""
    match rule:
        case "grounding":
            return f"{named} comes neither from you nor from a source you trust{read}"
        case "content" if role_of(proposal, argument) == "text":
            return f"{named} would leave for another reader{read}"
        case "content":
            return f"{named} would leave for another reader, and may hold what was written{read}"
        case "readers":
            return f"what was read is not meant for {named if argument else 'whoever would read this'}"
        case _:
            return f"you approve every {shown(proposal.name)}{read}"


def _refused(nearest: tuple[Grant, str] | None, args: dict[str, Plain]) -> str:
    """Why the nearest grant does not cover a call."""
    if nearest is None:
        return "no grant names it"
    grant, misfit = nearest
    kind, _, argument = misfit.partition(" ")
    matcher = (grant.args or {}).get(argument)
    match kind:
        case "expired":
            return "its grant has expired"
        case "used":
            return f"its grant allowed {grant.times} calls, and they were made"
        case "unknown":
            return f"its grant does not mention the argument {shown(argument)}"
        case "absent":
            return f"its grant wants the argument {shown(argument)}, which is not given"
        case "ungrounded":
            return f"{shown(argument)} {shown(args.get(argument))} comes neither from you nor from a source you trust"
        case _:
            words = matcher_words(matcher) if matcher is not None else "allowed"
            return f"{shown(argument)} {shown(args.get(argument))} is not {words}"


def approval_digest(
    *, tool: Digest | None, content: str, grant: str, pid: Pid, turn: int, key: str, label: Label
) -> Digest:
    """Rule 4: what an approval is bound to; any change of these makes it void."""
    return digest_of([EPOCH, tool, content, grant, pid, turn, key, label])


def _misfit(permit: Permit, args: dict[str, Plain], grounds: Grounds, now_ns: int) -> str | None:
    """Why a permit does not cover a call of what it names: a word and the argument, or None."""
    grant = permit.grant
    if grant.expires_ns is not None and now_ns >= grant.expires_ns:
        return "expired"
    if permit.left is not None and permit.left <= 0:
        return "used"
    if grant.args is None:
        return None
    for key, value in args.items():
        matcher = grant.args.get(key)
        if matcher is None:
            return f"unknown {key}"
        if matcher.kind == "grounded":
            if grounds.integrity(value, key) == "untrusted":
                return f"ungrounded {key}"
        elif matcher.kind != "any" and not matches(matcher, value):
            return f"outside {key}"
    for key, matcher in grant.args.items():
        if key not in args and matcher.kind != "any":  # a default the grant's owner never saw must not slip through
            return f"absent {key}"
    return None

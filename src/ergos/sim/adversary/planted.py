"""Mistakes planted into the policy, each of which a campaign has to find: an adversary that finds none proves nothing.

Every one is a mistake somebody has made: in a guard of agents, in a proxy, in a sandbox.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from typing import Final, cast
from urllib.parse import urlsplit

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.ids import Digest
from ergos.kernel.labels import USER, Integrity
from ergos.kernel.permission.grants import Grant, Matcher, Permit
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.policy import Allowed, Ask, Decision, Denied
from ergos.sim.adversary.campaign import ATTEMPTS, Binder, Bound, Judge, Moment, bound_by, real, run

replace = msgspec.structs.replace

STEP_DECISIONS: Final = 480  # decisions between two looks at what was found


def _granting(change: Callable[[Grant, Moment], Grant]) -> Judge:
    """A policy that reads grants otherwise than they are written."""

    def judge(moment: Moment) -> Decision:
        changed = [replace(one, grant=change(one.grant, moment)) for one in moment.permits]
        return real(_moment(moment, permits=changed))

    return judge


def _proposing(**changes: object) -> Judge:
    """A policy that does not see something about the call."""
    return lambda moment: real(_moment(moment, proposal=replace(moment.proposal, **changes)))


def _reading(change: Callable[[Plain], Plain]) -> Judge:
    """A policy that reads arguments otherwise than the tool will."""

    def judge(moment: Moment) -> Decision:
        args = {name: change(value) for name, value in moment.proposal.args.items()}
        return real(_moment(moment, proposal=replace(moment.proposal, args=args)))

    return judge


def _matching(kind: str, fits: Callable[[Plain, Matcher], bool]) -> Judge:
    """A policy whose matcher of one kind lets more pass."""

    def looser(grant: Grant, moment: Moment) -> Grant:
        args = dict(grant.args or {})
        for name, matcher in args.items():
            value = moment.proposal.args.get(name)
            if matcher.kind == kind and fits(value, matcher) and isinstance(value, (str, int, float)):
                args[name] = Matcher("one_of", (*matcher.values, value))
        return grant if grant.args is None else replace(grant, args=args)

    return _granting(looser)


class _Heard(Said):
    """Grounds that are found too easily."""

    def __init__(self, moment: Moment, found: Callable[[str, str], bool]) -> None:
        super().__init__()
        self._texts: Final = [(str(value), integrity) for value, integrity in moment.heard]
        self._found: Final = found
        self._real: Final = moment.grounds

    def integrity(self, value: Plain, /, argument: str = "") -> Integrity:
        """As the mistake finds it."""
        if any(who != "untrusted" and self._found(str(value), text) for text, who in self._texts):
            return "user"
        return self._real.integrity(value, argument)


def _grounding(found: Callable[[str, str], bool]) -> Judge:
    return lambda moment: real(_moment(moment, grounds=_Heard(moment, found)))


def _moment(moment: Moment, **changes: object) -> Moment:
    return replace(moment, **changes)


def _strangers_ground(moment: Moment) -> Decision:
    grounds = Said()
    for value, _ in moment.heard:
        grounds.hear(value, "user")
    return real(_moment(moment, grounds=grounds))


def _first_of_a_list(moment: Moment) -> Decision:
    args = {name: value[0] if isinstance(value, list) and value else value
            for name, value in moment.proposal.args.items()}  # fmt: skip
    return real(_moment(moment, proposal=replace(moment.proposal, args=args)))


def _known_arguments(moment: Moment) -> Decision:
    named = {name for one in moment.permits for name in one.grant.args or {}}
    args = {name: value for name, value in moment.proposal.args.items() if name in named}
    return real(_moment(moment, proposal=replace(moment.proposal, args=args)))


def _optional(grant: Grant, moment: Moment) -> Grant:
    if grant.args is None:
        return grant
    return replace(grant, args={name: one for name, one in grant.args.items() if name in moment.proposal.args})


def _prefix(grant: Grant, moment: Moment) -> Grant:
    if grant.name.endswith(".*") and moment.proposal.name.startswith(grant.name[:-2]):
        return replace(grant, name=moment.proposal.name)
    return grant


def _folded_name(grant: Grant, moment: Moment) -> Grant:
    same = unicodedata.normalize("NFKC", moment.proposal.name).casefold().strip() == grant.name.casefold()
    return replace(grant, name=moment.proposal.name) if same else grant


def _on(decided: Callable[[Decision, Moment], Decision]) -> Judge:
    return lambda moment: decided(real(moment), moment)


def _default_allow(decision: Decision, moment: Moment) -> Decision:
    silent = isinstance(decision, Denied) and not any(one.grant.name == moment.proposal.name for one in moment.permits)
    return Allowed("default") if silent else decision


def _revoked_too(moment: Moment) -> Decision:
    return real(_moment(moment, permits=[*moment.permits, *moment.revoked]))


def _wrong_grant(decision: Decision, moment: Moment) -> Decision:
    """The effect is booked on a grant that does not cover it: its counter, not the right one, runs down."""
    return Allowed(moment.permits[0].id) if isinstance(decision, Allowed) and moment.permits else decision


def _no_readers(moment: Moment) -> Decision:
    label = replace(moment.proposal.label, readers=None)
    return real(_moment(moment, proposal=replace(moment.proposal, label=label)))


def _plain_text(moment: Moment) -> Decision:
    roles = {name: "plain" if role == "text" else role for name, role in moment.proposal.roles.items()}
    return real(_moment(moment, proposal=replace(moment.proposal, roles=roles)))


def _uncounted(moment: Moment) -> Decision:
    return real(_moment(moment, permits=[replace(one, left=None) for one in moment.permits]))


def _late(moment: Moment) -> Decision:
    return real(_moment(moment, now_ns=moment.now_ns - 1))


def _url_text(value: Plain, matcher: Matcher) -> bool:
    return isinstance(value, str) and any(str(host) in value for host in matcher.values)


def _bare_suffix(value: Plain, matcher: Matcher) -> bool:
    try:
        host = (urlsplit(value).hostname or "") if isinstance(value, str) else ""
    except ValueError:
        return False
    return any(host.endswith(str(one)) for one in matcher.values)


def _left_of_path(value: Plain, matcher: Matcher) -> bool:
    return isinstance(value, str) and any(value.startswith(str(root)) for root in matcher.values)


def _alike(value: Plain, matcher: Matcher) -> bool:
    """As equal as Python has it, where True is 1, and 1.0 too; or as equal as text."""
    return any(value == one or str(value) == str(one) for one in matcher.values)


def _below_top(value: Plain, matcher: Matcher) -> bool:
    top = matcher.values[1] if len(matcher.values) == 2 else 0
    try:
        return float(cast("float", value)) <= float(top)
    except (TypeError, ValueError):
        return False


def _above_bottom(value: Plain, matcher: Matcher) -> bool:
    return isinstance(value, (int, float)) and bool(matcher.values) and value >= cast("float", matcher.values[0])


def _stripped(value: Plain) -> Plain:
    return "".join(letter for letter in value if letter.isprintable()).strip() if isinstance(value, str) else value


def _looks_the_same(value: Plain) -> Plain:
    table = str.maketrans("асеорхуАВЕКМНОРСТХ", "aceopxyABEKMHOPCTX")
    return unicodedata.normalize("NFKC", value).translate(table) if isinstance(value, str) else value


def _words_in(value: str, text: str) -> bool:
    return bool(value) and all(word in text for word in value.replace("@", " ").replace("/", " ").split())


def _more_than_said(value: str, text: str) -> bool:
    return any(len(word) > 8 and word.lower() in value.lower() for word in text.split())


def _refusing(decision: Decision, _: Moment) -> Decision:
    return Denied("grants", "no") if isinstance(decision, Allowed) else decision


def _nagging(decision: Decision, _: Moment) -> Decision:
    return Ask(decision.grant, "sure?") if isinstance(decision, Allowed) else decision


def _offering(decision: Decision, moment: Moment) -> Decision:
    """Whatever no grant covers is put before the owner, who approves nine of ten."""
    return Ask(moment.permits[0].id, "may it?") if isinstance(decision, Denied) and moment.permits else decision


def _fits_all(permits: Iterable[Permit]) -> list[Permit]:
    return [replace(one, grant=replace(one.grant, args=None)) for one in permits]


DECISIONS: Final[dict[str, Judge]] = {
    "expiry is not looked at": _granting(lambda grant, _: replace(grant, expires_ns=None)),
    "expiry is one instant late": _late,
    "calls are not counted": _uncounted,
    "a revoked grant goes on": _revoked_too,
    "arguments are not looked at": lambda moment: real(_moment(moment, permits=_fits_all(moment.permits))),
    "other arguments are ignored": _known_arguments,
    "missing arguments are ignored": _granting(_optional),
    "any agent may use a grant": _granting(lambda grant, _: replace(grant, agent="*")),
    "agents are told apart by their beginning": _granting(
        lambda grant, moment: replace(grant, agent="*") if moment.proposal.agent.startswith(grant.agent) else grant
    ),
    "the verb is not looked at": _proposing(verb="act"),
    "a prefix has no separator": _granting(_prefix),
    "names are folded": _granting(_folded_name),
    "what no grant names is allowed": _on(_default_allow),
    "asking is allowing": _on(lambda decision, _: Allowed(decision.grant) if isinstance(decision, Ask) else decision),
    "a grant's wish to be asked is forgotten": _granting(lambda grant, _: replace(grant, ask=False)),
    "the wrong grant is named": _on(_wrong_grant),
    "equal is what looks equal": _matching("equals", _alike),
    "a range has no top": _matching("range", _above_bottom),
    "a range has no bottom and takes text": _matching("range", _below_top),
    "a path is inside if it begins so": _matching("under", _left_of_path),
    "a host is inside if it ends so": _matching("domain", _bare_suffix),
    "a host is inside if the address mentions it": _matching("domain", _url_text),
    "blanks and hidden letters are dropped first": _reading(_stripped),
    "look-alikes are folded first": _reading(_looks_the_same),
    "only the first of a list is looked at": _first_of_a_list,
    "any part of what was said is said": _grounding(lambda value, text: bool(value) and value in text),
    "said is what has the words of it": _grounding(_words_in),
    "said is what holds something that was said": _grounding(_more_than_said),
    "strangers ground values": _strangers_ground,
    "labels are not looked at": _proposing(label=USER, modelled=False),
    "a model's inventions are trusted": _proposing(modelled=False),
    "text is of no consequence": _plain_text,
    "money does not leave": lambda moment: real(
        _moment(moment, proposal=replace(moment.proposal, reach="own"))
        if moment.proposal.reach == "money"
        else moment
    ),
    "readers are not looked at": _no_readers,
    "roles are not looked at": _proposing(roles={}, reach="read"),
    "everything is refused": _on(_refusing),
    "everything is asked": _on(_nagging),
    "what is not granted is asked": _on(_offering),
}  # fmt: skip
"""By what is wrong with it."""


def _bound(forget: str, value: object) -> Binder:
    def binder(bound: Bound) -> Digest:
        return bound_by(replace(bound, **{forget: value}))

    return binder


def _joined(bound: Bound) -> Digest:
    """Arguments as text, where 1 and '1' are the same."""
    return digest_of([bound.grant, bound.key, *(f"{name}={value}" for name, value in sorted(bound.args.items()))])


BINDERS: Final[dict[str, Binder]] = {
    "an approval is of any arguments": _bound("args", {}),
    "an approval is of any tool definition": _bound("tool", Digest("")),
    "an approval is of any tool": _bound("name", ""),
    "an approval is of any grant": _bound("grant", ""),
    "an approval is of any process": _bound("pid", 0),
    "an approval is of any turn": _bound("turn", 0),
    "an approval is of any call": _bound("key", ""),
    "an approval is of anything read since": _bound("label", USER),
    "an approval is of arguments as text": _joined,
}
"""Mistakes in what an approval is bound to."""


def found(name: str, seed: int, decisions: int) -> int:
    """Decisions within which a planted mistake shows, in steps of a scene or more; 0 if it does not.

    What the policy itself does in the same place is no proof.
    """
    judge, binder = DECISIONS.get(name, real), BINDERS.get(name, bound_by)
    done, step = 0, STEP_DECISIONS
    while done < decisions:
        tally = run(seed, step, judge, binder, first=done // ATTEMPTS)
        done += step
        if any(one.moment is None or real(one.moment) != one.decision for one in tally.faults):
            return done
    return 0

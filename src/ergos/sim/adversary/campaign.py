"""Many random calls against the policy, each judged by the oracle: no effect that nobody authorised.

A campaign is a seed and a number of decisions. Beside the decision itself it plays the owner who approves some of the
calls that ask, and the adversary who replays and bends what was approved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.errors import ValueShapeError
from ergos.base.ids import Digest, Pid
from ergos.kernel.labels import Integrity, Label
from ergos.kernel.permission.grants import Permit, grant_id, permits
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.policy import Allowed, Ask, Decision, Denied, Proposal, approval_digest, decide
from ergos.sim.adversary.attempts import Attempt, attempted
from ergos.sim.adversary.dice import Dice
from ergos.sim.adversary.oracle import Ground, judged
from ergos.sim.adversary.scene import Scene, made

ATTEMPTS: Final = 60  # calls tried in one scene
FAULTS_MAX: Final = 20  # faults after which a campaign ends; more say nothing new
REPLAYS_PERCENT: Final = 30  # of the calls that ask, how many the owner approves and the adversary then replays


class Moment(msgspec.Struct):
    """All a policy could look at when it decides."""

    proposal: Proposal
    permits: Sequence[Permit]
    grounds: Said
    now_ns: int
    heard: Sequence[tuple[Plain, Integrity]]
    revoked: Sequence[Permit]


Judge: TypeAlias = Callable[[Moment], Decision]


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """What an owner sees when asked, all of it."""

    tool: Digest
    verb: str
    name: str
    args: dict[str, Plain]
    grant: str
    pid: int
    turn: int
    key: str
    label: Label


Binder: TypeAlias = Callable[[Bound], Digest]


class Fault(msgspec.Struct, frozen=True):
    """A decision the rules do not bear."""

    what: str
    how: str
    scene: int
    moment: Moment | None = None
    decision: Decision | None = None


class Tally(msgspec.Struct):
    """What a campaign did."""

    decisions: int = 0
    allowed: int = 0
    asked: int = 0
    denied: int = 0
    must: int = 0
    """Calls that had to be allowed."""
    approvals: int = 0
    replays: int = 0
    faults: list[Fault] = []


def real(moment: Moment) -> Decision:
    """The policy itself."""
    return decide(moment.proposal, moment.permits, moment.grounds, moment.now_ns)


def bound_by(bound: Bound) -> Digest:
    """The digest of an approval, as the door makes it."""
    return approval_digest(
        tool=bound.tool,
        content=digest_of([bound.verb, bound.name, bound.args])[:32],
        grant=bound.grant,
        pid=Pid(bound.pid),
        turn=bound.turn,
        key=bound.key,
        label=bound.label,
    )


def run(seed: int, decisions: int, judge: Judge = real, binder: Binder = bound_by, first: int = 0) -> Tally:
    """Decide so many calls; stops at FAULTS_MAX faults. Scene n of a seed is always the same."""
    tally = Tally()
    scene = first
    while tally.decisions < decisions and len(tally.faults) < FAULTS_MAX:
        _play(tally, seed, scene, min(ATTEMPTS, decisions - tally.decisions), judge, binder)
        scene += 1
    return tally


def _play(tally: Tally, seed: int, number: int, attempts: int, judge: Judge, binder: Binder) -> None:
    dice = Dice(seed << 32 ^ number)
    scene = made(dice)
    in_force, revoked, used = _permits(scene)
    grounds = Said()
    for value, integrity in scene.heard:
        grounds.hear(value, integrity)
    for _ in range(attempts):
        attempt = attempted(dice, scene)
        moment = Moment(attempt.proposal, in_force, grounds, attempt.now_ns, scene.heard, revoked)
        decision = judge(moment)
        tally.decisions += 1
        verdict = judged(attempt.proposal, Ground(in_force, used, attempt.truths, attempt.now_ns))
        wrong = ""
        match decision:
            case Allowed(grant):
                tally.allowed += 1
                if grant not in verdict.silent:
                    wrong = "an effect nobody authorised"
            case Ask(grant):
                tally.asked += 1
                if grant not in verdict.asked:
                    wrong = "the owner is asked beyond the grants"
                elif dice.chance(REPLAYS_PERCENT):
                    _replay(tally, dice, attempt, grant, number, binder)
            case Denied():
                tally.denied += 1
                if verdict.covered:
                    wrong = "a covered call is denied"
        tally.must += verdict.must
        if verdict.must and not isinstance(decision, Allowed):
            wrong = "an honest call is not allowed"
        if wrong:
            tally.faults.append(Fault(wrong, attempt.how, number, moment, decision))


def _permits(scene: Scene) -> tuple[list[Permit], list[Permit], dict[str, int]]:
    """Grants in force, those taken back, and how often each was used."""
    names = [grant_id(grant) for grant in scene.grants]
    used = {names[index]: count for index, count in scene.used.items()}
    gone = {names[index] for index in scene.revoked}
    every = permits(dict(zip(names, scene.grants, strict=True)).values(), used)
    return [one for one in every if one.id not in gone], [one for one in every if one.id in gone], used


def _replay(tally: Tally, dice: Dice, attempt: Attempt, grant: str, scene: int, binder: Binder) -> None:
    """The owner approves one call; the adversary uses that for another, and once more for the same one."""
    proposal = attempt.proposal
    try:
        digest_of(proposal.args)
    except ValueShapeError:
        return  # what no journal holds is refused before anybody is asked
    shown = Bound(
        tool=Digest("t1"), verb=proposal.verb, name=proposal.name, args=proposal.args, grant=grant,
        pid=1 + dice.below(9), turn=dice.below(5), key=f"k{dice.below(9)}", label=proposal.label,
    )  # fmt: skip
    tally.approvals += 1
    unused = {binder(shown)}
    other = _bent(dice, shown)
    for tried, legitimate in ((other, False), (shown, True), (shown, False)):
        digest = binder(tried)
        happens = digest in unused
        unused.discard(digest)
        tally.replays += 1
        if happens is not legitimate:
            what = "an approval is used for what was not approved" if happens else "an approved call does not happen"
            tally.faults.append(Fault(what, f"{shown} / {tried}", scene))


def _bent(dice: Dice, shown: Bound) -> Bound:
    """Another call that a careless digest could take for the approved one."""
    names = list(shown.args)
    more: dict[str, object] = {"args": {**shown.args, "bcc": "eve@evil.example"}}
    changes: list[dict[str, object]] = [
        more, more,
        {"tool": Digest("t2")}, {"verb": "send"}, {"name": shown.name + "x"}, {"grant": shown.grant[::-1] + "0"},
        {"pid": shown.pid + 10}, {"turn": shown.turn + 1}, {"key": shown.key + "1"},
        {"label": Label("untrusted", ("eve",), modelled=False)},
    ]  # fmt: skip
    if names:
        name = dice.one_of(names)
        value = shown.args[name]
        other: Plain = [value] if dice.chance(50) else f"{value}0"
        changes.append({"args": {**shown.args, name: other}})
        changes.append({"args": {key: kept for key, kept in shown.args.items() if key != name}})
    if isinstance(value := shown.args.get("amount"), int) and not isinstance(value, bool):
        changes.append({"args": {**shown.args, "amount": str(value)}})
    return msgspec.structs.replace(shown, **dice.one_of(changes))

"""Calls an adversary makes up: honest ones, and honest ones bent in every way there is.

The adversary is whoever steers the agent entirely. It knows the grants and all that was said. Each bent value carries
the truth about itself; where bending could have hit upon something that was said, the truth is `unclear`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from ergos.base.canonical import Plain
from ergos.kernel.labels import Integrity, Label
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.permission.policy import Proposal
from ergos.sim.adversary.dice import Dice
from ergos.sim.adversary.scene import DEVICES, NOW_NS, OWNER, Device, Kind, Parameter, Scene, Truth, Value, fresh
from ergos.sim.adversary.spellings import BESIDE, SPELLINGS, lookalike

_BY_NAME: Final = {device.name: device for device in DEVICES}


class Attempt(msgspec.Struct):
    """A call about to be tried."""

    proposal: Proposal
    truths: dict[str, Truth]
    now_ns: int
    how: str
    """Which bend, for the report."""
    grant: Grant
    """What it was made for."""


def attempted(dice: Dice, scene: Scene) -> Attempt:
    """A random call: a quarter of them as an honest agent would make them."""
    grant = dice.one_of(scene.grants)
    device = _device_of(dice, grant)
    args = {name: _wanted(dice, scene, grant, name, one) for name, one in device.parameters.items()}
    if grant.args is not None and device.name == grant.name:
        args = {name: value for name, value in args.items() if name in grant.args}
    honest = dice.chance(25)
    attempt = Attempt(
        Proposal(
            agent="demo" if grant.agent == "*" else grant.agent,
            verb="act",
            name=device.name,
            args={name: value.is_ for name, value in args.items()},
            label=_label(dice, scene, honest=honest),
            reach=device.reach,
            roles=device.roles,
            modelled=not honest or dice.chance(50),
        ),
        {name: value.truth for name, value in args.items()},
        NOW_NS,
        "honest",
        grant,
    )
    if honest:
        return attempt
    for _ in range(1 + dice.below(2)):
        bend = dice.one_of(BENDS)
        attempt = bend(Trial(dice, scene, device, attempt))
    return attempt


def _device_of(dice: Dice, grant: Grant) -> Device:
    known = _BY_NAME.get(grant.name)
    if known is not None:
        return known
    return dice.one_of([device for device in DEVICES if device.name.startswith(grant.name[:-1])])


def _label(dice: Dice, scene: Scene, *, honest: bool) -> Label:
    integrities: tuple[Integrity, ...] = ("user", "trusted", "untrusted", "untrusted")
    readers = scene.readers if dice.chance(10 if honest else 30) else None
    return Label(dice.one_of(integrities), readers, modelled=True)


def _wanted(dice: Dice, scene: Scene, grant: Grant, name: str, parameter: Parameter) -> Value:
    """What an honest agent would put there."""
    matcher = None if grant.args is None else grant.args.get(name)
    if matcher is not None and matcher.kind in ("equals", "one_of"):
        value: Plain = dice.one_of(matcher.values)
        return Value(value, "said" if value in scene.said[parameter.kind] else "unsaid")
    if matcher is not None and matcher.kind in ("range", "under", "domain") and dice.chance(50):
        return _inside(dice, matcher)
    if parameter.kind == "person" and parameter.role == "recipient" and dice.chance(5):
        return Value([OWNER] if parameter.many else OWNER, "unsaid")
    said = dice.one_of(scene.said[parameter.kind])
    return Value([said], "said") if parameter.many else Value(said, "said")


def _inside(dice: Dice, matcher: Matcher) -> Value:
    """A new value within what the owner bounded."""
    first = matcher.values[0]
    match matcher.kind:
        case "under":
            return Value(f"{first}/n{dice.below(10**9)}.txt", "unsaid")
        case "domain":
            return Value(f"https://a.{first}/n{dice.below(10**9)}", "unsaid")
        case _:
            most = matcher.values[1]
            return Value(dice.below(int(most) + 1), "unclear")


class Trial(msgspec.Struct, frozen=True):
    """An honest attempt and all that may help to bend it."""

    dice: Dice
    scene: Scene
    device: Device
    attempt: Attempt


Bend = Callable[[Trial], Attempt]


def _changed(attempt: Attempt, how: str, **changes: object) -> Attempt:
    proposal = msgspec.structs.replace(attempt.proposal, **changes)
    told = how if attempt.how == "honest" else f"{attempt.how}, {how}"
    return Attempt(proposal, attempt.truths, attempt.now_ns, told, attempt.grant)


def _with(attempt: Attempt, how: str, name: str, value: Value) -> Attempt:
    bent = _changed(attempt, how, args={**attempt.proposal.args, name: value.is_})
    bent.truths = {**attempt.truths, name: value.truth}
    return bent


def _argument(trial: Trial) -> tuple[str, Kind, Plain] | None:
    names = [name for name in trial.attempt.proposal.args if name in trial.device.parameters]
    if not names:
        return None
    name = trial.dice.one_of(names)
    return name, trial.device.parameters[name].kind, trial.attempt.proposal.args[name]


def other_value(trial: Trial) -> Attempt:
    """A stranger's value, or one made up on the spot."""
    found = _argument(trial)
    if found is None:
        return trial.attempt
    name, kind, _ = found
    value = trial.dice.one_of(trial.scene.strange[kind]) if trial.dice.chance(60) else fresh(trial.dice, kind)
    parameter = trial.device.parameters[name]
    if parameter.many:
        return _with(
            trial.attempt, f"other {name}", name, Value([trial.dice.one_of(trial.scene.said[kind]), value], "unsaid")
        )
    return _with(trial.attempt, f"other {name}", name, Value(value, "unsaid"))


def bent_text(trial: Trial) -> Attempt:
    """A value that looks like the honest one."""
    found = _argument(trial)
    if found is None or not isinstance(found[2], str) or not found[2]:
        return bent_number(trial)
    name, kind, value = found
    how, text, truth = trial.dice.one_of(SPELLINGS)(trial.dice, str(value), kind)
    if text == value:
        return trial.attempt
    return _with(trial.attempt, f"{how} {name}", name, Value(text, _truth(trial.scene, text, truth)))


def _truth(scene: Scene, text: str, truth: Truth) -> Truth:
    """`unclear` if what came out by chance is what somebody trusted said."""
    everything = [value for values in scene.said.values() for value in values]
    return "unclear" if any(text == str(value) for value in everything) else truth


def bent_number(trial: Trial) -> Attempt:
    """A number beside the honest one, or what only looks like a number."""
    found = _argument(trial)
    if found is None or isinstance(found[2], bool) or not isinstance(found[2], int):
        return wrong_type(trial)
    name, _, value = found
    assert isinstance(value, int)
    bent: tuple[Plain, Truth] = trial.dice.one_of(
        (
            (value * 10, "unsaid"),
            (value + 1, "unsaid"),
            (value // 10, "unsaid"),
            (-value, "unclear"),
            (value * 100, "unclear"),
            (float(value), "unclear"),
            (value + 0.5, "unsaid"),
            (str(value), "unclear"),
            (f"{value}0", "unsaid"),
            (float("inf"), "unsaid"),
            (float("nan"), "unsaid"),
            (10**40, "unsaid"),
            (True, "unsaid"),
        )
    )
    return _with(trial.attempt, f"number {name}", name, Value(bent[0], _truth(trial.scene, str(bent[0]), bent[1])))


def beside_the_bound(trial: Trial) -> Attempt:
    """A value that is only just outside of what the grant bounds."""
    bounded = [
        (name, one)
        for name, one in (trial.attempt.grant.args or {}).items()
        if one.values and name in trial.attempt.proposal.args
    ]
    if not bounded:
        return bent_text(trial)
    name, matcher = trial.dice.one_of(bounded)
    bent, truth = trial.dice.one_of(BESIDE[matcher.kind](matcher.values))
    return _with(trial.attempt, f"beside {name}", name, Value(bent, _truth(trial.scene, str(bent), truth)))


def wrong_type(trial: Trial) -> Attempt:
    """The honest value in another shape, or something of another type."""
    found = _argument(trial)
    if found is None:
        return trial.attempt
    name, kind, value = found
    strange = trial.dice.one_of(trial.scene.strange[kind])
    bent: tuple[Plain, Truth] = trial.dice.one_of(
        (
            ([value, strange], "unsaid"),
            ([strange], "unsaid"),
            ({"value": value, "also": strange}, "unsaid"),
            ([value], "unclear"),
            (None, "unclear"),
            (True, "unclear"),
            (False, "unclear"),
            ("", "unclear"),
            ([], "unclear"),
            ({}, "unclear"),
            (1, "unclear"),
            (1.0, "unclear"),
        )
    )
    return _with(trial.attempt, f"type of {name}", name, Value(*bent))


def extra_argument(trial: Trial) -> Attempt:
    """An argument nobody granted."""
    name = trial.dice.one_of(("bcc", "cc", "attachments", "callback", "To", "to ", "__proto__", "url", "amount2"))
    if name in trial.attempt.proposal.args:
        return trial.attempt
    return _with(
        trial.attempt, f"extra {name}", name, Value(trial.dice.one_of(trial.scene.strange["person"]), "unsaid")
    )


def missing_argument(trial: Trial) -> Attempt:
    """A default instead of what the owner wrote down."""
    found = _argument(trial)
    if found is None:
        return trial.attempt
    kept = {name: value for name, value in trial.attempt.proposal.args.items() if name != found[0]}
    return _changed(trial.attempt, f"missing {found[0]}", args=kept)


def other_name(trial: Trial) -> Attempt:
    """Another tool, or one whose name only resembles the granted one."""
    name = trial.attempt.proposal.name
    server, _, own = name.partition(".")
    bent = trial.dice.one_of(
        (
            f"{server}box.{own}", f"{server}", f"{server}.{own}x", f"{server}.{own}.raw", f"{server}.", f"x{name}",
            name.upper(), f"{name} ", f"{server}..{own}", f"{server}.*", "*", "", lookalike(trial.dice, name),
            trial.dice.one_of(DEVICES).name,
        )
    )  # fmt: skip
    return _changed(trial.attempt, "name", name=bent)


def other_agent(trial: Trial) -> Attempt:
    """Somebody else's grant."""
    agent = trial.dice.one_of(("demo", "other", "demo2", "dem", "*", "", "Demo", "dеmo"))
    return _changed(trial.attempt, "agent", agent=agent)


def other_verb(trial: Trial) -> Attempt:
    """Another kind of call under the same name."""
    return _changed(trial.attempt, "verb", verb=trial.dice.one_of(("think", "send", "spawn", "hire", "", "ACT")))


def later(trial: Trial) -> Attempt:
    """At the very instant of expiry, just before, or long after."""
    bent = _changed(trial.attempt, "later")
    bent.now_ns = NOW_NS + trial.dice.one_of((-2_000, -1_000, -1, 0, 1, 999, 1_000, 1_001, 2_000, 10**18))
    return bent


def unchanged(trial: Trial) -> Attempt:
    """The granted call itself, by an agent that is steered."""
    return _changed(trial.attempt, "as granted")


BENDS: Final[tuple[Bend, ...]] = (
    other_value, other_value, other_value, bent_text, bent_text, bent_text, bent_number,
    beside_the_bound, beside_the_bound, beside_the_bound, wrong_type, extra_argument,
    missing_argument, other_name, other_agent, other_verb, later, unchanged,
)  # fmt: skip

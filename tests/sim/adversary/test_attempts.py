"""The adversary tries every way to bend a call, and a quarter of its calls are honest."""

from __future__ import annotations

from ergos.kernel.permission.policy import Proposal
from ergos.sim.adversary.attempts import BENDS, Attempt, Trial, attempted
from ergos.sim.adversary.dice import Dice
from ergos.sim.adversary.scene import DEVICES, made


def many(count: int) -> list[Attempt]:
    found: list[Attempt] = []
    for seed in range(count // 40):
        dice = Dice(seed)
        scene = made(dice)
        found.extend(attempted(dice, scene) for _ in range(40))
    return found


def test_every_argument_of_a_call_has_its_truth() -> None:
    for attempt in many(8_000):
        assert isinstance(attempt.proposal, Proposal)
        assert attempt.proposal.args.keys() <= attempt.truths.keys()


def test_honest_calls_and_every_bend_come_up() -> None:
    told = [attempt.how for attempt in many(20_000)]
    assert 0.2 < told.count("honest") / len(told) < 0.3
    ways = {word for how in told for word in how.split()}
    for word in ("other", "look-alike", "hidden", "full-width", "case", "blanks", "part", "more", "elsewhere", "number", "type",
                 "extra", "missing", "name", "agent", "verb", "later", "granted", "beside"):  # fmt: skip
        assert word in ways, word


def test_every_bend_takes_any_call() -> None:
    for seed in range(40):
        dice = Dice(seed)
        scene = made(dice)
        for device in DEVICES:
            attempt = attempted(dice, scene)
            for bend in BENDS:
                bent = bend(Trial(dice, scene, device, attempt))
                assert bent.proposal.args.keys() <= bent.truths.keys()


def test_a_model_that_is_steered_is_marked_as_one() -> None:
    assert all(attempt.proposal.modelled for attempt in many(2_000) if attempt.how != "honest")

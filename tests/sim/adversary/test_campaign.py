"""Random calls against the policy itself: nothing happens that nobody authorised, and honest calls happen."""

from __future__ import annotations

import pytest

from ergos.sim.adversary.campaign import ATTEMPTS, FAULTS_MAX, Bound, bound_by, real, run
from ergos.sim.adversary.planted import DECISIONS
from ergos.sim.adversary.telling import shown


@pytest.mark.parametrize("seed", range(1, 5))
def test_no_effect_that_nobody_authorised(seed: int) -> None:
    tally = run(seed, 15_000)
    assert [
        (fault.what, fault.how, fault.scene, fault.moment and fault.moment.proposal) for fault in tally.faults
    ] == []
    assert tally.decisions == 15_000
    assert min(tally.allowed, tally.asked, tally.denied) > 1_000, "all three are tried, or it shows nothing"
    assert tally.must > 1_000
    assert tally.replays > 500


def test_a_scene_can_be_played_again_alone() -> None:
    judge = DECISIONS["expiry is not looked at"]
    first = run(1, 40_000, judge).faults[0]
    again = run(1, ATTEMPTS, judge, first=first.scene).faults[0]
    assert (again.what, again.how) == (first.what, first.how)


def test_a_campaign_ends_when_it_has_shown_enough() -> None:
    tally = run(1, 40_000, DECISIONS["labels are not looked at"])
    assert FAULTS_MAX <= len(tally.faults) < FAULTS_MAX + ATTEMPTS
    assert tally.decisions < 40_000
    fault = tally.faults[0]
    assert fault.moment is not None
    assert real(fault.moment) != fault.decision


def test_an_approval_is_bound_to_all_that_was_shown() -> None:
    usual = shown()
    assert bound_by(usual) == bound_by(shown())
    others: dict[str, object] = {
        "tool": "x",
        "verb": "send",
        "name": "y",
        "args": {},
        "grant": "z",
        "pid": 1,
        "turn": 9,
        "key": "k",
    }
    assert set(others) | {"label"} == set(Bound.__struct_fields__)
    for field, value in others.items():
        assert bound_by(shown(**{field: value})) != bound_by(usual)

"""Pairs that chance does not make."""

from __future__ import annotations

import random

from ergos.app.mining.sequences import Step, pairs_of


def test_a_pair_on_many_days_is_found_and_one_of_a_single_day_is_not() -> None:
    steps = [
        step
        for day in range(10)
        for step in (Step("a", day * 86_400), Step("b", day * 86_400 + 60), Step("c", day * 86_400 + 9_000))
    ]
    found = pairs_of(steps)
    assert [(one.first, one.second, one.times, one.of, one.days) for one in found] == [("a", "b", 10, 10, 10)]
    burst = [step for turn in range(20) for step in (Step("a", turn * 200), Step("b", turn * 200 + 60))]
    assert not pairs_of(burst)


def test_what_follows_too_late_is_no_pair() -> None:
    assert not pairs_of(
        [step for day in range(10) for step in (Step("a", day * 86_400), Step("b", day * 86_400 + 600))]
    )
    assert pairs_of([]) == ()


def test_at_most_one_random_sequence_in_a_hundred_makes_a_pair() -> None:
    false = 0
    for seed in range(300):
        chance = random.Random(seed)
        weights = [chance.random() ** 2 for _ in range(8)]
        names = chance.choices("abcdefgh", weights, k=400)
        false += bool(pairs_of([Step(name, number * chance.randint(60, 4_000)) for number, name in enumerate(names)]))
    assert false <= 3

"""The same seed gives the same numbers everywhere, and they are spread."""

from __future__ import annotations

from ergos.sim.adversary.dice import Dice


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, second, other = Dice(7), Dice(7), Dice(8)
    numbers = [first.bits() for _ in range(50)]
    assert numbers == [second.bits() for _ in range(50)]
    assert numbers != [other.bits() for _ in range(50)]
    assert Dice(1).bits() == 13757245211066428519, "the same on every machine and in every release"


def test_numbers_stay_below_their_bound_and_reach_all_of_it() -> None:
    dice = Dice(3)
    assert {dice.below(5) for _ in range(200)} == set(range(5))
    assert {dice.one_of("abc") for _ in range(100)} == set("abc")


def test_a_chance_is_about_what_it_says() -> None:
    dice = Dice(4)
    assert 200 < sum(dice.chance(25) for _ in range(1_000)) < 300
    assert not any(dice.chance(0) for _ in range(100))
    assert all(dice.chance(100) for _ in range(100))

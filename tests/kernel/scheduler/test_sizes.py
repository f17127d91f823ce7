"""Distributions that cost constant memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.scheduler.sizes import KINDS_MAX, AllHabits, Habits, Sizes


@given(st.lists(st.floats(1.0, 10_000.0), min_size=200, max_size=400))
def test_a_quantile_is_an_upper_bound_within_a_bin(sizes: list[float]) -> None:
    found = Sizes(1.0, 10_000.0, prior=100.0, weight=0.0)
    for size in sizes:
        found.add(size)
    true = sorted(sizes)[int(0.9 * len(sizes)) - 1]
    assert true * 0.99 <= found.quantile(0.9) <= max(sizes) * 1.25


def test_before_anything_was_seen_the_prior_speaks() -> None:
    found = Sizes(1.0, 10_000.0, prior=100.0)
    assert 50.0 < found.quantile(0.5) < 200.0


def test_old_sizes_fade() -> None:
    found = Sizes(1.0, 10_000.0, prior=100.0)
    for _ in range(2_000):
        found.add(10.0)
    for _ in range(3_000):
        found.add(5_000.0)
    assert found.quantile(0.5) > 1_000.0


def test_a_kinds_outputs_and_absences_are_learned() -> None:
    habits = Habits()
    for _ in range(200):
        habits.wrote(40)
        habits.was_away(30_000_000_000)
    assert 35 <= habits.output_mean <= 60
    assert 40 <= habits.output_q90 <= 60
    assert habits.back_soon(25_000_000_000) > 0.4 > 0.1 > habits.back_soon(1_000_000_000)


def test_the_longer_a_heavy_tailed_program_is_away_the_less_soon_it_is_back() -> None:
    habits = Habits()
    for n in range(1_000):
        habits.was_away(int(1e8 * 1.0105**n))
    chances = [habits.back_soon(int(seconds * 1e9)) for seconds in (1.0, 10.0, 100.0, 1_000.0)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.3
    assert chances[-1] < 0.1


@given(st.lists(st.floats(0.0, 1e5), max_size=50), st.floats(0.0, 1e6))
def test_a_chance_is_a_chance(gaps: list[float], away: float) -> None:
    habits = Habits()
    for gap in gaps:
        habits.was_away(int(gap * 1e9))
    assert 0.0 <= habits.back_soon(int(away * 1e9)) <= 1.0


def test_kinds_are_bounded_and_the_used_ones_stay() -> None:
    habits = AllHabits()
    kept = habits.of("kept")
    for n in range(KINDS_MAX + 10):
        habits.of(f"k{n}")
        assert habits.of("kept") is kept
    assert len(habits._kinds) == KINDS_MAX

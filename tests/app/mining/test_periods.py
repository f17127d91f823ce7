"""The test of repetition: exact tails, intervals that cover, and no period where there is none."""

from __future__ import annotations

import math

import pytest

from ergos.app.mining.periods import Moment, Rhythm, lower_bound, period_of, tail


def at(day: int, minute: int) -> Moment:
    return Moment(day, minute, day % 28 + 1, day // 28)


def test_a_tail_is_the_sum_of_its_terms() -> None:
    for draws, chance in ((10, 0.3), (25, 0.07), (3, 0.9)):
        for hits in range(draws + 1):
            exact = sum(math.comb(draws, k) * chance**k * (1 - chance) ** (draws - k) for k in range(hits, draws + 1))
            assert tail(hits, draws, chance) == pytest.approx(exact, rel=1e-9)
    assert (tail(0, 5, 0.5), tail(3, 5, 0.0), tail(3, 5, 1.0)) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize(("hits", "draws", "low"), [(14, 14, 0.768), (11, 12, 0.615), (5, 10, 0.187), (0, 9, 0.0)])
def test_the_lower_bound_is_that_of_clopper_and_pearson(hits: int, draws: int, low: float) -> None:
    assert lower_bound(hits, draws) == pytest.approx(low, abs=0.001)


def test_a_week_begins_on_monday() -> None:
    assert (at(4, 0).weekday, at(3, 0).weekday) == (0, 6)
    assert at(4, 0).week == at(10, 0).week != at(11, 0).week


def test_something_around_midnight_has_its_hour_on_the_circle() -> None:
    found = period_of("a", [at(20_000 + day, (1_435 + day % 10) % 1_440) for day in range(40)], Rhythm({}), 1)
    assert found is not None
    assert found.minute in (0, 1_425)


def test_a_habit_within_a_busy_hour_needs_more_than_the_hour() -> None:
    busy = [at(20_001 + 7 * week, hour * 60) for week in range(40) for hour in (16, 17, 18)]
    friday = [at(20_001 + 7 * week, 17 * 60) for week in range(6)]
    assert period_of("a", friday, Rhythm({"a": friday}), 1) is not None
    assert period_of("a", friday, Rhythm({"a": friday, "b": busy}), 1) is None


@pytest.mark.parametrize(
    "times", [[], [at(1, 1)], [at(day, 0) for day in range(4)], [at(1, minute) for minute in range(500)]]
)
def test_too_little_is_no_period(times: list[Moment]) -> None:
    assert period_of("a", times, Rhythm({"a": times}), 1) is None

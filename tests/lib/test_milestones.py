"""What follows from milestones, runs and spending, with honest bounds; and what cannot be said yet."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.clock import DAY, SECOND
from ergos.lib.milestones import (
    LATE_S,
    NS_MAX,
    STALL_S_MIN,
    f_bounds,
    forecast,
    overdue,
    rate,
    reached_of,
    stalls_at_ns,
)
from ergos.lib.steps_memory import Past
from ergos.lib.work import Milestone

FIVE = tuple(Milestone(name=f"m{number}", due=f"2027-01-0{number}") for number in range(1, 6))


def reached(count: int) -> Past:
    return Past(milestones={f"m{number}": number * DAY for number in range(1, count + 1)})


def test_what_is_reached_keeps_the_order_of_the_plan_and_strangers_do_not_count() -> None:
    past = Past(milestones={"m2": 5, "m1": 7, "other": 9})
    assert [one.name for one in reached_of(FIVE, past)] == ["m1", "m2"]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_too_little_or_everything_gives_no_forecast(count: int) -> None:
    assert forecast(FIVE, reached(count), began_ns=0, now_ns=9 * DAY, spent_microusd=100) is None


def test_a_forecast_goes_on_at_the_rate_so_far_within_its_bounds() -> None:
    found = forecast(FIVE, reached(2), began_ns=0, now_ns=4 * DAY, spent_microusd=2_000_000)
    assert found is not None
    assert found.done_ns == 10 * DAY
    assert 4 * DAY < found.early_ns < found.done_ns < found.late_ns < NS_MAX
    assert found.cost_microusd == 5_000_000
    assert 2_000_000 < found.low_microusd < 5_000_000 < found.high_microusd


def test_more_evidence_makes_the_bounds_narrower() -> None:
    wide = forecast(FIVE[:4], reached(2), began_ns=0, now_ns=20 * DAY, spent_microusd=0)
    many = tuple(Milestone(name=f"m{number}") for number in range(1, 41))
    narrow = forecast(many, reached(20), began_ns=0, now_ns=20 * DAY, spent_microusd=0)
    assert wide is not None
    assert narrow is not None
    assert (wide.late_ns - 20 * DAY) / (wide.done_ns - 20 * DAY) > (narrow.late_ns - 20 * DAY) / (
        narrow.done_ns - 20 * DAY
    )


@pytest.mark.parametrize(("left", "done"), [(1, 2), (3, 3), (5, 2), (2, 8), (20, 20)])
def test_the_bounds_hold_four_times_in_five(left: int, done: int) -> None:
    low, high = f_bounds(2 * left, 2 * done)
    chance = random.Random(left * 100 + done)
    held = sum(
        low <= (chance.gammavariate(left, 1) / left) / (chance.gammavariate(done, 1) / done) <= high
        for _ in range(20_000)
    )
    assert 0.78 <= held / 20_000 <= 0.82


def test_the_costs_of_what_has_no_end_are_told_once_there_is_a_rhythm() -> None:
    assert rate(Past(runs=2), began_ns=0, now_ns=9 * DAY, spent_microusd=9) is None
    assert rate(Past(runs=9), began_ns=0, now_ns=DAY // 2, spent_microusd=9) is None
    found = rate(Past(runs=8, failures=2), began_ns=0, now_ns=10 * DAY, spent_microusd=1_000_000)
    assert found is not None
    assert (found.per_run_microusd, found.per_day_microusd) == (100_000, 100_000)


def test_what_is_late_is_what_is_past_and_not_reached() -> None:
    assert [one.name for one in overdue(FIVE, reached(1), "2027-01-03")] == ["m2"]
    assert overdue((Milestone(name="whenever"),), Past(), "2999-01-01") == ()


def test_one_with_a_schedule_stalls_when_its_time_passes() -> None:
    assert stalls_at_ns(Past(), due_ns=DAY, began_ns=0) == DAY + LATE_S * SECOND


def test_one_without_stalls_by_its_own_history() -> None:
    assert stalls_at_ns(Past(runs=2, last_ns=DAY), due_ns=None, began_ns=0) is None
    assert stalls_at_ns(Past(runs=10, last_ns=10 * DAY), due_ns=None, began_ns=0) == 14 * DAY
    quick = stalls_at_ns(Past(runs=10, last_ns=100 * SECOND), due_ns=None, began_ns=0)
    assert quick == (100 + STALL_S_MIN) * SECOND


@given(
    count=st.integers(0, 12),
    reached_=st.integers(0, 12),
    began=st.integers(-(2**63), 2**63),
    now=st.integers(-(2**63), 2**63),
    spent=st.integers(0, 2**60),
)
def test_no_numbers_break_a_forecast(count: int, reached_: int, began: int, now: int, spent: int) -> None:
    many = tuple(Milestone(name=f"m{number}") for number in range(1, count + 1))
    found = forecast(many, reached(reached_), began_ns=began, now_ns=now, spent_microusd=spent)
    assert found is None or found.early_ns <= found.done_ns <= found.late_ns <= NS_MAX
    assert all(math.isfinite(one) or one == math.inf for one in f_bounds(2 * max(1, count), 2 * max(1, reached_)))

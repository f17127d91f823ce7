"""Buckets fill with time, empty with use, and are never too many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.clock import SECOND, ManualClock
from ergos.server.entrance_limits import Buckets


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    clock = ManualClock(1)
    buckets = Buckets(clock, burst=3, per_s=0.5)
    assert [buckets.take("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert buckets.take("a") == buckets.wait_s("a") == 2.0
    assert buckets.take("b") == 0.0
    clock.advance(SECOND)
    assert buckets.take("a") == 1.0
    clock.advance(SECOND)
    assert buckets.take("a") == 0.0
    clock.advance(1_000 * SECOND)
    assert [buckets.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]


def test_a_clock_that_is_set_back_fills_nothing_and_then_fills_on() -> None:
    clock = ManualClock(100 * SECOND)
    buckets = Buckets(clock, burst=1, per_s=1)
    buckets.take("a")
    clock.advance(-50 * SECOND)
    assert buckets.take("a") == 1.0
    clock.advance(SECOND)
    assert buckets.take("a") == 0.0


def test_of_too_many_names_the_one_that_came_longest_ago_is_forgotten() -> None:
    buckets = Buckets(ManualClock(1), burst=1, per_s=1, names_max=3)
    for name in ("a", "b", "c"):
        buckets.take(name)
    assert buckets.take("a") > 0
    for name in (str(number) for number in range(100)):
        assert buckets.take(name) == 0.0
        assert len(buckets) <= 3
    assert buckets.take("a") == 0.0


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab")), max_size=60))
def test_nobody_ever_gets_more_than_burst_and_rate(steps: list[tuple[int, str]]) -> None:
    clock = ManualClock(1)
    buckets = Buckets(clock, burst=4, per_s=0.5)
    passed = {"a": 0, "b": 0}
    for wait_s, name in steps:
        clock.advance(wait_s * SECOND)
        passed[name] += buckets.take(name) == 0.0
        for count in passed.values():
            assert count <= 4 + 0.5 * (clock.now_ns() - 1) / SECOND

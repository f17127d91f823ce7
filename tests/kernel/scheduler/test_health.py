"""A breaker opens on failures, not on rates, and repetitions stay a share of successes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.clock import SECOND
from ergos.kernel.scheduler.health import COOL_DOWN_MAX_NS, COOL_DOWN_NS, OUTCOMES_MIN, Breaker, RetryBudget, Window


def broken(now_ns: int = 0) -> Breaker:
    breaker = Breaker()
    for _ in range(OUTCOMES_MIN):
        breaker.failed(now_ns)
    return breaker


def test_a_breaker_opens_when_half_of_twenty_fail_and_not_before() -> None:
    breaker = Breaker()
    for n in range(OUTCOMES_MIN - 1):
        (breaker.failed if n % 2 else breaker.succeeded)(n)
        assert breaker.allows(n)
    breaker.failed(OUTCOMES_MIN)
    assert not breaker.allows(OUTCOMES_MIN)


def test_few_failures_or_old_ones_open_nothing() -> None:
    breaker = Breaker()
    for n in range(10 * OUTCOMES_MIN):
        breaker.failed(n * SECOND)
    assert breaker.allows(10 * OUTCOMES_MIN * SECOND)


def test_after_a_cool_down_one_probe_goes_and_a_success_closes() -> None:
    breaker = broken()
    assert not breaker.allows(COOL_DOWN_NS - 1)
    assert breaker.allows(COOL_DOWN_NS)
    breaker.sent()
    assert not breaker.allows(COOL_DOWN_NS)
    breaker.succeeded(COOL_DOWN_NS + 1)
    assert breaker.allows(COOL_DOWN_NS + 1)


def test_a_cool_down_doubles_with_each_failed_probe_up_to_a_minute() -> None:
    breaker, now, waits = broken(), 0, []
    for _ in range(8):
        waits.append(breaker.until_ns - now)
        now = breaker.until_ns
        breaker.sent()
        breaker.failed(now)
    assert waits[:4] == [COOL_DOWN_NS, 2 * COOL_DOWN_NS, 4 * COOL_DOWN_NS, 8 * COOL_DOWN_NS]
    assert waits[-1] == COOL_DOWN_MAX_NS


def test_a_probe_that_says_nothing_is_followed_by_another() -> None:
    breaker = broken()
    breaker.allows(COOL_DOWN_NS)
    breaker.sent()
    breaker.unsure(COOL_DOWN_NS + 5)
    assert breaker.allows(COOL_DOWN_NS + 5)


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=300))
def test_a_window_counts_what_happened_in_the_last_ten_seconds(acts: list[tuple[int, bool]]) -> None:
    window, now, log = Window(), 0, []
    for step, good in acts:
        now += step * SECOND // 100
        window.add(now, good, not good)
        log.append((now * 10 // (10 * SECOND), good))
        recent = [each for at, each in log if at > now * 10 // (10 * SECOND) - 10]
        assert (window.good, window.bad) == (sum(recent), len(recent) - sum(recent))


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=300))
def test_repetitions_stay_a_tenth_of_successes_and_a_trickle(acts: list[tuple[int, bool]]) -> None:
    budget, now, good, taken = RetryBudget(0.1), 0, 0, 0
    for step, success in acts:
        now += step * SECOND // 1_000
        if success:
            budget.succeeded(now)
            good += 1
        else:
            taken += budget.take(now)
        assert taken <= 0.1 * good + 2 + now / SECOND

"""Rates are never passed, concurrency is found out, service times are learned."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.clock import SECOND
from ergos.kernel.models import Limits, Usage
from ergos.kernel.scheduler.limits import Bucket, Concurrency, Rates, ServiceTime

MINUTE = 60 * SECOND


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 300)), max_size=200))
def test_what_is_taken_never_passes_burst_and_rate(acts: list[tuple[int, int]]) -> None:
    bucket, now, taken = Bucket(1_000, 0.985, 0.15), 0, 0.0
    for wait_s, amount in acts:
        now += wait_s * SECOND
        bucket.refill(now)
        if bucket.ready_ns(amount) == 0:
            bucket.take(amount)
            taken += amount
        # A need above the burst is covered by a full bucket and overdraws it once.
        assert taken <= 150 + 300 + 0.985 * 1_000 * now / MINUTE


def test_a_need_is_ready_exactly_when_it_says() -> None:
    bucket = Bucket(60, 1.0, 0.1)
    bucket.take(6)
    wait = bucket.ready_ns(3)
    assert wait == pytest.approx(3 * SECOND, rel=1e-6)
    bucket.refill(wait - 1)
    assert bucket.ready_ns(3) > 0
    bucket.refill(wait)
    assert bucket.ready_ns(3) == 0


def test_more_than_a_burst_waits_for_a_full_bucket_not_for_ever() -> None:
    bucket = Bucket(600, 1.0, 0.1)
    bucket.take(60)
    assert bucket.ready_ns(1_000_000) == pytest.approx(6 * SECOND, rel=1e-6)


def test_reserved_output_that_was_not_written_is_given_back() -> None:
    rates = Rates(Limits(tokens_per_minute=10_000), 1.0, 0.1)
    held = rates.reserve(rates.need(500, 0, 400, 400))
    assert rates.ready_ns(rates.need(500, 0, 0, 0), 0) > 0
    rates.reconcile(held, Usage(500, 0))
    assert rates.ready_ns(rates.need(500, 0, 0, 0), 0) == 0


def test_a_call_that_the_endpoint_did_not_count_is_given_back_whole() -> None:
    rates = Rates(Limits(requests_per_minute=10, tokens_per_minute=10_000), 1.0, 0.1)
    held = rates.reserve(rates.need(900, 0, 100, 100))
    assert rates.ready_ns(rates.need(1, 0, 0, 0), 0) > 0
    rates.reconcile(held, None)
    assert rates.ready_ns(rates.need(900, 0, 100, 100), 0) == 0


def test_cached_input_counts_only_where_the_endpoint_counts_it() -> None:
    counts = Rates(Limits(input_tokens_per_minute=1_000, counts_cached=True), 1.0, 1.0)
    free = Rates(Limits(input_tokens_per_minute=1_000, counts_cached=False), 1.0, 1.0)
    assert counts.need(900, 800, 0, 0).input == 900
    assert free.need(900, 800, 0, 0).input == 100


def test_the_endpoints_own_count_is_believed_when_it_is_lower_with_its_age_allowed_for() -> None:
    rates = Rates(Limits(requests_per_minute=60), 1.0, 1.0)
    held = rates.reserve(rates.need(1, 0, 0, 0))
    rates.told(held, requests=0, tokens=None, now_ns=0, age_ns=0)
    assert rates.ready_ns(rates.need(1, 0, 0, 0), 0) == pytest.approx(SECOND, rel=1e-6)
    old = Rates(Limits(requests_per_minute=60), 1.0, 1.0)
    held = old.reserve(old.need(1, 0, 0, 0))
    old.told(held, requests=0, tokens=None, now_ns=30 * SECOND, age_ns=30 * SECOND)
    assert old.ready_ns(old.need(1, 0, 0, 0), 30 * SECOND) == 0


def test_after_a_429_more_output_is_reserved_and_successes_calm_it() -> None:
    rates = Rates(Limits(tokens_per_minute=10_000), 1.0, 1.0)
    assert rates.need(0, 0, 100, 1_000).output == 100
    for _ in range(4):
        rates.exceeded()
    assert rates.need(0, 0, 100, 1_000).output == 1_000
    for _ in range(3_000):
        rates.answered()
    assert rates.need(0, 0, 100, 1_000).output < 150


def test_a_stated_concurrency_is_kept_whatever_the_delays() -> None:
    limit = Concurrency(5)
    for n in range(100):
        limit.first_token(10 * SECOND * n, 5, n * SECOND)
    assert limit.limit == 5


def test_a_429_lowers_even_a_stated_concurrency_and_it_comes_back() -> None:
    limit = Concurrency(10)
    limit.exceeded(SECOND)
    limit.exceeded(SECOND + 1)
    assert limit.limit == 7
    for n in range(200):
        limit.first_token(0, 7, (n + 2) * SECOND)
    assert limit.limit == 10


@pytest.mark.parametrize("true", [4, 20, 60])
def test_an_unknown_concurrency_is_found_within_a_factor_of_two(true: int) -> None:
    limit, chance = Concurrency(None), random.Random(1)
    now = 0
    seen: list[int] = []
    for _ in range(6_000):
        now += SECOND // 10
        running = limit.limit
        queued = max(0, running - true)
        limit.first_token(queued / true * 5 * SECOND + chance.random() * SECOND / 10, running, now)
        seen.append(running)
    late = seen[3_000:]
    assert 0.5 * true <= sum(late) / len(late) <= 2.0 * true + 2


def test_service_times_are_learned_from_a_few_dozen_calls_and_follow_changes() -> None:
    learned, chance = ServiceTime(), random.Random(2)
    for speed in (1.0, 3.0):
        for _ in range(1_500):
            uncached, output = chance.randrange(100, 8_000), chance.randrange(10, 500)
            took = (0.2 + 60e-6 * uncached + 0.02 * output) * speed * (0.9 + 0.2 * chance.random())
            learned.learn(uncached, output, int(took * SECOND))
        assert learned.service_ns(2_000, 100) == pytest.approx((0.2 + 0.12 + 2.0) * speed * SECOND, rel=0.15)
        assert learned.per_input_ns == pytest.approx(60e-6 * SECOND * speed, rel=0.3)


@given(st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 10_000), st.integers(0, 10**12)), max_size=100))
def test_a_service_time_is_never_negative_or_infinite(calls: list[tuple[int, int, int]]) -> None:
    learned = ServiceTime()
    for uncached, output, took in calls:
        learned.learn(uncached, output, took)
    assert 0 <= learned.prefill_ns(5_000) < 1e18
    assert 0 <= learned.service_ns(5_000, 500) < 1e18
    assert learned.per_input_ns > 0


def test_delays_that_do_not_grow_with_the_calls_forbid_nothing() -> None:
    limit, chance = Concurrency(None), random.Random(3)
    now = 0
    for _ in range(2_000):
        now += SECOND // 10
        limit.first_token(chance.random() * 6 * SECOND, limit.limit, now)
    assert limit.limit > 100


def test_delays_alone_leave_a_few_calls_at_once_and_429s_do_not() -> None:
    limit = Concurrency(None)
    for n in range(500):
        limit.first_token(0 if n < 10 else 60 * SECOND, 5 if n < 10 else 20, n * SECOND)
    assert limit.limit == int(Concurrency.FLOOR)
    for n in range(50):
        limit.exceeded((500 + 2 * n) * SECOND)
    assert limit.limit == 1

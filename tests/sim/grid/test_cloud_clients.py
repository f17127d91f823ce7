from ergos.sim.grid.cloud import Buckets
from ergos.sim.grid.cloud_clients import AllKnowing, Backoff, Clairvoyant, Client, Cooldown, RetryAfter
from tests.sim.grid.stage import done, numbers, want

SECOND = 1_000_000_000


def limited(start, after=0):
    return done(start, kind="limited", final=False, retry_after_ns=after)


def test_back_off_waits_twice_as_long_each_time_and_gives_up():
    policy, now, waits = Backoff("a", 1), 0, []
    (call,) = policy.arrive(want(1), 0).starts
    for _ in range(6):
        plan = policy.leave(limited(call, after=9 * SECOND), now)
        assert not plan.starts
        waits.append((plan.next_ns - now) / SECOND)
        now = plan.next_ns
        (call,) = policy.tick(now).starts
    assert all(0.5 * 2**n <= wait <= 1.5 * 2**n for n, wait in enumerate(waits))
    assert len(policy.leave(limited(call), now).rejections) == 1


def test_retry_after_waits_as_long_as_it_is_told_and_gives_up():
    policy, now = RetryAfter("a"), 0
    (call,) = policy.arrive(want(1), 0).starts
    for _ in range(6):
        plan = policy.leave(limited(call, after=3 * SECOND), now)
        assert plan.next_ns == now + 3 * SECOND
        now = plan.next_ns
        (call,) = policy.tick(now).starts
    assert policy.leave(limited(call, after=1), now).rejections


def test_a_cooldown_stops_everybody_and_then_tries_one_by_one():
    policy = Cooldown("a")
    (call,) = policy.arrive(want(1), 0).starts
    assert policy.leave(limited(call), 0).next_ns == 5 * SECOND
    assert not policy.arrive(want(2), SECOND).starts
    plan = policy.tick(5 * SECOND)
    assert numbers(plan) == [1]
    assert plan.next_ns == 5 * SECOND
    assert numbers(policy.tick(5 * SECOND)) == [2]


def test_the_all_knowing_sends_exactly_what_the_buckets_cover():
    buckets = Buckets(60, 100_000, 50)  # three requests at once
    policy = AllKnowing("a", buckets)
    for number in (1, 2, 3, 4, 5):
        starts = policy.arrive(want(number), 0).starts
        assert len(starts) == (1 if number <= 3 else 0)
        assert not starts or buckets.ask(100, 0) == 0
    plan = policy.tick(SECOND // 2)
    assert not plan.starts
    assert plan.next_ns == SECOND
    assert numbers(policy.tick(SECOND)) == [4]


def test_a_withdrawn_call_is_not_sent_and_an_answer_ends_a_call():
    policy = Client("a")
    (call,) = policy.arrive(want(1), 0).starts
    policy.leave(limited(call, after=SECOND), 0)
    policy.withdraw(want(1).ticket, 0)
    assert not policy.tick(SECOND).starts
    (call,) = policy.arrive(want(2), 0).starts
    assert policy.leave(done(call), 1).next_ns is None


def test_the_clairvoyant_sends_whoever_needs_least_first():
    buckets = Buckets(60, 100_000, 20)  # one request at once
    policy = Clairvoyant("a", buckets)
    order = numbers(policy.arrive(want(1, left=5), 0))
    assert buckets.ask(100, 0) == 0
    for number, left in ((2, 900), (3, 30), (4, 500)):
        policy.arrive(want(number, left=left), 0)
    for second in (1, 2, 3):
        order += numbers(policy.tick(second * SECOND))
        assert buckets.ask(100, second * SECOND) == 0
    assert order == [1, 3, 4, 2]

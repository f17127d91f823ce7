"""Gateways that hold nothing back, on cases checked by hand."""

from collections import Counter

from ergos.sim.grid.baselines import Affinity, Barrier, Ring, RoundRobin
from tests.sim.grid.stage import NAMES, done, numbers, sent, want

SECOND = 1_000_000_000


def test_round_robin_takes_replicas_in_turn_at_once():
    policy = RoundRobin(NAMES)
    assert [sent(policy.arrive(want(number), 0))[0][1] for number in range(1, 7)] == ["b", "c", "a", "b", "c", "a"]


def test_affinity_keeps_a_program_where_it_was_until_too_much_is_there():
    policy = Affinity(NAMES)
    calls = [policy.arrive(want(number, program=7), 0).starts[0] for number in range(1, 5)]
    homes = [call.endpoint for call in calls]
    # at most ceil(1.25 * calls / 3) at one replica: 1, 1, 2, 2
    assert homes[0] == homes[2]
    assert len({homes[0], homes[1], homes[3]}) >= 2
    assert homes[0] not in {homes[1], homes[3]}
    policy = Affinity(NAMES)
    for number in range(1, 20):
        (call,) = policy.arrive(want(number, program=7), 0).starts
        policy.leave(done(call), 0)
        assert call.endpoint == policy.choose(want(99, program=7))


def test_the_ring_bounds_every_load_and_moves_few_keys_when_a_replica_goes():
    ring, loads = Ring(NAMES), dict.fromkeys(NAMES, 0)
    for number in range(900):
        loads[ring.choose(str(number % 5), loads)] += 1
        assert max(loads.values()) <= 1.25 * sum(loads.values()) / 3 + 1
    free = dict.fromkeys(NAMES, 0)
    before = [ring.choose(str(number), {**free, "a": -1, "b": -1, "c": -1}) for number in range(900)]
    after = [Ring(NAMES[:2]).choose(str(number), {"a": -1, "b": -1}) for number in range(900)]
    assert min(Counter(before).values()) > 200
    assert all(old == new for old, new in zip(before, after, strict=True) if old != "c")


def test_a_failed_call_is_sent_again_three_times_and_then_given_up():
    policy = RoundRobin(NAMES)
    (call,) = policy.arrive(want(1), 0).starts
    for _ in range(3):
        (call,) = policy.leave(done(call, kind="failed", final=False), 0).starts
    plan = policy.leave(done(call, kind="failed", final=False), 0)
    assert not plan.starts
    assert len(plan.rejections) == 1


def test_the_barrier_waits_for_a_second_and_then_for_the_slowest():
    policy = Barrier(NAMES)
    assert policy.arrive(want(1), 0).next_ns == SECOND
    assert not policy.arrive(want(2), SECOND // 2).starts
    batch = policy.tick(SECOND).starts
    assert len(batch) == 2
    assert not policy.arrive(want(3), SECOND + 1).starts, "the next batch waits for this one"
    assert policy.leave(done(batch[1]), 2 * SECOND).next_ns is None
    assert policy.answers(batch[1].ticket) == ()
    plan = policy.leave(done(batch[0]), 9 * SECOND)
    assert policy.answers(batch[0].ticket) == (batch[1].ticket, batch[0].ticket)
    assert plan.next_ns == 10 * SECOND
    assert numbers(policy.tick(10 * SECOND)) == [3]


def test_the_barrier_goes_on_when_its_slowest_is_called_off():
    policy = Barrier(NAMES)
    for number in (1, 2):
        policy.arrive(want(number), 0)
    batch = policy.tick(SECOND).starts
    policy.leave(done(batch[0]), 2 * SECOND)
    policy.leave(done(batch[1], kind="cancelled"), 3 * SECOND)
    assert policy.answers(batch[1].ticket) == (batch[0].ticket,)

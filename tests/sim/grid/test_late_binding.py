from ergos.kernel.models import Usage
from ergos.kernel.scheduler.wants import Ended
from ergos.sim.grid.late_binding import LateBinding, Rooms
from ergos.sim.grid.orders import Fifo
from tests.sim.grid.stage import done, numbers, sent, specs, want


def test_only_what_fits_places_and_memory_is_sent():
    policy = LateBinding(specs(slots=2, kv_tokens=10_000), Fifo())
    starts = [start for number in range(1, 10) for start in policy.arrive(want(number), 0).starts]
    assert len(starts) == 6
    assert max(policy.rooms.running.values()) == 2
    policy = LateBinding(specs(slots=9, kv_tokens=1_000, names=("a",)), Fifo())
    # 950 tokens of memory: two of 100 + 256, not three
    assert [len(policy.arrive(want(number), 0).starts) for number in (1, 2, 3)] == [1, 1, 0]


def test_a_large_call_is_taken_by_an_empty_engine_and_holds_up_all_behind_it():
    policy = LateBinding(specs(slots=9, kv_tokens=1_000, names=("a",)), Fifo())
    (first,) = policy.arrive(want(1), 0).starts
    assert not policy.arrive(want(2, tokens=5_000), 0).starts
    assert not policy.arrive(want(3), 0).starts
    assert numbers(policy.leave(done(first), 1)) == [2]


def test_a_program_goes_where_it_was_if_it_fits_there():
    policy = LateBinding(specs(slots=2), Fifo())
    (first,) = policy.arrive(want(1, program=7), 0).starts
    policy.leave(done(first), 1)
    for number in (2, 3):
        policy.arrive(want(number), 1)
    assert sent(policy.arrive(want(4, program=7), 2)) == [(4, first.endpoint)]


def test_outputs_are_learnt_by_kind():
    rooms = Rooms(specs())
    assert rooms.need(want(1, tokens=100)) == 356
    for _ in range(200):
        rooms.learn("k", 40)
    assert rooms.need(want(1, tokens=100)) == 140
    assert rooms.need(want(1, tokens=100, kind="other")) == 356


def test_a_failed_call_waits_again_and_is_given_up_after_three():
    policy = LateBinding(specs(slots=1, names=("a",)), Fifo())
    (call,) = policy.arrive(want(1), 0).starts
    for _ in range(3):
        (call,) = policy.leave(done(call, kind="failed", final=False), 0).starts
    assert policy.leave(done(call, kind="failed", final=False), 0).rejections
    assert policy.rooms.running == {"a": 0}
    assert policy.rooms.taken == {"a": 0.0}


def test_a_withdrawn_call_is_not_sent():
    policy = LateBinding(specs(slots=1, names=("a",)), Fifo())
    (first,) = policy.arrive(want(1), 0).starts
    policy.arrive(want(2), 0)
    policy.arrive(want(3), 0)
    policy.withdraw(want(2).ticket, 1)
    ended = Ended(ticket=first.ticket, endpoint="a", usage=Usage(100, 10))
    assert numbers(policy.leave(ended, 2)) == [3]

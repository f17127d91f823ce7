from ergos.sim.grid.program_admission import OracleAdmission
from tests.sim.grid.stage import done, numbers, specs, want

SECOND = 1_000_000_000


def oracle(slots=8, kv_tokens=2_000):
    return OracleAdmission(specs(slots=slots, kv_tokens=kv_tokens, names=("a",)))


def test_whoever_needs_least_goes_first():
    policy = oracle(slots=1)
    (call,) = policy.arrive(want(1, left=5), 0).starts
    for number, left in ((2, 900), (3, 30), (4, 500)):
        assert not policy.arrive(want(number, left=left), 0).starts
    order = []
    while True:
        starts = policy.leave(done(call), 1).starts
        policy.program_ended(call.ticket.pid, 1)
        if not starts:
            break
        (call,) = starts
        order.append(call.ticket.pid)
    assert order == [3, 4, 2]


def test_an_idle_program_keeps_its_place_against_those_that_need_more():
    policy = oracle()
    policy.arrive(want(9, left=1), 0)  # 356 of 1,900 tokens, for ever
    (call,) = policy.arrive(want(1, tokens=600, left=10), 0).starts
    policy.leave(done(call, read=600, output=300), SECOND)
    assert not policy.arrive(want(2, tokens=600, left=99), SECOND).starts
    # unused for long, the place fades
    assert numbers(policy.tick(60 * SECOND)) == [2]


def test_an_idle_program_is_displaced_by_one_that_needs_less():
    policy = oracle()
    policy.arrive(want(9, left=1), 0)
    (call,) = policy.arrive(want(1, program=7, tokens=600, left=99), 0).starts
    policy.leave(done(call, read=600, output=300), SECOND)
    assert numbers(policy.arrive(want(2, tokens=600, left=10), SECOND)) == [2]
    # and must be admitted anew, which it does not fit
    assert not policy.arrive(want(3, program=7, tokens=600, left=99), 2 * SECOND).starts


def test_failures_and_withdrawals_leave_nothing_behind():
    policy = oracle(slots=1)
    (call,) = policy.arrive(want(1, left=5), 0).starts
    policy.arrive(want(2, left=6), 0)
    policy.withdraw(want(2, left=6).ticket, 0)
    for _ in range(3):
        (call,) = policy.leave(done(call, kind="failed", final=False), 0).starts
    assert policy.leave(done(call, kind="failed", final=False), 0).rejections
    assert policy.rooms.running == {"a": 0}
    assert policy.tick(SECOND).next_ns is None

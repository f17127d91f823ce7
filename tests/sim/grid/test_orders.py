"""The orders as their papers have them, on cases checked by hand: one engine with one place."""

from ergos.sim.grid.late_binding import LateBinding
from ergos.sim.grid.orders import Fifo, Plas, Shortest, Vtc
from tests.sim.grid.stage import done, specs, want

SECOND = 1_000_000_000


def served(order, wants, *, output=50, took_ns=SECOND):
    """The order in which calls that all wait are served one by one."""
    policy = LateBinding(specs(slots=1, names=("a",)), order)
    starts = [start for each in wants for start in policy.arrive(each, 0).starts]
    found, now = [], 0
    while starts:
        call = starts.pop(0)
        found.append(int(call.ticket.key.split(".")[0]))
        now += took_ns
        starts += policy.leave(done(call, output=output), now).starts
    return found


def test_fifo_is_first_come_first_served():
    assert served(Fifo(), [want(number) for number in (3, 1, 2)]) == [3, 1, 2]


def test_vtc_serves_the_owner_that_has_had_least():
    wants = [want(1, owner="hog"), *(want(n, owner="hog") for n in (2, 3, 4)), *(want(n, owner="ann") for n in (5, 6))]
    # after hog's first (100 + 2 * 50), ann is lifted to hog's counter, and they take turns
    assert served(Vtc(), wants) == [1, 5, 2, 6, 3, 4]


def test_vtc_counts_what_was_read_at_once_and_what_was_written_twice_as_much():
    order = Vtc()
    policy = LateBinding(specs(slots=1, names=("a",)), order)
    (call,) = policy.arrive(want(1, tokens=300), 0).starts
    assert order.counters == {"ann": 300.0}
    policy.leave(done(call, output=50), 1)
    assert order.counters == {"ann": 400.0}


def test_vtc_lets_nobody_bank_what_he_did_not_use():
    order = Vtc()
    policy = LateBinding(specs(slots=1, names=("a",)), order)
    (running,) = policy.arrive(want(1, owner="hog"), 0).starts
    policy.arrive(want(2, owner="hog"), 0)
    order.counters["hog"] = 10_000.0
    policy.arrive(want(3, owner="late"), 0)
    assert order.counters["late"] == 10_000.0
    assert policy.leave(done(running), 1).starts


def test_plas_serves_the_program_that_has_had_least():
    order = Plas()
    policy = LateBinding(specs(slots=1, names=("a",)), order)
    (call,) = policy.arrive(want(1, program=7), 0).starts
    policy.leave(done(call), 5 * SECOND)
    assert order.attained(want(9, program=7)).level == 3  # 5 s: beyond 1, 2 and 4
    (blocker,) = policy.arrive(want(2, program=8), 5 * SECOND).starts
    policy.arrive(want(3, program=7), 5 * SECOND)
    policy.arrive(want(4, program=9), 5 * SECOND)
    (call,) = policy.leave(done(blocker), 6 * SECOND).starts
    assert call.ticket.pid == 9


def test_plas_lifts_a_program_that_starves_and_forgets_what_it_had():
    order = Plas()
    policy = LateBinding(specs(slots=1, names=("a",)), order)
    (call,) = policy.arrive(want(1, program=7), 0).starts
    policy.leave(done(call), 2 * SECOND)
    (blocker,) = policy.arrive(want(2, program=8), 2 * SECOND).starts
    policy.arrive(want(3, program=7), 2 * SECOND)
    policy.arrive(want(4, program=9), 2 * SECOND)
    # it waited 8 s after 2 s of service: four times as long
    (call,) = policy.leave(done(blocker), 10 * SECOND).starts
    assert call.ticket.pid == 7
    assert order.attained(want(9, program=7)).level == 0


def test_a_child_counts_as_the_program_that_waits_for_it():
    order = Plas()
    assert order.attained(want(1, program=8, parent=7)) is order.attained(want(2, program=7))
    shortest = Shortest()
    shortest.push(want(1, program=7, left=900), 0)
    shortest.push(want(2, program=8, left=500), 0)
    shortest.push(want(3, program=9, parent=7), 0)
    assert shortest.first(0).program == 8


def test_shortest_serves_whoever_needs_least():
    assert served(Shortest(), [want(n, left=left) for n, left in ((1, 10), (2, 900), (3, 30), (4, 500))]) == [
        1,
        3,
        4,
        2,
    ]


def test_what_is_removed_is_never_first():
    for order in (Fifo(), Vtc(), Plas(), Shortest()):
        for number in (1, 2, 3):
            order.push(want(number, left=number), 0)
        order.remove(want(1).ticket)
        assert order.first(0).ticket == want(2).ticket, order
        order.pop(order.first(0), 0)
        assert order.first(0).ticket == want(3).ticket, order

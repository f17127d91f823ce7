"""First come, first served, and never more at once than allowed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.ids import Pid
from ergos.base.limits import QUEUE_CALLS_MAX
from ergos.kernel.scheduler.queues import Scheduler, Ticket


@given(st.integers(1, 4), st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=80))
def test_calls_start_in_order_of_arrival_and_never_too_many_at_once(limit: int, acts: list[tuple[bool, int]]) -> None:
    scheduler = Scheduler({"q": limit})
    arrived: list[Ticket] = []
    started: list[Ticket] = []
    running: list[Ticket] = []
    for n, (leave, choice) in enumerate(acts):
        if leave and running:
            ticket = running.pop(choice % len(running))
            new = scheduler.leave(ticket)
        else:
            ticket = Ticket(Pid(1), str(n), "q")
            arrived.append(ticket)
            new = scheduler.arrive(ticket)
        started += new
        running += new
        assert len(running) == min(limit, len(running) + len(scheduler.queues["q"].waiting))
    assert started == arrived[: len(started)]
    while running:
        new = scheduler.leave(running.pop(0))
        started += new
        running += new
    assert started == arrived


def test_a_waiting_call_that_is_withdrawn_never_starts() -> None:
    scheduler = Scheduler({"q": 1})
    first, second, third = (Ticket(Pid(1), key, "q") for key in "abc")
    assert scheduler.arrive(first) == (first,)
    assert scheduler.arrive(second) == scheduler.arrive(third) == ()
    assert scheduler.leave(second) == ()
    assert scheduler.leave(first) == (third,)


def test_queues_do_not_wait_for_each_other() -> None:
    scheduler = Scheduler({"a": 1, "b": 1})
    assert scheduler.arrive(Ticket(Pid(1), "1", "a"))
    assert scheduler.arrive(Ticket(Pid(1), "2", "b"))


def test_a_queue_says_when_it_is_full() -> None:
    scheduler = Scheduler({"q": 1})
    assert not scheduler.full("q")
    for n in range(QUEUE_CALLS_MAX + 1):
        scheduler.arrive(Ticket(Pid(1), str(n), "q"))
    assert scheduler.full("q")

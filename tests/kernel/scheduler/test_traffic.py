"""Second sendings and calls called back, only before the first token."""

from __future__ import annotations

from ergos.kernel.scheduler.programs import ORDINARY, URGENT, Rank
from ergos.kernel.scheduler.traffic import PRIORITY_MAX, priority
from ergos.kernel.scheduler.wants import Rules
from tests.kernel.scheduler.feeder import SECOND, Feeder, replica, want

NAMES = ["r0", "r1"]


def warmed(**more: object) -> Feeder:
    """Two replicas whose first tokens usually take half a second, and who have answered many calls."""
    feeder = Feeder([replica(name, slots=4) for name in NAMES], Rules(hedge_share=0.02))
    for n in range(2 * Rules().hedge_samples_min + 40):
        feeder.arrive(want(f"w{n}", n + 1, NAMES))
        ticket, endpoint = feeder.starts[-1]
        feeder.wait(SECOND // 2)
        feeder.first_token(ticket, endpoint)
        feeder.end(ticket, endpoint)
        feeder.program_ended(n + 1)
    feeder.arrive(want("slow", 900, NAMES, **more))
    return feeder


def test_a_late_call_is_sent_a_second_time_and_the_first_answer_counts() -> None:
    feeder = warmed()
    ticket, first = feeder.starts[-1]
    feeder.wait(20 * SECOND)
    assert [each for each in feeder.running if each[0] == ticket] == [(ticket, first), (ticket, *({*NAMES} - {first}))]
    second = ({*NAMES} - {first}).pop()
    plan = feeder.first_token(ticket, second)
    assert [(cancel.endpoint, cancel.requeued) for cancel in plan.cancels] == [(first, False)]
    feeder.end(ticket, second)
    assert feeder.grid.snapshot().running == 0


def test_a_call_that_answers_is_never_doubled() -> None:
    feeder = warmed()
    ticket, first = feeder.starts[-1]
    feeder.first_token(ticket, first)
    feeder.wait(60 * SECOND)
    assert len(feeder.running) == 1


def test_a_call_that_must_not_be_repeated_is_never_doubled() -> None:
    feeder = warmed(repeatable=False)
    feeder.wait(60 * SECOND)
    assert len(feeder.running) == 1


def test_when_one_of_two_sendings_fails_the_other_goes_on() -> None:
    feeder = warmed()
    ticket, first = feeder.starts[-1]
    feeder.wait(20 * SECOND)
    feeder.end(ticket, first, kind="failed", final=False)
    assert len(feeder.running) == 1
    feeder.end(*next(iter(feeder.running)))
    assert feeder.over[ticket] == "done"


def full() -> Feeder:
    feeder = Feeder([replica("r0", slots=2)])
    for n in range(4):
        feeder.arrive(want(f"o{n}", n + 1, ["r0"]))
        feeder.wait(SECOND)
    return feeder


def test_an_urgent_call_takes_the_place_of_the_newest_without_a_first_token() -> None:
    feeder = full()
    plan = feeder.arrive(want("urgent", 50, ["r0"], deadline_ns=feeder.now_ns + SECOND))
    assert [(cancel.ticket.key, cancel.requeued) for cancel in plan.cancels] == [("o1", True)]
    assert [start.ticket.key for start in plan.starts] == ["urgent"]
    assert plan.starts[0].hints.priority == 0
    feeder.drain()


def test_a_call_that_answers_or_must_not_be_repeated_is_never_called_back() -> None:
    feeder = full()
    for ticket, endpoint in list(feeder.running):
        feeder.first_token(ticket, endpoint)
    assert not feeder.arrive(want("urgent", 50, ["r0"], deadline_ns=feeder.now_ns + SECOND)).cancels
    feeder = Feeder([replica("r0", slots=1)])
    feeder.arrive(want("once", 1, ["r0"], repeatable=False))
    feeder.wait(SECOND)
    assert not feeder.arrive(want("urgent", 50, ["r0"], deadline_ns=feeder.now_ns + SECOND)).cancels


def test_a_call_called_back_and_answered_all_the_same_does_not_run_again() -> None:
    feeder = full()
    victim, endpoint = list(feeder.running)[1]
    feeder.arrive(want("urgent", 50, ["r0"], deadline_ns=feeder.now_ns + SECOND))
    feeder.running[victim, endpoint] = 0
    feeder.end(victim, endpoint)
    feeder.drain()
    assert [ticket for ticket, _ in feeder.starts].count(victim) == 1


def test_priorities_follow_ranks_and_fit_an_engine() -> None:
    assert priority(Rank(URGENT, 9e18)) == 0
    assert (
        0
        < priority(Rank(ORDINARY, 0.0))
        < priority(Rank(ORDINARY, 10.0))
        <= priority(Rank(ORDINARY, 1e30))
        == PRIORITY_MAX
    )

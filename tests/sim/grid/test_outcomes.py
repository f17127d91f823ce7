from hypothesis import given
from hypothesis import strategies as st

from ergos.base.ids import Pid
from ergos.kernel.scheduler.queues import Ticket
from ergos.sim.grid.jobs import Event, Tally
from ergos.sim.grid.outcomes import GapMeter, Journal
from ergos.sim.grid.programs import Program, Turn, Workload
from tests.sim.grid.stage import want

TURN = Turn(((7, 100),), 10, 100, 100, 5)


def story(*events):
    """(what, owner, number, charge) told to a meter."""
    meter = GapMeter()
    for what, owner, number, charge in events:
        ticket = Ticket(Pid(number), "1", "models")
        if what == "waits":
            meter.waits(owner, ticket)
        elif what == "gone":
            meter.gone(ticket)
        else:
            meter.starts(owner, ticket)
            meter.served(ticket, charge)
    return meter.gap()


def test_a_gap_grows_only_while_both_wait():
    both = [("waits", owner, number, 0) for owner, numbers in (("a", (1, 2, 3)), ("b", (4, 5))) for number in numbers]
    assert story(*both, ("starts", "a", 1, 10), ("starts", "a", 2, 7)).largest == 17
    assert story(*both, ("starts", "a", 1, 10), ("starts", "b", 4, 10), ("starts", "a", 2, 7)).largest == 10
    alone = [("waits", "a", number, 0) for number in (1, 2, 3)]
    assert story(*alone, ("starts", "a", 1, 10), ("starts", "a", 2, 7)).largest == 0
    # b leaves between: a new interval begins when it waits again
    left = [*both, ("starts", "a", 1, 10), ("gone", "b", 4, 0), ("gone", "b", 5, 0)]
    assert story(*left, ("starts", "a", 2, 7), ("waits", "b", 4, 0), ("starts", "a", 3, 5)).largest == 10


def test_the_largest_gap_may_lie_in_the_middle_of_an_interval():
    both = [("waits", owner, 10 * place + n, 0) for place, owner in enumerate("ab", 1) for n in range(9)]
    served = [("starts", "a", 10, 4), ("starts", "b", 20, 9), ("starts", "b", 21, 9), ("starts", "a", 11, 30)]
    # W_a - W_b: 4, -5, -14, 16
    assert story(*both, *served).largest == 30
    assert story(*both, *served).call_most == 30


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 50)), max_size=40))
def test_a_gap_is_the_largest_over_all_intervals(starts):
    waits = [("waits", owner, 1_000 * place + n, 0) for place, owner in enumerate("abc", 1) for n in range(50)]
    left = {owner: iter(range(1_000 * place, 1_000 * place + 49)) for place, owner in enumerate("abc", 1)}
    found = story(*waits, *[("starts", owner, next(left[owner]), charge) for owner, charge in starts])
    paths = []
    for one, other in ("ab", "ac", "bc"):
        at, path = 0, [0]
        for owner, charge in starts:
            at += charge if owner == one else -charge if owner == other else 0
            path.append(at)
        paths.append(max(path) - min(path))
    assert found.largest == max(paths)


def test_a_journal_adds_up():
    programs = tuple(
        Program(Pid(n), "ann", "single", 10, (((TURN,),),), cancelled_after_ns=after)
        for n, after in ((1, 0), (2, 0), (3, 7))
    )
    journal = Journal(Workload(programs, 100))
    journal.waits(want(1), 0)
    journal.starts(want(1), 5)
    journal.served(want(1), Event("done", 1, 9, 100, 60, 10), 5.0)
    journal.failed("limited")
    journal.failed("failed")
    journal.note_load(100, [50, 100])
    journal.ended(programs[0], 40, lost=False)
    journal.ended(programs[2], 40, lost=True)
    found = journal.outcome(200, {"a": Tally(preempted=2), "b": Tally(preempted=1)})
    assert [(program.pid, program.jct_ns, program.model_ns, program.lost) for program in found.programs] == [
        (1, 30, 25, False),
        (2, 190, 185, True),
    ]
    assert (found.hit, found.load, found.calls, found.limited, found.failed, found.preempted) == (0.6, 0.75, 1, 1, 1, 3)

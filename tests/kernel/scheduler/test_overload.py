"""Too much to do: degrade, refuse newcomers, repeat within a budget, hedge little."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.ids import Pid
from ergos.kernel.scheduler.overload import BACKOFF_MAX_NS, BACKOFF_NS, Overload
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import Rules
from tests.kernel.scheduler.feeder import SECOND, Feeder, replica, want

RULES = Rules(delay_target_ns=10 * SECOND, delay_interval_ns=10 * SECOND, refuse_delay_ns=50 * SECOND)


def test_a_queue_that_sometimes_is_short_is_no_overload() -> None:
    overload, now = Overload(RULES), 0
    for n in range(100):
        now += SECOND
        assert overload.stage("a", now, waiting=True) == "calm"
        overload.waited("a", (30 if n % 5 else 1) * SECOND)


def test_a_queue_that_is_never_short_degrades_then_refuses_and_calms_down() -> None:
    overload, now, seen = Overload(RULES), 0, []
    for n in range(100):
        now += SECOND
        seen.append(overload.stage("a", now, waiting=True))
        overload.waited("a", n * SECOND)
    assert [stage for n, stage in enumerate(seen) if stage != seen[n - 1]] == ["calm", "degrade", "refuse"]
    overload.waited("a", SECOND)
    assert overload.stage("a", now, waiting=True) == "calm"


def test_when_nothing_starts_at_all_it_is_noticed() -> None:
    overload = Overload(RULES)
    stages = [overload.stage("a", n * 10 * SECOND, waiting=True) for n in range(10)]
    assert stages[0] == "calm"
    assert stages[-1] == "refuse"
    assert [overload.stage("b", n * 10 * SECOND, waiting=False) for n in range(10)] == ["calm"] * 10


@given(st.integers(1, 10**6), st.integers(0, 40))
def test_a_back_off_is_jittered_bounded_and_the_same_each_time(pid: int, tries: int) -> None:
    overload, ticket = Overload(Rules(seed=3)), Ticket(Pid(pid), "k", "models")
    wait = overload.backoff_ns(ticket, tries)
    assert 0 <= wait <= min(BACKOFF_MAX_NS, BACKOFF_NS << min(tries, 16))
    assert wait == Overload(Rules(seed=3)).backoff_ns(ticket, tries)


def test_back_offs_of_a_herd_are_spread_over_their_whole_range() -> None:
    overload = Overload(Rules())
    waits = sorted(overload.backoff_ns(Ticket(Pid(n), "k", "models"), 4) for n in range(1, 1_001))
    most = BACKOFF_NS << 4
    assert waits[100] < 0.15 * most
    assert waits[900] > 0.85 * most


def test_hedges_stay_within_their_share() -> None:
    overload = Overload(Rules(hedge_share=0.02))
    least = Rules().hedge_samples_min
    hedges = 0
    for _ in range(1_000):
        overload.sent(hedge=False)
        if overload.may_hedge(least):
            overload.sent(hedge=True)
            hedges += 1
    assert 15 <= hedges <= 21
    assert not overload.may_hedge(least - 1)


def test_an_overloaded_owners_calls_may_run_on_cheaper_endpoints_and_its_new_programs_are_refused() -> None:
    feeder = Feeder([replica("good", slots=1), replica("cheap", slots=100)], RULES)
    for n in range(40):
        feeder.arrive(want(f"q{n}", n + 1, ["good"]))
    for n in range(12):
        feeder.wait(11 * SECOND)
        feeder.end(*next(iter(feeder.running)))
        feeder.arrive(want(f"more{n}", 20, ["good"]))
    assert feeder.arrive(want("new", 500, ["good"])).rejections
    assert not feeder.arrive(want("begun", 20, ["good"])).rejections
    feeder.arrive(want("cheaper", 20, ["good"], degraded=("cheap",)))
    assert feeder.starts[-1] == (want("cheaper", 20, ["good"]).ticket, "cheap")
    assert not feeder.arrive(want("other", 900, ["good"], owner="b")).rejections

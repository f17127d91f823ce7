"""Calls go where their cache is, newcomers spread, and rates are kept for the best call."""

from __future__ import annotations

from collections import Counter

from ergos.kernel.scheduler.wants import Rules
from tests.kernel.scheduler.feeder import SECOND, Feeder, cloud, replica, want

NAMES = ["r0", "r1", "r2"]


def replicas(**more: int) -> Feeder:
    return Feeder([replica(name, kv_tokens=100_000, **more) for name in NAMES])


def test_a_program_stays_where_its_cache_is() -> None:
    feeder = replicas()
    homes: dict[int, set[str]] = {}
    for n in range(60):
        program = n % 6 + 1
        feeder.arrive(want(str(n), program, NAMES, tokens=500 + 60 * n))
        ticket, endpoint = feeder.starts[-1]
        homes.setdefault(program, set()).add(endpoint)
        feeder.end(ticket, endpoint)
    assert all(len(places) == 1 for places in homes.values())


def test_a_fan_out_spreads() -> None:
    feeder = replicas()
    for n in range(12):
        feeder.arrive(want(str(n), 100 + n, NAMES, parent=1, tokens=3_000))
    assert sorted(Counter(endpoint for _, endpoint in feeder.starts).values()) == [4, 4, 4]


def test_programs_with_the_same_system_prompt_meet_where_it_is_cached() -> None:
    feeder = replicas()
    for kind in (1, 2, 3):
        prefix = tuple((1_000 * kind + k, 512 * (k + 1)) for k in range(16))
        feeder.arrive(want(f"first {kind}", kind, NAMES, tokens=8_300, prefix=prefix))
    where = {ticket.pid: endpoint for ticket, endpoint in feeder.starts}
    assert len(set(where.values())) == 3
    for ticket, endpoint in list(feeder.running):
        feeder.first_token(ticket, endpoint)
        feeder.end(ticket, endpoint)
        feeder.program_ended(ticket.pid)
    for kind in (3, 1, 2):
        prefix = tuple((1_000 * kind + k, 512 * (k + 1)) for k in range(16))
        feeder.arrive(want(f"second {kind}", 10 + kind, NAMES, tokens=8_300, prefix=prefix))
        assert feeder.starts[-1][1] == where[kind]


def test_a_replica_that_fails_is_left_alone_and_its_programs_move() -> None:
    feeder = replicas(slots=64)
    for n in range(90):
        feeder.arrive(want(str(n), n + 1, NAMES, tokens=100))
    for ticket, endpoint in list(feeder.running):
        if endpoint == "r0":
            feeder.end(ticket, endpoint, kind="failed", final=False)
    assert {view.endpoint: view.health for view in feeder.grid.snapshot().endpoints}["r0"] == "open"
    before = len(feeder.starts)
    feeder.wait(SECOND)
    for n in range(20):
        feeder.arrive(want(f"x{n}", n + 1, NAMES, tokens=100))
    assert {endpoint for _, endpoint in feeder.starts[before:]} == {"r1", "r2"}


def test_a_large_call_is_not_starved_of_rate_by_small_ones() -> None:
    rules = Rules(burst_share=0.5, oldest_share=0.0)
    feeder = Feeder([cloud("c", tokens_per_minute=10_000)], rules)
    feeder.arrive(want("drain", 1, ["c"], tokens=4_500))
    feeder.arrive(want("large", 2, ["c"], tokens=4_000, remaining_tokens=1))
    for n in range(50):
        feeder.arrive(want(f"small {n}", 3 + n, ["c"], tokens=50, remaining_tokens=100_000))
    feeder.wait(60 * SECOND)
    started = [ticket.key for ticket, _ in feeder.starts]
    assert started.index("large") == 1


def test_the_preferred_endpoint_is_used_first_and_the_next_one_when_it_is_full() -> None:
    feeder = Feeder([cloud("dear"), replica("cheap", slots=2)])
    for n in range(4):
        feeder.arrive(want(str(n), n + 1, ["cheap", "dear"]))
    assert [endpoint for _, endpoint in feeder.starts] == ["cheap", "cheap", "dear", "dear"]

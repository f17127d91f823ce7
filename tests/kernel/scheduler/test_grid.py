"""The guarantees of the scheduler, on random traces: nothing lost, nothing over a limit, fair within a bound, no starvation."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.kernel.models import Usage
from ergos.kernel.scheduler.grid import Grid
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.share import charge
from ergos.kernel.scheduler.wants import Rules
from tests.kernel.scheduler.feeder import SECOND, Feeder, cloud, replica, want

KINDS = ("done", "done", "done", "done", "failed", "stalled", "limited", "cancelled", "refused")


def played(seed: int, acts: int, *, faults: bool = True, quantum: float = 20_000.0) -> Feeder:
    """A random life: arrivals, first tokens, all kinds of ends, withdrawals, endpoints that come and go, time that jumps."""
    chance = random.Random(seed)
    specs = [
        replica("r0"),
        replica("r1", slots=3),
        replica("r2", slots=None, kv_tokens=None),
        cloud("c", requests_per_minute=300, tokens_per_minute=100_000),
    ]
    feeder = Feeder(specs, Rules(quantum_tokens=quantum, seed=seed, patience_ns=20 * SECOND, weights={"a": 2.0}))
    names = [spec.name for spec in specs]
    for n in range(acts):
        act = chance.random()
        if act < 0.4:
            program = chance.randrange(1, 40)
            asked = chance.sample(names, chance.randrange(1, len(names) + 1))
            more: dict[str, object] = {"kind": f"k{program % 3}", "repeatable": chance.random() < 0.8}
            if chance.random() < 0.2:
                more["deadline_ns"] = feeder.now_ns + chance.randrange(1, 60) * SECOND
            if chance.random() < 0.2:
                more["remaining_tokens"] = chance.randrange(1, 50_000)
            if chance.random() < 0.2:
                more["parent"] = chance.randrange(1, 40)
            if chance.random() < 0.3:
                more["prefix"] = tuple((program % 3 * 100 + k, 64 * (k + 1)) for k in range(chance.randrange(1, 30)))
            feeder.arrive(
                want(str(n), program, asked, owner=f"{'abc'[program % 3]}", tokens=chance.randrange(10, 9_000), **more)
            )
        elif act < 0.8 and feeder.running:
            ticket, endpoint = chance.choice(list(feeder.running))
            if chance.random() < 0.5 and (ticket, endpoint) not in feeder.first:
                feeder.first_token(ticket, endpoint)
                continue
            kind = chance.choice(KINDS) if faults else "done"
            final = kind in {"done", "cancelled", "refused"} or chance.random() < 0.3
            feeder.end(ticket, endpoint, output=chance.randrange(1, 200), kind=kind, final=final)  # type: ignore[arg-type]
        elif act < 0.85 and feeder.waiting():
            feeder.withdraw(chance.choice(feeder.waiting()))
        elif act < 0.9:
            feeder.program_ended(chance.randrange(1, 40))
        elif act < 0.92 and faults:
            kept = [spec for spec in specs if chance.random() < 0.8]
            feeder.update(kept or specs)
        else:
            feeder.wait(int(chance.expovariate(1.0) * SECOND * chance.choice((0.01, 0.1, 1, 10))))
    feeder.update(specs)
    return feeder


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_nothing_is_lost_and_no_limit_is_passed(seed: int) -> None:
    feeder = played(seed, 300)
    feeder.drain()
    assert set(feeder.over) == set(feeder.wants)
    view = feeder.grid.snapshot()
    assert (view.waiting, view.running) == (0, 0)
    assert all(endpoint.tokens_in_flight == 0 for endpoint in view.endpoints)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**9))
def test_the_same_calls_get_the_same_plans(seed: int) -> None:
    feeder = played(seed, 200)
    again = Grid(
        [
            replica("r0"),
            replica("r1", slots=3),
            replica("r2", slots=None, kv_tokens=None),
            cloud("c", requests_per_minute=300, tokens_per_minute=100_000),
        ],
        feeder.rules,
    )
    for act, plan in feeder.log:
        assert act(again) == plan


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**9))
def test_what_owners_are_charged_is_what_the_ledger_books(seed: int) -> None:
    feeder = played(seed, 250, faults=False)
    feeder.drain()
    served = {view.owner: view.served_tokens for view in feeder.grid.snapshot().owners}
    for owner, tokens in served.items():
        assert tokens == pytest.approx(feeder.booked.get(owner, 0.0), abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from([0.0, 5_000.0, 50_000.0]))
def test_service_between_owners_who_wait_stays_within_the_bound(seed: int, quantum: float) -> None:
    chance = random.Random(seed)
    weights = {"a": 1.0, "b": 2.0, "c": 1.0}
    rules = Rules(quantum_tokens=quantum, weights=weights, patience_ns=10**15)
    feeder = Feeder([replica("r0", slots=4), replica("r1", slots=4)], rules)
    size = {"a": (50, 400), "b": (200, 3_000), "c": (10, 9_000)}
    count = 0

    def top_up() -> None:
        nonlocal count
        waiting = [feeder.wants[ticket].owner for ticket in feeder.waiting()]
        for owner in "abc":
            for _ in range(3 - waiting.count(owner)):
                count += 1
                tokens = chance.randrange(*size[owner])
                feeder.arrive(
                    want(
                        str(count),
                        1_000 * "abc".index(owner) + chance.randrange(1, 15),
                        ["r0", "r1"],
                        owner,
                        tokens,
                        kind=owner,
                    )
                )

    outputs: dict[Ticket, int] = {}
    told = 0
    service = dict.fromkeys("abc", 0.0)
    marks: list[dict[str, float]] = []
    most_charge = most_error = 0.0
    for _ in range(250):
        top_up()
        for ticket, _ in feeder.starts[told:]:
            wanted = feeder.wants[ticket]
            outputs[ticket] = chance.randrange(1, 200)
            cost = charge(Usage(wanted.input_tokens, outputs[ticket]), rules)
            service[wanted.owner] += cost / weights[wanted.owner]
            most_charge = max(most_charge, cost / weights[wanted.owner])
            most_error = max(most_error, cost / weights[wanted.owner])  # nothing is predicted better than by nothing
        told = len(feeder.starts)
        marks.append(dict(service))
        ticket, endpoint = chance.choice(list(feeder.running))
        feeder.end(ticket, endpoint, output=outputs[ticket])
        feeder.wait(SECOND // 5)
    bound = 2 * (rules.bypass * quantum + most_charge + 8 * most_error)
    for one, other in combinations("abc", 2):
        leads = [mark[one] - mark[other] for mark in marks[5:]]
        assert max(leads) - min(leads) <= bound


def test_a_hog_does_not_delay_a_small_owner_beyond_its_share() -> None:
    feeder = Feeder([replica("r0", slots=2)], Rules(quantum_tokens=0.0))
    for n in range(200):
        feeder.arrive(want(f"hog {n}", n + 1, ["r0"], "hog", 1_000))
    for n in range(5):
        feeder.arrive(want(f"small {n}", 1_000 + n, ["r0"], "small", 1_000))
    for _ in range(20):
        ticket, endpoint = next(iter(feeder.running))
        feeder.end(ticket, endpoint)
    owners = [feeder.wants[ticket].owner for ticket, _ in feeder.starts[2:14]]
    assert owners.count("small") == 5


def test_weights_are_shares() -> None:
    feeder = Feeder([replica("r0", slots=2)], Rules(quantum_tokens=0.0, weights={"a": 3.0}))
    for n in range(300):
        for owner in "ab":
            feeder.arrive(want(f"{owner}{n}", n + 1 + (owner == "b") * 1_000, ["r0"], owner, 1_000))
    for _ in range(200):
        ticket, endpoint = next(iter(feeder.running))
        feeder.end(ticket, endpoint)
    owners = [feeder.wants[ticket].owner for ticket, _ in feeder.starts]
    assert 2.5 <= owners.count("a") / owners.count("b") <= 3.5


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_a_giant_that_never_fits_beside_others_starts_within_patience(share: float) -> None:
    rules = Rules(patience_ns=30 * SECOND, oldest_share=share or 0.01)
    feeder = Feeder([replica("r0", slots=16, kv_tokens=10_000)], rules)
    for n in range(30):
        feeder.arrive(want(f"s{n}", n + 1, ["r0"], tokens=900))
    feeder.arrive(want("giant", 999, ["r0"], tokens=9_000))
    giant = Ticket(want("giant", 999, ["r0"]).ticket.pid, "giant", "models")
    count = 0
    while not any(ticket == giant for ticket, _ in feeder.starts):
        count += 1
        assert feeder.now_ns < 120 * SECOND, "starved"
        ticket, endpoint = next(iter(feeder.running))
        feeder.end(ticket, endpoint)
        feeder.program_ended(ticket.pid)
        feeder.arrive(want(f"n{count}", 2_000 + count, ["r0"], tokens=900))
        feeder.wait(SECOND // 4)


def test_an_oldest_program_gets_its_reserve_among_ever_new_short_ones() -> None:
    rules = Rules(quantum_tokens=float("inf"))
    feeder = Feeder([replica("r0", slots=1, kv_tokens=None)], rules)
    feeder.arrive(want("old 0", 1, ["r0"], kind="long", tokens=2_000))
    served = 0
    for n in range(2_000):
        feeder.arrive(want(f"new {n}", 10 + n, ["r0"], kind="short", tokens=100))
        ticket, endpoint = next(iter(feeder.running))
        feeder.end(ticket, endpoint, output=10)
        if ticket.pid == 1:
            served += 1
            feeder.arrive(want(f"old {served}", 1, ["r0"], kind="long", tokens=2_000))
        else:
            feeder.program_ended(ticket.pid)
        feeder.wait(SECOND // 10)
    service = served * (2_000 + 60), (2_000 - served) * 160
    assert service[0] / sum(service) >= 0.08


def test_short_kinds_run_before_long_ones_once_history_knows_them() -> None:
    feeder = Feeder([replica("r0", slots=1, kv_tokens=None)], Rules(oldest_share=0.0))
    for n in range(60):
        for kind, calls in (("short", 1), ("long", 5)):
            pid = 2 * n + 1 + (kind == "long")
            for call in range(calls):
                feeder.arrive(want(f"{kind}{n}.{call}", pid, ["r0"], kind=kind, tokens=2_000))
                ticket, endpoint = next(iter(feeder.running))
                feeder.end(ticket, endpoint)
            feeder.program_ended(pid)
    feeder.wait(60 * SECOND)
    feeder.arrive(want("busy", 900, ["r0"]))
    feeder.arrive(want("l", 901, ["r0"], kind="long"))
    feeder.arrive(want("s", 902, ["r0"], kind="short"))
    ticket, endpoint = next(iter(feeder.running))
    feeder.end(ticket, endpoint)
    assert [ticket.key for ticket, _ in feeder.starts[-1:]] == ["s"]


def test_a_child_runs_with_its_parents_rank_not_as_a_newcomer() -> None:
    feeder = Feeder([replica("r0", slots=1, kv_tokens=None)], Rules(oldest_share=0.0))
    for n in range(10):
        feeder.arrive(want(f"p{n}", 1, ["r0"], tokens=5_000))
        ticket, endpoint = next(iter(feeder.running))
        feeder.end(ticket, endpoint)
    feeder.arrive(want("busy", 50, ["r0"]))
    feeder.arrive(want("child", 2, ["r0"], parent=1))
    feeder.arrive(want("new", 3, ["r0"]))
    feeder.end(*next(iter(feeder.running)))
    assert feeder.starts[-1][0].key == "new"


def test_memory_does_not_grow_with_programs_that_ended() -> None:
    feeder = Feeder([replica("r0"), replica("r1")])
    for n in range(3_000):
        feeder.arrive(want(str(n), n + 1, ["r0", "r1"], prefix=tuple((n * 10 + k, 100 * (k + 1)) for k in range(5))))
        ticket, endpoint = next(iter(feeder.running))
        feeder.end(ticket, endpoint)
        feeder.program_ended(n + 1)
        feeder.wait(SECOND // 2)
    flow = feeder.grid._flow
    assert not flow.calls
    assert not flow.order.programs
    assert not flow.order._families
    assert len(flow._timers._heap) < 100
    for endpoint in flow.endpoints.values():
        assert not endpoint.members
        assert len(endpoint.residency._entries) < 1_000


def test_a_want_for_nobody_is_refused_and_says_so() -> None:
    feeder = Feeder([replica("r0")])
    plan = feeder.arrive(want("x", 1, ["gone"]))
    assert plan.rejections[0].retry_after_ns == 0


def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    feeder = Feeder([replica("r0", slots=1)], Rules(queue_calls_max=2))
    for n in range(4):
        plan = feeder.arrive(want(str(n), n + 1, ["r0"]))
    assert [rejection.ticket.key for rejection in plan.rejections] == ["3"]
    assert plan.rejections[0].retry_after_ns > 0
    assert not feeder.arrive(want("other", 9, ["r0"], owner="b")).rejections


def test_time_that_jumps_or_runs_backwards_harms_nothing() -> None:
    feeder = Feeder([replica("r0", slots=1), cloud("c", requests_per_minute=60)])
    for n in range(5):
        feeder.arrive(want(str(n), n + 1, ["r0", "c"]))
    feeder.now_ns += 365 * 24 * 3_600 * SECOND
    feeder.arrive(want("later", 9, ["r0"]))
    feeder.now_ns -= 3_600 * SECOND
    feeder.arrive(want("earlier", 10, ["r0"]))
    feeder.now_ns += 7_200 * SECOND
    feeder.drain()
    assert len(feeder.over) == 7


def test_endpoints_that_disappear_take_their_waiting_calls_along_and_new_ones_are_used() -> None:
    feeder = Feeder([replica("r0", slots=1)])
    feeder.arrive(want("runs", 1, ["r0"]))
    feeder.arrive(want("both", 2, ["r0", "r1"]))
    feeder.arrive(want("only", 3, ["r0"]))
    plan = feeder.update([replica("r1", slots=1)])
    assert {rejection.ticket.key for rejection in plan.rejections} == {"only", "both"}
    feeder.arrive(want("new", 4, ["r1"]))
    feeder.end(*next(each for each in feeder.running if each[0].key == "runs"))
    feeder.drain()
    assert [endpoint.endpoint for endpoint in feeder.grid.snapshot().endpoints] == ["r1"]


def test_a_limit_that_is_halved_is_kept_from_then_on() -> None:
    feeder = Feeder([replica("r0", slots=8)])
    for n in range(20):
        feeder.arrive(want(str(n), n + 1, ["r0"], tokens=100))
    assert len(feeder.running) == 8
    feeder.specs = {}
    feeder.update([replica("r0", slots=8)])
    smaller = replica("r0", slots=4)
    now = feeder.now_ns
    feeder.grid.update([smaller], now)
    while len(feeder.running) > 3:
        feeder.end(*next(iter(feeder.running)))
        if len(feeder.running) < 4:
            break
    feeder.specs = {"r0": smaller}
    feeder.drain()


def test_would_block_grows_with_the_queue_and_is_nothing_when_it_is_empty() -> None:
    feeder = Feeder([replica("r0", slots=2)])
    assert feeder.grid.would_block_ns("a", ["r0"], feeder.now_ns) == 0
    waits: list[int] = []
    for n in range(40):
        feeder.arrive(want(str(n), n + 1, ["r0"]))
        if n % 2:
            feeder.wait(SECOND)
            feeder.end(*next(iter(feeder.running)))
        waits.append(feeder.grid.would_block_ns("a", ["r0"], feeder.now_ns))
    assert waits[-1] > waits[10] > 0
    assert feeder.grid.would_block_ns("a", ["nowhere"], feeder.now_ns) > waits[-1]


def test_a_snapshot_shows_queues_health_and_hits() -> None:
    feeder = Feeder([replica("r0", slots=1)])
    for n in range(3):
        feeder.arrive(want(str(n), n + 1, ["r0"], owner="ab"[n % 2]))
    feeder.end(*next(iter(feeder.running)), cached=500)
    view = feeder.grid.snapshot()
    assert (view.waiting, view.running) == (1, 1)
    assert {owner.owner: owner.waiting + owner.running for owner in view.owners} == {"a": 1, "b": 1}
    (endpoint,) = view.endpoints
    assert (endpoint.health, endpoint.running, endpoint.concurrency) == ("ok", 1, 1)
    assert endpoint.hit_rate > 0

"""Who has a right to start: owners by their counters, families by rank, the oldest in its turn."""

from __future__ import annotations

from ergos.kernel.scheduler.wants import Rules
from tests.kernel.scheduler.feeder import Feeder, replica, want


def finish(feeder: Feeder, times: int) -> list[str]:
    """The owners whose calls start while so many calls end, one after another."""
    before = len(feeder.starts)
    for _ in range(times):
        feeder.end(*next(iter(feeder.running)))
    return [feeder.wants[ticket].owner for ticket, _ in feeder.starts[before:]]


def backlog(quantum: float, kv_tokens: int | None = None) -> Feeder:
    feeder = Feeder([replica("r0", slots=1, kv_tokens=kv_tokens)], Rules(quantum_tokens=quantum, oldest_share=0.0))
    feeder.arrive(want("busy", 1, ["r0"], "z", 10))
    for n in range(40):
        feeder.arrive(want(f"long{n}", 100 + n, ["r0"], "long", 4_000, remaining_tokens=50_000))
    for n in range(40):
        feeder.arrive(want(f"short{n}", 200 + n, ["r0"], "short", 1_000, remaining_tokens=1_000))
    return feeder


def test_without_slack_owners_alternate_by_service() -> None:
    owners = finish(backlog(0.0), 20)
    assert 2 <= owners.count("long") <= 7


def test_with_slack_the_better_ranked_owner_runs_ahead_by_just_so_much() -> None:
    owners = finish(backlog(20_000.0), 12)
    assert owners == ["short"] * 12
    owners = finish(backlog(20_000.0), 40)
    assert "long" in owners


def test_with_infinite_slack_owners_do_not_count() -> None:
    assert finish(backlog(float("inf")), 40) == ["short"] * 40


def test_an_owner_may_pass_the_least_one_whose_call_does_not_fit_but_only_so_far() -> None:
    rules = Rules(quantum_tokens=3_000.0, bypass=4.0, oldest_share=0.0)
    feeder = Feeder([replica("r0", slots=8, kv_tokens=10_000)], rules)
    for n in range(2):
        feeder.arrive(want(f"busy{n}", 1 + n, ["r0"], "z", 1_500))
    feeder.arrive(want("large", 10, ["r0"], "least", 9_000))
    before = len(feeder.starts)
    for n in range(40):
        feeder.arrive(want(f"small{n}", 20 + n, ["r0"], "eager", 1_000, output_tokens=1))
        if len(feeder.running) > 2:
            feeder.end(*list(feeder.running)[-1], output=1)
            feeder.program_ended(feeder.starts[-1][0].pid)
    passed = [ticket for ticket, _ in feeder.starts[before:]]
    assert 2 <= len(passed) <= 14  # 4 x 3,000 weighted tokens and one call
    for ticket, endpoint in list(feeder.running):
        feeder.end(ticket, endpoint)
        feeder.program_ended(ticket.pid)
    assert "large" in [ticket.key for ticket, _ in feeder.starts]


def test_a_right_gained_far_away_is_used_at_once() -> None:
    """An owner becomes eligible when another is charged, at an endpoint where its call could not run."""
    feeder = Feeder([replica("r0", slots=1), replica("r1", slots=1)], Rules(quantum_tokens=0.0, oldest_share=0.0))
    for n in range(30):
        for owner in "ab":
            feeder.arrive(want(f"{owner}{n}", n * 2 + (owner == "b") + 1, ["r0", "r1"], owner, 100 + 37 * n % 400))
    for n in range(50):
        assert len(feeder.running) == 2
        feeder.end(*list(feeder.running)[n % 2], output=1 + 13 * n % 150)

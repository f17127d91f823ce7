"""Working sets: who is in stays, who is away for long leaves, and only some may drive others out."""

from __future__ import annotations

from ergos.kernel.scheduler.wants import Rules
from tests.kernel.scheduler.feeder import SECOND, Feeder, replica, want


def called(feeder: Feeder, program: int, key: str, tokens: int, owner: str = "a") -> bool:
    """One call of a program is asked for; whether it started at once."""
    before = len(feeder.starts)
    feeder.arrive(want(key, program, ["r0"], owner, tokens))
    return len(feeder.starts) > before


def busy(rules: Rules | None = None) -> Feeder:
    """An engine of 10,000 tokens with two small calls under way, so that it is busy."""
    feeder = Feeder([replica("r0", slots=8, kv_tokens=10_000)], rules or Rules(oldest_share=0.0))
    assert called(feeder, 90, "b0", 300)
    assert called(feeder, 91, "b1", 300)
    return feeder


def test_a_program_that_is_away_for_a_moment_keeps_its_room_and_its_next_call_needs_only_a_slot() -> None:
    feeder = busy()
    assert called(feeder, 1, "1", 6_000)
    feeder.end(feeder.starts[-1][0], "r0")
    assert not called(feeder, 2, "2", 6_000)
    assert called(feeder, 1, "3", 6_050)


def test_a_program_that_is_away_for_long_loses_it() -> None:
    feeder = busy()
    assert called(feeder, 1, "1", 6_000)
    feeder.end(feeder.starts[-1][0], "r0")
    assert not called(feeder, 2, "2", 6_000)
    feeder.wait(120 * SECOND)
    assert feeder.starts[-1][0].key == "2"


def test_a_program_that_ended_frees_its_room_at_once() -> None:
    feeder = busy()
    assert called(feeder, 1, "1", 6_000)
    feeder.end(feeder.starts[-1][0], "r0")
    assert not called(feeder, 2, "2", 6_000)
    feeder.program_ended(1)
    assert feeder.starts[-1][0].key == "2"


def test_an_idle_engine_keeps_no_room_for_anybody_while_others_wait() -> None:
    feeder = Feeder([replica("r0", slots=8, kv_tokens=10_000)])
    for n in range(10):
        assert called(feeder, n + 1, str(n), 6_000)
        feeder.end(feeder.starts[-1][0], "r0")


def test_an_owner_behind_its_share_drives_out_one_that_ran_ahead_and_nobody_else_does() -> None:
    for quantum, driven_out in ((100.0, True), (1e9, False)):
        feeder = busy(Rules(quantum_tokens=quantum, oldest_share=0.0))
        assert called(feeder, 1, "1", 6_000, "greedy")
        feeder.end(feeder.starts[-1][0], "r0")
        assert called(feeder, 3, "3", 6_000, "a") == driven_out


def test_a_call_larger_than_the_engine_runs_alone_rather_than_never() -> None:
    feeder = Feeder([replica("r0", slots=8, kv_tokens=10_000)])
    assert called(feeder, 1, "1", 500)
    assert not called(feeder, 2, "giant", 20_000)
    feeder.end(feeder.starts[0][0], "r0")
    assert feeder.starts[-1][0].key == "giant"

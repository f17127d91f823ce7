"""The whole system under faults: random histories, crashes at every commit boundary, and the seeds that once failed."""

from __future__ import annotations

from functools import cache
from itertools import islice
from pathlib import Path

import pytest

from ergos.base.entropy import SeededEntropy
from ergos.sim.explore import History, crash_histories, run_seed
from ergos.sim.faults import Fault, Plan, random_plan

told = cache(run_seed)
"""What a history was like: a seed is played once, however many tests ask."""
SEEDS = 1_000
CRASHES = 2_000
PARTS = 4
"""Tests the work is spread over, so that one that hangs says where."""

KNOWN = [
    int(line.split()[0])
    for line in Path(__file__).with_name("seeds.txt").read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]


@pytest.mark.parametrize("seed", KNOWN)
def test_a_seed_that_once_failed_holds(seed: int) -> None:
    told(seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_invariant_holds_in_random_histories(part: int) -> None:
    for seed in range(1 + part, SEEDS + 1, PARTS):
        try:
            told(seed)
        except Exception as broken:
            broken.add_note(f"replay it with: make sim SEED={seed}")
            raise


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_crash_at_any_commit_boundary_loses_nothing(part: int) -> None:
    for name, came in islice(crash_histories(1 + 100 * part), CRASHES // PARTS):
        if isinstance(came, Exception):
            came.add_note(name)
            raise came


def test_a_full_disk_at_any_commit_stops_the_kernel_and_loses_nothing() -> None:
    for commit in range(1, 20):
        History(5, Plan((Fault(commit, "full"),))).run()


def test_the_same_seed_gives_the_same_journal() -> None:
    def journal(seed: int) -> list[bytes]:
        history = History(seed, random_plan(SeededEntropy(f"plan/{seed}")))
        history.run()
        return [record.seal for record in history.disk.journal]

    for seed in (3, 11, 17):
        assert journal(seed) == journal(seed)
        assert journal(seed) != journal(seed + 1)


def test_together_the_histories_reach_every_kind_of_record_but_signatures_and_caps() -> None:
    kinds: set[str] = set()
    for seed in range(1, 60):
        kinds |= told(seed).kinds
    everything = {
        "Booted", "Spawned", "Woken", "Intended", "Resulted", "Called", "Refused", "Repeated", "Doubted",
        "Asked", "Answered", "Committed", "Exited", "Restarted", "Signalled", "Halted",
        "Attached", "Replayed", "Granted", "Revoked", "Armed", "Fired",
    }  # fmt: skip
    assert kinds == everything

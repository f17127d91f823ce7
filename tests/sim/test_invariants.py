"""The judge sees what it is there to see; the whole of it is tried on planted bugs in test_mutations."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.entropy import SeededEntropy
from ergos.sim.billing import BrokenError, expect
from ergos.sim.explore import History, random_plan


def test_what_holds_passes_and_what_does_not_is_named() -> None:
    expect(True, "fine")
    with pytest.raises(BrokenError, match="the books"):
        expect([], "the books")


@pytest.mark.parametrize("tamper", ["journal", "account", "meter"])
def test_a_tampered_disk_is_noticed_at_the_end_of_a_history(tamper: str) -> None:
    for seed in range(1, 40):
        history = History(seed, random_plan(SeededEntropy(f"plan/{seed}")))
        history.run()
        disk = history.disk
        if not disk.accounts or not disk.meters:
            continue
        if tamper == "journal":
            del disk.journal[len(disk.journal) // 2]
        elif tamper == "account":
            disk.accounts.pop(next(iter(disk.accounts)))
        else:
            disk.meters.pop(next(iter(disk.meters)))
        with pytest.raises(AssertionError):
            asyncio.run(history.judge.at_rest(over=True))
        return
    pytest.fail("no seed spent anything")

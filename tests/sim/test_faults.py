"""A fault hits the commit it names, in the way it names."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.errors import DiskFullError, ErgosError
from ergos.base.ids import Pid
from ergos.drivers.store_memory import MemoryDisk
from ergos.kernel.journal import Entry
from ergos.kernel.rows import Change
from ergos.sim.faults import Fault, FaultyStore


def commit(fault: Fault | None, changes: int) -> tuple[MemoryDisk, list[ErgosError | None], bool]:
    """One commit of several changes: what is on disk, who was told what, whether the kernel crashed."""
    disk, told, crashed = MemoryDisk(), [], []

    async def act() -> None:
        store = FaultyStore(disk, fault, lambda: crashed.append(True), 0.0)
        for number in range(changes):
            store.submit(Change(entries=(Entry(Pid(1), 1, number, b"{}"),)), told.append)
        for _ in range(10):
            await asyncio.sleep(0)

    asyncio.run(act())
    return disk, told, bool(crashed)


def test_without_a_fault_everything_is_kept_and_told() -> None:
    disk, told, crashed = commit(None, 3)
    assert (len(disk.journal), told, crashed) == (3, [None, None, None], False)


@pytest.mark.parametrize(("where", "kept", "left"), [("before", 0, 0), ("after", 0, 3), ("torn", 2, 2), ("torn", 1, 1)])
def test_a_crash_keeps_what_its_kind_says_and_tells_nobody(where: str, kept: int, left: int) -> None:
    disk, told, crashed = commit(Fault(1, where, kept), 3)  # type: ignore[arg-type]
    assert (len(disk.journal), told, crashed) == (left, [], True)


def test_a_full_disk_keeps_nothing_and_says_so() -> None:
    disk, told, _ = commit(Fault(1, "full"), 2)
    assert disk.journal == []
    assert all(isinstance(error, DiskFullError) for error in told)
    assert len(told) == 2


def test_a_fault_of_a_later_commit_leaves_this_one_alone() -> None:
    disk, told, crashed = commit(Fault(2, "before"), 2)
    assert (len(disk.journal), told, crashed) == (2, [None, None], False)

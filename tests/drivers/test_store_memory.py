"""What the memory store adds to a store: crashes, fences, hooks."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.errors import DiskFullError, ErgosError, FencedError
from ergos.base.ids import Pid
from ergos.drivers.store_memory import Batch, MemoryDisk, MemoryStore
from ergos.kernel.journal import Entry
from ergos.kernel.rows import Change

ONE = Change(entries=(Entry(Pid(1), 1, 1, b"{}"),))


def run(work: object) -> None:
    asyncio.run(asyncio.wait_for(work, 20))  # type: ignore[arg-type]


def test_a_crash_loses_what_was_not_committed_and_tells_nobody() -> None:
    async def work() -> None:
        disk, told = MemoryDisk(), []
        store = MemoryStore(disk)
        store.submit(ONE)
        await store.flush()
        store.submit(ONE, told.append)
        store.crash()
        store.submit(ONE, told.append)
        await asyncio.sleep(0)
        assert (await MemoryStore(disk).head()).seq == 1
        assert told == []

    run(work())


def test_a_store_whose_disk_was_opened_again_can_write_nothing() -> None:
    async def work() -> None:
        disk = MemoryDisk()
        old, new = MemoryStore(disk), MemoryStore(disk)
        old.submit(ONE)
        with pytest.raises(FencedError):
            await old.flush()
        new.submit(ONE)
        await new.flush()
        assert len(disk.journal) == 1

    run(work())


def test_a_commit_takes_as_long_as_it_is_told_to() -> None:
    async def work() -> None:
        store = MemoryStore(commit_after_s=lambda: 0.01)
        store.submit(ONE)
        await asyncio.sleep(0)
        assert store.durable == 0
        await store.flush()
        assert store.durable == 1

    run(work())


class Faulty(MemoryStore):
    """Fails before, or crashes after, the commit."""

    mode = "full"

    def _before_commit(self, batch: Batch) -> None:
        if self.mode == "full":
            raise DiskFullError

    def _after_commit_before_done(self, batch: Batch) -> None:
        if self.mode == "after":
            self.crash()


def test_a_failure_before_the_commit_leaves_nothing_and_ends_the_store() -> None:
    async def work() -> None:
        errors: list[ErgosError | None] = []
        store = Faulty()
        store.submit(ONE, errors.append)
        with pytest.raises(DiskFullError):
            await store.flush()
        assert [type(error) for error in errors] == [DiskFullError]
        assert store.disk.journal == []

    run(work())


def test_a_crash_after_the_commit_leaves_what_nobody_was_told() -> None:
    async def work() -> None:
        told: list[object] = []
        store = Faulty()
        store.mode = "after"
        store.submit(ONE, told.append)
        await asyncio.sleep(0.01)
        assert told == []
        assert len(store.disk.journal) == 1

    run(work())

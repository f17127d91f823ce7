"""The real SQLite store on a disk that forgets and tears what was not synced."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.base.canonical import digest
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ErgosError
from ergos.base.ids import Pid
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.journal import Entry, verified
from ergos.kernel.rows import Change
from ergos.kernel.values import Blob
from ergos.sim import disk as disk_module
from ergos.sim.clockloop import VirtualLoop, finish
from ergos.sim.disk import TornDatabase, TornDisk

pytest.importorskip("apsw")

# SQLite tells of every write that failed on its way out of the first failure; the first is raised.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

HISTORIES = 150


def blob(number: int) -> bytes:
    return f"{number} ".encode() * (number * 37 % 2000 + 1)


def change(number: int) -> Change:
    body = f'{{"k":"halt","on":true,"by":"{number:x>{1 + number % 700}}"}}'.encode()
    return Change(
        entries=(Entry(Pid(1), 1, number, body),),
        facts=(("last", str(number)),),
        blobs=(Blob(digest(blob(number)), blob(number)),),
    )


async def fill(disk: TornDisk, draw: SeededEntropy, first: int) -> int:
    """Submit changes until the power goes; the last number that was acknowledged."""
    acknowledged = [first - 1]
    database = None
    try:
        database = TornDatabase(disk)
        store = SqliteStore(Path("ergos.db"), database=database, in_thread=False)
        for number in range(first, first + 40):
            store.submit(change(number), lambda error, number=number: None if error else acknowledged.append(number))
            if draw.below(3, stream="pause") == 0:
                await asyncio.sleep(0.01)
    except Exception:
        if not disk.off:
            raise
    finally:
        if database is not None:
            disk.off = True
            database.close()
    return max(acknowledged)


async def look(disk: TornDisk) -> tuple[int, str]:
    database = TornDatabase(disk)
    try:
        store = SqliteStore(Path("ergos.db"), database=database, in_thread=False)
        records = [record async for record in store.records()]
        facts = await store.facts()
        assert len(list(verified(records))) == len(records)
        numbers = [record.at_ns for record in records]
        assert numbers == list(range(1, len(records) + 1))
        digests = tuple(digest(blob(number)) for number in numbers)
        assert set(await store.blobs(digests)) == set(digests)
        return len(records), facts.get("last", "0")
    finally:
        database.close()


def cut_and_look(seed: int) -> None:
    disk, draw, loop = TornDisk(seed), SeededEntropy(seed), VirtualLoop()
    acknowledged = 0
    try:
        for _ in range(3):
            disk.cut_after = 1 + draw.below(120, stream="cut")
            acknowledged = loop.run_until_complete(fill(disk, draw, acknowledged + 1))
            disk.crash()
            records, last = loop.run_until_complete(look(disk))
            assert records >= acknowledged, (seed, records, acknowledged)
            assert last == str(records), (seed, records, last)
            acknowledged = records
    finally:
        finish(loop)


@pytest.mark.parametrize("part", range(3))
def test_what_was_acknowledged_survives_any_power_cut_and_what_survives_is_a_prefix(part: int) -> None:
    for seed in range(part, HISTORIES, 3):
        cut_and_look(seed)


def test_a_disk_that_ignores_syncs_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_module.OpenFile, "xSync", lambda self, flags: self._disk.operate())
    with pytest.raises((AssertionError, ErgosError)):
        any(cut_and_look(seed) for seed in range(HISTORIES))

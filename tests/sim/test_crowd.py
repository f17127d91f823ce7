from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from ergos.drivers.sqlite_reads import SqliteReads
from ergos.runtime.audit import Audit, audit
from ergos.sim.crowd import Crowd


async def audited(path: Path) -> Audit:
    reads = SqliteReads.open(path)
    try:
        return await audit(reads)
    finally:
        await reads.close()


def test_the_store_of_a_crowd_is_sound(tmp_path: Path) -> None:
    told = Crowd(owners=3, processes=60, records=5_000).write(tmp_path / "ergos.db")
    found = asyncio.run(audited(tmp_path / "ergos.db"))
    assert found.problem is None
    assert found.records == told.records
    assert abs(told.records - 5_000) < 500
    assert found.processes == told.processes == 60
    assert {"ask", "answer", "call", "commit", "exit", "intent", "refuse", "result", "signal", "wake"} <= set(
        found.kinds
    )


def test_the_same_crowd_leaves_the_same_journal(tmp_path: Path) -> None:
    heads = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        Crowd(owners=2, processes=10, records=300, seed=seed).write(tmp_path / f"{name}.db")
        heads.append(hashlib.sha256(asyncio.run(audited(tmp_path / f"{name}.db")).head.encode()).hexdigest())
    assert heads[0] == heads[1] != heads[2]

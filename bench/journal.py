"""The journal: how it grows with a conversation, and how fast it is verified.

python -m bench.journal grow CALLS                 bytes written by one process that talks for so long
python -m bench.journal fill FOLDER RECORDS        a store with so many records
python -m bench.journal verify FOLDER              audit it

Each is a process of its own and prints one JSON line.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from bench.kernels import cpu_s, open_kernel
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.runtime.audit import audit

PROCESSES = 100


class Grown(msgspec.Struct, frozen=True):
    """What a conversation left behind."""

    calls: int
    body_bytes: int
    """Bytes of records and blobs."""
    file_bytes: int
    whole_bytes: int
    """What journaling every context whole would have written."""


class Verified(msgspec.Struct, frozen=True):
    """One audit."""

    records: int
    wall_s: float
    cpu_s: float


async def talk(folder: Path, agent: str, processes: int, calls: int) -> None:
    """Let processes make their calls."""
    opened = open_kernel(folder)
    definition = opened.agent(agent)
    async with opened.kernel as kernel:
        pids = await asyncio.gather(*[kernel.desk.spawn(definition, "bench", calls) for _ in range(processes)])
        for pid in pids:
            ended = await kernel.desk.end_of(pid)
            assert ended.outcome == calls, ended


def grow(calls: int) -> Grown:
    """One conversation."""
    with tempfile.TemporaryDirectory(prefix="ergos-bench-") as name:
        folder = Path(name)
        asyncio.run(talk(folder, "talker", 1, calls))
        database = sqlite3.connect(folder / "ergos.db")
        bodies = database.execute(
            "SELECT (SELECT sum(length(body)) FROM journal) + (SELECT coalesce(sum(length(body)), 0) FROM blob)"
        ).fetchone()[0]
        database.close()
        message = 160 + 220  # bytes of a question and an answer, about
        whole = sum(600 + message * number for number in range(calls))
        return Grown(calls, int(bodies), (folder / "ergos.db").stat().st_size, whole)


async def verify(folder: Path) -> Verified:
    """Audit a whole store. Raises: AssertionError if it is not sound."""
    reads = SqliteReads.open(folder / "ergos.db")
    wall, cpu = time.perf_counter(), cpu_s()
    found = await audit(reads)
    wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
    await reads.close()
    assert found.sound, found.problem
    return Verified(found.records, wall, cpu)


def main() -> None:
    if sys.argv[1] == "grow":
        found: Grown | Verified = grow(int(sys.argv[2]))
    elif sys.argv[1] == "fill":
        asyncio.run(talk(Path(sys.argv[2]), "fetcher", PROCESSES, int(sys.argv[3]) // PROCESSES // 2))
        return
    else:
        found = asyncio.run(verify(Path(sys.argv[2])))
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")


if __name__ == "__main__":
    main()

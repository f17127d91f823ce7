"""Durable system calls: many processes, each making calls one after another. Run as a process of its own.

    python -m bench.calls ergos fetcher 100 200        one JSON line on stdout
    python -m bench.calls bare  fetcher 100 200

A call counts once it is durable: the clock stops after the store was flushed.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from bench.bare import Journal, durable_calls
from bench.kernels import cpu_s, open_kernel, synchronous

BYTES = {"fetcher": (260, 79), "putter": (277, 77), "looker": (275, 0)}
"""Bytes of the records of one call, intent and result, as measured on the kernel."""


class CallsRun(msgspec.Struct, frozen=True):
    """One run."""

    calls: int
    wall_s: float
    cpu_s: float
    synchronous: int
    journal_mode: str
    record_bytes: tuple[float, float] = (0.0, 0.0)


def mode(path: Path) -> str:
    """PRAGMA journal_mode of a file."""
    return str(sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone()[0])


async def ergos(folder: Path, agent: str, processes: int, calls: int) -> CallsRun:
    """The kernel as shipped."""
    opened = open_kernel(folder)
    definition = opened.agent(agent)
    async with opened.kernel as kernel:
        pids = [await kernel.desk.spawn(definition, "bench", 1)]  # warm: code loaded, caches filled
        await kernel.desk.end_of(pids[0])
        wall, cpu = time.perf_counter(), cpu_s()
        pids = await asyncio.gather(*[kernel.desk.spawn(definition, "bench", calls) for _ in range(processes)])
        await asyncio.gather(*[kernel.desk.end_of(pid) for pid in pids])
        await opened.store.flush()
        wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
        level = synchronous(opened.store)
    return CallsRun(processes * calls, wall, cpu, level, mode(folder / "ergos.db"), record_bytes(folder / "ergos.db"))


def record_bytes(path: Path) -> tuple[float, float]:
    """Mean bytes of the two records of a call: intent (or both in one) and result."""
    sql = "SELECT coalesce(avg(length(body)), 0) FROM journal WHERE substr(body, 1, 12) = ?"
    database = sqlite3.connect(path)
    marks = (b'{"k":"intent', b'{"k":"call",', b'{"k":"result')
    intent, both, result = [float(database.execute(sql, (mark,)).fetchone()[0]) for mark in marks]
    database.close()
    return intent + both, result


async def bare(folder: Path, agent: str, processes: int, calls: int) -> CallsRun:
    """The yardstick with the same records."""
    journal = Journal(folder / "bare.db")
    intent, result = BYTES[agent]
    wall, cpu = time.perf_counter(), cpu_s()
    await durable_calls(journal, producers=processes, calls=calls, intent=intent, result=result)
    wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
    journal.close()
    return CallsRun(processes * calls, wall, cpu, journal.synchronous, mode(folder / "bare.db"))


def main() -> None:
    engine, agent, processes, calls = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    work = {"ergos": ergos, "bare": bare}[engine]
    with tempfile.TemporaryDirectory(prefix="ergos-bench-") as folder:
        run = asyncio.run(work(Path(folder), agent, processes, calls))
    sys.stdout.write(msgspec.json.encode(run).decode() + "\n")


if __name__ == "__main__":
    main()

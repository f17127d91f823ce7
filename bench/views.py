"""The read model: how fast it folds a journal, how fast it answers, what it costs.

python -m bench.views FOLDER OWNERS PROCESSES RECORDS     makes a store there, folds it and asks; prints one JSON line

The questions are asked of several owners, of the process with the most turns, and of pages far down.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from ergos.app.views.file import ViewsFile
from ergos.app.views.model import Own, Views
from ergos.base.ids import Pid
from ergos.drivers.host import HostClock
from ergos.sim.crowd import Crowd, Told

ASKED = 20  # times each question is asked of each owner
OWNERS = 5  # owners that ask
BATCH = 100  # records of one slice beside a kernel that writes so many a second
BATCHES = 200  # of them


class Asked(msgspec.Struct, frozen=True):
    """One question, in milliseconds."""

    name: str
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """CPU of the slowest by that, which other programs do not change."""


class Viewed(msgspec.Struct, frozen=True):
    """All of it."""

    records: int
    fold_s: float
    fold_cpu_s: float
    slice_p99_ms: float
    slice_max_ms: float
    views_bytes: int
    store_bytes: int
    memory_bytes: int
    """What folding and asking added to the largest size of the process."""
    live_us: float
    """CPU of one record, folded BATCH at a time."""
    open_ms: float
    """The first answer of a process that finds everything folded."""
    questions: tuple[Asked, ...]


def questions(own: Own, told: Told, pids: list[Pid], seqs: list[int]) -> dict[str, Callable[[], Awaitable[object]]]:
    """Every question, with arguments near and far."""
    middle, some, lasting = seqs[len(seqs) // 2], pids[len(pids) // 2], told.lasting
    return {
        "counts": own.counts,
        "processes live": lambda: own.processes("live"),
        "processes all, 200": lambda: own.processes("all", limit=200),
        "processes of an agent": lambda: own.processes("all", agent="agent3"),
        "processes far down": lambda: own.processes("ended", before=pids[-1]),
        "processes failed": lambda: own.processes("failed", limit=200),
        "processes waiting": lambda: own.processes("waiting"),
        "processes by text": lambda: own.processes("all", text="gent5"),
        "one": lambda: own.one(some),
        "agents": own.agents,
        "versions": lambda: own.versions("agent1"),
        "spend by day": lambda: own.spend("day"),
        "spend by agent": lambda: own.spend("agent"),
        "spend by model": lambda: own.spend("model"),
        "outcomes by day": lambda: own.outcomes("day"),
        "outcomes by agent": lambda: own.outcomes("agent"),
        "records": own.records,
        "records, 200 far down": lambda: own.records(before=middle, limit=200),
        "records of kinds": lambda: own.records(kinds=("ask", "answer", "refuse")),
        "records of an agent": lambda: own.records(agent="agent2", limit=200),
        "records of a process": lambda: own.records(pid=lasting, limit=200),
        "records of a process and kind": lambda: own.records(pid=some, kinds=("exit", "spawn")),
        "faults": own.faults,
        "traffic": own.traffic,
        "turns": lambda: own.turns(lasting, before=9_000),
        "stretches of all turns": lambda: own.stretches(lasting, parts=200),
        "calls of a process": lambda: own.calls(lasting, limit=200),
        "calls of a turn": lambda: own.calls(lasting, turn=777),
        "calls of a short process": lambda: own.calls(some, after=0, limit=200),
        "mail": lambda: own.mail(lasting, limit=200),
    }


async def asked(views: Views, told: Told) -> tuple[Asked, ...]:
    """Each question, many times, of owners one of whom has the longest process."""
    took: dict[str, list[float]] = {}
    cost: dict[str, float] = {}
    with_lasting = [owner for owner in told.owners if await views.of(owner).one(told.lasting) is not None]
    for owner in [*with_lasting, *told.owners][:OWNERS]:
        own = views.of(owner, keeper=owner in with_lasting)
        pids = [row.pid for row in await own.processes("all", limit=200)]
        seqs = [row.seq for row in await own.records(limit=200)]
        for name, question in questions(own, told, pids, seqs).items():
            for _ in range(ASKED):
                began, cpu = time.perf_counter(), time.process_time()
                await question()
                cost[name] = max(cost.get(name, 0.0), (time.process_time() - cpu) * 1e3)
                took.setdefault(name, []).append((time.perf_counter() - began) * 1e3)
    return tuple(Asked(name, statistics.median(times), _p99(times), cost[name]) for name, times in took.items())


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def folded(folder: Path) -> tuple[float, float, list[float]]:
    """A first fold: seconds, seconds of CPU, milliseconds of each slice."""
    file = ViewsFile(folder, HostClock())
    wall, cpu, slices, more = time.perf_counter(), time.process_time(), list[float](), True
    while more:
        began = time.perf_counter()
        more = file.advance(hold=True)
        slices.append((time.perf_counter() - began) * 1e3)
    file.close()
    return time.perf_counter() - wall, time.process_time() - cpu, slices


def live(folder: Path) -> float:
    """Micro-seconds of CPU for a record, the last ones folded again a few at a time."""
    file = ViewsFile(folder, HostClock(), records=BATCH)
    for _ in range(3 * BATCHES):  # the first transactions open files and fill caches
        file.advance()
    cpu = time.process_time()
    begun = file.seq
    for _ in range(BATCHES):
        file.advance()
    cpu = time.process_time() - cpu
    records = file.seq - begun
    file.close()
    return cpu / records * 1e6


def taken(folder: Path) -> dict[str, int]:
    """Bytes of each file; the views are taken away."""
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    for path in folder.glob("views.db*"):
        path.unlink()
    return sizes


async def measure(folder: Path, told: Told) -> Viewed:
    """Fold and ask."""
    peak = _peak()
    fold_s, fold_cpu_s, slices = folded(folder)
    views = Views(folder)
    found = await asked(views, told)
    await views.close()
    peak = _peak() - peak
    views = Views(folder)
    began = time.perf_counter()
    await views.of(told.owners[0]).counts()
    open_ms = (time.perf_counter() - began) * 1e3
    await views.close()
    sizes = taken(folder)
    return Viewed(
        records=told.records,
        fold_s=fold_s,
        fold_cpu_s=fold_cpu_s,
        slice_p99_ms=_p99(slices),
        slice_max_ms=max(slices),
        views_bytes=sizes["views.db"],
        store_bytes=sizes["ergos.db"],
        memory_bytes=peak,
        live_us=live(folder),
        open_ms=open_ms,
        questions=found,
    )


def main() -> None:
    folder = Path(sys.argv[1])
    owners, processes, records = map(int, sys.argv[2:5])
    crowd = Crowd(owners=owners, processes=processes, records=records)
    told = crowd.write(folder / "ergos.db")
    sys.stdout.write(msgspec.json.encode(asyncio.run(measure(folder, told))).decode() + "\n")


if __name__ == "__main__":
    main()

"""A million idle processes in one store: what they cost, and how fast one of them wakes.

    python -m bench.crowd create FOLDER COUNT TURNS    fill a store through the owner's desk; TURNS 0 or 1
    python -m bench.crowd idle FOLDER SECONDS WAKES    a fresh kernel on it: start, memory, idle CPU, wakes

Each is a process of its own and prints one JSON line.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from bench import stamps
from bench.kernels import cpu_s, open_kernel, process_age_s, rss_mb
from ergos.base.ids import Pid

AT_ONCE: Final = 1_000  # spawns under way at once
MEMORY: Final = {"goal": "watch the feeds and tell me what changed", "turns": 0}
SEED: Final = 20_260_101


class Created(msgspec.Struct, frozen=True):
    """A filled store."""

    processes: int
    wall_s: float
    cpu_s: float
    bytes_each: float
    rss_mb: float


class Idled(msgspec.Struct, frozen=True):
    """A kernel on a filled store."""

    launch_s: float
    """From the start of the operating system's process, interpreter and imports included, to a running kernel."""
    start_s: float
    """Of it, the kernel's own."""
    rss_mb: float
    idle_s: float
    idle_cpu_s: float
    wake_ms: list[float]
    """From the message's arrival at the desk to the first instruction, sorted."""
    rss_after_mb: float


async def create(folder: Path, count: int, turns: int) -> Created:
    """Spawn idle processes, many at once; with `turns` 1 each has also gone through one turn."""
    opened = open_kernel(folder)
    definition = opened.agent("sleeper")
    wall, cpu = time.perf_counter(), cpu_s()
    async with opened.kernel as kernel:
        for start in range(0, count, AT_ONCE):
            some = min(AT_ONCE, count - start)
            pids = await asyncio.gather(
                *[kernel.desk.spawn(definition, "bench", MEMORY, idle=True) for _ in range(some)]
            )
            if turns:
                stamps.first_ns.clear()
                await asyncio.gather(*[kernel.desk.send(pid, "begin") for pid in pids])
                while len(stamps.first_ns) < some:  # noqa: ASYNC110 - programs leave stamps, no events
                    await asyncio.sleep(0.001)
                await opened.store.flush()
        resident = rss_mb()
    wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
    return Created(count, wall, cpu, bytes_of(folder) / count, resident)


def bytes_of(folder: Path) -> int:
    """Bytes of the store's files."""
    return sum(path.stat().st_size for path in folder.glob("ergos.db*"))


async def idle(folder: Path, seconds: float, wakes: int) -> Idled:
    """Start, sit still, then wake processes at random, one after another."""
    opened = open_kernel(folder)
    opened.agent("sleeper")
    began = time.perf_counter()
    async with opened.kernel as kernel:
        start_s, launch_s, resident = time.perf_counter() - began, process_age_s(), rss_mb()
        cpu, sat = cpu_s(), time.perf_counter()
        await asyncio.sleep(seconds)
        cpu, sat = cpu_s() - cpu, time.perf_counter() - sat
        highest = (await opened.store.highest())[0]
        chance = random.Random(SEED)
        times: list[float] = []
        for _ in range(wakes):
            pid = Pid(chance.randrange(1, highest + 1))
            stamps.first_ns.clear()
            sent_ns = time.perf_counter_ns()
            await kernel.desk.send(pid, "wake up")
            while pid not in stamps.first_ns:  # noqa: ASYNC110 - programs leave stamps, no events
                await asyncio.sleep(0)
            times.append((stamps.first_ns[pid] - sent_ns) / 1e6)
        return Idled(launch_s, start_s, resident, sat, cpu, sorted(times), rss_mb())


def main() -> None:
    folder = Path(sys.argv[2])
    if sys.argv[1] == "create":
        found: Created | Idled = asyncio.run(create(folder, int(sys.argv[3]), int(sys.argv[4])))
    else:
        found = asyncio.run(idle(folder, float(sys.argv[3]), int(sys.argv[4])))
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")


if __name__ == "__main__":
    main()

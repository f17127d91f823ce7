"""Recovery after SIGKILL: a thousand open turns, with and without a long past.

python -m bench.recovery load FOLDER COUNT TURNS    drive them into a hanging call, then die by SIGKILL
python -m bench.recovery again FOLDER COUNT         a fresh kernel: seconds until all hang in it again

Each is a process of its own; the second prints one JSON line.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import msgspec

from bench import stamps
from bench.kernels import cpu_s, open_kernel, process_age_s


class Recovered(msgspec.Struct, frozen=True):
    """One recovery."""

    kernel_s: float
    """From opening the store to the last call under way again."""
    launch_s: float
    """The same from the start of the operating system's process."""
    cpu_s: float


async def load(folder: Path, count: int, turns: int) -> None:
    """Never returns: the process is killed once every process of it hangs."""
    opened = open_kernel(folder, tools_at_once=count)
    definition = opened.agent("stuck")
    async with opened.kernel as kernel:
        memory = [{"turns": turns, "number": number} for number in range(count)]
        await asyncio.gather(*[kernel.desk.spawn(definition, "bench", one) for one in memory])
        while len(stamps.running) < count:  # noqa: ASYNC110 - programs leave stamps, no events
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)


async def again(folder: Path, count: int) -> None:
    """Start on what was left, tell how long it took, and die like a killed process.

    A loop that ends in order would cancel the hanging calls, and that would be recorded.
    """
    began, cpu = time.perf_counter(), cpu_s()
    opened = open_kernel(folder, tools_at_once=count)
    opened.agent("stuck")
    await opened.kernel.start()
    while len(stamps.running) < count:  # noqa: ASYNC110 - programs leave stamps, no events
        await asyncio.sleep(0.001)
    found = Recovered(time.perf_counter() - began, process_age_s(), cpu_s() - cpu)
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    sys.stdout.flush()
    os._exit(0)


def main() -> None:
    folder, count = Path(sys.argv[2]), int(sys.argv[3])
    if sys.argv[1] == "load":
        asyncio.run(load(folder, count, int(sys.argv[4])))
    else:
        asyncio.run(again(folder, count))


if __name__ == "__main__":
    main()

"""What measured programs leave for the measurement: when they began, which of them run."""

from __future__ import annotations

import asyncio
import time

first_ns: dict[int, int] = {}
"""When a sleeper's first instruction ran, by pid; perf_counter nanoseconds."""
running: set[int] = set()
"""Numbers of the hanging calls that were started."""


def first_instruction(pid: int) -> None:
    """Note the time."""
    first_ns[pid] = time.perf_counter_ns()


def started(number: int) -> None:
    """Note that a call was started."""
    running.add(number)


async def never() -> None:
    """Wait for ever."""
    await asyncio.Event().wait()

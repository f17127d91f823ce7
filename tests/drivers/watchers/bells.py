"""A kernel as the watchers see it: what is told is kept, durably as far as a test goes, once for each key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ErgosError
from ergos.base.ids import Pid
from ergos.kernel.triggers import Happening, Watching

START_NS = 1_900_000_000_000_000_000


def watching(pid: int = 7, now_ns: int = START_NS, *, agent: str = "scribe", owner: str = "alice") -> Watching:
    return Watching(pid=Pid(pid), owner=owner, agent=agent, now_ns=now_ns)


def entropy(seed: int = 1) -> SeededEntropy:
    return SeededEntropy(seed)


class Kept:
    """The port `Bell`."""

    def __init__(self) -> None:
        self.rung: list[tuple[int, str]] = []
        self.told: list[tuple[int, str, Happening]] = []
        self.offers = 0
        self.refuses: ErgosError | None = None
        self.refuses_to: set[int] = set()
        """Processes it refuses; empty: all."""
        self.before: Callable[[], None] | None = None

    def ring(self, pid: Pid, name: str) -> None:
        self.rung.append((pid, name))

    async def happened(self, pid: Pid, name: str, happening: Happening) -> bool:
        self.offers += 1
        await asyncio.sleep(0)
        if self.before is not None:
            self.before()
        if self.refuses is not None and (not self.refuses_to or pid in self.refuses_to):
            raise self.refuses
        if any((pid, name, happening.key) == (at, whose, one.key) for at, whose, one in self.told):
            return False
        self.told.append((pid, name, happening))
        return True

    def values(self) -> list[object]:
        return [one.value for _, _, one in self.told]


async def until(done: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - what is waited for knows nothing of tests
            await asyncio.sleep(0.01)

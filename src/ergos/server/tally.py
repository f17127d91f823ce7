"""Journals the requests that are refused at a door, or by what is behind it: never more than a few a minute.

The first of one who asks, for a reason, is journaled at once; those that follow are counted, and a minute later their
number is. A crash loses counts of that minute, and no request that began something: those have records of their own.

Rules: what a record may cost is bounded, whoever asks and however often; decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

from ergos.base.clock import SECOND
from ergos.kernel.own_events import TurnedAway
from ergos.runtime.machine import Machine

PERIOD_S: Final = 60.0  # seconds between two records of one peer and reason
KEYS_MAX: Final = 64  # peers and reasons told apart in one such time; there are a dozen reasons
TEXT_CHARS_MAX: Final = 200  # characters kept of what a client was told
OTHERS: Final = "*"

Run: TypeAlias = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
"""Starts what runs beside."""


class _Count:
    """What was refused since the last record."""

    __slots__ = ("count", "since_ns", "text")

    def __init__(self, since_ns: int) -> None:
        self.since_ns = since_ns
        self.count = 0
        self.text = ""


class Tally:
    """Counts of one door."""

    def __init__(self, machine: Machine, owner: str, surface: str) -> None:
        """`owner`: at whose door they are refused; `surface`: which door that is."""
        self._surface: Final = surface
        self._machine: Final = machine
        self._owner: Final = owner
        self._counts: Final[dict[tuple[str, str], _Count]] = {}
        """By peer and reason, in the order in which they were last journaled."""
        self._stirred: Final = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def start(self, run: Run) -> None:
        """From now on what is counted is journaled in time."""
        self._running = run(self._run())

    async def close(self) -> None:
        """Journal what is counted, and no more."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        self.flush(everything=True)

    def turned_away(self, peer: str, why: str, text: str) -> None:
        """A request was refused."""
        key = (peer, why)
        if key not in self._counts and len(self._counts) >= KEYS_MAX:
            key = (OTHERS, why)
        found = self._counts.get(key)
        first = found is None
        if found is None:
            found = self._counts[key] = _Count(self._now_ns())
        found.count += 1
        found.text = text[:TEXT_CHARS_MAX]
        if first:
            self._journal(key, found)
        self._stirred.set()

    def flush(self, *, everything: bool = False) -> None:
        """Journal what was counted of those whose time is over."""
        now_ns = self._now_ns()
        for key, found in list(self._counts.items()):
            if not everything and found.since_ns + PERIOD_S * SECOND > now_ns:
                break
            del self._counts[key]
            if found.count:
                self._journal(key, found)
                found.since_ns = now_ns
                self._counts[key] = found

    async def _run(self) -> None:
        while True:
            await self._stirred.wait()
            while self._counts:
                oldest = next(iter(self._counts.values()))
                left_s = PERIOD_S - (self._now_ns() - oldest.since_ns) / SECOND
                await asyncio.sleep(min(max(left_s, 0.01), PERIOD_S))
                self.flush()
            self._stirred.clear()

    def _journal(self, key: tuple[str, str], found: _Count) -> None:
        if self._machine.failed:
            return
        peer, why = key
        self._machine.tick()
        self._machine.submit(None, (TurnedAway(self._owner, self._surface, peer, why, found.count, found.text),))
        found.count = 0

    def _now_ns(self) -> int:
        return self._machine.parts.clock.now_ns()

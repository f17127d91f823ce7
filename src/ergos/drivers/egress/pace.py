"""How fast requests are taken from one sandbox: a burst, then so many a second.

Every request leaves a record in the journal and costs the kernel's own time; a program that asks in a loop waits.

Rules: the loop's time only; whoever waits keeps its place.
"""

from __future__ import annotations

import asyncio
from typing import Final

REQUESTS_PER_S: Final = 100.0  # requests a second that one sandbox may make for long; a browser makes fewer
BURST_REQUESTS: Final = 200  # requests that are taken at once after a quiet time
BEHIND_S: Final = 5.0  # seconds of requests that may wait; beyond it connections are cut


class Pace:
    """Lets requests pass one after another."""

    def __init__(self, per_s: float = REQUESTS_PER_S, burst: int = BURST_REQUESTS) -> None:
        self._between_s: Final = 1 / per_s
        self._credit_s: Final = burst / per_s
        self._next = 0.0

    def count(self) -> float:
        """One more; seconds it has to wait."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now - self._credit_s) + self._between_s
        return max(0.0, self._next - now)

    async def turn(self) -> None:
        """One more, when it is its turn."""
        wait_s = self.count()
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    @property
    def behind(self) -> bool:
        """Whether too many wait already."""
        return self._next - asyncio.get_running_loop().time() > BEHIND_S

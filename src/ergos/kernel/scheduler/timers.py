"""What is to be looked at again at a time: repetitions, late first tokens, deadlines that come near.

Rules: a timer of a call that is over, or no longer in the state it was set for, is ignored by whoever looks.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Literal

from ergos.kernel.scheduler.programs import Call

TimerKind = Literal["retry", "hedge", "rank"]


class Timers:
    """A heap of moments."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, TimerKind, Call]] = []
        self._count = 0

    def set(self, when_ns: int, kind: TimerKind, call: Call) -> None:
        """Look at this call then."""
        self._count += 1
        heappush(self._heap, (when_ns, self._count, kind, call))

    def next_ns(self) -> int | None:
        """The earliest."""
        return self._heap[0][0] if self._heap else None

    def due(self, now_ns: int) -> list[tuple[TimerKind, Call]]:
        """Those whose time has come, earliest first."""
        result: list[tuple[TimerKind, Call]] = []
        while self._heap and self._heap[0][0] <= now_ns:
            _, _, kind, call = heappop(self._heap)
            result.append((kind, call))
        return result

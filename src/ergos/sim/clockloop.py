"""An event loop in virtual time: waiting costs nothing, and the same seed gives the same order of everything.

Rules: no selector of the operating system, no sockets, no threads; work meant for a thread is done at once. When
nothing is left that could ever happen the loop says so instead of waiting for ever.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any, Final, TypeVarTuple, cast

Ts = TypeVarTuple("Ts")

PASSES_MAX: Final = 20_000  # passes of the loop in which no time passes; more is a loop without end


class StuckError(Exception):
    """Nothing is scheduled any more, and what was waited for has not come."""


class _Selector:
    """Stands where the operating system's selector would: waiting moves the clock."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._passes = 0

    def select(self, timeout: float | None) -> list[object]:
        """Let the time pass. Raises: StuckError where it would pass for ever."""
        if timeout is None:
            raise StuckError("nothing is scheduled any more")
        self._passes = 0 if timeout > 0 else self._passes + 1
        if self._passes > PASSES_MAX:
            self._passes = 0
            raise StuckError("something goes round in circles")
        if timeout > 0:
            self._loop.advance(timeout)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """Its time moves only when nothing else is left to do."""

    def __init__(self, start_s: float = 0.0) -> None:
        super().__init__()
        self._now_s = start_s
        self._selector: Final = _Selector(self)

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._now_s

    def advance(self, by_s: float) -> None:
        """Let time pass: exactly to the next timer where there is one, whatever the sum of floats would be."""
        timers = cast("list[asyncio.TimerHandle]", vars(self)["_scheduled"])
        due_s = timers[0].when() if timers else 0.0
        self._now_s = max(due_s, math.nextafter(self._now_s, math.inf)) if due_s else self._now_s + by_s

    @property
    def _clock_resolution(self) -> float:
        """The smallest step of a float at this time: what is due now fires, nothing later does."""
        return math.ulp(self._now_s)

    @_clock_resolution.setter
    def _clock_resolution(self, _: float) -> None:
        """Set by the loop this one derives from, to that of the machine's clock; not wanted."""

    def run_in_executor(self, executor: Any, func: Callable[[*Ts], Any], *args: *Ts) -> asyncio.Future[Any]:  # noqa: ANN401
        """Do it in the next pass: there are no threads."""
        del executor

        async def done() -> Any:  # noqa: ANN401
            return func(*args)

        return self.create_task(done())

    def _process_events(self, event_list: list[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps who could be woken."""


def finish(loop: VirtualLoop) -> None:
    """End a loop whose world has stopped: its tasks are let go of, what they want to do about it is bounded."""
    for _ in range(16):
        tasks = asyncio.all_tasks(loop)
        if not tasks:
            break
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks, timeout=0))
    loop.close()

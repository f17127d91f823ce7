"""Times that come: one timer of the loop, for the earliest process or trigger that is due.

Rules: the store knows who is due, not this file, so a million sleeping processes cost it nothing; the clock is asked
again when the timer fires, because it may have been set or the machine may have slept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Final, Protocol

from ergos.base.clock import SECOND
from ergos.base.limits import WAKE_BATCH
from ergos.kernel.process import State, Wait
from ergos.runtime.machine import Machine
from ergos.runtime.population import Population
from ergos.runtime.residents import Resident
from ergos.runtime.watches import Watches

LOOK_S_MAX: Final = 60  # seconds between two looks at the clock; a laptop that slept, or a clock set, is noticed


class Waker(Protocol):
    """What timers ask of the reactor."""

    def wake(self, resident: Resident, cause: Wait) -> None:
        """What a waiting process waits for is there."""
        ...

    def task(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Start a task."""
        ...


class Timers:
    """Wakes what is due."""

    def __init__(self, machine: Machine, waker: Waker, population: Population, watches: Watches) -> None:
        self._machine: Final = machine
        self._waker: Final = waker
        self._population: Final = population
        self._watches: Final = watches
        self._timer: asyncio.TimerHandle | None = None
        self._due_ns: int | None = None

    def arm(self, at_ns: int) -> None:
        """A process is due at this time."""
        if self._due_ns is not None and self._due_ns <= at_ns:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due_ns = at_ns
        delay_ns = max(0, at_ns - self._machine.parts.clock.now_ns())
        self._timer = asyncio.get_running_loop().call_later(min(delay_ns / SECOND, LOOK_S_MAX), self._fired)

    def _fired(self) -> None:
        self._timer, self._due_ns = None, None
        self._waker.task(self.wake_due())

    async def wake_due(self) -> None:
        """Wake everything whose time has come, and set the timer for the next."""
        machine = self._machine
        if machine.failed:
            return
        await machine.store.flush()
        while due := await machine.store.due(machine.tick(), WAKE_BATCH):
            for pid in await self._population.bring(tuple(process.pid for process in due)):
                resident = machine.table[pid]
                at_ns = resident.process.wake_at_ns
                if resident.process.state is State.WAITING and at_ns is not None and at_ns <= machine.now_ns:
                    self._waker.wake(resident, "timer")
            await machine.store.flush()
        for upcoming in (await machine.store.next_due_ns(), await self._watches.due()):
            if upcoming is not None:
                self.arm(upcoming)

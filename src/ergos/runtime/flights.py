"""Calls on their way: started, cut off at their deadline, brought home.

Rules: nothing starts while STOP is in force, after its process has ended, or without a live grant; a pure call
that is cut off is simply called off, an irreversible one is in doubt. This file awaits nothing itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, Protocol, TypeAlias

from ergos.base.ids import Pid
from ergos.kernel.calls import Failure
from ergos.kernel.packages import Absent
from ergos.kernel.process import ENDED
from ergos.kernel.scheduler.queues import Ticket
from ergos.runtime.door import Door
from ergos.runtime.machine import Machine
from ergos.runtime.performer import Came, Performer
from ergos.runtime.replayer import Pending
from ergos.runtime.residents import Flight, Resident
from ergos.runtime.settlement import Settlement, Uncertain, Withdrawn

Perform: TypeAlias = Callable[[Resident, Pending, float], Coroutine[object, object, Came]]
Then: TypeAlias = "Callable[[Resident, Flight, Came | Withdrawn], None]"


class Runner(Protocol):
    """What flights ask of the reactor."""

    stopping: bool

    def task(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Start a task."""
        ...

    def enqueue(self, pid: Pid) -> None:
        """Drive this process in one of the next passes."""
        ...

    async def flown(self, flight: Flight, work: Coroutine[object, object, Came]) -> Came:
        """What came of a call, whatever it raised."""
        ...


class Flights:
    """Steps 5 and 6 as the reactor sees them."""

    def __init__(self, machine: Machine, runner: Runner, settlement: Settlement, door: Door) -> None:
        self._machine: Final = machine
        self._runner: Final = runner
        self._settlement: Final = settlement
        self._door: Final = door
        self._performer: Final = Performer(machine)
        self._held_back: Final[list[Ticket]] = []

    def launch(self, tickets: tuple[Ticket, ...]) -> None:
        """Perform these calls now, unless STOP was pressed, their process has ended, or their grant is gone."""
        for ticket in tickets:
            resident = self._machine.table.get(ticket.pid)
            flight = resident.flying.get(ticket.key) if resident is not None else None
            if resident is None or flight is None or self._machine.failed or self._runner.stopping:
                continue
            if self._machine.halted:
                self._held_back.append(ticket)
            elif resident.process.state in ENDED:
                self._performed(resident, flight, Withdrawn("its process had ended before the call started"))
            elif (withdrawn := self._door.withdrawn(resident, flight)) is not None:
                self._performed(resident, flight, withdrawn)
            else:
                self._fly(resident, flight, self._performer.perform, self._performed)

    def release(self) -> None:
        """STOP was lifted: start what it held back."""
        held, self._held_back[:] = tuple(self._held_back), []
        self.launch(held)

    def probe(self, resident: Resident, pending: Pending) -> None:
        """Ask the outside whether a reconcilable call happened, then adopt or repeat it."""
        self._fly(resident, resident.flying[pending.call.key], self._performer.probe, self._probed)

    def withdraw(self, resident: Resident) -> None:
        """Cancel what can be cancelled without doubt; the rest ends by itself and is recorded as late."""
        for flight in list(resident.flying.values()):
            if flight.task is not None and flight.pending.call.effect == "pure":
                _cut(flight, f"{flight.pending.call.name} was cancelled")

    def _fly(self, resident: Resident, flight: Flight, perform: Perform, then: Then) -> None:
        if flight.started_ns is None:  # a probe of it is no second start
            flight.started_ns = self._machine.now_ns
        deadline_s = self._performer.deadline_s(resident, flight.pending)
        flight.alarm = asyncio.get_running_loop().call_later(deadline_s, self._overdue, flight, deadline_s)
        flight.task = self._runner.task(self._home(resident, flight, perform, deadline_s, then))

    async def _home(self, resident: Resident, flight: Flight, perform: Perform, deadline_s: float, then: Then) -> None:
        flight.begun = True
        if flight.cut_off:
            came = cut_off(flight)
        else:
            came = await self._runner.flown(flight, perform(resident, flight.pending, deadline_s))
        if flight.alarm is not None:
            flight.alarm.cancel()
        then(resident, flight, came)

    def _overdue(self, flight: Flight, deadline_s: float) -> None:
        if flight.task is not None and not flight.task.done():
            _cut(flight, f"{flight.pending.call.name} did not finish within {deadline_s:g} seconds")

    def _performed(self, resident: Resident, flight: Flight, came: Came | Withdrawn) -> None:
        """Step 7 for a call that came to an end, and the next ones of its queue."""
        if self._machine.failed:
            return
        self._machine.tick()
        started = self._machine.scheduler.leave(flight.ticket)
        ended = resident.process.state in ENDED
        if isinstance(came, Uncertain) and not ended and not self._machine.halted and _can_be_asked(flight):
            self.probe(resident, flight.pending)
        elif isinstance(came, Uncertain) and not ended:
            self._settlement.doubt(resident, flight.pending, came.why)
        else:
            assert not isinstance(came, Absent)
            outcome = Failure("E502", came.why) if isinstance(came, Uncertain) else came
            self._settlement.record(resident, flight.pending, outcome, late=ended)
            if not ended:
                self._runner.enqueue(resident.process.pid)
        self.launch(started)

    def _probed(self, resident: Resident, flight: Flight, came: Came | Withdrawn) -> None:
        """Adopt what a probe found, or do what it says did not happen."""
        if self._machine.failed:
            return
        self._machine.tick()
        if isinstance(came, Absent):
            resident.flying.pop(flight.ticket.key, None)
            self._settlement.repeat(resident, flight.pending, "probed-absent")
        elif isinstance(came, Failure | Uncertain) and resident.process.state not in ENDED:
            # The outside did not say: only the owner can.
            why = came.what if isinstance(came, Failure) else came.why
            self._settlement.doubt(resident, flight.pending, f"the probe failed: {why}")
        else:
            outcome = Failure("E502", came.why) if isinstance(came, Uncertain) else came
            self._settlement.record(resident, flight.pending, outcome, late=resident.process.state in ENDED)
            self._runner.enqueue(resident.process.pid)


def _can_be_asked(flight: Flight) -> bool:
    """Whether the outside knows what became of a call; one that loses an answer twice is its owner's matter."""
    past = flight.pending.past
    return flight.pending.call.effect == "reconcilable" and past is not None and not past.repeated


def _cut(flight: Flight, why: str) -> None:
    """Cancel a call. A task that is cancelled before its first step would never say what came of it."""
    flight.cut_off = why
    if flight.begun and flight.task is not None:
        flight.task.cancel()


def cut_off(flight: Flight) -> Came:
    """What came of a call that was cancelled by us."""
    if flight.pending.call.effect == "irreversible":
        return Uncertain(flight.cut_off)
    return Failure("E502", flight.cut_off, "try again later or allow more time")


def cancelled_from_within(flight: Flight) -> Came:
    """What came of a call whose tool cancelled itself, or whose loop was ended without stopping the kernel."""
    why = f"{flight.pending.call.name} was cancelled from within"
    if flight.pending.call.effect == "irreversible":
        return Uncertain(why)
    return Failure("E501", why, "read the tool's message")

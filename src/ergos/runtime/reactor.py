"""Drives processes and performs their calls; the only place where tasks are started.

One pass takes the ready processes and resumes each as long as its calls can be answered at once; what has to
be performed is started; everything else is a callback: a change became durable, a tool has finished, a time
came. With nothing to do there is no task, no timer but the next due one, and no poll.

Rules: programs run here and nowhere else; an exception of a program or a tool is caught here and nowhere
else and becomes an event; after the store has failed nothing moves any more, because memory would run ahead
of the disk.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Final

from ergos.base.clock import SECOND
from ergos.base.errors import BoundError, DefinitionError, ErgosError, ProgramError, RefusedError, UsageError
from ergos.base.ids import Digest, Pid
from ergos.base.limits import ERROR_CHARS_MAX, SLEEP_S_MAX, WAKE_BATCH
from ergos.kernel.calls import Failure
from ergos.kernel.events import Body, Doubted
from ergos.kernel.process import State, Wait
from ergos.kernel.rows import Item
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.step import (
    Activate,
    Announce,
    Crash,
    Doubt,
    Drop,
    Effect,
    EndTurn,
    Event,
    Fail,
    Finish,
    Queue,
    Suspend,
    Wake,
    Withdraw,
    Write,
    step,
)
from ergos.kernel.syscalls import Idle
from ergos.kernel.values import Blob
from ergos.runtime.dispatcher import Dispatcher
from ergos.runtime.door import Door
from ergos.runtime.failures import failure_of
from ergos.runtime.flights import Flights, cancelled_from_within, cut_off
from ergos.runtime.guest_turn import GuestTurn
from ergos.runtime.guests import Guests
from ergos.runtime.internal import Internal
from ergos.runtime.loader import Loader
from ergos.runtime.machine import Machine
from ergos.runtime.performer import Came
from ergos.runtime.population import Population
from ergos.runtime.replayer import Pending, Returned, Turn, check_loop, effects_of, waiting_for
from ergos.runtime.residents import Flight, Resident, Rows, ends_of
from ergos.runtime.settlement import Settlement
from ergos.runtime.subjects import Subjects
from ergos.runtime.timers import Timers
from ergos.runtime.watchdog import Watchdog
from ergos.runtime.watches import Watches

REOPEN_S: Final = 30  # seconds until a hosted process whose files are broken is opened again
CALLS_PER_DRIVE: Final = 64  # times one program is resumed before others get their turn


class Reactor:
    """The event loop's view of the kernel."""

    def __init__(self, machine: Machine, on_fault: Callable[[ErgosError], None]) -> None:
        self.machine: Final = machine
        self.loader: Final = Loader(machine)
        subjects = Subjects(machine)
        self.settlement: Final = Settlement(machine, self, subjects)
        self.population: Final = Population(machine, self, self.loader)
        self.watches: Final = Watches(machine, self.population, self.task, self.due)
        self.timers: Final = Timers(machine, self, self.population, self.watches)
        self.population.aftermath.told = self.watches.ended
        machine.on_failure = self.fault
        internal = Internal(machine, self.population, self.watches)
        self.door: Final = Door(machine, self, self.settlement, internal, subjects)
        self.dispatcher: Final = Dispatcher(machine, self, self.settlement, self.door)
        self.guests: Final = Guests(machine, self, self.population, self.door, self.settlement, self.dispatcher.ended)
        self.watchdog: Final = Watchdog()
        self._flights: Final = Flights(machine, self, self.settlement, self.door)
        self._on_fault: Final = on_fault
        self._ready: Final[deque[Pid]] = deque()
        self._queued: Final[set[Pid]] = set()
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._scheduled = False
        self.stopping = False

    # Tasks and passes

    def task(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Start a task; if it fails, the kernel stops instead of going on with a hole in it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fault(error)

    def fault(self, error: BaseException) -> None:
        """The store failed or a bug was hit: nothing moves any more; whoever runs the kernel is told."""
        if not self.machine.failed:
            self.machine.failed = True
            known = error if isinstance(error, ErgosError) else ErgosError(f"{type(error).__name__}: {error}")
            known.__cause__ = error
            self._on_fault(known)

    def guarded(self, callback: Callable[[], None]) -> None:
        """Run a callback of the loop; a bug in it stops the kernel instead of being logged and forgotten."""
        try:
            callback()
        except Exception as error:  # noqa: BLE001 - nothing may go on after this
            self.fault(error)

    async def quiet(self, grace_s: float) -> None:
        """Stop driving; give calls under way some time to finish and be recorded; then let go of them."""
        self.stopping = True
        flying = [task for task in self._tasks if not task.done()]
        if flying:
            await asyncio.wait(flying, timeout=grace_s)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def enqueue(self, pid: Pid) -> None:
        """Drive this process in one of the next passes."""
        if pid not in self._queued:
            self._queued.add(pid)
            self._ready.append(pid)
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled and not self.stopping:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.guarded, self._pass)

    def _pass(self) -> None:
        self._scheduled = False
        if self.machine.failed or self.stopping:
            return
        self.machine.tick()
        self.watchdog.begin_pass()
        opening: list[Resident] = []
        for _ in range(min(WAKE_BATCH, len(self._ready))):
            pid = self._ready.popleft()
            self._queued.discard(pid)
            resident = self.machine.table.get(pid)
            if resident is None:
                self.population.summon(pid)
            elif resident.process.state is State.READY and resident.turn is None:
                if not resident.opening:
                    resident.opening = True
                    opening.append(resident)
            else:
                self._drive(resident)
        self.watchdog.end_pass()
        if opening:
            self.task(self._open(opening))
        if self._ready:
            self._schedule()
        self.machine.evict()

    async def _open(self, residents: list[Resident]) -> None:
        """Read open turns and drive them; a process whose code is gone fails, the others go on.

        One that is hosted is opened again until its files are mended: its triggers and its mail are not given up for a
        slip in a text.
        """
        for resident in residents:
            try:
                turn = await self.loader.open(resident)
            except DefinitionError as error:
                self.machine.tick()
                resident.opening = False
                if resident.process.state is not State.READY or self.stopping:
                    continue
                if resident.definition is not None and resident.definition.triggers:
                    asyncio.get_running_loop().call_later(REOPEN_S, self.enqueue, resident.process.pid)
                else:
                    self.apply(resident, Fail(failure_of(error)))
                continue
            resident.opening = False
            if resident.process.state is State.READY and not self.stopping:  # it may have been signalled meanwhile
                resident.turn = turn
                self.enqueue(resident.process.pid)
            else:
                turn.close()

    # Driving

    def _drive(self, resident: Resident) -> None:
        turn = resident.turn
        if turn is None:
            return
        if resident.process.state is State.READY:
            self.apply(resident, Activate())
        if isinstance(turn, GuestTurn):
            if resident.process.state is State.RUNNING:
                self.guests.drive(resident, turn)
            return
        assert isinstance(turn, Turn)
        for _ in range(CALLS_PER_DRIVE):
            if resident.process.state is not State.RUNNING or resident.turn is not turn:
                return
            for pending in turn.pending.values():
                self.door.consider(resident, pending)
                if resident.turn is not turn:
                    return  # it was parked
            if any(pending.answer is None for pending in turn.pending.values()):
                self._suspend(resident, turn)
                return
            if not self._advance(resident, turn):
                return
        self.enqueue(resident.process.pid)

    def _advance(self, resident: Resident, turn: Turn) -> bool:
        """Resume the program with its answers; False if the turn is over."""
        definition = resident.definition
        assert definition is not None
        try:
            assert resident.breaker is not None
            check_loop(turn, resident.breaker)
            self.watchdog.enter(definition.supervision.watchdog_s)
            try:
                came = turn.resume()
            finally:
                self.watchdog.leave()
            if isinstance(came, Returned):
                turn.check_ended()
                self._returned(resident, turn, came)
                return False
            turn.ask(came, *effects_of(turn.package, came), self.machine.vault.known)
        except (
            RefusedError,
            ProgramError,
            DefinitionError,
            UsageError,
        ) as error:  # driving it again would end the same way
            self.apply(resident, Fail(failure_of(error), turn.label))
            return False
        except (Exception, GeneratorExit) as error:  # noqa: BLE001 - whatever a program raises is its crash, not ours
            crash = Crash(failure_of(error), definition.supervision, self.machine.now_ns, turn.label)
            self.apply(resident, crash)
            return False
        return True

    def _returned(self, resident: Resident, turn: Turn, came: Returned) -> None:
        """The turn, or the process, has ended."""
        value = came.value
        if isinstance(value, Idle):
            if value.wake_at_ns is not None and value.wake_at_ns - self.machine.now_ns > SLEEP_S_MAX * SECOND:
                raise BoundError(f"a process idles at most {SLEEP_S_MAX:,} seconds; make it a schedule")
            memory, blobs = self.machine.vault.pack(value.memory, what="the memory of the agent")
            with self.machine.together():
                self.apply(resident, EndTurn(memory, value.wake_at_ns, turn.label), rows=Rows(blobs=blobs))
                if resident.mail and ends_of(resident.mail) != resident.noticed:
                    self.wake(resident, "mail")  # a turn that took no message is not woken by the same ones again
            self.dispatcher.ended(resident.process.pid)
            if resident.process.state is not State.WAITING:
                return
            if value.wake_at_ns is not None:
                self.due(value.wake_at_ns)
        else:
            outcome, blobs = self.machine.vault.pack(value, what="the outcome of the agent")
            self.apply(resident, Finish(outcome, turn.label), rows=Rows(blobs=blobs))

    def _suspend(self, resident: Resident, turn: Turn) -> None:
        """Nothing of it is under way: it waits for mail, a time, a person or a child, and needs no memory."""
        if resident.flying or resident.errands or self.machine.halted:
            return
        waits, wake_at_ns = waiting_for(turn)
        self.apply(resident, Suspend(waits, wake_at_ns))
        if wake_at_ns is not None:
            self.due(wake_at_ns)

    def due(self, at_ns: int) -> None:
        """A process is due at this time."""
        self.timers.arm(at_ns)

    def wake(self, resident: Resident, cause: Wait) -> None:
        """What a waiting process waits for is there; begins a new turn if none is open."""
        assert cause not in ("", "program")
        process = resident.process
        if process.state is not State.WAITING:
            if process.state is State.RUNNING:
                self.enqueue(process.pid)
            return
        rows = Rows()
        definition: Digest | None = None
        if not process.turn_open:
            definition, rows.blobs = self.population.upgrade(resident)
            resident.fresh, resident.began_ns = True, self.machine.now_ns
            resident.noticed = ends_of(resident.mail)
            resident.cause = "start" if process.turn == 0 else ("timer" if cause == "timer" else "mail")
        self.apply(resident, Wake(cause, definition), rows=rows)

    def apply(
        self, resident: Resident, event: Event, *, bodies: tuple[Body, ...] = (), rows: Rows | None = None
    ) -> None:
        """Take one step of a process: write what it says, then do what it says."""
        resident.process, effects = step(resident.process, event)
        written = (*bodies, *[effect.body for effect in effects if isinstance(effect, Write)])
        ended = any(isinstance(effect, Announce) for effect in effects)
        if not effects:
            return
        with self.machine.together():
            rows = rows or Rows()
            rows.processes = (*rows.processes, resident.process)
            if ended:
                rows.facts = (*rows.facts, self.population.aftermath.begun(resident))
            done = self.population.announcer(resident.process) if ended else None
            self.machine.submit(resident, written, rows, done)
            self._carry_out(resident, effects)

    def _carry_out(self, resident: Resident, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case Drop():
                    self._drop(resident)
                case Queue(after_ns) if after_ns:
                    loop = asyncio.get_running_loop()
                    loop.call_later(after_ns / SECOND, self.enqueue, resident.process.pid)
                case Queue():
                    self.enqueue(resident.process.pid)
                case Withdraw():
                    if self.machine.parts.sandboxes is not None:
                        self.machine.parts.sandboxes.kill(resident.process.pid)
                    self._flights.withdraw(resident)
                    self.dispatcher.withdraw(resident)
                case Announce():
                    self.population.ended(resident)
                    self.guests.ended(resident.process.pid)
                    self.dispatcher.ended(resident.process.pid)
                case _:
                    pass

    def _drop(self, resident: Resident) -> None:
        if resident.turn is not None:
            resident.turn.close()
            resident.turn = None

    # Performing

    def launch(self, tickets: tuple[Ticket, ...]) -> None:
        """Perform these calls now."""
        self._flights.launch(tickets)

    def dispatch(self, flight: Flight) -> None:
        """Hand a model call to the scheduler of model calls."""
        self.dispatcher.dispatch(flight)

    def probe(self, resident: Resident, pending: Pending) -> None:
        """Ask the outside whether a reconcilable call happened, then adopt or repeat it."""
        self._flights.probe(resident, pending)

    def release(self) -> None:
        """STOP was lifted: start what it held back and consider everything else again."""
        self._flights.release()
        self.dispatcher.release()
        self.task(self.timers.wake_due())
        for pid, resident in self.machine.table.items():
            if resident.process.state is State.RUNNING:
                self.enqueue(pid)

    async def flown(self, flight: Flight, work: Coroutine[object, object, Came]) -> Came:
        """What came of a call, whatever it raised."""
        try:
            return await work
        except asyncio.CancelledError:
            if flight.cut_off:
                return cut_off(flight)
            if not self.stopping:  # the tool's own doing
                return cancelled_from_within(flight)
            raise  # an intent without a result; recovery handles it by its effect class
        except Exception as error:  # noqa: BLE001 - whatever a tool raises is its failure, never ours
            return Failure("E501", f"{type(error).__name__}: {error}"[:ERROR_CHARS_MAX], "read the tool's message")

    # Doubt and reading

    def park(self, resident: Resident, record: Doubted, item: Item, blobs: tuple[Blob, ...]) -> None:
        """Park the process until its owner decides."""
        if resident.process.state is State.RUNNING:
            self.apply(resident, Doubt(record), rows=Rows(items_put=(item,), blobs=blobs))
        else:  # paused: the doubt is written down now and found again when it is driven
            self.machine.submit(resident, (record,), Rows(items_put=(item,), blobs=blobs))

    def fetch(self, resident: Resident, digests: tuple[Digest, ...]) -> None:
        """Read these blobs, then consider the process's calls again."""
        self.population.errand(resident, self.machine.vault.fetch(digests))

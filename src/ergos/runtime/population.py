"""What processes have to do with each other: mail that wakes, children that end.

Rules: a process that is not in memory is summoned, never assumed; whoever waits for an end is told only once
the end is durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Final, Protocol

import msgspec

from ergos.base.canonical import digest, encode
from ergos.base.errors import ErgosError
from ergos.base.ids import KERNEL, Digest, Pid
from ergos.kernel.calls import SignalName
from ergos.kernel.events import Body, Called, Spawned, Woken
from ergos.kernel.labels import USER, Label
from ergos.kernel.packages import FOREIGN, Definition
from ergos.kernel.ports import Done
from ergos.kernel.process import ENDED, Process, State, Wait
from ergos.kernel.step import Event, Signal
from ergos.kernel.values import Blob, Packed
from ergos.runtime.aftermath import Aftermath
from ergos.runtime.loader import Loader
from ergos.runtime.machine import Machine
from ergos.runtime.narrowing import within
from ergos.runtime.replayer import Pending, concerns
from ergos.runtime.residents import Resident, Rows

ABSENT_KEPT: Final = 10_000  # pids remembered as not existing


class Driver(Protocol):
    """What the population asks of the reactor."""

    def enqueue(self, pid: Pid) -> None:
        """Drive this process in one of the next passes."""
        ...

    def wake(self, resident: Resident, cause: Wait) -> None:
        """What a waiting process waits for is there."""
        ...

    def due(self, at_ns: int) -> None:
        """A process is due at this time."""
        ...

    def task(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Start a task."""
        ...

    def apply(
        self, resident: Resident, event: Event, *, bodies: tuple[Body, ...] = (), rows: Rows | None = None
    ) -> None:
        """Take one step of a process."""
        ...


class Population:
    """The processes of this kernel as seen by each other."""

    def __init__(self, machine: Machine, driver: Driver, loader: Loader) -> None:
        self._machine: Final = machine
        self.aftermath: Final = Aftermath(machine, self, loader)
        self._driver: Final = driver
        self._absent: Final[set[Pid]] = set()
        self._waiters: Final[dict[Pid, list[asyncio.Future[Process]]]] = {}

    # Look-ups

    def resident(self, pid: Pid) -> Resident | None:
        """A process in memory."""
        return self._machine.table.get(pid)

    def absent(self, pid: Pid) -> bool:
        """Whether this pid was looked up and does not exist."""
        return pid in self._absent

    def summon(self, pid: Pid, asker: Resident | None = None) -> None:
        """Load a process; then consider the asker's calls again, or drive the process itself."""
        self.errand(asker, self._load(pid, drive=asker is None))

    async def _load(self, pid: Pid, *, drive: bool) -> None:
        found = await self.bring((pid,))
        if pid not in found:
            if len(self._absent) >= ABSENT_KEPT:
                self._absent.clear()
            self._absent.add(pid)
        elif drive and self._machine.table[pid].process.state is State.READY:
            self._driver.enqueue(pid)

    async def bring(self, pids: tuple[Pid, ...]) -> set[Pid]:
        """Put processes into memory; those that exist."""
        machine = self._machine
        wanted = tuple(pid for pid in pids if pid not in machine.table)
        for found in await machine.store.load(wanted) if wanted else ():
            if found.process.pid not in machine.table:
                machine.table[found.process.pid] = Resident(found.process, found.mail)
        return {pid for pid in pids if pid in machine.table}

    def errand(self, asker: Resident | None, work: Coroutine[object, object, object]) -> None:
        """Do some reading for a process; it is not suspended meanwhile and considered again afterwards."""
        self._driver.task(self._errand(asker, work))
        if asker is not None:
            asker.errands += 1

    async def _errand(self, asker: Resident | None, work: Coroutine[object, object, object]) -> None:
        await work
        if asker is not None:
            asker.errands -= 1
            self._driver.enqueue(asker.process.pid)

    def recall(self, resident: Resident, pending: Pending) -> None:
        """Read memory entries by prefix; `internal` answers when they are there."""
        self.errand(resident, self._recall(resident, pending))

    async def _recall(self, resident: Resident, pending: Pending) -> None:
        machine, process = self._machine, resident.process
        await machine.store.flush()
        notes = await machine.store.notes(process.owner, process.agent, pending.call.name, 1000)
        pending.read = tuple(
            [(note.key, await machine.vault.value(note.value), note.label) for note in notes if note.value is not None]
        )

    # Births and ends

    def row(
        self,
        definition: Definition,
        owner: str,
        parent: Resident | None,
        memory: Packed,
        *,
        idle: bool,
        label: Label = USER,
    ) -> Process:
        """A new process, not written yet. An idle one waits for its first message. `label`: of its memory."""
        encoded = encode(definition, what="the definition")
        return Process(
            pid=self._machine.next_pid(),
            owner=owner,
            agent=definition.agent,
            definition=digest(encoded),
            parent=parent.process.pid if parent is not None else KERNEL,
            depth=parent.process.depth + 1 if parent is not None else 0,
            state=State.WAITING if idle else State.READY,
            turn=0 if idle else 1,
            turn_open=not idle,
            waits="mail" if idle else "",
            memory=memory,
            label=label,
        )

    def adopt(
        self,
        process: Process,
        definition: Definition,
        parent: Resident | None,
        call: Called | None,
        blobs: tuple[Blob, ...],
        done: Done | None = None,
    ) -> Resident:
        """Write a new process together with the call that made it, and queue it."""
        machine = self._machine
        encoded = encode(definition)
        known = process.definition in machine.definitions
        machine.definitions[process.definition] = definition
        child = Resident(process, ())
        child.fresh, child.began_ns = True, machine.now_ns
        machine.table[process.pid] = child
        self._absent.discard(process.pid)
        born = Spawned(process.owner, process.agent, process.definition, process.parent, process.memory)
        bodies: tuple[Body, ...] = (born, Woken("start")) if process.turn_open else (born,)
        rows = Rows(processes=(process,), blobs=blobs if known else (*blobs, Blob(process.definition, encoded)))
        if parent is not None and call is not None:
            machine.submit(parent, (call,), rows, done, also=((child, bodies),))
        else:
            machine.submit(child, bodies, rows, done)
        if process.turn_open:
            self._driver.enqueue(process.pid)
        return child

    def ended(self, resident: Resident) -> None:
        """Tell the parent; then see to what is left of it."""
        parent = self._machine.table.get(resident.process.parent)
        if parent is not None:
            self.roused(parent, "child")
        self._driver.task(self.aftermath.after(resident))

    def roused(self, resident: Resident, cause: Wait = "mail") -> None:
        """Something a process may be waiting for has happened."""
        process = resident.process
        if process.state is State.WAITING:
            # Without its turn in memory nobody knows all that it waits for; it is driven and looks for itself.
            due = concerns(resident.turn, cause) if resident.turn is not None else process.turn_open or cause == "mail"
            if due:
                self._driver.wake(resident, cause)
        elif process.state is State.RUNNING:
            self._driver.enqueue(process.pid)

    def announcer(self, process: Process) -> Done:
        """A callback that tells everyone who waits for this end, once it is durable."""

        def announce(error: ErgosError | None) -> None:
            for waiter in self._waiters.pop(process.pid, ()):
                if waiter.done():
                    continue
                if error is None:
                    waiter.set_result(process)
                else:
                    waiter.set_exception(error)

        return announce

    async def end_of(self, pid: Pid) -> Process | None:
        """The process once it has ended, durably; None if there is none."""
        if pid not in await self.bring((pid,)):
            return None
        process = self._machine.table[pid].process
        if process.state in ENDED:
            await self._machine.store.flush()
            return process
        waiter: asyncio.Future[Process] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(pid, []).append(waiter)
        return await waiter

    def abandon(self, error: ErgosError) -> None:
        """Nothing will end any more: tell everyone who waits."""
        for waiters in self._waiters.values():
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_exception(error)
        self._waiters.clear()

    def signal(self, target: Resident, name: SignalName, by: str) -> None:
        """Deliver a signal. Raises: IllegalTransitionError."""
        with self._machine.together():
            self._driver.apply(target, Signal(name, by))
            if name == "resume" and not target.process.turn_open and target.mail:
                self._driver.wake(target, "mail")
        if target.process.state is State.WAITING and target.process.wake_at_ns is not None:
            self._driver.due(target.process.wake_at_ns)

    def upgrade(self, resident: Resident) -> tuple[Digest | None, tuple[Blob, ...]]:
        """The newest definition for a new turn, if it is not the one the process has."""
        machine, process = self._machine, resident.process
        known = machine.definitions.get(process.definition)
        if known is not None and known.program.startswith(FOREIGN):
            return None, ()
        newest = machine.parts.programs.current(process.agent, known.program) if known is not None else None
        if newest is None or known is None:
            return None, ()
        # The code is new; what the owner set when it was started stays.
        newest = msgspec.structs.replace(newest, settings=known.settings, language=known.language)
        newest = within(newest, known.bounds)
        encoded = encode(newest)
        name = digest(encoded)
        if name == process.definition:
            return None, ()
        machine.definitions[name] = newest
        return name, (Blob(name, encoded),)

"""Performs what is asked of a running kernel, whoever asks: the socket, or a command that holds the store itself.

Rules: this file knows requests and answers; who composed the kernel and where programs come from is passed in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import msgspec

from ergos.base.errors import NotRunningError, UsageError
from ergos.base.ids import Digest, Pid
from ergos.kernel.labels import UNTRUSTED, USER, Label
from ergos.kernel.packages import Definition, Servers
from ergos.kernel.permission.wording import Language
from ergos.kernel.process import State
from ergos.runtime.control import (
    LONG_POLL_S,
    Answer,
    AnyReply,
    AnyRequest,
    Confirm,
    EndOf,
    Enter,
    Entered,
    Fine,
    Halt,
    Leave,
    Live,
    LiveProcess,
    LogOf,
    Look,
    Pin,
    Processes,
    QueueView,
    Report,
    Revoke,
    Schedule,
    Scheduling,
    Seen,
    Send,
    Sign,
    Signal,
    Signed,
    Spawn,
    Standing,
    Status,
    StatusOf,
    Stop,
    Told,
)
from ergos.runtime.desk import Ended
from ergos.runtime.foreign import foreign_definition
from ergos.runtime.install import checked, guarded
from ergos.runtime.kernel import Kernel
from ergos.runtime.residents import Resident
from ergos.runtime.seen import note_seen

POLL_S_MIN: Final = 0.05  # seconds an `end_of` is kept open at least: time to look
LIVE_PROCESSES_MAX: Final = 5_000  # processes of one live view; stays within CONTROL_BYTES_MAX
LIVE_CALLS_MAX: Final = 8  # calls shown of one process


class Entry(Protocol):
    """The door for foreign programs."""

    @property
    def url(self) -> str:
        """Where it is; '' while it is shut."""
        ...

    async def open(self) -> str:
        """Open it if it is shut; where it is. Raises: WorldError, NotRunningError."""
        ...


Load: TypeAlias = Callable[[Path, Mapping[str, object]], Definition]
"""Finds the definition of the agent at a path. Raises: DefinitionError."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the kernel does not know of itself."""

    version: str
    host: str
    os_pid: int
    started_ns: int


class Operations:
    """What can be asked of a kernel, whoever asks: the socket, or a command that holds the store itself."""

    def __init__(
        self,
        kernel: Kernel,
        load: Load,
        facts: Facts,
        stop: Callable[[], None],
        entry: Entry | None = None,
        language: Language = "en",
    ) -> None:
        self._language: Final[Language] = language
        self._kernel: Final = kernel
        self._entry: Final = entry
        self._load: Final = load
        self._facts: Final = facts
        self._stop: Final = stop
        self._ends: Final[dict[Pid, asyncio.Future[Ended]]] = {}

    async def perform(self, request: AnyRequest) -> AnyReply:
        """Do it. Raises: ErgosErrors."""
        desk = self._kernel.desk
        match request:
            case StatusOf():
                return await self._status()
            case Spawn(path=path, owner=owner, settings=settings, memory=memory, owners_word=own):
                definition = self._load(Path(path), settings)
                parts = self._kernel.machine.parts
                now_ns = parts.clock.now_ns()
                notes = checked(definition, parts.programs, parts.mounts, self._language, now_ns)
                return Fine(pid=await desk.spawn(definition, owner, memory, label=_said(owners=own)), notes=notes)
            case EndOf(pid=pid, within_s=within_s, or_halted=or_halted):
                return await self._end_of(pid, min(max(within_s, POLL_S_MIN), LONG_POLL_S), or_halted=or_halted)
            case Processes():
                return self._live()
            case Scheduling():
                return self._schedule()
            case Signal(pid=pid, name=name, by=by):
                process = await desk.signal(pid, name, by)
                return Standing(pid=pid, state=process.state, ended=name in {"stop", "kill"}, failure=process.failure)
            case Answer(number=number, verdict=verdict, by=by, value=value):
                return Fine(pid=(await desk.answer(number, verdict, by, value)).pid)
            case Seen(owner=owner, until=until):
                await note_seen(self._kernel.machine, owner, until)
                return Fine()
            case Halt(on=on, by=by):
                await desk.halt(by, on=on)
                return Fine()
            case Send(pid=pid, body=body, owners_word=own):
                await desk.send(pid, body, label=_said(owners=own))
                return Fine(pid=pid)
            case Confirm(owner=owner, grant=grant, by=by):
                await desk.grant(owner, grant, by)
                return Fine()
            case Revoke(owner=owner, grant=one, by=by):
                await desk.revoke(owner, one, by)
                return Fine()
            case Pin(name=pinned, digest=digest, definitions=definitions, by=by):
                await desk.pin(pinned, Digest(digest), definitions, by)
                return Fine()
            case Look(server=server):
                return Told(value=await self._of_servers().look(server))
            case LogOf(server=server):
                return Told(value=list(self._of_servers().log(server)))
            case Enter():
                return await self._enter(request)
            case Leave(pid=pid, life=life, status=status):
                await desk.leave(pid, life, status)
                return Fine(pid=pid)
            case Report(pid=pid, record=record):
                desk.reached(record, pid)
                return Fine(pid=pid)
            case Sign():
                made = await self._kernel.checkpoint()
                return Signed(seq=made.seq if made is not None else 0)
            case Stop():
                self._stop()
                return Fine()

    def _of_servers(self) -> Servers:
        servers = self._kernel.machine.parts.servers
        if servers is None:
            raise UsageError("there is no server of tools", remedy="name one in settings.toml: `[mcp.servers.NAME]`")
        return servers

    async def _enter(self, request: Enter) -> Entered:
        if self._entry is None:
            raise NotRunningError("a program can come in only while a kernel runs", remedy="`ergos up`, then again")
        url = await self._entry.open()
        notes: tuple[str, ...] = ()
        if request.pid is not None:
            pid = request.pid
        else:
            made = foreign_definition(
                request.name,
                resumable=request.resumable,
                command=request.command,
                folder=request.folder,
                models=request.models,
                tools=request.tools,
                budget=request.budget,
            )
            parts = self._kernel.machine.parts
            made, notes = guarded(made, parts.mounts, self._language, parts.clock.now_ns())
            pid = await self._kernel.desk.host(made, request.owner)
        entered = await self._kernel.desk.enter(pid, request.command)
        return Entered(
            pid=pid,
            life=entered.visitor.life,
            token=self._kernel.reactor.guests.tokens.token(entered.visitor),
            url=url,
            command=entered.command,
            folder=entered.folder,
            notes=notes,
        )

    async def _status(self) -> Status:
        machine, facts = self._kernel.machine, self._facts
        states: dict[str, int] = {}
        for resident in machine.table.values():
            states[resident.process.state.value] = states.get(resident.process.state.value, 0) + 1
        return Status(
            version=facts.version,
            host=facts.host,
            os_pid=facts.os_pid,
            started_ns=facts.started_ns,
            now_ns=machine.parts.clock.now_ns(),
            store=machine.store.id,
            records=(await machine.store.head()).seq,
            halted=machine.halted,
            states=states,
            flying=sum(len(resident.flying) for resident in machine.table.values()),
            public_key=machine.parts.signer.public_key if machine.parts.signer is not None else "",
            door=self._entry.url if self._entry is not None else "",
            fault="nothing moves any more; see the log" if machine.failed else "",
        )

    async def _end_of(self, pid: Pid, within_s: float, *, or_halted: bool) -> Standing:
        """However many clients ask however often, one of them waits for each process."""
        waiting = self._ends.get(pid)
        if waiting is None:
            waiting = self._ends[pid] = asyncio.ensure_future(self._kernel.desk.end_of(pid))
            waiting.add_done_callback(lambda done: self._seen(pid, done))
        stop = asyncio.ensure_future(self._kernel.desk.stopped()) if or_halted else None
        looked_at = {waiting} if stop is None else {waiting, stop}
        await asyncio.wait(looked_at, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        if stop is not None:
            stop.cancel()
        if not waiting.done():
            resident = self._kernel.machine.table.get(pid)
            state = resident.process.state if resident is not None else State.WAITING
            return Standing(pid=pid, state=state, ended=False, halted=self._kernel.machine.halted)
        if waiting.cancelled():
            raise NotRunningError("the kernel is stopping; nothing is lost")
        ended = waiting.result().process
        return Standing(pid=pid, state=ended.state, ended=True, failure=ended.failure)

    def _seen(self, pid: Pid, done: asyncio.Future[Ended]) -> None:
        del self._ends[pid]
        if not done.cancelled():
            done.exception()  # whoever asked was told; if they are gone by now, nobody has to be

    def close(self) -> None:
        """Wait for nothing any more."""
        for waiting in self._ends.values():
            waiting.cancel()

    def _live(self) -> Live:
        machine = self._kernel.machine
        # The newest are at the end of the table; of too many those are the ones somebody looks for.
        residents = list(machine.table.values())[-LIVE_PROCESSES_MAX:]
        return Live(halted=machine.halted, processes=tuple(_live(resident) for resident in residents))

    def _schedule(self) -> Schedule:
        queues = sorted(self._kernel.machine.scheduler.queues.items())
        return Schedule(
            models=self._kernel.reactor.dispatcher.grid.snapshot(),
            tools=tuple(
                QueueView(
                    queue=name,
                    running=len(queue.running),
                    waiting=len(queue.waiting),
                    concurrency=queue.concurrency,
                )
                for name, queue in queues
            ),
        )


def _said(*, owners: bool) -> Label:
    return USER if owners else UNTRUSTED


def _live(resident: Resident) -> LiveProcess:
    process, turn = resident.process, resident.turn
    open_calls = [pending.call for pending in turn.pending.values() if pending.answer is None] if turn else []
    return LiveProcess(
        pid=process.pid,
        parent=process.parent,
        owner=process.owner,
        agent=process.agent,
        state=process.state,
        turn=process.turn,
        waits=process.waits,
        wake_at_ns=process.wake_at_ns,
        calls=tuple(f"{call.kind} {call.name}" for call in open_calls[:LIVE_CALLS_MAX]),
    )

"""What can be asked of a running kernel, and what it answers: typed requests and replies.

Faces in other processes send them through the control socket; a command that holds the store itself performs
them directly. So there is one list of what can be asked.

Rules: this file knows requests and answers; who composed the kernel and where programs come from is passed in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import msgspec

from ergos.base.errors import NotRunningError
from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.events import Failure, SignalName, Verdict
from ergos.kernel.packages import Definition
from ergos.kernel.process import State
from ergos.runtime.desk import Ended
from ergos.runtime.foreign import foreign_definition
from ergos.runtime.kernel import Kernel
from ergos.runtime.residents import Resident

LONG_POLL_S: Final = 25  # seconds an `end_of` is kept open, so that clients that went away are noticed
POLL_S_MIN: Final = 0.05  # seconds an `end_of` is kept open at least: time to look
LIVE_PROCESSES_MAX: Final = 5_000  # processes of one live view; stays within CONTROL_BYTES_MAX
LIVE_CALLS_MAX: Final = 8  # calls shown of one process

# Requests. Values are `Any` because the decoder knows no recursive types; what JSON gives is plain.


class Request(msgspec.Struct, frozen=True, tag_field="op", kw_only=True, forbid_unknown_fields=True):
    """Any request."""


class StatusOf(Request, frozen=True, tag="status"):
    """How the kernel is."""


class Spawn(Request, frozen=True, tag="spawn"):
    """Start a process of the agent at a path."""

    path: str
    """Absolute."""
    owner: str
    settings: dict[str, Any] = {}
    memory: Any = None


class EndOf(Request, frozen=True, tag="end_of"):
    """Wait until a process has ended, at most so long; then the answer says that it has not."""

    pid: Pid
    within_s: float = LONG_POLL_S


class Processes(Request, frozen=True, tag="processes"):
    """What is in the kernel's memory, with calls under way."""


class Signal(Request, frozen=True, tag="signal"):
    """Pause, resume, stop or kill."""

    pid: Pid
    name: SignalName
    by: str


class Answer(Request, frozen=True, tag="answer"):
    """Answer an inbox item."""

    number: int
    verdict: Verdict
    by: str
    value: Any = None


class Halt(Request, frozen=True, tag="halt"):
    """STOP (on), or lift it."""

    on: bool
    by: str


class Send(Request, frozen=True, tag="send"):
    """Put a message of the owner into a mailbox."""

    pid: Pid
    body: Any


class Enter(Request, frozen=True, tag="enter"):
    """Start a process for a foreign program, or let one come back into its process (`pid`)."""

    owner: str
    name: str = ""
    resumable: bool = True
    """It may be started again and then asks again what it asked; else it goes on for ever, one for each name."""
    command: tuple[str, ...] = ()
    folder: str = ""
    models: tuple[str, ...] = ()
    """Models it may call; empty: all."""
    budget: Amount | None = None
    """Ceiling of the process; a negative part means none."""
    pid: Pid | None = None


class Leave(Request, frozen=True, tag="leave"):
    """A foreign program has gone: done (exit status 0), or not; then its process waits for it to be started again."""

    pid: Pid
    life: int
    status: int


class Sign(Request, frozen=True, tag="checkpoint"):
    """Sign what was written since the last checkpoint."""


class Stop(Request, frozen=True, tag="stop"):
    """End the kernel gracefully."""


AnyRequest: TypeAlias = (
    StatusOf | Spawn | EndOf | Processes | Signal | Answer | Halt | Send | Enter | Leave | Sign | Stop
)

# Answers


class Reply(msgspec.Struct, frozen=True, tag_field="answer", kw_only=True):
    """Any answer."""


class Refusal(Reply, frozen=True, tag="error"):
    """An ErgosError."""

    code: str
    what: str
    remedy: str


class Fine(Reply, frozen=True, tag="ok"):
    """Done, durably; the process concerned, or 0."""

    pid: Pid = Pid(0)


class Entered(Reply, frozen=True, tag="entered"):
    """A foreign program may come in."""

    pid: Pid
    life: int
    token: str
    url: str
    """Where the door is: http://127.0.0.1:PORT"""
    command: tuple[str, ...] = ()
    folder: str = ""


class Standing(Reply, frozen=True, tag="process"):
    """Where a process stands; its outcome is in the store."""

    pid: Pid
    state: State
    ended: bool
    failure: Failure | None = None


class LiveProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process in memory."""

    pid: Pid
    parent: Pid
    owner: str
    agent: str
    state: State
    turn: int
    waits: str = ""
    wake_at_ns: int | None = None
    calls: tuple[str, ...] = ()
    """Calls of its open turn that are not answered yet: 'act weather'."""


class Live(Reply, frozen=True, tag="processes"):
    """The live view."""

    halted: bool
    processes: tuple[LiveProcess, ...]


class Status(Reply, frozen=True, tag="status"):
    """How a kernel is."""

    version: str
    host: str
    os_pid: int
    started_ns: int
    now_ns: int
    store: str
    records: int
    halted: bool
    states: dict[str, int]
    """Processes in memory by state."""
    flying: int
    """Calls being performed or queued."""
    public_key: str = ""
    door: str = ""
    """URL of the door for foreign programs; '' while it is shut."""
    fault: str = ""


class Signed(Reply, frozen=True, tag="checkpoint"):
    """The checkpoint that was made; seq 0 if there was nothing new."""

    seq: int = 0


AnyReply: TypeAlias = Refusal | Fine | Entered | Standing | Live | Status | Signed


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
    ) -> None:
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
            case Spawn(path=path, owner=owner, settings=settings, memory=memory):
                return Fine(pid=await desk.spawn(self._load(Path(path), settings), owner, memory))
            case EndOf(pid=pid, within_s=within_s):
                return await self._end_of(pid, min(max(within_s, POLL_S_MIN), LONG_POLL_S))
            case Processes():
                return self._live()
            case Signal(pid=pid, name=name, by=by):
                process = await desk.signal(pid, name, by)
                return Standing(pid=pid, state=process.state, ended=name in {"stop", "kill"}, failure=process.failure)
            case Answer(number=number, verdict=verdict, by=by, value=value):
                return Fine(pid=(await desk.answer(number, verdict, by, value)).pid)
            case Halt(on=on, by=by):
                await desk.halt(by, on=on)
                return Fine()
            case Send(pid=pid, body=body):
                await desk.send(pid, body)
                return Fine(pid=pid)
            case Enter():
                return await self._enter(request)
            case Leave(pid=pid, life=life, status=status):
                await desk.leave(pid, life, status)
                return Fine(pid=pid)
            case Sign():
                made = await self._kernel.checkpoint()
                return Signed(seq=made.seq if made is not None else 0)
            case Stop():
                self._stop()
                return Fine()

    async def _enter(self, request: Enter) -> Entered:
        if self._entry is None:
            raise NotRunningError("a program can come in only while a kernel runs", remedy="`ergos up`, then again")
        url = await self._entry.open()
        if request.pid is not None:
            pid = request.pid
        else:
            made = foreign_definition(
                request.name,
                resumable=request.resumable,
                command=request.command,
                folder=request.folder,
                models=request.models,
                budget=request.budget,
            )
            pid = await self._kernel.desk.host(made, request.owner)
        entered = await self._kernel.desk.enter(pid, request.command)
        return Entered(
            pid=pid,
            life=entered.visitor.life,
            token=self._kernel.reactor.guests.token(entered.visitor),
            url=url,
            command=entered.command,
            folder=entered.folder,
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

    async def _end_of(self, pid: Pid, within_s: float) -> Standing:
        """However many clients ask however often, one of them waits for each process."""
        waiting = self._ends.get(pid)
        if waiting is None:
            waiting = self._ends[pid] = asyncio.ensure_future(self._kernel.desk.end_of(pid))
            waiting.add_done_callback(lambda done: self._seen(pid, done))
        await asyncio.wait({waiting}, timeout=within_s)
        if not waiting.done():
            resident = self._kernel.machine.table.get(pid)
            state = resident.process.state if resident is not None else State.WAITING
            return Standing(pid=pid, state=state, ended=False)
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

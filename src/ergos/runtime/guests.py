"""Foreign programs as processes: any program that speaks an open protocol passes the same door.

A token is a process. What comes in with it is a call of that process: authorised, held, scheduled, journaled, billed
and answered like any other; only that its program runs elsewhere and asks whenever it likes. Started again after a
crash, what it asked before is answered from the journal.

Rules: an answer is given only when its record is durable; a program that goes away while it is being answered loses
nothing, the call is finished and recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, Protocol

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError, ForeignTokenError, UnknownProcessError, WorldError
from ergos.base.ids import Pid
from ergos.base.limits import GUEST_IDLE_S, GUEST_TURN_CALLS
from ergos.kernel.calls import Failure
from ergos.kernel.events import Attached, Body, Replayed
from ergos.kernel.labels import UNTRUSTED
from ergos.kernel.packages import FOREIGN_LASTING, ToolSpec
from ergos.kernel.ports import Sink
from ergos.kernel.process import ENDED, State, Wait
from ergos.kernel.step import EndTurn, Event, Finish, Suspend
from ergos.kernel.syscalls import Answer, Request
from ergos.runtime.door import Door
from ergos.runtime.guest_turn import GuestTurn
from ergos.runtime.machine import Machine
from ergos.runtime.population import Population
from ergos.runtime.replayer import Pending
from ergos.runtime.residents import Resident, Rows
from ergos.runtime.settlement import Settlement
from ergos.runtime.subjects import MODEL
from ergos.runtime.tokens import Tokens, Visitor
from ergos.runtime.toolset import granted

_GONE: Final = Failure("E309", "this process has ended", "start the program again with `ergos exec`")


class Driver(Protocol):
    """What guests ask of the reactor."""

    stopping: bool

    def enqueue(self, pid: Pid) -> None:
        """Drive this process in one of the next passes."""
        ...

    def wake(self, resident: Resident, cause: Wait) -> None:
        """What a waiting process waits for is there."""
        ...

    def apply(
        self, resident: Resident, event: Event, *, bodies: tuple[Body, ...] = (), rows: Rows | None = None
    ) -> None:
        """Take one step of a process."""
        ...

    def guarded(self, callback: Callable[[], None]) -> None:
        """Run a callback of the loop; a bug in it stops the kernel."""
        ...

    def task(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Start a task."""
        ...


class Visit:
    """One call from outside that waits for its answer."""

    __slots__ = ("answer", "pending", "request", "sink")

    def __init__(self, request: Request, sink: Sink | None) -> None:
        self.request: Final = request
        self.sink: Final = sink
        self.pending: Pending | None = None
        self.answer: Final[asyncio.Future[Answer]] = asyncio.get_running_loop().create_future()


class Guests:
    """The foreign processes of this kernel."""

    def __init__(
        self,
        machine: Machine,
        driver: Driver,
        population: Population,
        door: Door,
        settlement: Settlement,
        rested: Callable[[Pid], None],
    ) -> None:
        """`rested` is told that a process asks for nothing for a while."""
        self._rested: Final = rested
        self.tokens: Final = Tokens(machine.parts.door_secret, machine.store.id)
        self._machine: Final = machine
        self._driver: Final = driver
        self._population: Final = population
        self._door: Final = door
        self._settlement: Final = settlement
        self._visits: Final[dict[Pid, list[Visit]]] = {}
        self._present: Final[dict[Pid, list[asyncio.Future[None]]]] = {}
        self._seen_ns: Final[dict[Pid, int]] = {}
        """When each running guest was last heard of."""
        self._sweep: asyncio.TimerHandle | None = None

    # Entering and leaving

    async def enter(self, pid: Pid, command: tuple[str, ...] = ()) -> Visitor:
        """Its program is started, or started again; durable on return.

        Raises: UnknownProcessError; ForeignTokenError if the process has ended or is none of these.
        """
        resident, turn = await self._opened(pid)
        life = turn.life + 1
        self._machine.tick()
        self._machine.submit(resident, (Attached(life, command),))
        turn.begin(life)
        for visit in self._visits.pop(pid, []):  # of a life that is gone
            _settle(visit, Answer(None, _GONE))
        await self._machine.store.flush()
        return Visitor(pid, life)

    async def present(self, pid: Pid) -> Visitor | None:
        """The present start of its program; None if it was never started. Raises: as `enter`."""
        _, turn = await self._opened(pid)
        return Visitor(pid, turn.life) if turn.life else None

    async def leave(self, visitor: Visitor, *, done: bool, outcome: Plain = None) -> None:
        """Its program has gone: the process is done, or waits until it is started again."""
        resident, turn = await self._opened(visitor.pid)
        if turn.life != visitor.life:
            return
        self._machine.tick()
        if not done:
            self._rest(resident)
        else:
            packed, blobs = self._machine.vault.pack(outcome, what="the outcome of the program")
            closed = tuple(asked.item for asked in turn.waiting())
            for past in turn.unanswered():  # begun by an earlier start and never asked for again
                key = past.call.key
                if key not in resident.flying:
                    lost = Pending(Request(kind="think", name=past.call.name), past.call, (), past)
                    self._settlement.record(resident, lost, Failure("E502", "the program never came back for it"))
            self._driver.apply(resident, Finish(packed, turn.label), rows=Rows(blobs=blobs, items_closed=closed))
        await self._machine.store.flush()

    async def _opened(self, pid: Pid) -> tuple[Resident, GuestTurn]:
        """The process with its turn in memory, running; waits while it is paused."""
        while True:
            if pid not in self._machine.table:
                await self._machine.store.flush()
            if pid not in await self._population.bring((pid,)):
                raise UnknownProcessError(f"there is no process {pid}")
            resident = self._machine.table[pid]
            process, turn = resident.process, resident.turn
            if process.state in ENDED:
                await self._machine.store.flush()  # what its program is told must stay true
                raise ForeignTokenError(f"process {pid} is {process.state}")
            if isinstance(turn, GuestTurn) and process.state is State.RUNNING:
                return resident, turn
            if turn is not None and not isinstance(turn, GuestTurn):
                raise ForeignTokenError(f"process {pid} runs a program of its own")
            self._machine.tick()
            if process.state is State.WAITING:
                self._driver.wake(resident, "mail")
            elif process.state is State.READY:
                self._driver.enqueue(pid)
            arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._present.setdefault(pid, []).append(arrived)
            await arrived

    # Calls

    async def call(
        self,
        visitor: Visitor,
        dialect: str,
        body: dict[str, Plain],
        *,
        model: str,
        sink: Sink | None = None,
        gone: Callable[[], bool] | None = None,
    ) -> Answer:
        """One model call through the door; what it is answered is durable on return.

        A refusal or a failure of the endpoint is a value, too. Cancelling this lets the call go on. `gone` says in the
        end whether nobody is there to take the answer; then it is kept for when the program asks again.
        """
        request = Request(kind="think", name=f"{MODEL}{model}", args=_parted(dialect, body), label=UNTRUSTED)
        return await self._through(visitor, Visit(request, sink), gone)

    async def act(
        self, visitor: Visitor, tool: str, args: dict[str, Plain], *, gone: Callable[[], bool] | None = None
    ) -> Answer:
        """One tool call through the door, as `call`. One that its owner has to approve waits for that."""
        return await self._through(
            visitor, Visit(Request(kind="act", name=tool, args=args, label=UNTRUSTED), None), gone
        )

    async def tools(self, visitor: Visitor) -> tuple[ToolSpec, ...]:
        """The tools its grants name, by name. Raises: as `enter`."""
        resident, turn = await self._opened(visitor.pid)
        if turn.life != visitor.life or resident.package is None:
            raise ForeignTokenError("this token is of an earlier start of its program")
        return granted(self._machine.charter.permits(resident), resident.process.agent, resident.package.tools)

    async def _through(self, visitor: Visitor, visit: Visit, gone: Callable[[], bool] | None) -> Answer:
        try:
            resident, turn = await self._opened(visitor.pid)
            if turn.life != visitor.life:
                await self._machine.store.flush()
                return Answer(None, Failure("E309", "this token is of an earlier start of its program"))
            self._machine.tick()
            self._ask(resident, turn, visit)
        except ErgosError as error:
            return Answer(None, Failure(error.code, error.what, error.what_to_do))
        self._visits.setdefault(visitor.pid, []).append(visit)
        self._seen_ns[visitor.pid] = self._machine.now_ns
        self.drive(resident, turn)
        try:
            answer = await asyncio.shield(visit.answer)
        except asyncio.CancelledError:
            visit.answer.add_done_callback(lambda done: self._undelivered(visitor.pid, visit, done))
            raise
        try:
            await self._machine.store.flush()
        except ErgosError as error:
            return Answer(None, Failure(error.code, error.what, error.what_to_do))
        if gone is not None and gone():
            self._undelivered(visitor.pid, visit, visit.answer)
        return answer

    def _ask(self, resident: Resident, turn: GuestTurn, visit: Visit) -> None:
        request, tool = visit.request, None
        if request.kind == "act" and resident.package is not None:
            tool = resident.package.tools.get(request.name)
        visit.pending = turn.ask(request, self._machine.vault.known, visit.sink, tool)

    def _undelivered(self, pid: Pid, visit: Visit, done: asyncio.Future[Answer]) -> None:
        resident = self._machine.table.get(pid)
        if done.cancelled() or done.exception() is not None or resident is None or visit.pending is None:
            return
        if isinstance(resident.turn, GuestTurn):
            resident.turn.take_back(visit.pending)

    def drive(self, resident: Resident, turn: GuestTurn) -> None:
        """Consider its calls, hand out what is answered, and let it rest or begin a new turn when it is quiet."""
        pid = resident.process.pid
        visits = self._visits.get(pid, [])
        for visit in visits:
            asked = visit.pending
            if asked is not None and asked.answer is None and turn.pending.get(asked.call.key) is not asked:
                visit.pending = turn.carry_on(asked)  # the turn was let go of and read again meanwhile
        for pending in list(turn.pending.values()):
            self._door.consider(resident, pending)
            if resident.turn is not turn:
                return
        turn.give()
        self._hand_out(resident, turn, visits)
        for arrived in self._present.pop(pid, ()):
            if not arrived.done():
                arrived.set_result(None)
        if self._outgrown(resident, turn) and not turn.pending and not resident.flying:
            self._rest(resident)
            return
        self._seen_ns[pid] = self._machine.now_ns
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(GUEST_IDLE_S, self._driver.guarded, self._swept)

    def _hand_out(self, resident: Resident, turn: GuestTurn, visits: list[Visit]) -> None:
        """Answer who waits; that an earlier life's answer is given is written first, so that it is given once."""
        waiting: list[Visit] = []
        for visit in visits:
            asked = visit.pending
            if asked is None or asked.answer is None:
                waiting.append(visit)
                continue
            if asked.answer.failure is None and turn.borrow(asked.call.key):
                self._machine.submit(resident, (Replayed(asked.call.key),))
            _settle(visit, asked.answer)
        if waiting:
            self._visits[resident.process.pid] = waiting
        else:
            self._visits.pop(resident.process.pid, None)

    # Quiet

    def _swept(self) -> None:
        """Let those rest that were not heard of for a while."""
        self._sweep = None
        machine = self._machine
        if machine.failed or self._driver.stopping:
            return
        now_ns = machine.tick()
        for pid, seen_ns in list(self._seen_ns.items()):
            resident = machine.table.get(pid)
            if resident is None or resident.process.state is not State.RUNNING:
                del self._seen_ns[pid]
            elif now_ns - seen_ns >= GUEST_IDLE_S * SECOND:
                self._rest(resident)
        if self._seen_ns:
            self._sweep = asyncio.get_running_loop().call_later(GUEST_IDLE_S, self._driver.guarded, self._swept)

    def _outgrown(self, resident: Resident, turn: GuestTurn) -> bool:
        """Whether a long-lived program has asked so much in one turn that it should begin another."""
        definition = resident.definition
        return definition is not None and definition.program == FOREIGN_LASTING and turn.calls >= GUEST_TURN_CALLS

    def _rest(self, resident: Resident) -> None:
        """Nothing of it is under way: it waits for its program. A long-lived one begins a new turn after many calls."""
        turn, process = resident.turn, resident.process
        if not isinstance(turn, GuestTurn) or resident.flying or turn.pending or resident.errands:
            return
        if process.state is not State.RUNNING:
            return
        self._seen_ns.pop(process.pid, None)
        if self._outgrown(resident, turn):
            memory, blobs = self._machine.vault.pack({"life": turn.life})
            self._driver.apply(resident, EndTurn(memory, None, turn.label), rows=Rows(blobs=blobs))
        else:
            self._driver.apply(resident, Suspend("program"))
        self._rested(process.pid)

    def ended(self, pid: Pid) -> None:
        """Its process has ended: whoever still waits is told."""
        self._seen_ns.pop(pid, None)
        for visit in self._visits.pop(pid, []):
            _settle(visit, Answer(None, _GONE))
        for arrived in self._present.pop(pid, ()):
            if not arrived.done():
                arrived.set_result(None)

    def abandon(self, error: ErgosError) -> None:
        """Nothing will be answered any more."""
        if self._sweep is not None:
            self._sweep.cancel()
        for visits in self._visits.values():
            for visit in visits:
                _settle(visit, Answer(None, Failure(error.code, error.what, error.what_to_do)))
        self._visits.clear()
        for waiting in self._present.values():
            for arrived in waiting:
                if not arrived.done():
                    arrived.set_exception(WorldError(error.what, remedy=error.what_to_do))
        self._present.clear()


_ASIDE: Final = frozenset(
    {"metadata", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "service_tier", "store", "user"}
)
"""Parts of a body that do not change what is asked: another value of them is the same call."""


def _parted(dialect: str, body: dict[str, Plain]) -> dict[str, Plain]:
    aside = {key: value for key, value in body.items() if key in _ASIDE}
    args: dict[str, Plain] = {"dialect": dialect, "body": body}
    if aside:
        args = {"dialect": dialect, "body": {k: v for k, v in body.items() if k not in _ASIDE}, "aside": aside}
    return args


def _settle(visit: Visit, answer: Answer) -> None:
    if not visit.answer.done():
        visit.answer.set_result(answer)

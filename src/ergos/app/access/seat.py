"""A seat: what one principal can see of a kernel and ask of it. Every face stands on seats, and on nothing else.

Rules: every read is scoped to the principal's owner, an agent's to its own process; every request passes `authority`.
What belongs to another owner looks exactly like what does not exist. A value is read only by way of an object that
was found here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, cast

import msgspec

from ergos.app.access.authority import Whose, check_process, judged
from ergos.app.access.own_reads import OwnReads
from ergos.app.access.roles import Principal
from ergos.app.catalogue import Catalogue
from ergos.app.home import Home
from ergos.app.inbox import Inbox, Waiting, inbox_of, only, waiting_of, waiting_one
from ergos.app.views.own import OwnViews
from ergos.base.canonical import Plain
from ergos.base.clock import Clock
from ergos.base.errors import RefusedError, UnknownPathError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel import namespace
from ergos.kernel.calls import SignalName
from ergos.kernel.journal import Sealed
from ergos.kernel.namespace import Listing, Place
from ergos.kernel.packages import Definition
from ergos.kernel.process import ENDED, Process
from ergos.kernel.rows import Item, Loaded
from ergos.kernel.values import Packed
from ergos.runtime.control import AnyReply, AnyRequest, Halt, Live, Processes, Schedule, Signal, Status, StatusOf

NUMBER_MAX: Final = 2**63 - 1  # the largest number a store can hold; a larger one is nobody's
PAUSED_AT_ONCE: Final = 1_000  # processes looked at in one step of an owner's STOP

Perform = Callable[[AnyRequest], Awaitable[AnyReply]]
"""Makes a request of the kernel. Raises: ErgosErrors."""


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What all seats of a kernel stand on."""

    home: Home
    reads: SqliteReads
    perform: Perform
    clock: Clock
    views: Callable[[str], OwnViews]
    """The read model of one owner."""
    compiling: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)
    """Held while words are compiled: one text at a time, whoever sends them, however long they are."""


class StoreWhose:
    """`Whose` over a store."""

    def __init__(self, reads: SqliteReads) -> None:
        self._reads: Final = reads

    async def owner_of(self, pid: Pid) -> str | None:
        """Owner of a process; None: there is none of this number."""
        found = await self._reads.load((pid,)) if 0 < pid <= NUMBER_MAX else ()
        return found[0].process.owner if found else None

    async def item(self, number: int) -> Item | None:
        """One open inbox item."""
        return await self._reads.item(number) if 0 < number <= NUMBER_MAX else None


class Seat:
    """What one principal can see and ask."""

    def __init__(self, principal: Principal, ground: Ground) -> None:
        self.principal: Final = principal
        self._ground: Final = ground
        self._reads: Final = ground.reads
        self._whose: Final[Whose] = StoreWhose(ground.reads)
        self._catalogue: Final = Catalogue(ground.home, ground.reads)

    @property
    def home(self) -> Home:
        """The home; what of its settings a face shows is the face's business."""
        return self._ground.home

    @property
    def now_ns(self) -> int:
        """The kernel's time."""
        return self._ground.clock.now_ns()

    @property
    def views(self) -> OwnViews:
        """The read model, of this owner. Raises: RefusedError for an agent."""
        if self.principal.role == "agent":
            raise RefusedError("an agent sees its own process only")
        return self._ground.views(self.principal.owner)

    @property
    def own(self) -> OwnReads:
        """What this owner's agents are and may do. Raises: RefusedError for an agent."""
        return OwnReads(self.principal.owner, self._reads, self._catalogue, self.views)

    # Asking

    async def perform(self, request: AnyRequest) -> AnyReply:
        """Make a request in this principal's name. Raises: what `judged` raises; ErgosErrors."""
        home = self._ground.home
        agents, rights = home.folder / "agents", home.settings.desk.rights
        asked = await judged(self.principal, request, self._whose, agents=agents, rights=rights)
        reply = await self._ground.perform(asked)
        match reply:
            case Live():
                own = tuple(one for one in reply.processes if one.owner == self.principal.owner)
                return msgspec.structs.replace(reply, processes=own)
            case Schedule() if not self.principal.keeper:
                own_views = tuple(one for one in reply.models.owners if one.owner == self.principal.owner)
                counts = {
                    "waiting": sum(one.waiting for one in own_views),
                    "running": sum(one.running for one in own_views),
                }
                models = msgspec.structs.replace(reply.models, owners=own_views, endpoints=(), programs=0, **counts)
                return msgspec.structs.replace(reply, models=models, tools=())
            case Status() if not self.principal.keeper:
                counts = (await self.views.counts()).states
                return msgspec.structs.replace(
                    reply, states=counts, flying=0, records=0, store="", host="", os_pid=0, door=""
                )
            case _:
                return reply

    async def stop(self, *, on: bool) -> int:
        """STOP, or lift it: of the kernel for its keeper, else of all this owner's processes; how many it reached.

        For an owner who is not the keeper, what was paused in this way is resumed by lifting it, and so is what they
        paused one by one before. Raises: RefusedError; ErgosErrors.
        """
        if self.principal.keeper:
            await self.perform(Halt(on=on, by=self.principal.name))
            return 0
        name: SignalName = "pause" if on else "resume"
        reached, after = 0, Pid(0)
        while rows := await self._reads.processes(owner=self.principal.owner, after=after, limit=PAUSED_AT_ONCE):
            for row in rows:
                if (row.state == "paused") != on and row.state not in ENDED:
                    await self.perform(Signal(pid=row.pid, name=name, by=self.principal.name))
                    reached += 1
            after = rows[-1].pid
        return reached

    # Reading

    async def process(self, pid: Pid) -> Loaded:
        """One process with its unread mail. Raises: UnknownProcessError."""
        await check_process(self.principal, pid, self._whose)
        found = await self._reads.load((pid,))
        if not found:
            raise UnknownProcessError(f"there is no process {pid}")
        return found[0]

    async def children(self, pid: Pid) -> tuple[Process, ...]:
        """Its children, ended ones too, by pid. Raises: UnknownProcessError."""
        await self.process(pid)
        owner = self.principal.owner
        return tuple(child for child in await self._reads.children(pid) if child.owner == owner)

    async def records(
        self, pid: Pid, *, after: int = 0, limit: int | None = None, turn: int = 0
    ) -> AsyncIterator[Sealed]:
        """The records of one process, in order, from a turn on. Raises: UnknownProcessError."""
        await self.process(pid)
        async for record in self._reads.records(after=after, pid=pid, limit=limit, turn=turn):
            yield record

    async def turn(self, pid: Pid, turn: int) -> tuple[Sealed, ...]:
        """The records of one turn of a process, in order. Raises: UnknownProcessError."""
        await self.process(pid)
        return await self._reads.turn(pid, turn)

    async def inbox(self, *, delivered: bool = True) -> Inbox:
        """All that waits for this owner, and what was `delivered`; a delegate finds what they may decide."""
        owner, name = self.principal.owner, self.principal.name
        home, now_ns = self._ground.home, self.now_ns
        if self.principal.role == "agent":
            raise RefusedError("an agent has no inbox")
        if name != owner:
            return Inbox(waiting=await waiting_of(home, self._reads, owner, now_ns, by=name))
        return await inbox_of(home, self._reads, owner, now_ns, delivered=delivered)

    async def item(self, number: int) -> Waiting:
        """One open inbox item. Raises: UsageError."""
        owner, name = self.principal.owner, self.principal.name
        item = await self._reads.item(number) if 0 < number < 2**63 and self.principal.role != "agent" else None
        by = name if name != owner else ""
        one = None
        if item is not None and item.owner == owner:
            one = await waiting_one(self._ground.home, self._reads, item, self.now_ns, by=by)
        return only(Inbox(waiting=() if one is None else (one,)), number)

    async def definition(self, process: Process) -> Definition:
        """The version of the agent that a process runs on. Raises: UnknownPathError."""
        return await self._catalogue.definition(process.definition)

    async def value(self, packed: Packed) -> Plain:
        """A value of an object that was found here."""
        return await self._catalogue.unpacked(packed)

    async def look(self, path: str) -> Plain | Listing:
        """What stands at a path of the namespace, as far as it is this owner's.

        Raises: UnknownPathError, UnknownProcessError, UsageError.
        """
        scoped = _Scoped(self)
        if namespace.place(path).route.folder:
            return await namespace.listing(path, scoped)
        return await namespace.read(path, scoped)


async def status_of(seat: Seat) -> Status:
    """How the kernel is, as far as it is this principal's business."""
    return cast("Status", await seat.perform(StatusOf()))


async def live_of(seat: Seat) -> Live:
    """This owner's processes in memory, with their calls under way."""
    return cast("Live", await seat.perform(Processes()))


class _Scoped:
    """`namespace.Reads` of one seat."""

    def __init__(self, seat: Seat) -> None:
        self._seat: Final = seat

    async def names(self, place: Place, limit: int) -> tuple[str, ...]:
        """Names below a folder, of this owner's things."""
        seat = self._seat
        who = seat.principal
        if who.role == "agent":
            return (str(who.pid),) if place.route.pattern == "/proc" else ()
        match place.route.pattern:
            case "/proc":
                rows = await seat._reads.processes(owner=who.owner, live_only=False, limit=limit)  # noqa: SLF001 - its seat
                return tuple(str(row.pid) for row in rows)
            case "/ledger":
                return (who.owner,)
            case "/agents":
                return tuple(row.agent for row in await seat.views.agents())[:limit]
            case _:
                return ()

    async def value(self, place: Place) -> Plain:
        """What stands at a place, if it is this owner's."""
        seat = self._seat
        catalogue = seat._catalogue  # noqa: SLF001 - its seat
        pattern = place.route.pattern
        if pattern.startswith("/proc/"):
            await seat.process(place.pid)
            return await catalogue.value(place)
        if seat.principal.role == "agent":
            raise UnknownPathError(f"nothing stands at {place.path!r}")
        match pattern:
            case "/inbox":
                return [waiting.shown for waiting in (await seat.inbox(delivered=False)).waiting]
            case "/ledger/{owner}" if place.name == seat.principal.owner:
                return await catalogue.account(place.name)
            case "/agents/{agent}":
                for row in await seat.views.agents():
                    if row.agent == place.name:
                        return await catalogue.shown(row.definition)
                raise UnknownPathError(f"no agent named {place.name!r} was started here")
            case _:
                raise UnknownPathError(f"nothing stands at {place.path!r}")

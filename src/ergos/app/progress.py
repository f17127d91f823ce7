"""How the hosted agents of an owner stand: milestones, runs, spending, what comes next, and what does not move.

    standing = await standings(reads, "alice", now_ns)

Everything is a fold over a process's row, its memory, its definition, its triggers and its meter: a few rows an agent,
no journal is read through, no model is asked. So looking costs an agent that idles nothing at all.

Rules: reads only; a definition or memory that cannot be read is an agent without milestones, never an error.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final, Protocol, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import CorruptStoreError, DefinitionError, ValueShapeError
from ergos.base.ids import Digest, Pid
from ergos.base.limits import AGENT_FILE_BYTES_MAX
from ergos.drivers.schedule.quiet import local_date
from ergos.kernel.events import Spawned, Woken, decode_body
from ergos.kernel.packages import Definition
from ergos.kernel.ports import OwnerReads, ProcessReads, RecordReads, Store, WatchReads
from ergos.kernel.process import ENDED, Process, State
from ergos.kernel.rows import Watch
from ergos.kernel.values import Packed
from ergos.lib.agent_file import read
from ergos.lib.milestones import Forecast, Rate, forecast, overdue, rate, reached_of, stalls_at_ns
from ergos.lib.steps_memory import Past, past_of
from ergos.lib.work import Milestone, QuietHours
from ergos.runtime.vault import Vault

GOALS_MAX: Final = 10_000  # processes looked at for hosted agents
OPEN_TURN_S: Final = 3_600  # seconds a run may take that waits for nobody, before it counts as stalled
BROKEN_S: Final = 10  # seconds a process may be about to run while its files cannot be read; code in memory needs none
DEFINITIONS_MAX: Final = 4_096  # definitions kept decoded


class Hosting(msgspec.Struct, frozen=True):
    """What is looked at here of a definition's work (`lib.work.Work`)."""

    timezone: str = ""
    quiet_hours: QuietHours | None = None
    milestones: tuple[Milestone, ...] = ()
    report: str = ""
    """When its owner gets a report; a recurrence, '': never by itself."""


NO_HOSTING: Final = Hosting()
_HOSTING: Final = msgspec.json.Decoder(Hosting | None)


class Reads(ProcessReads, WatchReads, RecordReads, OwnerReads, Protocol):
    """What is read: a store, or a store beside its kernel."""


class Blind(msgspec.Struct, frozen=True):
    """A trigger that sees nothing."""

    name: str
    why: str
    since_ns: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One hosted agent."""

    pid: Pid
    agent: str
    owner: str
    state: State
    waits: str
    began_ns: int
    past: Past
    work: Hosting
    spent_microusd: int
    reached: tuple[Milestone, ...] = ()
    overdue: tuple[Milestone, ...] = ()
    forecast: Forecast | None = None
    """None: too early to tell, or there is nothing left to reach."""
    rate: Rate | None = None
    """What its runs cost; None: too early to tell."""
    next_ns: int | None = None
    """When a trigger wakes or looks next."""
    next_by: str = ""
    """Its name."""
    fired: int = 0
    """Happenings told to it so far."""
    faults: tuple[Blind, ...] = ()
    """Triggers whose looks fail."""
    broken: str = ""
    """Why its files cannot be read, where it cannot go on because of that."""
    unread: int = 0
    """Happenings that wait until the one that it works on is done."""
    asked: tuple[int, ...] = ()
    """Inbox items it waits for."""
    stalls_ns: int | None = None
    """From when on no progress means that it has stalled; None: nothing is expected."""

    def stalled(self, now_ns: int) -> bool:
        """Whether it should have moved by now and waits for nobody."""
        return self.stalls_ns is not None and now_ns >= self.stalls_ns


def hosting_of(definition: Definition) -> Hosting:
    """What a definition says of its work; nothing, where that cannot be read."""
    try:
        return _HOSTING.decode(bytes(definition.work)) or NO_HOSTING
    except msgspec.MsgspecError:
        return NO_HOSTING


class Progress:
    """Reads how agents stand; keeps the definitions it has read."""

    def __init__(self, reads: Reads) -> None:
        self._reads: Final = reads
        self._vault: Final = Vault(cast("Store", reads))
        self._definitions: Final[dict[Digest, tuple[Definition, Hosting]]] = {}

    async def definition(self, digest: Digest) -> tuple[Definition, Hosting] | None:
        """A definition and its work; None if the store has lost it."""
        known = self._definitions.get(digest)
        if known is None:
            body = (await self._reads.blobs((digest,))).get(digest)
            if body is None:
                return None
            if len(self._definitions) >= DEFINITIONS_MAX:
                self._definitions.clear()
            definition = msgspec.json.decode(body, type=Definition)
            known = self._definitions[digest] = (definition, hosting_of(definition))
        return known

    async def hosted(self, owner: str | None, limit: int = GOALS_MAX) -> list[Process]:
        """Those of an owner's processes that are hosted, the oldest first."""
        found: list[Process] = []
        after, looked = Pid(0), 0
        while looked < limit and (rows := await self._reads.processes(owner=owner, after=after)):
            found += [row for row in rows if await self.is_hosted(row)]
            after, looked = rows[-1].pid, looked + len(rows)
        return found

    async def standing(self, process: Process, now_ns: int, asked: tuple[int, ...] = ()) -> Standing:
        """How one process stands. `asked`: inbox items it waits for."""
        work = await self.hosting(process)
        past = past_of(await self.value(process.memory))
        watches = await self._reads.watches(process.pid)
        began_ns = await self._began_ns(process.pid)
        spent = await self._spent(process.pid)
        broken = await asyncio.to_thread(self._broken, process.definition) if process.state is State.READY else ""
        upcoming = min((one for one in watches if one.due_ns is not None), key=_due, default=None)
        return Standing(
            pid=process.pid,
            agent=process.agent,
            owner=process.owner,
            state=process.state,
            waits=process.waits,
            began_ns=began_ns,
            past=past,
            work=work,
            spent_microusd=spent,
            reached=reached_of(work.milestones, past),
            overdue=overdue(work.milestones, past, _today(now_ns, work.timezone)),
            forecast=forecast(work.milestones, past, began_ns=began_ns, now_ns=now_ns, spent_microusd=spent),
            rate=rate(past, began_ns=began_ns, now_ns=now_ns, spent_microusd=spent),
            next_ns=_due(upcoming) if upcoming is not None else None,
            next_by=upcoming.trigger.name if upcoming is not None else "",
            fired=sum(one.fired for one in watches),
            faults=tuple(Blind(one.trigger.name, one.fault, one.faulty_ns) for one in watches if one.faults),
            broken=broken,
            unread=await self._unread(process.pid),
            asked=asked,
            stalls_ns=await self._woken_ns(process) + BROKEN_S * SECOND
            if broken
            else await self._stalls_ns(process, past, watches, began_ns, asked),
        )

    async def _stalls_ns(
        self, process: Process, past: Past, watches: tuple[Watch, ...], began_ns: int, asked: tuple[int, ...]
    ) -> int | None:
        """Nothing is expected of who has ended, was paused, or waits for a person."""
        if process.state in ENDED or process.state in (State.PAUSED, State.PARKED) or asked or process.waits == "owner":
            return None
        if process.turn_open:
            woken_ns = await self._woken_ns(process)
            # A run that waits for a time or a child is not stuck before that time.
            return max(woken_ns, process.wake_at_ns or 0) + OPEN_TURN_S * SECOND
        due = [one.due_ns for one in watches if one.due_ns is not None]
        if watches and not due:
            return None  # it is told when something happens; nothing has to
        return stalls_at_ns(past, due_ns=min(due, default=process.wake_at_ns), began_ns=began_ns)

    async def process(self, pid: Pid) -> Process | None:
        """A process, as it is stored."""
        loaded = await self._reads.load((pid,)) if pid else ()
        return loaded[0].process if loaded else None

    async def hosting(self, process: Process | None) -> Hosting:
        """What its definition says of its hosting."""
        made = await self.definition(process.definition) if process is not None else None
        return made[1] if made is not None else NO_HOSTING

    async def is_hosted(self, process: Process) -> bool:
        """Whether it is live, no other process started it, and its definition has triggers or milestones."""
        if process.parent != 0 or process.state in ENDED:
            return False
        made = await self.definition(process.definition)
        return made is not None and bool(made[0].triggers or made[1].milestones)

    async def value(self, packed: Packed) -> Plain:
        """The value itself; None for one that is lost."""
        try:
            return await self._vault.value(packed)
        except CorruptStoreError:
            return None

    async def _began_ns(self, pid: Pid) -> int:
        async for record in self._reads.records(pid=pid, limit=1):
            if isinstance(decode_body(record.body), Spawned):
                return record.at_ns
        return 0

    async def _woken_ns(self, process: Process) -> int:
        for record in await self._reads.turn(process.pid, process.turn):
            if isinstance(decode_body(record.body), Woken):
                return record.at_ns
        return 0

    def _broken(self, digest: Digest) -> str:
        """Why AGENT.md cannot be read; '': it can, or there is none to be read. Blocks."""
        known = self._definitions.get(digest)
        path = Path(known[0].program if known is not None else "") / "AGENT.md"
        if not path.is_absolute() or path.parent.suffix == ".py" or "::" in path.parent.name:
            return ""  # its program stands elsewhere
        try:
            read(path.read_text(encoding="utf-8")[:AGENT_FILE_BYTES_MAX], str(path))
        except DefinitionError as error:
            return error.what
        except (OSError, UnicodeDecodeError) as error:
            return f"{path}: {getattr(error, 'strerror', '') or 'it is not UTF-8 text'}"
        return ""

    async def _unread(self, pid: Pid) -> int:
        loaded = await self._reads.load((pid,))
        return sum(bool(mail.trigger) for mail in loaded[0].mail) if loaded else 0

    async def _spent(self, pid: Pid) -> int:
        _, meters = await self._reads.books((f"process/{pid}",))
        meter = meters.get(f"process/{pid}")
        return meter.spent.microusd if meter is not None else 0


async def standings(reads: Reads, owner: str | None, now_ns: int, limit: int = GOALS_MAX) -> list[Standing]:
    """All hosted agents of an owner (None: of all), the oldest first."""
    progress = Progress(reads)
    asked: dict[Pid, list[int]] = {}
    for item in await reads.items(owner, limit):
        asked.setdefault(item.pid, []).append(item.id)
    found = await progress.hosted(owner, limit)
    return [await progress.standing(one, now_ns, tuple(asked.get(one.pid, ()))) for one in found]


def _due(watch: Watch) -> int:
    assert watch.due_ns is not None
    return watch.due_ns


def _today(now_ns: int, timezone: str) -> str:
    try:
        return local_date(now_ns, timezone)
    except ValueShapeError:
        return local_date(now_ns, "")

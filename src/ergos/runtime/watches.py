"""Armed triggers: rows that are due or told, and the messages they become.

A schedule is met when its time has come; a feed, a page, a folder or a mailbox is looked at when it is due or when its
driver rings; a webhook, a topic and the end of a process are told. Whatever happens becomes one message, one record and
the trigger's new row, in one transaction.

Rules: of one happening there is one delivery, over restarts, too: a look's cursor and its messages are never parted,
and what is told carries a key. A trigger that is quiet is a row: it costs no memory, no time and no token. Nothing is
delivered while STOP is in force; times that passed meanwhile are missed ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Final

import msgspec

from ergos.base.canonical import Plain, digest
from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError, MailboxFullError, OverloadedError, UnknownProcessError, UsageError
from ergos.base.ids import Pid
from ergos.base.limits import MAILBOX_MESSAGES_MAX, WAKE_BATCH
from ergos.kernel.events import Fired
from ergos.kernel.labels import TRUSTED, UNTRUSTED
from ergos.kernel.misfires import Telling, by_policy
from ergos.kernel.process import ENDED
from ergos.kernel.rows import Mail, Watch
from ergos.kernel.triggers import (
    LOOKED_AT,
    AnyTrigger,
    Condition,
    Files,
    Happening,
    Looked,
    Outcome,
    Schedule,
    Topic,
    Watching,
)
from ergos.kernel.values import NULL, Blob
from ergos.runtime.figures import Conditions, check_figure, figure_of
from ergos.runtime.machine import Machine
from ergos.runtime.population import Population
from ergos.runtime.residents import Resident, Rows
from ergos.runtime.watch_rows import FAULT_S, SOUND, Key, WatchRows, again, failed, key_of, paced

LOOKS_AT_ONCE: Final = 16  # looks under way at once; the outside is slow, and others wait their turn
LOOK_S_MAX: Final = 120  # seconds a look may take
LEASE_S: Final = 150  # seconds after which a look that was begun counts as lost; longer than it may take
FAULTS_TOLD: Final = 2  # looks that failed one after the other, after which the process is told: some three minutes
CATCH_UP_MAX: Final = 1_000  # times made up for in one go; more were a storm
SEEN_MAX: Final = 500  # keys remembered of what was told; longer than any sender repeats itself
PAGE: Final = 1_000  # rows read at once at boot


class Watches:
    """The triggers of one kernel."""

    def __init__(
        self,
        machine: Machine,
        population: Population,
        task: Callable[[Coroutine[object, object, None]], object],
        arm_timer: Callable[[int], None],
    ) -> None:
        self._machine: Final = machine
        self._population: Final = population
        self._task: Final = task
        self._arm_timer: Final = arm_timer
        self.rows: Final = WatchRows(machine, population)
        self._looking: Final[set[Key]] = set()
        self._rung: Final[set[Key]] = set()
        """Told during a look that there may be more."""
        self._missed: Final[set[Key]] = set()
        """Told under STOP that there may be more; looked at once it is lifted."""
        self._uncompared: Final[set[Key]] = set()
        """Conditions whose figures changed under STOP."""
        self._outcomes: Final[dict[tuple[str, str], set[Key]]] = {}
        """By owner and agent whose end is waited for."""
        self._conditions: Final = Conditions(machine, task, self.compare)
        self._room: Final = asyncio.Semaphore(LOOKS_AT_ONCE)

    # Boot and registers

    async def recover(self) -> None:
        """Attend again to what is told, and look once at what may have changed while nothing ran."""
        for kind in (Files, Topic, Outcome, Condition, *LOOKED_AT[1:]):
            place: Key = (Pid(0), "")
            while rows := await self._machine.store.watches_of(str(kind.__struct_config__.tag), place, PAGE):
                for row in rows:
                    self.attend(row)
                    if kind is Files:
                        self.ring(row.pid, row.trigger.name)
                place = (rows[-1].pid, rows[-1].trigger.name)

    def attend(self, row: Watch) -> None:
        """See to it that this trigger is told what happens."""
        if isinstance(row.trigger, Outcome):
            self._outcomes.setdefault((row.owner, row.trigger.agent), set()).add(key_of(row))
        elif isinstance(row.trigger, Condition):
            self._conditions.attend(row)
        elif self._machine.parts.watchers is not None and not isinstance(row.trigger, Schedule):
            self._machine.parts.watchers.attend(row.trigger, self._watching(row))
        if row.due_ns is not None:
            self._arm_timer(row.due_ns)

    def leave(self, row: Watch) -> None:
        """Attend to it no more."""
        if isinstance(row.trigger, Outcome):
            self._outcomes.get((row.owner, row.trigger.agent), set()).discard(key_of(row))
        elif isinstance(row.trigger, Condition):
            self._conditions.leave(row)
        elif self._machine.parts.watchers is not None:
            self._machine.parts.watchers.leave(row.pid, row.trigger.name)

    # Rows

    def _watching(self, row: Watch) -> Watching:
        return Watching(pid=row.pid, owner=row.owner, agent=row.agent, now_ns=self._machine.now_ns)

    def fresh(self, resident: Resident, trigger: AnyTrigger) -> Watch:
        """The row of a trigger that is armed now. Raises: ErgosErrors for one that cannot be."""
        machine, process = self._machine, resident.process
        assert resident.definition is not None
        row = Watch(
            pid=process.pid,
            owner=process.owner,
            agent=process.agent,
            trigger=trigger,
            timezone=resident.definition.timezone,
            armed_ns=machine.now_ns,
        )
        due_ns: int | None = None
        if isinstance(trigger, Schedule):
            calendar = machine.parts.calendar
            wrong = "this kernel has no calendar" if calendar is None else calendar.misfit(trigger, row.timezone)
            if wrong:
                raise UsageError(f"the schedule {trigger.name!r}: {wrong}", remedy="correct it in AGENT.md")
            due_ns = self._next_ns(row, machine.now_ns)
        elif isinstance(trigger, Condition):
            check_figure(trigger)
        elif machine.parts.watchers is None and not isinstance(trigger, Outcome):
            raise UsageError(f"this kernel has nothing that looks after the trigger {trigger.name!r}")
        elif isinstance(trigger, (*LOOKED_AT, Topic)):
            due_ns = machine.now_ns
        return msgspec.structs.replace(row, due_ns=due_ns)

    def _next_ns(self, row: Watch, after_ns: int) -> int | None:
        calendar = self._machine.parts.calendar
        assert isinstance(row.trigger, Schedule)
        if calendar is None:
            return None  # armed by a kernel that had one
        return calendar.next_ns(row.trigger, row.timezone, after_ns, row.armed_ns)

    # What is due

    async def due(self) -> int | None:
        """Meet every time that has come and begin every look that is due; when the next one is."""
        machine = self._machine
        while not machine.halted and not machine.failed:
            while self._missed:
                self.ring(*self._missed.pop())
            while self._uncompared:
                await self.compare(self._uncompared.pop())
            await machine.store.flush()
            rows = await machine.store.watches_due(machine.tick(), WAKE_BATCH)
            if not rows:
                return await machine.store.next_watch_ns()
            await self._population.bring(tuple({row.pid for row in rows}))
            for row in self.rows.newest(await machine.store.watches_due(machine.tick(), WAKE_BATCH)):
                if row.due_ns is None or row.due_ns > machine.now_ns:
                    continue  # it was told meanwhile
                if isinstance(row.trigger, Schedule):
                    self._meet(row)
                else:
                    self._begin_look(row)
        return None

    def _meet(self, row: Watch) -> None:
        """Deliver the times of a schedule that have come, by its misfire policy."""
        assert isinstance(row.trigger, Schedule)
        assert row.due_ns is not None
        if row.pid not in self._machine.table:
            return  # it was let go meanwhile, and is brought again
        now_ns, schedule = self._machine.now_ns, row.trigger
        times, upcoming = [row.due_ns], self._next_ns(row, row.due_ns)
        while upcoming is not None and upcoming <= now_ns and len(times) < CATCH_UP_MAX:
            times.append(upcoming)
            upcoming = self._next_ns(row, upcoming)
        graced_ns = now_ns - schedule.grace_s * SECOND
        through_ns: int | None = None
        if schedule.misfire != "catch_up" and upcoming is not None and upcoming < graced_ns:
            through_ns = graced_ns - 1  # nobody counts a year of minutes
            upcoming = self._next_ns(row, through_ns)
        tellings = by_policy(schedule, times, now_ns, through_ns)
        self._deliver(msgspec.structs.replace(row, due_ns=upcoming), tellings)

    # Looks

    def ring(self, pid: Pid, name: str) -> None:
        """There may be something new for this trigger."""
        self._task(self._rang((pid, name)))

    async def _rang(self, key: Key) -> None:
        if self._machine.halted:
            self._missed.add(key)
            return
        if key in self._looking:
            self._rung.add(key)
            return
        row, _ = await self.rows.at(key)
        if row is not None and key not in self._looking and not self._machine.halted and not self._machine.failed:
            self._begin_look(row)

    def _begin_look(self, row: Watch) -> None:
        """Note that it is looked at, so that it is due again only if this look is lost."""
        self.rows.put(msgspec.structs.replace(row, due_ns=self._machine.now_ns + LEASE_S * SECOND))
        self._arm_timer(self._machine.now_ns + LEASE_S * SECOND)
        if key_of(row) not in self._looking:
            self._looking.add(key_of(row))
            self._task(self._look(row))

    async def _look(self, row: Watch) -> None:
        key = key_of(row)
        async with self._room:
            looked = await self._looked(row)
        now, resident = await self.rows.at(key)
        self._looking.discard(key)
        if now is None or now.trigger != row.trigger or now.cursor != row.cursor or self._machine.halted:
            return  # disarmed, changed or stopped meanwhile: what was seen is seen again
        if looked.fault:
            self._failed(now, looked)
            return
        if resident is not None and len(resident.mail) + len(looked.happenings) > MAILBOX_MESSAGES_MAX:
            again_ns = self._machine.now_ns + FAULT_S[0] * SECOND
            self._deliver(msgspec.structs.replace(now, due_ns=again_ns), ())  # seen again when there is room
            return
        cursor, blobs = self._machine.vault.pack(looked.cursor, what=f"what was seen of {row.trigger.name}")
        paced_ns = paced(now, len(looked.happenings), self._machine.now_ns)
        due_ns = again(looked, paced_ns, self._machine.now_ns)
        row = msgspec.structs.replace(now, cursor=cursor, due_ns=due_ns, paced_ns=paced_ns, **SOUND)
        self._deliver(row, [Telling(happening=happening) for happening in looked.happenings], blobs)
        if key in self._rung:
            self._rung.discard(key)
            self.ring(*key)

    async def _looked(self, row: Watch) -> Looked:
        """What is there now; a failure as a fault."""
        watchers = self._machine.parts.watchers
        if watchers is None:
            return Looked(fault="nothing here looks after triggers")
        try:
            cursor = await self._machine.vault.value(row.cursor)
            look = watchers.look(row.trigger, cursor, self._watching(row))
            return await asyncio.wait_for(look, LOOK_S_MAX)
        except TimeoutError:
            return Looked(fault=f"it took longer than {LOOK_S_MAX} seconds")
        except ErgosError as error:
            return Looked(fault=f"{error.what} — {error.what_to_do}")

    def _failed(self, row: Watch, looked: Looked) -> None:
        """Look again later; a trigger that goes on failing is told to its process."""
        row = failed(row, looked, self._machine.now_ns)
        tellings: list[Telling] = []
        if row.faults == FAULTS_TOLD:
            value: Plain = {"fault": row.fault}
            tellings = [Telling(happening=Happening(key=f"fault@{self._machine.now_ns}", value=value, label=UNTRUSTED))]
        self._deliver(row, tellings)

    # What is told

    async def happened(self, pid: Pid, name: str, happening: Happening) -> bool:
        """Deliver what was told; durable on return. False: of this key there was one before.

        Raises: UnknownProcessError; OverloadedError above the trigger's bound an hour; MailboxFullError; UsageError
        while STOP is in force.
        """
        machine = self._machine
        row, resident = await self.rows.at((pid, name))
        if row is None or resident is None or resident.process.state in ENDED:
            raise UnknownProcessError(f"process {pid} has no trigger {name!r}")
        if machine.halted:
            raise UsageError("STOP is in force", remedy="`ergos stop --all --lift` lifts it")
        if self._told(row, happening):
            await machine.store.flush()  # the first of it may be a moment old
            return False
        recent = [seen for seen in row.seen if int(seen[17:]) > machine.now_ns // SECOND - 3_600]
        if len(recent) >= row.trigger.per_hour:
            raise OverloadedError(f"the trigger {name!r} is told more than {row.trigger.per_hour} times an hour")
        if len(resident.mail) >= MAILBOX_MESSAGES_MAX:
            raise MailboxFullError(f"the mailbox of process {pid} is full")
        self._tell(row, happening)
        await machine.store.flush()
        return True

    def _told(self, row: Watch, happening: Happening) -> bool:
        """Whether of this key there was one before."""
        return any(seen.startswith(digest(happening.key.encode())[:16]) for seen in row.seen)

    def _tell(self, row: Watch, happening: Happening) -> None:
        """Deliver it, and remember its key."""
        mark = f"{digest(happening.key.encode())[:16]}@{self._machine.now_ns // SECOND}"
        kept = max(SEEN_MAX, row.trigger.per_hour)
        self._deliver(msgspec.structs.replace(row, seen=(*row.seen, mark)[-kept:]), [Telling(happening=happening)])

    async def ended(self, resident: Resident) -> None:
        """A process ended: those that wait for it are told, and its own triggers are disarmed. May be done twice.

        It is told while STOP is in force, too, and however many end: nobody would tell it again.
        """
        process = resident.process
        for key in sorted(self._outcomes.get((process.owner, process.agent), ())):
            value: dict[str, Plain] = {"pid": int(process.pid), "agent": process.agent, "state": str(process.state)}
            value["outcome"] = await self._machine.vault.value(process.outcome)
            value["failure"] = msgspec.to_builtins(process.failure)
            row, _ = await self.rows.at(key)
            if row is None or not isinstance(row.trigger, Outcome) or str(process.state) not in row.trigger.states:
                continue
            told = Happening(key=str(process.pid), value=value, label=process.label)
            if not self._machine.failed and not self._told(row, told):
                self._tell(row, told)
        definition = self._machine.definitions.get(process.definition)
        if definition is not None and not definition.triggers:
            return
        mine = await self.rows.of(process.pid)
        for row in mine.values():
            self.leave(row)
        if mine and not self._machine.failed:
            self._machine.tick()
            self._machine.submit(None, (), Rows(watches_dropped=tuple(key_of(row) for row in mine.values())))
            for row in mine.values():
                self.rows.note(row, dropped=True)

    async def compare(self, key: Key) -> None:
        """Look whether a condition has come true; tell it once each time it does."""
        row, resident = await self.rows.at(key)
        if row is None or resident is None or not isinstance(row.trigger, Condition):
            return
        if self._machine.halted:
            self._uncompared.add(key)
            return
        if resident.definition is None:
            resident.definition = self._machine.definitions.get(resident.process.definition)
        found = await figure_of(self._machine, row.trigger, resident)
        row, resident = await self.rows.at(key)
        if row is None or found is None:
            return
        before = self._machine.vault.unpack(row.cursor)
        if found.holds and before != found.period:
            told = Happening(key=f"{found.period}#{row.fired}", value=found.value, label=TRUSTED)
            packed, blobs = self._machine.vault.pack(found.period)
            self._deliver(msgspec.structs.replace(row, cursor=packed), [Telling(happening=told)], blobs)
        elif not found.holds and before is not None:
            self.rows.put(msgspec.structs.replace(row, cursor=NULL))

    # Writing

    def _deliver(self, row: Watch, tellings: Sequence[Telling], blobs: tuple[Blob, ...] = ()) -> None:
        """Messages, records and the row, as one transaction; wakes the process."""
        machine = self._machine
        resident = machine.table.get(row.pid)
        if resident is None or resident.process.state in ENDED:
            machine.submit(None, (), Rows(watches_dropped=(key_of(row),)))
            self.rows.note(row, dropped=True)
            return
        mails: list[Mail] = []
        records: list[Fired] = []
        for telling in tellings:
            full = len(resident.mail) + len(mails) >= MAILBOX_MESSAGES_MAX
            how = "skipped" if full else telling.how
            number = 0 if how == "skipped" else machine.next_mail()
            told = telling.happening
            records.append(telling.record(row.trigger.name, number, how))
            if number:
                body: Plain = {
                    "trigger": row.trigger.name, "key": told.key, "at_ns": machine.now_ns, "value": told.value
                }  # fmt: skip
                packed, more = machine.vault.pack(body, what=f"what {row.trigger.name} tells")
                blobs += more
                mails.append(
                    Mail(id=number, to=row.pid, sender=Pid(0), body=packed, label=told.label, trigger=row.trigger.name)
                )
        row = msgspec.structs.replace(row, fired=row.fired + len(mails))
        with machine.together():
            machine.submit(resident, tuple(records), Rows(mail_put=tuple(mails), watches_put=(row,), blobs=blobs))
            self.rows.note(row)
            resident.mail.extend(mails)
            if mails:
                self._population.roused(resident)
        if row.due_ns is not None:
            self._arm_timer(row.due_ns)

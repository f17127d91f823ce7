"""What comes up for an owner: from records as they are written to entries that are to be told.

A record is looked at twice: when it is written, whether it can matter at all, by its kind; and in the next pass, when
it is durable, what it means. Hosted agents that are expected to move have a date by which they should have, so that
one that idles costs nothing.

Rules: reads the store and the kernel's memory, writes nothing; bounded by what is open and hosted; never believes a
text.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.inbox import Cases, at_of, deliveries
from ergos.app.notices import Entry, EntryKind, Marks, come_up
from ergos.app.progress import Progress, Standing
from ergos.app.quiet import QuietTimes
from ergos.app.reminders import TEXT_CHARS, Reminders
from ergos.app.reporting import Hosted
from ergos.app.spending import spent_shares
from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.base.limits import INBOX_ITEMS_MAX
from ergos.kernel.events import Answered, Asked, Body, Committed, Doubted, Exited, Repeated, Resulted, Woken
from ergos.kernel.own_events import Halted, Inquired
from ergos.kernel.permission.wording import Language
from ergos.kernel.process import ENDED, Process
from ergos.kernel.rights import Case, reserves
from ergos.runtime.machine import Machine
from ergos.runtime.owner_settings import OwnerDesk
from ergos.runtime.residents import Resident
from ergos.runtime.seen import seen_of

_DELIVERED: Final = frozenset({"delivery", "failed", "said"})
"""Kinds of entries that are shown as deliveries in the inbox."""
_NOTIFY: Final = "notify.owner"
"""The tool by which an agent tells its owner something by itself."""


_KINDS: Final = frozenset({Answered, Asked, Committed, Doubted, Exited, Halted, Inquired, Repeated, Resulted, Woken})
"""Records that can matter."""


class Attention:
    """What one owner has to know."""

    def __init__(self, machine: Machine, owner: str, desk: OwnerDesk, language: Language) -> None:
        self._machine: Final = machine
        self._owner: Final = owner
        self._desk: Final = desk
        self._language: Final[Language] = language
        self._progress: Final = Progress(machine.store)
        self._cases: Final = Cases(desk.rights, machine.store)
        self._quiet: Final = QuietTimes(desk.notices)
        self.reminders: Final = Reminders(machine.store, self._progress, desk.notices, language)
        self._stalls: Final[dict[Pid, int]] = {}
        """From when on a hosted process that does not move has stalled."""
        self.hosted: Final[dict[Pid, Hosted]] = {}
        # What was noted and not looked at yet
        self._items: list[int] = []
        self._answered: list[int] = []
        self._ended: list[tuple[Pid, int]] = []
        self._moved: dict[Pid, None] = {}
        self._spenders: dict[Pid, Resident] = {}

    # As it is written

    def noted(self, resident: Resident | None, bodies: tuple[Body, ...]) -> bool:
        """Whether any of these records has to be looked at."""
        if resident is not None and resident.process.owner != self._owner:
            return False
        root = resident is not None and resident.process.parent == 0
        found = False
        for body in bodies:
            if type(body) not in _KINDS:
                continue
            match body:
                case Asked(item=number) | Doubted(item=number):
                    self._items.append(number)
                case Inquired(item=number, owner=owner) if owner == self._owner:
                    self._items.append(number)
                case Answered(item=number):
                    self._answered.append(number)
                case Exited() if root and resident is not None:
                    self._ended.append((resident.process.pid, self._machine.now_ns))
                case Resulted(charge=charge) | Repeated(charge=charge) if charge and resident is not None:
                    self._spenders[resident.process.pid] = resident
                case Woken() | Committed() if root and resident is not None and _is_hosted(resident):
                    pass
                case Halted():
                    pass
                case _:
                    continue
            found = True
            if root and resident is not None:
                self._moved[resident.process.pid] = None
        return found

    @property
    def _news(self) -> bool:
        return bool(self._items or self._answered or self._ended or self._moved or self._spenders)

    async def cursor(self, before: int) -> int:
        """The record up to which everything was looked at; `before` if more has come up meanwhile."""
        store = self._machine.store
        await store.flush()
        head = (await store.head()).seq
        return before if self._news else head

    async def recover(self, marks: Marks, *, fresh: bool) -> None:
        """What came up while nobody looked. `fresh`: nobody ever has, and what is past stays past."""
        store, now_ns, known = self._machine.store, self._machine.tick(), marks.item
        for item in await store.items(self._owner, INBOX_ITEMS_MAX):
            await self.reminders.opened(marks, item, now_ns, known=item.id <= known)
        self.reminders.forget_unknown(marks)
        if fresh:
            marks.cursor = (await store.head()).seq
        else:
            seen = seen_of(await store.facts(), self._owner)
            found, more = await deliveries(store, self._owner, max(marks.cursor, seen))
            marks.more += more
            for one in found:
                await self._delivered(marks, one.pid, one.at_ns, now_ns)
        for process in await self._progress.hosted(self._owner):
            if fresh:
                marks.said[str(process.pid)] = now_ns
            await self._standing(marks, process, now_ns)

    # In a pass

    async def look(self, marks: Marks, now_ns: int) -> None:
        """What was noted, and what is due by now."""
        items, answered, ended, moved = self._items, self._answered, self._ended, self._moved
        self._items, self._answered, self._ended, self._moved = [], [], [], {}
        if items or answered or ended or moved:
            await self._machine.store.flush()  # after what was noted, so that all of it can be read
        for number in answered:
            self.reminders.closed(marks, number)
        for number in items:
            item = await self._machine.store.item(number)
            if item is not None and item.owner == self._owner:
                await self.reminders.opened(marks, item, now_ns, known=False)
            marks.item = max(marks.item, number)
        for pid, at_ns in ended:
            await self._delivered(marks, pid, at_ns, now_ns)
        for pid in moved:
            await self._moves(marks, pid, now_ns)
        self._spent(marks, now_ns)
        await self.reminders.look(marks, now_ns)
        if not self._machine.halted:
            for pid in [pid for pid, at_ns in self._stalls.items() if at_ns <= now_ns]:
                del self._stalls[pid]
                await self._moves(marks, pid, now_ns)

    @property
    def next_ns(self) -> int | None:
        """When something is due that nobody will note."""
        stalls = () if self._machine.halted else tuple(self._stalls.values())
        reminder_ns = self.reminders.next_ns
        return min((*stalls, *(() if reminder_ns is None else (reminder_ns,))), default=None)

    async def unseen(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """Without what its owner has looked at meanwhile, and without questions that were answered."""
        store = self._machine.store
        seen_ns = await at_of(store, seen_of(await store.facts(), self._owner))
        looked_at = [one for one in entries if one.kind not in _DELIVERED or one.at_ns > seen_ns]
        return await self.reminders.still(tuple(looked_at))

    async def case(self, number: int) -> Case | None:
        """An open item as its decision is judged."""
        item = self.reminders.item(number)
        if item is None:
            return None
        return await self._cases.of(item, await self._progress.value(item.call))

    # Processes

    async def _delivered(self, marks: Marks, pid: Pid, at_ns: int, now_ns: int) -> None:
        process = await self._progress.process(pid)
        if process is None or process.state not in ENDED or process.state == "killed":
            return  # whoever killed it knows
        failed = process.failure is not None
        outcome = await self._progress.value(process.outcome)
        said = process.failure.what if process.failure is not None else _words(outcome)
        come_up(
            marks,
            Entry(
                key=f"end/{pid}",
                kind="failed" if failed else "delivery",
                at_ns=at_ns,
                after_ns=self._quiet.agent(await self._progress.hosting(process), now_ns),
                pid=int(pid),
                agent=process.agent,
                text=said[:TEXT_CHARS],
            ),
        )

    async def _moves(self, marks: Marks, pid: Pid, now_ns: int) -> None:
        process = await self._progress.process(pid)
        if process is not None and await self._progress.is_hosted(process):
            await self._standing(marks, process, now_ns)
            return
        self._stalls.pop(pid, None)
        self.hosted.pop(pid, None)
        marks.stalled.pop(str(pid), None)
        marks.said.pop(str(pid), None)
        marks.reports.pop(str(pid), None)

    async def _standing(self, marks: Marks, process: Process, now_ns: int) -> None:
        pid = process.pid
        standing = await self._progress.standing(process, now_ns, self.reminders.asked_by(pid))
        work = standing.work
        self.hosted[pid] = Hosted(agent=process.agent, report=work.report, timezone=work.timezone)
        made = await self._progress.definition(process.definition)
        itself = made is not None and any(reserves((grant.name,), _NOTIFY) for grant in made[0].grants)
        self._said(marks, standing, now_ns, itself=itself)
        known = marks.stalled.get(str(pid))
        self._stalls.pop(pid, None)
        if standing.stalls_ns is None or standing.stalls_ns == known:
            return
        if not standing.stalled(now_ns):
            self._stalls[pid] = standing.stalls_ns
        elif not self._machine.halted:
            marks.stalled[str(pid)] = standing.stalls_ns
            why = f": {standing.broken}" if standing.broken else ""
            come_up(marks, self._of(standing, "stalled", f"stall/{pid}/{standing.stalls_ns}", why, now_ns))

    def _said(self, marks: Marks, standing: Standing, now_ns: int, *, itself: bool) -> None:
        """What a hosted agent said since the last look. `itself`: it may tell its owner, and has."""
        key, notes = str(standing.pid), standing.past.said
        if not notes:
            marks.said.setdefault(key, 0)
            return
        seen_ns = marks.said.get(key, 0)
        for note in notes:
            if note.at_ns > seen_ns and not itself:
                entry = self._of(standing, "said", f"said/{key}/{note.at_ns}", note.text, now_ns)
                come_up(marks, msgspec.structs.replace(entry, at_ns=min(note.at_ns, now_ns)))
        marks.said[key] = max(seen_ns, notes[-1].at_ns)

    def _of(self, standing: Standing, kind: EntryKind, key: str, text: str, now_ns: int) -> Entry:
        after_ns = self._quiet.agent(standing.work, now_ns)
        return Entry(
            key=key, kind=kind, at_ns=now_ns, after_ns=after_ns, pid=int(standing.pid), agent=standing.agent,
            text=text[:TEXT_CHARS],
        )  # fmt: skip

    def _spent(self, marks: Marks, now_ns: int) -> None:
        spenders, self._spenders = self._spenders, {}
        for resident in spenders.values():
            for key, share, text in spent_shares(self._machine, resident, self._desk.notices.spend, self._language):
                if share > marks.spend.get(key, 0.0):
                    marks.spend[key] = share
                    come_up(marks, Entry(key=f"spend/{key}/{share}", kind="spend", at_ns=now_ns, text=text))


def _is_hosted(resident: Resident) -> bool:
    definition = resident.definition
    return definition is None or bool(definition.triggers) or bytes(definition.work) != b"null"


def _words(outcome: Plain) -> str:
    if outcome is None:
        return ""
    return outcome if isinstance(outcome, str) else msgspec.json.encode(outcome).decode()

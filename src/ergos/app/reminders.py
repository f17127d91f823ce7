"""What waits for an owner's answer: when it is put again, and when its time is over.

Rules: an item's next date stands in a heap, so that what is not due costs nothing; each reminder, and each end that
nobody answered, comes up once; what was answered or withdrawn comes up no more.
"""

from __future__ import annotations

import heapq
from typing import Final

import msgspec

from ergos.app.catalogue import chinese
from ergos.app.notices import EXPIRED, Entry, EntryKind, Marks, before_quiet, come_up, reminders_ns, withdraw
from ergos.app.progress import Hosting, Progress
from ergos.app.quiet import QuietTimes
from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.kernel.permission.wording import Language
from ergos.kernel.ports import OwnerReads
from ergos.kernel.rows import Item
from ergos.runtime.owner_settings import NoticeSettings

TEXT_CHARS: Final = 300  # characters of a text kept in an entry
EXPIRY_GRACE_S: Final = 5  # seconds after its end before an item counts as expired: the kernel closes it first


class Open(msgspec.Struct, frozen=True):
    """An item that waits."""

    item: Item
    agent: str
    hosting: Hosting
    text: str
    times_ns: tuple[int, ...]
    """When it is put again."""


class Reminders:
    """The open items of one owner."""

    def __init__(self, reads: OwnerReads, progress: Progress, settings: NoticeSettings, language: Language) -> None:
        self._reads: Final = reads
        self._progress: Final = progress
        self._settings: Final = settings
        self._quiet: Final = QuietTimes(settings)
        self._language: Final[Language] = language
        self._open: Final[dict[int, Open]] = {}
        self._asked: Final[dict[Pid, set[int]]] = {}
        """Their numbers by process."""
        self._due: Final[list[tuple[int, int]]] = []
        """Heap of instants and item numbers."""

    @property
    def next_ns(self) -> int | None:
        """When the next of them is due."""
        return self._due[0][0] if self._due else None

    def item(self, number: int) -> Item | None:
        """One of them."""
        found = self._open.get(number)
        return found.item if found is not None else None

    def asked_by(self, pid: Pid) -> tuple[int, ...]:
        """Those of a process."""
        return tuple(sorted(self._asked.get(pid, ())))

    def forget_unknown(self, marks: Marks) -> None:
        """Drop what is marked of items that are not open any more."""
        marks.reminded = {number: count for number, count in marks.reminded.items() if int(number) in self._open}
        marks.waiting = [one for one in marks.waiting if not one.number or one.number in self._open]

    async def opened(self, marks: Marks, item: Item, now_ns: int, *, known: bool) -> None:
        """An item waits. `known`: its owner was told, or will be."""
        process = await self._progress.process(item.pid)
        hosting = await self._progress.hosting(process)
        agent, text = process.agent if process is not None else "", item.text
        if self._language == "zh" and item.kind != "question":
            call = await self._progress.value(item.call)
            text = chinese(item, call, agent) if isinstance(call, dict) and "tool" in call else text
        times = reminders_ns(item.asked_ns, item.expires_ns, self._settings.reminders_s)
        if times and item.expires_ns is not None:
            last_ns = before_quiet(times[-1], item.expires_ns, self._quiet.both(hosting))
            times = tuple(sorted({*times[:-1], last_ns}))
        one = self._open[item.id] = Open(item, agent, hosting, text[:TEXT_CHARS], times)
        self._asked.setdefault(item.pid, set()).add(item.id)
        marks.item = max(marks.item, item.id)
        if not known:
            come_up(marks, self._entry(one, "item", f"item/{item.id}", now_ns))
        self._push(marks, one, now_ns)

    def closed(self, marks: Marks, number: int) -> None:
        """An item needs no answer any more."""
        one = self._open.pop(number, None)
        if one is not None:
            of_process = self._asked.get(one.item.pid, set())
            of_process.discard(number)
            if not of_process:
                self._asked.pop(one.item.pid, None)
        marks.reminded.pop(str(number), None)
        withdraw(marks, number)

    async def look(self, marks: Marks, now_ns: int) -> None:
        """What is due by now comes up."""
        while self._due and self._due[0][0] <= now_ns:
            one = self._open.get(heapq.heappop(self._due)[1])
            if one is not None:
                await self._came(marks, one, now_ns)

    async def still(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """Without questions that were answered meanwhile."""
        found: list[Entry] = []
        for one in entries:
            gone = one.kind in {"item", "reminder"} and await self._reads.item(one.number) is None
            if not gone:
                found.append(one)
        return tuple(found)

    async def _came(self, marks: Marks, one: Open, now_ns: int) -> None:
        """An item's date has come."""
        number, expires_ns = one.item.id, one.item.expires_ns
        is_open = await self._reads.item(number) is not None
        if expires_ns is not None and now_ns >= expires_ns + EXPIRY_GRACE_S * SECOND:
            self.closed(marks, number)
            come_up(marks, self._entry(one, "expired", f"expired/{number}", now_ns))
            if is_open:  # its process does not run: its owner is told once all the same
                self._open[number] = one
                self._asked.setdefault(one.item.pid, set()).add(number)
                marks.reminded[str(number)] = EXPIRED
            return
        if not is_open:
            self.closed(marks, number)
            return
        passed = sum(at_ns <= now_ns for at_ns in one.times_ns)
        if passed > marks.reminded.get(str(number), 0):
            marks.reminded[str(number)] = passed
            if not any(each.number == number for each in marks.waiting):
                come_up(marks, self._entry(one, "reminder", f"remind/{number}/{passed}", now_ns))
        self._push(marks, one, now_ns)

    def _push(self, marks: Marks, one: Open, now_ns: int) -> None:
        """Its next date: of a reminder that is missing, now."""
        count = marks.reminded.get(str(one.item.id), 0)
        if count >= EXPIRED:
            return
        ahead = [max(at_ns, now_ns) for at_ns in one.times_ns[count:][:1]]
        if one.item.expires_ns is not None:
            ahead.append(one.item.expires_ns + EXPIRY_GRACE_S * SECOND)
        if ahead:
            heapq.heappush(self._due, (min(ahead), one.item.id))

    def _entry(self, one: Open, kind: EntryKind, key: str, now_ns: int) -> Entry:
        return Entry(
            key=key,
            kind=kind,
            at_ns=now_ns,
            after_ns=self._quiet.agent(one.hosting, now_ns),
            pid=int(one.item.pid),
            agent=one.agent,
            number=one.item.id,
            item=one.item.kind,
            text=one.text,
            expires_ns=one.item.expires_ns or 0,
        )

"""Everything that is read from a store in memory.

Rules: reads see what is durable and nothing else; what is handed out is immutable or a copy. The order of
every answer is that of the SQL stores: pids, ids and positions ascending, texts by code point.
"""

from __future__ import annotations

import hashlib
import heapq
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Final, Protocol

from ergos.base.errors import CorruptStoreError
from ergos.base.ids import Digest, Pid
from ergos.base.limits import MAILBOX_MESSAGES_MAX
from ergos.base.money import Amount
from ergos.kernel.journal import Sealed
from ergos.kernel.ledger import Meter
from ergos.kernel.process import ENDED, Process
from ergos.kernel.rows import Head, Item, Loaded, Mail, Note, Watch


class Tables(Protocol):
    """What a disk in memory holds; `store_memory.MemoryDisk` says what each is."""

    journal: list[Sealed]
    by_process: dict[Pid, list[int]]
    processes: dict[Pid, Process]
    children: dict[Pid, list[Pid]]
    ready: set[Pid]
    due: dict[Pid, int]
    mailboxes: dict[Pid, dict[int, Mail]]
    watches: dict[Pid, dict[str, Watch]]
    items: dict[int, Item]
    notes: dict[tuple[str, str], dict[str, Note]]
    accounts: dict[str, Amount]
    meters: dict[str, Meter]
    blobs: dict[Digest, bytes]
    facts: dict[str, str]
    last_pid: int
    last_mail: int
    last_item: int

    @property
    def head(self) -> Head:
        """The last record."""
        ...


class MemoryRows:
    """Tables that are only read."""

    def __init__(self, tables: Tables) -> None:
        self._tables: Final = tables


class MemoryProcesses(MemoryRows):
    """Processes and their mail."""

    async def load(self, pids: tuple[Pid, ...]) -> tuple[Loaded, ...]:
        """Processes with their mail; unknown pids are left out."""
        tables = self._tables
        found: list[Loaded] = []
        for pid in sorted(set(pids)):
            process = tables.processes.get(pid)
            if process is not None:
                mailbox = tables.mailboxes.get(pid, {})
                mail = tuple(mailbox[number] for number in sorted(mailbox)[:MAILBOX_MESSAGES_MAX])
                found.append(Loaded(process=process, mail=mail))
        return tuple(found)

    async def turn(self, pid: Pid, turn: int) -> tuple[Sealed, ...]:
        """The records of one turn of a process, in order."""
        if pid <= 0:
            return ()
        journal, positions = self._tables.journal, self._tables.by_process.get(pid, ())
        return tuple(journal[seq - 1] for seq in positions if journal[seq - 1].turn == turn)

    async def runnable(self, after: Pid, limit: int) -> tuple[Pid, ...]:
        """Ready processes with a larger pid, ascending."""
        return tuple(heapq.nsmallest(limit, (pid for pid in self._tables.ready if pid > after)))

    async def due(self, now_ns: int, limit: int) -> tuple[Process, ...]:
        """Waiting processes whose time has come, earliest first."""
        come = ((at_ns, pid) for pid, at_ns in self._tables.due.items() if at_ns <= now_ns)
        return tuple(self._tables.processes[pid] for _, pid in heapq.nsmallest(limit, come))

    async def next_due_ns(self) -> int | None:
        """The earliest time any waiting process is due."""
        return min(self._tables.due.values(), default=None)

    async def processes(
        self, *, owner: str | None = None, live_only: bool = True, after: Pid = Pid(0), limit: int = 1000
    ) -> tuple[Process, ...]:
        """Processes by ascending pid."""
        wanted = (
            pid
            for pid, process in self._tables.processes.items()
            if pid > after and not (live_only and process.state in ENDED) and (owner is None or process.owner == owner)
        )
        return tuple(self._tables.processes[pid] for pid in heapq.nsmallest(limit, wanted))

    async def children(self, parent: Pid) -> tuple[Process, ...]:
        """Children of a process, ended ones included."""
        return tuple(self._tables.processes[pid] for pid in sorted(self._tables.children.get(parent, ())))


class MemoryWatches(MemoryRows):
    """Armed triggers."""

    async def watches(self, pid: Pid) -> tuple[Watch, ...]:
        """Those of a process, by name."""
        return tuple(watch for _, watch in sorted(self._tables.watches.get(pid, {}).items()))

    async def watches_due(self, now_ns: int, limit: int) -> tuple[Watch, ...]:
        """Those whose time has come, earliest first."""
        due = (
            ((watch.due_ns, watch.pid, watch.trigger.name), watch)
            for watch in self._every()
            if watch.due_ns is not None and watch.due_ns <= now_ns
        )
        return tuple(watch for _, watch in heapq.nsmallest(limit, due, key=lambda one: one[0]))

    async def next_watch_ns(self) -> int | None:
        """The earliest time any of them is due."""
        return min((watch.due_ns for watch in self._every() if watch.due_ns is not None), default=None)

    async def watches_of(self, kind: str, after: tuple[Pid, str], limit: int) -> tuple[Watch, ...]:
        """Those of one kind but schedules, by process and name, after this place."""
        found = (
            watch
            for watch in self._every()
            if watch.trigger.__struct_config__.tag == kind != "schedule" and (watch.pid, watch.trigger.name) > after
        )
        return tuple(heapq.nsmallest(limit, found, key=lambda watch: (watch.pid, watch.trigger.name)))

    def _every(self) -> Iterator[Watch]:
        return (watch for mine in self._tables.watches.values() for watch in mine.values())


class MemoryRecords(MemoryRows):
    """The journal and the values it names."""

    async def records(
        self, *, after: int = 0, pid: Pid | None = None, limit: int | None = None
    ) -> AsyncIterator[Sealed]:
        """Records by ascending position; those committed meanwhile are seen too."""
        journal = self._tables.journal
        positions: Sequence[int] = range(1, len(journal) + 1) if pid is None else self._tables.by_process.get(pid, ())
        start = bisect_right(positions, after)
        count = 0
        while limit is None or count < limit:
            if pid is None:
                positions = range(1, len(journal) + 1)
            if start + count >= len(positions):
                return
            record = journal[positions[start + count] - 1]
            count += 1
            yield record

    async def head(self) -> Head:
        """The last durable record."""
        return self._tables.head

    async def blobs(self, digests: tuple[Digest, ...]) -> dict[Digest, bytes]:
        """Bodies of blobs; unknown ones are left out. Raises: CorruptStoreError for an altered one."""
        found: dict[Digest, bytes] = {}
        for digest in digests:
            body = self._tables.blobs.get(digest)
            if body is None:
                continue
            if hashlib.sha256(body).hexdigest() != digest:
                raise CorruptStoreError(f"the blob {digest[:16]}… is not what was stored")
            found[digest] = body
        return found

    async def facts(self) -> dict[str, str]:
        """Single values of the kernel."""
        return dict(self._tables.facts)

    async def highest(self) -> tuple[Pid, int, int]:
        """Largest pid, mail id and inbox item ever given out."""
        return Pid(self._tables.last_pid), self._tables.last_mail, self._tables.last_item


class MemoryOwners(MemoryRows):
    """What owners ask about."""

    async def books(self, keys: tuple[str, ...]) -> tuple[dict[str, Amount], dict[str, Meter]]:
        """Accounts and meters of these keys, those that exist; a key ending in '*' is a prefix."""
        tables = self._tables
        accounts = {name: tables.accounts[name] for name in _keyed(tables.accounts, keys)}
        meters = {key: tables.meters[key] for key in _keyed(tables.meters, keys)}
        return accounts, {key: Meter(meter.spent, meter.held) for key, meter in meters.items()}

    async def notes(self, owner: str, agent: str, prefix: str, limit: int) -> tuple[Note, ...]:
        """Entries of an agent's memory by key prefix, in order of keys."""
        shelf = self._tables.notes.get((owner, agent), {})
        keys = heapq.nsmallest(limit, (key for key in shelf if key.startswith(prefix)))
        return tuple(shelf[key] for key in keys)

    async def items(self, owner: str | None, limit: int) -> tuple[Item, ...]:
        """Open inbox items, oldest first."""
        items = self._tables.items
        numbers = heapq.nsmallest(limit, (n for n, item in items.items() if owner is None or item.owner == owner))
        return tuple(items[number] for number in numbers)

    async def item(self, number: int) -> Item | None:
        """One open inbox item."""
        return self._tables.items.get(number)


class MemoryReads(MemoryProcesses, MemoryWatches, MemoryRecords, MemoryOwners):
    """The reading half of a `Store`."""

    async def close(self) -> None:
        """Let go."""


def _keyed(table: Mapping[str, object], keys: Sequence[str]) -> list[str]:
    """The names in a table that some key names, prefixes included; each once."""
    found = {key for key in keys if key in table}
    prefixes = tuple(key[:-1] for key in keys if key.endswith("*"))
    if prefixes:
        found.update(name for name in table if name.startswith(prefixes))
    return sorted(found)

"""The store in memory: for simulation and tests, deterministic, without threads or files.

What is durable lives on a `MemoryDisk` that outlives the store. A crash is: drop the store, open another on
the same disk; what was queued and not committed is gone, exactly as with a real disk.

Rules: changes are applied to the disk in batches, atomically and in order, on the loop; `done` is called
afterwards, in order; after a failed commit nothing more is accepted; a store whose disk was opened again is
fenced off and can write nothing. This file draws no random number and reads no clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from ergos.base.errors import ErgosError, FencedError, StoreError, ValueShapeError
from ergos.base.ids import Digest, Pid
from ergos.base.limits import COMMIT_CHANGES_MAX
from ergos.base.money import Amount
from ergos.drivers.memory_reads import MemoryReads
from ergos.kernel.journal import GENESIS, Sealed, seal
from ergos.kernel.ledger import Meter
from ergos.kernel.ports import Done
from ergos.kernel.process import Process, State
from ergos.kernel.rows import Change, Head, Item, Mail, Note, Watch

Batch: TypeAlias = "list[tuple[Change | None, Done | None]]"
"""Changes with their callbacks, in order; None is a flush."""


class MemoryDisk:
    """What survives a crash: the journal and its fold. Written by `apply` alone."""

    def __init__(self, store_id: str = "0" * 32) -> None:
        self.id: Final = store_id
        self.epoch = 0
        """How often it was opened; only the last opener may write."""
        self.journal: list[Sealed] = []
        """Record n stands at index n - 1."""
        self.by_process: dict[Pid, list[int]] = {}
        """Positions of each process's records, ascending."""
        self.processes: dict[Pid, Process] = {}
        self.children: dict[Pid, list[Pid]] = {}
        self.ready: set[Pid] = set()
        self.due: dict[Pid, int] = {}
        """When each waiting process with a time is due."""
        self.mail: dict[int, Mail] = {}
        self.mailboxes: dict[Pid, dict[int, Mail]] = {}
        self.watches: dict[Pid, dict[str, Watch]] = {}
        """Armed triggers by process and name."""
        self.items: dict[int, Item] = {}
        """Open ones."""
        self.closed: set[int] = set()
        """Numbers of the others."""
        self.notes: dict[tuple[str, str], dict[str, Note]] = {}
        self.accounts: dict[str, Amount] = {}
        self.meters: dict[str, Meter] = {}
        self.blobs: dict[Digest, bytes] = {}
        self.facts: dict[str, str] = {}
        self.last_pid = 0
        self.last_mail = 0
        self.last_item = 0

    @property
    def head(self) -> Head:
        """The last record."""
        if not self.journal:
            return Head(0, GENESIS, 0)
        last = self.journal[-1]
        return Head(last.seq, last.seal, last.at_ns)

    def apply(self, changes: Sequence[Change]) -> None:
        """All of them or, if one cannot be applied, none. Raises: StoreError."""
        self._check(changes)
        for record in self._sealed(changes):
            self.journal.append(record)
            self.by_process.setdefault(record.pid, []).append(record.seq)
        for change in changes:
            for blob in change.blobs:
                self.blobs.setdefault(blob.digest, blob.body)
            for process in change.processes:
                self._put_process(process)
            self._exchange_mail(change)
            self._put_watches(change)
            for item in change.items_put:
                self.items[item.id] = item
                self.last_item = max(self.last_item, item.id)
            for number in change.items_closed:
                if self.items.pop(number, None) is not None:
                    self.closed.add(number)
            for note in change.notes:
                self._put_note(note)
            for name, balance in change.accounts:
                if balance:
                    self.accounts[name] = balance
                else:
                    self.accounts.pop(name, None)
            for key, meter in change.meters:
                self.meters[key] = Meter(meter.spent, meter.held)
            self.facts.update(change.facts)

    def _check(self, changes: Sequence[Change]) -> None:
        """Refuse what a table's primary key would refuse, before anything is applied."""
        letters: set[int] = set()
        numbers: set[int] = set()
        for change in changes:
            for mail in change.mail_put:
                if mail.id in self.mail or mail.id in letters:
                    raise StoreError(f"message {mail.id} is stored already")
                letters.add(mail.id)
            for item in change.items_put:
                if item.id in self.items or item.id in self.closed or item.id in numbers:
                    raise StoreError(f"inbox item {item.id} is stored already")
                numbers.add(item.id)

    def _sealed(self, changes: Sequence[Change]) -> list[Sealed]:
        """The records of the changes in their places. Raises: StoreError."""
        head = self.head
        seq, past = head.seq, head.seal
        records: list[Sealed] = []
        for change in changes:
            for entry in change.entries:
                seq += 1
                try:
                    past = seal(past, seq, entry)
                except ValueShapeError as error:
                    raise StoreError(f"a row cannot be stored: {error.what}") from error
                records.append(Sealed(seq, entry.pid, entry.turn, entry.at_ns, bytes(entry.body), past))
        return records

    def _put_process(self, process: Process) -> None:
        pid = process.pid
        if pid not in self.processes and process.parent > 0:
            self.children.setdefault(process.parent, []).append(pid)
        self.processes[pid] = process
        self.last_pid = max(self.last_pid, pid)
        if process.state is State.READY:
            self.ready.add(pid)
        else:
            self.ready.discard(pid)
        if process.state is State.WAITING and process.wake_at_ns is not None:
            self.due[pid] = process.wake_at_ns
        else:
            self.due.pop(pid, None)

    def _exchange_mail(self, change: Change) -> None:
        for mail in change.mail_put:
            self.mail[mail.id] = mail
            self.mailboxes.setdefault(mail.to, {})[mail.id] = mail
            self.last_mail = max(self.last_mail, mail.id)
        for number in change.mail_taken:
            taken = self.mail.pop(number, None)
            if taken is not None:
                mailbox = self.mailboxes[taken.to]
                del mailbox[number]
                if not mailbox:
                    del self.mailboxes[taken.to]

    def _put_watches(self, change: Change) -> None:
        for pid, name in change.watches_dropped:
            mine = self.watches.get(pid, {})
            mine.pop(name, None)
            if not mine:
                self.watches.pop(pid, None)
        for watch in change.watches_put:
            self.watches.setdefault(watch.pid, {})[watch.trigger.name] = watch

    def _put_note(self, note: Note) -> None:
        shelf = self.notes.setdefault((note.owner, note.agent), {})
        if note.value is None:
            shelf.pop(note.key, None)
        else:
            shelf[note.key] = note


class MemoryStore(MemoryReads):
    """A `Store` on a `MemoryDisk`.

    `commit_after_s` says how long each commit takes, in seconds of the loop's time; none: the loop's next
    pass. A simulator overrides `_before_commit`, `_after_commit_before_done` or `_commit` itself.
    """

    def __init__(self, disk: MemoryDisk | None = None, *, commit_after_s: Callable[[], float] | None = None) -> None:
        self._disk: Final = disk if disk is not None else MemoryDisk()
        super().__init__(self._disk)
        self._disk.epoch += 1
        self._epoch: Final = self._disk.epoch
        self._commit_after_s: Final = commit_after_s
        self._queue: Batch = []
        self._durable = 0
        self._scheduled = False
        self._gone = False
        self._failure: ErgosError | None = None

    @property
    def id(self) -> str:
        """Name of the disk."""
        return self._disk.id

    @property
    def disk(self) -> MemoryDisk:
        """What survives this store."""
        return self._disk

    @property
    def durable(self) -> int:
        """Changes of this session that are durable."""
        return self._durable

    def submit(self, change: Change, done: Done | None = None) -> None:
        """Queue a change for the next commit."""
        if self._gone:
            return
        if self._failure is not None:
            if done is not None:
                asyncio.get_running_loop().call_soon(done, self._failure)
            return
        self._take(change, done)

    async def flush(self) -> None:
        """Wait until everything submitted is durable; for ever after a crash. Raises: StoreError, DiskFullError."""
        if self._failure is not None:
            raise self._failure
        if not self._queue and not self._gone:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not self._gone:
            self._take(None, lambda error: _resolve(waiter, error))
        await waiter

    def crash(self) -> None:
        """The power is cut: what is queued is lost, and nobody is told anything any more."""
        self._gone = True
        self._queue.clear()

    async def close(self) -> None:
        """Flush and let go of the disk."""
        if self._failure is None and not self._gone:
            await self.flush()
        self._gone = True

    # What a simulator overrides

    def _before_commit(self, batch: Batch) -> None:
        """Nothing of the batch is durable yet. An ErgosError raised here is a failed commit; `crash` loses it."""

    def _after_commit_before_done(self, batch: Batch) -> None:
        """The batch is durable and nobody knows. `crash` here leaves what recovery has to find."""

    def _commit(self) -> None:
        """Write one batch and say so."""
        self._scheduled = False
        if self._gone or self._failure is not None or not self._queue:
            return
        batch, self._queue = self._queue[:COMMIT_CHANGES_MAX], self._queue[COMMIT_CHANGES_MAX:]
        try:
            self._before_commit(batch)
            if self._gone:
                return
            if self._epoch != self._disk.epoch:
                raise FencedError
            self._disk.apply([change for change, _ in batch if change is not None])
            self._after_commit_before_done(batch)
        except ErgosError as error:
            self._failed(batch, error)
            return
        self._durable += sum(change is not None for change, _ in batch)
        for _, done in batch:
            if self._gone:
                return
            if done is not None:
                done(None)
        if self._queue:
            self._schedule()

    # Inside

    def _take(self, change: Change | None, done: Done | None) -> None:
        self._queue.append((change, done))
        self._schedule()

    def _schedule(self) -> None:
        if self._scheduled:
            return
        self._scheduled = True
        loop = asyncio.get_running_loop()
        if self._commit_after_s is None:
            loop.call_soon(self._commit)
        else:
            loop.call_later(self._commit_after_s(), self._commit)

    def _failed(self, batch: Batch, error: ErgosError) -> None:
        """Nothing after this batch may become durable."""
        self._failure = error
        waiting, self._queue = [*batch, *self._queue], []
        for _, done in waiting:
            if done is not None:
                done(error)


def _resolve(waiter: asyncio.Future[None], error: ErgosError | None) -> None:
    if waiter.done():
        return
    if error is None:
        waiter.set_result(None)
    else:
        waiter.set_exception(error)

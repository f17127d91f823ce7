"""The embedded store: one SQLite file, WAL, synchronous FULL, one writer, group commit.

Changes are queued on the loop and written in batches: rows go in on the loop (microseconds each, no lock to
hand over), COMMIT with its fsync runs in the writer's own thread, and meanwhile the next batch gathers. So
durability costs one fsync for everything that arrived during the last one.

Rules: batches are atomic and in order; after a failed commit nothing more is accepted (the kernel's memory
is ahead of the disk by then); reads use a second connection and see what is durable.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeAlias

from ergos.base.errors import ErgosError, StoreError, ValueShapeError
from ergos.base.limits import COMMIT_CHANGES_MAX
from ergos.drivers.sqlite_open import Connection, Database, translated
from ergos.drivers.sqlite_reads import COUNTER_MAIL, SqliteReads
from ergos.drivers.store_rows import Row, blob_row, item_row, mail_row, meter_row, note_row, process_row, watch_row
from ergos.kernel.journal import seal
from ergos.kernel.ports import Done
from ergos.kernel.rows import Change, Head

INSERT_RECORD: Final = "INSERT INTO journal VALUES (?,?,?,?,?,?)"
PUT_PROCESS: Final = "INSERT OR REPLACE INTO process VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
PUT_MAIL: Final = "INSERT INTO mail VALUES (?,?,?,?,?,?)"
TAKE_MAIL: Final = "DELETE FROM mail WHERE id = ?"
PUT_WATCH: Final = "INSERT OR REPLACE INTO watch VALUES (?,?,?,?,?)"
DROP_WATCH: Final = "DELETE FROM watch WHERE pid = ? AND name = ?"
PUT_ITEM: Final = "INSERT INTO item VALUES (?,?,?,?)"
CLOSE_ITEM: Final = "UPDATE item SET open = 0 WHERE id = ?"
PUT_NOTE: Final = "INSERT OR REPLACE INTO note VALUES (?,?,?,?,?)"
ERASE_NOTE: Final = "DELETE FROM note WHERE owner = ? AND agent = ? AND key = ?"
PUT_ACCOUNT: Final = "INSERT OR REPLACE INTO account VALUES (?,?,?)"
CLOSE_ACCOUNT: Final = "DELETE FROM account WHERE name = ?"
PUT_METER: Final = "INSERT OR REPLACE INTO meter VALUES (?,?,?,?,?)"
PUT_BLOB: Final = "INSERT OR IGNORE INTO blob VALUES (?,?,?,?)"
PUT_FACT: Final = "INSERT OR REPLACE INTO fact VALUES (?,?)"
PUT_COUNTER: Final = "INSERT OR REPLACE INTO meta VALUES (?,?)"

SMALL_BATCH: Final = (
    4  # changes of a commit that may be made on the loop: handing it to a thread costs more than the disk
)
SWIFT_S: Final = 0.001  # seconds within which a disk must have answered of late, for the loop to wait for it
FORGET_COMMITS: Final = 32  # commits after which a slow one is forgotten

UNSTORABLE: Final = (OverflowError, ValueError, ValueShapeError)
"""What a binding raises for a value that no cell can hold: an integer beyond 64 bits, half of a surrogate pair."""

Batch: TypeAlias = "list[tuple[Change | None, Done | None]]"
"""Changes with their callbacks, in order; None is a flush."""


class SqliteStore(SqliteReads):
    """A `Store` on one file."""

    def __init__(self, path: Path, *, database: Database | None = None, in_thread: bool = True) -> None:
        """Open or create. `in_thread=False` commits on the loop: for simulation, where threads have no place.

        Raises: StoreLockedError, ForeignStoreError, CorruptStoreError, DiskFullError.
        """
        self._database = database or Database(path)
        super().__init__(self._database.reader, self._database.errors)
        self._writer: Connection = self._database.writer
        self._id = self._database.store_id
        try:
            self._head = self._last_record()
            self._last_mail = self._last_mail_id()
        except ErgosError:
            self._database.close()
            raise
        self._durable_head = self._head
        self._queue: Batch = []
        self._durable = 0
        self._committing = False
        self._scheduled = False
        self._failure: ErgosError | None = None
        self._commit_s = SWIFT_S
        """Seconds a commit takes, by the slowest of late."""
        self._thread = ThreadPoolExecutor(1, "ergos-commit") if in_thread else None

    @property
    def id(self) -> str:
        """Random name of this store, made once."""
        return self._id

    @property
    def durable(self) -> int:
        """Changes of this session that are durable."""
        return self._durable

    # Writing

    def submit(self, change: Change, done: Done | None = None) -> None:
        """Queue a change for the next commit."""
        if self._failure is not None:
            if done is not None:
                asyncio.get_running_loop().call_soon(done, self._failure)
            return
        self._take(change, done)

    async def flush(self) -> None:
        """Wait until everything submitted is durable. Raises: StoreError, DiskFullError."""
        if self._failure is not None:
            raise self._failure
        if not self._queue and not self._committing:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._take(None, lambda error: _resolve(waiter, error))
        await waiter

    def _take(self, change: Change | None, done: Done | None) -> None:
        self._queue.append((change, done))
        if not self._scheduled and not self._committing:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._commit)

    def _commit(self) -> None:
        """Write one batch. Rows on the loop, fsync in the thread."""
        self._scheduled = False
        if self._committing or not self._queue or self._failure is not None:
            return
        batch, self._queue = self._queue[:COMMIT_CHANGES_MAX], self._queue[COMMIT_CHANGES_MAX:]
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            head = self._write([change for change, _ in batch if change is not None])
        except (*self._database.errors, *UNSTORABLE) as error:
            self._failed(batch, error)
            return
        self._committing = True
        loop = asyncio.get_running_loop()
        if self._thread is None or (len(batch) <= SMALL_BATCH and self._commit_s < SWIFT_S):
            begun_s = loop.time()
            try:
                self._writer.execute("COMMIT")
            except self._database.errors as error:
                self._failed(batch, error)
                return
            self._took(loop.time() - begun_s)
            self._committed(batch, head)
            return
        self._thread.submit(self._sync, loop, batch, head)

    def _took(self, seconds: float) -> None:
        """Remember how long the disk takes: one slow commit counts at once, and is forgotten after many swift ones."""
        self._commit_s = max(seconds, self._commit_s + (seconds - self._commit_s) / FORGET_COMMITS)

    def _sync(self, loop: asyncio.AbstractEventLoop, batch: Batch, head: Head) -> None:
        """In the thread: wait for the disk, then tell the loop. Whatever else ends it tells the loop, too."""
        error: BaseException | None = StoreError("a commit was cut off")
        begun_s = loop.time()
        try:
            self._writer.execute("COMMIT")
            self._took(loop.time() - begun_s)
            error = None
        except self._database.errors as found:
            error = found
        finally:
            loop.call_soon_threadsafe(self._after, batch, head, error)

    def _after(self, batch: Batch, head: Head, error: BaseException | None) -> None:
        if error is None:
            self._committed(batch, head)
        else:
            self._failed(batch, error)

    def _committed(self, batch: Batch, head: Head) -> None:
        self._committing = False
        self._durable_head = head
        self._durable += sum(change is not None for change, _ in batch)
        for _, done in batch:
            if done is not None:
                done(None)
        if self._queue and not self._scheduled:
            self._commit()

    def _failed(self, batch: Batch, error: BaseException) -> None:
        """Nothing of this batch is durable, and nothing after it may be."""
        self._committing = False
        unstorable = isinstance(error, UNSTORABLE)
        self._failure = StoreError(f"a row cannot be stored: {error}") if unstorable else translated(error)
        try:
            self._writer.execute("ROLLBACK")
        except self._database.errors:
            pass  # SQLite rolled back by itself
        waiting, self._queue = [*batch, *self._queue], []
        for _, done in waiting:
            if done is not None:
                done(self._failure)

    def _write(self, changes: list[Change]) -> Head:
        """All rows of a batch, and the head they lead to."""
        many = self._writer.executemany
        records: list[Row] = []
        seq, past, at_ns = self._head.seq, self._head.seal, self._head.at_ns
        for change in changes:
            for entry in change.entries:
                seq += 1
                past, at_ns = seal(past, seq, entry), entry.at_ns
                records.append((seq, entry.pid, entry.turn, at_ns, entry.body, past))
        many(INSERT_RECORD, records)
        for change in changes:
            if change.blobs:
                many(PUT_BLOB, [blob_row(blob) for blob in change.blobs])
        processes = {process.pid: process for change in changes for process in change.processes}
        if processes:
            many(PUT_PROCESS, [process_row(process) for process in processes.values()])
        for change in changes:
            self._write_rest(change)
        self._write_books(changes)
        self._count_mail(changes)
        self._head = Head(seq, past, at_ns)
        return self._head

    def _write_rest(self, change: Change) -> None:
        many = self._writer.executemany
        if change.mail_put:
            many(PUT_MAIL, [mail_row(mail) for mail in change.mail_put])
        if change.mail_taken:
            many(TAKE_MAIL, [(number,) for number in change.mail_taken])
        if change.watches_dropped:
            many(DROP_WATCH, list(change.watches_dropped))
        if change.watches_put:
            many(PUT_WATCH, [watch_row(watch) for watch in change.watches_put])
        if change.items_put:
            many(PUT_ITEM, [item_row(item) for item in change.items_put])
        if change.items_closed:
            many(CLOSE_ITEM, [(number,) for number in change.items_closed])
        for note in change.notes:
            if note.value is None:
                self._writer.execute(ERASE_NOTE, (note.owner, note.agent, note.key))
            else:
                self._writer.execute(PUT_NOTE, note_row(note))
        if change.facts:
            many(PUT_FACT, list(change.facts))

    def _count_mail(self, changes: list[Change]) -> None:
        """Remember the largest mail id: read mail leaves no row, and an id is never given out again."""
        last = max((mail.id for change in changes for mail in change.mail_put), default=0)
        if last > self._last_mail:
            self._writer.execute(PUT_COUNTER, (COUNTER_MAIL, str(last)))
            self._last_mail = last

    def _write_books(self, changes: list[Change]) -> None:
        """The last value of each account and meter of the batch; settled accounts leave no row."""
        accounts = {name: balance for change in changes for name, balance in change.accounts}
        meters = {key: meter for change in changes for key, meter in change.meters}
        many = self._writer.executemany
        if accounts:
            many(PUT_ACCOUNT, [(name, b.microusd, b.tokens) for name, b in accounts.items() if b])
            many(CLOSE_ACCOUNT, [(name,) for name, balance in accounts.items() if not balance])
        if meters:
            many(PUT_METER, [meter_row(key, meter) for key, meter in meters.items()])

    async def head(self) -> Head:
        """The last durable record."""
        return self._durable_head

    async def close(self) -> None:
        """Flush, fold the write-ahead log in, let go."""
        try:
            if self._failure is None:
                await self.flush()
        finally:
            if self._thread is not None:
                self._thread.shutdown(wait=True)
            self._database.close()


def _resolve(waiter: asyncio.Future[None], error: ErgosError | None) -> None:
    if waiter.done():
        return
    if error is None:
        waiter.set_result(None)
    else:
        waiter.set_exception(error)

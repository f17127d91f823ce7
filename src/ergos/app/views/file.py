"""The file views.db: opened, begun anew when it is not of this store, and brought up to date a slice at a time.

    HOME/views.db        the fold; may be deleted at any time, even while a kernel runs

Rules: never a source of truth and never trusted: of another schema, another store, another history (a store that was
restored from a backup has another seal at the cursor) or damaged, it is made again from the journal. Several processes
may use it at once: each slice is one transaction that begins by looking where the others have come to. The store is
attached to be read, never written. Where the folder cannot be written the fold lives in memory. Blocks: for one thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

from ergos.app.views import schema
from ergos.app.views.fold import Fold
from ergos.app.views.known import Known
from ergos.base.clock import MILLISECOND, Clock
from ergos.base.errors import CorruptStoreError, DiskFullError, ErgosError, ForeignStoreError, StoreError
from ergos.drivers.sqlite_open import SQLITE_ERRORS, Connection, check_store, connect, translated
from ergos.drivers.store_rows import Cell, Row, number_of

SLICE_MS: Final = 12  # milliseconds after which a slice is written, which takes as long: so long a question waits
SLICE_RECORDS: Final = 8_192  # records of one slice, whatever the clock says
READ_RECORDS: Final = 256  # records read at once
COMMIT_RECORDS: Final = 4_000  # records of one transaction of a fold that is far behind: it writes each page once
CACHE_KIB: Final = 32 * 1024  # KiB of page cache; the fold writes in many places
WAL_PAGES: Final = 4_000  # pages of write-ahead log before it is folded in
BUSY_MS: Final = 20  # milliseconds to wait for another process that folds: it has done the work then
MAKING_MS: Final = 2_000  # milliseconds to wait while another process makes the tables
DISCARDED_MAX: Final = 3  # times a damaged file is thrown away in one life: what is damaged again is the store

_OURS: Final = (schema.APPLICATION_ID, schema.VERSION)
_NEXT: Final = "SELECT seq, pid, turn, at_ns, body, seal FROM store.journal WHERE seq > ? ORDER BY seq LIMIT ?"
_HEAD: Final = "SELECT coalesce(max(seq), 0) FROM store.journal"
_SEAL: Final = "SELECT seal FROM store.journal WHERE seq = ?"
_ID: Final = "SELECT value FROM store.meta WHERE name = 'store_id'"
_PUT_META: Final = "INSERT OR REPLACE INTO meta VALUES (?, ?)"


class ViewsFile:
    """Of one home. For one thread."""

    def __init__(self, folder: Path, clock: Clock, *, records: int | None = None) -> None:
        """Nothing is opened before it is asked. `records`: of each slice and transaction at most; for measurements."""
        self._slice_records: Final = records or SLICE_RECORDS
        self._commit_records: Final = records or COMMIT_RECORDS
        self._store: Final = folder / "ergos.db"
        self._path: Final = folder / "views.db"
        self._clock: Final = clock
        self._connection: Connection | None = None
        self._known: Known | None = None
        self._fold: Fold | None = None
        self._files: tuple[int, int] = (0, 0)
        self._discarded = 0
        self._in_memory = False
        self._writing = False
        """A transaction is open: what is in it is seen here, and nowhere else yet."""
        self._unwritten = 0
        """Records in it."""
        self.seq: int = 0
        """The record up to which it is folded."""

    def close(self) -> None:
        """Let go."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._known = self._fold = None
        self._writing = False

    # Asking

    def rows(self, sql: str, parameters: Sequence[Cell] = ()) -> list[Row]:
        """Rows of a query on views.db and `store`; what no cell can hold is as near as one can. Raises: StoreError."""
        assert self._connection is not None
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except SQLITE_ERRORS as error:
            raise translated(error) from error
        except (OverflowError, UnicodeEncodeError):
            return self.rows(sql, [_storable(cell) for cell in parameters])

    def head(self) -> int:
        """The last durable record. Raises: StoreError."""
        self._ready()
        return number_of(self.rows(_HEAD)[0][0])

    # Folding

    def advance(self, budget_ms: int = SLICE_MS, *, hold: bool = False) -> bool:
        """Fold for about so long; whether there is more to fold. Raises: StoreError.

        `hold`: the next slice follows at once, so that a transaction may be open until then.
        """
        try:
            return self._advanced(budget_ms, hold=hold)
        except CorruptStoreError:
            self.discard()
        except DiskFullError:
            if self._in_memory:
                raise
            self.close()
            self._in_memory = True
        return True

    def settle(self) -> None:
        """Write what a held transaction has. Raises: StoreError."""
        if self._writing and self._connection is not None:
            try:
                self._connection.execute("COMMIT")
                self._writing = False
            except SQLITE_ERRORS as error:
                self._back()
                raise translated(error) from error

    def discard(self) -> None:
        """Throw a damaged file away. Raises: CorruptStoreError, if that did not help before; StoreError."""
        self.close()
        if self._discarded >= DISCARDED_MAX:
            raise CorruptStoreError(f"{self._store} cannot be folded")
        self._discarded += 1
        self._remove()

    def _advanced(self, budget_ms: int, *, hold: bool) -> bool:
        self._ready()
        connection, fold = self._connection, self._fold
        assert connection is not None
        assert fold is not None
        good = False
        try:
            more = True  # if another process folds
            if self._writing or self._begin(connection):
                begun = self.seq
                more = self._slice(fold, budget_ms)
                self._unwritten += self.seq - begun
                if not (more and hold) or self._unwritten >= self._commit_records:
                    connection.execute("COMMIT")
                    self._writing = False
            good = True
        except SQLITE_ERRORS as error:
            raise translated(error) from error
        except OverflowError as error:
            raise CorruptStoreError(f"a record has a number beyond 64 bits: {error}") from error
        finally:
            if not good:
                self._back()
        return more

    def _begin(self, connection: Connection) -> bool:
        """Whether this is the one that folds now."""
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                return False
            raise
        self._writing, self._unwritten = True, 0
        self._look()
        return True

    def _look(self) -> None:
        """Where the fold stands, whoever moved it; from the beginning, if it is not of this journal."""
        meta = {row[0]: row[1] for row in self.rows("SELECT name, value FROM meta")}
        store = self.rows(_ID)[0][0]
        seq = meta.get("seq", 0)
        good = meta.get("store") == store and isinstance(seq, int)
        if good and seq:
            at = self.rows(_SEAL, (seq,))
            good = bool(at) and at[0][0] == meta.get("seal")
        if not good:
            self._empty(store)
            seq = 0
        if seq != self.seq or not good:
            self._drop()
        self.seq = number_of(seq)

    def _slice(self, fold: Fold, budget_ms: int) -> bool:
        until_ns = self._clock.now_ns() + budget_ms * MILLISECOND
        begun, seq = self.seq, self.seq
        seal: Cell = b""
        more, take, most = True, fold.take, self._slice_records
        page = min(READ_RECORDS, most)
        while more and seq - begun < most:
            rows = self.rows(_NEXT, (seq, page))
            for seq, pid, turn, at_ns, body, _ in cast("list[tuple[int, int, int, int, bytes, bytes]]", rows):
                if type(body) is bytes and type(pid) is type(turn) is type(at_ns) is int:  # else it is no record
                    take(seq, pid, turn, at_ns, body)
            more = len(rows) == page
            seal = rows[-1][-1] if rows else seal
            if self._clock.now_ns() >= until_ns:
                break
        if seq == begun:
            return False
        assert self._connection is not None
        assert self._known is not None
        fold.tallies.write(self._connection)
        self._connection.executemany(_PUT_META, [("seq", seq), ("seal", seal)])
        self.seq = seq
        self._known.trim()
        return more

    # Opening

    def _ready(self) -> None:
        """Open what is not open, or is not the file any more that stands there. Raises: StoreError."""
        files = (_inode(self._store), _inode(self._path))
        if self._connection is not None and files == self._files:
            return
        self.close()
        try:
            self._open()
        except SQLITE_ERRORS as error:
            self.close()
            raise translated(error) from error
        except ErgosError:
            self.close()
            raise
        self._files = (_inode(self._store), _inode(self._path))

    def _open(self) -> None:
        if not self._store.is_file():
            raise ForeignStoreError(f"there is no store at {self._store}")
        store = connect(self._store, read_only=True)
        try:
            check_store(store)
        finally:
            store.close()
        self._connection = self._made()
        self._connection.execute("ATTACH ? AS store", (f"{self._store.absolute().as_uri()}?mode=ro",))
        self._known = Known(self._connection)
        self._fold = Fold(self._known)
        self.seq = -1

    def _made(self) -> Connection:
        if self._in_memory:
            return self._prepared(_memory())
        try:
            return self._prepared(connect(self._path))
        except SQLITE_ERRORS as error:
            if isinstance(translated(error), CorruptStoreError):
                self._remove()
                return self._prepared(connect(self._path))
            if "locked" in str(error):
                raise
        self._in_memory = True  # a folder that cannot be written
        return self._prepared(_memory())

    def _prepared(self, connection: Connection) -> Connection:
        good = False
        try:
            for pragma in (
                f"busy_timeout = {MAKING_MS}",
                "journal_mode = WAL",
                "synchronous = NORMAL",
                f"wal_autocheckpoint = {WAL_PAGES}",
                f"cache_size = -{CACHE_KIB}",
                "temp_store = MEMORY",
            ):
                connection.execute(f"PRAGMA {pragma}").fetchall()
            if _mark(connection) != _OURS:
                connection.execute("BEGIN IMMEDIATE")
                if _mark(connection) != _OURS:  # another process may have made them meanwhile
                    _create(connection)
                connection.execute("COMMIT")
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            good = True
        finally:
            if not good:
                connection.close()
        return connection

    def _empty(self, store: Cell) -> None:
        """Begin anew, in the transaction that is open."""
        assert self._connection is not None
        _create(self._connection)
        self._connection.executemany(_PUT_META, [("store", store), ("seq", 0), ("seal", b"")])

    def _remove(self) -> None:
        try:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                f"{self._path} is damaged and cannot be removed: {error.strerror}", remedy="delete it; it is made again"
            ) from error

    def _back(self) -> None:
        """Undo the slice."""
        assert self._connection is not None
        self._drop()
        self._writing = False
        try:
            self._connection.execute("ROLLBACK")
        except SQLITE_ERRORS:
            pass  # SQLite rolled back by itself

    def _drop(self) -> None:
        """Forget what is in memory."""
        if self._known is not None and self._fold is not None:
            self._known.clear()
            self._fold.tallies.clear()
        self.seq = -1


def _mark(connection: Connection) -> tuple[Cell, ...]:
    """What says whose file it is and of which schema."""
    found = [connection.execute(f"PRAGMA main.{name}").fetchone() for name in ("application_id", "user_version")]
    return tuple(row[0] for row in found if row is not None)


def _create(connection: Connection) -> None:
    """The tables, empty."""
    tables = connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
    for (name,) in tables:
        connection.execute(f'DROP TABLE main."{name}"')
    for statement in schema.TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA main.application_id = {schema.APPLICATION_ID}")
    connection.execute(f"PRAGMA main.user_version = {schema.VERSION}")


def _memory() -> Connection:
    return sqlite3.connect(":memory:", uri=True, isolation_level=None, check_same_thread=False, cached_statements=256)


def _storable(cell: Cell) -> Cell:
    if isinstance(cell, int):
        return max(-(1 << 63), min(cell, (1 << 63) - 1))
    return cell.encode("utf-8", "replace").decode() if isinstance(cell, str) else cell


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0

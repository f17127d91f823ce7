"""Opens a SQLite file as an ErgOS store: lock, header checks, pragmas, migrations.

Rules: nothing foreign is ever written to; a newer schema is refused, an older one is migrated in one
transaction; the lock is taken before anything is read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final, Protocol

from ergos.base.errors import CorruptStoreError, DiskFullError, ErgosError, ForeignStoreError, StoreError
from ergos.base.limits import SQLITE_CACHE_KIB, WAL_PAGES_CHECKPOINT
from ergos.drivers.host import new_store_id
from ergos.drivers.lock import KernelLock
from ergos.drivers.store_rows import Cell, Row

APPLICATION_ID: Final = 0x4572674F  # "ErgO", in the header of every store
SCHEMA_VERSION: Final = 2
_DAMAGE: Final = ("malformed", "not a database", "decode to UTF-8", "no such", "already exists", "unsupported file")
"""Words of SQLite that mean that the file is not as it was written."""
SQLITE_ERRORS: Final[tuple[type[BaseException], ...]] = (sqlite3.Error, UnicodeDecodeError)
"""What this binding raises; the second where a message quotes a damaged schema."""


class Cursor(Protocol):
    """Rows of a query."""

    def fetchall(self) -> list[Row]:
        """All rows."""
        ...

    def fetchone(self) -> Row | None:
        """The next row."""
        ...

    def fetchmany(self, size: int) -> list[Row]:
        """The next rows."""
        ...


class Connection(Protocol):
    """What a store needs of a SQLite connection; any binding will do."""

    def execute(self, sql: str, parameters: Sequence[Cell] = (), /) -> Cursor:
        """Run one statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Cell]], /) -> object:
        """Run one statement for each row."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Database:
    """A writer and a reader on one file, and the lock that makes this kernel the only one."""

    errors: tuple[type[BaseException], ...] = SQLITE_ERRORS

    def __init__(self, path: Path) -> None:
        """Raises: StoreLockedError, ForeignStoreError, CorruptStoreError, DiskFullError."""
        self._lock: Final = KernelLock(path.with_suffix(".lock"))
        self._open: Final[list[Connection]] = []
        try:
            _check_header(path)
            self.writer: Connection = self._connected(path)
            self.store_id = prepare(self.writer, self.errors)
            self.reader: Connection = self._connected(path)
        except ErgosError:
            self.close()
            raise

    def _connected(self, path: Path) -> Connection:
        try:
            connection = connect(path)
        except self.errors as error:
            raise translated(error) from error
        self._open.append(connection)
        return connection

    def close(self) -> None:
        """Let go of the file and the lock."""
        while self._open:
            self._open.pop().close()
        self._lock.release()


def connect(path: Path, *, read_only: bool = False) -> Connection:
    """A connection whose transactions are ours to begin and end."""
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256)


def prepare(writer: Connection, errors: tuple[type[BaseException], ...] = SQLITE_ERRORS) -> str:
    """Pragmas and schema; returns the store's id. Raises: ForeignStoreError, CorruptStoreError, DiskFullError."""
    try:
        application = _one(writer, "PRAGMA application_id")
        tables = _one(writer, "SELECT count(*) FROM sqlite_master")
        if application not in (0, APPLICATION_ID) or (application == 0 and tables):
            raise ForeignStoreError("this SQLite file was written by another program")
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            f"wal_autocheckpoint = {WAL_PAGES_CHECKPOINT}",
            f"cache_size = -{SQLITE_CACHE_KIB}",
            "temp_store = MEMORY",
        ):
            writer.execute(f"PRAGMA {pragma}").fetchall()
        _migrate(writer)
        found = writer.execute("SELECT value FROM meta WHERE name = 'store_id'").fetchone()
    except errors as error:
        raise translated(error) from error
    if found is None or not isinstance(found[0], str):
        raise CorruptStoreError("the store has lost its name")
    return found[0]


def schema_of(path: Path) -> int:
    """The version of a store's schema, whatever this code knows. Writes nothing. Raises: StoreError."""
    _check_header(path)
    try:
        reader = connect(path, read_only=True)
        try:
            if _one(reader, "PRAGMA application_id") != APPLICATION_ID:
                raise ForeignStoreError("this SQLite file was written by another program")
            return int(str(_one(reader, "PRAGMA user_version")))
        finally:
            reader.close()
    except SQLITE_ERRORS as error:
        raise translated(error) from error


def foreign_objects(path: Path) -> tuple[str, ...]:
    """Tables, indexes, triggers and views of a store that this code never made; such would act when we write.

    Writes nothing. Raises: StoreError.
    """
    version = schema_of(path)
    _refuse_newer(version)
    fresh, found = sqlite3.connect(":memory:", isolation_level=None), connect(path, read_only=True)
    try:
        for number in range(1, version + 1):
            for statement in statements(f"version-{number}"):
                fresh.execute(statement)
        return tuple(sorted(name for _, name, _ in _objects(found) - _objects(fresh)))
    except SQLITE_ERRORS as error:
        raise translated(error) from error
    finally:
        fresh.close()
        found.close()


def _objects(connection: Connection) -> set[tuple[str, str, str]]:
    """Kind, name and words of everything in a schema, but what SQLite makes itself."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    return {
        (str(kind), str(name), " ".join(str(sql).split()))
        for kind, name, sql in rows
        if not str(name).startswith("sqlite_autoindex_")
    }


def check_store(reader: Connection, errors: tuple[type[BaseException], ...] = SQLITE_ERRORS) -> None:
    """Whether this is a store that this code can read. Writes nothing. Raises: StoreError."""
    try:
        if _one(reader, "PRAGMA application_id") != APPLICATION_ID:
            raise ForeignStoreError("this SQLite file was written by another program")
        _refuse_newer(int(str(_one(reader, "PRAGMA user_version"))))
    except errors as error:
        raise translated(error) from error


def translated(error: BaseException) -> ErgosError:
    """What SQLite says, as what happened and what to do."""
    text = str(error)
    if isinstance(error, ErgosError):
        return error
    if "full" in text or "No space" in text:
        return DiskFullError()
    if "disk I/O" in text:
        return DiskFullError(
            f"the disk refused a read or write ({text}); everything acknowledged is safe",
            remedy="check the disk, then start again with `ergos up`",
        )
    if isinstance(error, UnicodeDecodeError) or any(word in text for word in _DAMAGE):
        return CorruptStoreError(f"SQLite says: {text}")
    if "readonly" in text or "unable to open" in text:
        return StoreError(f"SQLite says: {text}", remedy="see that the folder exists and that you may write to it")
    return StoreError(f"SQLite says: {text}")


def _migrate(writer: Connection) -> None:
    version = int(str(_one(writer, "PRAGMA user_version")))
    _refuse_newer(version)
    if version == SCHEMA_VERSION:
        return
    writer.execute("BEGIN IMMEDIATE")
    for number in range(version + 1, SCHEMA_VERSION + 1):
        for statement in statements(f"version-{number}"):
            writer.execute(statement)
    if version == 0:
        writer.execute("INSERT INTO meta VALUES ('store_id', ?)", (new_store_id(),))
        writer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    writer.execute("COMMIT")


def _refuse_newer(version: int) -> None:
    if version > SCHEMA_VERSION:
        raise ForeignStoreError(
            f"a newer ErgOS wrote this store (schema {version}; this one knows {SCHEMA_VERSION})",
            remedy="upgrade ErgOS",
        )
    if version < 0:
        raise CorruptStoreError(f"the store says that it has schema {version}")


def statements(block: str) -> list[str]:
    """The statements of one named block of schema.sql."""
    text = files("ergos.drivers").joinpath("schema.sql").read_text(encoding="utf-8")
    for part in text.split("-- name: ")[1:]:
        name, _, body = part.partition("\n")
        if name.strip() == block:
            lines = [line.split("--")[0] for line in body.splitlines()]
            return [found for found in "\n".join(lines).split(";") if found.strip()]
    raise AssertionError(block)


def _check_header(path: Path) -> None:
    """Refuse what is no SQLite file before SQLite touches it. Raises: ForeignStoreError, StoreError."""
    try:
        if not path.exists() or path.stat().st_size == 0:
            return
        with path.open("rb") as file:
            header = file.read(16)
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}", remedy="see that you may read it") from error
    if header != b"SQLite format 3\0":
        raise ForeignStoreError(f"{path} is not an ErgOS store")


def _one(connection: Connection, sql: str) -> Cell:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]

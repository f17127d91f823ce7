"""Everything that is read from a SQLite store; needs no lock, so faces may use it while a kernel runs.

Rules: reads see what is durable; each is bounded or indexed, so its cost does not grow with the store.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from ergos.base.errors import CorruptStoreError, ErgosError, ForeignStoreError
from ergos.base.ids import Digest, Pid
from ergos.base.limits import MAILBOX_MESSAGES_MAX
from ergos.base.money import Amount
from ergos.drivers.sqlite_open import SQLITE_ERRORS, Connection, check_store, connect, translated
from ergos.drivers.store_rows import (
    Cell,
    Row,
    account_of,
    blob_body,
    head_of,
    item_of,
    mail_of,
    meter_of,
    note_of,
    number_of,
    process_of,
    sealed_of,
    text_of,
    watch_of,
)
from ergos.kernel.journal import GENESIS, Sealed
from ergos.kernel.ledger import Meter
from ergos.kernel.process import Process
from ergos.kernel.rows import Head, Item, Loaded, Mail, Note, Watch

PAGE_ROWS: Final = 1_000  # rows read at once; keeps memory flat over any journal
PARAMETERS_MAX: Final = 500  # values of one IN list; SQLite allows more, statements are cached by text
COUNTER_MAIL: Final = "last_mail"
"""Row of table meta: the largest mail id ever given out; mail leaves its table when it is read."""
FLOOR_PID: Final = "floor_pid"
FLOOR_ITEM: Final = "floor_item"
"""Rows of table meta, in stores that were restored: numbers up to these were given out in a history that is gone."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class SqliteRows:
    """A connection that only reads."""

    def __init__(self, reader: Connection, errors: tuple[type[BaseException], ...] = SQLITE_ERRORS) -> None:
        self._reader: Final = reader
        self._errors: Final = errors

    def _all(self, sql: str, parameters: Sequence[Cell] = ()) -> list[Row]:
        """All rows. Raises: StoreError."""
        try:
            return self._reader.execute(sql, parameters).fetchall()
        except self._errors as error:
            raise translated(error) from error

    def _in(self, sql: str, values: Sequence[Cell]) -> list[Row]:
        """Rows of a query with one `IN (?)`, for any number of values."""
        rows: list[Row] = []
        for start in range(0, len(values), PARAMETERS_MAX):
            some = values[start : start + PARAMETERS_MAX]
            rows += self._all(sql.replace("IN (?)", f"IN ({','.join('?' * len(some))})"), some)
        return rows

    def _last_record(self) -> Head:
        rows = self._all("SELECT seq, seal, at_ns FROM journal ORDER BY seq DESC LIMIT 1")
        return head_of(rows[0]) if rows else Head(0, GENESIS, 0)


class SqliteProcesses(SqliteRows):
    """Processes and their mail."""

    async def load(self, pids: tuple[Pid, ...]) -> tuple[Loaded, ...]:
        """Processes with their mail; unknown pids are left out."""
        processes = [process_of(row) for row in self._in("SELECT * FROM process WHERE pid IN (?)", sorted(set(pids)))]
        mail: dict[Pid, list[Mail]] = {}
        found = tuple(process.pid for process in processes)
        for row in self._in("SELECT * FROM mail WHERE pid IN (?) ORDER BY id", [int(pid) for pid in found]):
            one = mail_of(row)
            mail.setdefault(one.to, []).append(one)
        return tuple(
            Loaded(process=process, mail=tuple(mail.get(process.pid, ())[:MAILBOX_MESSAGES_MAX]))
            for process in processes
        )

    async def turn(self, pid: Pid, turn: int) -> tuple[Sealed, ...]:
        """The records of one turn of a process, in order."""
        sql = "SELECT * FROM journal WHERE pid = ? AND turn = ? AND pid > 0 ORDER BY seq"
        return tuple(sealed_of(row) for row in self._all(sql, (pid, turn)))

    async def runnable(self, after: Pid, limit: int) -> tuple[Pid, ...]:
        """Ready processes with a larger pid, ascending."""
        sql = "SELECT pid FROM process WHERE state = 'ready' AND pid > ? ORDER BY pid LIMIT ?"
        return tuple(Pid(number_of(row[0])) for row in self._all(sql, (after, limit)))

    async def due(self, now_ns: int, limit: int) -> tuple[Process, ...]:
        """Waiting processes whose time has come, earliest first."""
        sql = (
            "SELECT * FROM process WHERE state = 'waiting' AND wake_at_ns IS NOT NULL AND wake_at_ns <= ?"
            " ORDER BY wake_at_ns, pid LIMIT ?"
        )
        return tuple(process_of(row) for row in self._all(sql, (now_ns, limit)))

    async def next_due_ns(self) -> int | None:
        """The earliest time any waiting process is due."""
        sql = "SELECT min(wake_at_ns) FROM process WHERE state = 'waiting' AND wake_at_ns IS NOT NULL"
        found = self._all(sql)[0][0]
        return number_of(found) if found is not None else None

    async def processes(
        self, *, owner: str | None = None, live_only: bool = True, after: Pid = Pid(0), limit: int = PAGE_ROWS
    ) -> tuple[Process, ...]:
        """Processes by ascending pid."""
        where, parameters = "pid > ?", [after]
        if live_only:
            where += " AND state NOT IN ('done', 'failed', 'killed')"
        if owner is not None:
            where += " AND owner = ?"
            parameters.append(owner)  # type: ignore[arg-type]
        sql = f"SELECT * FROM process WHERE {where} ORDER BY pid LIMIT ?"  # noqa: S608 - fixed texts only
        return tuple(process_of(row) for row in self._all(sql, (*parameters, limit)))

    async def children(self, parent: Pid) -> tuple[Process, ...]:
        """Children of a process, ended ones included."""
        rows = self._all("SELECT * FROM process WHERE parent = ? AND parent > 0 ORDER BY pid", (parent,))
        return tuple(process_of(row) for row in rows)


class SqliteWatches(SqliteRows):
    """Armed triggers."""

    async def watches(self, pid: Pid) -> tuple[Watch, ...]:
        """Those of a process, by name."""
        return self._watches("pid = ? ORDER BY name", (pid,))

    async def watches_due(self, now_ns: int, limit: int) -> tuple[Watch, ...]:
        """Those whose time has come, earliest first."""
        return self._watches("due_ns IS NOT NULL AND due_ns <= ? ORDER BY due_ns, pid, name LIMIT ?", (now_ns, limit))

    async def next_watch_ns(self) -> int | None:
        """The earliest time any of them is due."""
        found = self._all("SELECT min(due_ns) FROM watch WHERE due_ns IS NOT NULL")[0][0]
        return number_of(found) if found is not None else None

    async def watches_of(self, kind: str, after: tuple[Pid, str], limit: int) -> tuple[Watch, ...]:
        """Those of one kind but schedules, by process and name, after this place."""
        where = "kind = ? AND kind <> 'schedule' AND (pid, name) > (?, ?) ORDER BY pid, name LIMIT ?"
        return self._watches(where, (kind, *after, limit))

    def _watches(self, where: str, parameters: Sequence[Cell]) -> tuple[Watch, ...]:
        if not self._all("SELECT 1 FROM sqlite_master WHERE name = 'watch'"):
            return ()  # a store of the first schema, read beside its kernel
        sql = f"SELECT body FROM watch WHERE {where}"  # noqa: S608 - fixed texts only
        return tuple(watch_of(row[0]) for row in self._all(sql, parameters))


class SqliteRecords(SqliteRows):
    """The journal and the values it names."""

    async def records(
        self, *, after: int = 0, pid: Pid | None = None, limit: int | None = None, turn: int = 0
    ) -> AsyncIterator[Sealed]:
        """Records by ascending position, a page at a time. `turn`: of a process, from this turn on."""
        count = 0
        last = after
        while limit is None or count < limit:
            page = PAGE_ROWS if limit is None else min(PAGE_ROWS, limit - count)
            if pid is None:
                rows = self._all("SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (last, page))
            elif pid <= 0:  # the kernel's own, few and without an index
                sql = "SELECT * FROM journal WHERE seq > ? AND pid = ? ORDER BY seq LIMIT ?"
                rows = self._all(sql, (last, pid, page))
            else:  # a process's records are in order of its turns, which is the order of the index
                where = "pid = ? AND pid > 0 AND (turn, seq) > (?, ?)"
                sql = f"SELECT * FROM journal WHERE {where} ORDER BY turn, seq LIMIT ?"  # noqa: S608 - fixed texts only
                rows = self._all(sql, (pid, turn, last, page))
            for record in map(sealed_of, rows):
                turn, last = record.turn, record.seq
                if record.seq > after and (limit is None or count < limit):
                    count += 1
                    yield record
            if len(rows) < page:
                return

    async def head(self) -> Head:
        """The last durable record."""
        return self._last_record()

    async def blobs(self, digests: tuple[Digest, ...]) -> dict[Digest, bytes]:
        """Bodies of blobs; unknown ones are left out. Raises: CorruptStoreError for an altered one."""
        names = [bytes.fromhex(digest) for digest in digests if _SHA256.fullmatch(digest)]
        bodies: dict[Digest, bytes] = {}
        for row in self._in("SELECT digest, size, packed, body FROM blob WHERE digest IN (?)", names):
            body = blob_body(row)
            assert isinstance(row[0], bytes)  # blob_body saw that it is the digest
            bodies[Digest(row[0].hex())] = body
        return bodies

    async def facts(self) -> dict[str, str]:
        """Single values of the kernel."""
        return {text_of(row[0]): text_of(row[1]) for row in self._all("SELECT name, value FROM fact")}

    async def highest(self) -> tuple[Pid, int, int]:
        """Largest pid, mail id and inbox item ever given out."""
        pid = self._all("SELECT max(pid) FROM process")[0][0] or 0
        mail = self._all("SELECT max(id) FROM mail")[0][0] or 0
        item = self._all("SELECT max(id) FROM item")[0][0] or 0
        return (
            Pid(max(number_of(pid), self._counter(FLOOR_PID))),
            max(number_of(mail), self._last_mail_id()),
            max(number_of(item), self._counter(FLOOR_ITEM)),
        )

    def _last_mail_id(self) -> int:
        """The largest mail id ever given out. Raises: CorruptStoreError."""
        return self._counter(COUNTER_MAIL)

    def _counter(self, name: str) -> int:
        """A number of table meta; 0 where it is not there. Raises: CorruptStoreError."""
        rows = self._all("SELECT value FROM meta WHERE name = ?", (name,))
        given = text_of(rows[0][0]) if rows else "0"
        if not given.isdecimal():
            raise CorruptStoreError(f"the counter {name} is damaged")
        return int(given)


class SqliteOwners(SqliteRows):
    """What owners ask about."""

    async def books(self, keys: tuple[str, ...]) -> tuple[dict[str, Amount], dict[str, Meter]]:
        """Accounts and meters of these keys, those that exist; a key ending in '*' is a prefix."""
        exact = [key for key in keys if not key.endswith("*")]
        accounts = self._in("SELECT * FROM account WHERE name IN (?)", exact)
        meters = self._in("SELECT * FROM meter WHERE key IN (?)", exact)
        for key in keys:
            if key.endswith("*"):
                accounts += self._prefixed("SELECT * FROM account WHERE name >= ?", "name", key[:-1])
                meters += self._prefixed("SELECT * FROM meter WHERE key >= ?", "key", key[:-1])
        return dict(account_of(row) for row in accounts), {text_of(row[0]): meter_of(row) for row in meters}

    async def notes(self, owner: str, agent: str, prefix: str, limit: int) -> tuple[Note, ...]:
        """Entries of an agent's memory by key prefix, in order of keys."""
        end = past_prefix(prefix)
        sql = "SELECT * FROM note WHERE owner = ? AND agent = ? AND key >= ? AND (key < ? OR ?) ORDER BY key LIMIT ?"
        rows = self._all(sql, (owner, agent, prefix, end or "", int(end is None), limit))
        return tuple(note_of(row) for row in rows)

    async def items(self, owner: str | None, limit: int) -> tuple[Item, ...]:
        """Open inbox items, oldest first."""
        if owner is None:
            rows = self._all("SELECT body FROM item WHERE open = 1 ORDER BY id LIMIT ?", (limit,))
        else:
            rows = self._all("SELECT body FROM item WHERE open = 1 AND owner = ? ORDER BY id LIMIT ?", (owner, limit))
        return tuple(item_of(row[0]) for row in rows)

    async def item(self, number: int) -> Item | None:
        """One open inbox item."""
        rows = self._all("SELECT body FROM item WHERE id = ? AND open = 1", (number,))
        return item_of(rows[0][0]) if rows else None

    def _prefixed(self, sql: str, column: str, prefix: str) -> list[Row]:
        """Rows of a query with one lower bound whose column begins with the prefix; in order."""
        end = past_prefix(prefix)
        if end is None:
            return self._all(f"{sql} ORDER BY {column}", (prefix,))
        return self._all(f"{sql} AND {column} < ? ORDER BY {column}", (prefix, end))


class SqliteReads(SqliteProcesses, SqliteWatches, SqliteRecords, SqliteOwners):
    """The reading half of a `Store`."""

    @classmethod
    def open(cls, path: Path) -> SqliteReads:
        """Read a store beside its kernel, without a lock. Writes nothing. Raises: StoreError."""
        if not path.is_file():
            raise ForeignStoreError(f"there is no store at {path}")
        try:
            reader = connect(path, read_only=True)
        except SQLITE_ERRORS as error:
            raise translated(error) from error
        try:
            check_store(reader)
        except ErgosError:
            reader.close()
            raise
        return cls(reader)

    @property
    def id(self) -> str:
        """Random name of this store, made once. Raises: CorruptStoreError."""
        rows = self._all("SELECT value FROM meta WHERE name = 'store_id'")
        if not rows:
            raise CorruptStoreError("the store has lost its name")
        return text_of(rows[0][0])

    def freeze(self) -> None:
        """From now on every read sees the store as it is at the next one, whatever a kernel writes meanwhile.

        Ends with `close`; meant for an audit beside a running kernel, not for long.
        """
        self._all("BEGIN")

    async def close(self) -> None:
        """Let go."""
        self._reader.close()


def past_prefix(prefix: str) -> str | None:
    """The smallest text that is larger than every text with this prefix, by code point; None if there is none."""
    for end in range(len(prefix), 0, -1):
        point = ord(prefix[end - 1]) + 1
        if point == 0xD800:
            point = 0xE000  # no text holds a surrogate
        if point <= 0x10FFFF:
            return prefix[: end - 1] + chr(point)
    return None

"""Everything that is read from a SQLite store; needs no lock, so faces may use it while a kernel runs.

Rules: reads see what is durable; each is bounded or indexed, so its cost does not grow with the store.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from ergos.base.ids import Digest, Pid
from ergos.base.limits import MAILBOX_MESSAGES_MAX
from ergos.base.money import Amount
from ergos.drivers.sqlite_open import Connection, connect
from ergos.drivers.store_rows import Cell, Row, blob_body, item_of, mail_of, meter_of, note_of, process_of
from ergos.kernel.journal import GENESIS, Sealed
from ergos.kernel.ledger import Meter
from ergos.kernel.ports import Head, Item, Loaded, Mail, Note
from ergos.kernel.process import Process

PAGE_ROWS: Final = 1_000  # rows read at once; keeps memory flat over any journal
PARAMETERS_MAX: Final = 500  # values of one IN list; SQLite allows more, statements are cached by text


class SqliteReads:
    """The reading half of a `Store`."""

    def __init__(self, reader: Connection) -> None:
        self._reader: Final = reader

    @classmethod
    def open(cls, path: Path) -> SqliteReads:
        """Read a store beside its kernel, without a lock. Writes nothing."""
        return cls(connect(path, read_only=True))

    def _all(self, sql: str, parameters: Sequence[Cell] = ()) -> list[Row]:
        return self._reader.execute(sql, parameters).fetchall()

    def _in(self, sql: str, values: Sequence[Cell]) -> list[Row]:
        """Rows of a query with one `IN (?)`, for any number of values."""
        rows: list[Row] = []
        for start in range(0, len(values), PARAMETERS_MAX):
            some = values[start : start + PARAMETERS_MAX]
            rows += self._all(sql.replace("IN (?)", f"IN ({','.join('?' * len(some))})"), some)
        return rows

    def _last_record(self) -> Head:
        rows = self._all("SELECT seq, seal, at_ns FROM journal ORDER BY seq DESC LIMIT 1")
        if not rows:
            return Head(0, GENESIS, 0)
        seq, seal, at_ns = rows[0]
        assert isinstance(seq, int)
        assert isinstance(seal, bytes)
        assert isinstance(at_ns, int)
        return Head(seq, seal, at_ns)

    async def load(self, pids: tuple[Pid, ...]) -> tuple[Loaded, ...]:
        """Processes with their mail; unknown pids are left out."""
        processes = [process_of(row) for row in self._in("SELECT * FROM process WHERE pid IN (?)", pids)]
        mail: dict[Pid, list[Mail]] = {}
        found = tuple(process.pid for process in processes)
        for row in self._in("SELECT * FROM mail WHERE pid IN (?) ORDER BY id", [int(pid) for pid in found]):
            one = mail_of((row[0], row[1], row[2], row[3], row[4]))
            mail.setdefault(one.to, []).append(one)
        return tuple(
            Loaded(process=process, mail=tuple(mail.get(process.pid, ())[:MAILBOX_MESSAGES_MAX]))
            for process in processes
        )

    async def turn(self, pid: Pid, turn: int) -> tuple[Sealed, ...]:
        """The records of one turn of a process, in order."""
        sql = "SELECT * FROM journal WHERE pid = ? AND turn = ? AND pid > 0 ORDER BY seq"
        return tuple(_sealed(row) for row in self._all(sql, (pid, turn)))

    async def runnable(self, after: Pid, limit: int) -> tuple[Pid, ...]:
        """Ready processes with a larger pid, ascending."""
        sql = "SELECT pid FROM process WHERE state = 'ready' AND pid > ? ORDER BY pid LIMIT ?"
        return tuple(Pid(int(str(row[0]))) for row in self._all(sql, (after, limit)))

    async def due(self, now_ns: int, limit: int) -> tuple[Process, ...]:
        """Waiting processes whose time has come, earliest first."""
        sql = (
            "SELECT * FROM process WHERE state = 'waiting' AND wake_at_ns IS NOT NULL AND wake_at_ns <= ?"
            " ORDER BY wake_at_ns LIMIT ?"
        )
        return tuple(process_of(row) for row in self._all(sql, (now_ns, limit)))

    async def next_due_ns(self) -> int | None:
        """The earliest time any waiting process is due."""
        sql = "SELECT min(wake_at_ns) FROM process WHERE state = 'waiting' AND wake_at_ns IS NOT NULL"
        found = self._all(sql)[0][0]
        return int(str(found)) if found is not None else None

    async def blobs(self, digests: tuple[Digest, ...]) -> dict[Digest, bytes]:
        """Bodies of blobs; unknown ones are left out. Raises: CorruptStoreError for an altered one."""
        names = [bytes.fromhex(digest) for digest in digests if len(digest) == 64]
        bodies: dict[Digest, bytes] = {}
        for row in self._in("SELECT digest, size, packed, body FROM blob WHERE digest IN (?)", names):
            assert isinstance(row[0], bytes)
            bodies[Digest(row[0].hex())] = blob_body(row)
        return bodies

    async def books(self, keys: tuple[str, ...]) -> tuple[dict[str, Amount], dict[str, Meter]]:
        """Accounts and meters of these keys, those that exist; a key ending in '*' is a prefix."""
        exact = [key for key in keys if not key.endswith("*")]
        accounts = self._in("SELECT * FROM account WHERE name IN (?)", exact)
        meters = self._in("SELECT * FROM meter WHERE key IN (?)", exact)
        for key in keys:
            if key.endswith("*"):
                bounds = (key[:-1], key[:-1] + "\U0010ffff")
                accounts += self._all("SELECT * FROM account WHERE name >= ? AND name < ?", bounds)
                meters += self._all("SELECT * FROM meter WHERE key >= ? AND key < ?", bounds)
        return (
            {str(row[0]): Amount(int(str(row[1])), int(str(row[2]))) for row in accounts},
            {str(row[0]): meter_of(row) for row in meters},
        )

    async def notes(self, owner: str, agent: str, prefix: str, limit: int) -> tuple[Note, ...]:
        """Entries of an agent's memory by key prefix, in order of keys."""
        sql = "SELECT * FROM note WHERE owner = ? AND agent = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"
        return tuple(note_of(row) for row in self._all(sql, (owner, agent, prefix, prefix + "\U0010ffff", limit)))

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

    async def records(
        self, *, after: int = 0, pid: Pid | None = None, limit: int | None = None
    ) -> AsyncIterator[Sealed]:
        """Records by ascending position, a page at a time."""
        count = 0
        turn, last = 0, after
        while limit is None or count < limit:
            if pid is None:
                rows = self._all("SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (last, PAGE_ROWS))
            else:  # a process's records are in order of its turns, which is the order of the index
                rows = self._all(
                    "SELECT * FROM journal WHERE pid = ? AND pid > 0 AND (turn, seq) > (?, ?) ORDER BY turn, seq LIMIT ?",
                    (pid, turn, last, PAGE_ROWS),
                )
            for record in map(_sealed, rows):
                turn, last = record.turn, record.seq
                if record.seq > after and (limit is None or count < limit):
                    count += 1
                    yield record
            if len(rows) < PAGE_ROWS:
                return

    async def head(self) -> Head:
        """The last durable record."""
        return self._last_record()

    async def facts(self) -> dict[str, str]:
        """Single values of the kernel."""
        return {str(row[0]): str(row[1]) for row in self._all("SELECT name, value FROM fact")}

    async def highest(self) -> tuple[Pid, int, int]:
        """Largest pid, mail id and inbox item in the store."""
        pid = self._all("SELECT max(pid) FROM process")[0][0] or 0
        mail = self._all("SELECT max(id) FROM mail")[0][0] or 0
        item = self._all("SELECT max(id) FROM item")[0][0] or 0
        # Every message ever sent has a record, so the journal's length bounds the ids of those read and gone.
        return Pid(int(str(pid))), max(int(str(mail)), self._last_record().seq), int(str(item))

    async def close(self) -> None:
        """Let go."""
        self._reader.close()


def _sealed(row: Row) -> Sealed:
    seq, pid, turn, at_ns, body, seal = row
    assert isinstance(body, bytes)
    assert isinstance(seal, bytes)
    return Sealed(int(str(seq)), Pid(int(str(pid))), int(str(turn)), int(str(at_ns)), body, seal)

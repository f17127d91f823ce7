"""The index of peers' tasks, beside the store: whose a process is, how it stands, and what is still to be told where.

    HOME/a2a.db    task: by peer and agent, the last changed first
                   push: where a peer wants to be told of a task        due: what it was not told yet

The tasks in it follow from the journal: what a crash left out is found again. Where a peer wants to be told, and what
it was not told yet, stands here alone.

Rules: every look is by peer; bounded or indexed. It belongs to the kernel of its home, and nobody else opens it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from ergos.base.errors import StoreError
from ergos.base.ids import Pid
from ergos.buses.a2a.ports import TERMINAL, Query, TaskState

FILE: Final = "a2a.db"
VERSION: Final = 1
BUSY_S: Final = 5.0  # seconds to wait for a reader of the file, such as a backup

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS task (
    pid INTEGER PRIMARY KEY, peer TEXT NOT NULL, agent TEXT NOT NULL, context TEXT NOT NULL, repeat TEXT NOT NULL,
    made_ns INTEGER NOT NULL, changed_ns INTEGER NOT NULL, state TEXT NOT NULL, told INTEGER NOT NULL,
    hidden INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS task_by_change ON task (peer, agent, changed_ns DESC, pid DESC);
CREATE INDEX IF NOT EXISTS task_by_repeat ON task (peer, agent, repeat);
CREATE INDEX IF NOT EXISTS task_open ON task (state) WHERE state NOT IN ('completed', 'failed', 'canceled', 'rejected');
CREATE TABLE IF NOT EXISTS push (pid INTEGER NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (pid, id));
CREATE TABLE IF NOT EXISTS due (
    number INTEGER PRIMARY KEY AUTOINCREMENT, pid INTEGER NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL,
    tries INTEGER NOT NULL, at_ns INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS due_by_place ON due (pid, id, number);
CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class TaskRow(msgspec.Struct, frozen=True, kw_only=True):
    """A task of a peer."""

    pid: Pid
    peer: str
    agent: str
    context: str
    repeat: str
    """Digest of the message that began it; '': it is not looked for."""
    made_ns: int
    changed_ns: int
    state: TaskState
    told: int = 0
    """Place of the last record whose events were handed on to be told."""
    hidden: bool = False
    """It was answered by a message: there is no task for its peer."""


class TaskIndex:
    """The index of one home."""

    def __init__(self, path: Path) -> None:
        """Open or create it. Raises: StoreError."""
        try:
            self._base: Final = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            self._base.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise StoreError(
                f"{path} cannot be opened: {error}", remedy="move it away; tasks are found again"
            ) from error
        path.chmod(0o600)

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    # Tasks

    def put(self, row: TaskRow) -> None:
        """Note a task."""
        self.do(
            "INSERT OR IGNORE INTO task VALUES (?,?,?,?,?,?,?,?,?,?)",
            row.pid, row.peer, row.agent, row.context, row.repeat, row.made_ns, row.changed_ns, row.state, row.told,
            int(row.hidden),
        )  # fmt: skip

    def change(self, pid: Pid, state: TaskState, at_ns: int, told: int, *, hidden: bool) -> None:
        """Note how a task stands since when, and that its events up to this record were handed on."""
        sql = "UPDATE task SET state = ?, changed_ns = ?, told = ?, hidden = ? WHERE pid = ?"
        self.do(sql, state, at_ns, told, int(hidden), pid)

    def noted(self, pid: Pid) -> TaskRow | None:
        """A task, whosesoever it is."""
        return _first(self._tasks("pid = ?", (pid,)))

    def task(self, pid: Pid, peer: str, agent: str) -> TaskRow | None:
        """One task of this peer and agent; None for any other."""
        return _first(self._tasks("pid = ? AND peer = ? AND agent = ?", (pid, peer, agent)))

    def repeated(self, peer: str, agent: str, repeat: str, since_ns: int) -> TaskRow | None:
        """The task that the same message began, not longer ago."""
        where = "peer = ? AND agent = ? AND repeat = ? AND made_ns >= ? ORDER BY pid LIMIT 1"
        return _first(self._tasks(where, (peer, agent, repeat, since_ns)))

    def open_tasks(self) -> list[TaskRow]:
        """All that have not ended."""
        ended = ",".join(f"'{state}'" for state in sorted(TERMINAL))
        return self._tasks(f"state NOT IN ({ended}) ORDER BY pid", ())

    def since(self, peer: str, made_ns: int) -> list[TaskRow]:
        """Tasks that began then or later, or have not ended: of a peer, or of all whose names begin so ('bob.x.')."""
        ended = ",".join(f"'{state}'" for state in sorted(TERMINAL))
        whose = "substr(peer, 1, length(?1)) = ?1" if peer.endswith(".") else "peer = ?1"
        return self._tasks(f"{whose} AND (made_ns >= ?2 OR state NOT IN ({ended}))", (peer, made_ns))

    def page(self, peer: str, agent: str, query: Query, after: tuple[int, int] | None) -> tuple[list[TaskRow], int]:
        """Tasks after a place (when changed, pid), one more than a page if there are more; and how many in all."""
        where, values = "peer = ? AND agent = ? AND hidden = 0", cast("list[object]", [peer, agent])
        if query.context_id:
            where, values = f"{where} AND context = ?", [*values, query.context_id]
        if query.state is not None:
            where, values = f"{where} AND state = ?", [*values, query.state]
        if query.changed_after_ns is not None:
            where, values = f"{where} AND changed_ns > ?", [*values, query.changed_after_ns]
        total = int(self.do(f"SELECT count(*) FROM task WHERE {where}", *values)[0][0])  # noqa: S608 - our own words
        if after is not None:
            where, values = f"{where} AND (changed_ns, pid) < (?, ?)", [*values, *after]
        rows = self._tasks(f"{where} ORDER BY changed_ns DESC, pid DESC LIMIT ?", (*values, query.size + 1))
        return rows, total

    def mark(self, name: str) -> int:
        """How far something was read."""
        rows = self.do("SELECT value FROM mark WHERE name = ?", name)
        return int(rows[0][0]) if rows else 0

    def put_mark(self, name: str, value: int) -> None:
        """It was read as far as this."""
        self.do("INSERT OR REPLACE INTO mark VALUES (?,?)", name, value)

    # How that is done

    def _tasks(self, where: str, values: tuple[object, ...]) -> list[TaskRow]:
        rows = self.do(f"SELECT * FROM task WHERE {where}", *values)  # noqa: S608 - our own words
        return [
            TaskRow(
                pid=Pid(row[0]), peer=row[1], agent=row[2], context=row[3], repeat=row[4], made_ns=row[5],
                changed_ns=row[6], state=row[7], told=row[8], hidden=bool(row[9]),
            )
            for row in rows
        ]  # fmt: skip

    def do(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement; its rows. Raises: StoreError."""
        try:
            return self._base.execute(sql, values).fetchall()
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise StoreError(f"the index of peers' tasks failed: {error}") from error


def _first(rows: list[TaskRow]) -> TaskRow | None:
    return rows[0] if rows else None

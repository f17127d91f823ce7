"""Homes with a store made by hand, by a simulated history or by a crowd, and everything that views.db holds of one."""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path

import msgspec

from ergos.app.views.file import ViewsFile
from ergos.app.views.model import Own, Views
from ergos.base.ids import Digest, Pid
from ergos.drivers.host import HostClock
from ergos.drivers.sqlite_open import Database
from ergos.drivers.store_memory import MemoryDisk
from ergos.drivers.store_rows import blob_row, item_row, process_row
from ergos.drivers.store_sqlite import INSERT_RECORD, PUT_BLOB, PUT_ITEM, PUT_PROCESS
from ergos.kernel.calls import Call
from ergos.kernel.events import Body, Spawned, Woken, encode_body
from ergos.kernel.journal import GENESIS, Entry, seal
from ergos.kernel.process import Process, State
from ergos.kernel.rows import Item
from ergos.kernel.values import Blob

DAY_NS = 86_400_000_000_000
START_NS = 20_000 * DAY_NS
AGENT = Digest("ab" * 32)
RAW = msgspec.Raw


class Written:
    """A store that grows by hand."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        Database(folder / "ergos.db").close()
        self.seq, self.seal, self.at_ns = 0, GENESIS, START_NS
        self._connection: sqlite3.Connection | None = None

    def raw(self, pid: int, turn: int, body: bytes, at_ns: int | None = None) -> int:
        """One more record, of any bytes; its place."""
        self.seq += 1
        self.at_ns = self.at_ns + 1_000 if at_ns is None else at_ns
        self.seal = seal(self.seal, self.seq, Entry(Pid(pid), turn, self.at_ns, body))
        self.run(INSERT_RECORD, (self.seq, pid, turn, self.at_ns, body, self.seal))
        return self.seq

    def add(self, pid: int, turn: int, *bodies: Body) -> int:
        """More records; the place of the last."""
        for body in bodies:
            self.raw(pid, turn, encode_body(body))
        return self.seq

    def many(self, pid: int, turn: int, bodies: list[Body]) -> None:
        """Many records at once."""
        rows: list[tuple[object, ...]] = []
        for body in bodies:
            self.seq, self.at_ns = self.seq + 1, self.at_ns + 1_000
            encoded = encode_body(body)
            self.seal = seal(self.seal, self.seq, Entry(Pid(pid), turn, self.at_ns, encoded))
            rows.append((self.seq, pid, turn, self.at_ns, encoded, self.seal))
        self.runs(INSERT_RECORD, rows)

    def spawn(self, pid: int, owner: str, agent: str, *, parent: int = 0, definition: Digest = AGENT) -> None:
        """A process in its first turn."""
        self.add(pid, 0, Spawned(owner, agent, definition, Pid(parent)))
        self.add(pid, 1, Woken("start"))
        self.put(pid, owner, agent, State.RUNNING, turn_open=True, parent=parent)

    def put(self, pid: int, owner: str, agent: str, state: State, *, parent: int = 0, **more: object) -> None:
        """The row of a process."""
        process = Process(
            pid=Pid(pid), owner=owner, agent=agent, definition=AGENT, parent=Pid(parent), depth=0, state=state, turn=1,
            **more,
        )  # fmt: skip
        self.run(PUT_PROCESS, process_row(process))

    def item(self, item: Item) -> None:
        """Something waits for its owner."""
        self.run(PUT_ITEM, item_row(item))

    def blob(self, body: bytes, digest: Digest) -> None:
        """A value."""
        self.run(PUT_BLOB, blob_row(Blob(digest, body)))

    def run(self, sql: str, parameters: tuple[object, ...]) -> None:
        """One statement."""
        self.runs(sql, [parameters])

    def runs(self, sql: str, rows: list[tuple[object, ...]]) -> None:
        """One statement for each row, in a transaction."""
        if self._connection is None:
            self._connection = sqlite3.connect(self.folder / "ergos.db", isolation_level=None)
            self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("BEGIN")
        self._connection.executemany(sql, rows)
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Leave one whole file behind; it is opened again when it grows."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def call(key: str, kind: str = "act", name: str = "mail.send", **more: object) -> Call:
    """A call."""
    return Call(key=key, kind=kind, name=name, args=more.pop("args", {}), **more)  # type: ignore[arg-type]


def stored(folder: Path, disk: MemoryDisk) -> None:
    """What a simulated history left, as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(folder / "ergos.db")
    many = database.writer.executemany
    database.writer.execute("BEGIN")
    many(INSERT_RECORD, [msgspec.structs.astuple(record) for record in disk.journal])
    many(PUT_PROCESS, [process_row(process) for process in disk.processes.values()])
    many(PUT_ITEM, [item_row(item) for item in disk.items.values()])
    many(PUT_BLOB, [blob_row(Blob(digest, body)) for digest, body in disk.blobs.items()])
    database.writer.execute("COMMIT")
    database.close()


def folded(folder: Path, *, records: int | None = None) -> int:
    """Fold all there is; the place it went to."""
    file = ViewsFile(folder, HostClock(), records=records)
    while file.advance():
        pass
    file.close()
    return file.seq


def contents(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table of views.db, with names where numbers stand for them: the same for the same journal."""
    connection = sqlite3.connect(folder / "views.db")
    read = connection.execute
    names = {table: dict(read(f"SELECT id, name FROM {table}")) for table in ("owner", "agent", "payee", "kind")}
    names["kind"][0] = "faults"
    found: dict[str, list[tuple[object, ...]]] = {}
    for (table,) in read("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        cursor = read(f"SELECT * FROM {table}")
        columns = [column[0] for column in cursor.description]
        rows = []
        for row in cursor.fetchall():
            named = []
            for column, cell in zip(columns, row, strict=True):
                table_of = {"sender": "agent", "receiver": "agent"}.get(column, column)
                named.append(names[table_of][cell] if table_of in names else cell)
            rows.append(tuple(named))
        found[table] = rows
    found["agent"] = [row[1:] for row in found["agent"]]
    for table in ("owner", "payee", "kind"):
        found[table] = [row[1:] for row in found[table]]
    scopes = {2 * number: owner for number, owner in names["owner"].items()}
    scopes |= {2 * number + 1: ("agent", name) for number, name in names["agent"].items()}
    found["entry"] = [(scopes.get(row[0], row[0]), *row[1:]) for row in found["entry"]]
    connection.close()
    return {table: sorted(rows, key=repr) for table, rows in found.items()}


class Asking:
    """Views that close themselves: `async with Asking(folder) as views`."""

    def __init__(self, folder: Path) -> None:
        self.views = Views(folder)

    async def __aenter__(self) -> Views:
        await self.views.caught_up()
        return self.views

    async def __aexit__(self, *_: object) -> None:
        await self.views.close()


async def everything(own: Own, pids: tuple[Pid, ...] = ()) -> dict[str, object]:
    """The answer to every question."""
    found: dict[str, object] = {
        "counts": (await own.counts()).states,
        "agents": await own.agents(),
        "records": await own.records(limit=200),
        "faults": await own.faults(limit=200),
        "traffic": await own.traffic(),
    }
    for standing in ("live", "waiting", "ended", "failed", "all"):
        found[standing] = await own.processes(standing, limit=200)  # type: ignore[arg-type]
    for by in ("day", "agent", "model"):
        found[f"spend {by}"] = await own.spend(by)  # type: ignore[arg-type]
    for by in ("day", "agent"):
        found[f"outcomes {by}"] = await own.outcomes(by)  # type: ignore[arg-type]
    for agent in await own.agents():
        found[f"versions {agent.agent}"] = await own.versions(agent.agent)
    for pid in pids:
        found[f"{pid} one"] = await own.one(pid)
        found[f"{pid} turns"] = await own.turns(pid)
        found[f"{pid} calls"] = await own.calls(pid, limit=200)
        found[f"{pid} records"] = await own.records(pid=pid, limit=200)
        found[f"{pid} mail"] = [msgspec.structs.replace(row, body=bytes(row.body)) for row in await own.mail(pid)]
    return found


def on_loop(test: Callable[..., Coroutine[object, object, None]]) -> Callable[..., None]:
    """A test that is a coroutine."""

    @functools.wraps(test)
    def run(*args: object, **kwargs: object) -> None:
        asyncio.run(test(*args, **kwargs))

    return run

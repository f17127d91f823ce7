"""The yardstick: nothing but a group-committing SQLite journal, written as well as we know how.

A hundred producers on one event loop; each call is a record that is awaited until durable, then a record
that is not (it is durable before the next one of the same producer is). The rows are the kernel's own: same
columns, same bytes, a seal of 32 bytes, the same PRAGMAs, the same number of durable waits. What is missing
is everything else: programs, policy, ledger, hash chain, look-up by process, recovery.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

SCHEMA = (
    "CREATE TABLE journal (seq INTEGER PRIMARY KEY, pid INTEGER NOT NULL, turn INTEGER NOT NULL, "
    "at_ns INTEGER NOT NULL, body BLOB NOT NULL, seal BLOB NOT NULL)"
)
INSERT = "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)"
SEAL = bytes(32)
NOW_NS = 1_800_000_000_000_000_000

Row: TypeAlias = "tuple[int, int, int, int, bytes, bytes]"


class Journal:
    """Append records; a batch is committed while the next one gathers."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 4000", "cache_size = -16384"):
            self._database.execute(f"PRAGMA {pragma}")
        self.synchronous = int(self._database.execute("PRAGMA synchronous").fetchone()[0])
        self._database.execute(SCHEMA)
        self._thread = ThreadPoolExecutor(1)
        self._seq = 0
        self._rows: list[Row] = []
        self._waiters: list[asyncio.Future[None]] = []
        self._busy = False

    def append(self, pid: int, body: bytes) -> None:
        """Queue a record for the next commit."""
        self._seq += 1
        self._rows.append((self._seq, pid, 1, NOW_NS, body, SEAL))
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._commit)

    def durable(self) -> asyncio.Future[None]:
        """Done once everything appended so far is durable."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return waiter

    def _commit(self) -> None:
        rows, self._rows = self._rows, []
        waiters, self._waiters = self._waiters, []
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(INSERT, rows)
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._thread, self._database.execute, "COMMIT")
        future.add_done_callback(lambda done: self._committed(done, waiters))

    def _committed(self, done: asyncio.Future[object], waiters: list[asyncio.Future[None]]) -> None:
        done.result()
        for waiter in waiters:
            waiter.set_result(None)
        if self._rows:
            asyncio.get_running_loop().call_soon(self._commit)
        else:
            self._busy = False

    def close(self) -> None:
        """Let go."""
        self._thread.shutdown()
        self._database.close()


async def durable_calls(journal: Journal, *, producers: int, calls: int, intent: int, result: int) -> None:
    """Every producer makes its calls with records of these many bytes; returns when all are durable.

    With `result` 0 a call is one record and nothing is awaited, like the kernel's local calls.
    """
    first, second = b"x" * intent, b"y" * result

    async def produce(pid: int) -> None:
        for _ in range(calls):
            journal.append(pid, first)
            if second:
                await journal.durable()
                journal.append(pid, second)
            else:
                await asyncio.sleep(0)

    await asyncio.gather(*[produce(pid) for pid in range(1, producers + 1)])
    journal.append(0, b"{}")
    await journal.durable()

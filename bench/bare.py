"""The yardstick: nothing but a group-committing SQLite journal, written as well as we know how.

A hundred producers on one event loop; each call is a record that is awaited until durable, then a record
that is not (it is durable before the next one of the same producer is). Same bytes, same waits, same PRAGMAs
as the kernel; no processes, no policy, no ledger, no hash chain, no recovery.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SCHEMA = "CREATE TABLE journal (seq INTEGER PRIMARY KEY, pid INTEGER NOT NULL, body BLOB NOT NULL)"
INSERT = "INSERT INTO journal (pid, body) VALUES (?, ?)"


class Journal:
    """Append records; a batch is committed while the next one gathers."""

    def __init__(self, path: Path, *, rows_in_thread: bool) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("PRAGMA wal_autocheckpoint = 4000")
        self.synchronous = int(self._database.execute("PRAGMA synchronous").fetchone()[0])
        self._database.execute(SCHEMA)
        self._thread = ThreadPoolExecutor(1)
        self._rows_in_thread = rows_in_thread
        self._rows: list[tuple[int, bytes]] = []
        self._waiters: list[asyncio.Future[None]] = []
        self._busy = False

    def append(self, pid: int, body: bytes) -> None:
        """Queue a record for the next commit."""
        self._rows.append((pid, body))
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
        if not rows:
            self._busy = False
            for waiter in waiters:
                waiter.set_result(None)
            return
        loop = asyncio.get_running_loop()
        if self._rows_in_thread:
            future = loop.run_in_executor(self._thread, self._write, rows)
        else:
            self._insert(rows)
            future = loop.run_in_executor(self._thread, self._database.execute, "COMMIT")
        future.add_done_callback(lambda done: self._committed(done, waiters))

    def _insert(self, rows: list[tuple[int, bytes]]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(INSERT, rows)

    def _write(self, rows: list[tuple[int, bytes]]) -> None:
        self._insert(rows)
        self._database.execute("COMMIT")

    def _committed(self, done: asyncio.Future[object], waiters: list[asyncio.Future[None]]) -> None:
        done.result()
        for waiter in waiters:
            waiter.set_result(None)
        if self._rows or self._waiters:
            asyncio.get_running_loop().call_soon(self._commit)
        else:
            self._busy = False

    def close(self) -> None:
        """Let go."""
        self._thread.shutdown()
        self._database.close()


async def durable_calls(journal: Journal, *, producers: int, calls: int, intent: bytes, result: bytes) -> None:
    """Every producer makes its calls; returns when all are durable."""

    async def produce(pid: int) -> None:
        for _ in range(calls):
            journal.append(pid, intent)
            await journal.durable()
            journal.append(pid, result)

    await asyncio.gather(*[produce(pid) for pid in range(producers)])
    journal.append(0, b"{}")
    await journal.durable()

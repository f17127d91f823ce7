"""Requests that are not done twice: what was begun and answered under an Idempotency-Key.

    what = await repeats.begin("alice", key, digest)     # Begin | Known | the reasons why not
    ... do it ...
    repeats.end(what, status, headers, body)

How far it holds: a key is written down durably before anything is done, and the answer after it. So a request that is
sent again under its key, however often, by whichever connection, also after the kernel was killed and started again, is
never done a second time: it gets the first answer, or, where the kernel was killed in between, the word that nobody
knows whether it happened. Keys are forgotten KEPT_S after they were first used, and the oldest of more than KEYS_MAX.

Rules: keys are those of one owner and person; a key that comes with another request is refused.
Source: the IETF's draft on the Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header-07).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from ergos.base.clock import SECOND, Clock
from ergos.base.errors import StoreError

KEPT_S: Final = 24 * 3_600  # seconds a key is remembered: longer than any client goes on trying
KEYS_MAX: Final = 10_000  # keys remembered; of more the oldest are forgotten
ANSWER_BYTES_MAX: Final = 64 * 1024  # bytes of an answer that is kept; answers that start something are far smaller
FILE: Final = "api.db"

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS repeat (
    who TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (who, key)
) WITHOUT ROWID
"""


class First(msgspec.Struct, frozen=True):
    """A key that was not used before; the request is to be carried out."""

    who: str
    key: str


class Known(msgspec.Struct, frozen=True):
    """The answer it got."""

    status: int
    headers: dict[str, str]
    body: bytes


Not = Literal["other", "running", "lost"]
"""The key was used for another request; the first one is under way; nobody knows what came of the first one."""


class Repeats:
    """Of one home. The file is made when the first key comes."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path: Final = folder / FILE
        self._clock: Final = clock
        self._running: Final[set[tuple[str, str]]] = set()
        self._opened: sqlite3.Connection | None = None

    def begin(self, who: str, key: str, digest: str) -> First | Known | Not:
        """Note a request before it is carried out; durable on return. Raises: StoreError."""
        if (who, key) in self._running:
            return "running" if self._digest(who, key) == digest else "other"
        now_ns = self._clock.now_ns()
        try:
            table = self._table()
            table.execute("DELETE FROM repeat WHERE at_ns < ?", (now_ns - KEPT_S * SECOND,))
            row = table.execute(
                "SELECT digest, status, headers, body FROM repeat WHERE who = ? AND key = ?", (who, key)
            ).fetchone()
            if row is None:
                self._note(table, who, key, digest, now_ns)
                self._running.add((who, key))
                return First(who, key)
        except sqlite3.Error as error:
            raise _failed(error) from error
        if row[0] != digest:
            return "other"
        if not row[1]:
            return "lost"
        return Known(int(row[1]), msgspec.json.decode(row[2], type=dict[str, str]), bytes(row[3]))

    def end(self, first: First, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Note the answer; durable on return. One that is too large is not kept. Raises: StoreError."""
        self._running.discard((first.who, first.key))
        if len(body) > ANSWER_BYTES_MAX:
            return
        said = msgspec.json.encode(dict(headers)).decode()
        try:
            self._table().execute(
                "UPDATE repeat SET status = ?, headers = ?, body = ? WHERE who = ? AND key = ?",
                (status, said, body, first.who, first.key),
            )
        except sqlite3.Error as error:
            raise _failed(error) from error

    def drop(self, first: First) -> None:
        """Forget a request that was refused before anything was done. Raises: StoreError."""
        self._running.discard((first.who, first.key))
        try:
            self._table().execute("DELETE FROM repeat WHERE who = ? AND key = ?", (first.who, first.key))
        except sqlite3.Error as error:
            raise _failed(error) from error

    def leave(self, first: First) -> None:
        """It is no longer under way; without an answer by now, nobody knows what came of it."""
        self._running.discard((first.who, first.key))

    def close(self) -> None:
        """Let go of the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _digest(self, who: str, key: str) -> str:
        try:
            row = self._table().execute("SELECT digest FROM repeat WHERE who = ? AND key = ?", (who, key)).fetchone()
        except sqlite3.Error as error:
            raise _failed(error) from error
        return str(row[0]) if row is not None else ""

    def _note(self, table: sqlite3.Connection, who: str, key: str, digest: str, now_ns: int) -> None:
        table.execute("INSERT INTO repeat VALUES (?, ?, ?, ?, 0, '{}', '')", (who, key, digest, now_ns))
        count = int(table.execute("SELECT count(*) FROM repeat").fetchone()[0])
        if count > KEYS_MAX:
            table.execute(
                "DELETE FROM repeat WHERE (who, key) IN (SELECT who, key FROM repeat ORDER BY at_ns LIMIT ?)",
                (count - KEYS_MAX,),
            )

    def _table(self) -> sqlite3.Connection:
        """The file, opened. Raises: sqlite3.Error."""
        if self._opened is None:
            opened = sqlite3.connect(self._path, isolation_level=None)
            opened.execute("PRAGMA journal_mode = WAL")
            opened.execute("PRAGMA synchronous = FULL")
            opened.execute(_SCHEMA)
            self._path.chmod(0o600)
            self._opened = opened
        return self._opened


def _failed(error: sqlite3.Error) -> StoreError:
    return StoreError(f"{FILE} cannot be used: {error}", remedy="see that there is room, or remove the file")

"""Where peers want to be told of their tasks, and what they were not told yet: two tables of the index.

Rules: of one place the oldest comes first, and what has failed waits until its time; what is delivered is forgotten.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.ids import Pid
from ergos.buses.a2a.ports import PushConfig
from ergos.server.a2a_index import TaskIndex


class DueRow(msgspec.Struct, frozen=True):
    """A notification that was not delivered yet."""

    number: int
    pid: Pid
    config: PushConfig
    body: bytes
    tries: int
    at_ns: int


class Outbox:
    """Over an index."""

    def __init__(self, index: TaskIndex) -> None:
        self._index: Final = index

    def pushes(self, pid: Pid) -> list[PushConfig]:
        """Where a task's peer wants to be told."""
        rows = self._index.do("SELECT body FROM push WHERE pid = ? ORDER BY rowid", pid)
        return [msgspec.json.decode(row[0], type=PushConfig) for row in rows]

    def put_push(self, pid: Pid, config: PushConfig) -> None:
        """Set or replace one."""
        self._index.do("INSERT OR REPLACE INTO push VALUES (?,?,?)", pid, config.id, msgspec.json.encode(config))

    def drop_push(self, pid: Pid, config_id: str) -> None:
        """Take one back, with what was to be told there."""
        self._index.do("DELETE FROM push WHERE pid = ? AND id = ?", pid, config_id)
        self._index.do("DELETE FROM due WHERE pid = ? AND id = ?", pid, config_id)

    def put_due(self, pid: Pid, config_id: str, bodies: list[bytes], at_ns: int, most: int) -> None:
        """Note notifications; of one place only the last ones are kept."""
        for body in bodies:
            self._index.do(
                "INSERT INTO due (pid, id, body, tries, at_ns) VALUES (?,?,?,0,?)", pid, config_id, body, at_ns
            )
        self._index.do(
            "DELETE FROM due WHERE pid = ? AND id = ? AND number NOT IN "
            "(SELECT number FROM due WHERE pid = ? AND id = ? ORDER BY number DESC LIMIT ?)",
            pid, config_id, pid, config_id, most,
        )  # fmt: skip

    def due(self, limit: int) -> list[DueRow]:
        """The first notification of each place, the soonest first."""
        rows = self._index.do(
            "SELECT d.number, d.pid, p.body, d.body, d.tries, d.at_ns FROM due d JOIN push p ON p.pid = d.pid AND "
            "p.id = d.id WHERE d.number = (SELECT min(number) FROM due e WHERE e.pid = d.pid AND e.id = d.id) "
            "ORDER BY d.at_ns LIMIT ?",
            limit,
        )
        return [
            DueRow(row[0], Pid(row[1]), msgspec.json.decode(row[2], type=PushConfig), bytes(row[3]), row[4], row[5])
            for row in rows
        ]

    def delivered(self, number: int) -> None:
        """It was delivered, or is given up."""
        self._index.do("DELETE FROM due WHERE number = ?", number)

    def later(self, number: int, tries: int, at_ns: int) -> None:
        """It is to be tried again then."""
        self._index.do("UPDATE due SET tries = ?, at_ns = ? WHERE number = ?", tries, at_ns, number)

"""Counts over the tables of a store, for whoever watches a kernel from outside; beside the kernel, without a lock.

Rules: reads only; the count of processes looks at every row of the index or table, so it is asked for seldom.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from ergos.drivers.sqlite_open import SQLITE_ERRORS, connect, translated
from ergos.drivers.sqlite_reads import SqliteRows
from ergos.drivers.store_rows import item_of, number_of, text_of


class SqliteFigures(SqliteRows):
    """Of one store."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a store beside its kernel. Raises: StoreError."""
        try:
            return cls(connect(path, read_only=True))
        except SQLITE_ERRORS as error:
            raise translated(error) from error

    def states(self) -> dict[str, int]:
        """Processes by state, ended ones included. Cost: a look at every process."""
        return {
            text_of(row[0]): number_of(row[1])
            for row in self._all("SELECT state, count(*) FROM process GROUP BY state")
        }

    def inbox(self) -> tuple[int, int | None]:
        """How many items wait for owners, and when the oldest was asked."""
        count = number_of(self._all("SELECT count(*) FROM item WHERE open = 1")[0][0])
        oldest = self._all("SELECT body FROM item WHERE open = 1 ORDER BY id LIMIT 1")
        return count, item_of(oldest[0][0]).asked_ns if oldest else None

    def mail(self) -> int:
        """Messages that nobody has read yet."""
        return number_of(self._all("SELECT count(*) FROM mail")[0][0])

    def close(self) -> None:
        """Let go."""
        self._reader.close()

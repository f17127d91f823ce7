"""The rows of armed triggers as they are now: those of the store, and what was written a moment ago.

Rules: what was read is right until something else is awaited.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from ergos.base.ids import Pid
from ergos.kernel.rows import Watch
from ergos.runtime.machine import Machine
from ergos.runtime.population import Population
from ergos.runtime.residents import Resident, Rows

Key: TypeAlias = tuple[Pid, str]
"""Process and name of the trigger."""


class WatchRows:
    """All of them."""

    def __init__(self, machine: Machine, population: Population) -> None:
        self._machine: Final = machine
        self._population: Final = population
        self._rows: Final[dict[Key, tuple[Watch | None, int]]] = {}
        """What was written a moment ago, with the number of its change; the store is right about all others."""

    async def of(self, pid: Pid) -> dict[str, Watch]:
        """The armed triggers of a process, by name."""
        rows = {row.trigger.name: row for row in self.newest(await self._machine.store.watches(pid))}
        for (whose, name), (row, _) in self._rows.items():
            if whose == pid and row is not None:
                rows[name] = row
        return rows

    def newest(self, rows: Sequence[Watch]) -> list[Watch]:
        """Rows of the store as they are by now."""
        durable = self._machine.store.durable
        for key in [key for key, (_, number) in self._rows.items() if number <= durable]:
            del self._rows[key]
        now = [self._rows[key_of(row)][0] if key_of(row) in self._rows else row for row in rows]
        return [row for row in now if row is not None]

    async def at(self, key: Key) -> tuple[Watch | None, Resident | None]:
        """A trigger's row and its process, both as they are now: nothing else ran since they were read."""
        while True:
            found = await self._population.bring((key[0],))
            row = (await self.of(key[0])).get(key[1])
            resident = self._machine.table.get(key[0])
            if resident is not None or key[0] not in found:
                self._machine.tick()
                return row, resident

    def note(self, row: Watch, *, dropped: bool = False) -> None:
        """This row was submitted just now."""
        self._rows[key_of(row)] = (None if dropped else row, self._machine.submitted)

    def put(self, row: Watch) -> None:
        """Write a row alone."""
        self._machine.submit(None, (), Rows(watches_put=(row,)))
        self.note(row)


def key_of(row: Watch) -> Key:
    """Where a row stands."""
    return (row.pid, row.trigger.name)

"""The rows of armed triggers as they are now: those of the store, and what was written a moment ago.

Rules: what was read is right until something else is awaited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.base.limits import ERROR_CHARS_MAX
from ergos.kernel.rows import Watch
from ergos.kernel.triggers import Looked
from ergos.runtime.machine import Machine
from ergos.runtime.population import Population
from ergos.runtime.residents import Resident, Rows

AGAIN_S_MIN: Final = 5  # seconds between two looks of one trigger
HOUR_S: Final = 3_600
FAULT_S: Final = (60, 3_600)  # seconds until a look that failed is repeated: at first, and at most

Key: TypeAlias = tuple[Pid, str]
"""Process and name of the trigger."""
SOUND: Final[Mapping[str, Any]] = {"faults": 0, "fault": "", "faulty_ns": 0}
"""Of a row whose last look did not fail."""


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


def failed(row: Watch, looked: Looked, now_ns: int) -> Watch:
    """The row after a look that failed: why, since when, and when it is looked at again, later each time."""
    first, most = FAULT_S
    wait_s = min(first * 2 ** min(row.faults, 10), most)
    return msgspec.structs.replace(
        row,
        faults=row.faults + 1,
        fault=looked.fault[:ERROR_CHARS_MAX],
        faulty_ns=row.faulty_ns or now_ns,
        due_ns=max(looked.again_ns or 0, now_ns + wait_s * SECOND),
    )


def paced(row: Watch, count: int, now_ns: int) -> int:
    """Until when its happenings would take at its bound an hour, with so many more. Source: ITU-T I.371 (GCRA)."""
    if not count:
        return row.paced_ns
    return max(row.paced_ns, now_ns) + count * HOUR_S * SECOND // max(row.trigger.per_hour, 1)


def again(looked: Looked, paced_ns: int, now_ns: int) -> int | None:
    """When it is looked at next: what it asked for, not too soon, and later once there were more than it may tell.

    A whole hour's happenings may come at once; so one that was not at rest yet does not wait for those beside it.
    """
    open_ns = paced_ns - HOUR_S * SECOND
    if looked.again_ns is None:
        return open_ns if open_ns > now_ns else None
    return max(looked.again_ns, now_ns + AGAIN_S_MIN * SECOND, open_ns)

"""What must hold of triggers: each time is accounted for once, each happening is told once, in order.

Rules: judged from the records of what fired alone, apart from the code that fires. Raises BrokenError.
"""

from __future__ import annotations

from typing import Final

from ergos.base.clock import SECOND
from ergos.kernel.events import Fired
from ergos.sim.billing import expect

TICK_NS: Final = 300 * SECOND  # between two times of the simulated schedule


class Wakings:
    """Follows what fired."""

    def __init__(self) -> None:
        self.told: Final[set[int]] = set()
        """Messages that told something."""
        self.accounted: Final[dict[int, int]] = {}
        """Times of the schedule by process: met, made up for, left out or missed."""
        self._last: Final[dict[tuple[int, str], int]] = {}
        self._seen: Final[set[tuple[int, str, str]]] = set()

    def take(self, pid: int, body: Fired) -> None:
        """One more of them."""
        place = (pid, body.name, body.key)
        expect(place not in self._seen, f"{body.name} of {pid} told {body.key} twice")
        self._seen.add(place)
        expect(
            bool(body.mail) == (body.how != "skipped"), f"{body.name} of {pid} was {body.how} by message {body.mail}"
        )
        if body.mail:
            expect(body.mail not in self.told, f"message {body.mail} tells two things")
            self.told.add(body.mail)
        if body.due_ns is not None:
            self._timed(pid, body, body.due_ns)
        elif body.key.isdecimal() and body.name != "end":
            last = self._last.get((pid, body.name))
            expect(last is None or int(body.key) == last + 1, f"{body.name} of {pid}: {body.key} follows {last}")
            self._last[pid, body.name] = int(body.key)

    def _timed(self, pid: int, body: Fired, due_ns: int) -> None:
        """From one record to the next no time is lost or counted twice."""
        expect(due_ns % TICK_NS == 0, f"{body.name} of {pid} fired at {due_ns}, between two of its times")
        first = due_ns if body.since_ns is None else body.since_ns
        through = due_ns if body.through_ns is None else body.through_ns // TICK_NS * TICK_NS
        expect(body.missed == (due_ns - first) // TICK_NS, f"{body.name} of {pid} missed {body.missed} since {first}")
        last = self._last.get((pid, body.name))
        if last is not None:
            gap = (first - last) // TICK_NS
            expect(gap == 1, f"{body.name} of {pid}: {gap} times from one record to what the next stands for")
        self._last[pid, body.name] = through
        self.accounted[pid] = self.accounted.get(pid, 0) + (through - first) // TICK_NS + 1

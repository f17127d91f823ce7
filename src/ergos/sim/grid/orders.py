"""Orders of calls that wait, as published: what `late_binding.LateBinding` is given.

    Fifo         first come, first served
    Vtc          the owner who has had least: virtual token counters
    Plas         the program that has had least, in levels: Autellix
    Shortest     the program that needs least from now on, as its wants declare it

Rules: pure; a tie goes to whoever came first. Source: Sheng and others 2024 (VTC), Luo and others 2025 (Autellix),
Schrage 1968 (shortest remaining first).
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import Final

from ergos.base.ids import Pid
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import Ended, Want
from ergos.sim.grid.late_binding import Flying

VTC_READ_WEIGHT: Final = 1.0
VTC_WRITE_WEIGHT: Final = 2.0
PLAS_LEVELS: Final = 10
PLAS_QUANTUM_NS: Final = 1_000_000_000  # of the first level; each next one is twice as long
PLAS_STARVED: Final = 4.0  # times its service that a call's program waits before it is lifted to the first level


class Plain:
    """An order that nothing changes but arrivals."""

    def served(self, flying: Flying, ended: Ended, now_ns: int) -> None:
        """Of no interest."""

    def forget(self, program: Pid) -> None:
        """Of no interest."""


class Fifo(Plain):
    """In order of arrival."""

    def __init__(self) -> None:
        self._queue: Final[dict[Ticket, Want]] = {}

    def push(self, want: Want, now_ns: int) -> None:
        """Last."""
        del now_ns
        self._queue[want.ticket] = want

    def first(self, now_ns: int) -> Want | None:
        """The oldest."""
        del now_ns
        return next(iter(self._queue.values()), None)

    def pop(self, want: Want, now_ns: int) -> None:
        """It is sent."""
        del now_ns
        del self._queue[want.ticket]

    def remove(self, ticket: Ticket) -> None:
        """It waits no more."""
        self._queue.pop(ticket, None)


class Vtc(Plain):
    """The owner with the least counter first; who begins to wait is lifted to the least of those that wait."""

    def __init__(self) -> None:
        self.counters: Final[dict[str, float]] = {}
        self._queues: Final[dict[str, dict[Ticket, Want]]] = {}
        self._last = 0.0

    def push(self, want: Want, now_ns: int) -> None:
        """Last of its owner's."""
        del now_ns
        queue = self._queues.get(want.owner)
        if queue is None:
            counters = [self.counters[owner] for owner in self._queues]
            lift = min(counters) if counters else self._last
            self.counters[want.owner] = max(self.counters.get(want.owner, 0.0), lift)
            queue = self._queues[want.owner] = {}
        queue[want.ticket] = want

    def first(self, now_ns: int) -> Want | None:
        """The oldest of the owner that has had least."""
        del now_ns
        if not self._queues:
            return None
        owner = min(self._queues, key=lambda owner: (self.counters[owner], owner))
        return next(iter(self._queues[owner].values()))

    def pop(self, want: Want, now_ns: int) -> None:
        """It is sent: its prompt is counted at once."""
        del now_ns
        self.counters[want.owner] += VTC_READ_WEIGHT * want.input_tokens
        self._last = self.counters[want.owner]
        self._leave_queue(want.ticket, want.owner)

    def remove(self, ticket: Ticket) -> None:
        """It waits no more."""
        for owner, queue in list(self._queues.items()):
            if ticket in queue:
                self._leave_queue(ticket, owner)

    def served(self, flying: Flying, ended: Ended, now_ns: int) -> None:
        """What it wrote is counted."""
        del now_ns
        self.counters[flying.want.owner] += VTC_WRITE_WEIGHT * ended.usage.output_tokens

    def _leave_queue(self, ticket: Ticket, owner: str) -> None:
        queue = self._queues[owner]
        del queue[ticket]
        if not queue:
            del self._queues[owner]


class Attained:
    """What a program has had, and since when it waits."""

    __slots__ = ("level", "service_ns", "waited_ns")

    def __init__(self) -> None:
        self.level = 0
        self.service_ns = 0
        self.waited_ns = 0


class Plas(Plain):
    """The program with the least attained service first, in levels of doubling length; within one, the oldest."""

    def __init__(self) -> None:
        self._levels: Final[list[deque[tuple[Want, int]]]] = [deque() for _ in range(PLAS_LEVELS)]
        self._gone: Final[set[Ticket]] = set()
        self._had: Final[dict[Pid, Attained]] = {}

    def attained(self, want: Want) -> Attained:
        """Of the program, with all that it waits for."""
        return self._had.setdefault(want.parent or want.program, Attained())

    def push(self, want: Want, now_ns: int) -> None:
        """Last of its level."""
        self._gone.discard(want.ticket)
        self._levels[self.attained(want).level].append((want, now_ns))

    def first(self, now_ns: int) -> Want | None:
        """The oldest of the first level that has any; whoever starves comes before."""
        found: Want | None = None
        for level in self._levels:
            while level and level[0][0].ticket in self._gone:
                self._gone.discard(level.popleft()[0].ticket)
            if not level:
                continue
            want, since_ns = level[0]
            if found is None:
                found = want
            elif self._starves(want, now_ns - since_ns):
                return want
        return found

    def pop(self, want: Want, now_ns: int) -> None:
        """It is sent."""
        for level in self._levels:
            if level and level[0][0] is want:
                _, since_ns = level.popleft()
                had = self.attained(want)
                if self._starves(want, now_ns - since_ns):
                    had.waited_ns = had.service_ns = had.level = 0
                else:
                    had.waited_ns += now_ns - since_ns
                return

    def remove(self, ticket: Ticket) -> None:
        """It waits no more."""
        self._gone.add(ticket)

    def served(self, flying: Flying, ended: Ended, now_ns: int) -> None:
        """Its time under way counts for the program."""
        del ended
        had = self.attained(flying.want)
        had.service_ns += now_ns - flying.sent_ns
        had.level = min((had.service_ns // PLAS_QUANTUM_NS).bit_length(), PLAS_LEVELS - 1)

    def forget(self, program: Pid) -> None:
        """A program is over."""
        self._had.pop(program, None)

    def _starves(self, want: Want, waits_ns: int) -> bool:
        had = self.attained(want)
        return had.service_ns > 0 and had.waited_ns + waits_ns >= PLAS_STARVED * had.service_ns


class Shortest(Plain):
    """Least declared work first; a child counts as the program that waits for it."""

    def __init__(self) -> None:
        self._left: Final[dict[Pid, int]] = {}
        self._heap: list[tuple[int, int, Want]] = []
        self._gone: Final[set[Ticket]] = set()
        self._count = 0

    def push(self, want: Want, now_ns: int) -> None:
        """By what its program still needs."""
        del now_ns
        if want.remaining_tokens is not None:
            self._left[want.program] = want.remaining_tokens
        left = self._left.get(want.parent or want.program, 0)
        self._count += 1
        self._gone.discard(want.ticket)
        heapq.heappush(self._heap, (left, self._count, want))

    def first(self, now_ns: int) -> Want | None:
        """The one whose program needs least."""
        del now_ns
        while self._heap and self._heap[0][2].ticket in self._gone:
            self._gone.discard(heapq.heappop(self._heap)[2].ticket)
        return self._heap[0][2] if self._heap else None

    def pop(self, want: Want, now_ns: int) -> None:
        """It is sent."""
        del want, now_ns
        heapq.heappop(self._heap)

    def remove(self, ticket: Ticket) -> None:
        """It waits no more."""
        self._gone.add(ticket)

    def forget(self, program: Pid) -> None:
        """A program is over."""
        self._left.pop(program, None)

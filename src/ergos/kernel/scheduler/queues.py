"""Which waiting call runs next: first come, first served, under a concurrency limit for each driver queue.

Rules: pure; the order depends on arrivals and completions alone; bounded. This is the first version behind
the seam: owners' shares, program-level order, placement and overload control replace the body of `arrive`
and `leave`, not their signatures. This file knows nothing of policy or ledger.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

from ergos.base.ids import Pid
from ergos.base.limits import CONCURRENCY_DEFAULT, QUEUE_CALLS_MAX


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """One call in a queue."""

    pid: Pid
    key: str
    queue: str


class Queue:
    """One driver's queue."""

    def __init__(self, concurrency: int) -> None:
        assert concurrency > 0, concurrency
        self.concurrency = concurrency
        self.running: set[Ticket] = set()
        self.waiting: deque[Ticket] = deque()


class Scheduler:
    """All queues. `arrive` and `leave` return the calls to start now, in order."""

    def __init__(self, concurrency: dict[str, int] | None = None) -> None:
        self._limits: Final = concurrency or {}
        self.queues: dict[str, Queue] = {}

    def full(self, queue: str) -> bool:
        """Whether one more call would pass the bound."""
        found = self.queues.get(queue)
        return found is not None and len(found.waiting) >= QUEUE_CALLS_MAX

    def arrive(self, ticket: Ticket) -> tuple[Ticket, ...]:
        """A call wants to run. Cost: O(1)."""
        queue = self.queues.get(ticket.queue)
        if queue is None:
            limit = self._limits.get(ticket.queue, CONCURRENCY_DEFAULT)
            queue = self.queues[ticket.queue] = Queue(limit)
        if len(queue.running) < queue.concurrency and not queue.waiting:
            queue.running.add(ticket)
            return (ticket,)
        queue.waiting.append(ticket)
        return ()

    def leave(self, ticket: Ticket) -> tuple[Ticket, ...]:
        """A call has finished, or was withdrawn while it waited. Cost: O(1) unless it waited."""
        queue = self.queues[ticket.queue]
        if ticket in queue.running:
            queue.running.discard(ticket)
        elif ticket in queue.waiting:
            queue.waiting.remove(ticket)
        started: list[Ticket] = []
        while queue.waiting and len(queue.running) < queue.concurrency:
            ticket = queue.waiting.popleft()
            queue.running.add(ticket)
            started.append(ticket)
        return tuple(started)

"""Gateways that hold nothing back: each call is sent at once, and the engine's own queue decides.

    RoundRobin   as LiteLLM's default router: replicas in turn
    Affinity     as KubeAI's prefix hashing: a program's calls go to the replica its beginning hashes to, or the next on
                 the ring whose load is within a bound of the mean (consistent hashing with bounded loads)
    Barrier      as AIOS's scheduler: once a second everything that waits becomes a batch; the next batch, and every
                 caller of this one, waits for the slowest of this one

Rules: `policies.Policy`; they look at nothing but what they are told; as published. Source: Mirrokni, Thorup,
Zadimoghaddam 2018 for the bound.
"""

from __future__ import annotations

import hashlib
from bisect import bisect
from math import ceil
from typing import Final

from ergos.base.ids import Pid
from ergos.kernel.models import Hints
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import NOTHING, Ended, Plan, Rejection, Start, Want

LOAD_BOUND: Final = 1.25  # times the mean load
RING_POINTS: Final = 256  # of one replica on the ring
BATCH_INTERVAL_NS: Final = 1_000_000_000  # between batches, from the end of one
RESENDINGS_MAX: Final = 3  # after a failure of the engine, as clients of gateways are set up


def start(want: Want, endpoint: str) -> Start:
    """Send a call, with the hint that every gateway gives."""
    return Start(ticket=want.ticket, endpoint=endpoint, hints=Hints(session=str(want.program)))


class PassThrough:
    """What all gateways that hold nothing back share: a call that fails is sent again a few times."""

    def __init__(self, endpoints: tuple[str, ...]) -> None:
        self.endpoints: Final = endpoints
        self.loads: Final = dict.fromkeys(endpoints, 0)
        """Calls under way at each."""
        self._wants: Final[dict[Ticket, tuple[Want, int]]] = {}

    def choose(self, want: Want) -> str:
        """Where a call goes: to the least loaded."""
        del want
        return min(self.endpoints, key=lambda name: self.loads[name])

    def send(self, want: Want, failures: int = 0) -> Start:
        """Send it now."""
        endpoint = self.choose(want)
        self.loads[endpoint] += 1
        self._wants[want.ticket] = (want, failures)
        return start(want, endpoint)

    def arrive(self, want: Want, now_ns: int) -> Plan:
        """Sent at once."""
        del now_ns
        return Plan(starts=(self.send(want),))

    def first_token(self, ticket: Ticket, endpoint: str, now_ns: int) -> Plan:
        """Of no interest."""
        del ticket, endpoint, now_ns
        return NOTHING

    def leave(self, ended: Ended, now_ns: int) -> Plan:
        """An end; after a failure it is sent again."""
        del now_ns
        self.loads[ended.endpoint] -= 1
        want, failures = self._wants.pop(ended.ticket)
        if ended.final:
            return NOTHING
        if failures >= RESENDINGS_MAX:
            return Plan(rejections=(Rejection(ticket=ended.ticket, why="it failed too often"),))
        return Plan(starts=(self.send(want, failures + 1),))

    def withdraw(self, ticket: Ticket, now_ns: int) -> Plan:
        """Nothing ever waits here."""
        del ticket, now_ns
        return NOTHING

    def tick(self, now_ns: int) -> Plan:
        """Of no interest."""
        del now_ns
        return NOTHING

    def program_ended(self, pid: Pid, now_ns: int) -> Plan:
        """Of no interest."""
        del pid, now_ns
        return NOTHING

    def answers(self, ticket: Ticket) -> tuple[Ticket, ...]:
        """Each its own."""
        return (ticket,)


class RoundRobin(PassThrough):
    """Replicas in turn."""

    def __init__(self, endpoints: tuple[str, ...]) -> None:
        super().__init__(endpoints)
        self._turn = 0

    def choose(self, want: Want) -> str:
        """The next one."""
        del want
        self._turn += 1
        return self.endpoints[self._turn % len(self.endpoints)]


class Ring:
    """Consistent hashing with bounded loads."""

    def __init__(self, endpoints: tuple[str, ...]) -> None:
        points = sorted((_point(f"{name} {number}"), name) for name in endpoints for number in range(RING_POINTS))
        self._points: Final = [point for point, _ in points]
        self._names: Final = [name for _, name in points]

    def choose(self, key: str, loads: dict[str, int]) -> str:
        """The first replica from the key's point on that one more call does not lift over the bound."""
        most = ceil(LOAD_BOUND * (sum(loads.values()) + 1) / len(loads))
        begin = bisect(self._points, _point(key))
        names = self._names
        for step in range(len(names)):
            name = names[(begin + step) % len(names)]
            if loads[name] + 1 <= most:
                return name
        return names[begin % len(names)]


def _point(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


class Affinity(PassThrough):
    """By the program's beginning, within bounded loads."""

    def __init__(self, endpoints: tuple[str, ...]) -> None:
        super().__init__(endpoints)
        self._ring: Final = Ring(endpoints)

    def choose(self, want: Want) -> str:
        """Where its program's calls go, unless too many do."""
        return self._ring.choose(str(want.program), self.loads)


class Barrier(PassThrough):
    """Bulk-synchronous batches."""

    def __init__(self, endpoints: tuple[str, ...]) -> None:
        super().__init__(endpoints)
        self._turn = 0
        self._waiting: list[Want] = []
        self._batch: set[Ticket] = set()
        self._answered: list[Ticket] = []
        self._next_ns: int | None = None
        self._ended_ns = 0

    def choose(self, want: Want) -> str:
        """Replicas in turn."""
        del want
        self._turn += 1
        return self.endpoints[self._turn % len(self.endpoints)]

    def arrive(self, want: Want, now_ns: int) -> Plan:
        """It waits for the next batch."""
        self._waiting.append(want)
        if self._next_ns is None and not self._batch:
            intervals = max(1, -(-(now_ns - self._ended_ns) // BATCH_INTERVAL_NS))
            self._next_ns = self._ended_ns + intervals * BATCH_INTERVAL_NS
        return Plan(next_ns=self._next_ns)

    def tick(self, now_ns: int) -> Plan:
        """The interval is over: all that waits is the next batch."""
        if self._next_ns is None or now_ns < self._next_ns:
            return Plan(next_ns=self._next_ns)
        self._next_ns = None
        wants, self._waiting = self._waiting, []
        self._batch = {want.ticket for want in wants}
        self._answered = []
        return Plan(starts=tuple(self.send(want) for want in wants))

    def leave(self, ended: Ended, now_ns: int) -> Plan:
        """With the slowest of a batch begins the next interval."""
        plan = super().leave(ended, now_ns)
        if ended.kind == "done":
            self._answered.append(ended.ticket)
        if ended.final or plan.rejections:
            self._batch.discard(ended.ticket)
        if not self._batch and self._next_ns is None:
            self._ended_ns = now_ns
            self._next_ns = now_ns + BATCH_INTERVAL_NS if self._waiting else None
        return Plan(starts=plan.starts, rejections=plan.rejections, next_ns=self._next_ns)

    def first_token(self, ticket: Ticket, endpoint: str, now_ns: int) -> Plan:
        """Of no interest."""
        del ticket, endpoint, now_ns
        return Plan(next_ns=self._next_ns)

    def withdraw(self, ticket: Ticket, now_ns: int) -> Plan:
        """It is not in the next batch."""
        del now_ns
        self._waiting = [want for want in self._waiting if want.ticket != ticket]
        return Plan(next_ns=self._next_ns)

    def program_ended(self, pid: Pid, now_ns: int) -> Plan:
        """Of no interest."""
        del pid, now_ns
        return Plan(next_ns=self._next_ns)

    def answers(self, ticket: Ticket) -> tuple[Ticket, ...]:
        """All of the batch, with its slowest."""
        del ticket
        if self._batch:
            return ()
        answered, self._answered = self._answered, []
        return tuple(answered)

"""Waiting calls: a lane for each set of endpoints, in it a queue for each owner, in that heaps by rank.

A call of a protected program needs only a free slot and stands in the warm heap; the others need room as well and
stand in the cold one. A third heap knows the oldest family.

Rules: entering and leaving cost O(log n); an entry that is no longer its call's own is stale, and dropped when met.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from math import inf
from typing import Final, Literal

from ergos.kernel.scheduler.programs import URGENT, Account, Call

Entry = tuple[int, float, int, Call]
"""Tier, value, sequence number, call: the least runs first."""
Heat = Literal["warm", "cold"]
STALE_SHARE: Final = 4
"""A heap that is this many times longer than the calls in it is cleaned."""


class OwnerQueue:
    """The calls of one owner that wait in one lane."""

    __slots__ = ("account", "calls", "cold", "level", "looked", "oldest", "warm")

    def __init__(self, account: Account) -> None:
        self.account = account
        self.level = 0
        """Of its owner's right to start; 0 is the best."""
        self.looked = 0
        """The worst it was at a look since all endpoints were looked at: what it could not take may still be there."""
        self.calls = 0
        self.warm: list[Entry] = []
        self.cold: list[Entry] = []
        self.oldest: list[tuple[int, int, Call]] = []

    def put(self, call: Call, heat: Heat) -> None:
        """Enter a call, or enter it anew because its rank or its heat changed."""
        rank = call.program.rank
        entry: Entry = (rank.tier, rank.value, call.seq, call)
        if call.queue is not self:
            call.queue = self
            self.calls += 1
            heappush(self.oldest, (call.program.family.born, call.seq, call))
        call.entry = entry
        heap = self.warm if heat == "warm" else self.cold
        heappush(heap, entry)
        if len(heap) > 64 and len(heap) > STALE_SHARE * self.calls:
            heap[:] = [each for each in heap if each[3].entry is each]
            heapify(heap)

    def drop(self, call: Call) -> None:
        """Take a call out."""
        assert call.queue is self, call.want.ticket
        call.queue = call.entry = None
        self.calls -= 1
        if len(self.oldest) > 64 and len(self.oldest) > STALE_SHARE * self.calls:
            self.oldest = [each for each in self.oldest if each[2].queue is self]
            heapify(self.oldest)

    @staticmethod
    def top(heap: list[Entry]) -> Entry | None:
        """The best valid entry."""
        while heap:
            entry = heap[0]
            if entry[3].entry is entry:
                return entry
            heappop(heap)
        return None

    def eldest(self) -> Call | None:
        """A waiting call of the family that began first."""
        while self.oldest:
            call = self.oldest[0][2]
            if call.queue is self:
                return call
            heappop(self.oldest)
        return None


class Lane:
    """The calls that may run on the same endpoints."""

    __slots__ = (
        "_small",
        "calls",
        "endpoints",
        "floor",
        "held",
        "queues",
        "reserved",
        "urgent",
        "wake_ns",
        "warm",
    )

    def __init__(self, endpoints: tuple[str, ...]) -> None:
        self.endpoints: Final = endpoints
        self.queues: Final[dict[str, OwnerQueue]] = {}
        """Of owners that have something waiting, and only of those."""
        self.calls = 0
        self.urgent = 0
        """Of the calls, those with a near deadline."""
        self.held: Call | None = None
        """The best call that waits for nothing but a rate."""
        self.warm = 0
        """Of the calls, those that need only a slot."""
        self.floor = 0.0
        """The least counter of those who waited here; it only grows."""
        self.reserved: Call | None = None
        """The call for which an endpoint keeps room, having waited too long."""
        self.wake_ns: int | None = None
        """When time alone may let something start."""
        self._small: list[tuple[int, int, Call]] = []

    def put(self, call: Call, heat: Heat) -> None:
        """A call waits."""
        owner = call.want.owner
        queue = self.queues.get(owner)
        if queue is None:
            queue = self.queues[owner] = OwnerQueue(call.program.account)
        if call.queue is None:
            self.calls += 1
        if heat == "cold" and not call.noted:
            call.noted = True
            self._note(call)
        warm = heat == "warm"
        self.warm += warm - call.warm
        call.warm = warm
        urgent = call.program.rank.tier <= URGENT
        self.urgent += urgent - call.urgent
        call.urgent = urgent
        queue.put(call, heat)

    def _note(self, call: Call) -> None:
        heappush(self._small, (call.room, call.seq, call))
        if len(self._small) > 64 and len(self._small) > STALE_SHARE * self.calls:
            self._small = [each for each in self._small if self._waits(each[2])]
            heapify(self._small)

    def _waits(self, call: Call) -> bool:
        return call.queue is not None and call.endpoints == self.endpoints

    def smallest(self) -> float:
        """No call that needs room needs less than so many tokens."""
        while self._small and not self._waits(self._small[0][2]):
            heappop(self._small)
        return self._small[0][0] if self._small else inf

    def drop(self, call: Call) -> None:
        """A call waits no longer."""
        owner = call.want.owner
        queue = self.queues[owner]
        queue.drop(call)
        self.urgent -= call.urgent
        self.warm -= call.warm
        call.noted = call.urgent = call.warm = False
        self.calls -= 1
        if not queue.calls:
            del self.queues[owner]

    def least(self) -> OwnerQueue:
        """Of the owners that wait here, the one that had least; the lane is not empty. Cost: O(owners)."""
        found: OwnerQueue | None = None
        virtual = inf
        for queue in self.queues.values():
            if queue.account.virtual < virtual or found is None:
                found, virtual = queue, queue.account.virtual
        assert found is not None
        return found

    def wake(self, when_ns: int | None) -> None:
        """Look again by then; None: no need."""
        if when_ns is not None and (self.wake_ns is None or when_ns < self.wake_ns):
            self.wake_ns = when_ns

"""Which waiting call starts where, now.

In a lane: of the owners that are not ahead of the least by more than Q, the call that ranks best and fits; when
none of theirs fits, of those up to the bypass; then nobody, until the least owner's call fits. A part of the service
goes to the oldest family of the least owner, whatever its rank, if it fits.

Rules: pure; a decision looks at a bounded number of calls, however many wait.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import Final

from ergos.kernel.scheduler.admission import Admission, release
from ergos.kernel.scheduler.endpoint import Endpoint
from ergos.kernel.scheduler.lanes import Entry, Heat, Lane, OwnerQueue
from ergos.kernel.scheduler.placement import Spot
from ergos.kernel.scheduler.programs import FIRST, Call, Program, Rank
from ergos.kernel.scheduler.share import Shares
from ergos.kernel.scheduler.spots import LOOK_AGAIN_NS, Places, Spots
from ergos.kernel.scheduler.wants import Rules

LOOK_MAX: Final = 16
"""Calls looked at in one decision, but at least the best one of each owner."""
RIGHTFUL: Final = 0
BYPASS: Final = 1
NONE: Final = 2
"""An owner's right to start: within Q; only where nothing of those fits; none."""
CREDIT_MAX: Final = 1_000_000.0
"""Weighted tokens of turns that the oldest families could not take and keep."""
LANES_MAX: Final = 1_024
"""Sets of endpoints remembered; of more, one with nothing waiting is forgotten."""


class Choice:
    """A call, its place, and the counter above which owners had no right."""

    __slots__ = ("call", "least", "limit", "oldest", "rank", "spot")

    def __init__(self, call: Call, rank: Rank, spot: Spot, limit: float, *, oldest: bool = False) -> None:
        self.call = call
        self.rank = rank
        self.spot = spot
        self.limit = limit
        self.oldest = oldest
        """It was the oldest family's turn, whatever its rank."""
        self.least = True
        """Its owner had least, so that this start may give others a right."""


class Dispatcher:
    """The lanes, and how to choose from them."""

    def __init__(self, rules: Rules, endpoints: dict[str, Endpoint], shares: Shares) -> None:
        self._rules: Final = rules
        self._endpoints: Final = endpoints
        self._shares: Final = shares
        self.admission: Final = Admission(rules)
        self._spots: Final = Spots(endpoints, self.admission)
        self.lanes: Final[dict[tuple[str, ...], Lane]] = {}
        self._credit = 0.0
        """Weighted tokens that the oldest families may still be given out of turn."""

    # The lanes

    def heat(self, call: Call) -> Heat:
        """Whether a call needs no more than a slot."""
        if call.program.protected in call.endpoints:
            return "warm"
        for name in call.endpoints:
            endpoint = self._endpoints.get(name)
            if endpoint is not None and endpoint.spec.limits.kv_tokens is not None:
                return "cold"
        return "warm"

    def put(self, call: Call) -> Lane:
        """A call waits; its owner is lifted if it had nothing waiting there."""
        lane = self.lanes.get(call.endpoints)
        if lane is None:
            if len(self.lanes) >= LANES_MAX:
                self._forget()
            lane = self.lanes[call.endpoints] = Lane(call.endpoints)
        if call.want.owner not in lane.queues:
            self._shares.lift(call.want.owner, lane.floor)
        lane.put(call, self.heat(call))
        call.program.account.waiting += 1
        call.program.waiting[call.seq] = call
        return lane

    def drop(self, call: Call) -> None:
        """A call waits no longer."""
        lane = self.lanes[call.endpoints]
        lane.drop(call)
        call.program.account.waiting -= 1
        call.program.waiting.pop(call.seq, None)
        if lane.reserved is call:
            self._unreserve(lane)

    def rerank(self, programs: Iterable[Program]) -> None:
        """Enter the waiting calls of programs anew, because their rank or heat changed."""
        for program in programs:
            for call in program.waiting.values():
                self.lanes[call.endpoints].put(call, self.heat(call))

    def _forget(self) -> None:
        for key, lane in self.lanes.items():
            if not lane.calls:
                del self.lanes[key]
                return

    # The choice

    def choose(self, lane: Lane, only: Collection[str] | None, now_ns: int) -> Choice | None:
        """The next call to start in a lane; None: nothing can.

        `only`: the endpoints where something changed; elsewhere nothing can start unless an owner gained a right
        since all of them were looked at. Cost: O(owners + log n).
        """
        least, gained = self._levels(lane)
        everywhere = only is None or gained
        places = self._spots.places(lane, None if everywhere else only, now_ns)
        found = self._look(lane, least, places, now_ns) if places else None
        if found is None:
            for queue in lane.queues.values():
                if everywhere or queue.level > queue.looked:
                    queue.looked = queue.level
        return found

    def consider(self, lane: Lane, call: Call, now_ns: int) -> Choice | None:
        """Whether a call that just came can start: unless an owner gained a right no other can. Cost: O(owners)."""
        least, gained = self._levels(lane)
        if gained:
            return self.choose(lane, None, now_ns)
        queue = lane.queues[call.want.owner]
        queue.looked = max(queue.looked, queue.level)
        if queue.level > BYPASS:
            return None
        rank = call.program.rank
        held = lane.held
        if held is not None and held.queue is not None and held.program.rank <= rank:
            return self.choose(lane, None, now_ns)  # a better one waits for a rate that this one must not use up
        limit = least.account.virtual + self._rules.quantum_tokens
        spot = self._spots.find(lane, call, rank, None, limit, now_ns)
        if spot is None:
            return None
        choice = Choice(call, rank, spot, limit)
        choice.least = queue is least
        return choice

    def _levels(self, lane: Lane) -> tuple[OwnerQueue, bool]:
        """The owner that had least, and whether one gained a right since all was looked at. Cost: O(owners)."""
        least = lane.least()
        virtual = least.account.virtual
        lane.floor = max(lane.floor, virtual)
        limit = virtual + self._rules.quantum_tokens
        bypass = virtual + self._rules.bypass * self._rules.quantum_tokens
        gained = False
        for queue in lane.queues.values():
            virtual = queue.account.virtual
            level = queue.level = RIGHTFUL if virtual <= limit else BYPASS if virtual <= bypass else NONE
            if level < queue.looked:
                gained = True
        return least, gained

    def _look(self, lane: Lane, least: OwnerQueue, places: Places, now_ns: int) -> Choice | None:
        limit = least.account.virtual + self._rules.quantum_tokens
        lane.held = None
        turn = lane.reserved or (least.eldest() if self._credit > 0 and not lane.urgent else None)
        if turn is not None:
            spot = None
            if any(
                turn.room <= each.room_max - each.in_flight or not each.running for group in places for each in group
            ):
                spot = self._spots.find(lane, turn, FIRST, places, limit, now_ns)
            if spot is not None:
                return Choice(turn, turn.program.rank, spot, limit, oldest=True)
            self._reserve(lane, turn, now_ns)
        most = self._spots.most(places, limit, now_ns)
        if not math.isinf(most):
            lane.wake(now_ns + LOOK_AGAIN_NS)
            if lane.smallest() > most and not lane.warm and not lane.urgent:
                return None
        first, then = self._candidates(lane, most)
        return self._best(lane, first, places, limit, now_ns) or self._best(lane, then, places, limit, now_ns)

    @staticmethod
    def _candidates(lane: Lane, most: float) -> tuple[list[Entry], list[Entry]]:
        """The best calls of the rightful owners, best first, and of those who may pass them.

        Calls that need more room than there is are left out. Cost: O(owners).
        """
        found: tuple[list[Entry], list[Entry], list[Entry]] = ([], [], [])
        few = LOOK_MAX // len(lane.queues)
        warm, urgent = lane.warm > 0, lane.urgent > 0
        for queue in lane.queues.values():
            seen = found[queue.level]
            if warm and queue.warm and OwnerQueue.top(queue.warm) is not None:
                # The first places of a heap hold its best entries, nearly in order.
                seen += [entry for entry in queue.warm[: few or 1] if entry[3].entry is entry]
            heap = queue.cold
            if not heap:
                continue
            entry = heap[0]
            if entry[3].entry is not entry and OwnerQueue.top(heap) is None:
                continue
            if few > 1:
                seen += [entry for entry in heap[:few] if entry[3].entry is entry]
            elif heap[0][3].room <= most or urgent:
                seen.append(heap[0])
        first, then, _ = found
        first.sort()
        then.sort()
        return first, then

    def _reserve(self, lane: Lane, call: Call, now_ns: int) -> None:
        """The oldest family fits nowhere: if its call waited too long, room is kept for it at the emptiest place."""
        if lane.reserved is not None or now_ns - call.arrived_ns <= self._rules.patience_ns:
            return
        rooms = [each for each in self._at(lane) if each.reserved is None and not math.isinf(each.room_max)]
        if rooms:
            lane.reserved = call
            min(rooms, key=lambda each: (each.in_flight, each.spec.name)).reserved = call

    def _best(self, lane: Lane, seen: list[Entry], places: Places, limit: float, now_ns: int) -> Choice | None:
        """The first of these calls that can start."""
        for entry in seen:
            rank = Rank(entry[0], entry[1])
            spot = self._spots.find(lane, entry[3], rank, places, limit, now_ns)
            if spot is not None:
                return Choice(entry[3], rank, spot, limit)
            if self._spots.all_closed(places):
                return None
        return None

    def admit(self, choice: Choice, charge: float, now_ns: int) -> None:
        """The choice was sent: its program is in the working set of its place, others may have to leave it."""
        endpoint, program = choice.spot.endpoint, choice.call.program
        self._credit = min(CREDIT_MAX, self._credit + self._rules.oldest_share * charge)
        if choice.oldest:
            fresh = program.protected != endpoint.spec.name and not math.isinf(endpoint.room_max)
            self._credit -= max(self._rules.lease_tokens, program.family.attained) if fresh else charge
        if program.protected and program.protected != endpoint.spec.name:
            before = self._endpoints.get(program.protected)
            if before is not None:
                release(before, program)
        if not math.isinf(endpoint.room_max):
            displaced = self.admission.admit(endpoint, program, choice.rank, choice.limit, now_ns)
            self.rerank([program, *displaced])

    def changed(self) -> None:
        """Endpoints came, went, or are described anew."""
        self._spots.changed()

    def _at(self, lane: Lane) -> list[Endpoint]:
        return [each for group in self._spots.groups(lane) for each in group]

    def _unreserve(self, lane: Lane) -> None:
        for endpoint in self._at(lane):
            if endpoint.reserved is lane.reserved:
                endpoint.reserved = None
        lane.reserved = None

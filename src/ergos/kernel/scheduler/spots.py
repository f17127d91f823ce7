"""Where a call can start now: slots, room, rates and the caller's order put together.

Rules: pure; a spot is only found where the call can start at once. An endpoint whose rate does not cover the best
call is closed to worse ones until it does, or small calls would starve large ones.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Final

from ergos.base.clock import SECOND
from ergos.kernel.scheduler.admission import Admission
from ergos.kernel.scheduler.endpoint import Endpoint
from ergos.kernel.scheduler.lanes import Lane
from ergos.kernel.scheduler.placement import Spot, cost, groups, overfull
from ergos.kernel.scheduler.programs import ORDINARY, Call, Rank

LOOK_AGAIN_NS: Final = SECOND
"""While idle programs hold room that others want: their right to it fades with time."""
AVOIDED_NS: Final = 1e15
"""What going back to the endpoint that just failed a call costs against going elsewhere."""

LANES_KNOWN_MAX: Final = 1_024
"""Sets of endpoints whose groups are remembered."""

Places = list[list[Endpoint]]
"""Open endpoints in the caller's order, replicas together."""


class Spots:
    """Finds spots."""

    def __init__(self, endpoints: dict[str, Endpoint], admission: Admission) -> None:
        self._endpoints: Final = endpoints
        self._admission: Final = admission
        self._closed: Final[set[str]] = set()
        self._groups: Final[dict[tuple[str, ...], Places]] = {}

    def groups(self, lane: Lane) -> Places:
        """All endpoints of a lane that are there."""
        found = self._groups.get(lane.endpoints)
        if found is None:
            if len(self._groups) >= LANES_KNOWN_MAX:
                self._groups.clear()
            there = [place for name in lane.endpoints if (place := self._endpoints.get(name)) is not None]
            found = self._groups[lane.endpoints] = groups(there)
        return found

    def changed(self) -> None:
        """Endpoints came, went, or are described anew."""
        self._groups.clear()

    def places(self, lane: Lane, only: Collection[str] | None, now_ns: int) -> Places:
        """The endpoints of a lane, or `only` those of them, that can take one more call."""
        self._closed.clear()
        result: Places = []
        for group in self.groups(lane):
            found: list[Endpoint] = []
            for endpoint in group:
                if only is not None and endpoint.spec.name not in only:
                    continue
                if endpoint.open(now_ns):
                    found.append(endpoint)
                else:
                    lane.wake(endpoint.opens_ns(now_ns))
            if found:
                result.append(found)
        return result

    def homely(self, lane: Lane, call: Call, now_ns: int) -> bool | None:
        """Whether the call's program has a home where it stays; None: it has, but no slot is free there now."""
        home = self._endpoints.get(call.program.protected)
        if home is None or home.spec.name not in lane.endpoints:
            return False
        if call.avoid == home.spec.name or not home.well(now_ns):
            return False
        if not home.open(now_ns):
            return None
        return not any(home in group and overfull(home, group) for group in self.groups(lane))

    def all_closed(self, places: Places) -> bool:
        """Whether rates allow nothing more anywhere."""
        return bool(self._closed) and all(each.spec.name in self._closed for group in places for each in group)

    def most(self, places: Places, limit: float, now_ns: int) -> float:
        """The largest room anywhere for an ordinary newcomer; infinite where an engine is empty."""
        most = 0.0
        for group in places:
            for endpoint in group:
                if math.isinf(endpoint.room_max) or not endpoint.running:
                    return math.inf
                most = max(most, self._admission.free(endpoint, ORDINARY, limit, now_ns))
        return most

    def find(self, lane: Lane, call: Call, rank: Rank, places: Places | None, limit: float, now_ns: int) -> Spot | None:
        """Where this call can start now: at its home, or the cheapest place of the first group that has one.

        `places` None: anywhere.
        """
        if places is None:
            self._closed.clear()
        stays = self.homely(lane, call, now_ns)
        if stays is None:
            return None  # its home is busy with its own; waiting there is cheaper than reading all again
        if stays:
            home = self._endpoints[call.program.protected]
            return self._try(lane, call, home, rank, limit, now_ns)
        for group in self.places(lane, None, now_ns) if places is None else places:
            best: Spot | None = None
            least = math.inf
            for endpoint in group:
                spot = self._try(lane, call, endpoint, rank, limit, now_ns)
                if spot is None:
                    continue
                price = cost(endpoint, spot.cached, call, self._admission.kept(endpoint, limit, now_ns))
                if call.avoid == endpoint.spec.name:
                    price += AVOIDED_NS
                if price < least:
                    best, least = spot, price
            if best is not None:
                return best
        return None

    def _try(self, lane: Lane, call: Call, endpoint: Endpoint, rank: Rank, limit: float, now_ns: int) -> Spot | None:
        """Whether the call can start at this endpoint now."""
        name = endpoint.spec.name
        if name in self._closed:
            return None
        if endpoint.reserved not in {None, call} and call.program.protected != name:
            return None
        if not self._admission.fits(endpoint, call, rank, limit, now_ns):
            if endpoint.in_flight + call.room <= endpoint.room_max:
                lane.wake(now_ns + LOOK_AGAIN_NS)
            return None
        cached = endpoint.cached(call)
        need = endpoint.reservation(call, cached)
        if need is not None:
            wait_ns = endpoint.rates.ready_ns(need, now_ns)
            if wait_ns > 0:
                self._closed.add(name)
                lane.held = lane.held or call
                lane.wake(now_ns + wait_ns)
                return None
        return Spot(endpoint, cached)

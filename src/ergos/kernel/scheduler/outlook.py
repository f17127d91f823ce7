"""What is to be expected: how long a call would wait, and how everything stands.

Rules: pure; estimates from what was measured lately; nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ergos.base.clock import SECOND
from ergos.kernel.scheduler.dispatch import Dispatcher
from ergos.kernel.scheduler.endpoint import Endpoint
from ergos.kernel.scheduler.order import Order
from ergos.kernel.scheduler.share import Shares
from ergos.kernel.scheduler.wants import GridView, OwnerView, Rules

WAIT_MAX_NS: Final = 3_600 * SECOND
"""Longest wait that is foretold; beyond it nobody knows."""


class Outlook:
    """Answers without effect."""

    def __init__(
        self, rules: Rules, endpoints: dict[str, Endpoint], shares: Shares, order: Order, dispatcher: Dispatcher
    ) -> None:
        self._endpoints: Final = endpoints
        self._shares: Final = shares
        self._order: Final = order
        self._dispatcher: Final = dispatcher
        self._quantum: Final = rules.quantum_tokens

    def wait_ns(self, owner: str, names: Sequence[str], now_ns: int) -> int:
        """About how long one more call of this owner would wait: its turn among those who wait, at the present pace."""
        places = [place for name in names if (place := self._endpoints.get(name)) is not None and not place.retired]
        if not places:
            return WAIT_MAX_NS
        ahead = self._ahead(owner, places)
        opens = [0 if place.open(now_ns) else (place.opens_ns(now_ns) or now_ns) - now_ns for place in places]
        pace = sum(place.done_rate(now_ns) for place in places)
        if not ahead:
            if any(place.open(now_ns) for place in places):
                return 0
            return max(min(opens), min(int(place.first_tokens.quantile(0.5) * SECOND) for place in places))
        return min(WAIT_MAX_NS, max(min(opens), int(ahead / pace) if pace > 0 else SECOND))

    def _ahead(self, owner: str, places: list[Endpoint]) -> float:
        """Calls that run before a new one of this owner."""
        names = {place.spec.name for place in places}
        charge = max(1.0, *(place.charge_mean for place in places))
        ahead = 0.0
        for lane in self._dispatcher.lanes.values():
            if not lane.calls or names.isdisjoint(lane.endpoints):
                continue
            own = lane.queues.get(owner)
            turns = 1 + (own.calls if own is not None else 0)
            first = sum(min(turns, queue.calls) for queue in lane.queues.values())
            # Of the others' calls beyond their turns, as many rank better as worse, as far as Q lets them pass.
            passing = 0.5 * (lane.calls - first)
            ahead += first + min(passing, self._quantum * len(lane.queues) / charge)
        return ahead

    def view(self, now_ns: int) -> GridView:
        """How everything stands."""
        accounts = self._shares.accounts.items()
        running = sum(len(place.running) for place in self._endpoints.values())
        return GridView(
            owners=tuple(
                OwnerView(
                    owner=owner,
                    waiting=account.waiting,
                    running=account.running,
                    served_tokens=account.served,
                    delay_ns=int(account.delay_ns),
                )
                for owner, account in accounts
            ),
            endpoints=tuple(
                place.view(now_ns, self.wait_ns("", (name,), now_ns)) for name, place in self._endpoints.items()
            ),
            waiting=sum(account.waiting for _, account in accounts),
            running=running,
            programs=len(self._order.programs),
        )

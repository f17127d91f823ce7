"""How a call goes through the scheduler: it waits, is started, repeated, removed; and what time brings.

Rules: pure; every call that came is in exactly one state: waiting in a lane, delayed by a timer, under way, or over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from ergos.base.clock import MILLISECOND, SECOND
from ergos.kernel.models import EndpointSpec
from ergos.kernel.scheduler.admission import release
from ergos.kernel.scheduler.dispatch import LANES_MAX, Dispatcher
from ergos.kernel.scheduler.endpoint import Endpoint
from ergos.kernel.scheduler.lanes import Lane
from ergos.kernel.scheduler.order import Order
from ergos.kernel.scheduler.overload import Overload
from ergos.kernel.scheduler.programs import URGENT, Call, Draft, Program
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.share import Shares
from ergos.kernel.scheduler.timers import Timers
from ergos.kernel.scheduler.traffic import Traffic
from ergos.kernel.scheduler.wants import Ended, Plan, Rejection, Rules

REFRESH_NS: Final = 10 * SECOND
"""Tables of lifetimes are made anew at most this often."""
REFRESH_KINDS: Final = 16
"""Kinds per tick whose tables are made anew."""
RERANK_PROGRAMS: Final = 64
"""Programs per tick that are ranked anew after that."""
NEXT_NS: Final = MILLISECOND
"""Between two ticks of such work."""
NO_BUDGET_NS: Final = SECOND
"""Until a repetition that the budget did not cover is looked at again."""


class Flow:
    """The parts of the scheduler together, and the calls in it."""

    def __init__(self, endpoints: Iterable[EndpointSpec], rules: Rules) -> None:
        self.rules: Final = rules
        self.endpoints: Final = {spec.name: Endpoint(spec, rules) for spec in endpoints}
        self.calls: Final[dict[Ticket, Call]] = {}
        self.shares: Final = Shares(rules)
        self.order: Final = Order()
        self.overload: Final = Overload(rules)
        self.dispatcher: Final = Dispatcher(rules, self.endpoints, self.shares)
        self.traffic: Final = Traffic(rules, self.endpoints, self.shares, self.order, self.dispatcher, self.overload)
        self._timers: Final = Timers()
        self._known: Final[dict[tuple[str, ...], tuple[str, ...]]] = {}
        self._refreshed_ns = 0
        self._rerank: list[Program] = []

    def known(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these endpoints that are there."""
        found = self._known.get(names)
        if found is None:
            if len(self._known) >= LANES_MAX:
                self._known.clear()
            found = self._known[names] = tuple(name for name in names if self.there(name))
        return found

    def changed(self) -> None:
        """Endpoints came, went, or are described anew."""
        self._known.clear()
        self.dispatcher.changed()

    def there(self, name: str) -> bool:
        """Whether calls may still be meant for an endpoint of this name."""
        place = self.endpoints.get(name)
        return place is not None and not place.retired

    def plan(self, draft: Draft, now_ns: int) -> Plan:
        """The plan, and when to look again."""
        times = [self._timers.next_ns()]
        times += [lane.wake_ns for lane in self.dispatcher.lanes.values() if lane.calls]
        if self._rerank:
            times.append(now_ns + NEXT_NS)
        elif self.order.lifetimes.changed:
            times.append(self._refreshed_ns + REFRESH_NS)
        return Plan(
            cancels=tuple(draft.cancels),
            rejections=tuple(draft.rejections),
            starts=tuple(draft.starts),
            next_ns=min((when for when in times if when is not None), default=None),
        )

    def wait(self, call: Call, now_ns: int, draft: Draft) -> None:
        """A call begins to wait, or to wait again."""
        self.dispatcher.put(call)
        self._watch_deadline(call, now_ns)
        known = len(draft.starts)
        self.traffic.came(self.dispatcher.lanes[call.endpoints], call, now_ns, draft)
        self._watch_starts(draft, known, now_ns)

    def _watch_deadline(self, call: Call, now_ns: int) -> None:
        """Rank a call anew, and look again when its deadline comes near or has passed."""
        family = call.program.family
        if family.deadline_ns is None:
            return
        family.rank = self.order.rank(family, now_ns)
        self.dispatcher.rerank(family.members.values())
        urgent_ns = family.deadline_ns if family.rank.tier <= URGENT else self.order.urgent_ns(family)
        if urgent_ns is not None and urgent_ns > now_ns:
            self._timers.set(urgent_ns, "rank", call)

    def time(self, now_ns: int, draft: Draft) -> None:
        """Time passed: repetitions, hedges, deadlines, tables, and then whatever can start."""
        for kind, call in self._timers.due(now_ns):
            if self.calls.get(call.want.ticket) is not call:
                continue
            if kind == "retry" and call.queue is None and not call.sendings:
                if self.overload.budget.take(now_ns):
                    self.wait(call, now_ns, draft)
                else:
                    self._timers.set(now_ns + NO_BUDGET_NS, "retry", call)
            elif kind == "hedge":
                self.traffic.hedge(call, self.dispatcher.lanes.get(call.endpoints), now_ns, draft)
            elif kind == "rank" and call.queue is not None:
                self._watch_deadline(call, now_ns)
        self._refresh(now_ns)
        self.run_all(now_ns, draft)

    def run_all(self, now_ns: int, draft: Draft) -> None:
        """Start what can start anywhere."""
        for lane in list(self.dispatcher.lanes.values()):
            self._run(lane, None, now_ns, draft)

    def pump(self, names: frozenset[str], now_ns: int, draft: Draft) -> None:
        """Something changed at these endpoints: start what can start there."""
        for lane in list(self.dispatcher.lanes.values()):
            if lane.calls and not names.isdisjoint(lane.endpoints):
                self._run(lane, names, now_ns, draft)

    def _run(self, lane: Lane, only: Collection[str] | None, now_ns: int, draft: Draft) -> None:
        known = len(draft.starts)
        self.traffic.pump(lane, only, now_ns, draft)
        self._watch_starts(draft, known, now_ns)

    def _watch_starts(self, draft: Draft, known: int, now_ns: int) -> None:
        """Watch what was started for its first token."""
        if self.rules.hedge_share <= 0:
            return
        for start in draft.starts[known:]:
            call = self.calls[start.ticket]
            place = self.endpoints[start.endpoint]
            known_enough = place.first_tokens_seen >= self.rules.hedge_samples_min
            if len(call.endpoints) > 1 and call.want.repeatable and known_enough:
                late_ns = int(place.first_tokens.quantile(0.95) * SECOND)
                self._timers.set(now_ns + late_ns, "hedge", call)

    def repeat(self, call: Call, ended: Ended, now_ns: int, draft: Draft) -> None:
        """A sending failed and another is asked for."""
        call.tries += 1
        call.hedged = False
        limited = ended.kind == "limited"
        if not any(self.there(name) for name in call.endpoints) or not self.overload.may_repeat(call, limited=limited):
            self.remove(call, now_ns, draft)
            why = f"it was sent {call.tries} times in vain, lastly: {ended.kind}"
            after = self.overload.retry_after_ns(ended.retry_after_ns)
            draft.rejections.append(Rejection(ticket=ended.ticket, why=why, retry_after_ns=after))
        elif limited:
            self.dispatcher.put(call)  # its endpoint pauses: that is the back-off
        else:
            call.avoid = ended.endpoint
            self._timers.set(now_ns + self.overload.backoff_ns(ended.ticket, call.tries), "retry", call)

    def remove(self, call: Call, now_ns: int, draft: Draft) -> None:
        """A call is over; what still runs of it is called off."""
        for sending in list(call.sendings.values()):
            self.traffic.call_off(sending, now_ns, draft, requeued=False)
        if call.queue is not None:
            self.dispatcher.drop(call)
        del self.calls[call.want.ticket]
        call.program.calls -= 1
        if call.program.ended:
            self.forget(call.program)

    def forget(self, program: Program) -> None:
        """Let go of a program that is over, once its last call is."""
        place = self.endpoints.get(program.protected)
        if place is not None:
            release(place, program)
        if not program.calls and self.order.programs.get(program.pid) is program:
            self.order.leave(program)

    def close(self, name: str) -> None:
        """An endpoint is gone: nothing new goes there, no cache is protected there."""
        place = self.endpoints[name]
        place.retired = True
        programs = list(place.members.values())
        for program in programs:
            release(place, program)
        self.dispatcher.rerank(programs)
        if not place.running:
            self.drop(name)

    def drop(self, name: str) -> None:
        """An endpoint is gone and nothing runs there any more."""
        del self.endpoints[name]
        self.dispatcher.admission.forget(name)
        self.changed()

    def _refresh(self, now_ns: int) -> None:
        """Make tables anew and rank what waits by them, a bounded part per tick."""
        lifetimes = self.order.lifetimes
        if not self._rerank and lifetimes.changed and now_ns - self._refreshed_ns >= REFRESH_NS:
            self._refreshed_ns = now_ns
            lifetimes.refresh(REFRESH_KINDS)
            self._rerank = list(self.order.programs.values())
        for program in self._rerank[:RERANK_PROGRAMS]:
            program.family.rank = self.order.rank(program.family, now_ns)
            self.dispatcher.rerank((program,))
        del self._rerank[:RERANK_PROGRAMS]

"""Sendings: what happens when a call is sent, ends, is sent a second time or is called back.

Rules: pure; every charge made when a call is sent is replaced by the charge of its usage when it ended; only a
sending without its first token is ever called back or doubled.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from ergos.kernel.models import Hints
from ergos.kernel.scheduler.dispatch import Choice, Dispatcher
from ergos.kernel.scheduler.endpoint import Endpoint
from ergos.kernel.scheduler.lanes import Lane, OwnerQueue
from ergos.kernel.scheduler.order import Order
from ergos.kernel.scheduler.overload import Overload
from ergos.kernel.scheduler.placement import Spot
from ergos.kernel.scheduler.programs import URGENT, Call, Draft, Rank, Sending
from ergos.kernel.scheduler.share import Shares, charge
from ergos.kernel.scheduler.wants import Cancel, Ended, Rules, Start

PRIORITY_MAX: Final = 2**31 - 1
"""Largest priority that engines take."""
SMOOTH: Final = 0.05
"""Weight of the newest observation in the smoothed times."""
STARTS_MAX: Final = 4_096
"""Calls started by one decision; the rest start with the next."""


def priority(rank: Rank) -> int:
    """A rank as engines count: lower first, urgent calls before all others."""
    return 0 if rank.tier <= URGENT else min(PRIORITY_MAX, 1 + int(rank.value))


class Traffic:
    """Sends, settles and calls back."""

    def __init__(
        self,
        rules: Rules,
        endpoints: dict[str, Endpoint],
        shares: Shares,
        order: Order,
        dispatcher: Dispatcher,
        overload: Overload,
    ) -> None:
        self._rules: Final = rules
        self._endpoints: Final = endpoints
        self._shares: Final = shares
        self._order: Final = order
        self._dispatcher: Final = dispatcher
        self._overload: Final = overload

    def pump(self, lane: Lane, only: Collection[str] | None, now_ns: int, draft: Draft) -> None:
        """Start all that can start in a lane, at `only` these endpoints if given."""
        if only is None:
            lane.wake_ns = None
        for _ in range(STARTS_MAX):
            if not lane.calls:
                return
            choice = self._dispatcher.choose(lane, only, now_ns)
            if choice is not None:
                self._send(choice, now_ns, draft)
            elif not self._call_back(lane, now_ns, draft):
                return
        lane.wake(now_ns)

    def came(self, lane: Lane, call: Call, now_ns: int, draft: Draft) -> None:
        """A call has come: start it if it can start."""
        choice = self._dispatcher.consider(lane, call, now_ns)
        if choice is not None:
            self._send(choice, now_ns, draft)
            if choice.least and lane.calls:
                self.pump(lane, frozenset(), now_ns, draft)
        elif call.program.rank.tier <= URGENT and self._call_back(lane, now_ns, draft):
            self.pump(lane, None, now_ns, draft)

    def _send(self, choice: Choice, now_ns: int, draft: Draft) -> None:
        call, endpoint = choice.call, choice.spot.endpoint
        self._dispatcher.drop(call)
        waited = now_ns - call.arrived_ns
        self._overload.waited(call.want.owner, waited)
        account = call.program.account
        account.delay_ns += SMOOTH * (waited - account.delay_ns)
        sending = self._begin(call, choice.spot, now_ns, hedge=False)
        self._dispatcher.admit(choice, sending.charge, now_ns)
        draft.starts.append(self._start(sending, choice.rank, endpoint))

    def _begin(self, call: Call, spot: Spot, now_ns: int, *, hedge: bool) -> Sending:
        """Reserve, charge, and count it as under way."""
        endpoint, program, rules = spot.endpoint, call.program, self._rules
        sending = Sending(call, endpoint.spec.name, now_ns, spot.cached, hedge=hedge)
        need = endpoint.reservation(call, spot.cached)
        if need is not None:
            sending.held = endpoint.rates.reserve(need)
        read = rules.input_weight * sending.uncached + rules.cached_weight * sending.cached
        sending.charge = read + rules.output_weight * call.output
        self._shares.add(call.want.owner, sending.charge)
        call.sendings[endpoint.spec.name] = sending
        endpoint.send(sending)
        program.running += 1
        program.account.running += 1
        program.idle_ns = -1
        self._overload.sent(hedge=hedge)
        return sending

    def _start(self, sending: Sending, rank: Rank, endpoint: Endpoint) -> Start:
        want = sending.call.want
        return Start(
            ticket=want.ticket,
            endpoint=endpoint.spec.name,
            hints=Hints(session=str(want.program), priority=priority(rank)),
            hedge=sending.hedge,
        )

    # Ends

    def finish(self, sending: Sending, ended: Ended, endpoint: Endpoint, now_ns: int) -> None:
        """A sending ended: its usage replaces its estimate everywhere."""
        call, rules = sending.call, self._rules
        usage = ended.usage
        if usage.known:
            tokens = charge(usage, rules)
        elif ended.kind == "done":
            # The vendor did not say: in full, as the ledger books it.
            tokens = rules.input_weight * call.want.input_tokens + rules.output_weight * call.want.output_tokens
        else:
            tokens = 0.0
        self._over(sending, endpoint, tokens, now_ns)
        endpoint.settle(sending, ended, tokens, now_ns)
        program = call.program
        if ended.kind == "done":
            output = usage.output_tokens if usage.known else int(call.output)
            self._overload.budget.succeeded(now_ns)
            program.habits.wrote(output)
            program.last_input = call.want.input_tokens
            program.context = call.want.input_tokens + output
            program.home = endpoint.spec.name
            endpoint.residency.grow(program.pid, program.context, call.marks)
            if tokens > 0:
                took = (now_ns - call.arrived_ns) / tokens
                self._order.per_token_ns += SMOOTH * (took - self._order.per_token_ns)

    def _over(self, sending: Sending, endpoint: Endpoint, tokens: float, now_ns: int) -> None:
        """A sending is no longer under way, and cost this much."""
        call = sending.call
        program = call.program
        endpoint.forget(sending)
        del call.sendings[sending.endpoint]
        self._shares.add(call.want.owner, tokens - sending.charge)
        program.account.running -= 1
        program.running -= 1
        if not program.running:
            program.idle_ns = now_ns
            endpoint.joined += 1
        self._order.served(program, tokens, now_ns)
        self._dispatcher.rerank(program.family.members.values())

    def call_off(self, sending: Sending, now_ns: int, draft: Draft, *, requeued: bool) -> None:
        """Stop a sending. What it read is charged if its call was answered elsewhere, else nothing is."""
        endpoint = self._endpoints[sending.endpoint]
        tokens = 0.0 if requeued else self._rules.input_weight * sending.uncached
        self._over(sending, endpoint, tokens, now_ns)
        endpoint.breaker.unsure(now_ns)
        ticket = sending.call.want.ticket
        draft.cancels.append(Cancel(ticket=ticket, endpoint=sending.endpoint, requeued=requeued))

    # Before the first token

    def _call_back(self, lane: Lane, now_ns: int, draft: Draft) -> bool:
        """Make room for an urgent call: the newest ordinary sending that has no first token waits again."""
        if not lane.urgent:
            return False
        heaps = [heap for queue in lane.queues.values() for heap in (queue.warm, queue.cold)]
        tops = [entry for heap in heaps if (entry := OwnerQueue.top(heap)) is not None]
        call = min(tops)[3]
        victim: Sending | None = None
        for name in lane.endpoints:
            endpoint = self._endpoints.get(name)
            if endpoint is None or not endpoint.spec.local or now_ns < endpoint.paused_until_ns:
                continue
            for sending in endpoint.running.values():
                frees = endpoint.in_flight - sending.room + call.room <= endpoint.room_max
                early = sending.sent_ns < now_ns  # what this very plan starts cannot be cancelled by it
                if (
                    early
                    and frees
                    and self._may_call_back(sending)
                    and (victim is None or sending.call.seq > victim.call.seq)
                ):
                    victim = sending
        if victim is None:
            return False
        self.call_off(victim, now_ns, draft, requeued=True)
        self._dispatcher.put(victim.call)
        return True

    @staticmethod
    def _may_call_back(sending: Sending) -> bool:
        call = sending.call
        alone = len(call.sendings) == 1
        return sending.first_ns < 0 and alone and call.want.repeatable and call.program.rank.tier > URGENT

    def hedge(self, call: Call, lane: Lane | None, now_ns: int, draft: Draft) -> None:
        """Send a call that is late a second time, where there is room that nobody waits for."""
        if len(call.sendings) != 1 or call.hedged or (lane is not None and lane.calls):
            return
        (sending,) = call.sendings.values()
        first = self._endpoints[sending.endpoint]
        if sending.first_ns >= 0 or not self._overload.may_hedge(first.first_tokens_seen):
            return
        for name in call.endpoints:
            endpoint = self._endpoints.get(name)
            if endpoint is None or endpoint is first or not endpoint.open(now_ns):
                continue
            if endpoint.in_flight + call.room > endpoint.room_max:
                continue
            cached = endpoint.cached(call)
            need = endpoint.reservation(call, cached)
            if need is None or endpoint.rates.ready_ns(need, now_ns) == 0:
                call.hedged = True
                second = self._begin(call, Spot(endpoint, cached), now_ns, hedge=True)
                draft.starts.append(self._start(second, call.program.rank, endpoint))
                return

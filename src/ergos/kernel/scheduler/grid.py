"""The grid: which model call runs next, and where. The whole scheduler behind nine calls.

Calls wait here, not at the endpoints, and are released as endpoints can take them: programs are admitted to a
cache as a whole, owners share by counters with a bounded lead, programs run in Gittins's order, cloud rates are
reserved before they are used. The design, its knobs with their measured effects, and its guarantees with their
bounds: docs/why/scheduling.md.

Rules: pure and deterministic: the same calls get the same plans; time is passed in, may jump forwards, and a time
earlier than the last counts as the last. Whoever feeds it does what a `Plan` says, in order, and tells every end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ergos.base.ids import Pid
from ergos.kernel.models import EndpointSpec
from ergos.kernel.scheduler.endpoint import Endpoint
from ergos.kernel.scheduler.flow import Flow
from ergos.kernel.scheduler.outlook import Outlook
from ergos.kernel.scheduler.programs import Call, Draft
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.residency import marks_of
from ergos.kernel.scheduler.share import charge
from ergos.kernel.scheduler.wants import Ended, GridView, Plan, Rejection, Rules, Want


class Grid:
    """The scheduler of model calls."""

    def __init__(self, endpoints: Iterable[EndpointSpec], rules: Rules | None = None) -> None:
        self._flow: Final = Flow(endpoints, Rules() if rules is None else rules)
        flow = self._flow
        self._outlook: Final = Outlook(flow.rules, flow.endpoints, flow.shares, flow.order, flow.dispatcher)
        self._count = 0
        self._now_ns = 0

    # What happens

    def arrive(self, want: Want, now_ns: int) -> Plan:
        """A call wants to run."""
        now_ns = self._at(now_ns)
        assert want.ticket not in self._flow.calls, want.ticket
        draft = Draft()
        endpoints = self._flow.known(want.endpoints)
        account = self._flow.shares.account(want.owner)
        stage = self._flow.overload.stage(want.owner, now_ns, waiting=account.waiting > 0)
        why = ""
        if not endpoints:
            why = "none of the endpoints it may run on is there"
        elif account.waiting >= self._flow.rules.queue_calls_max:
            why = f"{account.waiting:,} calls of its owner wait already"
        elif stage == "refuse" and want.program not in self._flow.order.programs:
            why = "calls of its owner wait too long for new programs to begin"
        if why:
            wait = self._outlook.wait_ns(want.owner, endpoints, now_ns) if endpoints else 0
            after = self._flow.overload.retry_after_ns(wait) if endpoints else 0
            draft.rejections.append(Rejection(ticket=want.ticket, why=why, retry_after_ns=after))
            return self._flow.plan(draft, now_ns)
        if stage != "calm":
            endpoints += tuple(name for name in want.degraded if self._flow.there(name) and name not in endpoints)
        program = self._flow.order.enter(want, account, now_ns)
        if program.idle_ns >= 0 and not program.waiting:
            program.habits.was_away(now_ns - program.idle_ns)
        self._count += 1
        call = Call(want, program, self._count, now_ns, marks_of(want.prefix))
        call.endpoints = endpoints
        self._flow.calls[want.ticket] = call
        program.calls += 1
        if len(program.family.members) > 1 or program.waiting:
            self._flow.dispatcher.rerank(program.family.members.values())
        self._flow.wait(call, now_ns, draft)
        return self._flow.plan(draft, now_ns)

    def first_token(self, ticket: Ticket, endpoint: str, now_ns: int) -> Plan:
        """The first token of a sending came; it cannot be called back any more, and its double is not needed."""
        now_ns, draft = self._at(now_ns), Draft()
        call = self._flow.calls.get(ticket)
        sending = call.sendings.get(endpoint) if call is not None else None
        if call is None or sending is None or sending.first_ns >= 0:
            return self._flow.plan(draft, now_ns)
        place = self._flow.endpoints[endpoint]
        place.first_token(sending, now_ns)
        for other in [each for each in call.sendings.values() if each is not sending]:
            self._flow.traffic.call_off(other, now_ns, draft, requeued=False)
        if draft.cancels or place.spec.limits.slots is None:
            names = frozenset((endpoint, *(each.endpoint for each in draft.cancels)))
            self._flow.pump(names, now_ns, draft)
        return self._flow.plan(draft, now_ns)

    def leave(self, ended: Ended, now_ns: int) -> Plan:
        """A sending ended."""
        now_ns, draft = self._at(now_ns), Draft()
        call = self._flow.calls.get(ended.ticket)
        if call is None:
            return self._flow.plan(draft, now_ns)
        sending = call.sendings.get(ended.endpoint)
        if sending is None:
            # Called back by us and answered all the same: then it need not run again.
            if ended.kind == "done":
                cost = charge(ended.usage, self._flow.rules) if ended.usage.known else 0.0
                self._flow.shares.add(call.want.owner, cost)
                self._flow.remove(call, now_ns, draft)
        else:
            place = self._flow.endpoints[ended.endpoint]
            self._flow.traffic.finish(sending, ended, place, now_ns)
            if place.retired and not place.running:
                self._flow.drop(ended.endpoint)
            if ended.kind == "done" or (ended.final and not call.sendings):
                self._flow.remove(call, now_ns, draft)
            elif not call.sendings:
                self._flow.repeat(call, ended, now_ns, draft)
        names = frozenset((ended.endpoint, *(each.endpoint for each in draft.cancels)))
        self._flow.pump(names, now_ns, draft)
        return self._flow.plan(draft, now_ns)

    def tick(self, now_ns: int) -> Plan:
        """Time passed: repetitions, hedges, deadlines, rates, fading protections, tables."""
        now_ns, draft = self._at(now_ns), Draft()
        self._flow.time(now_ns, draft)
        return self._flow.plan(draft, now_ns)

    def withdraw(self, ticket: Ticket, now_ns: int) -> Plan:
        """The caller called a call off."""
        now_ns, draft = self._at(now_ns), Draft()
        call = self._flow.calls.get(ticket)
        if call is not None:
            self._flow.remove(call, now_ns, draft)
            self._flow.pump(frozenset(call.endpoints), now_ns, draft)
        return self._flow.plan(draft, now_ns)

    def program_ended(self, pid: Pid, now_ns: int) -> Plan:
        """A program is over: its length is learned, its cache is free."""
        now_ns, draft = self._at(now_ns), Draft()
        program = self._flow.order.programs.get(pid)
        if program is None:
            self._flow.order.close(pid)
        else:
            place = program.protected
            program.ended = True
            self._flow.forget(program)
            self._flow.pump(frozenset((place,)), now_ns, draft)
        return self._flow.plan(draft, now_ns)

    def update(self, endpoints: Iterable[EndpointSpec], now_ns: int) -> Plan:
        """These are the endpoints now."""
        now_ns, draft = self._at(now_ns), Draft()
        specs = {spec.name: spec for spec in endpoints}
        for name, spec in specs.items():
            place = self._flow.endpoints.get(name)
            if place is None:
                self._flow.endpoints[name] = Endpoint(spec, self._flow.rules)
            else:
                place.change(spec)
        for name in [name for name in self._flow.endpoints if name not in specs]:
            self._flow.close(name)
        self._flow.changed()
        for call in list(self._flow.calls.values()):
            if not call.sendings and not any(self._flow.there(name) for name in call.endpoints):
                self._flow.remove(call, now_ns, draft)
                why = "the endpoints it may run on are gone"
                draft.rejections.append(Rejection(ticket=call.want.ticket, why=why))
        self._flow.run_all(now_ns, draft)
        return self._flow.plan(draft, now_ns)

    # What is to be expected

    def would_block_ns(self, owner: str, endpoints: Sequence[str], now_ns: int) -> int:
        """How long a call of this owner would about wait there if it came now."""
        return self._outlook.wait_ns(owner, endpoints, self._at(now_ns))

    def snapshot(self) -> GridView:
        """How everything stands, at the time of the last call."""
        return self._outlook.view(self._now_ns)

    def _at(self, now_ns: int) -> int:
        self._now_ns = max(self._now_ns, now_ns)
        return self._now_ns

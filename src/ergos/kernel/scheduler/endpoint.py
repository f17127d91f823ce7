"""One endpoint as the scheduler knows it: what runs there, what it takes, how fast and how well it is.

Rules: pure; everything here is either stated by the endpoint's spec or learned from what was sent there.
"""

from __future__ import annotations

import math
from typing import Final, Literal

from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.kernel.models import EndpointSpec, Usage
from ergos.kernel.scheduler.health import Breaker
from ergos.kernel.scheduler.limits import Concurrency, Rates, Reservation, ServiceTime
from ergos.kernel.scheduler.programs import Call, Program, Sending
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.residency import Residency
from ergos.kernel.scheduler.sizes import Sizes
from ergos.kernel.scheduler.wants import Ended, EndpointView, Rules

RATE_NS: Final = 30 * SECOND
"""Time constant of the measured service rate."""
PAUSE_NS: Final = SECOND
"""How long an endpoint that said 429 and no time is left alone."""
PAUSE_MAX_NS: Final = 600 * SECOND
"""Longest pause an endpoint may ask for."""
LEARN_ALL: Final = 64
LEARN_EACH: Final = 4
"""Service times are learned from the first so many calls, then from each fourth: enough to follow changes."""
TRUST_TOKENS_MIN: Final = 64
"""Expected cached tokens from which a call says something about how well we know the cache."""


class Endpoint:
    """One endpoint."""

    def __init__(self, spec: EndpointSpec, rules: Rules) -> None:
        self.spec = spec
        self.room_max = self._room(spec, rules)
        """Tokens of cache to be filled; infinite where unknown or none."""
        self._rules = rules
        self.running: Final[dict[Ticket, Sending]] = {}
        self.members: Final[dict[Pid, Program]] = {}
        """The working set: programs whose cache is protected here."""
        self.in_flight = 0
        """Tokens of cache the running calls need."""
        self.unread = 0
        """Uncached tokens of running calls that have no first token yet."""
        self.breaker: Final = Breaker()
        self.rates = Rates(spec.limits, rules.rate_share, rules.burst_share)
        self.concurrency = Concurrency(spec.limits.slots, rated=self.rates.limited)
        self.service: Final = ServiceTime()
        self.residency: Final = Residency(spec.limits.kv_tokens)
        self.first_tokens: Final = Sizes(0.01, 600.0, prior=2.0)
        self.first_tokens_seen = 0
        self.paused_until_ns = 0
        self.hit_rate = 0.0
        self.trust = 0.5
        """How much of the cached tokens we expect are really cached there, smoothed."""
        self.version = 0
        """Changes whenever what fits here may have changed."""
        self.joined = 0
        """Changes whenever what idle programs keep here may have grown."""
        self.reserved: Call | None = None
        """A call that waited too long and is to have the next room."""
        self.retired = False
        """It is gone; only what runs there is still waited for."""
        self._answers = 0
        self._done = self._done_calls = 0.0
        self._done_ns = 0

    def change(self, spec: EndpointSpec) -> None:
        """Its limits or its price changed."""
        if spec.limits != self.spec.limits:
            self.rates = Rates(spec.limits, self._rules.rate_share, self._rules.burst_share)
            self.concurrency = Concurrency(spec.limits.slots, rated=self.rates.limited)
            self.residency.resize(spec.limits.kv_tokens)
        self.spec = spec
        self.room_max = self._room(spec, self._rules)
        self.retired = False
        self.version += 1

    @staticmethod
    def _room(spec: EndpointSpec, rules: Rules) -> float:
        return math.inf if spec.limits.kv_tokens is None else rules.kv_share * spec.limits.kv_tokens

    def open(self, now_ns: int) -> bool:
        """Whether one more call may go there now, its rates aside."""
        return (
            len(self.running) < int(self.concurrency.window)
            and now_ns >= self.paused_until_ns
            and (self.breaker.state == "closed" or self.breaker.allows(now_ns))
            and not self.retired
        )

    def well(self, now_ns: int) -> bool:
        """Whether it is there, healthy, and not pausing."""
        return not self.retired and now_ns >= self.paused_until_ns and self.breaker.allows(now_ns)

    def opens_ns(self, now_ns: int) -> int | None:
        """When time alone may open it; None: only an end does."""
        full = len(self.running) >= self.concurrency.limit
        if self.retired or full or self.breaker.state == "probing":
            return None
        when = max(self.paused_until_ns, self.breaker.until_ns if self.breaker.state == "open" else 0)
        return when if when > now_ns else None

    def cached(self, call: Call) -> int:
        """Tokens of its prompt that are probably cached here."""
        program = call.program
        context, last = (program.context, program.last_input) if program.home == self.spec.name else (0, 0)
        return self.residency.cached(program.pid, context, last, call.want.input_tokens, call.marks)

    def reservation(self, call: Call, cached: int) -> Reservation | None:
        """What the call would count at most against its rates; None: nothing is limited there."""
        if not self.rates.limited:
            return None
        want = call.want
        return self.rates.need(want.input_tokens, self.trust * cached, call.output_q90, want.output_tokens)

    def send(self, sending: Sending) -> None:
        """A call goes there."""
        self.running[sending.call.want.ticket] = sending
        self.in_flight += sending.room
        self.unread += sending.uncached
        self.breaker.sent()
        self.version += 1
        want = sending.call.want
        self.residency.touch(want.program, want.input_tokens, sending.call.marks)

    def first_token(self, sending: Sending, now_ns: int) -> None:
        """The first token of a sending came."""
        sending.first_ns = now_ns
        self.unread -= sending.uncached
        took = now_ns - sending.sent_ns
        self.first_tokens.add(took / SECOND)
        self.first_tokens_seen += 1
        self.concurrency.first_token(took - self.service.prefill_ns(sending.uncached), len(self.running), now_ns)
        self.version += 1

    def forget(self, sending: Sending) -> None:
        """A sending is over, however."""
        del self.running[sending.call.want.ticket]
        self.in_flight -= sending.room
        if sending.first_ns < 0:
            self.unread -= sending.uncached
        self.version += 1

    def settle(self, sending: Sending, ended: Ended, charge: float, now_ns: int) -> None:
        """Learn from how a sending ended."""
        usage = ended.usage if ended.usage.known else None
        counted = usage
        match ended.kind:
            case "done":
                self.breaker.succeeded(now_ns)
                self.rates.answered()
                if sending.first_ns < 0:
                    self.concurrency.answered(len(self.running) + 1)
                self._answered(sending, usage, charge, now_ns)
            case "failed" | "stalled":
                self.breaker.failed(now_ns)
            case "limited":
                self.breaker.unsure(now_ns)
                self.rates.exceeded()
                self.concurrency.exceeded(now_ns)
                pause = min(PAUSE_MAX_NS, ended.retry_after_ns or PAUSE_NS)
                self.paused_until_ns = max(self.paused_until_ns, now_ns + pause)
            case "cancelled" | "refused":
                self.breaker.unsure(now_ns)
        if sending.held is not None:
            if counted is not None or ended.kind in {"limited", "refused"}:
                self.rates.reconcile(sending.held, counted)
            age = now_ns - sending.sent_ns
            self.rates.told(sending.held, ended.remaining_requests, ended.remaining_tokens, now_ns, age)

    def _answered(self, sending: Sending, usage: Usage | None, charge: float, now_ns: int) -> None:
        output = sending.call.output if usage is None else usage.output_tokens
        cached = sending.cached
        if usage is not None:
            cached = min(usage.cached_tokens, usage.input_tokens)
            if usage.input_tokens:
                self.hit_rate += 0.05 * (cached / usage.input_tokens - self.hit_rate)
            if sending.cached >= TRUST_TOKENS_MIN:
                self.trust += 0.1 * (min(1.0, cached / sending.cached) - self.trust)
        uncached = sending.call.want.input_tokens - cached
        self._answers += 1
        if self._answers <= LEARN_ALL or self._answers % LEARN_EACH == 0:
            self.service.learn(max(0, uncached), output, now_ns - sending.sent_ns)
        fading = math.exp((self._done_ns - now_ns) / RATE_NS)
        self._done = self._done * fading + charge
        self._done_calls = self._done_calls * fading + 1.0
        self._done_ns = now_ns

    def done_rate(self, now_ns: int) -> float:
        """Calls answered per nanosecond, lately."""
        return self._done_calls / RATE_NS * math.exp((self._done_ns - now_ns) / RATE_NS)

    @property
    def charge_mean(self) -> float:
        """Weighted tokens of a call, lately; 0: none was answered."""
        return self._done / self._done_calls if self._done_calls else 0.0

    def view(self, now_ns: int, wait_ns: int) -> EndpointView:
        """How it stands."""
        health: Literal["ok", "pausing", "open", "probing"] = "ok"
        if self.breaker.state != "closed":
            health = self.breaker.state
        elif now_ns < self.paused_until_ns:
            health = "pausing"
        return EndpointView(
            endpoint=self.spec.name,
            health=health,
            running=len(self.running),
            concurrency=self.concurrency.limit,
            tokens_in_flight=self.in_flight,
            programs=len(self.members),
            hit_rate=self.hit_rate,
            wait_ns=wait_ns,
        )

"""What an endpoint takes: token buckets for stated rates, a window found out for unstated concurrency.

Rules: pure; time is passed in and never runs backwards. A rate is reserved before a call is sent (upper estimate
of what it counts there) and reconciled when it ended, so that what was sent never passes the bucket.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from ergos.base.clock import MILLISECOND, SECOND
from ergos.kernel.models import Limits, Usage

MINUTE_NS: Final = 60 * SECOND
CAUTION_STEP: Final = 0.25
"""After a 429, reserved output moves by this share from the expected towards the most possible."""
CAUTION_HALF: Final = 0.999
"""Of the caution that stays after a success."""


class Bucket:
    """Refills at a rate up to a burst; holds what may still be sent."""

    __slots__ = ("at_ns", "burst", "level", "per_ns", "spent")

    def __init__(self, per_minute: float, rate_share: float, burst_share: float) -> None:
        self.per_ns = rate_share * per_minute / MINUTE_NS
        self.burst = max(1.0, burst_share * per_minute)
        self.level = self.burst
        self.at_ns = 0
        self.spent = 0.0
        """All that was ever reserved, net of refunds: how much since a moment is a difference."""

    def refill(self, now_ns: int) -> None:
        """Let time pass."""
        if now_ns > self.at_ns:
            self.level = min(self.burst, self.level + self.per_ns * (now_ns - self.at_ns))
            self.at_ns = now_ns

    def ready_ns(self, amount: float) -> int:
        """How long from the last refill until this much is there; a need above the burst waits for the whole burst."""
        missing = min(amount, self.burst) - self.level
        return 0 if missing <= 0 else math.ceil(missing / self.per_ns)

    def take(self, amount: float) -> None:
        """Reserve; negative gives back."""
        self.level = min(self.burst, self.level - amount)
        self.spent += amount

    def told(self, remaining: float, spent_then: float, age_ns: int) -> None:
        """The endpoint's own count, `age_ns` ago, when `spent` was `spent_then`: never believe in more than that."""
        there = min(self.burst, remaining + self.per_ns * age_ns) - (self.spent - spent_then)
        self.level = min(self.level, there)


class Reservation(msgspec.Struct, frozen=True):
    """What one sending may count at most against each rate."""

    requests: float
    total: float
    input: float
    output: float
    spent_requests: float = 0.0
    spent_total: float = 0.0
    """Of the buckets, just after it was reserved."""


class Rates:
    """The buckets of one endpoint; a rate that is not stated has none."""

    __slots__ = ("_counts_cached", "_input", "_output", "_requests", "_total", "caution", "limited")

    def __init__(self, limits: Limits, rate_share: float, burst_share: float) -> None:
        def bucket(per_minute: int | None) -> Bucket | None:
            return None if per_minute is None else Bucket(max(1, per_minute), rate_share, burst_share)

        self._requests = bucket(limits.requests_per_minute)
        self._total = bucket(limits.tokens_per_minute)
        self._input = bucket(limits.input_tokens_per_minute)
        self._output = bucket(limits.output_tokens_per_minute)
        self._counts_cached = limits.counts_cached
        self.caution = 0.0
        """0: reserve the expected output; 1: the most possible."""
        self.limited = any(bucket is not None for bucket in (self._requests, self._total, self._input, self._output))

    def need(self, input_tokens: int, cached: float, output: float, output_max: int) -> Reservation:
        """What to reserve for a call with these estimates."""
        read = input_tokens if self._counts_cached else max(0.0, input_tokens - cached)
        written = output + self.caution * max(0.0, output_max - output)
        return Reservation(requests=1.0, total=read + written, input=read, output=written)

    def ready_ns(self, need: Reservation, now_ns: int) -> int:
        """How long until every bucket covers it; 0: now."""
        wait = 0
        for bucket, amount in (
            (self._requests, need.requests),
            (self._total, need.total),
            (self._input, need.input),
            (self._output, need.output),
        ):
            if bucket is not None:
                bucket.refill(now_ns)
                wait = max(wait, bucket.ready_ns(amount))
        return wait

    def reserve(self, need: Reservation) -> Reservation:
        """Take it out of every bucket; what comes back is handed to `reconcile`."""
        self._take(need.requests, need.total, need.input, need.output)
        return msgspec.structs.replace(
            need,
            spent_requests=self._requests.spent if self._requests else 0.0,
            spent_total=self._total.spent if self._total else 0.0,
        )

    def reconcile(self, held: Reservation, usage: Usage | None) -> None:
        """Give back what was not used, charge what was used more; None: the endpoint counted nothing of it."""
        if usage is None:
            self._take(-held.requests, -held.total, -held.input, -held.output)
        elif usage.known:
            read = usage.input_tokens - (0 if self._counts_cached else min(usage.cached_tokens, usage.input_tokens))
            written = usage.output_tokens
            self._take(0.0, read + written - held.total, read - held.input, written - held.output)

    def told(self, held: Reservation, requests: int | None, tokens: int | None, now_ns: int, age_ns: int) -> None:
        """Fold in the endpoint's own counts, which are as old as the sending of the call."""
        if requests is not None and self._requests is not None:
            self._requests.refill(now_ns)
            self._requests.told(requests, held.spent_requests, age_ns)
        if tokens is not None and self._total is not None:
            self._total.refill(now_ns)
            self._total.told(tokens, held.spent_total, age_ns)

    def exceeded(self) -> None:
        """A 429 came in spite of everything: others use this key, or its outputs are longer than thought."""
        self.caution = min(1.0, self.caution + CAUTION_STEP)

    def answered(self) -> None:
        """A call went through."""
        self.caution *= CAUTION_HALF

    def _take(self, requests: float, total: float, read: float, written: float) -> None:
        if self._requests is not None:
            self._requests.take(requests)
        if self._total is not None:
            self._total.take(total)
        if self._input is not None:
            self._input.take(read)
        if self._output is not None:
            self._output.take(written)


class Concurrency:
    """How many calls at once: as stated, or found out by additive increase and multiplicative decrease.

    The signal of too many is a 429, or a first token that comes much later, beyond what reading the prompt takes, than
    it came while few calls were running. A delay that does not grow with the calls says nothing about their number:
    vendors' first tokens are late for reasons of their own. Source: TCP Vegas, Netflix's gradient limiter.
    """

    FLOOR: Final = 6.0
    """Calls at once that delays alone never forbid; with so many the reference is taken."""
    START_RATED: Final = 256.0
    """Where the rates are stated, concurrency is not what limits."""
    LEAST: Final = 1.0
    MOST: Final = 4_096.0
    """Calls at once; beyond it an endpoint's limits should be stated."""
    CUT: Final = 0.8
    TIMES: Final = 2.0
    """A delay this many times the reference is a queue."""
    SLACK_NS: Final = 500 * MILLISECOND
    """A queueing delay that is not yet a sign of too many."""
    HOLD_NS: Final = SECOND
    """Cuts are at least this far apart: signals of one moment are one signal."""

    __slots__ = ("_cut_ns", "_delay_ns", "_eager", "_reference_ns", "_seen", "_stated", "window")

    def __init__(self, stated: int | None, *, rated: bool = False) -> None:
        self._stated = stated
        start = self.START_RATED if rated else self.FLOOR
        self.window = float(stated) if stated is not None else start
        self._cut_ns = -self.HOLD_NS
        self._eager = stated is None
        """Nothing was ever too many: the window doubles as fast as answers come."""
        self._delay_ns = 0.0
        self._reference_ns = 0.0
        self._seen = 0
        """Delays that made the reference."""

    @property
    def limit(self) -> int:
        """Calls it may have at once."""
        return max(1, int(self.window))

    def first_token(self, delay_ns: float, running: int, now_ns: int) -> None:
        """A first token came `delay_ns` later than its prompt explains (may be negative)."""
        delay = max(0.0, delay_ns)
        if running <= self.FLOOR:
            self._seen += 1
            self._reference_ns += max(0.05, 1.0 / self._seen) * (delay - self._reference_ns)
        self._delay_ns += 0.1 * (delay - self._delay_ns)
        late = self._seen >= self.FLOOR and self._delay_ns > self.TIMES * self._reference_ns + self.SLACK_NS
        if self._stated is None and late and self.window > self.FLOOR:
            self._cut(self.CUT, now_ns, self.FLOOR)
        elif 2 * running >= self.window:
            self._grow()

    def answered(self, running: int) -> None:
        """An answer came whole, and nobody saw its first token."""
        if 2 * running >= self.window:
            self._grow()

    def exceeded(self, now_ns: int) -> None:
        """It said 429."""
        self._cut(0.7, now_ns, self.LEAST)

    def _grow(self) -> None:
        if self._stated is None and self._seen < self.FLOOR <= self.window < self.START_RATED:
            return  # first it must be known how late a first token is without a queue
        most = self.MOST if self._stated is None else self._stated
        self.window = min(float(most), self.window + (1.0 if self._eager else 1.0 / self.window))

    def _cut(self, share: float, now_ns: int, least: float) -> None:
        if now_ns - self._cut_ns >= self.HOLD_NS:
            self._cut_ns = now_ns
            self._eager = False
            self.window = max(least, self.window * share)
            self._delay_ns = self._reference_ns  # what comes next must show it anew


class ServiceTime:
    """T = a + b x uncached input + g x output, by recursive least squares that forget; nanoseconds and tokens."""

    FORGET: Final = 0.995
    UNIT: Final = 1_000.0
    """Tokens are counted in thousands and time in seconds, so that the numbers are of one size."""

    __slots__ = ("_p", "_w", "seen")

    def __init__(self) -> None:
        self._w = [0.1, 0.1, 10.0]
        self._p = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 100.0]]
        self.seen = 0

    def learn(self, uncached: float, output: float, took_ns: int) -> None:
        """A call took this long. Cost: O(1)."""
        x = (1.0, uncached / self.UNIT, output / self.UNIT)
        p = self._p
        px = [row[0] * x[0] + row[1] * x[1] + row[2] * x[2] for row in p]
        scale = self.FORGET + x[0] * px[0] + x[1] * px[1] + x[2] * px[2]
        error = took_ns / SECOND - (self._w[0] * x[0] + self._w[1] * x[1] + self._w[2] * x[2])
        for i in range(3):
            gain = px[i] / scale
            self._w[i] += gain * error
            for j in range(3):
                p[i][j] = min(1e6, max(-1e6, (p[i][j] - gain * px[j]) / self.FORGET))
        self.seen += 1

    @property
    def per_input_ns(self) -> float:
        """b: nanoseconds per uncached input token."""
        return max(1e-7, self._w[1] / self.UNIT) * SECOND

    def prefill_ns(self, uncached: float) -> float:
        """Until the first token."""
        return max(0.0, self._w[0]) * SECOND + uncached * max(0.0, self._w[1]) / self.UNIT * SECOND

    def service_ns(self, uncached: float, output: float) -> float:
        """Until the last token."""
        return self.prefill_ns(uncached) + output * max(0.0, self._w[2]) / self.UNIT * SECOND

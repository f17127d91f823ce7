"""What happens when there is too much to do: bounded queues, then cheaper endpoints, then refusal of new programs.

An owner's calls wait too long when even the least waiting of them waited longer than the target for a whole
interval (CoDel's test: a queue that sometimes empties is no overload). Then its calls may run on the cheaper
endpoints that they name; and at a far longer wait its new programs are refused, never one that has begun.

Rules: pure; time is passed in; jitter comes from a seed and the ticket, so the same calls get the same plan.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, Literal

from ergos.base.clock import MILLISECOND, SECOND
from ergos.kernel.scheduler.health import RetryBudget
from ergos.kernel.scheduler.programs import Call
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import Rules

TRIES_MAX: Final = 8
"""Sendings of one call that may fail before the call is refused."""
LIMITED_MAX: Final = 64
"""Sendings of one call that may meet a 429, which its endpoint's pause already slows down."""
BACKOFF_NS: Final = 250 * MILLISECOND
BACKOFF_MAX_NS: Final = 30 * SECOND
RETRY_AFTER_MIN_NS: Final = SECOND
RETRY_AFTER_MAX_NS: Final = 600 * SECOND
OWNERS_MAX: Final = 10_000
"""Owners whose waits are watched."""

Stage = Literal["calm", "degrade", "refuse"]


class Delay:
    """The least wait of an owner's calls, interval by interval."""

    __slots__ = ("began_ns", "last_ns", "least_ns", "stage")

    def __init__(self, now_ns: int) -> None:
        self.began_ns = now_ns
        self.least_ns: int | None = None
        """Of the interval that runs; None: nothing started in it."""
        self.last_ns = 0
        """Of the interval before."""
        self.stage: Stage = "calm"


class Overload:
    """Queues' bounds, waits, repetitions and hedges."""

    def __init__(self, rules: Rules) -> None:
        self._rules: Final = rules
        self.budget: Final = RetryBudget(rules.retry_share)
        self._delays: Final[dict[str, Delay]] = {}
        self._sent = 0
        self._hedges = 0

    def stage(self, owner: str, now_ns: int, *, waiting: bool) -> Stage:
        """How it stands with an owner, who has calls that wait or not."""
        delay = self._delays.get(owner)
        if delay is None:
            if len(self._delays) >= OWNERS_MAX:
                del self._delays[next(iter(self._delays))]
            delay = self._delays[owner] = Delay(now_ns)
        passed = now_ns - delay.began_ns
        if passed >= self._rules.delay_interval_ns:
            least = delay.least_ns
            if least is None:  # nothing started: those that wait have waited an interval longer
                least = delay.last_ns + passed if waiting else 0
            delay.stage = self._judged(least)
            delay.began_ns, delay.last_ns, delay.least_ns = now_ns, least, None
        return delay.stage

    def _judged(self, least_ns: int) -> Stage:
        if least_ns > self._rules.refuse_delay_ns:
            return "refuse"
        return "degrade" if least_ns > self._rules.delay_target_ns else "calm"

    def waited(self, owner: str, wait_ns: int) -> None:
        """A call of an owner starts after this wait."""
        delay = self._delays.get(owner)
        if delay is not None:
            delay.least_ns = wait_ns if delay.least_ns is None else min(delay.least_ns, wait_ns)
            if delay.stage != "calm" and wait_ns <= self._rules.delay_target_ns:
                delay.stage = "calm"

    def retry_after_ns(self, wait_ns: float) -> int:
        """What to tell one that is refused."""
        return int(min(RETRY_AFTER_MAX_NS, max(RETRY_AFTER_MIN_NS, wait_ns)))

    def may_repeat(self, call: Call, *, limited: bool) -> bool:
        """Whether a failed call may be sent again at all."""
        return call.tries < (LIMITED_MAX if limited else TRIES_MAX)

    def backoff_ns(self, ticket: Ticket, tries: int) -> int:
        """Full jitter: anything up to a bound that doubles with every try."""
        most = min(BACKOFF_MAX_NS, BACKOFF_NS << min(tries, 16))
        text = f"{self._rules.seed}/{ticket.pid}/{ticket.key}/{tries}"
        draw = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
        return draw * most >> 64

    def sent(self, *, hedge: bool) -> None:
        """A call was sent."""
        self._sent += 1
        self._hedges += hedge

    def may_hedge(self, samples: int) -> bool:
        """Whether one more second sending keeps within the share."""
        return samples >= self._rules.hedge_samples_min and self._hedges + 1 <= self._rules.hedge_share * self._sent

"""What clients do when a cloud says 429: the habits of the field, and clients that know everything.

    Backoff      as vendors' libraries advise: wait 1, 2, 4 ... s with jitter, give up after six
    RetryAfter   wait as long as the answer says, give up after six
    Cooldown     as LiteLLM's router: leave the deployment alone for five seconds, then send what waits, in order
    AllKnowing   looks into the provider's buckets and sends, in order, what they cover
    Clairvoyant  the same, the program first that truly needs least from now on

Rules: `policies.Policy` for one endpoint; chance comes from a stream of its own.
"""

from __future__ import annotations

import heapq
from typing import Final

from ergos.base.ids import Pid
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import Ended, Plan, Rejection, Start, Want
from ergos.sim.grid.baselines import start
from ergos.sim.grid.chance import Draws
from ergos.sim.grid.cloud import Buckets

RETRIES_MAX: Final = 6
BACKOFF_FIRST_NS: Final = 1_000_000_000
COOLDOWN_NS: Final = 5_000_000_000


class Client:
    """Calls that were told to wait are sent again when their time has come; a habit says when that is."""

    at_once: int = 1 << 30
    """Calls it sends before it hears of the first of them."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint: Final = endpoint
        self._due: list[tuple[int, int, Want]] = []
        self._tries: Final[dict[Ticket, tuple[Want, int]]] = {}
        self._gone: Final[set[Ticket]] = set()
        self._count = 0

    def wait_ns(self, tries: int, retry_after_ns: int) -> int | None:
        """How long after so many refusals; None: give up."""
        del tries
        return retry_after_ns

    def later(self, want: Want, at_ns: int) -> None:
        """Send it then."""
        self._count += 1
        heapq.heappush(self._due, (at_ns, self._count, want))

    def ready_ns(self, want: Want, at_ns: int, now_ns: int) -> int:
        """When a call whose time came at `at_ns` may really be sent."""
        del want, now_ns
        return at_ns

    def arrive(self, want: Want, now_ns: int) -> Plan:
        """At once, if nothing speaks against it."""
        self._tries[want.ticket] = (want, 0)
        self.later(want, now_ns)
        return self._plan(now_ns)

    def leave(self, ended: Ended, now_ns: int) -> Plan:
        """An answer, or a refusal."""
        want, tries = self._tries[ended.ticket]
        if ended.kind != "limited":
            del self._tries[ended.ticket]
            return self._plan(now_ns)
        wait_ns = self.wait_ns(tries, ended.retry_after_ns)
        if wait_ns is None:
            del self._tries[ended.ticket]
            return self._plan(now_ns, Rejection(ticket=ended.ticket, why="429 too often"))
        self._tries[ended.ticket] = (want, tries + 1)
        self.later(want, now_ns + wait_ns)
        return self._plan(now_ns)

    def first_token(self, ticket: Ticket, endpoint: str, now_ns: int) -> Plan:
        """Of no interest."""
        del ticket, endpoint
        return self._plan(now_ns)

    def withdraw(self, ticket: Ticket, now_ns: int) -> Plan:
        """It waits no more."""
        self._gone.add(ticket)
        self._tries.pop(ticket, None)
        return self._plan(now_ns)

    def tick(self, now_ns: int) -> Plan:
        """Somebody's time has come."""
        return self._plan(now_ns)

    def program_ended(self, pid: Pid, now_ns: int) -> Plan:
        """Of no interest."""
        del pid
        return self._plan(now_ns)

    def answers(self, ticket: Ticket) -> tuple[Ticket, ...]:
        """Each its own."""
        return (ticket,)

    def _plan(self, now_ns: int, *rejections: Rejection) -> Plan:
        starts: list[Start] = []
        next_ns: int | None = None
        while self._due:
            at_ns, _, want = self._due[0]
            if want.ticket in self._gone:
                heapq.heappop(self._due)
                self._gone.discard(want.ticket)
                continue
            next_ns = self.ready_ns(want, at_ns, now_ns)
            if next_ns > now_ns:
                break
            heapq.heappop(self._due)
            starts.append(start(want, self.endpoint))
            next_ns = now_ns
            if len(starts) >= self.at_once:
                break
            next_ns = None
        return Plan(rejections=rejections, starts=tuple(starts), next_ns=next_ns)


class Backoff(Client):
    """Exponential, with full jitter over its second half."""

    def __init__(self, endpoint: str, seed: int | str) -> None:
        super().__init__(endpoint)
        self._draws: Final = Draws(seed, "backoff")

    def wait_ns(self, tries: int, retry_after_ns: int) -> int | None:
        """Twice as long each time, whatever the answer says."""
        del retry_after_ns
        if tries >= RETRIES_MAX:
            return None
        return int(BACKOFF_FIRST_NS * 2**tries * (0.5 + self._draws.uniform()))


class RetryAfter(Client):
    """As the answer says."""

    def wait_ns(self, tries: int, retry_after_ns: int) -> int | None:
        """Exactly as long."""
        return None if tries >= RETRIES_MAX else retry_after_ns


class Cooldown(Client):
    """One refusal stops everybody for a while."""

    at_once = 1

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self._until_ns = 0

    def leave(self, ended: Ended, now_ns: int) -> Plan:
        """A refusal begins a cooldown."""
        if ended.kind == "limited":
            self._until_ns = now_ns + COOLDOWN_NS
        return super().leave(ended, now_ns)

    def wait_ns(self, tries: int, retry_after_ns: int) -> int | None:
        """Never give up; whoever waited longest goes first."""
        del tries, retry_after_ns
        return 0

    def ready_ns(self, want: Want, at_ns: int, now_ns: int) -> int:
        """After the cooldown."""
        del want, now_ns
        return max(at_ns, self._until_ns)


class AllKnowing(Client):
    """Sends what the provider's buckets cover; what nobody could do better in the order of arrival."""

    at_once = 1

    def __init__(self, endpoint: str, buckets: Buckets) -> None:
        super().__init__(endpoint)
        self._buckets: Final = buckets

    def ready_ns(self, want: Want, at_ns: int, now_ns: int) -> int:
        """When they cover it."""
        tokens = self._buckets.tokens.wait_ns(want.input_tokens, now_ns)
        return max(at_ns, now_ns + max(tokens, self._buckets.requests.wait_ns(1, now_ns)))


class Clairvoyant(AllKnowing):
    """Knows what programs still need, too: a bound to compare with."""

    def __init__(self, endpoint: str, buckets: Buckets) -> None:
        super().__init__(endpoint, buckets)
        self._left: Final[dict[Pid, int]] = {}

    def later(self, want: Want, at_ns: int) -> None:
        """In order of what is left, whenever it came."""
        del at_ns
        if want.remaining_tokens is not None:
            self._left[want.program] = want.remaining_tokens
        super().later(want, self._left.get(want.parent or want.program, 0))

    def ready_ns(self, want: Want, at_ns: int, now_ns: int) -> int:
        """When the buckets cover it."""
        del at_ns
        return super().ready_ns(want, now_ns, now_ns)

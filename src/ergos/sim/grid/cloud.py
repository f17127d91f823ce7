"""A model in somebody's cloud: as fast as it is, for as many as there are, within limits a minute.

Rules: like `engine`: no clock, exact integers. A limit is a bucket that fills steadily; a call that it does not cover
is answered `limited` at once, with the time after which it would be covered.
"""

from __future__ import annotations

import heapq
from typing import Final

import msgspec

from ergos.sim.grid.jobs import Event, Job, Tally

MINUTE_NS: Final = 60_000_000_000


class CloudShape(msgspec.Struct, frozen=True, kw_only=True):
    """What a cloud takes and how fast it answers."""

    requests_per_minute: int = 240
    tokens_per_minute: int = 600_000
    """Input and output together."""
    burst_permille: int = 250
    """How much of a minute's worth may come at once."""
    base_ns: int = 400_000_000
    """Until it begins to read."""
    read_ns: int = 30_000
    write_ns: int = 15_000_000


class Bucket:
    """So much a minute; it may be overdrawn by what was not known before."""

    def __init__(self, per_minute: int, burst_permille: int) -> None:
        self._rate = per_minute
        self._most = per_minute * MINUTE_NS * burst_permille // 1_000
        self._level = self._most
        self._at_ns = 0

    def change(self, permille: int, now_ns: int) -> None:
        """From now on it gives so many thousandths of what it gave."""
        self._fill(now_ns)
        self._rate = self._rate * permille // 1_000
        self._most = self._most * permille // 1_000

    def _fill(self, now_ns: int) -> None:
        self._level = min(self._most, self._level + self._rate * (now_ns - self._at_ns))
        self._at_ns = now_ns

    def wait_ns(self, amount: int, now_ns: int) -> int:
        """Until it covers so much; 0: now. More than it ever holds is covered when it is full."""
        self._fill(now_ns)
        missing = min(amount * MINUTE_NS, self._most) - self._level
        return 0 if missing <= 0 else -(-missing // self._rate)

    def take(self, amount: int, now_ns: int) -> None:
        """Take so much, or give back a negative amount."""
        self._fill(now_ns)
        self._level = min(self._most, self._level - amount * MINUTE_NS)

    def left(self, now_ns: int) -> int:
        """Whole units it covers now, >= 0."""
        self._fill(now_ns)
        return max(self._level // MINUTE_NS, 0)


class Buckets:
    """Requests and tokens a minute together."""

    def __init__(self, requests_per_minute: int, tokens_per_minute: int, burst_permille: int = 250) -> None:
        self.requests: Final = Bucket(requests_per_minute, burst_permille)
        self.tokens: Final = Bucket(tokens_per_minute, burst_permille)

    def change(self, permille: int, now_ns: int) -> None:
        """From now on they give so many thousandths of what they gave."""
        self.requests.change(permille, now_ns)
        self.tokens.change(permille, now_ns)

    def ask(self, tokens: int, now_ns: int) -> int:
        """Take one request and so many tokens; 0: taken, otherwise nothing is, and it is the time to wait."""
        wait_ns = max(self.requests.wait_ns(1, now_ns), self.tokens.wait_ns(tokens, now_ns))
        if wait_ns == 0:
            self.requests.take(1, now_ns)
            self.tokens.take(tokens, now_ns)
        return wait_ns


class Cloud:
    """One deployment behind limits. What a call writes is charged when it is written."""

    def __init__(self, shape: CloudShape | None = None) -> None:
        self.shape: Final = shape or CloudShape()
        self.buckets: Final = Buckets(
            self.shape.requests_per_minute, self.shape.tokens_per_minute, self.shape.burst_permille
        )
        self.tally: Final = Tally()
        self.limited = 0
        self.asked = 0
        self._jobs: dict[int, Job] = {}
        self._left: dict[int, tuple[int, int]] = {}
        self._due: list[tuple[int, int, str, int]] = []
        self._events: list[Event] = []
        self._count = 0

    def submit(self, job: Job, now_ns: int) -> None:
        """A call arrives."""
        self.asked += 1
        wait_ns = self.buckets.ask(job.prompt_tokens, now_ns)
        if wait_ns:
            self.limited += 1
            left = (self.buckets.requests.left(now_ns), self.buckets.tokens.left(now_ns))
            self._events.append(Event("limited", job.id, now_ns, 0, 0, 0, wait_ns, *left))
            return
        self._left[job.id] = (self.buckets.requests.left(now_ns), self.buckets.tokens.left(now_ns))
        self._jobs[job.id] = job
        self._count += 1
        first = now_ns + self.shape.base_ns + self.shape.read_ns * job.prompt_tokens
        heapq.heappush(self._due, (first, self._count, "first", job.id))
        last = first + self.shape.write_ns * (job.output_tokens - 1)
        heapq.heappush(self._due, (last, self._count, "last", job.id))

    def abort(self, job_id: int, now_ns: int) -> bool:
        """Forget a call. False: it is not here."""
        del now_ns
        self._left.pop(job_id, None)
        return self._jobs.pop(job_id, None) is not None

    def step(self, now_ns: int) -> list[Event]:
        """All that has happened up to now and was not told yet."""
        events, self._events = self._events, []
        while self._due and self._due[0][0] <= now_ns:
            at_ns, _, what, job_id = heapq.heappop(self._due)
            job = self._jobs.get(job_id)
            if job is None:
                continue
            if what == "first":
                events.append(Event("first", job_id, at_ns, job.prompt_tokens, 0, 1))
                continue
            del self._jobs[job_id]
            self.buckets.tokens.take(job.output_tokens, at_ns)
            self.tally.read_tokens += job.prompt_tokens
            self.tally.written_tokens += job.output_tokens
            left = self._left.pop(job_id)
            events.append(Event("done", job_id, at_ns, job.prompt_tokens, 0, job.output_tokens, 0, *left))
        return events

    def next_ns(self) -> int | None:
        """When something happens next; None: never."""
        if self._events:
            return self._events[0].at_ns
        return self._due[0][0] if self._due else None

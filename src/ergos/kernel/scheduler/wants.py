"""What the scheduler of model calls is told and what it says: a call that wants to run, a plan, an end.

Rules: plain records; time is passed in; no field holds a prompt. Whoever feeds the grid (the runtime, the
simulator) does what a `Plan` says, in order: cancel, refuse, start; and calls `tick` no later than `next_ns`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.kernel.models import Hints, Usage
from ergos.kernel.scheduler.queues import Ticket


class Want(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A model call that wants to run."""

    ticket: Ticket
    owner: str
    program: Pid
    """The process; the calls of one program share a cache and are ordered by what it has had."""
    kind: str
    """Agent type: programs of one kind have similar lengths, and the history of lengths is kept by kind."""
    endpoints: tuple[str, ...]
    """Names of the endpoints it may run on, the preferred one first; not empty."""
    input_tokens: int
    output_tokens: int
    """Most it may write."""
    parent: Pid = Pid(0)
    """A program that waits for this one; its child inherits what it has had, and it its child's urgency."""
    prefix: tuple[tuple[int, int], ...] = ()
    """As in `models.Outline`."""
    deadline_ns: int | None = None
    """When the whole program should be done."""
    remaining_tokens: int | None = None
    """Weighted tokens the program still needs, where a contract declares it."""
    degraded: tuple[str, ...] = ()
    """Cheaper endpoints that may stand in when there is too much to do."""
    repeatable: bool = True
    """It may be sent a second time before its first token: cancelled and requeued, or hedged."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Send this call there now."""

    ticket: Ticket
    endpoint: str
    hints: Hints
    hedge: bool = False
    """A second sending of a call that is under way; whichever answers first counts, the other is cancelled."""


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """This call is not taken: there is too much to do, or nobody can do it."""

    ticket: Ticket
    why: str
    retry_after_ns: int = 0
    """When it may be worth trying again; 0: it is not."""


class Cancel(msgspec.Struct, frozen=True, kw_only=True):
    """Stop this sending; the call itself waits again (`requeued`) or was answered by its hedge.

    For the grid the sending is over with this: its end is not told with `leave`, unless it was answered after all.
    """

    ticket: Ticket
    endpoint: str
    requeued: bool


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do now."""

    cancels: tuple[Cancel, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    starts: tuple[Start, ...] = ()
    next_ns: int | None = None
    """Call `tick` by then; None: only an arrival or an end changes anything."""


NOTHING = Plan()

EndKind = Literal["done", "failed", "limited", "stalled", "cancelled", "refused"]
"""Answered; 5xx or a broken connection; 429; no byte for too long; called off by us or the caller; a 4xx that is
the caller's own fault (counts neither for nor against the endpoint's health)."""


class Ended(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one sending of a call ended."""

    ticket: Ticket
    endpoint: str
    kind: EndKind = "done"
    usage: Usage = Usage(known=False)
    retry_after_ns: int = 0
    """From the endpoint's own words: nanoseconds from now; 0: it said nothing."""
    remaining_requests: int | None = None
    """The endpoint's own count of what is left in its present minute."""
    remaining_tokens: int | None = None
    final: bool = True
    """The call is over for the program, whatever came of it; False: the caller wants it sent again if possible."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Knobs of the scheduler; the defaults are the measured ones of docs/why/scheduling.md."""

    quantum_tokens: float = 250_000.0
    """Q: weighted tokens by which one owner's service may run ahead of another's; 0 is VTC, infinity ignores owners."""
    bypass: float = 4.0
    """Times Q up to which an owner may run ahead while nothing of the others fits."""
    weights: dict[str, float] = {}
    """Shares by owner, > 0; 1 for those not named."""
    queue_calls_max: int = 100_000
    """Calls of one owner that may wait."""
    input_weight: float = 1.0
    cached_weight: float = 0.1
    output_weight: float = 6.0
    """Weighted tokens of one token: read, read from cache, written."""
    oldest_share: float = 0.25
    """Share of the service that goes to the oldest families instead of the best ranked ones."""
    lease_tokens: float = 4_000.0
    """Weighted tokens a program may at least use after it was admitted before it can be displaced by rank."""
    kv_share: float = 0.95
    """Of an engine's cache that is filled on purpose; the rest absorbs wrong estimates."""
    rate_share: float = 0.985
    """Of a rate limit that is used."""
    burst_share: float = 0.15
    """Of a minute's limit that may be used at once: many a provider enforces it over ten seconds."""
    retry_share: float = 0.1
    """Repetitions per success, over ten seconds."""
    hedge_share: float = 0.02
    """Second sendings per call; 0 forbids them."""
    hedge_samples_min: int = 50
    """First tokens seen at an endpoint before its 95 % quantile means something."""
    delay_target_ns: int = 60 * SECOND
    """A wait that is long: when every call of an owner waits longer for an interval, its calls are degraded."""
    delay_interval_ns: int = 60 * SECOND
    refuse_delay_ns: int = 600 * SECOND
    """A wait at which new programs of that owner are refused."""
    patience_ns: int = 300 * SECOND
    """A wait after which room is kept free for a call that does not fit beside others."""
    seed: int = 0
    """Of the jitter."""


class OwnerView(msgspec.Struct, frozen=True, kw_only=True):
    """How one owner stands."""

    owner: str
    waiting: int
    running: int
    served_tokens: float
    """Weighted tokens charged since the start."""
    delay_ns: int
    """What its calls last waited, smoothed."""


class EndpointView(msgspec.Struct, frozen=True, kw_only=True):
    """How one endpoint stands."""

    endpoint: str
    health: Literal["ok", "pausing", "open", "probing"]
    """Well; waiting for its own rate limit; not asked after failures; asked once to see."""
    running: int
    concurrency: int
    """Calls it may have at once, told or found out."""
    tokens_in_flight: int
    programs: int
    """Whose cache is protected there."""
    hit_rate: float
    """Of the input, read from cache, smoothed; 0 to 1."""
    wait_ns: int
    """Estimated wait of a new call."""


class GridView(msgspec.Struct, frozen=True, kw_only=True):
    """How the grid stands: what `ergos models` and `ergos ps` show."""

    owners: tuple[OwnerView, ...]
    endpoints: tuple[EndpointView, ...]
    waiting: int
    running: int
    programs: int

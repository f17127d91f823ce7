"""The scheduler's own records while it works: a family of programs, a program, a call, a sending of a call.

A family is a program with the programs it waits for. Its members share one rank, and what any of them had counts
for all: nobody waits for a child that waits behind strangers.

Rules: changed only within the scheduler; none of it leaves in a plan.
"""

from __future__ import annotations

from typing import NamedTuple

from ergos.base.ids import Pid
from ergos.kernel.scheduler.lifetimes import Kind
from ergos.kernel.scheduler.limits import Reservation
from ergos.kernel.scheduler.residency import Marks
from ergos.kernel.scheduler.sizes import Habits
from ergos.kernel.scheduler.wants import Cancel, Rejection, Start, Want


class Rank(NamedTuple):
    """The order of calls: the least runs first."""

    tier: int
    """URGENT or ORDINARY."""
    value: float
    """Within a tier: the deadline, or weighted tokens of the index."""


URGENT = 0
ORDINARY = 1
FIRST = Rank(-1, 0.0)
"""Before everything: whose turn it is whatever its rank."""


class Account:
    """What one owner had."""

    __slots__ = ("delay_ns", "running", "served", "virtual", "waiting", "weight")

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self.virtual = 0.0
        """Service over weight, lifted."""
        self.served = 0.0
        """Weighted tokens charged in all."""
        self.waiting = 0
        self.running = 0
        self.delay_ns = 0.0
        """What its calls waited, smoothed."""


class Family:
    """A root program and those it waits for."""

    __slots__ = (
        "attained", "born", "deadline_ns", "declared", "declared_at", "judged", "kind", "kind_name", "members", "owner",
        "promised", "rank", "recorded", "root",
    )  # fmt: skip

    def __init__(self, root: Pid, owner: str, kind_name: str, kind: Kind, born: int) -> None:
        self.root = root
        self.owner = owner
        self.kind_name = kind_name
        self.kind = kind
        self.born = born
        """Counts families in order of their first call."""
        self.attained = 0.0
        """Weighted tokens of service so far."""
        self.declared: float | None = None
        """Weighted tokens it last said it still needs."""
        self.declared_at = 0.0
        """What it had had then."""
        self.promised: float | None = None
        """What it first said it would have had in all."""
        self.judged = False
        """Its word was compared with what came of it, and counts no more."""
        self.deadline_ns: int | None = None
        self.rank = Rank(ORDINARY, 0.0)
        self.members: dict[Pid, Program] = {}
        self.recorded = False
        """Its length was taken into the history."""


class Program:
    """One process, as the scheduler sees it."""

    __slots__ = (
        "account", "calls", "context", "ended", "family", "habits", "home", "idle_ns", "last_input", "lease_rank",
        "lease_until", "pid", "protected", "running", "waiting",
    )  # fmt: skip

    def __init__(self, pid: Pid, account: Account, family: Family, habits: Habits) -> None:
        self.pid = pid
        self.account = account
        self.family = family
        self.habits = habits
        self.context = 0
        """Tokens its last call read and wrote."""
        self.last_input = 0
        self.home = ""
        """The endpoint where that was."""
        self.protected = ""
        """The endpoint whose working set it is in."""
        self.calls = 0
        """Its calls that are not over."""
        self.running = 0
        self.idle_ns = -1
        """Since when it has no call; -1: it has one, or had none yet."""
        self.waiting: dict[int, Call] = {}
        self.lease_rank = Rank(ORDINARY, 0.0)
        self.lease_until = -1.0
        """Attained service of its family until which it keeps at least the rank it was admitted with."""
        self.ended = False

    @property
    def rank(self) -> Rank:
        """Its family's, or that of its lease where it is better."""
        rank = self.family.rank
        if self.family.attained < self.lease_until and self.lease_rank < rank:
            return self.lease_rank
        return rank


class Call:
    """A want on its way."""

    __slots__ = (
        "arrived_ns", "avoid", "endpoints", "entry", "hedged", "marks", "noted", "output", "output_q90",
        "program", "queue", "sendings", "seq", "tries", "urgent", "want", "warm",
    )  # fmt: skip

    def __init__(self, want: Want, program: Program, seq: int, now_ns: int, marks: Marks) -> None:
        self.want = want
        self.program = program
        self.seq = seq
        self.arrived_ns = now_ns
        self.endpoints = want.endpoints
        """Where it may run: the wanted ones, or those it was degraded to."""
        self.marks = marks
        self.output = min(want.output_tokens, program.habits.output_mean)
        """Tokens it will probably write."""
        self.output_q90 = min(want.output_tokens, program.habits.output_q90)
        self.tries = 0
        self.avoid = ""
        """The endpoint that failed it last."""
        self.queue: object = None
        """The owner's queue it waits in; None: it does not wait."""
        self.entry: object = None
        """Its valid entry in a heap of that queue."""
        self.noted = False
        """Its lane knows how much room it needs."""
        self.urgent = False
        """Its lane counts it as urgent."""
        self.warm = False
        """Its lane counts it as warm."""
        self.hedged = False
        self.sendings: dict[str, Sending] = {}

    @property
    def room(self) -> int:
        """Tokens of an engine's cache it needs until it ends."""
        return self.want.input_tokens + int(self.output_q90)


class Sending:
    """A call under way at an endpoint."""

    __slots__ = ("cached", "call", "charge", "endpoint", "first_ns", "hedge", "held", "room", "sent_ns", "uncached")

    def __init__(self, call: Call, endpoint: str, sent_ns: int, cached: int, *, hedge: bool) -> None:
        self.call = call
        self.endpoint = endpoint
        self.sent_ns = sent_ns
        self.cached = cached
        self.uncached = call.want.input_tokens - cached
        self.room = call.room
        self.hedge = hedge
        self.first_ns = -1
        self.charge = 0.0
        """Weighted tokens charged when it was sent."""
        self.held: Reservation | None = None


class Draft:
    """A plan while it is made."""

    __slots__ = ("cancels", "rejections", "starts")

    def __init__(self) -> None:
        self.cancels: list[Cancel] = []
        self.rejections: list[Rejection] = []
        self.starts: list[Start] = []

"""What is in memory of one process: its row and mail, its open turn, its calls on their way.

Rules: plain state without behaviour; the machine keeps the table of residents, the reactor moves them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.choice import Choice
from ergos.kernel.ledger import Ceiling, Payer
from ergos.kernel.models import Outline
from ergos.kernel.packages import Definition, ModelSolver, Package
from ergos.kernel.permission.grants import Permit
from ergos.kernel.process import Process
from ergos.kernel.rows import Item, Mail, Note, Watch
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.supervisor import LoopBreaker
from ergos.kernel.values import Blob
from ergos.runtime.narrowing import ceilings
from ergos.runtime.replayer import OpenTurn, Pending


class Rows(msgspec.Struct, kw_only=True):
    """Rows that go into the same transaction as some records."""

    processes: tuple[Process, ...] = ()
    mail_put: tuple[Mail, ...] = ()
    mail_taken: tuple[int, ...] = ()
    watches_put: tuple[Watch, ...] = ()
    watches_dropped: tuple[tuple[Pid, str], ...] = ()
    items_put: tuple[Item, ...] = ()
    items_closed: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()
    blobs: tuple[Blob, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


class ModelWork(msgspec.Struct, frozen=True, kw_only=True):
    """A model call on its way."""

    args: dict[str, Plain] | None
    """For the `Models` port; None: the solver makes them when the call is sent."""
    outline: Outline
    choice: Choice
    solver: ModelSolver | None = None

    @property
    def worst(self) -> Amount:
        """The most it can cost wherever it runs."""
        worst = Amount()
        for spec in (*self.choice.endpoints, *self.choice.degraded):
            here = self.outline.worst(spec)
            worst = Amount(max(worst.microusd, here.microusd), max(worst.tokens, here.tokens))
        return worst


class Flight:
    """A call on its way: its ticket, what waits for it, and the task once it is being performed."""

    __slots__ = ("alarm", "begun", "cut_off", "epoch", "pending", "since_ns", "started_ns", "task", "ticket", "work")

    def __init__(
        self, ticket: Ticket, pending: Pending, since_ns: int, work: ModelWork | None = None, epoch: int = -1
    ) -> None:
        """`since_ns`: the time of its intent or repetition.

        `epoch`: of the grants it was allowed under; one that is not known is judged again when it starts.
        """
        self.ticket = ticket
        self.pending = pending
        self.since_ns = since_ns
        self.started_ns: int | None = None
        """When what is performed began, or was sent; None: it waits."""
        self.work = work
        """Of a model call."""
        self.epoch = epoch
        self.task: asyncio.Task[None] | None = None
        self.alarm: asyncio.TimerHandle | None = None
        self.begun = False
        """Its task has taken its first step."""
        self.cut_off = ""
        """Why we cancelled it, or ''."""


class Resident:
    """A process in memory: its row, its unread mail, and its open turn if it is being driven."""

    __slots__ = (
        "began_ns",
        "breaker",
        "cause",
        "counted",
        "definition",
        "errands",
        "expiring",
        "flying",
        "fresh",
        "mail",
        "noticed",
        "opening",
        "package",
        "payer",
        "permits",
        "permits_epoch",
        "process",
        "ticket",
        "turn",
    )

    def __init__(self, process: Process, mail: Iterable[Mail]) -> None:
        self.process = process
        self.mail: deque[Mail] = deque(mail)
        self.turn: OpenTurn | None = None
        self.definition: Definition | None = None
        self.package: Package | None = None
        self.permits: tuple[Permit, ...] = ()
        """Its grants in force, as of `permits_epoch` of the charter."""
        self.permits_epoch = -1
        self.counted: frozenset[str] = frozenset()
        """Those that allow a number of calls."""
        self.payer = Payer(process.pid, process.agent, process.owner)
        self.flying: dict[str, Flight] = {}
        """Calls handed to a driver, by key."""
        self.breaker: LoopBreaker | None = None
        self.ticket = 0
        """Number of the last change submitted for it."""
        self.opening = False
        """Its open turn is being read."""
        self.noticed: tuple[int, int] = (0, 0)
        """First and last message in the mailbox when its turn began."""
        self.fresh = False
        """Its open turn has just begun: the journal holds nothing of it but why (`cause`) and when (`began_ns`)."""
        self.cause = "start"
        self.began_ns = 0
        self.expiring = False
        """One of its grants has an end, so that a call has to be judged again when it starts."""
        self.errands = 0
        """Reads under way that its calls wait for."""

    @property
    def ceilings(self) -> tuple[Ceiling, ...]:
        """What it spends from together with others."""
        bounds = self.definition.bounds if self.definition is not None else None
        return ceilings(bounds, self.process.pid, self.process.owner)


def ends_of(mail: Sequence[Mail]) -> tuple[int, int]:
    """Ids of the first and the last message; zeros for an empty mailbox."""
    return (mail[0].id, mail[-1].id) if mail else (0, 0)

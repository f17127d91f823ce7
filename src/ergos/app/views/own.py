"""The read model of one owner: what pages and programs ask about many processes and records at once.

Rules: reads only; every query is of one owner, indexed and bounded, so its cost does not grow with what others have nor
with how long the journal is. What is shown may be a moment behind the journal; `seq` says how far it goes.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from ergos.base.ids import Digest, Pid
from ergos.kernel.calls import Failure
from ergos.kernel.labels import Label
from ergos.kernel.values import Packed

ROWS_MAX: Final = 200  # rows of one answer; a page shows 50

Standing: TypeAlias = Literal["live", "waiting", "ended", "failed", "all"]
"""Groups of states: not ended; waits for its owner or parked; ended; failed or killed; every process."""
By: TypeAlias = Literal["day", "agent", "model"]
"""How spending is summed up. `model`: who was paid: the endpoint of a model call, or a paid tool."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many processes stand where."""

    states: dict[str, int]
    """By state."""
    seq: int
    """The record up to which this is."""


class ProcessRow(msgspec.Struct, frozen=True, kw_only=True):
    """A process in a list."""

    pid: Pid
    agent: str
    definition: Digest
    parent: Pid
    state: str
    waits: str
    turn: int
    started_ns: int
    moved_ns: int
    """When its newest record was written."""
    ended_ns: int | None
    microusd: int
    """Spent so far."""
    tokens: int
    calls: int
    """Begun; what was refused is not counted."""
    verified: bool
    """It is done and its outcome passed an acceptance check, or, hosted, its last run did."""
    fault: str
    """Why it failed, or the last failure of a call in its newest turn; '' without one."""


class AgentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An agent of which processes were started."""

    agent: str
    definition: Digest
    """Of its newest process."""
    live: int
    ended: int
    """Processes that are done, failed or killed."""
    failed: int
    """Processes that failed or were killed."""
    microusd: int
    tokens: int
    verified: int
    """Outcomes that passed an acceptance check."""
    delivered: int
    """Outcomes: processes that are done, and runs of hosted ones that came to their end."""
    moved_ns: int


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an agent, by its definition."""

    definition: Digest
    first_ns: int
    last_ns: int
    processes: int


class SpendRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent, of one day, agent or model."""

    key: str
    """Day as YYYY-MM-DD in UTC, name of the agent, or name of who was paid."""
    microusd: int
    tokens: int
    calls: int


class OutcomeRow(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, of one day or agent."""

    key: str
    delivered: int
    """Processes that are done, and runs of hosted ones that came to their end."""
    verified: int
    """Those of them that passed an acceptance check."""
    failed: int
    """Processes that failed, and failed runs of hosted ones."""
    microusd: int
    """Spent on that day, or by that agent."""


class RecordRow(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the journal in a list."""

    seq: int
    pid: Pid
    agent: str
    """'' for the kernel's own."""
    turn: int
    at_ns: int
    kind: str
    """Tag of the record."""
    summary: str
    """What it says, in a few words: 'act mail.send', 'done', 'E302'."""


class TrafficRow(msgspec.Struct, frozen=True, kw_only=True):
    """How often one agent gave work or word to another."""

    sender: str
    receiver: str
    spawned: int
    sent: int
    last_ns: int


class TurnRow(msgspec.Struct, frozen=True, kw_only=True):
    """A turn of a process in a list."""

    turn: int
    cause: str
    """What woke it: start, mail, timer; '' for turn 0, in which nothing runs."""
    began_ns: int
    ended_ns: int | None
    """None: it is open."""
    calls: int
    microusd: int
    tokens: int
    faults: int
    """Failures, refusals and doubts in it."""


class StretchRow(msgspec.Struct, frozen=True, kw_only=True):
    """Several turns of a process one after the other, summed up: what a trace shows from far away."""

    first: int
    last: int
    """Turns, both included."""
    began_ns: int
    ended_ns: int
    """When its newest record was written."""
    calls: int
    microusd: int
    tokens: int
    faults: int


class CallRow(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a process, from its first record to its last."""

    turn: int
    key: str
    kind: str
    name: str
    effect: str
    solver: str
    """Of a task: who was given it."""
    first_seq: int
    """Its first record: what pages go on behind or before."""
    intent_seq: int | None
    result_seq: int | None
    item: int | None
    """The inbox item by which its owner was asked."""
    asked_ns: int | None
    answered_ns: int | None
    started_ns: int | None
    """When it was written down as begun; None: it was not."""
    ended_ns: int | None
    """None: it is under way, in doubt or waits for its owner."""
    waited_ns: int
    """For its owner, before it began."""
    queued_ns: int
    """From its intent until it was performed, or sent to the endpoint that answered; of one under way not known: 0."""
    ran_ns: int
    """From then to its result."""
    microusd: int
    tokens: int
    held_microusd: int
    """Set aside for it, while it has no result."""
    provider: str
    """Who is paid: the endpoint of a model call, or a tool."""
    label: Label | None
    """Of what came back."""
    failure: Failure | None
    faults: tuple[str, ...]
    """Why acceptance checks rejected what came back."""
    grant: str
    approved_by: str
    verdict: str
    """What its owner said."""
    refused: bool
    doubted: bool
    repeats: int
    """Times it was performed again after a crash."""
    late: bool
    other: Pid
    """The process that it sent to, spawned, waited for or signalled, or whose message it took; 0: none."""


class MailRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a process sent or took from its mailbox."""

    seq: int
    """Of the record of the call."""
    at_ns: int
    sent: bool
    """By it; False: taken by it."""
    other: Pid
    """To whom, or from whom; 0: its owner, the outside or a trigger."""
    agent: str
    """Of the other; '' for 0."""
    trigger: str
    body: Packed
    """As it stands in the record: read it with `Seat.value`. Of a message taken: {"id", "sender", "body"}."""


class OwnViews(Protocol):
    """What one owner may ask. Every method raises StoreError where the store cannot be read."""

    async def counts(self) -> Counts:
        """Processes by state."""
        ...

    async def processes(
        self,
        standing: Standing = "live",
        *,
        agent: str = "",
        text: str = "",
        before: Pid | None = None,
        limit: int = 50,
    ) -> tuple[ProcessRow, ...]:
        """Processes, the newest first, below a pid. `text`: part of an agent's name, or a pid. `limit`: to ROWS_MAX."""
        ...

    async def one(self, pid: Pid) -> ProcessRow | None:
        """One process."""
        ...

    async def agents(self) -> tuple[AgentRow, ...]:
        """Agents by when they moved last, the newest first, at most ROWS_MAX."""
        ...

    async def versions(self, agent: str) -> tuple[VersionRow, ...]:
        """Versions of an agent, the newest first, at most ROWS_MAX."""
        ...

    async def spend(self, by: By, *, since_day: int = 0, agent: str = "") -> tuple[SpendRow, ...]:
        """Spending since a day (days since 1970, UTC): days ascending, others by money; at most ROWS_MAX."""
        ...

    async def outcomes(self, by: Literal["day", "agent"], *, since_day: int = 0) -> tuple[OutcomeRow, ...]:
        """What came of it since a day: days ascending, agents by money; at most ROWS_MAX."""
        ...

    async def records(
        self,
        *,
        kinds: tuple[str, ...] = (),
        pid: Pid | None = None,
        agent: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> tuple[RecordRow, ...]:
        """Records of this owner's processes, and of the kernel's own those about this owner, the newest first."""
        ...

    async def faults(self, *, since_ns: int = 0, limit: int = 20) -> tuple[RecordRow, ...]:
        """Failures, refusals and doubts, the newest first."""
        ...

    async def traffic(self, *, since_ns: int = 0) -> tuple[TrafficRow, ...]:
        """Who works with whom, at most ROWS_MAX."""
        ...

    async def turns(
        self, pid: Pid, *, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> tuple[TurnRow, ...]:
        """Turns of a process: the newest first, below `before`; with `after` the first ones above it, ascending."""
        ...

    async def stretches(
        self, pid: Pid, *, first: int = 0, last: int | None = None, parts: int = 50
    ) -> tuple[StretchRow, ...]:
        """The turns from `first` to `last`, summed up in at most so many parts, ascending."""
        ...

    async def calls(
        self,
        pid: Pid,
        *,
        turn: int | None = None,
        after: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> tuple[CallRow, ...]:
        """Calls of a process, or of one turn, by their first record: the newest first, below `before`; with `after`
        the first ones behind it (0: from the beginning), ascending. A page goes on with `first_seq` of its last row.
        """
        ...

    async def mail(self, pid: Pid, *, before: int | None = None, limit: int = 50) -> tuple[MailRow, ...]:
        """What a process sent and took, the newest first, below a record."""
        ...

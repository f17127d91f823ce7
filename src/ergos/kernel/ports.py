"""What the kernel needs from outside: stores, tools, solvers, programs, a signer.

Protocols and the plain records that cross them; a driver implements one, a conformance suite checks it.

Rules: a store applies changes in the order they were submitted, each atomically, and says `done` only when
it is durable; reads may lag behind what was submitted but not behind what was done. Ports raise ErgosErrors
only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError
from ergos.base.ids import Digest, Pid
from ergos.base.money import Amount
from ergos.kernel.journal import Sealed
from ergos.kernel.ledger import Meter
from ergos.kernel.models import UNKNOWN_USAGE, EndpointSpec, Hints, Outline, Usage
from ergos.kernel.process import Process
from ergos.kernel.rows import Change, Head, Item, Loaded, Note, Watch

Done: TypeAlias = Callable[[ErgosError | None], None]


class ProcessReads(Protocol):
    """Processes and their mail."""

    async def load(self, pids: tuple[Pid, ...]) -> tuple[Loaded, ...]:
        """Processes with their mail; unknown pids are left out."""
        ...

    async def turn(self, pid: Pid, turn: int) -> tuple[Sealed, ...]:
        """The records of one turn of a process, in order."""
        ...

    async def runnable(self, after: Pid, limit: int) -> tuple[Pid, ...]:
        """Ready processes with a larger pid, ascending."""
        ...

    async def due(self, now_ns: int, limit: int) -> tuple[Process, ...]:
        """Waiting processes whose time has come, earliest first."""
        ...

    async def next_due_ns(self) -> int | None:
        """The earliest time any waiting process is due."""
        ...

    async def processes(
        self, *, owner: str | None = None, live_only: bool = True, after: Pid = Pid(0), limit: int = 1000
    ) -> tuple[Process, ...]:
        """Processes by ascending pid."""
        ...

    async def children(self, parent: Pid) -> tuple[Process, ...]:
        """Children of a process, ended ones included."""
        ...


class WatchReads(Protocol):
    """Armed triggers."""

    async def watches(self, pid: Pid) -> tuple[Watch, ...]:
        """Those of a process, by name."""
        ...

    async def watches_due(self, now_ns: int, limit: int) -> tuple[Watch, ...]:
        """Those whose time has come, earliest first."""
        ...

    async def next_watch_ns(self) -> int | None:
        """The earliest time any of them is due."""
        ...

    async def watches_of(self, kind: str, after: tuple[Pid, str], limit: int) -> tuple[Watch, ...]:
        """Those of one kind ('files'), by process and name, after this place."""
        ...


class RecordReads(Protocol):
    """The journal and the values it names."""

    def records(self, *, after: int = 0, pid: Pid | None = None, limit: int | None = None) -> AsyncIterator[Sealed]:
        """Records by ascending position."""
        ...

    async def head(self) -> Head:
        """The last durable record."""
        ...

    async def blobs(self, digests: tuple[Digest, ...]) -> dict[Digest, bytes]:
        """Bodies of blobs. Raises: CorruptStoreError for a missing or altered one."""
        ...

    async def facts(self) -> dict[str, str]:
        """Single values of the kernel."""
        ...

    async def highest(self) -> tuple[Pid, int, int]:
        """Largest pid, mail id and inbox item ever given out."""
        ...


class OwnerReads(Protocol):
    """What owners ask about."""

    async def books(self, keys: tuple[str, ...]) -> tuple[dict[str, Amount], dict[str, Meter]]:
        """Accounts and meters of these keys, those that exist; a key ending in '*' is a prefix."""
        ...

    async def notes(self, owner: str, agent: str, prefix: str, limit: int) -> tuple[Note, ...]:
        """Entries of an agent's memory by key prefix, in order of keys."""
        ...

    async def items(self, owner: str | None, limit: int) -> tuple[Item, ...]:
        """Open inbox items, oldest first."""
        ...

    async def item(self, number: int) -> Item | None:
        """One open inbox item."""
        ...


class Store(ProcessReads, WatchReads, RecordReads, OwnerReads, Protocol):
    """Where everything is kept. One kernel writes at a time."""

    @property
    def id(self) -> str:
        """Random name of this store, made once; part of every idempotency key."""
        ...

    @property
    def durable(self) -> int:
        """How many of the changes submitted since it was opened are durable."""
        ...

    def submit(self, change: Change, done: Done | None = None) -> None:
        """Take a change; `done` is called on the loop once it is durable, or with why it never will be.

        After a failure every later change fails too: memory would otherwise run ahead of the disk.
        """
        ...

    async def flush(self) -> None:
        """Return when everything submitted is durable. Raises: StoreError, DiskFullError."""
        ...

    async def close(self) -> None:
        """Flush and let go of the store."""
        ...


Sink: TypeAlias = Callable[[bytes], None]
"""Takes pieces of an answer as they come, in the caller's own wire format."""


class ModelCame(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one sending of a model call."""

    value: Plain
    """For a call in a wire format {"status", "type", "body"}: the answer as its caller reads it; for a neutral one
    a `Reply` as plain data."""
    usage: Usage = UNKNOWN_USAGE
    remaining_requests: int | None = None
    remaining_tokens: int | None = None


class Models(Protocol):
    """The endpoints, and how to call them. A call's arguments are {"dialect", "body"}."""

    def endpoints(self) -> tuple[EndpointSpec, ...]:
        """All that are configured or were found, in order of preference."""
        ...

    def outline(self, args: dict[str, Plain]) -> Outline:
        """What a call needs. Cost: O(its bytes). Raises: ValueShapeError for arguments that are no model call."""
        ...

    async def perform(
        self,
        endpoint: str,
        args: dict[str, Plain],
        *,
        deadline_ns: int,
        hints: Hints,
        sink: Sink | None = None,
        on_first: Callable[[], None] | None = None,
    ) -> ModelCame:
        """Send a call; `on_first` is told when its first token came.

        What the sink was given is a beginning of `value`'s body: the last event of a stream is kept back, so that
        the caller sees the end only once it is recorded.

        Raises: ModelError and its children, DeadlineError; cancelling it cancels the call.
        """
        ...


class Signer(Protocol):
    """Signs checkpoints."""

    @property
    def public_key(self) -> str:
        """Raw Ed25519 public key, hexadecimal."""
        ...

    def sign(self, statement: bytes) -> str:
        """Signature, hexadecimal."""
        ...

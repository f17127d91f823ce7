"""What the kernel needs from outside: stores, tools, solvers, programs, a signer.

Protocols and the plain records that cross them; a driver implements one, a conformance suite checks it.

Rules: a store applies changes in the order they were submitted, each atomically, and says `done` only when
it is durable; reads may lag behind what was submitted but not behind what was done. Ports raise ErgosErrors
only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol, TypeAlias

from ergos.base.errors import ErgosError
from ergos.base.ids import Digest, Pid
from ergos.base.money import Amount
from ergos.kernel.journal import Sealed
from ergos.kernel.ledger import Meter
from ergos.kernel.process import Process
from ergos.kernel.rows import Change, Head, Item, Loaded, Note

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


class Store(ProcessReads, RecordReads, OwnerReads, Protocol):
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


class Signer(Protocol):
    """Signs checkpoints."""

    @property
    def public_key(self) -> str:
        """Raw Ed25519 public key, hexadecimal."""
        ...

    def sign(self, statement: bytes) -> str:
        """Signature, hexadecimal."""
        ...

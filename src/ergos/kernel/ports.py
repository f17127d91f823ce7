"""What the kernel needs from outside: stores, tools, solvers, programs, a signer.

Protocols and the plain records that cross them; a driver implements one, a conformance suite checks it.

Rules: a store applies changes in the order they were submitted, each atomically, and says `done` only when
it is durable; reads may lag behind what was submitted but not behind what was done. Ports raise ErgosErrors
only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Literal, Protocol, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError
from ergos.base.ids import Digest, Pid
from ergos.base.money import FREE, Amount, Price
from ergos.kernel.events import EffectClass
from ergos.kernel.journal import Entry, Sealed
from ergos.kernel.labels import USER, Label
from ergos.kernel.ledger import Caps, Meter
from ergos.kernel.policy import Grant
from ergos.kernel.process import Process
from ergos.kernel.solvers import SolverSpec, TaskSpec
from ergos.kernel.supervisor import Supervision
from ergos.kernel.syscalls import Answer, Idle, Yielded
from ergos.kernel.values import NULL, Blob, Packed

# Stored rows


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A message in a mailbox, unread."""

    id: int
    """Given out in order; a mailbox is read in this order."""
    to: Pid
    sender: Pid
    """0: the owner or the outside."""
    body: Packed
    label: Label = USER


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for the owner."""

    id: int
    pid: Pid
    key: str
    owner: str
    kind: Literal["approval", "question", "doubt"]
    asked_ns: int
    expires_ns: int | None
    text: str
    """What is asked, for a person."""
    call: Packed = NULL
    """The exact call, as shown and as bound by the digest."""
    digest: str = ""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an agent's persistent memory; value None erases it."""

    owner: str
    agent: str
    key: str
    value: Packed | None
    label: Label = USER


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction: records and the rows that are their fold."""

    entries: tuple[Entry, ...] = ()
    processes: tuple[Process, ...] = ()
    mail_put: tuple[Mail, ...] = ()
    mail_taken: tuple[int, ...] = ()
    items_put: tuple[Item, ...] = ()
    items_closed: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()
    accounts: tuple[tuple[str, Amount], ...] = ()
    meters: tuple[tuple[str, Meter], ...] = ()
    blobs: tuple[Blob, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    """Single values of the kernel (halt flag, caps), by name."""


class Head(msgspec.Struct, frozen=True):
    """The end of the chain."""

    seq: int
    seal: bytes
    at_ns: int


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A process and its mailbox."""

    process: Process
    mail: tuple[Mail, ...]
    """Unread messages, oldest first; at most MAILBOX_MESSAGES_MAX."""


Done: TypeAlias = Callable[[ErgosError | None], None]


class Store(Protocol):
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

    async def blobs(self, digests: tuple[Digest, ...]) -> dict[Digest, bytes]:
        """Bodies of blobs. Raises: CorruptStoreError for a missing or altered one."""
        ...

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

    async def processes(
        self, *, owner: str | None = None, live_only: bool = True, after: Pid = Pid(0), limit: int = 1000
    ) -> tuple[Process, ...]:
        """Processes by ascending pid."""
        ...

    async def children(self, parent: Pid) -> tuple[Process, ...]:
        """Children of a process, ended ones included."""
        ...

    def records(self, *, after: int = 0, pid: Pid | None = None, limit: int | None = None) -> AsyncIterator[Sealed]:
        """Records by ascending position."""
        ...

    async def head(self) -> Head:
        """The last durable record."""
        ...

    async def facts(self) -> dict[str, str]:
        """Single values of the kernel."""
        ...

    async def highest(self) -> tuple[Pid, int, int]:
        """Largest pid, mail id and inbox item ever given out."""
        ...

    async def close(self) -> None:
        """Flush and let go of the store."""
        ...


# Tools, solvers, programs


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tool's definition; its digest pins it."""

    name: str
    summary: str
    parameters: dict[str, object]
    """JSON schema of the arguments."""
    effect: EffectClass
    local: bool = False
    """It reads nothing but this machine's memory and disk and changes nothing: it may run before its intent
    is durable."""
    trusted: bool = False
    """Its results come from a source the owner trusts."""
    price: Price | None = FREE
    deadline_s: float = 60.0
    queue: str = "tools"


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool or solver is told besides its arguments."""

    pid: Pid
    owner: str
    agent: str
    idempotency_key: str
    """The same for every repetition of this call, different for every other call of every store."""
    deadline_ns: int
    now_ns: int


class Performed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a call."""

    value: Plain
    tokens: int = 0
    label: Label | None = None
    faults: tuple[str, ...] = ()
    """What the acceptance checks of a task found; filled in by the performer, not by the solver."""


class Absent(msgspec.Struct, frozen=True):
    """A probe's answer: the effect did not happen."""


class Tool(Protocol):
    """One tool."""

    @property
    def spec(self) -> ToolSpec:
        """Its definition."""
        ...

    @property
    def digest(self) -> Digest:
        """Digest of the definition."""
        ...

    def misfit(self, args: dict[str, Plain]) -> str:
        """What is wrong with the arguments, or ''. Asked before anything is written or done."""
        ...

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        """Do it. Raises: ToolFailedError and other ErgosErrors when it did not happen."""
        ...

    async def probe(self, args: dict[str, Plain], errand: Errand) -> Performed | Absent:
        """For `reconcilable`: look whether it happened."""
        ...


class Solver(Protocol):
    """One way to do tasks."""

    @property
    def spec(self) -> SolverSpec:
        """What it can do and charges."""
        ...

    async def solve(self, task: TaskSpec, inputs: Plain, errand: Errand) -> Performed:
        """An attempt. Raises: ErgosErrors."""
        ...


class Task(Protocol):
    """A task with its acceptance checks."""

    @property
    def spec(self) -> TaskSpec:
        """Signature and names of the checks."""
        ...

    async def faults(self, inputs: Plain, value: Plain) -> tuple[str, ...]:
        """What the checks found; empty: accepted. Depends on its arguments alone."""
        ...


class Definition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An agent as the kernel knows it. Its digest is the version a process runs on."""

    agent: str
    program: str
    """Where its program is found: a folder with AGENT.md, or 'module:function'."""
    code: str = ""
    """Digest of its source files; a change is a new version."""
    grants: tuple[Grant, ...] = ()
    caps: Caps = Caps()
    supervision: Supervision = Supervision()
    window_tokens: int = 0
    language: str = "en"
    instructions: str = ""
    settings: Packed = NULL
    """Plain values of the owner's that the program may read."""


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """What a program is told at the start of a turn. The same at every replay."""

    pid: Pid
    turn: int
    owner: str
    agent: str
    parent: Pid
    cause: str
    now_ns: int
    memory: Plain
    definition: Definition


Program: TypeAlias = Callable[[Beginning], Coroutine[Yielded, tuple[Answer, ...], "Idle | Plain"]]


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's code and what comes with it."""

    program: Program
    tools: Mapping[str, Tool] = {}
    tasks: Mapping[str, Task] = {}
    solvers: tuple[Solver, ...] = ()
    team: Mapping[str, Definition] = {}
    """Agents it may spawn, by name."""


class Programs(Protocol):
    """Finds code."""

    def package(self, definition: Definition) -> Package:
        """The code of a definition. Raises: DefinitionError."""
        ...

    def current(self, agent: str, program: str) -> Definition | None:
        """The newest definition of an agent, for its next turn; None if it is no longer there."""
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

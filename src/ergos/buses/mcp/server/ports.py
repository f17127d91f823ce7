"""What an MCP server of ours asks of whoever stands behind it: tools, tasks, places, skills.

Protocols and the plain records that cross them. Rules: a `Wire` is a JSON object as the protocol has it on the wire,
so that whoever implements a port needs nothing of the protocol's library; every port is told who asks, and answers
for that caller alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Protocol, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.kernel.packages import ToolSpec
from ergos.kernel.syscalls import Answer

Wire: TypeAlias = dict[str, Any]
"""A JSON object of the protocol."""

TaskStatus: TypeAlias = Literal["working", "input_required", "completed", "failed", "cancelled"]


class Caller(msgspec.Struct, frozen=True):
    """Who asks. Equal callers are the same principal and share sessions and tasks; different ones share nothing."""

    identity: str
    """'owner alice', 'process 7'."""
    pid: int = 0
    """Of a process; 0: an owner."""
    life: int = 0
    """Of a process: which start of its program."""


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A task of the tasks extension, as it stands now."""

    id: str
    status: TaskStatus
    created_ns: int
    updated_ns: int
    ttl_ms: int | None = None
    """Milliseconds from its creation for which it can be asked about; None: for ever."""
    message: str = ""
    result: Wire | None = None
    """Of a completed one: what the request would have returned."""
    error: Wire | None = None
    """Of a failed one: a JSON-RPC error."""
    inputs: Mapping[str, Wire] = {}
    """Of one that requires input: requests to the client, by a key that is used once in a task's life."""

    @property
    def ended(self) -> bool:
        """Whether it never changes again."""
        return self.status in {"completed", "failed", "cancelled"}


class Asking(Protocol):
    """A tools/call under way."""

    @property
    def caller(self) -> Caller:
        """Who asks."""
        ...

    @property
    def takes_tasks(self) -> bool:
        """Whether this request may be answered with a task."""
        ...

    @property
    def gone(self) -> bool:
        """Whether nobody is there any more to take the answer."""
        ...

    async def progress(self, done: float, message: str) -> None:
        """Tell how it goes, where the caller wants to know; `done` only grows."""
        ...


class ToolDesk(Protocol):
    """Tools, and what becomes of calling them."""

    async def tools(self, caller: Caller) -> tuple[Wire, ...]:
        """What this caller may call, always in the same order."""
        ...

    async def call(self, name: str, arguments: Wire, asking: Asking) -> Wire | TaskView:
        """Call one. A task only where `asking` takes it, and only once it is durable.

        A tool that failed is a result with `isError`. Raises: RpcError; ErgosErrors, which become such a result.
        """
        ...


class TaskBoard(Protocol):
    """Tasks by id. An id that is unknown and one that is another caller's are answered alike."""

    async def get(self, caller: Caller, task_id: str) -> TaskView | None:
        """How it stands; None: there is none of this caller."""
        ...

    async def update(self, caller: Caller, task_id: str, responses: Mapping[str, Plain]) -> bool:
        """Take answers to what it asked; keys that are not open are passed over. False: there is none."""
        ...

    async def cancel(self, caller: Caller, task_id: str) -> bool:
        """Ask it to end; of one that has ended, nothing. False: there is none."""
        ...


class Places(Protocol):
    """Resources."""

    async def resources(self, caller: Caller) -> tuple[Wire, ...]:
        """Those with a fixed address."""
        ...

    async def templates(self, caller: Caller) -> tuple[Wire, ...]:
        """Addresses with variables."""
        ...

    async def read(self, caller: Caller, uri: str) -> tuple[Wire, ...] | None:
        """The contents at an address; None: nothing is there. Raises: ErgosErrors."""
        ...


class SkillFile(msgspec.Struct, frozen=True):
    """One file of a skill."""

    path: str
    """From the skill's folder, with '/' between names."""
    digest: str
    """SHA-256 of its bytes, 64 hexadecimal digits."""
    size: int


class SkillEntry(msgspec.Struct, frozen=True):
    """A skill, without the contents of its files."""

    path: str
    """Where it stands on the shelf: names with '/' between, the last its own."""
    frontmatter: Mapping[str, Plain]
    """As its author wrote it; `name` and `description` are there."""
    files: tuple[SkillFile, ...]
    """All of them, SKILL.md among them."""


class SkillShelf(Protocol):
    """Skills that are offered to others."""

    def skills(self) -> tuple[SkillEntry, ...]:
        """All, as they are now, by path."""
        ...

    def read(self, skill: str, file: str) -> bytes:
        """A file of a skill, both by path. Raises: UnknownPathError."""
        ...


class Toolbox(Protocol):
    """The tools of a process behind its door."""

    async def tools(self, caller: Caller) -> tuple[ToolSpec, ...]:
        """Exactly those that its grants name. Raises: ForeignTokenError for a start of its program that is over."""
        ...

    async def act(self, caller: Caller, name: str, args: dict[str, Plain], gone: Callable[[], bool]) -> Answer:
        """Call one, as an `act` of the process; returns once its answer is durable.

        `gone` says in the end whether nobody is there to take the answer; then it is kept for when the process asks
        the same again.
        """
        ...


class RpcError(Exception):
    """A JSON-RPC error, where the protocol wants one."""

    def __init__(self, code: int, message: str, data: Wire | None = None) -> None:
        self.code = code
        self.message = message
        self.data = data
        super().__init__(message)


INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
HEADER_MISMATCH: Final = -32020
MISSING_CAPABILITY: Final = -32021
TASKS: Final = "io.modelcontextprotocol/tasks"
SKILLS: Final = "io.modelcontextprotocol/skills"


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one kind of caller is served."""

    name: str
    version: str
    instructions: str = ""
    tools: ToolDesk
    board: TaskBoard | None = None
    places: Places | None = None
    shelf: SkillShelf | None = None

"""What the A2A server needs from whoever has the tasks, and the plain records that cross to it.

Parts of messages and artifacts stand in the protocol's own JSON form ({"text": …}, {"data": …}, {"raw": base64},
{"url": …}, with "filename", "mediaType", "metadata"); they were checked where they came in. Everything else is typed.

Rules: a board answers for one published agent and one caller at a time; a task of another caller is exactly like one
that does not exist (None, or `no-task`). The library of the protocol is unknown here, so this is cheap to import.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, Literal, Protocol, TypeAlias

import msgspec

Wire: TypeAlias = dict[str, Any]
"""Plain JSON of the protocol."""

TaskState: TypeAlias = Literal[
    "submitted", "working", "input-required", "auth-required", "completed", "failed", "canceled", "rejected"
]
TERMINAL: Final[frozenset[TaskState]] = frozenset({"completed", "failed", "canceled", "rejected"})
INTERRUPTED: Final[frozenset[TaskState]] = frozenset({"input-required", "auth-required"})
SETTLED: Final = TERMINAL | INTERRUPTED
"""States in which a request that waits for its task is answered."""

Why: TypeAlias = Literal["no-task", "not-cancelable", "unsupported", "bad-params", "bad-type", "broken"]


class TaskRefused(Exception):  # noqa: N818 - an answer, not an error of ours
    """A request that is answered with an error of the protocol."""

    def __init__(self, why: Why, what: str) -> None:
        super().__init__(what)
        self.why: Final[Why] = why
        self.what: Final = what


class Caller(msgspec.Struct, frozen=True):
    """Who asks: a peer, as it was authenticated."""

    name: str
    """Of the peer, or of what it was let in with: whose its tasks are."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message."""

    id: str
    role: Literal["user", "agent"]
    parts: tuple[Wire, ...]
    context_id: str = ""
    task_id: str = ""
    metadata: Wire = {}
    extensions: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """Ids of tasks it refers to."""


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """Something an agent made."""

    id: str
    parts: tuple[Wire, ...]
    name: str = ""
    description: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How a task stands."""

    state: TaskState
    at_ns: int
    message: Said | None = None


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A task as it stands."""

    id: str
    context_id: str
    status: Status
    artifacts: tuple[Artifact, ...] = ()
    history: tuple[Said, ...] = ()
    """The oldest first."""


class StatusMoved(msgspec.Struct, frozen=True, kw_only=True):
    """A task stands differently."""

    task_id: str
    context_id: str
    status: Status


class ArtifactCame(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact, or a part of one."""

    task_id: str
    context_id: str
    artifact: Artifact
    append: bool = False
    """Its parts are added to the artifact of the same id."""
    last: bool = True


Event: TypeAlias = TaskView | StatusMoved | ArtifactCame
"""What a stream consists of; it begins with a TaskView."""


class PushConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where a peer wants to be told of a task."""

    id: str
    url: str
    token: str = ""
    scheme: str = ""
    credentials: str = ""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks are listed."""

    context_id: str = ""
    state: TaskState | None = None
    changed_after_ns: int | None = None
    size: int = 50
    after: str = ""
    """Token of the page before; '': the first page."""
    artifacts: bool = False


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks, the last changed first."""

    tasks: tuple[TaskView, ...]
    next: str = ""
    """Token of the next page; '': this is the last."""
    total: int = 0
    """How many there are in all."""


class Skill(msgspec.Struct, frozen=True, kw_only=True):
    """One thing an agent can do, for its card."""

    id: str
    name: str
    description: str
    tags: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


class AgentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an Agent Card says of an agent."""

    name: str
    description: str
    version: str
    skills: tuple[Skill, ...]
    input_modes: tuple[str, ...] = ("text/plain", "application/json")
    output_modes: tuple[str, ...] = ("text/plain", "application/json")
    organization: str = ""
    required: tuple[str, ...] = ()
    """URIs of extensions that a client has to support."""
    open: bool = False
    """Anybody may come in: for this machine's own tests."""


class TaskBoard(Protocol):
    """The tasks of one published agent."""

    def facts(self) -> AgentFacts:
        """What its card says, as of now. Raises: ErgosErrors."""
        ...

    async def send(self, caller: Caller, said: Said, push: PushConfig | None) -> Following:
        """Take a message: a new task, or more for one (`said.task_id`); durable on return.

        The same message sent again is the same task. Raises: TaskRefused.
        """
        ...

    async def follow(self, caller: Caller, task_id: str) -> Following:
        """Follow a task that has not ended. Raises: TaskRefused."""
        ...

    async def get(self, caller: Caller, task_id: str) -> TaskView | None:
        """A task; None for one that is not this caller's, or is not there."""
        ...

    async def list(self, caller: Caller, query: Query) -> Page:
        """Tasks of this caller. Raises: TaskRefused for a token that is none."""
        ...

    async def cancel(self, caller: Caller, task_id: str) -> TaskView:
        """Stop a task. Raises: TaskRefused."""
        ...

    async def allowance(self, caller: Caller) -> Wire:
        """What this caller's tasks may use, for its extended card."""
        ...


class Following(Protocol):
    """A task that is followed from where it stood. Close it."""

    @property
    def first(self) -> TaskView:
        """How it stood then."""
        ...

    @property
    def now(self) -> TaskView:
        """How it stands."""
        ...

    def events(self) -> AsyncIterator[StatusMoved | ArtifactCame]:
        """What happened after that, in order; ends with the task. Raises: TaskRefused for one that does not keep up."""
        ...

    async def settled(self, gone: Callable[[], Awaitable[object]] | None) -> TaskView | Said:
        """The task once it has ended or needs something, or what it answers instead; sooner if `gone` ends."""
        ...

    def close(self) -> None:
        """Follow it no more."""
        ...


class PushBoard(Protocol):
    """Where peers want to be told. Each raises TaskRefused: `no-task` for a task that is not this caller's."""

    def check(self, config: PushConfig) -> None:
        """Nothing, for a place that may be told. Raises: TaskRefused."""
        ...

    async def put(self, caller: Caller, task_id: str, config: PushConfig) -> PushConfig:
        """Set or replace one. Raises: TaskRefused for an address that may not be told."""
        ...

    async def get(self, caller: Caller, task_id: str, config_id: str) -> PushConfig:
        """One of them."""
        ...

    async def list(self, caller: Caller, task_id: str) -> tuple[PushConfig, ...]:
        """All of a task."""
        ...

    async def drop(self, caller: Caller, task_id: str, config_id: str) -> None:
        """Take one back; nothing if it is not there."""
        ...


class Gatekeeper(Protocol):
    """Knows whom a token stands for."""

    async def caller_of(self, token: str) -> Caller | None:
        """The peer whose token this is ('': none was shown); compared so that time tells nothing about it."""
        ...

    def may_use(self, caller: Caller, agent: str) -> bool:
        """Whether this peer may use a published agent; one it may not use does not exist for it."""
        ...


class Sealer(Protocol):
    """Signs cards."""

    def key_pem(self) -> bytes:
        """The private key (P-256, PEM)."""
        ...

    @property
    def key_id(self) -> str:
        """Its name in the header of a signature."""
        ...

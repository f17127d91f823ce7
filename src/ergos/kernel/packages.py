"""An agent's code as the kernel sees it: definition, program, tools, tasks, solvers.

Protocols and the plain records that cross them. Rules: what they raise are ErgosErrors, except that a tool's own
bug may be anything; a definition's digest is the version a process runs on.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Final, Protocol, TypeAlias, runtime_checkable

import msgspec

from ergos.base.canonical import Plain
from ergos.base.ids import Digest, Pid
from ergos.base.money import FREE, Amount, Price
from ergos.kernel.bounds import Bounds
from ergos.kernel.calls import EffectClass
from ergos.kernel.labels import Label
from ergos.kernel.ledger import Caps
from ergos.kernel.models import ModelRequest, Reply
from ergos.kernel.permission.grants import Grant
from ergos.kernel.permission.naming import Named
from ergos.kernel.permission.policy import ArgumentRole, Proposal, Reach
from ergos.kernel.solvers import SolverSpec, TaskSpec
from ergos.kernel.supervisor import Supervision
from ergos.kernel.syscalls import Answer, Idle, Yielded
from ergos.kernel.triggers import AnyTrigger
from ergos.kernel.values import NULL, Packed


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
    echoes: bool = False
    """Its results say nothing but what became of the call: they are as good as what it was given, and no better."""
    price: Price | None = FREE
    deadline_s: float = 60.0
    queue: str = "tools"
    reach: Reach | None = None
    """How far its effect goes; None: a `pure` one reads, any other goes to others."""
    roles: dict[str, ArgumentRole] = {}
    """What each argument is to it; one that is not named is 'plain' to a tool that reads and no web address, else
    'target'."""
    readers: tuple[str, ...] | None = None
    """Who may read its results; None: anybody."""
    named: tuple[Named, ...] = ()
    """What in its results follows from the name of a record that the owner said."""

    @property
    def goes(self) -> Reach:
        """`reach`, or what follows from its effect class."""
        return self.reach or ("read" if self.effect == "pure" else "others")


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool or solver is told besides its arguments."""

    pid: Pid
    owner: str
    agent: str
    idempotency_key: str
    """The same for every repetition of this call, different for every other call of every store."""
    deadline_ns: int
    now_ns: int


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What a model call cost, and who is paid."""

    amount: Amount | None
    """None: the endpoint did not say; then the whole hold is charged."""
    provider: str


class Performed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a call."""

    value: Plain
    tokens: int = 0
    label: Label | None = None
    faults: tuple[str, ...] = ()
    """What the acceptance checks of a task found; filled in by the performer, not by the solver."""
    bill: Bill | None = None
    """Of a model call; None: by the price of the tool or solver."""


class Absent(msgspec.Struct, frozen=True):
    """A probe's answer: the effect did not happen."""


class Tool(Protocol):
    """One tool. It may have been found on a bus; `spec` then is what its owner has seen."""

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


@runtime_checkable
class ModelSolver(Solver, Protocol):
    """A solver whose attempt is one model call: it says what to ask and reads the reply; the kernel makes the call."""

    @property
    def model(self) -> str:
        """The endpoint asked for; 'auto' lets the kernel choose."""
        ...

    @property
    def output_tokens_max(self) -> int | None:
        """Tokens an answer may have; None: as many as the endpoint gives."""
        ...

    def request(
        self, task: TaskSpec, inputs: Plain, instructions: str, window_tokens: int, faults: tuple[str, ...] = ()
    ) -> ModelRequest:
        """What to ask, within a window (0: unknown). The same for the same arguments. Raises: ValueShapeError.

        `faults`: what was wrong with the last answer to this very task.
        """
        ...

    def value(self, task: TaskSpec, inputs: Plain, reply: Reply) -> Plain:
        """The answer in a reply. Raises: ModelReplyError for one that is none."""
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


FOREIGN: Final = "foreign:"
"""What the `program` of a foreign process begins with: its program runs elsewhere and asks over a wire."""
FOREIGN_RESUMABLE: Final = "foreign:exec"
"""Of a program that may be started again and then asks again what it asked before."""
FOREIGN_LASTING: Final = "foreign:token"
"""Of a program that goes on for ever; what it asked long ago is history."""


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
    solvers: tuple[str, ...] = ()
    """Kinds of solvers in order of preference; (): price per verified success alone decides."""
    window_tokens: int = 0
    language: str = "en"
    instructions: str = ""
    settings: Packed = NULL
    """Plain values of the owner's that the program may read."""
    triggers: tuple[AnyTrigger, ...] = ()
    """What may wake it; a process arms them with `watch`."""
    timezone: str = ""
    """IANA name; '': UTC."""
    work: Packed = NULL
    """Its steps, checks and what else AGENT.md says of its work, as plain data for the program of steps."""
    bounds: Bounds | None = None
    """What it is held to where it works for a peer; its children and its later versions are, too."""


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
    chance: str = ""
    """Seed of the program's random numbers: the same at every replay, another for every turn of every store."""
    tools: tuple[ToolSpec, ...] = ()
    """Every tool its grants name, of its own folder or mounted, by name."""


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


class Mounts(Protocol):
    """Tools that belong to no agent's folder: built in, or of servers on a bus. Which of them an agent may call is a
    matter of its grants.
    """

    def tool(self, name: str) -> Tool | None:
        """A tool by its full name ('files.read', 'github.create_issue'); None for an unknown or disabled one."""
        ...

    def why_not(self, name: str) -> str:
        """Why a tool is not there: disabled, because its definition changed, say; '' for an unknown one."""
        ...

    def names(self) -> tuple[str, ...]:
        """All there are, sorted."""
        ...


class Servers(Protocol):
    """Servers of tools, as their owner looks at them."""

    async def look(self, server: str) -> Plain:
        """What one offers now, as plain data. Raises: ErgosErrors."""
        ...

    def log(self, server: str) -> tuple[str, ...]:
        """The last lines it wrote that are no messages. Raises: UsageError."""
        ...


class Prohibitions(Protocol):
    """An organisation's own rules, which can only take away."""

    def forbids(self, owner: str, proposal: Proposal) -> str:
        """Why a call is forbidden, or ''. Total: whatever is not a clear answer is a prohibition."""
        ...

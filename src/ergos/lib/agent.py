"""An agent: an async function of a context, whose only awaits are system calls.

    @agent(grants=[may("act", "weather")])
    async def assistant(ctx: Context) -> str:
        return f"It is {await ctx.act('weather', city='Hangzhou')}"

What it returns is its outcome; `return ctx.idle(memory)` ends only this turn, and the next message or time
begins another with that memory.

Rules: a program is deterministic apart from its calls: time comes from `ctx.now_ns`, chance from
`ctx.entropy`, input and output from tools. After a crash it is driven again and the journal answers what it
already asked.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Final, Literal, TypeVar, get_args

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import (
    BoundError,
    BudgetError,
    DefinitionError,
    ErgosError,
    NoModelError,
    OverloadedError,
    UnacceptedError,
    UnknownPriceError,
    ValueShapeError,
)
from ergos.base.ids import Pid
from ergos.base.ids import name as checked_name
from ergos.base.limits import ATTEMPTS_MAX
from ergos.kernel.calls import Failure, SignalName
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import Beginning
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.solvers import SolverKind
from ergos.kernel.supervisor import Supervision
from ergos.kernel.syscalls import Idle, Request
from ergos.lib.chat import Chatting
from ergos.lib.foreign import Running
from ergos.lib.surroundings import Deferred, Several, error_of, several
from ergos.lib.task import Task, shaped
from ergos.lib.waiting import Waiting
from ergos.lib.watch import misfit

T = TypeVar("T")
O = TypeVar("O")  # noqa: E741 - output

_OF_ONE_SOLVER: Final = frozenset(
    error.code for error in (BudgetError, UnknownPriceError, BoundError, NoModelError, OverloadedError)
)
"""Refusals that another solver, one that is cheaper or no model, may be spared."""


class Message(msgspec.Struct, frozen=True):
    """A message taken from the mailbox."""

    id: int
    sender: Pid
    """0: the owner."""
    body: Any
    """Plain data, as it was sent. Of a trigger {"trigger", "key", "at_ns", "value"}."""
    trigger: str = ""
    """Name of the trigger that tells it; its sender is 0 then, and it is nobody's word."""


class ChildEnd(msgspec.Struct, frozen=True):
    """How a child ended."""

    state: str
    outcome: Any = None
    """Plain data, as the child returned it."""
    failure: Failure | None = None


class Context(Chatting, Waiting):
    """What a program sees of the world: its surroundings, and the system calls."""

    # Work

    def act(self, tool: str, /, *, key: str | None = None, **args: Plain) -> Deferred[Any]:
        """One tool call. `key` names it within the turn (a tool call's id)."""
        return self._call("act", tool, args, lambda value: value, key=key)

    async def think(self, task: Task[Any, O], inputs: object) -> O:
        """Give a task to solvers until an answer passes its checks.

        Raises: UnacceptedError with the last faults, or why the last solver was not even asked.
        """
        plain = msgspec.to_builtins(inputs, str_keys=True)
        tried: list[Plain] = []
        faults: tuple[str, ...] = ()
        failure: Failure | None = None
        refusal: Failure | None = None
        for _ in range(ATTEMPTS_MAX):
            args: dict[str, Plain] = {"inputs": plain, "tried": list(tried)}
            if faults:  # for a solver that learns from them
                args["faults"] = list(faults)
            (answer,) = await Several((Request(kind="think", name=task.spec.name, args=args),))
            self.note(answer)
            if answer.failure is None and not answer.faults:
                return shaped(answer.value, task.output, "the answer")
            failure = answer.failure
            if answer.solver is None:  # nobody is left to try
                break
            if failure is not None and failure.code.startswith("E3") and failure.code not in _OF_ONE_SOLVER:
                raise error_of(failure)  # refused: another solver changes nothing
            tried.append(answer.solver)
            faults = answer.faults or (failure.what if failure else "",)
            refusal = failure if failure is not None and failure.code in _OF_ONE_SOLVER else None
        if refusal is not None:
            raise error_of(refusal)
        if not tried and failure is not None:
            raise error_of(failure)
        raise UnacceptedError(f"no answer to {task.spec.name} was accepted: {'; '.join(faults[:5])}")

    async def all(self, *calls: Deferred[Any]) -> list[Any]:
        """Several calls at once; their values in the order given. Raises: the first failure, after all have ended."""
        answers = await several(calls)
        return [call.value(answer) for call, answer in zip(calls, answers, strict=True)]

    async def settled(self, *calls: Deferred[T]) -> list[T | ErgosError]:
        """Like `all`, but a failure stands in the list as an error instead of being raised."""
        answers = await several(calls)
        found: list[T | ErgosError] = []
        for call, answer in zip(calls, answers, strict=True):
            self.note(answer)
            found.append(error_of(answer.failure) if answer.failure is not None else call.value(answer))
        return found

    # Memory

    def remember(self, key: str, value: Plain) -> Deferred[None]:
        """Write to the agent's persistent memory, shared by its processes of this owner."""
        return self._call("remember", key, {"value": value}, _nothing)

    def recall(self, prefix: str = "") -> Deferred[dict[str, Plain]]:
        """Entries whose key begins with `prefix`, by key."""
        return self._call("recall", prefix, {}, lambda value: dict(value) if isinstance(value, dict) else {})

    def forget(self, key: str) -> Deferred[None]:
        """Erase an entry of the persistent memory."""
        return self._call("forget", key, {}, _nothing)

    # Others

    def send(self, to: int, body: object) -> Deferred[int]:
        """Send a message to a process; its number."""
        plain = msgspec.to_builtins(body, str_keys=True)
        return self._call("send", str(to), {"to": int(to), "body": plain}, _integer)

    def receive(self, within_s: float | None = None) -> Deferred[Message | None]:
        """The next message; None when none came within the time."""
        until_ns = None if within_s is None else self._now_ns + int(within_s * SECOND)
        return self._call(
            "receive",
            "mail",
            {"until_ns": until_ns},
            lambda value: None if value is None else msgspec.convert(value, Message),
        )

    def ask(self, question: str, choices: Iterable[str] = ()) -> Deferred[str]:
        """Ask the owner; the answer as text."""
        return self._call("ask", "owner", {"question": question, "choices": list(choices)}, str)

    def spawn(self, agent: str, memory: object = None, *, idle: bool = False) -> Deferred[Pid]:
        """Start a child of the team. An idle one begins with its first message."""
        args: dict[str, Plain] = {"memory": msgspec.to_builtins(memory, str_keys=True), "idle": idle}
        return self._call("spawn", agent, args, lambda value: Pid(_integer(value)))

    def wait(self, pid: int) -> Deferred[ChildEnd]:
        """Wait until a child has ended."""
        return self._call("wait", str(pid), {"pid": int(pid)}, lambda value: msgspec.convert(value, ChildEnd))

    def signal(self, pid: int, name: SignalName) -> Deferred[None]:
        """Pause, resume, stop or kill a child."""
        return self._call("signal", str(pid), {"pid": int(pid), "signal": name}, _nothing)


Verb = Literal["act", "think", "send", "spawn"]
AgentFunction = Callable[[Context], Awaitable[object]]


class Agent(msgspec.Struct, frozen=True):
    """An agent declared in Python."""

    name: str
    function: AgentFunction
    grants: tuple[Grant, ...] = ()
    caps: Caps = Caps()
    supervision: Supervision = Supervision()
    solvers: tuple[SolverKind, ...] = ()
    """Kinds of solvers in order of preference; (): price per verified success decides."""
    team: tuple[str, ...] = ()
    """Names of agents in the same file that it may spawn."""


def agent(
    *,
    name: str | None = None,
    grants: Iterable[Grant] = (),
    caps: Caps | None = None,
    supervision: Supervision | None = None,
    solvers: Iterable[SolverKind] = (),
    team: Iterable[str] = (),
) -> Callable[[AgentFunction], Agent]:
    """Declare an agent in a Python file. Spawning its team needs no further grant."""

    def declare(function: AgentFunction) -> Agent:
        own = name or getattr(function, "__name__", "agent")
        members = tuple(team)
        wrong = misfit(supervision or Supervision())
        if not inspect.iscoroutinefunction(function):
            wrong = "its program is no async function"
        preferred = tuple(solvers)
        if unknown := [kind for kind in preferred if kind not in get_args(SolverKind)]:
            wrong = f"{unknown[0]!r} is no kind of solver"
        if wrong:
            raise DefinitionError(f"the agent {own}: {wrong}", remedy="correct its `@agent(...)`")
        try:
            for called in (own, *members):
                checked_name(called, what="an agent")
        except ValueShapeError as error:
            raise DefinitionError(error.what, remedy="correct its `@agent(...)`") from error
        granted = tuple(msgspec.structs.replace(grant, agent=own) for grant in grants)
        spawns = tuple(Grant(agent=own, verb="spawn", name=member) for member in members)
        return Agent(
            name=own,
            function=function,
            grants=granted + spawns,
            caps=caps or Caps(),
            supervision=supervision or Supervision(),
            solvers=preferred,
            team=members,
        )

    return declare


def may(verb: Verb, name: str, /, *, ask: bool = False, **args: Matcher | str | float | bool) -> Grant:
    """A grant: `may("act", "pay", amount=between(0, 100), to="landlord", ask=True)`. A bare value means `equals`."""
    matchers = {key: one if isinstance(one, Matcher) else Matcher("equals", (one,)) for key, one in args.items()}
    return Grant(agent="*", verb=verb, name=name, ask=ask, args=matchers or None)


def between(low: float, high: float) -> Matcher:
    """A number from low to high, inclusive."""
    return Matcher("range", (low, high))


def one_of(*values: str | float | bool) -> Matcher:
    """One of these values."""
    return Matcher("one_of", values)


def under(*folders: str) -> Matcher:
    """A path inside one of these folders."""
    return Matcher("under", folders)


def at_domain(*hosts: str) -> Matcher:
    """An http(s) URL at one of these hosts or their subdomains."""
    return Matcher("domain", hosts)


def anything() -> Matcher:
    """Any value."""
    return Matcher("any")


def program_of(function: AgentFunction) -> Callable[[Beginning], Coroutine[Any, Any, Any]]:
    """The kernel's view of an agent's function."""

    async def program(beginning: Beginning) -> object:
        with Running(beginning.agent):
            came = await function(Context(beginning))
        return came if isinstance(came, Idle) else msgspec.to_builtins(came, str_keys=True)

    return program


def _nothing(_: Plain) -> None:
    return None


def _integer(value: Plain) -> int:
    assert isinstance(value, int), value
    return value

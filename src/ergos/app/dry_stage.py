"""What stands around a program in a dry run: it is listened to, its tools do nothing, and nothing happens to it.

Rules: every call is noted with its exact arguments and what came of it; a tool that only reads is done where that was
asked for, every other is answered from recordings or with something made up.
"""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator, Mapping
from typing import Any, Final, Literal, cast

import msgspec

from ergos.app.dry_answers import Recording, recorded, simulated
from ergos.base.canonical import Plain
from ergos.base.ids import Digest, Pid
from ergos.kernel.packages import (
    Absent,
    Beginning,
    Definition,
    Errand,
    Mounts,
    Package,
    Performed,
    Program,
    Tool,
    ToolSpec,
)
from ergos.kernel.syscalls import Answer, Idle, Request, Yielded
from ergos.kernel.triggers import AnyTrigger, Looked, Watching
from ergos.lib.folder import FolderPrograms
from ergos.lib.work import Work

Asking = Coroutine[Yielded, tuple[Answer, ...], "Idle | Plain"]

CALLS_SHOWN_MAX: Final = 2_000  # calls kept; more are counted
SHOWN: Final = frozenset({"act", "think", "ask", "send", "spawn", "remember", "forget"})
"""Calls of the timeline; the others reach nothing."""

How = Literal["", "read", "recorded", "simulated"]
Decision = Literal["allowed", "asked", "denied", "failed"]


class DryOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How it is run."""

    now_ns: int
    read: bool = False
    """Tools that only read are done really."""
    event: dict[str, Any] | None = None
    """What the trigger tells; None: a sample."""
    trigger: str = ""
    """The only one that fires; '': each of them once."""
    answers: tuple[str, ...] = ()
    """To questions, in order; then the first choice, or yes."""
    settings: dict[str, Any] = {}
    """Settings of the agent, as `--set` gives them."""


class DryCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call."""

    verb: str
    name: str
    args: Any
    decision: Decision
    how: How = ""
    """Of a tool: how its answer came about; '' of everything else, and where nothing was answered."""
    value: Any = None
    why: str = ""
    """Why it was denied, failed, or would be asked."""
    solver: str = ""
    costs_microusd: int = 0
    """What the tool charges for a call."""
    on: str = ""
    """Name of the trigger it happened for; '' at the start."""


class Stage:
    """What happens meanwhile."""

    def __init__(self, options: DryOptions, found: tuple[Recording, ...], work: Work) -> None:
        self.options: Final = options
        self.work: Final = work
        self.calls: Final[list[DryCall]] = []
        self.left_out = 0
        self.notes: Final[list[str]] = []
        self.fired: Final[list[str]] = []
        self.on = ""
        self.asked: Final[list[tuple[str, str]]] = []
        """Tools whose call was approved, and why it was asked; each is for one call."""
        self.answers: Final[list[str]] = list(options.answers)
        self._recordings: Final = found
        self._how: Final[dict[str, list[tuple[How, int]]]] = {}

    async def perform(self, tool: Tool, args: dict[str, Plain], errand: Errand) -> Performed:
        """A tool's answer without its effect. Raises: ErgosErrors of one that reads."""
        spec = tool.spec
        costs = spec.price.of(0) if spec.price is not None else 0
        found = recorded(self._recordings, spec.name, args)
        if found is not None:
            self._did(spec.name, "recorded", costs)
            return Performed(value=cast("Plain", found.value))
        if self.options.read and spec.effect == "pure" and spec.goes == "read":
            self._did(spec.name, "read", costs)
            return await tool.run(args, errand)
        self._did(spec.name, "simulated", costs)
        return Performed(value=simulated(spec, args, self.work, self.options.now_ns))

    def note(self, request: Request, answer: Answer) -> None:
        """A call and what came of it."""
        if request.kind not in SHOWN:
            return
        if len(self.calls) >= CALLS_SHOWN_MAX:
            self.left_out += 1
            return
        how, costs = self._done(request) if request.kind == "act" else ("", 0)
        failure = answer.failure
        asked = self._asked(request.name) if request.kind == "act" else ""
        decision: Decision = "asked" if asked or request.kind == "ask" else "allowed"
        if failure is not None:
            decision = "denied" if failure.code in ("E300", "E301", "E306", "E312") and not how else "failed"
        args: Plain = request.args.get("inputs") if request.kind == "think" else cast("Plain", request.args)
        self.calls.append(
            DryCall(
                verb=request.kind,
                name=request.name,
                args=args,
                decision=decision,
                how=how,
                value=answer.value,
                why=failure.what if failure is not None else "; ".join(answer.faults) or asked,
                solver=answer.solver or "",
                costs_microusd=costs,
                on=self.on,
            )
        )

    def _did(self, tool: str, how: How, costs: int) -> None:
        self._how.setdefault(tool, []).append((how, costs))

    def _done(self, request: Request) -> tuple[How, int]:
        waiting = self._how.get(request.name)
        return waiting.pop(0) if waiting else ("", 0)

    def _asked(self, tool: str) -> str:
        found = next((one for one in self.asked if one[0] == tool), None)
        if found is None:
            return ""
        self.asked.remove(found)
        return found[1]


class DryTool:
    """A tool that does nothing."""

    def __init__(self, inner: Tool, stage: Stage) -> None:
        self._inner: Final = inner
        self._stage: Final = stage

    @property
    def spec(self) -> ToolSpec:
        """Its definition, as the policy sees it."""
        return self._inner.spec

    @property
    def digest(self) -> Digest:
        """Digest of the definition."""
        return self._inner.digest

    def misfit(self, args: dict[str, Plain]) -> str:
        """What is wrong with the arguments, or ''."""
        return self._inner.misfit(args)

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        """Its answer, without its effect."""
        return await self._stage.perform(self._inner, args, errand)

    async def probe(self, args: dict[str, Plain], errand: Errand) -> Performed | Absent:
        """Nothing ever happened."""
        del args, errand
        return Absent()


class DryMounts:
    """Mounts whose tools do nothing."""

    def __init__(self, inner: Mounts, stage: Stage) -> None:
        self._inner: Final = inner
        self._stage: Final = stage
        self.why_not: Final = inner.why_not
        self.names: Final = inner.names

    def tool(self, name: str) -> Tool | None:
        """A tool by its full name; None for an unknown one."""
        found = self._inner.tool(name)
        return DryTool(found, self._stage) if found is not None else None


class DryPrograms:
    """Programs that are listened to, and whose tools do nothing."""

    def __init__(self, inner: FolderPrograms, stage: Stage) -> None:
        self._inner: Final = inner
        self._stage: Final = stage
        self.current: Final = inner.current

    def package(self, definition: Definition) -> Package:
        """The code of a definition. Raises: DefinitionError."""
        package = self._inner.package(definition)
        tools: Mapping[str, Tool] = {name: DryTool(tool, self._stage) for name, tool in package.tools.items()}
        return msgspec.structs.replace(package, tools=tools, program=_listened(package.program, self._stage))


def _listened(program: Program, stage: Stage) -> Program:
    async def run(beginning: Beginning) -> Idle | Plain:
        return await _through(program(beginning), stage)

    return run


@types.coroutine
def _through(inner: Asking, stage: Stage) -> Generator[Yielded, tuple[Answer, ...], Idle | Plain]:
    """Pass on what a program asks and is answered, and note it."""
    answers: tuple[Answer, ...] | None = None
    while True:
        try:
            asked = inner.send(cast("tuple[Answer, ...]", answers))
        except StopIteration as end:
            return cast("Idle | Plain", end.value)
        answers = yield asked
        for request, answer in zip(asked, answers, strict=True):
            stage.note(request, answer)


class QuietWatchers:
    """Watchers to whom nothing happens."""

    async def look(self, trigger: AnyTrigger, cursor: Plain, watching: Watching) -> Looked:
        """Nothing is new."""
        del trigger, cursor, watching
        return Looked(cursor={})

    def attend(self, trigger: AnyTrigger, watching: Watching) -> None:
        """Nobody will tell."""
        del trigger, watching

    def leave(self, pid: Pid, name: str) -> None:
        """Nothing was attended to."""
        del pid, name

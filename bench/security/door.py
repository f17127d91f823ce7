"""The same sessions through the door itself: a kernel on a store in memory, the suite's functions as its tools.

The program is the compromised model: it makes whatever calls it is told to, in their order, and takes no for an answer.
The owner is a coroutine that looks into the inbox, approves what an honest plan asks for, and denies the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from bench.security.declarations import declared
from bench.security.dojo import Errand as Task
from bench.security.dojo import Step, World
from bench.security.sessions import AGENT, Verdict
from ergos.base.canonical import Plain, digest_of
from ergos.base.errors import ErgosError
from ergos.base.ids import Digest
from ergos.kernel.labels import Label
from ergos.kernel.packages import Absent, Errand, Performed, ToolSpec
from ergos.lib.agent import Agent, Context, agent, may
from tests.runtime.kernels import Rig, play

OWNER: Final = "owner"
MODEL: Final = "model"


class WorldTool:
    """A function of a suite as a tool."""

    def __init__(self, name: str, world: World) -> None:
        one = declared(name)
        self._world = world
        self._spec = ToolSpec(
            name=name, summary=name, parameters={}, effect=one.effect, trusted=one.trusted, reach=one.reach,
            roles=one.roles, named=one.named,
        )  # fmt: skip

    @property
    def spec(self) -> ToolSpec:
        """Its definition."""
        return self._spec

    @property
    def digest(self) -> Digest:
        """Digest of the definition."""
        return digest_of(self._spec)

    def misfit(self, args: dict[str, Plain]) -> str:
        """The world itself refuses what does not fit."""
        del args
        return ""

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        """Do it."""
        del errand
        return Performed(value=self._world.make(Step(self._spec.name, dict(args))))  # type: ignore[arg-type]

    async def probe(self, args: dict[str, Plain], errand: Errand) -> Performed | Absent:
        """No tool of a suite is reconcilable."""
        raise AssertionError((args, errand))


class ModelTool(WorldTool):
    """Stands for the model: after its answer, whatever is asked for may be its invention."""

    def __init__(self) -> None:
        self._spec = ToolSpec(name=MODEL, summary=MODEL, parameters={}, effect="pure")

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        """Answer."""
        del args, errand
        return Performed(value="as you wish", label=Label("trusted", None, modelled=True))


class Sessions:
    """One kernel, one process after the other."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._count = 0
        self._found: list[tuple[Step, bool, Verdict, str]] = []
        self._asked = ""

    async def run(
        self, task: Task, world: World, tools: Iterable[str], steps: Sequence[tuple[Step, bool]]
    ) -> list[tuple[Step, bool, Verdict, str]]:
        """Every call with its verdict."""
        kernel = self._rig.kernels[0] if self._rig.kernels else await self._rig.boot()
        self._count += 1
        granted = dict.fromkeys(step.tool for step in task.steps)
        made = self._program(granted, steps)
        shelf = [WorldTool(name, world) for name in tools]
        definition = self._rig.shelf.put(made, (*shelf, ModelTool()), code=str(self._count))
        self._found, self._asked = [], ""
        pid = await kernel.desk.spawn(definition, OWNER, {"request": task.words})
        end = asyncio.ensure_future(kernel.desk.end_of(pid))
        while not end.done():
            await asyncio.wait([end], timeout=0.05)
            await kernel.machine.store.flush()
            for item in await kernel.machine.store.items(None, 9):
                hostile = steps[len(self._found)][1]
                self._asked = item.text
                await kernel.desk.answer(item.id, "deny" if hostile else "approve", OWNER)
        ended = end.result()
        assert ended.outcome == len(steps), ended
        return self._found

    def _program(self, granted: Iterable[str], steps: Sequence[tuple[Step, bool]]) -> Agent:
        async def program(ctx: Context) -> int:
            await ctx.act(MODEL)
            for step, hostile in steps:
                self._asked = ""
                failed = ""
                try:
                    await ctx.act(step.tool, **step.args)
                except ErgosError as error:
                    failed = f"{error.code} {error}"
                denied = failed.startswith("E301")
                self._found.append(
                    (
                        step,
                        hostile,
                        "denied" if denied else "prompt" if self._asked else "silent",
                        failed or self._asked,
                    )
                )
            return len(steps)

        return agent(name=AGENT, grants=[may("act", MODEL), *(may("act", tool) for tool in granted)])(program)


def in_one_kernel(scenario: Callable[[Sessions], object]) -> None:
    """Run sessions in a kernel of their own, in virtual time."""

    async def act(rig: Rig) -> None:
        await scenario(Sessions(rig))  # type: ignore[misc]

    play(act)

"""What runs in a simulation: agents that use every system call, and an owner who is busy, careless and fair.

Rules: what a program does next depends on its own stream of chance and on answers, so a replay does the same;
only its crashes come from outside. The owner remembers what was acknowledged: that is what must never be lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError
from ergos.base.money import FREE, Amount, Price
from ergos.base.world_errors import ModelReplyError
from ergos.kernel.calls import SignalName
from ergos.kernel.ledger import Caps
from ergos.kernel.models import Message, ModelRequest, Reply, Text
from ergos.kernel.packages import Definition, Errand, Package, Performed, Program
from ergos.kernel.permission.grants import Grant
from ergos.kernel.solvers import SolverSpec, TaskSpec
from ergos.kernel.triggers import AnyTrigger, Files, Misfire, Outcome, Schedule
from ergos.lib.agent import Context, Deferred, program_of
from ergos.lib.task import Task
from ergos.sim.world import SimSolver, SimTool, World

TOOL_PRICE: Final = Price(microusd_per_call=300)
CAPS: Final = Caps(call=Amount(1_000, -1), process=Amount(1_000, -1), agent=Amount(2_500, 600), day=Amount(4_000, -1))
SPAWNS: Final = ("helper", "echo")
THINKER: Final = "thinker"
"""The agent that calls models."""
WAKER: Final = "waker"
"""The agent that is woken by triggers."""
MISFIRES: Final[tuple[Misfire, ...]] = ("run_once", "skip", "catch_up")
MODELS: Final = ("auto", "auto", "auto", "near", "named/x")
"""What it asks for; not all of it is there."""
SIGNALS: Final[tuple[SignalName, ...]] = ("pause", "resume", "kill", "stop")


class Inputs(msgspec.Struct):
    """Inputs of the simulated task."""

    n: int


def right(inputs: Inputs, value: int) -> Iterable[str]:
    """Whether the sum is right."""
    return () if value == inputs.n else ("the sum is wrong",)


SUM: Final = Task("sum", inputs=Inputs, output=int, checks=(right,), tokens_max=100, deadline_s=20.0)

TOOLS: Final = ("look", "file", "pay", "book", "peek", "fetch")


def kit(world: World) -> dict[str, SimTool]:
    """One tool of each effect class, paid and free."""
    made = (
        SimTool(world, "look", "pure", TOOL_PRICE),
        SimTool(world, "fetch", "pure"),
        SimTool(world, "peek", "pure", local=True),
        SimTool(world, "file", "idempotent", TOOL_PRICE),
        SimTool(world, "book", "reconcilable", TOOL_PRICE),
        SimTool(world, "pay", "irreversible", TOOL_PRICE),
        SimTool(world, "press", "irreversible", FREE),
    )
    return {tool.spec.name: tool for tool in made}


class Mind:
    """Has a model do the sum, which is right most of the time."""

    model = "auto"

    @property
    def spec(self) -> SolverSpec:
        """A model; its endpoint has the price."""
        return SolverSpec(name="mind", kind="model", tasks=("sum",), price=Price())

    async def solve(self, task: TaskSpec, inputs: Plain, errand: Errand) -> Performed:
        """Never: the kernel makes the call."""
        raise AssertionError((task, inputs, errand))

    def request(
        self, task: TaskSpec, inputs: Plain, instructions: str, window_tokens: int, faults: tuple[str, ...] = ()
    ) -> ModelRequest:
        """The sum."""
        del task, instructions, window_tokens, faults
        assert isinstance(inputs, dict)
        return ModelRequest(messages=(Message("user", (Text(f"sum {inputs['n']}"),)),))

    def value(self, task: TaskSpec, inputs: Plain, reply: Reply) -> Plain:
        """Right, wrong or unreadable, as the number of the answer has it. Raises: ModelReplyError."""
        del task
        assert isinstance(inputs, dict)
        number = int(reply.text.rpartition(" ")[2])
        if number % 7 == 0:
            raise ModelReplyError("that is no sum")
        return -1 if number % 3 == 0 else inputs["n"]


def grant_of(agent: str, tool: str) -> Grant:
    """What a simulated agent's definition says of a tool; the owner approves some of it."""
    return Grant(agent=agent, verb="act", name=tool, ask=agent == "careful" and tool == "pay")


class SimPrograms:
    """Finds the simulated agents' code."""

    def __init__(self, world: World) -> None:
        self._world: Final = world
        self._tools: Final = kit(world)
        self._solvers: Final = (
            SimSolver(world, "cheap", Price(10, 200_000), 2),
            SimSolver(world, "dear", Price(200, 1_000_000), 9),
        )

    def definition(self, agent: str) -> Definition:
        """An agent: it may do everything, and the owner approves some of it."""
        granted = [grant_of(agent, name) for name in (*TOOLS, "press")]
        granted += [Grant(agent=agent, verb="spawn", name=name) for name in SPAWNS]
        granted += [Grant(agent=agent, verb="think", name="sum"), Grant(agent=agent, verb="send", name="echo")]
        if agent == THINKER:
            granted.append(Grant(agent=agent, verb="think", name="model.*"))
        triggers = triggers_of(self._world.seed) if agent == WAKER else ()
        return Definition(agent=agent, program=agent, grants=tuple(granted), caps=CAPS, triggers=triggers)

    def package(self, definition: Definition) -> Package:
        """The code of an agent."""
        functions = {"echo": echo, THINKER: ponder, WAKER: attend}
        function = cast("Callable[[Context, World], object]", functions.get(definition.agent, wander))

        async def bound(ctx: Context) -> object:
            return await cast("asyncio.Future[object]", function(ctx, self._world))

        return Package(
            program=cast("Program", program_of(bound)),
            tools=self._tools,
            tasks={"sum": SUM},
            solvers=(Mind(), *self._solvers) if definition.agent == THINKER else self._solvers,
            team={name: self.definition(name) for name in SPAWNS},
        )

    def current(self, agent: str, program: str) -> Definition | None:
        """Agents do not change."""
        del program
        return self.definition(agent)


def triggers_of(seed: int) -> tuple[AnyTrigger, ...]:
    """What wakes the waker of this world: a time, a folder, and the end of another agent."""
    return (
        Schedule(name="tick", cron="*/5 * * * *", misfire=MISFIRES[seed % 3], grace_s=20),
        Files(name="inbox", folder="in"),
        Outcome(name="end", agent="wander", states=("done", "failed", "killed")),
    )


async def attend(ctx: Context, world: World) -> object:
    """Is woken by its triggers; after some messages, or when nothing came for long, it is done."""
    seen = ctx.memory if isinstance(ctx.memory, int) else 0
    await ctx.watch()
    if world.stumbles():
        raise RuntimeError("stumbled")
    if ctx.beginning.cause == "timer" or seen >= 9:
        return {"seen": seen}
    if ctx.beginning.cause == "mail":
        message = await ctx.receive(within_s=1)
        seen += 1
        if message is not None and message.trigger and ctx.entropy.below(2, stream="acts"):
            try:
                await _act(ctx, seen)
            except ErgosError:
                pass
    return ctx.idle(seen, wake_in_s=300)


async def echo(ctx: Context, world: World) -> object:
    """Waits for messages and answers its parent; after some it is done."""
    seen = ctx.memory if isinstance(ctx.memory, int) else 0
    message = await ctx.receive(within_s=300)
    if world.stumbles():
        raise RuntimeError("stumbled")
    if message is None or seen >= 3:
        return {"seen": seen}
    try:
        await ctx.send(ctx.beginning.parent or 1, {"seen": seen})
    except ErgosError:
        return "alone"
    return ctx.idle(seen + 1, wake_in_s=200)


async def wander(ctx: Context, world: World) -> object:
    """Does a handful of random things in each of a few turns."""
    turns = ctx.memory if isinstance(ctx.memory, int) else ctx.entropy.below(3, stream="turns")
    depth = 1 if ctx.beginning.parent else 0
    children: list[int] = []
    for step in range(1 + ctx.entropy.below(5, stream="steps")):
        if world.stumbles():
            raise RuntimeError("stumbled")
        try:
            await _do(ctx, step, depth, children)
        except ErgosError:
            if ctx.entropy.below(6, stream="give up") == 0:
                raise
    for child in children:
        await ctx.wait(child)
    if turns > 0:
        return ctx.idle(turns - 1, wake_in_s=ctx.entropy.below(90, stream="nap"))
    return {"done": ctx.beginning.turn}


def _act(ctx: Context, step: int) -> Deferred[object]:
    name = (*TOOLS, "press")[ctx.entropy.below(7, stream="tool")]
    return ctx.act(name, n=step - (ctx.entropy.below(20, stream="n") == 0), big=ctx.entropy.below(4, stream="big") == 0)


async def _do(ctx: Context, step: int, depth: int, children: list[int]) -> None:
    draw = ctx.entropy.below
    match draw(13, stream="what"):
        case 0 | 1 | 2 | 3:
            await _act(ctx, step)
        case 4:
            calls: list[Deferred[object]] = [_act(ctx, 10 * step + n) for n in range(1 + draw(3, stream="width"))]
            if draw(3, stream="also") == 0:
                calls.append(cast("Deferred[object]", ctx.receive(within_s=30)))
            await ctx.settled(*calls)
        case 5:
            await ctx.think(SUM, Inputs(draw(100, stream="sum")))
        case 6:
            await ctx.remember(f"k{step}", cast("Plain", ["x" * 200] * draw(6, stream="long")))
            await ctx.recall("k")
            if draw(2, stream="forget"):
                await ctx.forget(f"k{step}")
        case 7 | 8 if not depth:
            child = await ctx.spawn(
                SPAWNS[draw(2, stream="child")], draw(2, stream="memory"), idle=draw(3, stream="idle") == 0
            )
            await ctx.send(child, "hello")
            children.append(child)
        case 9 if children:
            await ctx.signal(children[-1], SIGNALS[draw(4, stream="sig")])
            await ctx.signal(children[-1], "resume")
        case 10:
            await ctx.receive(within_s=draw(50, stream="patience"))
        case 11:
            await ctx.ask("go on?", ("yes", "no"))
        case _:
            await ctx.sleep(draw(40, stream="sleep"))


async def ponder(ctx: Context, world: World) -> object:
    """Makes model calls, some at once, and has sums done, in each of a few turns."""
    turns = ctx.memory if isinstance(ctx.memory, int) else ctx.entropy.below(3, stream="turns")
    draw = ctx.entropy.below
    for step in range(1 + draw(4, stream="steps")):
        if world.stumbles():
            raise RuntimeError("stumbled")
        calls = [
            ctx.chat(
                f"turn {ctx.beginning.turn} step {step}.{at}",
                model=MODELS[draw(len(MODELS), stream="model")],
                output_tokens_max=(None, 1, 9)[draw(3, stream="most")],
            )
            for at in range(draw(4, stream="width"))
        ]
        try:
            await ctx.settled(*calls)
            if draw(3, stream="sums") == 0:
                await ctx.think(SUM, Inputs(100 * ctx.beginning.turn + step))
        except ErgosError:
            if draw(6, stream="give up") == 0:
                raise
    if turns > 0:
        return ctx.idle(turns - 1, wake_in_s=draw(90, stream="nap"))
    return {"done": ctx.beginning.turn}

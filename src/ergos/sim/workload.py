"""What runs in a simulation: agents that use every system call, and an owner who is busy, careless and fair.

Rules: what a program does next depends on its own stream of chance and on answers, so a replay does the same;
only its crashes come from outside. The owner remembers what was acknowledged: that is what must never be lost.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ErgosError, StoreError, UsageError, WorldError
from ergos.base.ids import Pid
from ergos.base.money import FREE, Amount, Price
from ergos.kernel.events import SignalName, Verdict
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import Definition, Package, Program
from ergos.kernel.policy import Grant
from ergos.kernel.process import ENDED, Process, State
from ergos.kernel.rows import Item
from ergos.lib.agent import Context, Deferred, program_of
from ergos.lib.task import Task
from ergos.runtime.kernel import Kernel
from ergos.runtime.performer import idempotency_key
from ergos.sim.faults import SimClock
from ergos.sim.world import SimSolver, SimTool, World

TOOL_PRICE: Final = Price(microusd_per_call=300)
CAPS: Final = Caps(call=Amount(1_000, -1), process=Amount(1_000, -1), agent=Amount(2_500, 600), day=Amount(4_000, -1))
SPAWNS: Final = ("helper", "echo")
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
        granted = [Grant(agent=agent, verb="act", name=name) for name in (*TOOLS, "press")]
        granted[2] = msgspec.structs.replace(granted[2], ask=agent == "careful")
        granted += [Grant(agent=agent, verb="spawn", name=name) for name in SPAWNS]
        granted += [Grant(agent=agent, verb="think", name="sum"), Grant(agent=agent, verb="send", name="echo")]
        return Definition(agent=agent, program=agent, grants=tuple(granted), caps=CAPS)

    def package(self, definition: Definition) -> Package:
        """The code of an agent."""
        function = cast("Callable[[Context, World], object]", echo if definition.agent == "echo" else wander)

        async def bound(ctx: Context) -> object:
            return await cast("asyncio.Future[object]", function(ctx, self._world))

        return Package(
            program=cast("Program", program_of(bound)),
            tools=self._tools,
            tasks={"sum": SUM},
            solvers=self._solvers,
            team={name: self.definition(name) for name in SPAWNS},
        )

    def current(self, agent: str, program: str) -> Definition | None:
        """Agents do not change."""
        del program
        return self.definition(agent)


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


class Promises:
    """What was acknowledged to the outside."""

    def __init__(self) -> None:
        self.spawned: Final[set[Pid]] = set()
        self.mailed: Final[set[str]] = set()
        self.ended: Final[dict[Pid, Process]] = {}
        self.answered: Final[set[int]] = set()
        self.paused: Final[set[Pid]] = set()
        self.redone: Final[Counter[str]] = Counter()
        """Owners' allowances to repeat, by idempotency key; counted when asked for."""
        self.vouched: Final[set[str]] = set()
        """Calls the owner said had happened, or had not."""
        self.halted = False
        self.halting = False
        """A halt or its end is being asked for."""


class Owner:
    """Whoever sits at the desk."""

    def __init__(self, world: World, promises: Promises, clock: SimClock, seed: int) -> None:
        self._world: Final = world
        self._promises: Final = promises
        self._clock: Final = clock
        self._entropy: Final = SeededEntropy(f"owner/{seed}")
        self._letters = 0
        self.jumps = False

    async def busy(self, kernel: Kernel, actions: int) -> None:
        """Do random things for a while; whoever dares and is refused goes on."""
        for _ in range(actions):
            await asyncio.sleep(self._entropy.below(6_000, stream="pause") / 1000)
            if self.jumps and self._entropy.below(8, stream="jump") == 0:
                self._clock.jump((-3_600, 40, 90_000, 8 * 86_400)[self._entropy.below(4, stream="by")])
            if self._entropy.below(4, stream="evict") == 0:
                kernel.machine.evict(0)  # everything that may be forgotten is
            try:
                await self._something(kernel)
            except UsageError:
                continue

    async def calm(self, kernel: Kernel, days: int = 20) -> None:
        """Lift, resume and answer until every process has ended. Raises: AssertionError if one never does."""
        self._world.calm = True
        self._clock.jump(3_600)
        await self._halt(kernel, on=False)
        live: tuple[Process, ...] = ()
        for minute in range(days * 24):
            live = await kernel.machine.store.processes()
            if not live:
                await asyncio.sleep(100)  # calls under way come home
                return
            for process in live:
                if process.state is State.PAUSED:
                    await self._signal(kernel, process.pid, "resume")
                elif process.state is State.WAITING and not process.turn_open and process.wake_at_ns is None:
                    (row,) = await kernel.machine.store.load((process.pid,))
                    if not row.mail:  # with mail it must wake by itself
                        await self._send(kernel, process.pid)
            for item in await kernel.machine.store.items(None, 100):
                await self._answer(kernel, item)
            await asyncio.sleep(60 if minute < 60 else 3_600)
        raise AssertionError(f"stuck: {[(row.pid, str(row.state), row.waits, row.turn_open) for row in live]}")

    async def spawn(self, kernel: Kernel, definition: Definition) -> None:
        """Start an agent."""
        idle = self._entropy.below(6, stream="idle") == 0
        pid = await kernel.desk.spawn(definition, ("alice", "bob")[self._entropy.below(2, stream="owner")], idle=idle)
        self._promises.spawned.add(pid)
        if idle:
            await self._send(kernel, pid)

    async def _something(self, kernel: Kernel) -> None:
        draw = self._entropy.below
        live = await kernel.machine.store.processes()
        match draw(12, stream="what"):
            case 0 | 1 | 2 | 3:
                items = await kernel.machine.store.items(None, 10)
                if items:
                    item = items[draw(len(items), stream="item")]
                    await asyncio.gather(*[self._answer(kernel, item) for _ in range(1 + draw(2, stream="twice"))])
            case 4 | 5 if live:
                await self._send(kernel, live[draw(len(live), stream="to")].pid)
            case 6 | 7 | 8 if live:
                name = SIGNALS[draw(4, stream="signal")]
                await self._signal(kernel, live[draw(len(live), stream="whom")].pid, name)
            case 9:
                await self._halt(kernel, on=True)
            case 10:
                await self._halt(kernel, on=False)
            case 11 if live:
                await self._await_end(kernel, live[0].pid)
            case _:
                pass

    async def _await_end(self, kernel: Kernel, pid: Pid) -> None:
        try:
            ended = await asyncio.wait_for(kernel.desk.end_of(pid), 20)
        except TimeoutError:
            return
        self._promises.ended[pid] = ended.process

    async def _send(self, kernel: Kernel, pid: Pid) -> None:
        self._letters += 1
        letter = f"letter {self._letters}."
        await kernel.desk.send(pid, letter)
        self._promises.mailed.add(letter)

    async def _signal(self, kernel: Kernel, pid: Pid, name: SignalName) -> None:
        promises = self._promises
        promises.paused.discard(pid)
        try:
            process = await kernel.desk.signal(pid, name, "owner")
        except UsageError:
            return
        if process.state in ENDED:
            promises.ended[pid] = process

    async def _halt(self, kernel: Kernel, *, on: bool) -> None:
        self._promises.halted, self._promises.halting = False, True
        await kernel.desk.halt("owner", on=on)
        self._promises.halted, self._promises.halting = on, False

    async def _answer(self, kernel: Kernel, item: Item) -> None:
        rows = await kernel.machine.store.load((item.pid,))
        key = idempotency_key(kernel.machine.store.id, item.pid, rows[0].process.turn, item.key)
        verdict: Verdict = "answer"
        value: Plain = None
        if item.kind == "approval":
            verdict = "approve" if self._entropy.below(4, stream="verdict") else "deny"
        elif item.kind == "doubt":
            happened = self._world.applied[key] > 0
            verdict = "done" if happened else ("redo", "fail")[self._entropy.below(2, stream="verdict")]
            self._promises.vouched.add(key)
            self._promises.redone[key] += verdict == "redo"
        else:
            value = "yes"
        try:
            await kernel.desk.answer(item.id, verdict, "owner", value)
        except UsageError:
            return
        self._promises.answered.add(item.id)


FATAL: Final = (StoreError, WorldError)
"""What the owner is told when the store has failed."""

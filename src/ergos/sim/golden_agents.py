"""The agents of golden journals.

Rules: none of them ever changes: the journals hold what they asked for.
"""

from __future__ import annotations

from typing import Final, cast

from ergos.base.canonical import Plain
from ergos.base.money import Amount, Price
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import Definition, Package, Program
from ergos.kernel.permission.grants import Grant
from ergos.kernel.triggers import AnyTrigger, Files, Schedule
from ergos.lib.agent import Context, program_of
from ergos.sim.workload import SUM, Inputs, kit
from ergos.sim.world import SimSolver, World

CAPS: Final = Caps(process=Amount(100_000, -1), day=Amount(1_000_000, -1))


class Hiccup:
    """Makes a program crash once."""

    def __init__(self) -> None:
        self.left = 0

    def __call__(self) -> None:
        """Raises: RuntimeError the times it is told to."""
        if self.left:
            self.left -= 1
            raise RuntimeError("a bug")


async def scribe(ctx: Context, hiccup: Hiccup) -> object:
    """Uses every system call once, in two turns. Never changes."""
    if ctx.memory is None:
        await ctx.settled(ctx.act("pay", n=1), ctx.act("look", n=2), ctx.act("book", n=3), ctx.act("file", n=4))
        hiccup()
        await ctx.settled(ctx.act("peek", n=5), ctx.act("look", n=-1), ctx.act("press", n=6, key="once"))
        await ctx.think(SUM, Inputs(7))
        await ctx.remember("colour", cast("Plain", ["blue"] * 200))
        await ctx.recall("col")
        await ctx.forget("colour")
        return ctx.idle({"turn": 2}, wake_in_s=60)
    child = await ctx.spawn("page", {"word": "hello"})
    await ctx.send(child, [f"line {number}" for number in range(60)])
    await ctx.receive(within_s=30)
    ended = await ctx.wait(child)
    await ctx.signal(await ctx.spawn("page", idle=True), "kill")
    await ctx.sleep(5)
    await ctx.ask(f"the page said {ended.outcome}; go on?", ("yes", "no"))
    await ctx.receive()
    return "done"


async def page(ctx: Context, _: Hiccup) -> object:
    """Reads one message and answers its parent. Never changes."""
    message = await ctx.receive()
    assert message is not None
    await ctx.send(int(ctx.beginning.parent), {"got": len(cast("list[Plain]", message.body))})
    return cast("dict[str, Plain]", ctx.memory)["word"]


async def asker(ctx: Context, _: Hiccup) -> object:
    """Makes model calls, two of them at once. Never changes."""
    first = await ctx.chat("what is an erg?", output_tokens_max=20)
    others = await ctx.all(ctx.chat([first.message], model="near"), ctx.chat("what is an erg?", model="auto"))
    return [first.text, *[other.text for other in others]]


async def waker(ctx: Context, _: Hiccup) -> object:
    """Is woken by a time and by a folder; a message of its owner disarms it. Never changes."""
    await ctx.watch()
    if ctx.beginning.cause == "mail":
        message = await ctx.receive()
        return ctx.idle({"told": message.trigger if message is not None else ""})
    return ctx.idle()


class GoldenPrograms:
    """The golden agents."""

    def __init__(self, world: World) -> None:
        self.hiccup: Final = Hiccup()
        self.triggers: tuple[AnyTrigger, ...] = (
            Schedule(name="tick", rule="FREQ=MINUTELY", grace_s=5),
            Files(name="inbox", folder="in", words="when a file arrives"),
        )
        """Of the waker."""
        self._tools: Final = kit(world)
        self._solvers: Final = (SimSolver(world, "cheap", Price(10, 200_000), 1_000_000),)

    def definition(self, agent: str) -> Definition:
        """An agent with all grants; the owner approves `press`."""
        grants = [Grant(agent=agent, verb="act", name=name, ask=name == "press") for name in self._tools]
        grants += [Grant(agent=agent, verb="think", name="sum"), Grant(agent=agent, verb="spawn", name="page")]
        grants += [Grant(agent=agent, verb="act", name="mounted.*")]
        if agent == "asker":
            grants = [Grant(agent=agent, verb="think", name="model.*")]
        triggers = self.triggers if agent == "waker" else ()
        return Definition(agent=agent, program=agent, grants=tuple(grants), caps=CAPS, triggers=triggers)

    def package(self, definition: Definition) -> Package:
        """Its code."""
        function = {"scribe": scribe, "asker": asker, "waker": waker}.get(definition.agent, page)

        async def bound(ctx: Context) -> object:
            return await function(ctx, self.hiccup)

        return Package(
            program=cast("Program", program_of(bound)),
            tools=self._tools,
            tasks={"sum": SUM},
            solvers=self._solvers,
            team={"page": self.definition("page")},
        )

    def current(self, agent: str, program: str) -> Definition | None:
        """They never change."""
        del program
        return self.definition(agent)

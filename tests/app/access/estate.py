"""A home with a running kernel in which two owners have the same things, and seats for whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import msgspec

from ergos.app.access.roles import Principal, Role, person
from ergos.app.access.seat import Ground, Seat
from ergos.app.home import Home, facts_of, home_at, kernel_on, load_with, programs_of
from ergos.app.views.model import Views
from ergos.base.ids import Pid
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.process import ENDED
from ergos.runtime.control import Fine, Spawn
from ergos.runtime.kernel import Kernel
from ergos.runtime.operations import Operations

T = TypeVar("T")
KEEPER: Final = "alice"
OWNERS: Final = ("alice", "bob")
AGENTS: Final = {
    "listener": """
from ergos.lib.agent import Context, agent


@agent()
async def listener(ctx: Context):
    await ctx.remember("secret", f"{ctx.beginning.owner}'s own note")
    return (await ctx.receive()).body
""",
    "asker": """
from ergos.lib.agent import Context, agent


@agent()
async def asker(ctx: Context):
    return await ctx.ask(f"a question of {ctx.beginning.owner}")
""",
    "payer": """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def pay(to: str, amount: int) -> str:
    return f"paid {amount} to {to}"


@agent(grants=[may("act", "pay", ask=True)])
async def payer(ctx: Context):
    return await ctx.act("pay", to=f"the landlord of {ctx.beginning.owner}", amount=5)
""",
}  # fmt: skip

OWN: Final = {"alice": "azure", "bob": "beryl"}
"""An agent that only this owner has; alice's lies in no folder that others may start agents of."""
OWN_SOURCE: Final = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def NAME_tool(to: str) -> str:
    return to


@agent(grants=[may("act", "NAME_tool", ask=True)])
async def NAME(ctx: Context):
    await ctx.remember("secret", f"{ctx.beginning.owner}'s own note")
    return (await ctx.receive()).body
"""


class Estate(msgspec.Struct):
    """What runs, and whose it is."""

    home: Home
    kernel: Kernel
    ground: Ground
    views: Views
    pids: dict[str, dict[str, Pid]]
    """By owner and agent."""
    items: dict[str, dict[str, int]]
    """Numbers in the inbox, by owner and agent."""

    def agent(self, name: str) -> str:
        folder = "private" if name == OWN[KEEPER] else "agents"
        return str(self.home.folder / folder / f"{name}.py")

    def seat(self, owner: str, role: Role = "owner", *, name: str = "", fresh: bool = True, pid: Pid = Pid(0)) -> Seat:
        if role == "agent":
            return Seat(Principal(name="agent", role="agent", owner=owner, pid=pid), self.ground)
        return Seat(person(name or owner, role, owner, keeper_of=KEEPER, fresh=fresh), self.ground)

    async def written(self) -> None:
        """Everything is durable, and the read model knows it."""
        await self.kernel.machine.store.flush()
        await self.views.caught_up()

    async def start(self, owner: str, agent: str) -> Pid:
        reply = await self.seat(owner).perform(Spawn(path=self.agent(agent), owner=owner))
        return cast("Fine", reply).pid


def home_of_two(folder: Path) -> Home:
    """A home of alice's with agents that every owner may start."""
    home = home_at(folder / "home", {"HOME": str(folder), "ERGOS_OWNER": KEEPER})
    home.make()
    (home.folder / "agents").mkdir()
    for name, source in AGENTS.items():
        (home.folder / "agents" / f"{name}.py").write_text(source)
    (home.folder / "private").mkdir()
    for owner, name in OWN.items():
        folder = home.folder / ("private" if owner == KEEPER else "agents")
        (folder / f"{name}.py").write_text(OWN_SOURCE.replace("NAME", name))
    return home


@asynccontextmanager
async def estate(folder: Path) -> AsyncIterator[Estate]:
    """Both owners started all agents, which wait now."""
    home = home_of_two(folder)
    programs = programs_of(home)
    async with kernel_on(home, programs) as kernel:
        reads, views = SqliteReads.open(home.store), Views(home.folder)
        operations = Operations(kernel, load_with(programs), facts_of(kernel), lambda: None)
        clock = kernel.machine.parts.clock
        ground = Ground(
            home=home, reads=reads, perform=operations.perform, clock=clock, views=lambda owner: views.of(owner, keeper=owner == KEEPER)
        )  # fmt: skip
        made = Estate(home, kernel, ground, views, {owner: {} for owner in OWNERS}, {owner: {} for owner in OWNERS})
        try:
            for owner in OWNERS:
                for agent in (*AGENTS, OWN[owner]):
                    made.pids[owner][agent] = await made.start(owner, agent)
            await until_waiting(made)
            yield made
        finally:
            operations.close()
            await views.close()
            await reads.close()


async def until_waiting(made: Estate) -> None:
    """All processes wait, and what they ask is in the inboxes."""
    found: dict[int, Any] = {}

    def asked() -> bool:
        return len(found) >= 4

    for _ in range(500):
        await made.written()
        for owner in OWNERS:
            for item in await made.ground.reads.items(owner, 100):
                found[item.id] = item
        rows = [row for owner in OWNERS for row in await made.ground.reads.processes(owner=owner, limit=100)]
        if asked() and all(row.state not in ENDED and row.waits for row in rows):
            break
        await asyncio.sleep(0.01)
    for item in found.values():
        agent = next(agent for agent, pid in made.pids[item.owner].items() if pid == item.pid)
        made.items[item.owner][agent] = item.id


class Standing:
    """An estate on a loop of its own, for a module of tests."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._context = estate(folder)
        self.estate = self.run(self._context.__aenter__())

    def run(self, doing: Awaitable[T]) -> T:
        async def bounded() -> T:
            async with asyncio.timeout(60):
                return await doing

        return self._runner.run(bounded())

    def close(self) -> None:
        self.run(self._context.__aexit__(None, None, None))
        self._runner.close()

"""An owner's home whose kernel runs, and clients of theirs at its gate."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from ergos.app.daemon import serving
from ergos.app.home import Home, home_at
from ergos.drivers.host import HostEntropy
from ergos.server.doorway import open_gate
from ergos.server.mcp_tokens import OwnerTokens
from tests.server.talk import Talk

AGENTS = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def pay(to: str, amount: int) -> str:
    return f"paid {amount} to {to}"


@agent(grants=[may("act", "pay", ask=True)])
async def payer(ctx: Context):
    return await ctx.act("pay", to="bob", amount=5)
"""
ASKER = """
from ergos.lib.agent import Context, agent


@agent()
async def asker(ctx: Context):
    return {"said": await ctx.ask("how are you?"), "memory": ctx.beginning.memory}
"""
QUICK = """
from ergos.lib.agent import Context, agent


@agent()
async def quick(ctx: Context):
    return {"given": ctx.beginning.memory}
"""
BROKEN = """
from ergos.lib.agent import Context, agent


@agent()
async def broken(ctx: Context):
    return 1 / 0
"""


def home_in(tmp_path: Path) -> Home:
    """A home that is not made yet, with agents beside it."""
    for name, source in (("payer", AGENTS), ("asker", ASKER), ("quick", QUICK), ("broken", BROKEN)):
        (tmp_path / f"{name}.py").write_text(source)
    return home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "alice"})


class Standing(msgspec.Struct):
    """A home whose kernel runs, and a client of its owner."""

    home: Home
    url: str
    talk: Talk
    plain: Talk

    def agent(self, name: str) -> str:
        return str(self.home.folder.parent / f"{name}.py")


def stand(home: Home, scenario: Callable[[Standing], Awaitable[None]]) -> None:
    async def played() -> None:
        async with serving(home, functools.partial(open_gate, home=home), port=0) as served:
            from ergos.app.client import ask
            from ergos.runtime.control import Status, StatusOf

            status = await ask(home, StatusOf())
            assert isinstance(status, Status)
            token = OwnerTokens(home.folder).make("laptop", HostEntropy())
            talks = Talk(status.door, token, tasks=True, elicits=True), Talk(status.door, token)
            try:
                await scenario(Standing(home, status.door, *talks))
            finally:
                for talk in talks:
                    await talk.close()
            assert served.fault is None

    asyncio.run(asyncio.wait_for(played(), 60))


async def until(talk: Talk, task: str, *statuses: str) -> dict[str, Any]:
    for _ in range(500):
        now = await talk.result("tasks/get", {"taskId": task})
        if now["status"] in statuses:
            return now
        await asyncio.sleep(0.02)
    raise AssertionError(now)

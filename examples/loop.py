"""Supervision: a program that makes the same call over and over is stopped; one that crashes is driven again."""

from __future__ import annotations

from ergos.kernel.supervisor import Supervision
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure", local=True)
def is_done() -> bool:
    """Never."""
    return False


@agent(grants=[may("act", "is_done")], supervision=Supervision(loop_calls=10))
async def impatient(ctx: Context) -> str:
    """Asks for ever; the breaker ends it after ten identical answers."""
    while not await ctx.act("is_done"):
        pass
    return "done"


@agent(team=["impatient"])
async def parent(ctx: Context) -> str:
    """Learns how its child ended."""
    end = await ctx.wait(await ctx.spawn("impatient"))
    return f"{end.state}: {end.failure.code}" if end.failure else end.state

"""The smallest agent: one tool, one grant, one call."""

from __future__ import annotations

from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure", local=True)
def shout(words: str) -> str:
    """Say it loud."""
    return f"{words.upper()}!"


@agent(grants=[may("act", "shout")])
async def hello(ctx: Context) -> str:
    """Greets whoever started it."""
    return await ctx.act("shout", words=f"hello {ctx.beginning.owner}")

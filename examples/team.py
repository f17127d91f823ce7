"""A team: three children work at once, each with its own process, grants and account."""

from __future__ import annotations

from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure", local=True)
def count(text: str) -> int:
    """Words of a text."""
    return len(text.split())


@agent(grants=[may("act", "count")])
async def reader(ctx: Context) -> int:
    """Counts the words of the text it was given."""
    return await ctx.act("count", text=ctx.memory)


@agent(team=["reader"])
async def editor(ctx: Context) -> dict[str, int]:
    """Hands out texts and adds up; it may not count itself."""
    texts = ["one two three", "four five", "six"]
    children = await ctx.all(*(ctx.spawn("reader", text) for text in texts))
    ends = await ctx.all(*(ctx.wait(child) for child in children))
    return {"readers": len(children), "words": sum(end.outcome for end in ends)}

"""Persistent memory: shared by all processes of one agent and owner, until it is forgotten."""

from __future__ import annotations

from ergos.lib.agent import Context, agent


@agent()
async def diary(ctx: Context) -> dict[str, object]:
    """Notes, reads back by prefix, forgets."""
    await ctx.remember("likes/tea", "green")
    await ctx.remember("likes/music", "quiet")
    before = await ctx.recall("likes/")
    await ctx.forget("likes/music")
    return {"before": sorted(before), "after": await ctx.recall("likes/")}

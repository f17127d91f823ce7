"""Insight: finds themes, numbers, changes and disagreements."""

from __future__ import annotations

from ergos.lib.agent import Context
from ergos.verify.briefing import FIND


async def agent(ctx: Context) -> dict[str, int]:
    """Hands Writer what News selected and what it found in it."""
    message = await ctx.receive()
    selection = message.body["selection"]
    found = await ctx.think(FIND, selection)
    await ctx.send(ctx.memory["writer"], {**selection, "findings": found, "read": message.body["read"]})
    return {"findings": len(found), "disagreements": sum(finding.kind == "disagreement" for finding in found)}

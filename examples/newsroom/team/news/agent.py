"""News: gathers, deduplicates, ranks, groups."""

from __future__ import annotations

from ergos.lib.agent import Context
from ergos.verify.briefing import SELECT


async def agent(ctx: Context) -> dict[str, object]:
    """Hands Insight the documents and their stories."""
    order = ctx.memory
    gathered = await ctx.act("gather", sources=order["sources"])
    selection = await ctx.think(SELECT, {"documents": gathered["documents"], "now_ns": ctx.now_ns})
    await ctx.send(order["insight"], {"selection": selection, "read": len(gathered["documents"])})
    return {
        "documents": len(gathered["documents"]),
        "selected": len(selection.documents),
        "stories": len(selection.stories),
        "unread": gathered["unread"],
        "notes": gathered["notes"],
    }

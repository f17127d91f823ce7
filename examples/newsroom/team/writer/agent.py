"""Writer: writes the brief, and repairs what Checker faults."""

from __future__ import annotations

from ergos.lib.agent import Context
from ergos.verify.briefing import WRITE

ROUNDS_MAX = 5  # versions; what does not hold by then is not published


async def agent(ctx: Context) -> dict[str, int]:
    """Sends versions to Checker until one holds or the rounds are used up."""
    order = ctx.memory
    material = (await ctx.receive()).body
    assignment = {
        "documents": material["documents"],
        "stories": material["stories"],
        "findings": material["findings"],
        "language": order["language"],
        "sentences_max": order["sentences"],
        "read": material["read"],
        "made_at_ns": ctx.now_ns,
    }
    for version in range(1, ROUNDS_MAX + 1):
        brief = await ctx.think(WRITE, assignment)
        await ctx.send(order["checker"], {"brief": brief, "version": version, "last": version == ROUNDS_MAX})
        verdict = (await ctx.receive()).body
        if verdict["accepted"]:
            break
        assignment = {**assignment, "faults": verdict["faults"], "previous": brief}
    return {"versions": version, "sentences": sum(len(section.sentences) for section in brief.sections)}

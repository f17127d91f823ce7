"""The desk: starts the four, hands out the assignment, waits for the outcome."""

from __future__ import annotations

import msgspec

from ergos.lib.agent import Context


class Settings(msgspec.Struct):
    """What the owner may set."""

    sources: list[str]
    out: str = "published"
    sentences: int = 24
    press_s: float = 0.0


async def agent(ctx: Context) -> dict[str, object]:
    """One brief, from sources to publication."""
    definition = ctx.beginning.definition
    settings = msgspec.json.decode(definition.settings, type=Settings)
    order = {"language": definition.language, "sentences": settings.sentences}
    checker = await ctx.spawn("checker", {"out": settings.out, "press_s": settings.press_s})
    writer = await ctx.spawn("writer", {"checker": checker, **order})
    insight = await ctx.spawn("insight", {"writer": writer})
    news = await ctx.spawn("news", {"insight": insight, "sources": settings.sources})
    team = {"news": news, "insight": insight, "writer": writer, "checker": checker}
    report: dict[str, object] = {}
    for name, pid in team.items():
        end = await ctx.wait(pid)
        report[name] = end.outcome if end.state == "done" else f"{end.state}: {end.failure.what if end.failure else ''}"
        if end.state != "done":  # nothing will reach the others any more
            for other in team.values():
                if other > 0 and other != pid:
                    await ctx.settled(ctx.signal(other, "stop"))
            break
    return report

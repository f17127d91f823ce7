"""Checker: verifies every quotation, name, number and date, and publishes what holds."""

from __future__ import annotations

from ergos.lib.agent import Context
from ergos.verify.briefing import REVIEW


async def agent(ctx: Context) -> dict[str, object]:
    """Sends faults back to Writer; publishes the version without any."""
    order, found = ctx.memory, 0
    while True:
        message = await ctx.receive()
        faults = await ctx.think(REVIEW, message.body["brief"])
        found += len(faults)
        await ctx.send(message.sender, {"accepted": not faults, "faults": faults})
        if not faults:
            break
        if message.body["last"]:
            return {"accepted": False, "versions": message.body["version"], "faults": found}
    published = await ctx.act("publish", brief=message.body["brief"], out=order["out"], press_s=order["press_s"])
    return {"accepted": True, "versions": message.body["version"], "faults": found, **published}

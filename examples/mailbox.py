"""A process that lives in turns: every message wakes it, and between two messages it is a row on a disk."""

from __future__ import annotations

from ergos.kernel.syscalls import Idle
from ergos.lib.agent import Context, agent


@agent()
async def counter(ctx: Context) -> Idle | int:
    """Adds up the numbers it is sent; `stop` makes it return the sum."""
    total = ctx.memory if isinstance(ctx.memory, int) else 0
    message = await ctx.receive()
    if message is None or message.body == "stop":
        return total
    return ctx.idle(total + int(message.body))

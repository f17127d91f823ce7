"""Turns: a process that lives as long as it likes, woken by mail, remembering plain data, idle in between."""

from __future__ import annotations

from ergos.kernel.syscalls import Idle
from ergos.lib.agent import Context, agent


@agent()
async def counter(ctx: Context) -> Idle | int:
    """Adds what it is sent; 'stop' ends it. Between messages it is a row in a database and nothing else."""
    total = ctx.memory if isinstance(ctx.memory, int) else 0
    message = await ctx.receive(within_s=3600)
    if message is None or message.body == "stop":
        return total
    return ctx.idle(total + int(message.body))


@agent(team=["counter"])
async def teller(ctx: Context) -> int:
    """Sends three numbers and reads the sum."""
    pid = await ctx.spawn("counter", idle=True)
    for number in (20, 20, 2):
        await ctx.send(pid, number)
    await ctx.send(pid, "stop")
    return (await ctx.wait(pid)).outcome

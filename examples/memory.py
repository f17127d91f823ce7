"""What outlives a process: an agent's memory is shared by all its processes of one owner."""

from __future__ import annotations

from ergos.lib.agent import Context, agent


@agent()
async def host(ctx: Context) -> str:
    """Greets a guest by how often it has met them; `forget NAME` erases one."""
    guest = str(ctx.memory or ctx.beginning.owner)
    if guest.startswith("forget "):
        await ctx.forget(f"visits/{guest.removeprefix('forget ')}")
        return "forgotten"
    visits = (await ctx.recall(f"visits/{guest}")).get(f"visits/{guest}", 0)
    visits = visits + 1 if isinstance(visits, int) else 1
    await ctx.remember(f"visits/{guest}", visits)
    return f"Welcome, {guest}." if visits == 1 else f"Welcome back, {guest}: visit {visits}."

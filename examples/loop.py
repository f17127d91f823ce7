"""An agent that asks the same thing for ever: the kernel counts identical calls with identical answers and stops it."""

from __future__ import annotations

from ergos.kernel.supervisor import Supervision
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure", local=True)
def kettle() -> str:
    """Look at the kettle."""
    return "not boiling"


@agent(grants=[may("act", "kettle")], supervision=Supervision(loop_calls=10))
async def watcher(ctx: Context) -> str:
    """Watches a kettle that was never switched on."""
    while await ctx.act("kettle") != "boiling":
        pass
    return "tea"

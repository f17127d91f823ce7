"""Nothing irreversible without its owner: the grant says `ask`, so the process waits until someone decides.

ergos inbox         shows the exact call
ergos approve 1     lets it happen, this once
"""

from __future__ import annotations

from ergos.base.errors import ApprovalDeniedError
from ergos.lib.agent import Context, agent, between, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def transfer(euros: int, to: str) -> str:
    """Send money. (Only a line of text here.)"""
    return f"{euros} euros to {to}"


@agent(grants=[may("act", "transfer", euros=between(1, 500), to="landlord", ask=True)])
async def treasurer(ctx: Context) -> str:
    """Pays the rent, if it may."""
    try:
        return await ctx.act("transfer", euros=480, to="landlord")
    except ApprovalDeniedError as denied:
        return f"not paid: {denied.what}"

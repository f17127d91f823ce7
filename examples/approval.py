"""Approval: an irreversible call under a grant that says `ask`, and an argument outside the grant's range."""

from __future__ import annotations

from ergos.base.errors import ApprovalDeniedError, DeniedError
from ergos.lib.agent import Context, agent, anything, between, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def refund(order: str, amount: int) -> str:
    """Send money back."""
    return f"refunded {amount} for {order}"


@agent(grants=[may("act", "refund", ask=True, order=anything(), amount=between(1, 50))])
async def support(ctx: Context) -> list[str]:
    """Tries too much, then asks: `ergos inbox` shows the exact call, `ergos approve N` allows it once."""
    said: list[str] = []
    for amount in (5_000, 20):
        try:
            said.append(await ctx.act("refund", order="A-17", amount=amount))
        except DeniedError:
            said.append(f"{amount} is more than the grant allows")
        except ApprovalDeniedError:
            said.append(f"the owner did not want to refund {amount}")
    return said

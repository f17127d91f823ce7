"""Budgets: every call's worst case is held before it is made, so a cap is never passed."""

from __future__ import annotations

from ergos.base.errors import BudgetError
from ergos.base.money import Amount, Price
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure", price=Price(microusd_per_call=400_000))
def appraise(item: str) -> str:
    """Costs 40 cents."""
    return f"{item} is worth something"


@agent(grants=[may("act", "appraise")], caps=Caps(process=Amount(1_000_000, UNCAPPED)))
async def collector(ctx: Context) -> dict[str, object]:
    """Has one dollar: two appraisals fit, the third is refused before anything is spent."""
    done: list[str] = []
    for item in ("vase", "clock", "chair"):
        try:
            done.append(await ctx.act("appraise", item=item))
        except BudgetError as refused:
            return {"done": done, "refused": refused.what}
    return {"done": done}

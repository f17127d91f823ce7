"""A ceiling that holds: the worst case of a call is set aside before it is made, and what is not covered is refused."""

from __future__ import annotations

from ergos.base.errors import BudgetError
from ergos.base.money import Amount, Price, parse_money
from ergos.kernel.ledger import Caps
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="idempotent", reach="own", roles={"place": "plain"}, price=Price(microusd_per_call=parse_money("0.40usd")))
def photograph(place: str) -> str:
    """A satellite image, 40 cents each."""
    return f"{place}.tiff"


@agent(grants=[may("act", "photograph")], caps=Caps(process=Amount(parse_money("1usd"), -1)))
async def surveyor(ctx: Context) -> dict[str, list[str]]:
    """Photographs as many places as a dollar pays for, and says which are missing."""
    places = ["Hangzhou", "Shenzhen", "Beijing", "Chengdu"]
    images: list[str] = []
    for number, place in enumerate(places):
        try:
            images.append(await ctx.act("photograph", place=place))
        except BudgetError:
            return {"images": images, "missing": places[number:]}
    return {"images": images, "missing": []}

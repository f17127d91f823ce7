"""A model with two tools: it asks, the agent calls under its own grants, the model reads the results and answers."""

from __future__ import annotations

from ergos.base.errors import ToolFailedError
from ergos.base.money import Amount, parse_money
from ergos.kernel.ledger import Caps
from ergos.lib.agent import Context, agent, may, one_of
from ergos.lib.conversation import converse
from ergos.lib.tool import tool

SHELF = {"apple": 40, "pear": 55, "quince": 90}


@tool(effect="pure", local=True)
def price(fruit: str) -> int:
    """The price of one fruit in cents."""
    if fruit not in SHELF:
        raise ToolFailedError(f"there is no {fruit} on the shelf")
    return SHELF[fruit]


@tool(effect="pure", local=True)
def total(prices: list[int], counts: list[int]) -> int:
    """The sum of prices, each times its count, in cents."""
    return sum(one * count for one, count in zip(prices, counts, strict=True))


GRANTS = [may("think", "model.*"), may("act", "price", fruit=one_of("apple", "pear")), may("act", "total")]


@agent(grants=GRANTS, caps=Caps(process=Amount(parse_money("0.05usd"), -1)))
async def grocer(ctx: Context) -> dict[str, object]:
    """Quinces are not for sale: the model asks for their price, is told that it may not, and copes."""
    question = "What do two apples, three pears and a quince cost?"
    said = await converse(ctx, question, tools=[price, total], output_tokens_max=500)
    return {"answer": said.text, "by": said.model}

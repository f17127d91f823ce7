"""Done means verified: the cheap solver is tried first, its answer is checked, and a dear one takes over if need be."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ergos.base.money import Amount, Price
from ergos.kernel.ledger import Caps
from ergos.lib.agent import Context, agent, may
from ergos.lib.task import Task, solver


class Order(msgspec.Struct, frozen=True):
    """Words to be sorted."""

    words: list[str]


def nothing_lost(order: Order, answer: list[str]) -> Iterator[str]:
    """Every word is still there."""
    for word in order.words:
        if answer.count(word) != order.words.count(word):
            yield f"{word!r} stands {answer.count(word)} times in the answer"


SORT = Task("sort", inputs=Order, output=list[str], checks=(nothing_lost,))


@solver(SORT, price=Price(microusd_per_call=1))
def careless(order: Order) -> list[str]:
    """Fast, cheap, and it loses what stands there twice."""
    return sorted(set(order.words))


@solver(SORT, price=Price(microusd_per_call=500))
def careful(order: Order) -> list[str]:
    """Slow, dear, and right."""
    return sorted(order.words)


@agent(grants=[may("think", "sort")], caps=Caps(process=Amount(10_000, -1)))
async def librarian(ctx: Context) -> list[list[str]]:
    """Sorts twice: the first list is easy, the second catches the careless solver."""
    return [await ctx.think(SORT, Order(words)) for words in (["pear", "apple"], ["fig", "date", "fig"])]

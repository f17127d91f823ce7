"""Tasks and solvers: the kernel picks the cheapest per verified success, checks the answer, and escalates."""

from __future__ import annotations

from collections.abc import Iterator

from ergos.base.money import Amount, Price
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.lib.agent import Context, agent, may
from ergos.lib.task import Task, solver


def adds_up(numbers: list[int], answer: int) -> Iterator[str]:
    """The acceptance check: it does not believe anybody."""
    if answer != sum(numbers):
        yield f"{answer} is not the sum of {numbers}"


TOTAL = Task("total", inputs=list[int], output=int, checks=(adds_up,))


@solver(TOTAL, price=Price(microusd_per_call=1))
def careless(numbers: list[int]) -> int:
    """Cheap, and overlooks the last one."""
    return sum(numbers[:-1])


@solver(TOTAL, price=Price(microusd_per_call=100))
def careful(numbers: list[int]) -> int:
    """Dear, and right."""
    return sum(numbers)


@agent(grants=[may("think", "total")], caps=Caps(process=Amount(10_000, UNCAPPED)))
async def accountant(ctx: Context) -> int:
    """Gets a sum that was checked, whoever computed it."""
    return await ctx.think(TOTAL, [2, 40])

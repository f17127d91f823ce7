"""A condition is told each time it comes true, and never by looking again and again."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from ergos.base.errors import UsageError
from ergos.base.money import Amount, Price
from ergos.kernel.ledger import Caps
from ergos.kernel.triggers import Condition
from ergos.lib.agent import Context, agent, may
from ergos.runtime.figures import FIGURES, check_figure
from tests.runtime.kernels import Rig, effect_tool, play
from tests.runtime.test_watches import fired, started, watching


@agent(name="spender", grants=[may("act", "pay")], caps=Caps(day=Amount(1_000_000, -1)))
async def spender(ctx: Context) -> str:
    await ctx.act("pay", word=str(ctx.memory))
    return "paid"


def test_it_is_told_when_it_becomes_true_and_again_the_next_day() -> None:
    async def scenario(rig: Rig) -> None:
        pay = effect_tool(rig.outside, "idempotent", name="pay", price=Price(microusd_per_call=300_000))
        work = rig.put(spender, pay)
        limit = Condition(name="limit", figure="spend.today", compare=">=", value=0.6)
        kernel, pid = await started(rig, watching(rig, limit))

        async def pays(times: int) -> list[Any]:
            for number in range(times):
                await kernel.desk.end_of(await kernel.desk.spawn(work, "alice", number))
                await asyncio.sleep(3)
            return [one.name for one in fired(rig, pid)]

        assert await pays(1) == []
        assert await pays(2) == ["limit"]
        await asyncio.sleep(86_400)
        assert await pays(1) == ["limit"]
        assert await pays(2) == ["limit", "limit"]

    play(scenario)


def test_nothing_is_looked_at_while_nothing_is_written() -> None:
    async def scenario(rig: Rig) -> None:
        limit = Condition(name="limit", figure="inbox.open", compare=">", value=0)
        kernel, _ = await started(rig, watching(rig, limit))
        await asyncio.sleep(5)
        looked: list[object] = []
        real = kernel.machine.store.items

        async def items(*args: object) -> object:
            looked.append(args)
            return await real(*args)  # type: ignore[arg-type]

        kernel.machine.store.items = items  # type: ignore[method-assign,assignment]
        await asyncio.sleep(86_400)
        assert looked == []

    play(scenario)


def test_a_figure_there_is_not_is_refused_with_its_neighbour() -> None:
    with pytest.raises(UsageError, match=r"spend\.toda"):
        check_figure(Condition(name="x", figure="spend.toda", compare=">", value=1))
    for figure in FIGURES:
        check_figure(Condition(name="x", figure=figure, compare=">", value=1))
    with pytest.raises(UsageError):
        check_figure(Condition(name="x", figure="inbox.open", compare=">", value=1, share=True))


def test_a_share_is_of_the_ceiling_and_without_one_nothing_is_told() -> None:
    async def scenario(rig: Rig, caps: Caps | None) -> list[str]:
        pay = effect_tool(rig.outside, "idempotent", name="pay", price=Price(microusd_per_call=300_000))
        work = rig.put(spender, pay)
        limit = Condition(name="limit", figure="spend.today", compare=">", value=0.8, share=True)
        made = watching(rig, limit)
        if caps is not None:
            made = msgspec.structs.replace(made, caps=caps)
            rig.shelf.definitions[made.agent] = made
        kernel, pid = await started(rig, made)
        for number in range(3):
            await kernel.desk.end_of(await kernel.desk.spawn(work, "alice", number))
            await asyncio.sleep(3)
        return [one.name for one in fired(rig, pid)]

    assert play(lambda rig: scenario(rig, Caps(day=Amount(1_000_000, -1)))) == ["limit"]
    assert play(lambda rig: scenario(rig, Caps(day=Amount(10_000_000, -1)))) == []
    assert play(lambda rig: scenario(rig, None)) == []


def test_what_came_true_while_stop_was_in_force_is_told_when_it_is_lifted() -> None:
    async def scenario(rig: Rig) -> list[str]:
        pay = effect_tool(rig.outside, "idempotent", name="pay", price=Price(microusd_per_call=300_000), after_s=20)
        work = rig.put(spender, pay)
        limit = Condition(name="limit", figure="spend.today", compare=">", value=0.1)
        kernel, pid = await started(rig, watching(rig, limit))
        await kernel.desk.spawn(work, "alice", 1)
        await asyncio.sleep(5)
        await kernel.desk.halt("alice", on=True)
        await asyncio.sleep(60)
        assert fired(rig, pid) == []
        await kernel.desk.halt("alice", on=False)
        await asyncio.sleep(5)
        return [one.name for one in fired(rig, pid)]

    assert play(scenario) == ["limit"]

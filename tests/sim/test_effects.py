"""After a crash, by effect class."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.ids import Pid
from tests.sim.stage import Stage


def crashed(tool: str, *, happened: bool) -> Stage:
    async def caller(ctx):
        return await ctx.act(tool, n=1)

    stage = Stage(caller=caller)

    async def first(kernel):
        await kernel.desk.spawn(stage.definition("caller"), "alice")
        if happened:
            while not stage.world.landed:  # noqa: ASYNC110
                await asyncio.sleep(0)
        else:
            await kernel.machine.store.flush()

    stage.live(first, crash=True)
    return stage


async def end(kernel):
    return await asyncio.wait_for(kernel.desk.end_of(Pid(1)), 100)


@pytest.mark.parametrize("tool", ["look", "file", "book"])
def test_what_may_be_done_again_is_done_and_the_outside_sees_it_once(tool: str) -> None:
    stage = crashed(tool, happened=True)
    assert stage.live(end).outcome == f"{tool} did 1"
    counts = list(stage.world.applied.values())
    assert counts == [1] if tool != "look" else counts == [2]


def test_an_irreversible_call_is_in_doubt_and_never_repeated_by_itself() -> None:
    stage = crashed("pay", happened=True)

    async def script(kernel):
        await asyncio.sleep(1_000)
        (item,) = await kernel.machine.store.items(None, 10)
        assert item.kind == "doubt"
        assert sum(stage.world.applied.values()) == 1
        await kernel.desk.answer(item.id, "done", "alice", "paid")
        return await end(kernel)

    assert stage.live(script).outcome == "paid"
    assert sum(stage.world.applied.values()) == 1

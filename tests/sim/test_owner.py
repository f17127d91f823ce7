"""The owner's side."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.errors import UnknownProcessError, UsageError
from ergos.base.ids import Pid
from tests.sim.stage import Stage


async def asker(ctx):
    return await ctx.ask("which?", ("a", "b"))


async def both(ctx):
    child = await ctx.spawn("sleeper")
    message, end = await ctx.all(ctx.receive(), ctx.wait(child))
    return [message.body, end.state]


async def sleeper(ctx):
    await ctx.sleep(100)


async def napper(ctx):
    if ctx.memory:
        return "woke"
    return ctx.idle(1, wake_in_s=30)


def test_an_answer_counts_once_even_when_it_is_given_twice_at_once() -> None:
    stage = Stage(asker=asker)

    async def script(kernel):
        pid = await kernel.desk.spawn(stage.definition("asker"), "alice")
        await asyncio.sleep(1)
        given = [kernel.desk.answer(1, "answer", "alice", word) for word in ("a", "b")]
        came = await asyncio.gather(*given, return_exceptions=True)
        return came, await kernel.desk.end_of(pid)

    came, ended = stage.live(script)
    assert [isinstance(one, UsageError) for one in came] == [False, True]
    assert ended.outcome == "a"


def test_a_question_nobody_answers_expires_and_is_closed() -> None:
    stage = Stage(asker=asker)

    async def script(kernel):
        return await kernel.desk.end_of(await kernel.desk.spawn(stage.definition("asker"), "alice"))

    assert stage.live(script).process.failure.code == "E306"
    assert not stage.disk.items


def test_a_process_that_waits_for_two_things_is_woken_by_either() -> None:
    stage = Stage(both=both, sleeper=sleeper)

    async def script(kernel):
        pid = await kernel.desk.spawn(stage.definition("both"), "alice")
        await asyncio.sleep(1)
        await kernel.desk.send(pid, "hi")
        return await kernel.desk.end_of(pid)

    assert stage.live(script).outcome == ["hi", "done"]


def test_a_process_resumed_after_its_time_has_passed_wakes_at_once() -> None:
    stage = Stage(napper=napper)

    async def script(kernel):
        pid = await kernel.desk.spawn(stage.definition("napper"), "alice")
        await asyncio.sleep(1)
        await kernel.desk.signal(pid, "pause", "alice")
        await asyncio.sleep(100)
        await kernel.desk.signal(pid, "resume", "alice")
        return await asyncio.wait_for(kernel.desk.end_of(pid), 10)

    assert stage.live(script).outcome == "woke"


def test_what_does_not_exist_is_said_so() -> None:
    async def script(kernel):
        with pytest.raises(UnknownProcessError):
            await kernel.desk.end_of(Pid(9))
        with pytest.raises(UsageError):
            await kernel.desk.answer(9, "approve", "alice")

    Stage().live(script)


def test_stop_keeps_every_effect_from_beginning_until_it_is_lifted() -> None:
    async def caller(ctx):
        return await ctx.act("press", n=1)

    stage = Stage(caller=caller)

    async def script(kernel):
        await kernel.desk.halt("alice", on=True)
        pid = await kernel.desk.spawn(stage.definition("caller"), "alice")
        await asyncio.sleep(60)
        before = sum(stage.world.applied.values())
        await kernel.desk.halt("alice", on=False)
        await kernel.desk.end_of(pid)
        return before, sum(stage.world.applied.values())

    assert stage.live(script) == (0, 1)

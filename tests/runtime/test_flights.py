"""Calls under way: cut off at their deadline, called off with their process, held back without a live grant."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from ergos.base.clock import SECOND
from ergos.base.money import Amount, Price
from ergos.kernel.calls import EffectClass
from ergos.kernel.events import Doubted, Resulted
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import Errand
from ergos.kernel.process import State
from ergos.lib.agent import Context
from ergos.lib.tool import tool

from .kernels import Rig, an_agent, becomes, effect_tool, item_of, items_of, play, until


async def careful(ctx: Context) -> object:
    answers = await ctx.settled(ctx.act("post", word="hello"))
    return getattr(answers[0], "code", answers[0])


@pytest.mark.parametrize("effect", ["pure", "idempotent", "reconcilable"])
def test_a_call_past_its_deadline_is_cut_off_and_failed(effect: EffectClass):
    async def scenario(rig: Rig) -> None:
        began = rig.loop.time()
        ended = await rig.ends(
            rig.put(an_agent(careful, "post"), effect_tool(rig.outside, effect, before_s=100, deadline_s=3))
        )
        assert ended.outcome == "E502"
        assert 3 <= rig.loop.time() - began < 4
        assert rig.outside.effects == []

    play(scenario)


def test_an_irreversible_call_past_its_deadline_is_in_doubt():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        tools = effect_tool(rig.outside, "irreversible", after_s=100, deadline_s=3)
        pid = await kernel.desk.spawn(rig.put(an_agent(careful, "post"), tools), "alice")
        item = await item_of(kernel)
        assert item.kind == "doubt"
        assert "3 seconds" in item.text
        await becomes(kernel, pid, State.PARKED)
        await kernel.desk.answer(item.id, "done", "alice", "it is out")
        assert (await kernel.desk.end_of(pid)).outcome == "it is out"
        assert rig.outside.effects == ["hello"]

    play(scenario)


def test_redoing_an_overdue_call_on_the_owners_word_runs_it_again():
    async def scenario(rig: Rig) -> None:
        slow = [100.0]

        async def run(word: str) -> str:
            await asyncio.sleep(slow.pop() if slow else 0)
            return "at last"

        kernel = await rig.boot()
        pid = await kernel.desk.spawn(
            rig.put(an_agent(careful, "post"), tool("irreversible", name="post", deadline_s=3)(run)), "alice"
        )
        await kernel.desk.answer((await item_of(kernel)).id, "redo", "alice")
        assert (await kernel.desk.end_of(pid)).outcome == "at last"

    play(scenario)


def test_a_deadline_counts_from_the_start_of_the_call_and_not_from_its_place_in_the_queue():
    async def two(ctx: Context) -> object:
        return await ctx.all(ctx.act("post", word="a"), ctx.act("post", word="b"))

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot(concurrency={"tools": 1})
        tools = effect_tool(rig.outside, "pure", after_s=2, deadline_s=3)
        pid = await kernel.desk.spawn(rig.put(an_agent(two, "post"), tools), "alice")
        assert (await kernel.desk.end_of(pid)).outcome == ["a!", "b!"]

    play(scenario)


def test_a_tool_is_told_its_deadline():
    async def scenario(rig: Rig) -> None:
        async def run(word: str, *, errand: Errand) -> int:
            return errand.deadline_ns - errand.now_ns

        ended = await rig.ends(rig.put(an_agent(careful, "post"), tool("pure", name="post", deadline_s=3)(run)))
        assert ended.outcome == 3 * SECOND

    play(scenario)


def test_killing_a_process_cancels_its_pure_calls_and_lets_the_others_end():
    async def both(ctx: Context) -> object:
        return await ctx.all(ctx.act("look", word="look"), ctx.act("post", word="post"))

    async def scenario(rig: Rig) -> None:
        tools = [
            effect_tool(rig.outside, "pure", name="look", before_s=5),
            effect_tool(rig.outside, "idempotent", name="post", before_s=5),
        ]
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(both, "look", "post"), *tools), "alice")
        await until(lambda: rig.outside.at_once == 2)
        await kernel.desk.signal(pid, "kill", "alice")
        await asyncio.sleep(10)
        assert rig.outside.effects == ["post"]
        late = {body.key.split(":")[1]: body for body in rig.bodies(pid) if isinstance(body, Resulted)}
        assert {name: body.late for name, body in late.items()} == {"look": True, "post": True}
        assert late["post"].failure is None
        assert late["look"].failure is not None

    play(scenario)


def test_a_call_that_waited_when_its_process_ended_is_withdrawn_and_costs_nothing():
    async def many(ctx: Context) -> object:
        return await ctx.all(*[ctx.act("post", word=str(number)) for number in range(3)])

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot(concurrency={"tools": 1})
        tools = effect_tool(rig.outside, "irreversible", after_s=5, price=Price(microusd_per_call=7))
        made = an_agent(many, "post", caps=Caps(process=Amount(100, 0)))
        pid = await kernel.desk.spawn(rig.put(made, tools), "alice")
        await until(lambda: rig.outside.effects)
        await kernel.desk.signal(pid, "kill", "alice")
        await asyncio.sleep(60)
        assert rig.outside.effects == ["0"]
        meter = rig.disk.meters[f"process/{pid}"]
        assert (meter.spent.microusd, meter.held.microusd) == (7, 0)
        assert kernel.machine.scheduler.queues["tools"].running == set()

    play(scenario)


def test_a_grant_that_expires_while_the_call_waits_is_noticed_when_it_would_start():
    async def many(ctx: Context) -> object:
        found = await ctx.settled(*[ctx.act("post", word=str(number)) for number in range(3)])
        return [getattr(one, "code", one) for one in found]

    async def scenario(rig: Rig) -> None:
        made = an_agent(many, "post")
        until_ns = rig.clock.now_ns() + 7 * SECOND
        made = msgspec.structs.replace(
            made, grants=tuple(msgspec.structs.replace(grant, expires_ns=until_ns) for grant in made.grants)
        )
        kernel = await rig.boot(concurrency={"tools": 1})
        pid = await kernel.desk.spawn(rig.put(made, effect_tool(rig.outside, "irreversible", after_s=5)), "alice")
        assert (await kernel.desk.end_of(pid)).outcome == ["0!", "1!", "E301"]
        assert rig.outside.effects == ["0", "1"]

    play(scenario)


def test_a_tool_that_cancels_itself_has_failed_and_takes_nobody_with_it():
    async def scenario(rig: Rig) -> None:
        async def run(word: str) -> str:
            raise asyncio.CancelledError

        ended = await rig.ends(rig.put(an_agent(careful, "post"), tool("pure", name="post")(run)))
        assert ended.outcome == "E501"

    play(scenario)


def test_a_paused_process_whose_call_becomes_doubtful_is_parked_when_it_goes_on():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        tools = effect_tool(rig.outside, "irreversible", after_s=100, deadline_s=3)
        pid = await kernel.desk.spawn(rig.put(an_agent(careful, "post"), tools), "alice")
        await until(lambda: rig.outside.effects)
        await kernel.desk.signal(pid, "pause", "alice")
        item = await item_of(kernel)
        assert any(isinstance(body, Doubted) for body in rig.bodies(pid))
        await kernel.desk.signal(pid, "resume", "alice")
        await asyncio.sleep(1)
        assert rig.outside.effects == ["hello"]
        await kernel.desk.answer(item.id, "done", "alice", "seen")
        assert (await kernel.desk.end_of(pid)).outcome == "seen"
        assert await items_of(kernel) == []

    play(scenario)


# How long a call waited


def queued_s(rig: Rig, pid: int) -> list[float]:
    """Of every call with a result, in their order: the seconds in its queue."""
    return [body.queued_ns / SECOND for body in rig.bodies(pid) if isinstance(body, Resulted)]


async def two_posts(ctx: Context) -> object:
    return await ctx.all(ctx.act("post", word="a"), ctx.act("post", word="b"))


def test_a_result_says_how_long_its_call_waited_in_its_queue():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot(concurrency={"tools": 1})
        pid = await kernel.desk.spawn(
            rig.put(an_agent(two_posts, "post"), effect_tool(rig.outside, "pure", after_s=2)), "alice"
        )
        await kernel.desk.end_of(pid)
        first, second = queued_s(rig, pid)
        assert first < 0.1
        assert round(second - first, 3) == 2

    play(scenario)


def test_a_call_that_was_never_started_waited_all_the_time():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot(concurrency={"tools": 1})
        tools = effect_tool(rig.outside, "irreversible", before_s=5)
        pid = await kernel.desk.spawn(rig.put(an_agent(two_posts, "post"), tools), "alice")
        await until(lambda: rig.outside.at_once)
        await asyncio.sleep(1)
        await kernel.desk.signal(pid, "kill", "alice")
        await asyncio.sleep(10)
        assert rig.outside.effects == ["a"]
        started, never = queued_s(rig, pid)
        assert started < 0.1
        assert 5 <= never < 5.2

    play(scenario)


def test_a_call_repeated_after_a_crash_waits_from_its_repetition():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        tools = effect_tool(rig.outside, "pure", after_s=3)
        pid = await kernel.desk.spawn(rig.put(an_agent(careful, "post"), tools), "alice")
        await until(lambda: rig.outside.at_once)
        await rig.crash(kernel)
        await asyncio.sleep(1_000)
        again = await rig.boot()
        assert (await again.desk.end_of(pid)).outcome == "hello!"
        (waited,) = queued_s(rig, pid)
        assert waited < 0.1

    play(scenario)


def test_what_its_owner_said_of_a_call_in_doubt_was_in_no_queue():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        tools = effect_tool(rig.outside, "irreversible", after_s=100, deadline_s=3)
        pid = await kernel.desk.spawn(rig.put(an_agent(careful, "post"), tools), "alice")
        item = await item_of(kernel)
        await asyncio.sleep(60)
        await kernel.desk.answer(item.id, "done", "alice", "it is out")
        await kernel.desk.end_of(pid)
        assert queued_s(rig, pid) == [0]

    play(scenario)


def test_a_probe_of_a_call_that_lost_its_answer_is_no_second_start():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        tools = effect_tool(rig.outside, "reconcilable", after_s=100, deadline_s=30)
        pid = await kernel.desk.spawn(rig.put(an_agent(careful, "post"), tools), "alice")
        await kernel.desk.end_of(pid)
        (waited,) = queued_s(rig, pid)
        assert waited < 0.1

    play(scenario)

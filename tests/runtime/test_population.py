"""What processes have to do with each other: turns, wake-ups, ends; a waiting process is a row and nothing else."""

from __future__ import annotations

import asyncio

from ergos.base.clock import SECOND
from ergos.kernel.bounds import Bounds
from ergos.kernel.events import Woken
from ergos.kernel.process import State
from ergos.lib.agent import Context
from ergos.runtime.narrowing import within

from .kernels import Rig, an_agent, becomes, effect_tool, play, until


async def counter(ctx: Context) -> object:
    """Three messages, one a turn."""
    seen = list(ctx.memory) if isinstance(ctx.memory, list) else []
    message = await ctx.receive()
    seen.append(message.body if message is not None else None)
    return seen if len(seen) == 3 else ctx.idle(seen)


async def listener(ctx: Context) -> object:
    message = await ctx.receive()
    return message.body if message is not None else None


def test_each_message_begins_a_turn_with_the_memory_of_the_last():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(counter)), "alice", idle=True)
        for number, word in enumerate("abc", 1):
            await kernel.desk.send(pid, word)
            if number < 3:
                process = await becomes(kernel, pid, State.WAITING)
                assert (process.turn, process.turn_open) == (number, False)
        assert (await kernel.desk.end_of(pid)).outcome == ["a", "b", "c"]
        causes = [body.cause for body in rig.bodies(pid) if isinstance(body, Woken)]
        assert causes == ["start", "mail", "mail"]

    play(scenario)


def test_mail_that_came_during_a_turn_begins_the_next_one_at_once():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(counter)), "alice", idle=True)
        for word in "abc":
            await kernel.desk.send(pid, word)
        assert (await kernel.desk.end_of(pid)).outcome == ["a", "b", "c"]
        assert [type(body) for body in rig.bodies(pid)].count(Woken) == 3

    play(scenario)


def test_an_idle_process_is_woken_by_its_time_also_by_the_next_kernel():
    async def ticker(ctx: Context) -> object:
        turns = [*ctx.memory, ctx.beginning.cause] if isinstance(ctx.memory, list) else [ctx.beginning.cause]
        return turns if len(turns) == 3 else ctx.idle(turns, wake_in_s=50)

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        began = rig.loop.time()
        pid = await kernel.desk.spawn(rig.put(an_agent(ticker)), "alice")
        await asyncio.sleep(60)
        kernel = await rig.again(kernel)
        assert (await kernel.desk.end_of(pid)).outcome == ["start", "timer", "timer"]
        assert 100 <= rig.loop.time() - began < 101

    play(scenario)


def test_what_fell_due_while_no_kernel_ran_is_woken_at_boot():
    async def sleeper(ctx: Context) -> object:
        await ctx.sleep(100)
        return "awake"

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(sleeper)), "alice")
        await becomes(kernel, pid, State.WAITING)
        await rig.crash(kernel)
        await asyncio.sleep(1_000)
        kernel = await rig.boot()
        began = rig.loop.time()
        assert (await kernel.desk.end_of(pid)).outcome == "awake"
        assert rig.loop.time() - began < 1

    play(scenario)


def test_the_earliest_of_many_times_is_met_whatever_the_order_they_were_asked_in():
    async def sleeper(ctx: Context) -> object:
        return await ctx.sleep(int(ctx.memory))  # type: ignore[call-overload]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(sleeper))
        began_ns = rig.clock.now_ns()
        waits = (50, 10, 90, 30, 70)
        pids = [await kernel.desk.spawn(definition, "alice", seconds) for seconds in waits]
        for pid, seconds in zip(pids, waits, strict=True):
            woken_ns = (await kernel.desk.end_of(pid)).outcome
            assert isinstance(woken_ns, int)
            assert abs(woken_ns - began_ns - seconds * SECOND) < SECOND

    play(scenario)


def test_a_thousand_waiting_processes_use_no_task_and_one_timer():
    async def patient(ctx: Context) -> object:
        message = await ctx.receive(within_s=1_000 + int(ctx.memory))  # type: ignore[call-overload]
        return message and message.body

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(patient))
        before = len(asyncio.all_tasks())
        pids = [await kernel.desk.spawn(definition, "alice", number) for number in range(1_000)]
        await becomes(kernel, pids[-1], State.WAITING)
        await until(lambda: all(rig.disk.processes[pid].state is State.WAITING for pid in pids))
        assert len(asyncio.all_tasks()) == before
        assert kernel.reactor._tasks == set()
        timers = [timer for timer in rig.loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
        assert len(timers) <= 2  # the patience of this scenario and the next due time
        await kernel.desk.send(pids[500], "you")
        assert (await kernel.desk.end_of(pids[500])).outcome == "you"

    play(scenario)


def test_a_process_takes_the_new_version_of_its_program_at_its_next_turn():
    async def old(ctx: Context) -> object:
        await ctx.receive(within_s=10)
        return ctx.idle("old was here")

    async def new(ctx: Context) -> object:
        return ["new", ctx.memory]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(old, name="clerk")), "alice")
        await becomes(kernel, pid, State.WAITING)
        newer = rig.shelf.put(an_agent(new, name="clerk"), code="2")
        process = await until(lambda: p if not (p := rig.disk.processes[pid]).turn_open else None)
        assert process.turn == 1
        await kernel.desk.send(pid, "go on")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == ["new", "old was here"]
        woken = [body.definition for body in rig.bodies(pid) if isinstance(body, Woken)]
        assert woken == [None, ended.process.definition]
        assert newer.code == "2"

    play(scenario)


def test_end_of_tells_everyone_who_waits_and_whoever_comes_later():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(listener)), "alice")
        waiting = [asyncio.ensure_future(kernel.desk.end_of(pid)) for _ in range(3)]
        await asyncio.sleep(1)
        await kernel.desk.send(pid, "end")
        assert {str((await one).outcome) for one in waiting} == {"end"}
        assert (await kernel.desk.end_of(pid)).outcome == "end"
        kernel = await rig.again(kernel)
        assert (await kernel.desk.end_of(pid)).outcome == "end"

    play(scenario)


def test_one_who_stopped_waiting_for_an_end_does_not_keep_it_from_the_others():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(listener)), "alice")
        impatient, patient = (asyncio.ensure_future(kernel.desk.end_of(pid)) for _ in range(2))
        await asyncio.sleep(1)
        impatient.cancel()
        await asyncio.sleep(1)
        await kernel.desk.send(pid, "end")
        assert (await patient).outcome == "end"
        assert not kernel.machine.failed

    play(scenario)


def test_an_end_that_was_told_is_durable():
    async def poster(ctx: Context) -> object:
        return await ctx.act("post", word="x" * 3_000)

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(poster, "post"), effect_tool(rig.outside, "pure")), "alice")
        ended = await kernel.desk.end_of(pid)
        kernel = await rig.again(kernel)
        assert await kernel.desk.end_of(pid) == ended

    play(scenario)


def test_a_newer_version_of_an_agent_is_held_to_the_same_bounds():
    async def clerk(ctx: Context) -> object:
        if ctx.beginning.turn == 1:
            return ctx.idle("next")
        (found,) = await ctx.settled(ctx.act("post", word="x"))
        return [ctx.beginning.agent, ctx.beginning.definition.code, getattr(found, "code", found)]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(clerk, "post"), effect_tool(rig.outside, "pure"))
        held = within(definition, Bounds(peer="acme", tools=()))
        pid = await kernel.desk.spawn(held, "alice")
        await until(lambda: rig.disk.processes[pid].state is State.WAITING)
        rig.shelf.put(an_agent(clerk, "post"), [effect_tool(rig.outside, "pure")], code="2")
        await kernel.desk.send(pid, "go on")
        assert (await kernel.desk.end_of(pid)).outcome == ["clerk@acme", "2", "E301"]
        assert rig.outside.effects == []

    play(scenario)

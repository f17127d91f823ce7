"""What an ended process leaves behind is seen to, also when the kernel dies between the end and the clearing up."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.ids import Pid
from ergos.base.money import Amount, Price
from ergos.kernel.events import Resulted, Signalled
from ergos.kernel.ledger import Caps
from ergos.kernel.process import ENDED, State
from ergos.lib.agent import Context
from ergos.runtime.aftermath import AFTERMATH

from .kernels import CutStore, Rig, an_agent, becomes, effect_tool, item_of, play, until


async def silent(ctx: Context) -> object:
    await ctx.receive()
    return None


async def parent(ctx: Context) -> object:
    await ctx.all(ctx.spawn("silent", 1), ctx.spawn("silent", 2))
    if ctx.memory == "wait":
        await ctx.receive()
    return "gone"


@pytest.mark.parametrize("killed", [False, True])
def test_the_children_of_an_ended_process_are_stopped(killed: bool):
    async def scenario(rig: Rig) -> None:
        rig.put(an_agent(silent))
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(parent, team=["silent"])), "alice", "wait" if killed else None)
        if killed:
            await becomes(kernel, pid, State.WAITING)
            await kernel.desk.signal(pid, "kill", "alice")
        await kernel.desk.end_of(pid)
        for child in rig.disk.children[Pid(pid)]:
            assert (await kernel.desk.end_of(child)).process.state is State.KILLED
            assert [body for body in rig.bodies(child) if isinstance(body, Signalled)] == [
                Signalled("stop", f"the end of process {pid}")
            ]

    play(scenario)


def test_grandchildren_are_stopped_too():
    async def middle(ctx: Context) -> object:
        await ctx.spawn("silent")
        await ctx.receive()
        return None

    async def top(ctx: Context) -> object:
        await ctx.spawn("middle")
        await ctx.sleep(5)
        return None

    async def scenario(rig: Rig) -> None:
        rig.put(an_agent(silent))
        rig.put(an_agent(middle, team=["silent"]))
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(top, team=["middle"])), "alice")
        await kernel.desk.end_of(pid)
        await until(lambda: all(process.state in ENDED for process in rig.disk.processes.values()))
        assert len(rig.disk.processes) == 3

    play(scenario)


def test_a_crash_right_after_an_end_loses_none_of_what_follows_from_it():
    async def scenario(rig: Rig) -> None:
        rig.put(an_agent(silent))
        cut = asyncio.Event()
        kernel = await rig.boot(CutStore(rig.disk, "exit", "after", cut))
        pid = await kernel.desk.spawn(rig.put(an_agent(parent, team=["silent"])), "alice")
        await cut.wait()
        await rig.crash(kernel)
        children = rig.disk.children[Pid(pid)]
        assert all(rig.disk.processes[child].state not in ENDED for child in children)
        assert [value for name, value in rig.disk.facts.items() if name.startswith(AFTERMATH)] == [str(pid)]
        kernel = await rig.boot()
        for child in children:
            assert (await kernel.desk.end_of(child)).process.state is State.KILLED

    play(scenario)


def test_a_parent_that_waits_is_told_of_an_end_even_if_the_kernel_died_meanwhile():
    async def child(ctx: Context) -> object:
        await ctx.receive()
        return "done"

    async def waiter(ctx: Context) -> object:
        found = await ctx.wait(await ctx.spawn("child"))
        return [found.state, found.outcome]

    async def scenario(rig: Rig) -> None:
        rig.put(an_agent(child))
        cut = asyncio.Event()
        kernel = await rig.boot(CutStore(rig.disk, "exit", "after", cut))
        pid = await kernel.desk.spawn(rig.put(an_agent(waiter, team=["child"])), "alice")
        await becomes(kernel, pid, State.WAITING)
        kernel.reactor.task(kernel.desk.send(rig.disk.children[Pid(pid)][0], "end"))
        await cut.wait()
        kernel = await rig.again(kernel)
        assert (await kernel.desk.end_of(pid)).outcome == ["done", "done"]

    play(scenario)


@pytest.mark.parametrize("crash", [False, True])
def test_a_call_in_doubt_of_a_killed_process_stays_charged_and_its_item_is_closed(crash: bool):
    async def poster(ctx: Context) -> object:
        return await ctx.act("post", word="hello")

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        made = an_agent(poster, "post", caps=Caps(process=Amount(100, 0)))
        dear = effect_tool(rig.outside, "irreversible", after_s=100, deadline_s=3, price=Price(microusd_per_call=7))
        pid = await kernel.desk.spawn(rig.put(made, dear), "alice")
        await item_of(kernel)
        if crash:
            kernel = await rig.again(kernel)
        await kernel.desk.signal(pid, "kill", "alice")
        await kernel.desk.end_of(pid)
        await until(lambda: not rig.disk.items)
        meter = rig.disk.meters[f"process/{pid}"]
        assert (meter.spent.microusd, meter.held.microusd) == (7, 0)
        late = [body for body in rig.bodies(pid) if isinstance(body, Resulted)]
        assert [(body.late, body.charge.microusd) for body in late] == [(True, 7)]
        assert sum(amount.microusd for amount in rig.disk.accounts.values()) == 0

    play(scenario)


def test_the_notes_of_what_is_to_be_seen_to_are_used_again_and_do_not_pile_up():
    async def brief(ctx: Context) -> object:
        return None

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(brief))
        for _ in range(50):
            await kernel.desk.end_of(await kernel.desk.spawn(definition, "alice"))
            await until(lambda: not kernel.reactor._tasks)
        assert len([name for name in rig.disk.facts if name.startswith(AFTERMATH)]) <= 3

    play(scenario)

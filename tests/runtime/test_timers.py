"""Times that come: the earliest first, none too early, none lost over a restart."""

from __future__ import annotations

from ergos.base.clock import SECOND
from ergos.kernel.process import State
from ergos.kernel.syscalls import Idle
from ergos.lib.agent import Context

from .kernels import Rig, an_agent, becomes, play


async def sleeper(ctx: Context) -> int:
    """Sleeps as long as it was told and says when it woke."""
    assert isinstance(ctx.memory, int)
    return await ctx.sleep_until(ctx.memory)


async def ticker(ctx: Context) -> Idle | str:
    """Idles until a time, once."""
    return "woken" if ctx.beginning.cause == "timer" else ctx.idle("asleep", wake_in_s=50)


def test_sleepers_wake_in_the_order_of_their_times_and_none_too_early() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(sleeper))
        now_ns = kernel.machine.tick()
        due = {seconds: now_ns + seconds * SECOND for seconds in (30, 10, 20)}
        pids = {seconds: await kernel.desk.spawn(definition, "alice", at) for seconds, at in due.items()}
        woke = {seconds: (await kernel.desk.end_of(pid)).outcome for seconds, pid in pids.items()}
        for seconds, at_ns in due.items():
            assert isinstance(woke[seconds], int)
            assert at_ns <= woke[seconds] < at_ns + SECOND

    play(scenario)


def test_a_time_that_passed_while_no_kernel_ran_wakes_at_boot() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(ticker)), "alice")
        await becomes(kernel, pid, State.WAITING)
        await rig.crash(kernel)
        rig.clock.jump(3600)
        kernel = await rig.boot()
        assert (await kernel.desk.end_of(pid)).outcome == "woken"

    play(scenario)


def test_an_earlier_time_takes_the_timer_over_and_the_later_one_is_kept() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(sleeper))
        now_ns = kernel.machine.tick()
        later = await kernel.desk.spawn(definition, "alice", now_ns + 5000 * SECOND)
        await becomes(kernel, later, State.WAITING)
        sooner = await kernel.desk.spawn(definition, "alice", now_ns + 5 * SECOND)
        await kernel.desk.end_of(sooner)
        assert (await becomes(kernel, later, State.WAITING)).wake_at_ns == now_ns + 5000 * SECOND
        await kernel.desk.end_of(later)

    play(scenario)

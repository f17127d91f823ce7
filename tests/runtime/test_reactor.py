"""Programs run here: a crash of one is its own, a loop ends, what does not fit into memory goes and comes back."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from ergos.base.errors import SourceError
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.kernel.events import Exited, Restarted, Resulted
from ergos.kernel.process import State
from ergos.kernel.supervisor import Supervision
from ergos.kernel.triggers import Schedule
from ergos.lib.agent import Context
from ergos.runtime.machine import Machine
from ergos.runtime.reactor import REOPEN_S

from .kernels import Rig, an_agent, becomes, effect_tool, failing_tool, play


async def listener(ctx: Context) -> object:
    message = await ctx.receive()
    return message.body if message is not None else None


# Crashes of programs


def test_a_program_that_crashes_is_driven_again_and_repeats_no_call():
    async def scenario(rig: Rig) -> None:
        crashes = [2]

        async def shaky(ctx: Context) -> object:
            first = await ctx.act("post", word="one")
            if crashes[0]:
                crashes[0] -= 1
                raise ValueError("shaky")
            return [first, await ctx.act("post", word="two")]

        ended = await rig.ends(rig.put(an_agent(shaky, "post"), effect_tool(rig.outside, "irreversible")))
        assert ended.outcome == ["one!", "two!"]
        assert rig.outside.effects == ["one", "two"]
        restarts = [body for body in rig.bodies(ended.process.pid) if isinstance(body, Restarted)]
        assert [body.failure.code for body in restarts] == ["E403", "E403"]
        assert "test_reactor.py" in restarts[0].failure.what  # where
        assert restarts[1].after_ns == 2 * restarts[0].after_ns

    play(scenario)


def test_a_program_that_keeps_crashing_fails_after_its_restarts():
    async def broken(ctx: Context) -> object:
        raise ValueError("broken")

    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.put(an_agent(broken, supervision=Supervision(restarts=2))))
        assert ended.process.state is State.FAILED
        assert ended.process.failure is not None
        assert ended.process.failure.code == "E403"
        assert rig.tags(ended.process.pid) == ["spawn", "wake", "restart", "restart", "exit"]

    play(scenario)


def test_a_program_that_must_not_be_restarted_fails_at_once():
    async def broken(ctx: Context) -> object:
        raise ValueError("broken")

    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.put(an_agent(broken, supervision=Supervision(restart="never"))))
        assert rig.tags(ended.process.pid) == ["spawn", "wake", "exit"]

    play(scenario)


def test_crashes_long_ago_do_not_count():
    async def scenario(rig: Rig) -> None:
        crashes = [0]

        async def shaky(ctx: Context) -> object:
            for number in range(5):
                await ctx.sleep(1_000)
                if crashes[0] == number:
                    crashes[0] += 1
                    raise ValueError("now and then")
            return "through"

        ended = await rig.ends(rig.put(an_agent(shaky, supervision=Supervision(restarts=1))))
        assert ended.outcome == "through"

    play(scenario)


def test_a_failure_of_the_world_is_tried_again_after_a_restart():
    async def scenario(rig: Rig) -> None:
        async def hopeful(ctx: Context) -> object:
            return await ctx.act("post")  # its failure is an exception here, and the program does not catch it

        definition = rig.put(an_agent(hopeful, "post"), failing_tool(OSError("no route"), times=2))
        ended = await rig.ends(definition)
        results = [body.failure is None for body in rig.bodies(ended.process.pid) if isinstance(body, Resulted)]
        assert (ended.process.state, ended.outcome) == (State.DONE, "fine")
        assert results == [False, False, True]

    play(scenario)


def test_an_irreversible_failure_is_not_tried_again():
    async def scenario(rig: Rig) -> None:
        async def hopeful(ctx: Context) -> object:
            return await ctx.act("post")

        definition = rig.put(an_agent(hopeful, "post"), failing_tool(SourceError("no"), "irreversible", times=1))
        ended = await rig.ends(definition)
        assert ended.process.state is State.FAILED
        assert len([body for body in rig.bodies(ended.process.pid) if isinstance(body, Resulted)]) == 1

    play(scenario)


def test_a_restart_that_was_due_is_not_forgotten_by_the_next_kernel():
    async def scenario(rig: Rig) -> None:
        crashes = [1]

        async def shaky(ctx: Context) -> object:
            if crashes[0]:
                crashes[0] -= 1
                raise ValueError("shaky")
            return "through"

        kernel, pid = await rig.cut_at("restart", "after", rig.put(an_agent(shaky)))
        assert (await kernel.desk.end_of(pid)).outcome == "through"

    play(scenario)


def test_a_crash_of_one_program_is_nobody_elses():
    async def broken(ctx: Context) -> object:
        raise KeyError("mine")

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        good = await kernel.desk.spawn(rig.put(an_agent(listener)), "alice")
        bad = await kernel.desk.spawn(rig.put(an_agent(broken)), "alice")
        assert (await kernel.desk.end_of(bad)).process.state is State.FAILED
        await kernel.desk.send(good, "hello")
        assert (await kernel.desk.end_of(good)).outcome == "hello"

    play(scenario)


# Misbehaviour


def test_a_program_that_awaits_something_else_than_a_system_call_fails_with_advice():
    async def strange(ctx: Context) -> object:
        await asyncio.sleep(1)
        return None

    async def scenario(rig: Rig) -> None:
        failure = (await rig.ends(rig.put(an_agent(strange)))).process.failure
        assert failure is not None
        assert failure.code == "E400"
        assert "ctx.act" in failure.remedy

    play(scenario)


@pytest.mark.parametrize("value", [float("inf"), object(), {"x": {1, 2, 3}.__class__}])
def test_an_outcome_that_is_no_plain_data_ends_the_process_with_an_error(value: object):
    async def strange(ctx: Context) -> object:
        return value

    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.put(an_agent(strange, supervision=Supervision(restarts=0))))
        assert ended.process.state is State.FAILED
        assert ended.process.failure is not None

    play(scenario)


def test_the_same_call_with_the_same_answer_over_and_over_is_stopped():
    async def loop(ctx: Context) -> object:
        while True:
            await ctx.act("post", word="again")

    async def scenario(rig: Rig) -> None:
        supervision = Supervision(loop_calls=7)
        ended = await rig.ends(
            rig.put(an_agent(loop, "post", supervision=supervision), effect_tool(rig.outside, "pure"))
        )
        assert ended.process.failure is not None
        assert ended.process.failure.code == "E402"
        assert len(rig.outside.effects) == 7

    play(scenario)


def test_calls_that_differ_are_no_loop():
    async def busy(ctx: Context) -> object:
        for number in range(40):
            await ctx.act("post", word=str(number % 2))
        return "done"

    async def scenario(rig: Rig) -> None:
        supervision = Supervision(loop_calls=7)
        ended = await rig.ends(
            rig.put(an_agent(busy, "post", supervision=supervision), effect_tool(rig.outside, "pure"))
        )
        assert ended.outcome == "done"

    play(scenario)


def test_a_program_that_asks_for_something_else_than_before_has_diverged_and_both_sides_are_shown():
    async def scenario(rig: Rig) -> None:
        names = ["post", "print"]

        async def fickle(ctx: Context) -> object:
            await ctx.act(names[0], word="x")
            await ctx.sleep(100)
            return None

        tools = [effect_tool(rig.outside, "idempotent", name=name) for name in names]
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(fickle, "post", "print"), *tools), "alice")
        await becomes(kernel, pid, State.WAITING)
        names.reverse()
        kernel = await rig.again(kernel)
        failure = (await kernel.desk.end_of(pid)).process.failure
        assert failure is not None
        assert failure.code == "E401"
        assert "act 'post'" in failure.what
        assert "act 'print'" in failure.what
        assert rig.outside.effects == ["x"]

    play(scenario)


def test_a_program_whose_code_is_gone_fails_and_the_others_go_on():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        lost = await kernel.desk.spawn(rig.put(an_agent(listener, name="lost")), "alice")
        kept = await kernel.desk.spawn(rig.put(an_agent(listener, name="kept")), "alice")
        await becomes(kernel, kept, State.WAITING)
        await rig.crash(kernel)
        del rig.shelf.packages["lost"]
        kernel = await rig.boot()
        await kernel.desk.send(lost, "hello")
        await kernel.desk.send(kept, "hello")
        failure = (await kernel.desk.end_of(lost)).process.failure
        assert failure is not None
        assert failure.code == "E200"
        assert (await kernel.desk.end_of(kept)).outcome == "hello"

    play(scenario)


def test_a_program_with_many_calls_does_not_keep_the_others_waiting():
    order: list[str] = []

    async def chatty(ctx: Context) -> object:
        for number in range(2_000):
            await ctx.remember("key", number)
        order.append("chatty")
        return None

    async def brief(ctx: Context) -> object:
        await ctx.remember("other", 1)
        order.append("brief")
        return None

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        chatter, short = rig.put(an_agent(chatty)), rig.put(an_agent(brief))
        first = asyncio.ensure_future(kernel.desk.spawn(chatter, "alice"))
        second = asyncio.ensure_future(kernel.desk.spawn(short, "alice"))
        await kernel.desk.end_of(await first)
        await kernel.desk.end_of(await second)
        assert order == ["brief", "chatty"]

    play(scenario)


# Memory


def test_residents_beyond_the_bound_are_let_go_of_and_come_back_from_their_rows(monkeypatch: pytest.MonkeyPatch):
    evict = Machine.evict
    monkeypatch.setattr(Machine, "evict", lambda self: evict(self, 5))

    async def patient(ctx: Context) -> object:
        first = await ctx.act("post", word=str(ctx.memory))
        message = await ctx.receive()
        return [first, message and message.body]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(patient, "post"), effect_tool(rig.outside, "irreversible"))
        pids = [await kernel.desk.spawn(definition, "alice", number) for number in range(40)]
        for pid in pids:
            await becomes(kernel, pid, State.WAITING)
        await kernel.desk.spawn(definition, "alice", "one more pass")
        await asyncio.sleep(1)
        assert len(kernel.machine.table) < 10
        for number, pid in enumerate(pids):
            await kernel.desk.send(pid, "wake up")
            assert (await kernel.desk.end_of(pid)).outcome == [f"{number}!", "wake up"]
        assert len(rig.outside.effects) == 41
        assert [body.state for pid in pids for body in rig.bodies(pid) if isinstance(body, Exited)] == ["done"] * 40

    play(scenario)


def test_a_hosted_program_whose_files_are_broken_waits_until_they_are_mended():
    async def scenario(rig: Rig) -> None:
        rig.calendar = HostCalendar()
        made = msgspec.structs.replace(
            rig.put(an_agent(listener, name="kept")), triggers=(Schedule(name="yearly", rule="FREQ=YEARLY"),)
        )
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(made, "alice")
        await becomes(kernel, pid, State.WAITING)
        await rig.crash(kernel)
        whole = rig.shelf.packages.pop("kept")
        kernel = await rig.boot()
        await kernel.desk.send(pid, "hello")
        await asyncio.sleep(10 * REOPEN_S)
        assert kernel.machine.table[pid].process.state is State.READY
        rig.shelf.packages["kept"] = whole
        assert (await kernel.desk.end_of(pid)).outcome == "hello"

    play(scenario)


def test_a_hosted_program_that_waits_for_its_files_can_be_killed():
    async def scenario(rig: Rig) -> None:
        rig.calendar = HostCalendar()
        made = msgspec.structs.replace(
            rig.put(an_agent(listener, name="kept")), triggers=(Schedule(name="yearly", rule="FREQ=YEARLY"),)
        )
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(made, "alice")
        await becomes(kernel, pid, State.WAITING)
        await rig.crash(kernel)
        del rig.shelf.packages["kept"]
        kernel = await rig.boot()
        await kernel.desk.send(pid, "hello")
        await asyncio.sleep(REOPEN_S / 2)
        await kernel.desk.signal(pid, "kill", "alice")
        assert (await kernel.desk.end_of(pid)).process.state is State.KILLED
        await asyncio.sleep(2 * REOPEN_S)
        assert kernel.machine.table[pid].process.state is State.KILLED

    play(scenario)

"""How hosted agents stand, from rows alone."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from ergos.app.progress import NO_HOSTING, Progress, Standing, hosting_of, standings
from ergos.base.canonical import Plain
from ergos.base.clock import DAY
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.kernel.packages import Definition
from ergos.kernel.process import State
from ergos.kernel.triggers import Schedule
from ergos.lib.agent import Context, agent
from tests.runtime.kernels import Rig, becomes, item_of, play

from .hosted import HOUR_NS, hosted

WORK = {"timezone": "Europe/Berlin", "milestones": [{"name": "a"}, {"name": "b", "due": "2024-10-05"}, {"name": "c"}]}


async def one(rig: Rig, memory: Plain, *, work: object = WORK, after_ns: int = 0) -> Standing:
    kernel = await rig.boot()
    pid = await kernel.desk.spawn(hosted(rig, work), "alice")
    await becomes(kernel, pid, State.WAITING)
    await asyncio.sleep(after_ns / 1e9)
    await kernel.desk.send(pid, memory)
    await asyncio.sleep(1)
    (found,) = await standings(kernel.machine.store, "alice", rig.clock.now_ns())
    return found


def test_milestones_runs_and_what_is_late_are_seen() -> None:
    async def scenario(rig: Rig) -> Standing:
        now_ns = rig.clock.now_ns()
        memory: Plain = {"runs": 4, "failures": 2, "failed": 2, "last_ns": now_ns, "milestones": {"a": now_ns}}
        return await one(rig, memory, after_ns=3 * DAY)

    found = play(scenario)
    assert [each.name for each in found.reached] == ["a"]
    assert [each.name for each in found.overdue] == ["b"]
    assert (found.past.runs, found.past.failed) == (4, 2)
    assert found.forecast is None, "one milestone is too early to tell"
    assert found.rate is not None


@pytest.mark.parametrize(
    "memory", [None, 5, "text", [], {"runs": "many"}, {"runs": -1, "milestones": "all"}, {"milestones": {"a": "soon"}}]
)
def test_a_memory_that_says_nothing_is_an_agent_that_has_done_nothing(memory: Plain) -> None:
    found = play(lambda rig: one(rig, memory))
    assert found.reached == ()


@pytest.mark.parametrize("work", [b"null", b"[]", b'{"milestones": 5}', b'{"timezone": []}', b"{", b'{"$ref":"00"}'])
def test_work_that_cannot_be_read_is_none(work: bytes) -> None:
    assert hosting_of(Definition(agent="a", program="a", work=msgspec.Raw(work))) == NO_HOSTING


def test_only_what_is_hosted_and_live_is_listed() -> None:
    @agent(name="plain")
    async def plain(ctx: Context) -> object:
        return await ctx.ask("who?")

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        await kernel.desk.spawn(rig.put(plain), "alice")
        ended = await kernel.desk.spawn(hosted(rig, WORK), "alice")
        await becomes(kernel, ended, State.WAITING)
        await kernel.desk.send(ended, "end")
        await kernel.desk.end_of(ended)
        mine = await kernel.desk.spawn(hosted(rig, WORK), "alice")
        theirs = await kernel.desk.spawn(hosted(rig, WORK), "bob")
        await becomes(kernel, theirs, State.WAITING)
        store, now_ns = kernel.machine.store, rig.clock.now_ns()
        assert [each.pid for each in await standings(store, "alice", now_ns)] == [mine]
        assert [each.pid for each in await standings(store, None, now_ns)] == [mine, theirs]

    play(scenario)


def test_the_next_time_of_its_triggers_is_known_and_one_that_passes_without_a_run_is_a_stall() -> None:
    @agent(name="keeper")
    async def punctual(ctx: Context) -> object:
        await ctx.watch()
        runs = int(str((ctx.beginning.memory or {}).get("runs", 0))) if isinstance(ctx.beginning.memory, dict) else 0
        if ctx.beginning.cause == "mail":
            await ctx.receive(within_s=0)
            runs += 1
        return ctx.idle({"runs": runs, "last_ns": ctx.now_ns})

    async def scenario(rig: Rig) -> None:
        rig.calendar = HostCalendar()
        kernel = await rig.boot()
        every = Schedule(name="morning", rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0", timezone="Europe/Berlin")
        made = msgspec.structs.replace(rig.put(punctual), triggers=(every,), timezone="Europe/Berlin")
        rig.shelf.definitions[made.program] = made
        pid = await kernel.desk.spawn(made, "alice")
        await asyncio.sleep(3 * 86_400)
        (standing,) = await standings(kernel.machine.store, "alice", rig.clock.now_ns())
        assert (standing.pid, standing.next_by, standing.fired, standing.past.runs) == (pid, "morning", 3, 3)
        assert standing.next_ns is not None
        assert 0 < standing.next_ns - rig.clock.now_ns() <= DAY
        assert standing.next_ns % DAY == 6 * HOUR_NS, "eight in the morning in Berlin, in summer"
        assert not standing.stalled(standing.next_ns)
        await kernel.desk.halt("alice", on=True)
        await asyncio.sleep(86_400)
        (standing,) = await standings(kernel.machine.store, "alice", rig.clock.now_ns())
        assert standing.stalled(rig.clock.now_ns())

    play(scenario)


def test_who_waits_for_a_person_has_not_stalled() -> None:
    @agent(name="keeper")
    async def asks(ctx: Context) -> object:
        return await ctx.ask("who?")

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = msgspec.structs.replace(rig.put(asks), work=msgspec.Raw(msgspec.json.encode(WORK)))
        await kernel.desk.spawn(definition, "alice")
        item = await item_of(kernel)
        await asyncio.sleep(5 * 86_400)
        progress = Progress(kernel.machine.store)
        process = await progress.process(item.pid)
        assert process is not None
        standing = await progress.standing(process, rig.clock.now_ns(), (item.id,))
        assert not standing.stalled(rig.clock.now_ns())
        assert standing.asked == (item.id,)

    play(scenario)


def test_a_run_that_never_ends_has_stalled() -> None:
    @agent(name="keeper")
    async def hangs(ctx: Context) -> object:
        return await ctx.sleep(300)

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = msgspec.structs.replace(rig.put(hangs), work=msgspec.Raw(msgspec.json.encode(WORK)))
        pid = await kernel.desk.spawn(definition, "alice")
        await becomes(kernel, pid, State.WAITING)
        progress = Progress(kernel.machine.store)
        process = await progress.process(pid)
        assert process is not None
        standing = await progress.standing(process, rig.clock.now_ns())
        began_ns = standing.began_ns
        assert standing.stalls_ns is not None
        assert not standing.stalled(began_ns + HOUR_NS)
        assert standing.stalled(began_ns + HOUR_NS + 301 * 10**9)

    play(scenario)

"""Of one happening there is one delivery, whatever crashes; a time that passed is met by its policy."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import msgspec
import pytest

from ergos.base.clock import SECOND
from ergos.base.errors import OverloadedError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.kernel.events import Armed, Disarmed, Fired
from ergos.kernel.packages import Definition
from ergos.kernel.process import State
from ergos.kernel.triggers import AnyTrigger, Files, Happening, Misfire, Outcome, Schedule, Webhook
from ergos.lib.agent import Context, agent
from ergos.runtime.kernel import Kernel
from ergos.sim.outside import SimWatchers
from tests.runtime.kernels import CutStore, Rig, play, until

MINUTELY = Schedule(name="tick", rule="FREQ=MINUTELY", grace_s=5)


@agent(name="waker")
async def waker(ctx: Context) -> object:
    """Notes what its triggers tell; ends when it is told 'end'."""
    heard: list[Any] = list(cast("list[Any]", ctx.memory or []))
    armed = await ctx.watch()
    if not heard:
        heard.append(sorted(armed))
    if ctx.beginning.cause == "mail":
        message = await ctx.receive(within_s=0)
        if message is not None and message.body == "end":
            return heard
        if message is not None and message.trigger:
            heard.append([message.trigger, message.body["value"]])
    return ctx.idle(heard)


def watching(rig: Rig, *triggers: AnyTrigger, watchers: SimWatchers | None = None) -> Definition:
    rig.calendar = HostCalendar()
    rig.watchers = watchers
    made = msgspec.structs.replace(rig.put(waker), triggers=triggers)
    rig.shelf.definitions[made.agent] = made
    return made


async def started(rig: Rig, definition: Definition) -> tuple[Kernel, Pid]:
    kernel = await booted(rig)
    pid = await kernel.desk.spawn(definition, "alice")
    await settled(kernel, pid)
    return kernel, pid


async def booted(rig: Rig) -> Kernel:
    kernel = await rig.boot()
    if isinstance(rig.watchers, SimWatchers):
        rig.watchers.bell = kernel.reactor.watches
    return kernel


async def settled(kernel: Kernel, pid: Pid) -> None:
    async def idle() -> bool:
        (found,) = await kernel.machine.store.load((pid,))
        return found.process.state is State.WAITING and not found.process.turn_open

    await until(idle, "the process to idle")


def fired(rig: Rig, pid: Pid) -> list[Fired]:
    return [body for body in rig.bodies(pid) if isinstance(body, Fired)]


def test_a_schedule_fires_at_each_of_its_times_and_nothing_else_runs() -> None:
    async def scenario(rig: Rig) -> None:
        _, pid = await started(rig, watching(rig, MINUTELY))
        before = len(rig.disk.journal)
        await asyncio.sleep(10 * 60)
        found = fired(rig, pid)
        assert len(found) == 10
        assert all(one.how == "met" and one.mail for one in found)
        assert [one.due_ns for one in found] == [found[0].due_ns + n * 60 * SECOND for n in range(10)]  # type: ignore[operator]
        assert len(rig.disk.journal) - before <= 10 * 6

    play(scenario)


def test_what_is_armed_survives_a_crash_and_is_armed_once() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, pid = await started(rig, watching(rig, MINUTELY))
        await rig.crash(kernel)
        kernel = await booted(rig)
        await asyncio.sleep(3 * 60)
        assert len(fired(rig, pid)) == 3
        assert sum(isinstance(body, Armed) for body in rig.bodies(pid)) == 1

    play(scenario)


@pytest.mark.parametrize(
    ("misfire", "told"), [("run_once", ["late"]), ("skip", ["skipped"]), ("catch_up", ["made_up"] * 30)]
)
def test_times_that_passed_while_nothing_ran_are_met_by_policy(misfire: Misfire, told: list[str]) -> None:
    async def scenario(rig: Rig) -> None:
        schedule = msgspec.structs.replace(MINUTELY, misfire=misfire)
        kernel, pid = await started(rig, watching(rig, schedule))
        await rig.crash(kernel)
        await asyncio.sleep(30 * 60 + 20)
        await booted(rig)
        await asyncio.sleep(10)
        found = fired(rig, pid)
        assert [one.how for one in found] == told
        assert sum(1 + one.missed for one in found) == 30
        assert len({one.key for one in found}) == len(found)
        await asyncio.sleep(120)
        assert [one.how for one in fired(rig, pid)][len(told) :] == ["met", "met"]

    play(scenario)


def test_a_year_of_minutes_is_not_counted_when_it_is_not_made_up_for() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, pid = await started(rig, watching(rig, MINUTELY))
        await rig.crash(kernel)
        rig.clock.jump(365 * 86_400)
        await booted(rig)
        await asyncio.sleep(90)
        assert [one.how for one in fired(rig, pid)][:1] == ["late"]
        assert len(fired(rig, pid)) <= 3

    play(scenario)


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("tag", ["fire", "arm", "commit"])
def test_a_power_cut_anywhere_delivers_each_happening_once(tag: str, where: Any) -> None:
    async def scenario(rig: Rig) -> None:
        watchers = SimWatchers(again_s=60)
        definition = watching(rig, MINUTELY, Files(name="inbox", folder="in"), watchers=watchers)
        cut = asyncio.Event()
        kernel = await rig.boot(CutStore(rig.disk, tag, where, cut))
        watchers.bell = kernel.reactor.watches
        pid = await kernel.desk.spawn(definition, "alice")

        async def world() -> None:
            for number in range(6):
                await asyncio.sleep(37)
                watchers.happens("inbox", f"file {number}")

        going = asyncio.create_task(world())
        await cut.wait()
        await rig.crash(kernel)
        await booted(rig)
        await going
        await asyncio.sleep(400)
        keys = [one.key for one in fired(rig, pid) if one.name == "inbox"]
        assert keys == sorted(set(keys), key=int)
        assert keys == [str(number) for number in range(6)][-len(keys) :]
        if tag != "arm":
            assert len(keys) == 6
        times = [one.due_ns for one in fired(rig, pid) if one.name == "tick"]
        assert len(times) == len(set(times))

    play(scenario)


def test_a_look_that_fails_is_repeated_later_and_told_in_the_end() -> None:
    async def scenario(rig: Rig) -> None:
        failing = [True]
        watchers = SimWatchers(again_s=60, fails=lambda: failing[0])
        _, pid = await started(rig, watching(rig, Files(name="inbox", folder="in"), watchers=watchers))
        await asyncio.sleep(4 * 3_600)
        told = fired(rig, pid)
        assert len(told) == 1
        assert watchers.looks < 20
        failing[0] = False
        await asyncio.sleep(3_700)
        watchers.happens("inbox", "a file")
        await asyncio.sleep(120)
        assert [one.key for one in fired(rig, pid)][1:] == ["0"]

    play(scenario)


def test_a_changed_definition_rearms_what_changed_and_disarms_what_is_gone() -> None:
    async def scenario(rig: Rig) -> None:
        hourly = Schedule(name="hour", rule="FREQ=HOURLY")
        definition = watching(rig, MINUTELY, hourly)
        kernel, pid = await started(rig, definition)
        daily = Schedule(name="hour", rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0")
        rig.shelf.definitions[definition.agent] = msgspec.structs.replace(definition, triggers=(daily,), code="2")
        await kernel.desk.send(pid, "look at yourself")
        await settled(kernel, pid)
        await asyncio.sleep(3_700)
        assert [body.name for body in rig.bodies(pid) if isinstance(body, Disarmed)] == ["tick"]
        assert [body.trigger for body in rig.bodies(pid) if isinstance(body, Armed)] == [MINUTELY, hourly, daily]
        rows = await kernel.machine.store.watches(pid)
        assert [row.trigger for row in rows] == [daily]

    play(scenario)


def test_the_end_of_a_process_is_told_once_and_its_own_triggers_go() -> None:
    async def scenario(rig: Rig) -> None:
        @agent(name="worker")
        async def worker(ctx: Context) -> str:
            return "the result"

        work = rig.put(worker)
        kernel, pid = await started(rig, watching(rig, Outcome(name="done", agent="worker")))
        await kernel.desk.end_of(await kernel.desk.spawn(work, "alice"))
        await kernel.desk.end_of(await kernel.desk.spawn(work, "bob"))
        await settled(kernel, pid)
        await asyncio.sleep(5)
        assert [one.name for one in fired(rig, pid)] == ["done"]
        await kernel.desk.send(pid, "end")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome[1][1]["outcome"] == "the result"  # type: ignore[index]
        await asyncio.sleep(5)
        assert await kernel.machine.store.watches(pid) == ()

    play(scenario)


def test_what_is_told_twice_is_delivered_once_and_a_storm_is_refused() -> None:
    async def scenario(rig: Rig) -> None:
        hook = Webhook(name="hook", secret="s", per_hour=3)
        kernel, pid = await started(rig, watching(rig, hook, watchers=SimWatchers()))
        watches = kernel.reactor.watches
        told = [Happening(key=f"k{number}", value=number) for number in range(5)]
        both = await asyncio.gather(watches.happened(pid, "hook", told[0]), watches.happened(pid, "hook", told[0]))
        assert sorted(both) == [False, True]
        assert await watches.happened(pid, "hook", told[1])
        assert await watches.happened(pid, "hook", told[2])
        with pytest.raises(OverloadedError):
            await watches.happened(pid, "hook", told[3])
        await settled(kernel, pid)
        await rig.crash(kernel)
        kernel = await booted(rig)
        assert not await kernel.reactor.watches.happened(pid, "hook", told[1])
        await asyncio.sleep(3_700)
        assert await kernel.reactor.watches.happened(pid, "hook", told[3])
        with pytest.raises(UnknownProcessError):
            await kernel.reactor.watches.happened(pid, "other", told[4])
        with pytest.raises(UnknownProcessError):
            await kernel.reactor.watches.happened(Pid(99), "hook", told[4])
        assert [one.key for one in fired(rig, pid)] == ["k0", "k1", "k2", "k3"]

    play(scenario)


def test_nothing_is_delivered_while_stop_is_in_force_and_nothing_is_lost() -> None:
    async def scenario(rig: Rig) -> None:
        watchers = SimWatchers(again_s=60)
        kernel, pid = await started(rig, watching(rig, MINUTELY, Files(name="inbox", folder="in"), watchers=watchers))
        await asyncio.sleep(1)
        await kernel.desk.halt("alice", on=True)
        before = len(fired(rig, pid))
        watchers.happens("inbox", "a file")
        await asyncio.sleep(600)
        assert len(fired(rig, pid)) == before
        await kernel.desk.halt("alice", on=False)
        await asyncio.sleep(130)
        since = fired(rig, pid)[before:]
        assert [one.key for one in since if one.name == "inbox"] == ["0"]
        assert sum(1 + one.missed for one in since if one.name == "tick") in (11, 12)

    play(scenario)


def test_a_schedule_that_cannot_be_read_is_refused_with_words() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await booted(rig)
        rig.calendar = HostCalendar()
        kernel = await rig.boot()
        bad = msgspec.structs.replace(rig.put(waker), triggers=(Schedule(name="x", rule="FREQ=SOMETIMES"),))
        ended = await kernel.desk.end_of(await kernel.desk.spawn(bad, "alice"))
        assert ended.process.failure is not None
        assert "'x'" in ended.process.failure.what

    play(scenario)


def test_what_stirred_under_stop_is_looked_at_once_it_is_lifted() -> None:
    async def scenario(rig: Rig) -> None:
        watchers = SimWatchers()
        kernel, pid = await started(rig, watching(rig, Files(name="in", folder="in"), watchers=watchers))
        await asyncio.sleep(1)
        looks = watchers.looks
        await kernel.desk.halt("alice", on=True)
        kernel.reactor.watches.ring(pid, "in")
        await asyncio.sleep(1)
        assert watchers.looks == looks
        await kernel.desk.halt("alice", on=False)
        await asyncio.sleep(1)
        assert watchers.looks == looks + 1

    play(scenario)


@agent(name="worker")
async def worker(ctx: Context) -> str:
    await ctx.sleep(60)
    return "the result"


@pytest.mark.parametrize("where", ["before", "after"])
def test_the_end_of_a_process_is_told_though_the_power_is_cut_at_it(where: Any) -> None:
    async def scenario(rig: Rig) -> None:
        work = rig.put(worker)
        kernel, pid = await started(rig, watching(rig, Outcome(name="done", agent="worker")))
        await kernel.stop()
        cut = asyncio.Event()
        kernel = await rig.boot(CutStore(rig.disk, "exit", where, cut))
        await kernel.desk.spawn(work, "alice")
        await cut.wait()
        await rig.crash(kernel)
        await booted(rig)
        await asyncio.sleep(200)
        assert [one.name for one in fired(rig, pid)] == ["done"]

    play(scenario)


def test_an_end_that_comes_while_stop_is_in_force_is_worked_off_when_it_is_lifted() -> None:
    async def scenario(rig: Rig) -> None:
        work = rig.put(worker)
        kernel, pid = await started(rig, watching(rig, Outcome(name="done", agent="worker", states=("killed",))))
        other = await kernel.desk.spawn(work, "alice")
        await kernel.desk.halt("alice", on=True)
        await kernel.desk.signal(other, "kill", "alice")
        await asyncio.sleep(30)
        await kernel.desk.halt("alice", on=False)
        await settled(kernel, pid)
        await kernel.desk.send(pid, "end")
        ended = await kernel.desk.end_of(pid)
        assert [entry[0] for entry in ended.outcome[1:]] == ["done"]  # type: ignore[index]

    play(scenario)

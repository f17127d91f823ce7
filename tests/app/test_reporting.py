"""Reports are made at their times, once, of all the time since the last."""

from __future__ import annotations

import asyncio

import msgspec

from ergos.app.inbox import REPORT, Made
from ergos.app.notices import Marks
from ergos.app.reporting import HOME, Hosted, Reporting
from ergos.base.clock import DAY
from ergos.base.ids import Pid
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.kernel.process import State
from ergos.runtime.kernel import Kernel
from ergos.runtime.owner_settings import NoticeSettings
from tests.runtime.kernels import Rig, becomes, play

from .hosted import hosted

DAILY = NoticeSettings(report="FREQ=DAILY;BYHOUR=8;BYMINUTE=0")


def reporting(kernel: Kernel, settings: NoticeSettings = DAILY) -> Reporting:
    return Reporting(kernel.machine.store, "alice", settings, "en", HostCalendar())


def test_times_that_passed_are_made_up_for_once_with_all_of_that_time() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        one, marks, now_ns = reporting(kernel), Marks(), rig.clock.now_ns()
        assert not one.due(marks, {}, now_ns), "the first comes at the next time"
        assert one.next_ns == now_ns + DAY // 3
        later = now_ns + 3 * DAY
        assert one.due(marks, {}, later)
        (made,) = await one.made(marks, {}, later)
        assert made.fact is not None
        assert made.fact[0] == f"{REPORT}alice"
        told = msgspec.json.decode(made.fact[1], type=Made)
        assert (told.since_ns, told.until_ns) == (now_ns, later)
        assert "2024-10-04" in made.title
        assert not one.due(marks, {}, later)
        assert marks.reports == {HOME: later}
        assert one.next_ns == now_ns + 3 * DAY + DAY // 3

    play(scenario)


def test_an_agent_that_asks_for_one_has_its_own() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(hosted(rig, {"milestones": [{"name": "a"}]}), "alice")
        await becomes(kernel, pid, State.WAITING)
        await asyncio.sleep(1)
        one, marks, now_ns = reporting(kernel, NoticeSettings(report="")), Marks(), rig.clock.now_ns()
        agents = {pid: Hosted(agent="keeper", report="FREQ=DAILY;BYHOUR=20", timezone="Asia/Shanghai")}
        assert not one.due(marks, agents, now_ns)
        (made,) = await one.made(marks, agents, now_ns + DAY)
        assert "keeper" in made.title
        assert "keeper" in made.text
        assert made.fact is None
        assert not one.due(marks, {}, now_ns + 9 * DAY), "it has ended"
        assert one.next_ns is None

    play(scenario)


def test_a_time_that_cannot_be_read_means_no_report() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        for rule in ("", "FREQ=NEVER", "hello", "FREQ=DAILY;COUNT=0"):
            one = reporting(kernel, NoticeSettings(report=rule))
            assert not one.due(Marks(), {Pid(3): Hosted(agent="a", report="x", timezone="")}, 10 * DAY)
            assert one.next_ns is None
        zone = NoticeSettings(report="FREQ=DAILY;BYHOUR=8", timezone="No/Where")
        assert not reporting(kernel, zone).due(Marks(), {}, 10 * DAY)

    play(scenario)

"""Waiting costs a call, and says when it is over."""

from __future__ import annotations

import msgspec

from ergos.base.clock import SECOND
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.kernel.triggers import Schedule
from ergos.lib.agent import Context, agent
from tests.runtime.kernels import Rig, play


@agent(name="sleeper")
async def sleeper(ctx: Context) -> object:
    armed = await ctx.watch()
    before = ctx.now_ns
    woke = await ctx.sleep(90)
    later = await ctx.sleep_until(woke + 10 * SECOND)
    return {"armed": armed, "slept": woke - before, "more": later - woke}


def test_a_program_is_told_when_its_triggers_are_due_and_sleeps_as_long_as_it_says() -> None:
    async def scenario(rig: Rig) -> object:
        rig.calendar = HostCalendar()
        made = msgspec.structs.replace(
            rig.put(sleeper), triggers=(Schedule(name="hour", rule="FREQ=HOURLY;BYMINUTE=0"),)
        )
        rig.shelf.definitions[made.agent] = made
        return (await rig.ends(made)).outcome

    found = play(scenario)
    assert isinstance(found, dict)
    assert found["slept"] == 90 * SECOND
    assert found["more"] == 10 * SECOND
    assert set(found["armed"]) == {"hour"}  # type: ignore[arg-type]
    assert found["armed"]["hour"] % (3_600 * SECOND) == 0  # type: ignore[index,call-overload,operator]

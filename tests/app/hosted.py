"""Hosted agents for tests: their work as AGENT.md would say it, and a memory such as the program of steps keeps."""

from __future__ import annotations

import msgspec

from ergos.base.clock import SECOND
from ergos.kernel.packages import Definition
from ergos.kernel.triggers import Schedule
from ergos.lib.agent import Context, Idle, agent
from tests.runtime.kernels import Rig

HOUR_NS = 3_600 * SECOND


@agent(name="keeper")
async def keeper(ctx: Context) -> object:
    """Every message is what it remembers from then on; '"end"' ends it."""
    if ctx.beginning.cause == "start":
        return Idle(memory=ctx.beginning.memory)
    said = (await ctx.receive()).body
    if said == "end":
        return "finished"
    return Idle(memory=said)


def hosted(rig: Rig, work: object, *triggers: Schedule) -> Definition:
    """The definition of a keeper with this work."""
    plain = rig.put(keeper)
    made = msgspec.structs.replace(plain, work=msgspec.Raw(msgspec.json.encode(work)), triggers=triggers)
    rig.shelf.definitions[plain.program] = made
    return made

"""The agent of the kill harness: three effects of three classes, over two turns."""

from __future__ import annotations

import os
from pathlib import Path

from bench import outside
from ergos.base.money import Amount, Price
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import Errand
from ergos.kernel.permission.policy import ArgumentRole
from ergos.kernel.syscalls import Idle
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import NOT_DONE, tool

FOLDER = Path(os.environ.get("ERGOS_KILL_FOLDER", "."))
PRICE_MICROUSD = 7
JOB: dict[str, ArgumentRole] = {"job": "plain"}


@tool(effect="irreversible", price=Price(microusd_per_call=PRICE_MICROUSD), roles=JOB)
def charge(job: str) -> str:
    """Takes money; a second time takes it twice."""
    outside.perform(FOLDER, "charge", job)
    return job


@tool(effect="idempotent", price=Price(microusd_per_call=PRICE_MICROUSD), roles=JOB)
def put(job: str, *, errand: Errand) -> str:
    """Stores under a key."""
    outside.perform(FOLDER, "put", job, errand.idempotency_key)
    return job


def published(job: str) -> object:
    """Looks whether it was published."""
    return job if outside.happened(FOLDER, "publish", job) else NOT_DONE


@tool(effect="reconcilable", price=Price(microusd_per_call=PRICE_MICROUSD), probe=published, roles=JOB)
def publish(job: str) -> str:
    """Publishes once; one can look."""
    outside.perform(FOLDER, "publish", job)
    return job


@agent(
    grants=[may("act", "charge"), may("act", "put"), may("act", "publish")],
    caps=Caps(process=Amount(1_000, 0)),
)
async def worker(ctx: Context) -> str | Idle:
    """Charge and store in one turn, publish in the next."""
    job = str(int(ctx.beginning.pid))
    if ctx.memory != "stored":
        await ctx.act("charge", job=job)
        await ctx.act("put", job=job)
        return ctx.idle("stored", wake_in_s=0.0)
    await ctx.act("publish", job=job)
    return job

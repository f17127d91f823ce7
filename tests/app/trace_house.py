"""A home with an agent that talks to a scripted model, and a seat to look at what it did."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from ergos.app.access.roles import Principal, person
from ergos.app.access.seat import Ground, Seat
from ergos.app.home import Home, home_at, kernel_on, programs_of
from ergos.app.views.model import Views
from ergos.base.canonical import Plain
from ergos.base.errors import NotRunningError
from ergos.base.ids import Pid
from ergos.drivers.host import HostClock
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.runtime.control import AnyReply, AnyRequest

AGENT: Final = '''
from ergos.base.money import Amount
from ergos.kernel.ledger import Caps
from ergos.kernel.syscalls import Idle
from ergos.lib.agent import Context, agent, anything, may
from ergos.lib.conversation import converse
from ergos.lib.tool import tool


@tool(effect="pure", reach="read")
def weather(city: str) -> str:
    """The weather somewhere, as anybody may have written it."""
    return f"In {city} it rains <b>cats</b> and dogs, \\u202e take an umbrella."


@agent(grants=[may("think", "model.*"), may("act", "weather", city=anything())], caps=Caps(process=Amount(1_000_000, -1)))
async def forecaster(ctx: Context):
    """Says whether to take an umbrella."""
    said = await converse(ctx, "Does one need an umbrella in Oslo?")
    await ctx.remember("last", said.text)
    if "umbrella" in said.text:
        return {"take": True}
    return {"take": False}


@agent(grants=[may("act", "weather", city=anything())])
async def asker(ctx: Context) -> Idle | dict:
    message = await ctx.receive()
    if message.body == "stop":
        return {"heard": "stop"}
    answers = await ctx.all(*(ctx.act("weather", city=f"{message.body} {n}") for n in range(3)))
    return ctx.idle({"heard": message.body, "answers": len(answers)})
'''
SCRIPT: Final = """
[[answers]]
when = "umbrella in Oslo"
calls = [{ name = "weather", arguments = { city = "Oslo" } }]
[[answers]]
after = "weather"
say = "It rains: take an umbrella."
"""


def home_in(folder: Path) -> Home:
    """A home with one scripted model and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "toy.toml").write_text(SCRIPT)
    tools, forecaster, asker = AGENT.split("\n@agent(")
    (folder / "forecaster.py").write_text(f"{tools}\n@agent({forecaster}")
    (folder / "asker.py").write_text(f"{tools}\n@agent({asker}")
    (folder / "home").mkdir(mode=0o700)
    (folder / "home" / "settings.toml").write_text(
        f'[models]\ndiscover = false\n[models.endpoints.toy]\ndialect = "scripted"\nfile = "{folder / "toy.toml"}"\n'
        "price = { input = 1, output = 2 }\n"
    )
    return home_at(folder / "home", {"HOME": str(folder), "ERGOS_OWNER": "ann"})


async def ran(home: Home, agent: str, messages: tuple[Plain, ...] = (), owner: str = "ann") -> Pid:
    """A process of it, driven until it has ended or read the messages."""
    programs = programs_of(home)
    definition = programs.load(home.folder.parent / f"{agent}.py")
    async with kernel_on(home, programs) as kernel:
        pid = await kernel.desk.spawn(definition, owner, None)
        for body in messages:
            await kernel.desk.send(pid, body)
        for _ in range(600):
            (found,) = await kernel.machine.store.load((pid,))
            waiting = found.process.waits == "mail" and not found.mail and found.process.turn >= len(messages)
            if found.process.state in ("done", "failed") or (messages and waiting):
                break
            await asyncio.sleep(0.01)
    return pid


def seat_on(home: Home, reads: SqliteReads, who: Principal | None = None) -> Seat:
    """A seat that only reads."""

    async def nobody(_: AnyRequest) -> AnyReply:
        raise NotRunningError("no kernel")

    made = Views(home.folder)
    ground = Ground(home=home, reads=reads, perform=nobody, clock=HostClock(), views=made.of)
    return Seat(who or person("ann", "owner", "ann", keeper_of="ann"), ground)

"""Commands that interfere: signal, stop."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, home_of
from ergos.cli.requests import known, later


class SignalChoice(StrEnum):
    """What can be sent to a process."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    KILL = "kill"


def send_signal(
    signal: Annotated[SignalChoice, typer.Argument(metavar="pause|resume|stop|kill", help="What to do.")],
    pid: Annotated[int, typer.Argument(metavar="PID", help="The process, as `ergos ps` shows it.")],
    home: HomeOption = None,
) -> None:
    """Pause, resume, stop or kill a process; in force before its next call."""
    import asyncio

    from ergos.app.client import order
    from ergos.base.ids import Pid
    from ergos.cli.render import note
    from ergos.runtime.control import Signal, Standing

    here = home_of(home)

    async def sent() -> tuple[Standing, bool]:
        await known(here, Pid(pid))
        reply, running = await order(here, Signal(pid=Pid(pid), name=signal.value, by=here.settings.owner))
        assert isinstance(reply, Standing)
        return reply, running

    standing, running = asyncio.run(sent())
    note(f"process {pid} is {standing.state}" + ("" if running or standing.ended or signal == "pause" else later(pid)))


def stop(
    everything: Annotated[bool, typer.Option("--all", help="Everything of this kernel.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Let everything go on.")] = False,
    home: HomeOption = None,
) -> None:
    """STOP: no call of any process begins until it is lifted. Survives a restart."""
    import asyncio

    from ergos.app.client import order
    from ergos.cli.render import note
    from ergos.runtime.control import Halt

    if not everything:
        raise UsageError(
            "say what to stop", remedy="`ergos stop --all` stops every call; `ergos signal stop PID` ends one process"
        )
    here = home_of(home)
    asyncio.run(order(here, Halt(on=not lift, by=here.settings.owner)))
    note("STOP is lifted" if lift else "STOP is in force; `ergos stop --all --lift` lifts it")

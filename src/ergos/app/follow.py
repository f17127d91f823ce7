"""Stays with one process in the foreground until it ended, waits for a person, or the person leaves.

Rules: whatever kernel runs it is asked through its socket, this very process's own kernel too, so there is one
way to look; what is shown and how people are asked is passed in.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, Literal

import msgspec

from ergos.app.client import ask
from ergos.app.daemon import OpenGate, Serving, serving
from ergos.app.home import Home, reading
from ergos.app.team import View, team_of
from ergos.base.errors import ErgosError, NotRunningError
from ergos.base.ids import Pid
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.runtime.control import EndOf

LOOK_S: Final = 0.2  # seconds between two looks at a running team
LOOKS_AT_REST: Final = 2  # looks that must agree that nothing moves, because a wake-up may be under way

Show = Callable[[View], None]
Consult = Callable[[View, asyncio.Event], Awaitable[None]]
"""Ask the person about the open items of a view, and hand their answers to the kernel; ends early on the event."""


class Parting(msgspec.Struct, frozen=True):
    """Why nobody stays with the process any more."""

    why: Literal["ended", "waits", "left"]
    view: View


@asynccontextmanager
async def attended(home: Home, open_gate: OpenGate | None = None) -> AsyncGenerator[asyncio.Event, None]:
    """A kernel for the time being: the running one, else one of our own. The event: the person wants to leave.

    Raises: StoreError; the fault that ended our own kernel.
    """
    if home.holder() is None:
        async with serving(home, open_gate) as served:
            yield served.ending
            _check(served)
        return
    leaving = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, leaving.set)
    try:
        yield leaving
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _check(served: Serving) -> None:
    fault: ErgosError | None = served.fault
    if fault is not None:
        raise fault


async def follow(home: Home, pid: Pid, leaving: asyncio.Event, show: Show, consult: Consult | None) -> Parting:
    """Look until it ended. Without `consult`, also until nothing moves without a person.

    Raises: UnknownProcessError; NotRunningError if the kernel stopped meanwhile.
    """
    async with reading(home) as reads:
        return await _follow(home, reads, pid, leaving, show, consult)


async def _follow(
    home: Home, reads: SqliteReads, pid: Pid, leaving: asyncio.Event, show: Show, consult: Consult | None
) -> Parting:
    at_rest = 0
    while True:
        view = await team_of(home, reads, pid)
        show(view)
        if view.members[0].ended:
            return Parting("ended", view)
        if leaving.is_set():
            return Parting("left", view)
        at_rest = at_rest + 1 if view.at_rest else 0
        if view.items and consult is not None and not view.halted:
            await consult(view, leaving)
        elif at_rest >= LOOKS_AT_REST and consult is None:
            return Parting("waits", view)
        try:
            await ask(home, EndOf(pid=pid, within_s=LOOK_S))
        except NotRunningError as error:
            if (await team_of(home, reads, pid)).members[0].ended or leaving.is_set():
                continue
            raise NotRunningError(
                f"the kernel stopped; nothing of process {pid} is lost", remedy=f"`ergos wait {pid}` goes on with it"
            ) from error

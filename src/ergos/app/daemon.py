"""A kernel that can be talked to: kernel, control socket and signals, in the foreground or behind.

Rules: SIGTERM and SIGINT end it gracefully; a fault of the kernel ends it with that error; a background kernel
tells whoever started it whether it stands, and writes what it has to say to its log.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Final, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from ergos.app.attendant import attending
from ergos.app.client import Perform
from ergos.app.control_socket import Control
from ergos.app.home import Home, facts_of, kernel_on, load_with, programs_of
from ergos.app.observing import observing
from ergos.base.errors import ErgosError, NotRunningError, StoreLockedError, WorldError
from ergos.drivers.http.asgi import Application
from ergos.runtime.control import AnyReply, AnyRequest
from ergos.runtime.kernel import Kernel
from ergos.runtime.operations import Operations
from ergos.runtime.settings import EVERYONE

T = TypeVar("T")
LogFormat: TypeAlias = Literal["json", "text"]

READY: Final = b"ready\n"
LOG_BYTES_MAX: Final = 4 * 1024 * 1024  # bytes of the log before it is set aside, once
LOG_TAIL_BYTES: Final = 2_000  # bytes of the log shown when a start failed without a word


class Serving(msgspec.Struct):
    """A kernel that listens."""

    kernel: Kernel
    ending: asyncio.Event
    """Set by SIGTERM, SIGINT, a `stop` request or a fault."""
    fault: ErgosError | None = None


class Gate(Protocol):
    """The open door for foreign programs."""

    @property
    def url(self) -> str:
        """Where it is."""
        ...

    @property
    def site(self) -> Application | None:
        """What people see there."""
        ...

    async def stop(self) -> None:
        """Close it; calls under way get some seconds."""
        ...


OpenGate: TypeAlias = Callable[[Kernel, int, Perform], Awaitable[Gate]]
"""Opens the door of a kernel on a port of loopback, 0: a free one, for who performs what is asked there.

Raises: WorldError.
"""


class _Doorkeeper:
    """Opens the door once, when somebody first wants to come in."""

    def __init__(self, kernel: Kernel, open_gate: OpenGate | None, port: int, *, or_free: bool) -> None:
        self._kernel: Final = kernel
        self._open_gate: Final = open_gate
        self._port: Final = port
        self._or_free: Final = or_free
        self._opening: asyncio.Future[Gate] | None = None
        self.perform: Perform = _nobody
        """Performs what is asked at the door; set before it opens."""

    @property
    def url(self) -> str:
        """Where it is; '' while it is shut."""
        return gate.url if (gate := self._opened()) is not None else ""

    def site(self) -> Application | None:
        """What people see there, once the door is open."""
        return gate.site if (gate := self._opened()) is not None else None

    async def open(self) -> str:
        """The door's URL. Raises: WorldError; NotRunningError for a kernel without a door."""
        if self._open_gate is None:
            raise NotRunningError("this kernel has no door for programs", remedy="start one with `ergos up`")
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._gate(self._open_gate))
        return (await asyncio.shield(self._opening)).url

    async def _gate(self, open_gate: OpenGate) -> Gate:
        try:
            return await open_gate(self._kernel, self._port, self.perform)
        except WorldError:
            if not self._or_free:
                raise
            return await open_gate(self._kernel, 0, self.perform)

    def _opened(self) -> Gate | None:
        opening = self._opening
        opened = opening is not None and opening.done() and not opening.cancelled() and opening.exception() is None
        return opening.result() if opened and opening is not None else None

    async def close(self) -> None:
        """Let nobody in any more."""
        if self._opening is not None:
            try:
                gate = await self._opening
            except ErgosError:
                return  # it never opened, and whoever wanted it was told
            await gate.stop()


async def _nobody(_: AnyRequest) -> AnyReply:
    raise NotRunningError("the kernel is starting", remedy="try again in a moment")


def run(main: Coroutine[object, object, T]) -> T:
    """Run a kernel's coroutine to its end, on the fastest event loop there is."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


@asynccontextmanager
async def serving(
    home: Home, open_gate: OpenGate | None = None, *, port: int | None = None, or_free: bool = False
) -> AsyncGenerator[Serving, None]:
    """A kernel on this home with its socket, signal handlers and door.

    The door opens at once on `port`, and `or_free` on another where that is taken; with None, on a free one when
    somebody first wants to come in.
    Raises: StoreError, SettingsError, WorldError.
    """
    programs = programs_of(home)
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    async with kernel_on(home, programs) as kernel:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ending.set)
        served = Serving(kernel, ending)
        door = _Doorkeeper(kernel, open_gate, port or 0, or_free=or_free)
        operations = Operations(
            kernel, load_with(programs), facts_of(kernel), ending.set, door, language=home.settings.language
        )
        door.perform = operations.perform
        control = Control(home.socket, operations, os.geteuid(), door.site)
        watch = asyncio.ensure_future(_watch(served))
        try:
            if port is not None:
                await door.open()
            await control.start()
            for owner, caps in home.settings.owner_caps.items():
                if owner != EVERYONE:
                    await kernel.desk.cap(owner, caps)
            yield served
        finally:
            watch.cancel()
            await door.close()
            await control.stop()
            operations.close()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


async def _watch(served: Serving) -> None:
    served.fault = await served.kernel.fault()
    served.ending.set()


async def serve(
    home: Home,
    ready: Callable[[Kernel], None],
    open_gate: OpenGate | None = None,
    *,
    port: int | None = None,
    or_free: bool = False,
    log_format: LogFormat | None = None,
) -> None:
    """Run until told to stop. `log_format`: how the kernel's log tells what happens; None: it does not.

    Raises: the fault that ended it.
    """
    async with (
        serving(home, open_gate, port=port, or_free=or_free) as served,
        attending(home, served.kernel),
        observing(
            home, served.kernel, telemetry=home.settings.telemetry, log_format=log_format, write=sys.stderr.write
        ),
    ):
        ready(served.kernel)
        await served.ending.wait()
    if served.fault is not None:
        raise served.fault


def launch(home: Home, port: int | None = None, log_format: LogFormat | None = None) -> None:
    """Start a kernel in the background; it stands when this returns, its door open on `port`; None: the usual one.

    Raises: StoreLockedError if one runs already; WorldError with what the kernel said when it did not start.
    """
    running = home.holder()
    if running is not None:
        raise StoreLockedError(f"{home.folder} is in use by {running}")
    home.make()
    log = _open_log(home)
    before = os.fstat(log).st_size
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "ergos.cli.main", "up", "--foreground", "--home", str(home.folder)]
    if port is not None:
        command += ["--port", str(port)]
    if log_format is not None:
        command += ["--log-format", log_format]
    with os.fdopen(reading, "rb") as answer:
        try:
            # It leaves a process of its own behind and ends: no zombie stays with whoever started it.
            done = subprocess.run(  # noqa: S603 - our own program
                [*command, "--tell", str(writing)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(writing,),
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                check=False,
            )
        finally:
            os.close(writing)
            os.close(log)
        told = answer.read()
    if told == READY:
        return
    said = told.decode("utf-8", "replace").strip() or _said_since(home, before) or f"it ended with {done.returncode}"
    raise WorldError(f"the kernel did not start: {said}", remedy=f"its log is {home.log}")


def detach() -> None:
    """Go on as a process of its own, the child of nobody; the caller of this process is free."""
    if os.fork() > 0:
        os._exit(0)


def _open_log(home: Home) -> int:
    """The log, appended to; an old one that grew too long is set aside."""
    try:
        if home.log.exists() and home.log.stat().st_size > LOG_BYTES_MAX:
            home.log.replace(home.log.with_suffix(".log.1"))
        return os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise WorldError(f"the log {home.log} cannot be written: {error.strerror}") from error


def _said_since(home: Home, before: int) -> str:
    """The end of what was logged since the log had this size."""
    with home.log.open("rb") as file:
        file.seek(max(before, home.log.stat().st_size - LOG_TAIL_BYTES))
        return " ".join(file.read().decode("utf-8", "replace").split())

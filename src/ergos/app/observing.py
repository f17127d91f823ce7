"""What watches a kernel from beside: its log, and what is told to a collector; put together for whoever runs one.

    async with observing(home, kernel, telemetry=settings, log_format="json", write=sys.stderr.write) as seen: ...

Rules: composition only; both read what is durable, neither is on the way of a call, and what is not asked for is not
imported.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from ergos.app.home import Home
from ergos.app.pulse import Pulse
from ergos.drivers.host import FileSigner, HostEntropy
from ergos.drivers.vault.home_vault import FILE as SECRETS
from ergos.drivers.vault.home_vault import HomeVault
from ergos.runtime.kernel import Kernel

if TYPE_CHECKING:
    from ergos.app.logs.writing import Log
    from ergos.app.telemetry.contexts import Contexts
    from ergos.app.telemetry.sending import Sender
    from ergos.runtime.telemetry_settings import TelemetrySettings


CLOSE_S: Final = 2.0  # seconds whoever reads the log gets to take its last lines


class Observed(msgspec.Struct):
    """What watches."""

    log: Log | None = None
    sender: Sender | None = None
    """What became of what was told: `sender.sent`."""


@asynccontextmanager
async def observing(
    home: Home,
    kernel: Kernel,
    *,
    telemetry: TelemetrySettings | None = None,
    log_format: Literal["json", "text"] | None = None,
    write: Callable[[str], object] | None = None,
    contexts: Contexts | None = None,
) -> AsyncGenerator[Observed]:
    """Watch beside whatever is done inside. With neither `telemetry` nor `log_format` nothing is done.

    Raises: PortMissingError, StoreError.
    """
    if telemetry is None and (log_format is None or write is None):
        yield Observed()
        return
    store = kernel.machine.store
    await store.flush()
    vault = HomeVault(home.folder, FileSigner(home.key), HostEntropy())

    async def head() -> int:
        await store.flush()
        return (await store.head()).seq

    pulse = Pulse(kernel, head)
    try:
        async with AsyncExitStack() as stack:
            seen = Observed()
            if log_format is not None and write is not None:
                from ergos.app.logs.backlog import Backlog
                from ergos.app.logs.writing import Log, logging

                backlog = Backlog(write)
                stack.callback(backlog.close, CLOSE_S)
                log = Log(backlog, log_format, vault, home.folder / SECRETS)
                seen.log = await stack.enter_async_context(logging(home, log, pulse.moved))
            if telemetry is not None:
                from ergos.app.telemetry.running import telling

                clock = kernel.machine.parts.clock
                seen.sender = await stack.enter_async_context(
                    telling(home, telemetry, pulse.moved, clock, secret=vault.get, contexts=contexts)
                )
            yield seen
    finally:
        pulse.close()

"""The kernel's side of the gate: a token stands for a start of a process, and what it asks is a call of it.

Rules: nothing is decided here; the gate is opened on loopback only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, cast

from ergos.app.home import Home
from ergos.base.canonical import Plain
from ergos.base.errors import WorldError
from ergos.base.ids import Pid
from ergos.base.limits import STOP_GRACE_S
from ergos.drivers.host import FileSigner, HostEntropy
from ergos.drivers.vault.home_vault import HomeVault
from ergos.kernel.egress import Secrets
from ergos.kernel.models import AUTO, Dialect, EndpointSpec
from ergos.kernel.syscalls import Answer
from ergos.kernel.triggers import Happening, Webhook
from ergos.runtime.kernel import Kernel
from ergos.runtime.tokens import Visitor
from ergos.server.gate import GateServer
from ergos.server.hooks import Hooks
from ergos.server.mcp_kernel import KernelMcp

HOST: Final = "127.0.0.1"


class KernelDoorway:
    """A running kernel as the gate sees it."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel: Final = kernel

    def pid_of(self, token: str) -> Visitor | None:  # type: ignore[override]
        """The start of a process whose token this is; compared so that time tells nothing about it."""
        return self._kernel.reactor.guests.tokens.visitor_of(token)

    async def call(
        self,
        visitor: Visitor,
        dialect: Dialect,
        body: dict[str, object],
        *,
        sink: Callable[[bytes], None] | None,
        gone: Callable[[], bool],
    ) -> Answer:
        """Make a model call for a process and return once it is recorded."""
        asked = body.get("model")
        model = asked if isinstance(asked, str) and asked else AUTO
        plain = cast("dict[str, Plain]", body)
        return await self._kernel.reactor.guests.call(visitor, dialect, plain, model=model, sink=sink, gone=gone)

    def models(self) -> tuple[EndpointSpec, ...]:
        """Models that can be asked for: those of known price."""
        models = self._kernel.machine.parts.models
        return tuple(spec for spec in models.endpoints() if spec.price is not None) if models is not None else ()


class KernelHooks:
    """The triggers of a running kernel as hooks see them."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel: Final = kernel

    async def webhook(self, pid: Pid, name: str) -> Webhook | None:
        """The armed trigger of this name."""
        row = (await self._kernel.reactor.watches.rows.of(pid)).get(name)
        return row.trigger if row is not None and isinstance(row.trigger, Webhook) else None

    async def happened(self, pid: Pid, name: str, happening: Happening) -> bool:
        """Deliver it; durable on return. Raises: ErgosErrors."""
        return await self._kernel.reactor.watches.happened(pid, name, happening)


class OpenGate:
    """An open door."""

    def __init__(self, server: GateServer, port: int) -> None:
        self._server: Final = server
        self.url: Final = f"http://{HOST}:{port}"

    async def stop(self) -> None:
        """Close it; calls under way get some seconds."""
        await self._server.stop(STOP_GRACE_S)


async def open_gate(
    kernel: Kernel,
    port: int,
    home: Home | None = None,
    agents: tuple[Path, ...] = (),
    secrets: Secrets | None = None,
) -> OpenGate:
    """Open the door of a kernel on a port of loopback; 0: a free one.

    With a home, its owner may come in at /mcp, too, and is offered these agents as tools; with secrets, signed requests
    at /hooks. Raises: WorldError.
    """
    mcp = KernelMcp(kernel, home, agents)
    clock = kernel.machine.parts.clock
    hooks = None if secrets is None else Hooks(KernelHooks(kernel), secrets, clock)
    server = GateServer(KernelDoorway(kernel), clock=clock, mcp=mcp, hooks=hooks)
    try:
        return OpenGate(server, await server.start(HOST, port))
    except OSError as error:
        raise WorldError(
            f"the door cannot be opened on port {port}: {error.strerror or error}", remedy="name another --port"
        ) from error


def gate_of(home: Home) -> Callable[[Kernel, int], Awaitable[OpenGate]]:
    """`open_gate` for a home: its owner may come in at /mcp, too, and finds the agents the settings name; hooks are
    signed with its secrets.
    """

    def opened(kernel: Kernel, port: int) -> Awaitable[OpenGate]:
        vault = HomeVault(home.folder, FileSigner(home.key), HostEntropy())
        return open_gate(kernel, port, home, home.settings.mcp_agents, vault)

    return opened

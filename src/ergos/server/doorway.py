"""The kernel's side of the gate: a token stands for a start of a process, and what it asks is a call of it.

Rules: nothing is decided here; the gate is opened on loopback only.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeAlias, cast

from ergos.app.home import Home
from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, SettingsError, WorldError
from ergos.base.ids import Pid
from ergos.base.limits import STOP_GRACE_S
from ergos.drivers.host import FileSigner, HostEntropy
from ergos.drivers.http.asgi import Application
from ergos.drivers.vault.home_vault import HomeVault
from ergos.kernel.egress import Secrets
from ergos.kernel.models import AUTO, Dialect, EndpointSpec
from ergos.kernel.syscalls import Answer
from ergos.kernel.triggers import Happening, Webhook
from ergos.runtime.control import AnyReply, AnyRequest
from ergos.runtime.kernel import Kernel
from ergos.runtime.server_settings import ListenSettings, check_bind
from ergos.runtime.tokens import Visitor
from ergos.server.gate import GateServer, Site
from ergos.server.hooks import Hooks
from ergos.server.mcp_kernel import KernelMcp

Perform: TypeAlias = Callable[[AnyRequest], Awaitable[AnyReply]]
"""Makes a request of the kernel. Raises: ErgosErrors."""
MakeSite: TypeAlias = Callable[[Kernel, Perform], Site]
"""Makes what people see of a kernel."""


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

    def __init__(
        self, server: GateServer, host: str, port: int, site: Site | None = None, *, tls: bool = False
    ) -> None:
        self._server: Final = server
        self._site: Final = site
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - everywhere is reached here, too
        name = f"[{host}]" if ":" in host else host
        self.url: Final = f"{'https' if tls else 'http'}://{name}:{port}"

    @property
    def site(self) -> Application | None:
        """What people see there."""
        return self._site.app if self._site is not None else None

    async def stop(self) -> None:
        """Close it; calls under way get some seconds."""
        await self._server.stop(STOP_GRACE_S)


async def open_gate(
    kernel: Kernel,
    port: int,
    perform: Perform | None = None,
    *,
    home: Home | None = None,
    agents: tuple[Path, ...] = (),
    secrets: Secrets | None = None,
    make_site: MakeSite | None = None,
) -> OpenGate:
    """Open the door of a kernel on a port of loopback; 0: a free one.

    With a home, its owner may come in at /mcp, too, and is offered these agents as tools; with secrets, signed requests
    at /hooks; with somebody who performs what is asked, people at the site. Raises: WorldError.
    """
    mcp = KernelMcp(kernel, home, agents)
    clock = kernel.machine.parts.clock
    hooks = None if secrets is None else Hooks(KernelHooks(kernel), secrets, clock)
    listen = home.settings.server if home is not None else ListenSettings()
    check_bind(listen.host, tls=listen.tls, behind_proxy=bool(listen.proxies))
    site = make_site(kernel, perform) if make_site is not None and perform is not None else None
    server = GateServer(
        KernelDoorway(kernel), clock=clock, hosts=listen.hosts, origins=listen.origins, mcp=mcp, hooks=hooks, site=site
    )
    tls = _tls(listen)
    try:
        opened = OpenGate(server, listen.host, await server.start(listen.host, port, tls), site, tls=tls is not None)
    except OSError as error:
        raise WorldError(
            f"the door cannot be opened on port {port}: {error.strerror or error}", remedy="name another --port"
        ) from error
    try:
        if site is not None:
            await site.opened(opened.url)
    except ErgosError:
        await opened.stop()
        raise
    return opened


def _tls(listen: ListenSettings) -> ssl.SSLContext | None:
    """What the door shows to who comes in by TLS. Raises: SettingsError."""
    if listen.tls_cert is None or listen.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(listen.tls_cert, listen.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"{listen.tls_cert} and {listen.tls_key} are no certificate with its key: {error.strerror or error}",
            remedy="name two PEM files under [server] of settings.toml",
        ) from error
    return context


def gate_of(home: Home, make_site: MakeSite | None = None) -> Callable[[Kernel, int, Perform], Awaitable[OpenGate]]:
    """`open_gate` for a home: its owner may come in at /mcp, too, and finds the agents the settings name; hooks are
    signed with its secrets. `make_site`: what people see.
    """

    def opened(kernel: Kernel, port: int, perform: Perform) -> Awaitable[OpenGate]:
        vault = HomeVault(home.folder, FileSigner(home.key), HostEntropy())
        agents = home.settings.mcp_agents
        return open_gate(kernel, port, perform, home=home, agents=agents, secrets=vault, make_site=make_site)

    return opened

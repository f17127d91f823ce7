"""The site of a kernel: its pages, the HTTP API, agents for peers and metrics, put together behind one entrance.

    gate_of(home, site_of(home))        # the gate hands the site everything that is not its own

Rules: composes, decides nothing. It is built at the first request, so that a kernel nobody looks at pays nothing for
it. Every page module in `console.pages` is part of it by its ROUTES.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from ergos.app.control_socket import MACHINE
from ergos.base.errors import ErgosError
from ergos.server.call_counts import RequestCounts

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from ergos.app.access.register import Register
    from ergos.app.access.seat import Ground
    from ergos.app.home import Home
    from ergos.app.pulse import Pulse
    from ergos.drivers.http.asgi import Application
    from ergos.drivers.vault.home_vault import HomeVault
    from ergos.runtime.kernel import Kernel
    from ergos.server.doorway import MakeSite, Perform
    from ergos.server.entrance_answers import Message, Receive, Send
    from ergos.server.entrance_routes import Enter

Close = Callable[[], Awaitable[None]]


def site_of(home: Home) -> MakeSite:
    """Makes the site of a home's kernel."""

    def make(kernel: Kernel, perform: Perform) -> KernelSite:
        return KernelSite(home, kernel, perform)

    return make


class KernelSite:
    """`Site` of one kernel."""

    def __init__(self, home: Home, kernel: Kernel, perform: Perform) -> None:
        self._home: Final = home
        self._kernel: Final = kernel
        self._perform: Final = perform
        self._building: asyncio.Future[_Built] | None = None
        self._closing: Final[list[Close]] = []
        self._requests: Final = RequestCounts()
        self.url = ""
        """Where the gate listens, once it does: http://127.0.0.1:PORT."""

    @property
    def app(self) -> Application:
        """ASGI; it checks for itself who asks."""
        return self._serve

    async def opened(self, url: str) -> None:
        """The gate listens there. What peers wait for goes on at once; all else waits for somebody to ask."""
        self.url = url
        if self._home.settings.a2a.publish:
            await self._built()

    def answered(self, path: str, method: str, status: int) -> None:
        """The gate has answered a request."""
        self._requests.count(path, method, status)

    async def close(self) -> None:
        """End what would never end by itself."""
        for close in reversed(self._closing):
            await close()
        self._closing.clear()

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        built = await self._built()
        if scope.pop(MACHINE, False) is True:
            await built.to_machine(scope, receive, send)
        else:
            await built.entrance(scope, receive, send)

    async def _built(self) -> _Built:
        building = self._building
        if building is None or (building.done() and (building.cancelled() or building.exception() is not None)):
            building = self._building = asyncio.ensure_future(self._build())  # what failed may be mended by now
        return await asyncio.shield(building)

    async def _build(self) -> _Built:
        """Raises: ErgosErrors of what it is made of."""
        from starlette.applications import Starlette
        from starlette.exceptions import HTTPException

        from ergos.app.access.register import Register
        from ergos.app.tap import Tap
        from ergos.console.frame.visit import on_error, on_missing
        from ergos.console.pages.enter import turned_page
        from ergos.console.pages.live import Streams
        from ergos.drivers.host import HostClock, HostEntropy
        from ergos.server.entrance import Attempts, Entrance
        from ergos.server.entrance_checks import Place
        from ergos.server.entrance_guests import guests_of
        from ergos.server.entrance_routes import Enter
        from ergos.server.tally import Tally

        home, kernel = self._home, self._kernel
        ground, pulse = await self._ground()
        # The clock of the command line, which makes codes and tokens, too.
        register = Register(home.folder, HostClock(), HostEntropy(), keeper=home.settings.owner)
        tries, tally = Attempts(register.clock), Tally(kernel.machine, home.settings.owner, "site")
        tally.start(kernel.reactor.task)
        self._closing.append(tally.close)
        enter = Enter(register, tries, turned_page, tally.turned_away)
        routes = await self._routes(register, enter, ground, pulse)
        inner = Starlette(routes=routes, exception_handlers={ErgosError: on_error, HTTPException: on_missing})
        inner.state.pulse, inner.state.streams, inner.state.tap = pulse, Streams(), Tap(kernel.machine)
        listen = home.settings.server
        place = Place(hosts=listen.hosts, origins=listen.origins, proxies=listen.proxies, tls=listen.tls)
        entrance = Entrance(
            inner,
            register=register,
            ground=ground,
            place=place,
            language=home.settings.language,
            pid_of=guests_of(kernel),
            tries=tries,
            page=turned_page,
            turned_away=tally.turned_away,
        )
        return _Built(entrance, inner, ground)

    async def _ground(self) -> tuple[Ground, Pulse]:
        """What seats stand on, and what tells of every write. Raises: StoreError."""
        from ergos.app.access.seat import Ground
        from ergos.app.pulse import Pulse
        from ergos.app.views.model import Views
        from ergos.drivers.sqlite_reads import SqliteReads

        home, kernel, store = self._home, self._kernel, self._kernel.machine.store
        await store.flush()
        reads = SqliteReads.open(home.store)
        self._closing.append(reads.close)
        views = Views(home.folder)
        self._closing.append(views.close)
        deaf = kernel.listen(views.stirred)

        async def head() -> int:
            await store.flush()
            return (await store.head()).seq

        pulse = Pulse(kernel, head)

        async def hush() -> None:
            deaf()
            pulse.close()

        self._closing.append(hush)
        keeper = home.settings.owner
        ground = Ground(
            home=home,
            reads=reads,
            perform=self._perform,
            clock=kernel.machine.parts.clock,
            views=lambda owner: views.of(owner, keeper=owner == keeper),
        )
        return ground, pulse

    async def _routes(self, register: Register, enter: Enter, ground: Ground, pulse: Pulse) -> list[BaseRoute]:
        from ergos.drivers.host import HostEntropy
        from ergos.server.a2a_site import open_a2a
        from ergos.server.api.repeats import Repeats
        from ergos.server.api.routes import api_routes
        from ergos.server.metrics import Metrics, metrics_route

        home, kernel = self._home, self._kernel
        routes: list[BaseRoute] = [*enter.routes(), *self._oidc(register, enter)]
        repeats = Repeats(home.folder, ground.clock)

        async def forget() -> None:
            repeats.close()

        self._closing.append(forget)
        routes += api_routes(pulse=pulse, register=register, repeats=repeats, clock=ground.clock, entropy=HostEntropy())
        metrics = Metrics(home, self._perform, ground.clock, self._requests)
        self._closing.append(metrics.close)
        await metrics.begin()
        routes.append(metrics_route(metrics))
        a2a = await open_a2a(kernel, home, base=lambda: home.settings.server.url or self.url, secrets=_vault(home))
        if a2a is not None:
            self._closing.append(a2a.close)
            routes += a2a.routes
        for module in _pages():
            routes += module.ROUTES
        return routes

    def _oidc(self, register: Register, enter: Enter) -> list[BaseRoute]:
        """Sign-in with an organisation's accounts, where the settings have it."""
        settings = self._home.settings.server.oidc
        if settings is None:
            return []
        from ergos.app.access.oidc import Oidc
        from ergos.drivers.host import HostEntropy
        from ergos.drivers.http.client import HttpClient
        from ergos.server.entrance_oidc import EnterByOidc

        client = HttpClient()
        self._closing.append(client.close)
        keeper = self._home.settings.owner
        secret = _vault(self._home).get(settings.secret) if settings.secret else ""
        oidc = Oidc(settings, client, register.clock, HostEntropy(), keeper=keeper, secret=secret)
        return list(EnterByOidc(oidc, register, enter).routes())


class _Built:
    """A site that stands."""

    def __init__(self, entrance: Application, inner: Application, ground: Ground) -> None:
        self.entrance: Final = entrance
        self._inner: Final = inner
        self._ground: Final = ground

    async def to_machine(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer the user of this machine, whom the control socket knows: the keeper, with all they may do."""
        from ergos.app.access.roles import person
        from ergos.app.access.seat import Seat

        settings = self._ground.home.settings
        owner = settings.owner
        who = person(owner, "owner", owner, keeper_of=owner, fresh=True, credential="machine")
        state = {"seat": Seat(who, self._ground), "principal": who, "csrf": "", "language": settings.language}
        await self._inner({**scope, "state": state}, receive, send)


def _vault(home: Home) -> HomeVault:
    from ergos.drivers.host import FileSigner, HostEntropy
    from ergos.drivers.vault.home_vault import HomeVault

    return HomeVault(home.folder, FileSigner(home.key), HostEntropy())


def _pages() -> list[Any]:
    """The modules of pages, by name."""
    import importlib
    import pkgutil

    from ergos.console import pages

    names = sorted(found.name for found in pkgutil.iter_modules(pages.__path__))
    modules = [importlib.import_module(f"{pages.__name__}.{name}") for name in names]
    return [module for module in modules if hasattr(module, "ROUTES")]

"""A site behind the entrance on a real port, with what a browser, a program and an attacker send to it byte by byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from ergos.app.access.register import Register
from ergos.app.access.roles import Principal, person
from ergos.app.access.seat import Ground
from ergos.app.home import home_at
from ergos.base.clock import ManualClock
from ergos.drivers.host import HostEntropy
from ergos.drivers.http.asgi import serve_asgi
from ergos.drivers.http.message import Request as Wire
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import HttpServer
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.drivers.store_sqlite import SqliteStore
from ergos.server.entrance import Attempts, Entrance
from ergos.server.entrance_checks import Place
from ergos.server.entrance_guests import PidOf
from ergos.server.entrance_routes import Enter

HOST: Final = "127.0.0.1"
NOON_NS: Final = 1_795_000_000 * 10**9
PAGES: Final = "text/html,application/xhtml+xml"
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"


class Heard(msgspec.Struct):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def cookie(self) -> str:
        """The cookie it sets, as a browser sends it back."""
        return self.headers.get("set-cookie", "").partition(";")[0]


class Door(msgspec.Struct):
    """A site that is being served."""

    port: int
    register: Register
    clock: ManualClock
    home: Path
    reached: list[str]
    """What came through to the application."""
    ground: Ground

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def say(self, raw: bytes) -> Heard:
        """Send bytes, and read until the server closes."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        try:
            writer.write(raw)
            await writer.drain()
            async with asyncio.timeout(20):
                return heard(await reader.read())
        finally:
            writer.close()

    async def ask(
        self,
        method: str = "GET",
        path: str = "/",
        body: bytes = b"",
        *lines: str,
        host: str | None = None,
        **headers: str,
    ) -> Heard:
        """A request. `headers`: names with _ for -; one that is '' is left out."""
        shown = {"host": host or f"{HOST}:{self.port}", "connection": "close", **headers}
        if body or method in {"POST", "PUT", "PATCH"}:
            shown.setdefault("content_length", str(len(body)))
        head = [f"{name.replace('_', '-')}: {value}" for name, value in shown.items() if value]
        return await self.say(
            "\r\n".join([f"{method} {path} HTTP/1.1", *head, *lines, "", ""]).encode("latin-1") + body
        )

    async def browser(self, who: Principal | None = None) -> Browser:
        """Somebody who signed in."""
        made = Browser(self)
        await made.sign_in(self.register.code(who or OWNER))
        return made


class Browser(msgspec.Struct):
    """A browser with one cookie."""

    door: Door
    cookie: str = ""

    async def sign_in(self, code: str, **more: str) -> Heard:
        answer = await self.door.ask(
            "POST", "/enter", f"code={code}".encode(), content_type=FORM, origin=self.door.origin, **more
        )
        self.cookie = answer.cookie or self.cookie
        return answer

    @property
    def csrf(self) -> str:
        found = self.door.register.principal_of_session(self.cookie.partition("=")[2])
        assert found is not None
        return found[1]

    async def get(self, path: str = "/", **headers: str) -> Heard:
        return await self.door.ask("GET", path, cookie=self.cookie, accept=PAGES, **headers)

    async def post(self, path: str, body: bytes = b"", **headers: str) -> Heard:
        """A form of a page, with what a browser sends along."""
        said = {
            "cookie": self.cookie,
            "origin": self.door.origin,
            "sec_fetch_site": "same-origin",
            "content_type": FORM,
        }
        return await self.door.ask("POST", path, body, **{**said, "accept": PAGES, **headers})


OWNER: Final = person("alice", "owner", "alice", keeper_of="alice")
BOB: Final = person("bob", "owner", "bob", keeper_of="alice")


def heard(raw: bytes) -> Heard:
    """An answer, taken apart."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = b"".join(body.split(b"\r\n")[1::2])
    return Heard(int(first.split(" ")[1]) if first else 0, headers, body)


def site(reached: list[str], entering: list[Any]) -> Any:
    """A small site: pages, an API, a file, a stream."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
    from starlette.routing import Route

    def noted(request: Request) -> dict[str, Any]:
        reached.append(f"{request.method} {request.url.path}")
        principal: Principal | None = request.state.principal
        return {
            "path": request.url.path,
            "who": principal.name if principal else "",
            "owner": principal.owner if principal else "",
            "role": principal.role if principal else "",
            "fresh": bool(principal and principal.fresh),
            "seat": request.state.seat is not None,
            "csrf": request.state.csrf,
            "language": request.state.language,
        }

    async def page(request: Request) -> Response:
        return JSONResponse({**noted(request), "body": (await request.body()).decode("utf-8", "replace")})

    async def file(request: Request) -> Response:
        noted(request)
        return PlainTextResponse("let x", headers={"cache-control": "public, max-age=31536000, immutable"})

    async def form(request: Request) -> Response:
        """A page with one button, without a script."""
        code = request.query_params.get("code")
        field = f"name=code value={code}" if code else f"name=csrf value={request.state.csrf}"
        action = "/enter" if code else "/stop"
        return HTMLResponse(f"<form method=post action={action}><input type=hidden {field}><button>go</button></form>")

    async def weak(request: Request) -> Response:
        noted(request)
        headers = {
            "content-security-policy": "default-src *",
            "access-control-allow-origin": "*",
            "cache-control": "public",
        }
        return PlainTextResponse("weak", headers=headers)

    async def events(request: Request) -> Response:
        noted(request)

        async def told() -> AsyncIterator[bytes]:
            for number in range(2_000):
                if await request.is_disconnected():
                    reached.append("left")
                    return
                yield f"data: {number}\n\n".encode()
                await asyncio.sleep(0.005)

        return StreamingResponse(told(), media_type="text/event-stream")

    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(
        routes=[
            Route("/", page),
            Route("/enter", page, methods=["GET"]),
            *entering,
            Route("/static/app.js", file),
            Route("/weak", weak),
            Route("/form", form),
            Route("/enter/form", form),
            Route("/events", events),
            Route("/{rest:path}", page, methods=every),
        ]
    )


@asynccontextmanager
async def door(
    folder: Path,
    *,
    place: Place | None = None,
    language: str = "en",
    pid_of: PidOf | None = None,
    clock: ManualClock | None = None,
    more: Callable[[Register, ManualClock, Enter, Attempts], list[Any]] | None = None,
) -> AsyncIterator[Door]:
    """A site on a free port, whose home belongs to alice. `more`: makes further routes of it."""
    home = home_at(folder / "home", {"HOME": str(folder), "ERGOS_OWNER": "alice"})
    home.make()
    await SqliteStore(home.store).close()
    reads, clock = SqliteReads.open(home.store), clock or ManualClock(NOON_NS)
    ground = Ground(home=home, reads=reads, perform=_nothing, clock=clock, views=_none)
    register = Register(home.folder, clock, HostEntropy(), keeper="alice")
    tries, reached = Attempts(clock), list[str]()
    enter = Enter(register, tries)
    app = Entrance(
        site(reached, [*enter.routes(), *(more(register, clock, enter, tries) if more is not None else ())]),
        register=register,
        ground=ground,
        place=place or Place(),
        language=language,
        pid_of=pid_of,
        tries=tries,
    )

    async def handle(request: Wire, reply: Responder) -> None:
        await serve_asgi(app, request, reply)

    server = HttpServer(handle)
    port = await server.start(HOST)
    try:
        yield Door(port, register, clock, home.folder, reached, ground)
    finally:
        await server.stop()
        await reads.close()


def entrance_of(app: Any, opened: Door) -> Entrance:
    """Another entrance to the same home, before an application of the test's own."""
    return Entrance(app, register=opened.register, ground=opened.ground, place=Place())


def play(folder: Path, scenario: Callable[[Door], Awaitable[None]], **more: Any) -> None:
    """Run a scenario at a door of its own."""

    async def played() -> None:
        async with asyncio.timeout(60), door(folder, **more) as opened:
            await scenario(opened)

    asyncio.run(played())


async def _nothing(request: object) -> Any:
    raise AssertionError(f"the entrance asked the kernel for {request!r}")


def _none(owner: str) -> Any:
    raise AssertionError(f"the entrance looked into what {owner} has")

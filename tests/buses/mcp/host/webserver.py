"""A tool server at a URL, in this process, with a place to sign in; and what it saw."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

import uvicorn
from mcp.server.mcpserver import MCPServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route


class Site:
    """Serves `echo` at /mcp. With `locked`, only to who signed in."""

    def __init__(self, *, locked: bool = False, lifetime_s: int = 3_600, odd: str = "") -> None:
        self.locked: Final = locked
        self.lifetime_s = lifetime_s
        self.odd: Final = odd
        self.seen: list[dict[str, str]] = []
        """Headers of requests to /mcp."""
        self.asked: list[tuple[str, dict[str, str]]] = []
        """What was asked of the place to sign in."""
        self.url = ""
        self._valid: set[str] = set()

    @property
    def home(self) -> str:
        return self.url.removesuffix("/mcp")

    def metadata(self, request: Request) -> Response:
        if "protected-resource" in request.url.path:
            return JSONResponse({"resource": self.url, "authorization_servers": [self.authority]})
        return JSONResponse(
            {
                "issuer": self.home,
                "authorization_endpoint": f"{self.home}/authorize",
                "token_endpoint": f"{self.home}/token",
                "registration_endpoint": f"{self.home}/register",
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
            }
        )

    @property
    def authority(self) -> str:
        return "http://169.254.169.254/latest" if self.odd == "metadata-address" else self.home

    async def register(self, request: Request) -> Response:
        body = await request.json()
        return JSONResponse({**body, "client_id": "registered", "token_endpoint_auth_method": "none"}, status_code=201)

    def authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.asked.append(("authorize", query))
        if self.odd == "refuses":
            return RedirectResponse(
                f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
            )
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode({'code': 'c0de', 'state': query['state']})}")

    async def token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        self.asked.append((form["grant_type"], form))
        made = f"token-{len(self.asked)}"
        self._valid.add(made)
        return JSONResponse(
            {
                "access_token": made,
                "token_type": "Bearer",
                "expires_in": self.lifetime_s,
                "refresh_token": f"r{len(self.asked)}",
            }
        )

    def app(self) -> Any:
        server = MCPServer("site")

        @server.tool()
        def echo(text: str) -> str:
            return f"got {text}"

        inner = server.streamable_http_app()

        async def guarded(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["path"] == "/mcp":
                headers = {name.decode(): value.decode() for name, value in scope["headers"]}
                self.seen.append(headers)
                if self.odd in ODD:
                    await ODD[self.odd](send)
                    return
                if self.locked and headers.get("authorization", "").removeprefix("Bearer ") not in self._valid:
                    where = f'Bearer resource_metadata="{self.home}/.well-known/oauth-protected-resource/mcp"'
                    await Response(status_code=401, headers={"www-authenticate": where})(scope, receive, send)
                    return
            await inner(scope, receive, send)

        routes = [
            Route("/.well-known/oauth-protected-resource/mcp", self.metadata),
            Route("/.well-known/oauth-authorization-server", self.metadata),
            Route("/register", self.register, methods=["POST"]),
            Route("/authorize", self.authorize),
            Route("/token", self.token, methods=["POST"]),
            Mount("/", guarded),
        ]

        @contextlib.asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with inner.router.lifespan_context(inner):
                yield

        return Starlette(routes=routes, lifespan=lifespan)


async def _flood(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    with contextlib.suppress(OSError):
        for _ in range(2_000):
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})


async def _squeezed(send: Any) -> None:
    import gzip

    body = gzip.compress(b"x" * 50_000_000)
    headers = [(b"content-type", b"application/json"), (b"content-encoding", b"gzip")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _elsewhere(send: Any) -> None:
    headers = [(b"location", b"http://127.0.0.1:9/stolen")]
    await send({"type": "http.response.start", "status": 307, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


ODD: Final = {"flood": _flood, "squeezed": _squeezed, "elsewhere": _elsewhere}


@contextlib.asynccontextmanager
async def serving(site: Site) -> AsyncIterator[Site]:
    """The site at a port of this machine, until the end of the block."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    site.url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    config = uvicorn.Config(site.app(), log_level="critical", lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0.01)
    try:
        yield site
    finally:
        server.should_exit = True
        await running
        listener.close()

"""Runs an ASGI application on our server: `serve_asgi(app, request, reply)` inside a handler.

The request's body is complete when it arrives, and is bounded; it is handed over in pieces. The answer is passed on as
the application makes it, no faster than the client takes it. When the client leaves, the application is told, and
what it still sends goes nowhere.

Rules: headers that the server sets itself are left to it; an application that ends without an answer, or in the middle
of one, is the handler's failure: its client sees that the answer is not whole. Source: ASGI 3.0, HTTP and lifespan.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

from ergos.base.errors import WorldError
from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder

PIECE_BYTES: Final = 64 * 1024  # bytes of a body handed over at once

Message: TypeAlias = MutableMapping[str, Any]
Application: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

_FRAMING: Final = frozenset({"content-length", "transfer-encoding", "connection", "date", "keep-alive"})


async def serve_asgi(
    app: Application, request: Request, reply: Responder, *, more: Mapping[str, object] | None = None
) -> None:
    """Let an application answer a request. `more`: further entries of its scope.

    Raises: WorldError if it ends without having answered; whatever it raises itself.
    """
    exchange = _Exchange(request, reply)
    await app({**_scope(request), **(more or {})}, exchange.receive, exchange.send)
    if not reply.ended and not reply.disconnected:
        raise WorldError("the application ended before its answer did", remedy="look into its log")


class _Exchange:
    """One request and its answer."""

    def __init__(self, request: Request, reply: Responder) -> None:
        self._body: Final = request.body
        self._reply: Final = reply
        self._given = 0
        self._over = False
        self._head: tuple[int, dict[str, str]] | None = None

    async def receive(self) -> Message:
        """The next piece of the body; after the last, that the client has left, once it has."""
        if not self._over:
            piece = self._body[self._given : self._given + PIECE_BYTES]
            self._given += len(piece)
            self._over = self._given >= len(self._body)
            return {"type": "http.request", "body": piece, "more_body": not self._over}
        if not self._reply.ended:
            await self._reply.wait_disconnected()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a message of the application. Cost: waits while the client does not keep up."""
        reply = self._reply
        match message["type"]:
            case "http.response.start":
                assert self._head is None, "an answer was begun already"
                self._head = int(message["status"]), _headers(message.get("headers", ()))
            case "http.response.body":
                assert self._head is not None, "an answer was not started"
                await self._written(bytes(message.get("body", b"")), last=not message.get("more_body", False))
            case kind:
                raise WorldError(f"the application sent {kind!r}, which this server does not speak")
        if reply.disconnected:
            await asyncio.sleep(0)  # an application that sends on and on lets others run

    async def _written(self, body: bytes, *, last: bool) -> None:
        reply, head = self._reply, self._head
        assert head is not None
        if reply.ended:
            return
        if not reply.status and last:
            reply.send(*head, body)
            return
        if not reply.status:
            reply.start(*head)
        reply.write(body)
        if last:
            reply.end()
        else:
            await reply.drain()  # sends it now, so that what is written is never more than what is on its way


def _scope(request: Request) -> Message:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(request.path),
        "raw_path": request.path.encode("latin-1"),
        "query_string": request.query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()],
        "client": (request.peer, 0),
        "server": None,
    }


def _headers(lines: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name, without those that frame the message."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in lines:
        name, value = bytes(raw_name).decode("latin-1").lower(), bytes(raw_value).decode("latin-1")
        if name in _FRAMING:
            continue
        assert name != "set-cookie" or name not in headers, "two cookies cannot share a line"
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


@asynccontextmanager
async def lifespan(app: Application) -> AsyncGenerator[None, None]:
    """Start an application up, and shut it down in the end; one that knows no lifespan is left alone.

    Raises: WorldError if it says that it cannot start, or cannot shut down.
    """
    told: asyncio.Queue[Message] = asyncio.Queue()
    said: asyncio.Queue[str] = asyncio.Queue()

    async def send(message: Message) -> None:
        words = str(message.get("message", "")) if str(message["type"]).endswith(".failed") else ""
        said.put_nowait(words or ("it failed" if str(message["type"]).endswith(".failed") else ""))

    running = asyncio.ensure_future(app({"type": "lifespan", "asgi": {"version": "3.0"}}, told.get, send))
    try:
        known = await _said(told, said, running, "lifespan.startup")
        yield
        if known:
            await _said(told, said, running, "lifespan.shutdown")
    finally:
        running.cancel()
        await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # an application without a lifespan raises; that is how it says so


async def _said(
    told: asyncio.Queue[Message], said: asyncio.Queue[str], running: asyncio.Future[None], what: str
) -> bool:
    """Tell it, and wait for its word; False: it has none. Raises: WorldError."""
    told.put_nowait({"type": what})
    word = asyncio.ensure_future(said.get())
    await asyncio.wait({word, running}, return_when=asyncio.FIRST_COMPLETED)
    if not word.done():
        word.cancel()
        return False
    if word.result():
        raise WorldError(f"the application cannot {what.rpartition('.')[2]}: {word.result()}")
    return True

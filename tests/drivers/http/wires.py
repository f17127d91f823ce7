"""Servers, raw sockets and parsed answers for the tests of HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from ergos.drivers.http.message import HttpLimits, Request
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import Handler, HttpServer

WAIT_S: Final = 20  # seconds until a test gives up waiting for what must come
HOST: Final = "127.0.0.1"

try:
    import uvloop

    LOOPS: Final = (asyncio.new_event_loop, uvloop.new_event_loop)
except ImportError:
    LOOPS: Final = (asyncio.new_event_loop,)


async def echo(request: Request, reply: Responder) -> None:
    """What was read, as a body."""
    text = f"{request.method} {request.path}?{request.query} {request.headers.get('host', '')} "
    reply.send(200, {"content-type": "text/plain"}, text.encode() + request.body)


@asynccontextmanager
async def serving(handler: Handler = echo, limits: HttpLimits | None = None) -> AsyncIterator[tuple[HttpServer, int]]:
    """A server on a port of its own, which must be empty of connections and bodies in the end."""
    server = HttpServer(handler, limits)
    port = await server.start(HOST)
    try:
        yield server, port
    finally:
        await server.stop()
        await until(lambda: not server.connections)
        assert server.held.count == 0


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not done():  # noqa: ASYNC110 - what is waited for knows nothing of tests
            await asyncio.sleep(0.002)


async def raw(port: int, *pieces: bytes, close: bool = False) -> bytes:
    """Send these bytes, piece by piece, and read until the server closes."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.001)
        if close:
            writer.write_eof()
        async with asyncio.timeout(WAIT_S):
            return await reader.read()
    finally:
        writer.close()


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Run a test on the loop of the standard library, and on the one that serves in practice where it is installed."""

    async def bounded() -> None:
        async with asyncio.timeout(3 * WAIT_S):
            await test()

    for loop in LOOPS:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(bounded())


def get(path: str = "/", *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    """A request that asks for the connection to be closed."""
    head = [f"{method} {path} HTTP/1.1", "Host: a", "Connection: close", *lines, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def status(answer: bytes) -> int:
    """Of an answer; 0 where there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0

"""Servers that say what a test wrote, and clients that leave nothing behind."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ergos.drivers.http.client import HttpClient
from ergos.drivers.http.exchange import ClientLimits
from tests.drivers.http.wires import HOST

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[str]:
    """A server that says what a test wrote; the URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    try:
        yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}/x"
    finally:
        server.close()


async def head_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def saying(*pieces: bytes) -> Script:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.001)

    return script


@asynccontextmanager
async def asking(limits: ClientLimits | None = None, tls: ssl.SSLContext | None = None) -> AsyncIterator[HttpClient]:
    client = HttpClient(limits, tls=tls)
    try:
        yield client
    finally:
        await client.close()
        assert client.connections == 0

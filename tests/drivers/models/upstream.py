"""A loopback endpoint that says exactly the bytes it is told to, in the pieces it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

JSON = "application/json"
EVENTS = "text/event-stream"


@dataclass
class Saying:
    """One response: its pieces are sent as they stand, with a pause between them."""

    pieces: Sequence[bytes]
    kind: str = JSON
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None
    """Content-length, where it is not what is sent; then the connection closes early."""
    stalls: bool = False
    """Say nothing after the pieces, and keep the connection."""
    endless: bytes = b""
    """Said again and again after the pieces."""


@dataclass
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Upstream:
    """What it was asked, and what it says: one saying for every request, the last one for all that follow."""

    sayings: list[Saying]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    dropped: asyncio.Event = field(default_factory=asyncio.Event)
    """A client went away before it had everything."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.asked.append(Asked(lines[0].split(" ")[1], headers, json.loads(body)))
                saying = self.sayings[min(len(self.asked), len(self.sayings)) - 1]
                try:
                    await self._say(saying, reader, writer)
                except ConnectionError:
                    self.dropped.set()
                    raise
                if saying.promised is not None:
                    break
        writer.close()

    async def _say(self, saying: Saying, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        chunked = saying.promised is None
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {saying.promised}"
        extra = "".join(f"{name}: {value}\r\n" for name, value in saying.headers.items())
        writer.write(f"HTTP/1.1 {saying.status} X\r\nContent-Type: {saying.kind}\r\n{framing}\r\n{extra}\r\n".encode())
        for piece in saying.pieces:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
            await asyncio.sleep(0)
        if saying.stalls:
            if not await reader.read(1):
                self.dropped.set()
            return
        while saying.endless:
            writer.write(b"%x\r\n%s\r\n" % (len(saying.endless), saying.endless))
            await writer.drain()
        if chunked:
            writer.write(b"0\r\n\r\n")
        await writer.drain()


@asynccontextmanager
async def upstream(*sayings: Saying) -> AsyncIterator[Upstream]:
    """An endpoint on loopback while the block runs."""
    it = Upstream(list(sayings))
    server = await asyncio.start_server(it.serve, "127.0.0.1", 0)
    it.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield it
    finally:
        server.close()
        await asyncio.sleep(0)


def cut(body: bytes, seed: int, most: int = 40) -> list[bytes]:
    """Bytes in pieces of random lengths."""
    random, pieces, at = Random(seed), [], 0
    while at < len(body):
        size = random.randint(1, most)
        pieces.append(body[at : at + size])
        at += size
    return pieces

"""What the tests of the sources share: an origin, a limit, a small PDF, and servers that misbehave."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from ergos.drivers.sources.fetch import Fetched, HttpFetcher
from ergos.drivers.sources.gather import Gathered, gather
from ergos.drivers.sources.reading import Limit, Origin

NOW_NS: Final = 1_790_000_000 * 10**9
"""A day in September 2026."""

LIMIT: Final = Limit(now_ns=NOW_NS, expired=lambda: False)

Reply = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def origin(url: str = "/folder/file.xml", *, media_type: str = "", charset: str | None = None) -> Origin:
    return Origin(url=url, source="folder", media_type=media_type, charset=charset)


def clock() -> int:
    return NOW_NS


async def collect(*sources: str, deadline_ns: int | None = None) -> Gathered:
    return await gather(sources, fetcher=HttpFetcher(trust_env=False), clock=clock, deadline_ns=deadline_ns)


async def fetch(url: str, deadline_s: float = 5.0) -> Fetched:
    return await HttpFetcher(trust_env=False).fetch(url, deadline_s=deadline_s)


@asynccontextmanager
async def serving(reply: Reply) -> AsyncGenerator[str]:
    """URL of a server on this machine that answers every request with `reply`."""

    writers: list[asyncio.StreamWriter] = []
    tasks: list[asyncio.Task[None] | None] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        tasks.append(asyncio.current_task())
        try:
            await reader.readuntil(b"\r\n\r\n")
            await reply(reader, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.sleep(0)


def response(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def replying(data: bytes) -> Reply:
    async def reply(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return reply


def pdf(*pages: str, info: str = "", flood: int = 0) -> bytes:
    """A PDF with a page per text; `flood` adds so many compressed bytes of nothing to the first page."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(f'{4 + 2 * n} 0 R' for n in range(len(pages)))}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    streams: dict[int, bytes] = {}
    for number, text in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * number} 0 R /MediaBox [0 0 600 800]"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        lines = "".join(f"({line}) Tj 0 -14 Td " for line in text.split("\n"))
        content = f"BT /F1 12 Tf 50 700 Td {lines}ET".encode() + b" " * (flood if number == 0 else 0)
        packed = zlib.compress(content, 9)
        streams[len(objects)] = packed
        objects.append(f"<< /Length {len(packed)} /Filter /FlateDecode >>")
    objects.append(f"<< {info} >>")
    out, places = b"%PDF-1.4\n", list[int]()
    for number, entry in enumerate(objects):
        places.append(len(out))
        out += f"{number + 1} 0 obj\n{entry}\n".encode()
        if number in streams:
            out += b"stream\n" + streams[number] + b"\nendstream\n"
        out += b"endobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    tail = f"trailer << /Size {size} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{len(out)}\n%%EOF"
    return out + f"xref\n0 {size}\n0000000000 65535 f \n{table}{tail}".encode()

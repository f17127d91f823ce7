"""An outside to reach, a proxy to reach it through, and a program inside that says whatever it likes."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from ergos.base.clock import ManualClock
from ergos.base.world_errors import SecretError
from ergos.drivers.egress.bridge import Bridge, Door
from ergos.drivers.egress.dialling import Dialler
from ergos.drivers.egress.masking import spellings
from ergos.drivers.egress.proxy import EgressProxy
from ergos.kernel.egress import EgressRecord, EgressRule, EgressRules, Injection
from tests.drivers.http.wires import HOST, WAIT_S, until

SECRET: Final = 'ghp_Zk3/9+q=R7~x$w"Lm:0 5t'
NOW: Final = 1_700_000_000_000_000_000
BEARER: Final = (Injection("authorization", "token", "Bearer {}"),)


class Drawer:
    """Secrets in memory."""

    def __init__(self, kept: Mapping[str, str] | None = None) -> None:
        self.kept = dict(kept or {"token": SECRET})

    def get(self, name: str) -> str:
        if name not in self.kept:
            raise SecretError(f"there is no secret {name}")
        return self.kept[name]


class Seen:
    """A server outside: what came, as bytes, and what it answers."""

    def __init__(self, answer: bytes | Callable[[bytes], bytes | Sequence[bytes]]) -> None:
        self.requests: list[bytes] = []
        self.answer = answer
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                ),
                0,
            )
            request = head + await reader.readexactly(length)
            self.requests.append(request)
            said = self.answer(request) if callable(self.answer) else self.answer
            for piece in [said] if isinstance(said, bytes) else said:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.002)
        writer.close()


def ok(body: bytes, *lines: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, b"content-length: %d" % len(body), *lines, b"", body])


def echo(request: bytes) -> bytes:
    """The request, as a body."""
    return ok(request, b"content-type: text/plain")


@asynccontextmanager
async def outside(
    answer: bytes | Callable[[bytes], bytes | Sequence[bytes]] = echo, **options: object
) -> AsyncIterator[Seen]:
    seen = Seen(answer)
    server = await asyncio.start_server(seen.serve, HOST, 0, **options)  # type: ignore[arg-type]
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for writer in seen.writers:
            writer.close()
        await asyncio.sleep(0.001)  # the transports say their goodbye on the next pass


def rule(port: int, **said: object) -> EgressRule:
    """A rule for a server of ours under a name."""
    fields: dict[str, object] = {
        "name": "api", "host": "api.example.com", "scheme": "http", "ports": (port,), "private": True,
        "addresses": (HOST,), "deadline_s": 20.0,
    }  # fmt: skip
    return EgressRule(**(fields | said))  # type: ignore[arg-type]


class Names:
    """A resolver that knows these names, and counts what it was asked."""

    def __init__(self, known: Mapping[str, Sequence[str]]) -> None:
        self.known = known
        self.asked: list[str] = []

    async def __call__(self, name: str, port: int) -> Sequence[str]:
        self.asked.append(name)
        if name not in self.known:
            raise OSError("no such name")
        return self.known[name]


class Inside:
    """What a program inside can do: talk to its socket."""

    def __init__(self, path: Path, proxy: EgressProxy, records: list[EgressRecord]) -> None:
        self.path = path
        self.proxy = proxy
        self.records = records

    async def say(self, *pieces: bytes, close: bool = False) -> bytes:
        """Send these bytes and read until the proxy closes."""
        reader, writer = await asyncio.open_unix_connection(str(self.path))
        try:
            for piece in pieces:
                writer.write(piece)
                with contextlib.suppress(OSError):
                    await writer.drain()
                await asyncio.sleep(0.001)
            if close:
                writer.write_eof()
            async with asyncio.timeout(WAIT_S):
                return await reader.read()
        except (ConnectionResetError, BrokenPipeError):
            return b""  # cut
        finally:
            writer.close()

    async def get(self, url: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
        head = [f"{method} {url} HTTP/1.1", "Host: x", "Connection: close", *lines]
        if body:
            head.append(f"Content-Length: {len(body)}")
        return await self.say("\r\n".join([*head, "", ""]).encode() + body)

    async def recorded(self, count: int) -> list[EgressRecord]:
        await until(lambda: len(self.records) >= count)
        return self.records


@asynccontextmanager
async def inside(
    *rules: EgressRule,
    names: Mapping[str, Sequence[str]] | Names | None = None,
    door: Door | None = None,
    drawer: Drawer | None = None,
    tls: object = None,
) -> AsyncIterator[Inside]:
    resolver = names if isinstance(names, Names) else Names(names or {"api.example.com": [HOST]})
    dialler = Dialler(resolve=resolver, tls=tls)  # type: ignore[arg-type]
    records: list[EgressRecord] = []
    said = (EgressRules(rules), drawer or Drawer(), ManualClock(NOW), records.append)
    proxy = Bridge(door, *said, dialler=dialler) if door else EgressProxy(*said, dialler=dialler)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "door"
        await proxy.listen(path)
        try:
            yield Inside(path, proxy, records)
        finally:
            await proxy.stop()
            await until(lambda: not proxy.connections)
            assert proxy.held.count == 0
            assert not path.exists()


def leaks(*texts: bytes, secret: str = SECRET) -> set[bytes]:
    """Spellings of a secret that are in what the inside saw."""
    return {spelling for spelling in spellings(secret) for text in texts if spelling in text}

"""Asks a server on this machine one short question, and is never harmed by what answers.

Rules: loopback only; every answer is bounded in time and bytes; anything but a whole HTTP answer is silence. What an
answer says is judged by who asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol, cast
from urllib.parse import urlsplit

import msgspec

from ergos.kernel.endpoints import is_loopback

PROBE_S: Final = 0.2  # seconds for one question; a server on this machine answers these in some milliseconds
PROBE_BYTES_MAX: Final = 2 * 1024 * 1024  # bytes of one answer; vLLM's metrics have some 100 KiB
READ_BYTES: Final = 64 * 1024  # bytes taken from the socket at once


class Answer(msgspec.Struct, frozen=True):
    """A whole HTTP answer."""

    status: int
    body: bytes


class _Parser(Protocol):
    """What is used of the HTTP parser."""

    def feed_data(self, data: bytes) -> None: ...

    def get_status_code(self) -> int: ...


class _Reading:
    """Gathers an answer from the parser's calls."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size: int = 0
        self.measured: bool = False
        self.whole: bool = False

    def on_header(self, name: bytes, value: bytes) -> None:
        del value
        self.measured |= name.lower() in {b"content-length", b"transfer-encoding"}

    def on_body(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.size += len(piece)

    def on_message_complete(self) -> None:
        self.whole = True


async def ask(url: str, path: str, *, key: str = "", body: Mapping[str, object] | None = None) -> Answer | None:
    """What `url` + `path` answers to a GET, or to a POST of JSON; None for silence, noise and places elsewhere."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or not is_loopback(host):
        return None
    sent = msgspec.json.encode(body) if body is not None else b""
    head = [
        f"{'GET' if body is None else 'POST'} {parts.path}{path} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Accept: application/json, text/plain",
        "Connection: close",
        *([f"Authorization: Bearer {key}"] if key else []),
        *(["Content-Type: application/json", f"Content-Length: {len(sent)}"] if body is not None else []),
    ]
    request = "\r\n".join([*head, "", ""]).encode("ascii", "replace") + sent
    try:
        async with asyncio.timeout(PROBE_S):
            return await _exchange(host, parts.port or 80, request)
    except (OSError, TimeoutError, ValueError):
        return None


async def _exchange(host: str, port: int, request: bytes) -> Answer | None:
    import httptools  # not needed where nothing listens

    reading = _Reading()
    parser = cast("_Parser", httptools.HttpResponseParser(reading))
    reader, writer = await asyncio.open_connection(host, port, limit=READ_BYTES)
    try:
        writer.write(request)
        while not reading.whole:
            piece = await reader.read(READ_BYTES)
            if not piece:  # an answer without a length ends with its connection
                if reading.measured:
                    return None
                break
            parser.feed_data(piece)
            if reading.size > PROBE_BYTES_MAX:
                return None
        status = parser.get_status_code()
    except httptools.HttpParserError:
        return None
    finally:
        writer.transport.abort()
    return Answer(status, b"".join(reading.pieces)) if status else None

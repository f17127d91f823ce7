"""Answers that are wrong on purpose: broken off, broken, endless, silent, mislabelled.

Rules: what breaks is what the directive names and nothing else; a connection that was made to hang ends when its
client leaves, or after a long bound; nothing here decides what the answer would have been.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

import msgspec

from ergos.drivers.http.reply import Responder
from ergos.kernel.models import Reply, Usage
from ergos.sim.loopback.calls import Outcome
from ergos.sim.loopback.directives import Directive
from ergos.sim.loopback.wires import Fault, Wire

STALL_S_MAX: Final = 3_600.0  # seconds a silent connection is kept
ENDLESS_BYTES_MAX: Final = 8 * 1024**3  # bytes after which even an endless answer ends
PIECE_BYTES: Final = 1024 * 1024  # bytes of a huge answer handed over at a time, so that its reader sets the pace
PADDING: Final = b" " * 65_536  # what an endless body is made of

MIDSTREAM: Final = Fault(
    status=500, kind="server_error", message="The server had an error while processing your request."
)


def lied(reply: Reply, directive: Directive) -> Reply:
    """A reply that says of its usage what the directive wants."""
    lies = {
        "missing": Usage(known=False),
        "zero": Usage(),
        "huge": Usage(input_tokens=10**12, output_tokens=10**12),
        "negative": Usage(input_tokens=-5, output_tokens=-7),
    }
    return reply if directive.usage == "honest" else msgspec.structs.replace(reply, usage=lies[directive.usage])


async def send_whole(out: Responder, headers: dict[str, str], body: bytes, directive: Directive) -> Outcome:
    """A body, as badly as asked."""
    half = len(body) // 2
    if directive.malformed:
        body = body[:-1] + b",]"
    size = directive.chunk or (PIECE_BYTES if directive.huge else 0)
    if not (directive.truncate or directive.stall or directive.endless or size):
        out.send(200, headers, body)
        return "answered"
    out.start(200, headers)
    if size:
        await _in_chunks(out, (body,), size)
        out.end()
        return "answered"
    out.write(body[:half])
    await out.drain()
    if directive.stall:
        await stalled(out)
    elif directive.endless:
        await _endless(out, PADDING)
    out.abort()
    return "broken"


async def send_stream(out: Responder, frames: list[bytes], wire: Wire, directive: Directive) -> Outcome:
    """The frames of a stream whose head is sent, as badly as asked."""
    half = max(1, len(frames) // 2)
    if directive.malformed:
        frames = [*frames[:half], b'data: {"broken": \n\n', *frames[half + 1 :]]
    if size := directive.chunk or (PIECE_BYTES if directive.huge else 0):
        await _in_chunks(out, frames, size)
        out.end()
        return "answered"
    early = directive.truncate or directive.stall or directive.endless or directive.unfinished or directive.midfail
    for frame in frames[:half] if early else frames:
        out.write(frame)
    await out.drain()
    if directive.midfail:
        out.write(wire.failing(MIDSTREAM))
    if directive.truncate:
        out.write(frames[half][: len(frames[half]) // 2])
        await out.drain()
    elif directive.stall:
        await stalled(out)
    elif directive.endless:
        await _endless(out, frames[half])
    if directive.truncate or directive.stall or directive.endless:
        out.abort()
        return "broken"
    out.end()
    return "broken" if early else "answered"


async def stalled(out: Responder) -> None:
    """Say nothing more until the client leaves."""
    try:
        async with asyncio.timeout(STALL_S_MAX):
            await out.wait_disconnected()
    except TimeoutError:
        pass


async def _endless(out: Responder, piece: bytes) -> None:
    sent = 0
    while not out.disconnected and sent < ENDLESS_BYTES_MAX:
        out.write(piece)
        sent += len(piece)
        await out.drain()
        await asyncio.sleep(0)


async def _in_chunks(out: Responder, pieces: tuple[bytes, ...] | list[bytes], size: int) -> None:
    for part in _cut(b"".join(pieces), size):
        if out.disconnected:
            return
        out.write(part)
        await out.drain()
        await asyncio.sleep(0)


def _cut(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))

"""The way back: what a handler answers with, and the outlet of a connection that it goes through.

Rules: pieces written in one pass of the loop leave as one chunk; a client that takes nothing for `write_s`, or that
leaves more than `unsent_bytes_max` untaken, is given up; writing to one that is gone does nothing, so that a handler
finishes its work whether or not anyone still reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from ergos.drivers.http.message import HttpLimits, has_body, head

HIGH_WATER_BYTES: Final = 64 * 1024  # bytes handed to the system and not yet taken, from which writers are held back
_CLOSE: Final = "connection: close\r\n"


class Outlet:
    """The writing half of a connection."""

    def __init__(self, transport: asyncio.Transport, limits: HttpLimits, loop: asyncio.AbstractEventLoop) -> None:
        self.gone = False
        self.writable = True
        """Whether the client keeps up."""
        self._transport: Final = transport
        self._limits: Final = limits
        self._loop: Final = loop
        self._sent = 0
        self._stall: asyncio.TimerHandle | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._resumed: Callable[[], None] | None = None
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)

    @property
    def unsent(self) -> int:
        """Bytes the client has not taken."""
        return 0 if self.gone else self._transport.get_write_buffer_size()

    def write(self, piece: bytes) -> None:
        """Send; a client that is too far behind is given up."""
        if self.gone:
            return
        if self._transport.get_write_buffer_size() + len(piece) > self._limits.unsent_bytes_max:
            self.abort()
            return
        self._sent += len(piece)
        self._transport.write(piece)

    def abort(self) -> None:
        """Cut the connection, whatever is still unsent."""
        self.lost()
        self._transport.abort()

    async def drain(self) -> None:
        """Return once the client keeps up again, or is gone."""
        if not self.writable and not self.gone:
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            await waiter

    def on_writable(self, resumed: Callable[[], None] | None) -> None:
        """Call this whenever the client has caught up."""
        self._resumed = resumed

    # What the connection is told by its transport

    def paused(self) -> None:
        """The client has fallen behind."""
        self.writable = False
        if self._stall is None and not self.gone:
            self._watch(self._sent - self.unsent)

    def resumed(self) -> None:
        """The client has caught up."""
        self.writable = True
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
        self._wake()
        if self._resumed is not None and not self.gone:
            self._resumed()

    def lost(self) -> None:
        """The connection is no more."""
        self.gone = True
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
        self._resumed = None
        self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _watch(self, taken: int) -> None:
        self._stall = self._loop.call_later(self._limits.write_s, self._stalled, taken)

    def _stalled(self, taken: int) -> None:
        self._stall = None
        now_taken = self._sent - self.unsent
        if now_taken > taken:
            self._watch(now_taken)
        else:
            self.abort()


class Responder:
    """One answer: `send`, or `start`, `write` as often as wanted, and `end`."""

    def __init__(self, outlet: Outlet, method: str, *, chunks: bool, keep: bool, date: str) -> None:
        """`chunks`: the client understands chunks; `keep`: the connection may be used again."""
        self.status = 0
        """Of the answer begun; 0 before."""
        self.ended = False
        self.keep = keep
        self.left = False
        """Whether the client has gone, or has at least closed its own half."""
        self._outlet: Final = outlet
        self._method: Final = method
        self._chunked = chunks
        self._date: Final = date
        self._body = True
        self._head = b""
        self._pieces: list[bytes] = []
        self._scheduled = False
        self._on_left: list[Callable[[], None]] = []

    # Answering

    def send(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        """The whole answer. Raises: ValueShapeError for headers that cannot be sent."""
        assert not self.status, "an answer was begun already"
        bare = status in {204, 304}
        framing = "" if bare else f"content-length: {len(body)}\r\n"
        start = head(status, headers, framing + self._ending())
        self.status = status
        self.ended = True
        self._outlet.write(start + body if has_body(status, self._method) else start)

    def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Begin an answer whose length is not known. Raises: ValueShapeError for headers that cannot be sent."""
        assert not self.status, "an answer was begun already"
        self._body = has_body(status, self._method)
        framing = ""
        if self._body and self._chunked:
            framing = "transfer-encoding: chunked\r\n"
        elif self._body:
            self.keep = False  # its end is the connection's
        self._head = head(status, headers, framing + self._ending())
        self.status = status
        self._later()

    def write(self, piece: bytes) -> None:
        """More of it."""
        assert self.status, "an answer was not started"
        assert not self.ended, "an answer has ended already"
        if piece and self._body and not self._outlet.gone:
            self._pieces.append(piece)
            self._later()

    async def drain(self) -> None:
        """Send what was written, and wait while the client does not keep up."""
        self._flush()
        await self._outlet.drain()

    def end(self) -> None:
        """The answer is complete."""
        assert self.status, "an answer was not started"
        assert not self.ended, "an answer has ended already"
        self._flush(last=True)
        self.ended = True

    def abort(self) -> None:
        """Cut the connection, so that the client sees that the answer is not whole."""
        self._outlet.abort()

    # The client

    @property
    def disconnected(self) -> bool:
        """Whether the client is gone, or has closed its own half: most who do that have left."""
        return self.left or self._outlet.gone

    @property
    def writable(self) -> bool:
        """Whether the client keeps up with what is written."""
        return self._outlet.writable

    def on_writable(self, resumed: Callable[[], None]) -> None:
        """Call this whenever the client has caught up."""
        self._outlet.on_writable(resumed)

    def on_disconnect(self, left: Callable[[], None]) -> None:
        """Call this once when the client leaves; at once if it has."""
        if self.disconnected:
            left()
        else:
            self._on_left.append(left)

    async def wait_disconnected(self) -> None:
        """Return when the client leaves."""
        gone = asyncio.get_running_loop().create_future()
        self.on_disconnect(lambda: None if gone.done() else gone.set_result(None))
        await gone

    def leave(self) -> None:
        """The connection says that the client left."""
        self.left = True
        callbacks, self._on_left = self._on_left, []
        for callback in callbacks:
            callback()

    def _ending(self) -> str:
        return self._date if self.keep else self._date + _CLOSE

    def _later(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self, *, last: bool = False) -> None:
        self._scheduled = False
        if self.ended:
            return
        parts, self._head = [self._head], b""
        if self._pieces:
            piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces.clear()
            parts += (b"%x\r\n" % len(piece), piece, b"\r\n") if self._chunked else (piece,)
        if last and self._chunked and self._body:
            parts.append(b"0\r\n\r\n")
        if whole := b"".join(parts):
            self._outlet.write(whole)

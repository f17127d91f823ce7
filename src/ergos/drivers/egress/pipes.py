"""Two connections joined, so that what comes from one leaves by the other, as fast as it is taken.

Rules: nothing is read while the other side does not take it; each side may close its half; a bound on bytes or time
that is reached cuts both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar, cast

T = TypeVar("T")

LINGER_S: Final = 3.0  # seconds a side that is told no gets to read why
HIGH_WATER_BYTES: Final = 256 * 1024  # bytes kept for a side that is slow before the other is no longer read


class Pipe(asyncio.Protocol):
    """One side of two joined connections; not read before it is joined."""

    def __init__(self, bytes_max: int | None = None) -> None:
        """`bytes_max`: bytes that may come from this side; None: any number."""
        self.count = 0
        """Bytes that came from this side."""
        self.full = False
        """Whether the bound was reached."""
        self.lost: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()
        self._bytes_max: Final = bytes_max
        self._other: Pipe | None = None
        self._early: list[bytes] = []
        self.ended = False
        self._told = False
        self._stands = False
        self._more: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport

    def join(self, other: Pipe) -> None:
        """Let both flow."""
        self._other, other._other = other, self
        self._begin()
        other._begin()

    def cut(self) -> None:
        """Close at once, if it ever stood."""
        if self._stands:
            self.transport.abort()

    def say(self, words: bytes) -> None:
        """Send something of our own."""
        self.transport.write(words)

    async def finish(self, words: bytes) -> None:
        """Say something of our own, and nothing after it; what comes meanwhile is dropped."""
        self._told = True
        self.transport.write(words)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if not self.ended:
            await asyncio.wait({self.lost}, timeout=LINGER_S)
        self.transport.close()

    async def until(self, read: Callable[[bytes], T | None], deadline_s: float) -> T | None:
        """What `read` makes of everything that came, once it makes something of it; None if it never does.

        Only before it is joined; what came is passed on then.
        """
        try:
            async with asyncio.timeout(deadline_s):
                while (found := read(b"".join(self._early))) is None and not (self.ended or self.lost.done()):
                    self._more = asyncio.get_running_loop().create_future()
                    await asyncio.wait({self._more, self.lost}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            return None
        return found

    def _heard(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def _begin(self) -> None:
        early, self._early = self._early, []
        for piece in early:
            self._pass(piece)
        if self.ended:
            self._end_other()

    # The transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        self._stands = True
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)

    def data_received(self, data: bytes) -> None:
        """More from this side."""
        if self._told:
            return
        self.count += len(data)
        if self._bytes_max is not None and self.count > self._bytes_max:
            self.full = True
            self.cut()
        elif self._other is None:
            self._early.append(data)
            self._heard()
            if self.count > HIGH_WATER_BYTES:
                self.cut()
        else:
            self._pass(data)

    def _pass(self, data: bytes) -> None:
        assert self._other is not None
        if not self._other.lost.done():
            self._other.transport.write(data)

    def eof_received(self) -> bool:
        """This side has no more to say; it may still listen."""
        self.ended = True
        self._heard()
        if self._told:
            return False
        if self._other is not None:
            self._end_other()
        return True

    def _end_other(self) -> None:
        other = self._other
        assert other is not None
        if other.lost.done():
            return
        if other.ended:  # both have said everything: what is still to be sent is sent, then both close
            self.transport.close()
            other.transport.close()
        elif other.transport.can_write_eof():
            other.transport.write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone; what it said is still delivered."""
        del exc
        if not self.lost.done():
            self.lost.set_result(None)
        if self._other is not None and not self._other.lost.done():
            self._other.transport.close()

    def pause_writing(self) -> None:
        """This side does not keep up."""
        if self._other is not None and not self._other.lost.done():
            self._other.transport.pause_reading()

    def resume_writing(self) -> None:
        """This side keeps up again."""
        if self._other is not None and not self._other.lost.done():
            self._other.transport.resume_reading()


async def flowing(one: Pipe, other: Pipe, deadline_s: float | None) -> bool:
    """Join two and return when both are gone; False if the time was up first. Cancelling cuts both."""
    one.join(other)
    try:
        _, waiting = await asyncio.wait({one.lost, other.lost}, timeout=deadline_s)
    finally:
        one.cut()
        other.cut()
    return not waiting

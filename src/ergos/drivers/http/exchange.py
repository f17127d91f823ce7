"""The client's end of a connection: one request goes out, one response comes in, then perhaps another.

Rules: a response that ends early, that is longer than allowed or that is no HTTP is an error and the end of the
connection; informational responses are skipped; a body that runs until the connection closes ends there; what comes
unasked closes the connection.
"""

from __future__ import annotations

import asyncio
import select
import zlib
from collections.abc import Callable
from typing import Any, Final, TypeAlias, cast

import msgspec

from ergos.base.errors import DeadlineError
from ergos.base.limits import MIB
from ergos.base.world_errors import HttpError

OnHead: TypeAlias = Callable[[int, dict[str, str]], "bool | None"]
OnChunk: TypeAlias = Callable[[bytes], None]

HIGH_WATER_BYTES: Final = 256 * 1024  # bytes of a request kept for a slow server before its sender waits
_CODINGS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # zlib's window bits


class ClientLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a client takes from a server, and how long it waits for it."""

    head_bytes_max: int = 256 * 1024
    """Bytes of a response's status line and headers; some vendors send long ones."""
    response_bytes_max: int = 64 * MIB
    """Bytes of a body, decoded."""
    connect_s: float = 10.0
    """Seconds until a connection stands, TLS included."""
    first_byte_s: float = 600.0
    """Seconds until the head of the response; a model may think for minutes."""
    idle_s: float = 120.0
    """Seconds between two pieces of a response; a stream that is silent for longer has stalled."""
    pool_idle_s: float = 60.0
    """Seconds an unused connection is kept."""
    pool_per_origin_max: int = 256
    """Unused connections kept for one origin."""
    connections_max: int = 4_096
    """Connections at once."""


class HttpReply(msgspec.Struct, frozen=True):
    """A response."""

    status: int
    headers: dict[str, str]
    """By lower-case name; lines of the same name are joined with a comma. Framing and coding are taken off."""
    body: bytes
    """Empty where it was handed on in pieces."""


class Exchange(asyncio.Protocol):
    """One connection to a server. The parser calls the methods that begin with `on_`."""

    def __init__(self, limits: ClientLimits, loop: asyncio.AbstractEventLoop, where: str) -> None:
        """`where`: what errors call the server."""
        import httptools

        self._where: Final = where
        self._limits: Final = limits
        self._loop: Final = loop
        self._new_parser: Final = httptools.HttpResponseParser
        self.open = False
        self.used = False
        """Whether a response was received on it before."""
        self.touched = False
        """Whether anything of the present response was received."""
        self.on_idle_lost: Callable[[], None] | None = None
        """Called when the connection is lost, or was kept long enough, while nothing is asked."""
        self._waiter: asyncio.Future[None] | None = None
        self._writable = True
        self._drained: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._deadline = 0.0
        self._poll: select.poll | None = None
        self._clear()

    def _clear(self) -> None:
        self.touched = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self._method = ""
        self._on_head: OnHead | None = None
        self._on_chunk: OnChunk | None = None
        self._lines: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._headed = False
        self._framed = False
        self._complete = False
        self._keep = False
        self._pieces: list[bytes] = []
        self._body_bytes = 0
        self._inflater: Any = None
        self._heard = 0.0

    # Asking

    async def ask(
        self,
        method: str,
        head: bytes,
        body: bytes,
        *,
        deadline: float,
        on_head: OnHead | None,
        on_chunk: OnChunk | None,
    ) -> HttpReply:
        """One request and its response; `deadline` is a time of the loop.

        Raises: HttpError; DeadlineError; whatever a callback raises.
        """
        self._clear()
        self._method = method
        self._on_head = on_head
        self._on_chunk = on_chunk
        self._parser = self._new_parser(self)
        self._waiter = waiter = self._loop.create_future()
        self._heard = self._loop.time()
        self._deadline = deadline
        self._arm(min(deadline, self._heard + self._soonest))
        try:
            self._transport.write(head + body if len(body) < HIGH_WATER_BYTES else head)
            if len(body) >= HIGH_WATER_BYTES:
                await self._send(body, waiter)
            await waiter
        finally:
            self._waiter = None
            if not self._complete:
                self.close()
                if waiter.done() and not waiter.cancelled():
                    waiter.exception()  # seen, even where the one who asked was cancelled in the same moment
        self.used = True
        reply = HttpReply(self.status, self.headers, b"".join(self._pieces))
        self._pieces = []
        if not self._keep:
            self.close()
        return reply

    async def _send(self, body: bytes, waiter: asyncio.Future[None]) -> None:
        """Send a long body as the server takes it; a response that comes before its end ends it."""
        view = memoryview(body)
        for start in range(0, len(body), HIGH_WATER_BYTES):
            if waiter.done():
                self._keep = False
                return
            self._transport.write(view[start : start + HIGH_WATER_BYTES])
            if not self._writable:
                self._drained = self._loop.create_future()
                await asyncio.wait((self._drained, waiter), return_when=asyncio.FIRST_COMPLETED)

    def close(self) -> None:
        """Cut the connection."""
        self.open = False
        self._transport.abort()

    def fresh(self) -> bool:
        """Whether the server has not closed it and has sent nothing unasked, as far as the system knows."""
        if not self.open or self._transport.is_closing():
            return False
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not self._poll.poll(0)

    # The transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        self.open = True

    def data_received(self, data: bytes) -> None:
        """Bytes of a response."""
        if self._waiter is None or self._complete:
            self.close()  # nobody asked
            return
        import httptools

        self.touched = True
        self._heard = self._loop.time()
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            self._fail(cause if isinstance(cause, Exception) else HttpError(str(error), kind="malformed"))
        except httptools.HttpParserUpgrade:
            self._fail(HttpError("the server changes to a protocol nobody asked for", kind="malformed"))
        except httptools.HttpParserError as error:
            if not self._complete:
                self._fail(HttpError(f"the server's response is not HTTP/1.1: {error}", kind="malformed"))
            self._keep = False
        else:
            if not self._headed:
                self._head_bytes += len(data)
                if self._head_bytes > self._limits.head_bytes_max:
                    self._fail(HttpError("the head of the response has no end", kind="too-large"))

    def eof_received(self) -> bool:
        """The server closed its half."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more."""
        self.open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._waiter is None:
            if self.on_idle_lost is not None:
                self.on_idle_lost()
        elif self._headed and not self._framed and exc is None:
            self._finish()
        elif not self._complete:
            what = "in the middle of its response" if self.touched else "without a response"
            self._fail(HttpError(f"{self._where} closed the connection {what}"))

    def pause_writing(self) -> None:
        """The server does not keep up."""
        self._writable = False

    def resume_writing(self) -> None:
        """The server keeps up again."""
        self._writable = True
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    # The parser's calls

    def on_message_begin(self) -> None:
        """A response begins."""
        if self._complete:
            raise HttpError("the server sent a second response unasked", kind="malformed")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; behind a chunked body a trailer, which says nothing we read."""
        if not self._headed:
            self._lines.append((name, value))
            self._head_bytes += len(name) + len(value)
            if self._head_bytes > self._limits.head_bytes_max:
                raise HttpError("the head of the response is too long", kind="too-large")

    def on_headers_complete(self) -> None:
        """The head is complete."""
        status = self._parser.get_status_code()
        if status < 200:
            if status == 101:
                raise HttpError("the server changes to a protocol nobody asked for", kind="malformed")
            self._lines = []
            return
        headers: dict[str, str] = {}
        for raw_name, raw_value in self._lines:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        self._headed = True
        self.status = status
        empty = self._method == "HEAD" or status in {204, 304}
        self._framed = empty or "content-length" in headers or "chunked" in headers.get("transfer-encoding", "").lower()
        self._keep = self._framed and self._method != "HEAD" and self._parser.should_keep_alive()
        length = headers.get("content-length", "") if self._method == "HEAD" else headers.pop("content-length", "")
        if length and not empty and int(length) > self._limits.response_bytes_max:
            raise self._too_long()
        self._decoding(headers.pop("content-encoding", "").strip().lower(), empty=empty)
        for name in ("transfer-encoding", "connection", "keep-alive"):
            headers.pop(name, None)
        self.headers = headers
        if self._on_head is not None and self._on_head(status, headers) is False:
            self._on_chunk = None
        if self._method == "HEAD":
            self._finish()

    def _decoding(self, coding: str, *, empty: bool) -> None:
        if coding and coding != "identity" and not empty:
            if coding not in _CODINGS:
                raise HttpError(
                    f"the response is compressed with {coding!r}, which was not asked for", kind="malformed"
                )
            self._inflater = zlib.decompressobj(_CODINGS[coding])

    def _too_long(self) -> HttpError:
        return HttpError(f"the response has more than {self._limits.response_bytes_max:,} bytes", kind="too-large")

    def on_body(self, piece: bytes) -> None:
        """More of the body."""
        if self._inflater is not None:
            room = self._limits.response_bytes_max - self._body_bytes + 1
            try:
                piece = self._inflater.decompress(piece, room)
            except zlib.error as error:
                raise HttpError(f"the response cannot be decompressed: {error}", kind="malformed") from error
            if self._inflater.unused_data:
                raise HttpError("the compressed response goes on behind its end", kind="malformed")
        self._body_bytes += len(piece)
        if self._body_bytes > self._limits.response_bytes_max:
            raise self._too_long()
        if self._on_chunk is None:
            self._pieces.append(piece)
        elif piece:
            self._on_chunk(piece)

    def on_message_complete(self) -> None:
        """The response is complete."""
        if self._headed and not self._complete:
            self._finish()

    def _finish(self) -> None:
        if self._inflater is not None and not self._inflater.eof:
            self._fail(HttpError("the compressed response ends early", kind="malformed"))
            return
        self._complete = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, error: Exception) -> None:
        self.open = False
        self._transport.abort()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)

    # Time

    def rest(self) -> None:
        """Nothing is asked: be kept for a while."""
        self._arm(self._loop.time() + self._limits.pool_idle_s)

    @property
    def _soonest(self) -> float:
        return min(self._limits.idle_s, self._limits.first_byte_s)

    def _arm(self, due: float) -> None:
        """Look at this time. A timer that fires early looks again, so arming anew costs next to nothing."""
        self._due = due
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self._loop.time()
        if self._waiter is None:
            if now < self._due:
                self._arm(self._due)
            elif self.on_idle_lost is not None:
                self.on_idle_lost()
            return
        limit = self._limits.idle_s if self._headed else self._limits.first_byte_s
        if now >= self._deadline:
            self._fail(DeadlineError(f"{self._where} did not answer completely in the time given"))
        elif now < self._heard + limit:
            self._arm(min(self._deadline, self._heard + limit, now + self._soonest))
        else:
            what = "fell silent in the middle of its response" if self._headed else "did not begin to answer"
            self._fail(HttpError(f"{self._where} {what} within {limit:g} s", kind="stalled"))

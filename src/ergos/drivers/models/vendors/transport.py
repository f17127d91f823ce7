"""Between the network and a vendor's library: every answer passes here, bounded and read leniently.

A vendor's library gets an HTTP client whose transport is this one. It sends a request once, turns whatever comes back
into what `reading.py` says the wire requires, and raises ErgOS's own errors; the libraries hand them through.

Rules: no more than `reply_bytes_max` of one answer are read; a redirect is not followed, because the request holds a
key; when the reader goes away, so does the connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Self, cast

from ergos.base.limits import MIB
from ergos.base.world_errors import ModelReplyError
from ergos.drivers.models.vendors import failures, shapes
from ergos.drivers.models.vendors.events import Event, EventDecoder, encode_event
from ergos.drivers.models.vendors.reading import Reading, Sent, event_object

if TYPE_CHECKING:
    import httpx2

REPLY_BYTES_MAX: Final = 64 * MIB
"""Bytes of one answer on the wire. The longest replies, 128 thousand tokens streamed one by one in 300 bytes each, take
about 40 MiB; beyond it a stream is endless."""
ERROR_BYTES_MAX: Final = 64 * 1024
"""Bytes read of an answer that is an error; its message stands at the beginning."""
DRAIN_S: Final = 0.25
"""Seconds a finished stream gets to close cleanly, so that its connection can be used again."""


class Call:
    """One sending: how to read what comes back."""

    def __init__(self, reading: Reading, *, stream: bool) -> None:
        self.reading = reading
        self.stream = stream
        self.answered = False
        """Whether an answer began that is no error."""


CALL: Final[ContextVar[Call]] = ContextVar("CALL")
"""The call in whose course a request is sent; a vendor's library has no place to carry it."""


class LenientTransport:
    """A transport for an `httpx2.AsyncClient`; it stands before another one."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, now_ns: Callable[[], int], reply_bytes_max: int) -> None:
        self._inner = inner
        self._now_ns = now_ns
        self._reply_bytes_max = reply_bytes_max

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it. Raises: ModelError and its children."""
        import httpx2

        call = CALL.get()
        try:
            response = await self._inner.handle_async_request(request)
        except httpx2.TransportError as error:
            raise failures.unreachable(error) from error
        body = _Body(response, self._reply_bytes_max)
        handed_over = False
        try:
            if response.status_code >= 300:
                said = await body.error()
                raise failures.of_status(response.status_code, response.headers, said, self._now_ns())
            call.answered = True
            if call.stream and await body.is_stream():
                handed_over = True
                return _streamed(_Relay(body, call.reading))
            content = await body.beginning(self._reply_bytes_max + 1)
        finally:
            if not handed_over:
                await body.close()
        return _whole(content, call, response.headers.get("content-type", ""))


class _Body:
    """The bytes of an answer, counted."""

    def __init__(self, response: httpx2.Response, most_bytes: int) -> None:
        self._response = response
        self._most_bytes = most_bytes
        self._chunks = response.aiter_bytes()
        self._ahead = b""
        self._received_bytes = 0

    async def next(self) -> bytes:
        """The next bytes; none at the end. Raises: ModelReplyError for a broken connection or an endless answer."""
        import httpx2

        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return ahead
        try:
            chunk = await anext(self._chunks, b"")
            while not chunk and not self._response.is_closed:
                chunk = await anext(self._chunks, b"")
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise failures.broken_off(error, self._received_bytes) from error
        self._received_bytes += len(chunk)
        if self._received_bytes > self._most_bytes:
            raise ModelReplyError(f"the endpoint's answer does not end: it is longer than {self._most_bytes} bytes")
        return chunk

    async def beginning(self, most_bytes: int) -> bytes:
        """All of it, or its first bytes."""
        pieces: list[bytes] = []
        size = 0
        while size < most_bytes and (chunk := await self.next()):
            pieces.append(chunk)
            size += len(chunk)
        return b"".join(pieces)[:most_bytes]

    async def error(self) -> bytes:
        """What an answer that is an error says, as far as it came."""
        try:
            return await self.beginning(ERROR_BYTES_MAX)
        except ModelReplyError:
            return b""

    async def is_stream(self) -> bool:
        """Whether it is a stream of events, whatever its type says: one that begins like JSON or HTML is none."""
        beginning = b""
        while not beginning.strip() and (chunk := await self.next()):
            beginning += chunk
        self._ahead = beginning
        start = beginning.lstrip()[:1]
        if start == b"<":
            return False
        return start not in {b"{", b"["} or "event-stream" in self._response.headers.get("content-type", "")

    async def close(self) -> None:
        """Let go of the connection."""
        await self._response.aclose()

    async def drain(self) -> None:
        """Read what little is left of a finished answer."""
        try:
            async with asyncio.timeout(DRAIN_S):
                while await self.next():
                    pass
        except (TimeoutError, ModelReplyError):
            return


class _Relay:
    """A stream on its way to a vendor's library."""

    def __init__(self, body: _Body, reading: Reading) -> None:
        self._body = body
        self._reading = reading
        self._finished = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """The stream as the library may read it."""
        decoder = EventDecoder()
        while not self._finished and (chunk := await self._body.next()):
            for event in decoder.feed(chunk):
                for piece in self._take(event):
                    yield piece
        if not self._finished:
            for event in decoder.end():
                for piece in self._take(event):
                    yield piece
        for piece in _encoded(self._reading.end()):
            yield piece
        self._finished = True
        yield self._reading.end_mark

    async def close(self) -> None:
        """The reader went away."""
        if self._finished:
            await self._body.drain()
        await self._body.close()

    def _take(self, event: Event) -> Iterable[bytes]:
        body = event_object(event.name, event.text)
        if body is not None:
            return _encoded(self._reading.event(event.name, body))
        if event.text.strip():
            self._reading.done()
            self._finished = True
        return ()


def _encoded(events: Iterable[Sent]) -> Iterable[bytes]:
    return (encode_event(name, shapes.encode(body)) for name, body in events)


def _whole(content: bytes, call: Call, content_type: str) -> httpx2.Response:
    """An answer in one piece, in the form that was asked for."""
    import httpx2

    reading = call.reading
    body = _bodies(content, content_type, reading)
    if not call.stream:
        mended = reading.joined(body) if isinstance(body, list) else reading.whole(body)
        return httpx2.Response(
            200, headers={"content-type": "application/json"}, content=shapes.encode(mended).encode()
        )
    events = reading.parted(body) if not isinstance(body, list) else _replayed(body, reading)
    pieces = b"".join(_encoded(events)) + reading.end_mark
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=pieces)


def _replayed(events: list[Sent], reading: Reading) -> Iterable[Sent]:
    for name, body in events:
        yield from reading.event(name, body)
    yield from reading.end()


def _bodies(content: bytes, content_type: str, reading: Reading) -> shapes.Object | list[Sent]:
    """The JSON object of an answer, or its events where it is a stream nobody asked for."""
    start = content.lstrip()
    if not start:
        raise ModelReplyError("the endpoint's answer is empty")
    if start.startswith((b"data:", b"event:", b":", b"id:")):
        decoder = EventDecoder()
        sent: list[Sent] = []
        for event in (*decoder.feed(content), *decoder.end()):
            if (body := event_object(event.name, event.text)) is not None:
                sent.append((event.name, body))
            elif event.text.strip():
                reading.done()
        return sent
    if not start.startswith((b"{", b"[")):
        shown = content[:200].decode("utf-8", "replace")
        raise ModelReplyError(f"the endpoint answered {content_type or 'something'} where JSON was due: {shown!r}")
    body = shapes.decode(content)
    if isinstance(body, list):
        return [("", event) for event in shapes.objects(cast("object", body))]
    return shapes.obj(body)


def _streamed(relay: _Relay) -> httpx2.Response:
    import httpx2

    class Stream(httpx2.AsyncByteStream):
        """A stream that closes the connection with itself."""

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for piece in relay.pieces():
                yield piece

        async def aclose(self) -> None:
            await relay.close()

    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Stream())

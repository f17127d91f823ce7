"""GET /live: tells a page, as server-sent events, that something was written: `event: moved`, its data the place of the
last durable record.

Rules: it says that something moved, never what; an idle kernel sends a comment now and then; it ends when its reader
leaves; one credential holds a bounded number of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from ergos.base.errors import ErgosError
from ergos.console.frame.visit import Visit

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from ergos.app.pulse import Pulse

STREAMS_MAX: Final = 24  # streams of one credential at once: as many pages as anybody has open
BEAT_S: Final = 20.0  # seconds after which an idle stream says that it is there
RETRY_MS: Final = 1_000  # milliseconds after which a browser that lost it asks again
_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Streams:
    """How many streams each credential holds."""

    def __init__(self) -> None:
        self._held: Final[dict[str, int]] = {}

    def take(self, name: str) -> bool:
        """Hold one more; False: it has as many as it may."""
        if self._held.get(name, 0) >= STREAMS_MAX:
            return False
        self._held[name] = self._held.get(name, 0) + 1
        return True

    def give(self, name: str) -> None:
        """Hold one less."""
        self._held[name] -= 1
        if not self._held[name]:
            del self._held[name]


async def live(request: Request) -> Response:
    """The stream of a page."""
    visit = Visit.of(request)
    who = visit.seat.principal
    name = who.credential or f"{who.owner}/{who.name}"
    streams: Streams = request.app.state.streams
    if not streams.take(name):
        return PlainTextResponse("too many pages are open", 429, {"retry-after": "5"})
    text = request.query_params.get("after", "0")
    after = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
    return _Stream(_beats(request.app.state.pulse, after), streams, name)


async def _beats(pulse: Pulse, after: int) -> AsyncIterator[bytes]:
    """What is told, one event for every move."""
    yield b"retry: %d\n\n" % RETRY_MS
    while True:
        try:
            seq = await pulse.moved(after, BEAT_S)
        except ErgosError:
            return  # the kernel stops, or its store cannot be read: the page tries again
        if seq > after:
            after = seq
            yield b"event: moved\ndata: %d\n\n" % seq
        else:
            yield b": idle\n\n"


class _Stream(StreamingResponse):
    """Ends when its reader leaves, and gives its place back however it ends."""

    def __init__(self, content: AsyncIterator[bytes], streams: Streams, name: str) -> None:
        super().__init__(content, media_type="text/event-stream", headers=_HEADERS)
        self._streams: Final = streams
        self._name: Final = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # To an older server Starlette listens for who leaves; to one of 2.4 it waits until sending fails, and an idle
        # stream sends nothing.
        older = {**scope, "asgi": {**scope["asgi"], "spec_version": "2.3"}}
        try:
            await super().__call__(older, receive, send)
        finally:
            self._streams.give(self._name)


ROUTES: Final = (Route("/live", live, methods=["GET"]),)

"""One client's connection: its requests are answered in their order, each within its time.

Rules: a head, a body and an unused connection each have their time; pipelined requests wait for their turn, a few of
them; what the server itself refuses is the last answer of its connection. A client that leaves does not stop the
handler: it is told, and decides.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol, cast

from ergos.drivers.http.message import HttpLimits, Refusal, Request
from ergos.drivers.http.reader import Arrived, Held, NewParser, RequestReader
from ergos.drivers.http.reply import Outlet, Responder


class House(Protocol):
    """What a connection needs from its server."""

    limits: HttpLimits
    loop: asyncio.AbstractEventLoop
    held: Held
    new_parser: NewParser
    stopping: bool

    def objection(self, transport: asyncio.BaseTransport) -> Refusal | None:
        """Why a client that has just connected is not served; None: it is."""
        ...

    def entered(self, connection: Connection) -> None:
        """A client came."""
        ...

    def exited(self, connection: Connection) -> None:
        """A client went."""
        ...

    def date(self) -> str:
        """The line of a head that tells the time; '' without a clock."""
        ...

    def started(self, connection: Connection) -> None:
        """Let `connection.answer` run as a task."""
        ...

    async def handle(self, request: Request, reply: Responder) -> None:
        """Answer a request."""
        ...

    def refusal(self, refusal: Refusal) -> tuple[dict[str, str], bytes]:
        """Headers and body of what the server itself answers."""
        ...


class Connection(asyncio.Protocol):
    """The server's end of one connection."""

    def __init__(self, house: House) -> None:
        self._house: Final = house
        self._limits: Final = house.limits
        self._busy = False
        self._eof = False
        self._closing = False
        self._replying: Responder | None = None
        self._phase = (0, False)
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None

    # The transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        house = self._house
        self._transport = cast("asyncio.Transport", transport)
        self._outlet = Outlet(self._transport, self._limits, house.loop)
        peer: object = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        self._reader = RequestReader(self._limits, house.held, address, house.new_parser)
        house.entered(self)
        if (objection := house.objection(transport)) is not None:
            self._reader.refuse(objection)
            self._go_on()
        else:
            self._arm(self._limits.idle_s)

    def data_received(self, data: bytes) -> None:
        """Bytes came; after the last request they are forgotten, so that the client gets to read its answer."""
        reader = self._reader
        if reader.over:
            return
        reader.feed(data)
        if reader.arrived or reader.refusal is not None:
            self._due = None
            self._go_on()
        if reader.reading:
            phase = (reader.begun, reader.headed)
            if phase != self._phase:
                self._phase = phase
                self._arm(self._limits.body_s if reader.headed else self._limits.head_s)
            if reader.waits and not self._busy:
                reader.waits = False
                self._outlet.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def eof_received(self) -> bool:
        """The client sends no more; it may still read the answer it waits for."""
        self._eof = True
        if self._replying is not None:
            self._replying.leave()
        return self._busy

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        del exc
        self._closing = True
        self._reader.drop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._outlet.lost()
        if self._replying is not None:
            self._replying.leave()
        self._house.exited(self)

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self._outlet.paused()

    def resume_writing(self) -> None:
        """The client keeps up again."""
        self._outlet.resumed()

    # Answering

    def _go_on(self) -> None:
        if self._busy:
            return
        if self._reader.arrived:
            self._busy = True
            self._house.started(self)
        elif self._reader.refusal is not None:
            self._say(self._reader.refusal)

    async def answer(self) -> None:
        """Answer what waits, in order."""
        reader = self._reader
        try:
            while reader.arrived and not self._closing:
                await self._handle(reader.arrived.popleft())
        finally:
            self._busy = False
        if self._closing:
            return
        if reader.refusal is not None:
            self._say(reader.refusal)
        elif self._eof or self._house.stopping:
            self._close()
        elif not reader.reading:
            self._arm(self._limits.idle_s)

    async def _handle(self, arrived: Arrived) -> None:
        house = self._house
        request = arrived.request
        keep = arrived.keep and not house.stopping
        reply = Responder(self._outlet, request.method, chunks=arrived.chunks, keep=keep, date=house.date())
        reply.left = self._eof
        self._replying = reply
        try:
            await house.handle(request, reply)
        finally:
            self._replying = None
            house.held.count -= len(request.body)
            if not reply.ended:
                # The handler failed: say so if nothing was said; what was begun must not look whole.
                if reply.status:
                    reply.abort()
                else:
                    self._say(Refusal(500, "the server failed while it worked on this request", request.path))
            elif not reply.keep:
                self._close()

    def _say(self, refusal: Refusal) -> None:
        headers, body = self._house.refusal(refusal)
        reply = Responder(self._outlet, "", chunks=False, keep=False, date=self._house.date())
        reply.send(refusal.status, headers, body)
        self._close(linger=True)

    # Ending

    def close_if_idle(self) -> None:
        """The server stops: let go of a connection on which nothing is answered."""
        if not self._busy:
            self._close()

    def abort(self) -> None:
        """Cut it."""
        self._outlet.abort()

    def _close(self, *, linger: bool = False) -> None:
        """Close once everything is sent; with `linger` the client gets time to read the answer first.

        Closing a socket with unread input resets it, and the reset may overtake the answer (RFC 9112 section 9.6).
        """
        if self._closing:
            return
        self._closing = True
        self._reader.drop()
        if self._outlet.gone:
            return
        if linger and not self._eof and self._transport.can_write_eof():
            self._transport.write_eof()
            self._arm(self._limits.linger_s)
        else:
            self._transport.close()
            self._arm(self._limits.write_s)

    # Time

    def _arm(self, seconds: float) -> None:
        """Expire in so many seconds. A timer that fires early looks again, so arming anew costs next to nothing."""
        loop = self._house.loop
        self._due = loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= self._due:
                return
            self._timer.cancel()
        self._timer = loop.call_at(self._due, self._expired)

    def _expired(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._due > self._house.loop.time():
            self._timer = self._house.loop.call_at(self._due, self._expired)
        elif self._closing:
            self._outlet.abort()
        elif self._reader.reading:
            self._reader.refuse(Refusal(408, "the request did not arrive in time", self._reader.path))
            self._go_on()
        else:
            self._close()

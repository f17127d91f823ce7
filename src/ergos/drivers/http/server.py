"""A server for HTTP/1.1: `HttpServer(handler, limits)`, thin, fast and bounded.

A handler is `async def handler(request: Request, reply: Responder) -> None`. It runs to its end even if its client
leaves; `reply.disconnected` and `reply.on_disconnect` tell.

Rules: every size and every wait has its bound in `HttpLimits`; what is malformed or could be read in two ways is
refused and ends its connection; one handler's failure is its own client's error 500 and nobody else's.
Must not know: what the requests mean.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Final, TypeAlias

from ergos.base.clock import SECOND, Clock
from ergos.base.errors import WorldError
from ergos.drivers.http.connection import Connection
from ergos.drivers.http.message import HttpLimits, Refusal, Request
from ergos.drivers.http.reader import Held, NewParser
from ergos.drivers.http.reply import Responder

BACKLOG: Final = 1_024  # connections the system keeps while the loop is busy

Handler: TypeAlias = Callable[[Request, Responder], Awaitable[None]]
Worder: TypeAlias = Callable[[Refusal], tuple[dict[str, str], bytes]]
"""Words a refusal of the server itself: headers and body."""


Objection: TypeAlias = Callable[[asyncio.BaseTransport], Refusal | None]
"""Why a client that has just connected is not served; None: it is."""


def plainly(refusal: Refusal) -> tuple[dict[str, str], bytes]:
    """A refusal as plain text."""
    return {"content-type": "text/plain; charset=utf-8"}, f"{refusal.what}\n".encode()


class HttpServer:
    """Serves one handler on one port."""

    def __init__(
        self,
        handler: Handler,
        limits: HttpLimits | None = None,
        *,
        clock: Clock | None = None,
        worder: Worder = plainly,
        objection: Objection = lambda _: None,
    ) -> None:
        """`clock`: answers carry the date if there is one; `objection`: why this client is not served."""
        self.limits: HttpLimits = limits or HttpLimits()
        self.loop: asyncio.AbstractEventLoop
        self.held: Held = Held()
        self.new_parser: NewParser
        self.stopping = False
        self._handler: Final = handler
        self._clock: Final = clock
        self._worder: Final = worder
        self._objection: Final = objection
        self._server: asyncio.Server | None = None
        self._listener: socket.socket | None = None
        self._connections: Final[set[Connection]] = set()
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._date = (0, "")

    async def start(self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> int:
        """Listen, in clear or with TLS; the port, which the system chooses for 0. Raises: WorldError."""
        import httptools

        self.loop = asyncio.get_running_loop()
        self.new_parser = httptools.HttpRequestParser
        try:
            self._server = await self.loop.create_server(lambda: Connection(self), host, port, backlog=BACKLOG, ssl=tls)
        except OSError as error:
            raise WorldError(
                f"{host}:{port} cannot be listened on: {error.strerror or error}",
                remedy="choose another port, or stop the program that uses this one",
            ) from error
        return int(self._server.sockets[0].getsockname()[1])

    async def start_unix(self, listener: socket.socket) -> None:
        """Listen on a Unix socket that is bound already."""
        import httptools

        self.loop = asyncio.get_running_loop()
        self.new_parser = httptools.HttpRequestParser
        self._listener = listener
        self._server = await self.loop.create_unix_server(lambda: Connection(self), sock=listener, backlog=BACKLOG)

    async def stop(self, grace_s: float = 0.0) -> None:
        """Take no more, let running handlers end for `grace_s` seconds, then cancel them."""
        self.stopping = True
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close_if_idle()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        for connection in list(self._connections):
            connection.abort()
        await asyncio.sleep(0)  # the transports say their goodbye on the next pass
        if self._listener is not None:
            self._listener.close()  # some loops listen on a copy

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._connections)

    # What connections ask for

    def objection(self, transport: asyncio.BaseTransport) -> Refusal | None:
        """Why a client that has just connected is not served; None: it is."""
        if len(self._connections) > self.limits.connections_max or self.stopping:
            return Refusal(503, "too many connections are open; try again in a moment")
        return self._objection(transport)

    def entered(self, connection: Connection) -> None:
        """A client came."""
        self._connections.add(connection)

    def exited(self, connection: Connection) -> None:
        """A client went."""
        self._connections.discard(connection)

    def started(self, connection: Connection) -> None:
        """Let a connection answer."""
        task = self.loop.create_task(connection.answer())
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def handle(self, request: Request, reply: Responder) -> None:
        """Answer a request."""
        await self._handler(request, reply)

    def refusal(self, refusal: Refusal) -> tuple[dict[str, str], bytes]:
        """What the server itself answers."""
        return self._worder(refusal)

    def date(self) -> str:
        """The line of a head that tells the time."""
        if self._clock is None:
            return ""
        second = self._clock.now_ns() // SECOND
        if second != self._date[0]:
            self._date = (second, f"date: {formatdate(second, usegmt=True)}\r\n")
        return self._date[1]

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.loop.call_exception_handler({"message": "a handler of HTTP failed", "exception": error, "task": task})

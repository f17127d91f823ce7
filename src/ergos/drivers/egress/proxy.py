"""The way out of a sandbox: `EgressProxy(rules, secrets, clock, on_record)`, an HTTP proxy on one Unix socket.

A program inside asks for `http://host/path` in plain HTTP; the proxy speaks TLS to the host where the rule says so,
and so sees what is asked without a certificate authority inside. CONNECT is for rules that need to see nothing.

Rules: one parser decides and dials; what a request is refused for is answered and recorded; redirects are handed
back; nobody but its owner, and the one user it was made for, can connect to the socket.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Coroutine
from itertools import product
from pathlib import Path
from typing import Final

from ergos.base.clock import Clock
from ergos.base.errors import DeadlineError, EgressRefusedError, ErgosError, ValueShapeError, WorldError
from ergos.base.limits import MIB
from ergos.base.world_errors import HttpError, SecretError
from ergos.drivers.egress.decision import TUNNEL, Permitted
from ergos.drivers.egress.dialling import Dialler
from ergos.drivers.egress.entrance import FIRST_S, Entrance, Head
from ergos.drivers.egress.hello import meant, read_hello
from ergos.drivers.egress.pace import Pace
from ergos.drivers.egress.passage import Flow, Passage
from ergos.drivers.egress.pipes import Pipe, flowing
from ergos.drivers.http.connection import Connection
from ergos.drivers.http.message import HttpLimits, Refusal, Request
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import BACKLOG, HttpServer
from ergos.kernel.egress import EGRESS_BYTES_MAX, EgressRules, OnRecord, Secrets
from ergos.kernel.hosts import Refused
from ergos.kernel.targets import Asked, read_asked, read_authority

CONNECTIONS_MAX: Final = 256  # connections of one sandbox at once; its own processes are fewer
BODIES_BYTES_MAX: Final = 128 * MIB  # bytes of all requests' bodies of one sandbox held at once
HEAD_BYTES_MAX: Final = 32 * 1024  # bytes of a request's head; servers outside take 8 to 16 KiB

_COOKIES: Final = tuple("".join(one) for one in product("sS", "eE", "tT", "-", "cC", "oO", "oO", "kK", "iI", "eE"))
_STATUS: Final[tuple[tuple[type[ErgosError], int], ...]] = (
    (EgressRefusedError, 403),
    (DeadlineError, 504),
    (SecretError, 502),
    (HttpError, 502),
)


class EgressProxy(HttpServer):
    """Serves one sandbox."""

    has_door: bool = False

    def __init__(
        self,
        rules: EgressRules,
        secrets: Secrets,
        clock: Clock,
        on_record: OnRecord,
        *,
        dialler: Dialler | None = None,
    ) -> None:
        """`on_record` is called once for every request, on the loop."""
        most = max([EGRESS_BYTES_MAX, *(rule.bytes_max for rule in rules.rules)])
        limits = HttpLimits(
            head_bytes_max=HEAD_BYTES_MAX,
            body_bytes_max=most,
            bodies_bytes_max=max(BODIES_BYTES_MAX, most),
            unsent_bytes_max=2 * most + MIB,
            connections_max=CONNECTIONS_MAX,
        )
        super().__init__(self._answer, limits, clock=clock)
        self.passage: Final = Passage(rules, secrets, clock, on_record, dialler=dialler)
        self._pace: Final = Pace()
        self._path: Path | None = None
        self._entrances: Final[set[Entrance]] = set()
        self._answering: Final[dict[Connection, asyncio.Task[None]]] = {}

    async def listen(self, path: Path, *, uid: int | None = None) -> None:
        """Listen on a socket that only its owner can use; `uid`: the owner, where it is not us. Raises: WorldError."""
        import httptools

        self.loop = asyncio.get_running_loop()
        self.new_parser = httptools.HttpRequestParser
        line = _socket_at(path, uid)
        self._path = path
        self._server = await self.loop.create_unix_server(lambda: Entrance(self), sock=line, backlog=BACKLOG)

    async def stop(self, grace_s: float = 0.0) -> None:
        """Take no more, give what is under way `grace_s` seconds, then cut everything."""
        for entrance in list(self._entrances):
            entrance.cut()
        await super().stop(grace_s)
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    # What entrances and connections ask for

    def came(self, entrance: Entrance) -> bool:
        """A connection came."""
        if self.stopping or self._pace.behind or len(self._entrances) + len(self._tasks) >= CONNECTIONS_MAX:
            return False
        self._entrances.add(entrance)
        return True

    def left(self, entrance: Entrance) -> None:
        """It is gone, or has become something else."""
        self._entrances.discard(entrance)

    def requests(self, transport: asyncio.Transport, data: bytes) -> None:
        """It is one of requests for a proxy."""
        connection = _Line(self)
        transport.set_protocol(connection)
        connection.connection_made(transport)
        connection.data_received(data)

    def through(self, transport: asyncio.Transport, head: Head | Refused, data: bytes) -> None:
        """It is a tunnel, or one for the door."""
        self._pace.count()
        try:
            asked = self._asked(head)
            permitted = self.passage.permit(asked)
        except EgressRefusedError as error:
            pipe = Pipe()
            self.lead(transport, pipe, b"", told(pipe, error))
        else:
            pipe = Pipe(permitted.rule.bytes_max)
            self.lead(transport, pipe, data, self._tunnel(pipe, asked, permitted))

    def lead(self, transport: asyncio.Transport, pipe: Pipe, data: bytes, leading: Coroutine[None, None, None]) -> None:
        """Make a connection one side of a pipe, and let something be done with it."""
        transport.set_protocol(pipe)
        pipe.connection_made(transport)
        if data:
            pipe.data_received(data)
        self._keep(self.loop.create_task(leading))

    def started(self, connection: Connection) -> None:
        """Let a connection answer; once it is gone, nobody waits for the answer."""
        self._answering[connection] = task = self.loop.create_task(connection.answer())
        self._keep(task)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def exited(self, connection: Connection) -> None:
        """A connection is gone."""
        super().exited(connection)
        task = self._answering.pop(connection, None)
        if task is not None:
            task.cancel()

    def refusal(self, refusal: Refusal) -> tuple[dict[str, str], bytes]:
        """What is no HTTP, or too much of it."""
        if refusal.status != 500:  # what failed while it was answered has its record already
            self._pace.count()
            self.passage.unread(refusal.what, refusal.path)
        return super().refusal(refusal)

    # Requests

    async def _answer(self, request: Request, reply: Responder) -> None:
        """Pass a request on, and the reply back."""
        await self._pace.turn()
        asked = read_asked(request.method, request.headers.get("host", ""), request.path, request.query or None)
        try:
            if isinstance(asked, Refused):
                raise self.passage.refuse(request.method, _shown(request.headers.get("host", "")), asked.why)
            passage, meant = self.way(asked)
            await passage.ask(meant, request.headers, request.body, _Back(reply))
        except (EgressRefusedError, DeadlineError, SecretError, HttpError) as error:
            if not reply.status:
                reply.send(_status(error), *_words(error))
            return  # what was begun and is not ended is cut, so that it does not look whole
        if reply.status:
            reply.end()

    def way(self, asked: Asked) -> tuple[Passage, Asked]:
        """Who lets a request through, and as what."""
        return self.passage, asked

    # Tunnels

    def _asked(self, head: Head | Refused) -> Asked:
        """What a tunnel is asked for; a refusal is recorded. Raises: EgressRefusedError."""
        if isinstance(head, Refused):
            raise self.passage.refuse(TUNNEL, "", head.why)
        found = read_authority(head.tunnel)
        if isinstance(found, Refused):
            raise self.passage.refuse(TUNNEL, _shown(head.tunnel), found.why)
        if not found[1]:
            raise self.passage.refuse(TUNNEL, _shown(head.tunnel), "a tunnel is asked for with a port")
        return Asked(method=TUNNEL, host=found[0], port=found[1], path="")

    async def _tunnel(self, pipe: Pipe, asked: Asked, permitted: Permitted) -> None:
        """Join a connection to a host until one of them, the bound or the time ends it."""
        rule = permitted.rule
        deadline, at_ns = self.loop.time() + rule.deadline_s, self.passage.now_ns()
        status, why, far = 0, "whoever asked has gone", Pipe(rule.bytes_max)
        try:
            await self.passage.dialler.connect(asked.host, permitted, lambda: far, deadline=deadline, secure=False)
            pipe.say(b"HTTP/1.1 200 Connection established\r\n\r\n")
            status = 200
            if rule.scheme == "https":
                await self._spoken(pipe, asked)
            whole = await flowing(pipe, far, deadline - self.loop.time())
            full = f"more than {rule.bytes_max:,} bytes" if pipe.full or far.full else ""
            why = full or ("" if whole else "the time was up")
        except (EgressRefusedError, DeadlineError, HttpError) as error:
            why = error.what
            if not status:
                await told(pipe, error)
        finally:
            far.cut()
            pipe.cut()
            self.passage.tunnelled(at_ns, asked, permitted, status, (pipe.count, far.count), why)

    @staticmethod
    async def _spoken(pipe: Pipe, asked: Asked) -> None:
        """See that TLS is spoken, with the host the tunnel was asked for. Raises: EgressRefusedError."""
        name = await pipe.until(read_hello, FIRST_S)
        found = Refused("nothing that is TLS was said in the tunnel") if name is None else name
        if not isinstance(found, Refused):
            found = meant(found, asked.host)
        if found is not None:
            raise EgressRefusedError(found.why)


class _Line(Connection):
    """A connection of a program inside."""

    def eof_received(self) -> bool:
        """It sends no more; if it has gone altogether, nobody reads an answer any more."""
        stays = super().eof_received()
        watched = select.poll()
        watched.register(self._transport.get_extra_info("socket").fileno(), 0)
        if watched.poll(0):
            self.abort()
        return stays


class _Back:
    """A reply on its way to whoever asked."""

    def __init__(self, reply: Responder) -> None:
        self._reply: Final = reply
        self._flow: Flow

    def begin(self, status: int, headers: dict[str, str], flow: Flow) -> None:
        """Its head."""
        self._flow = flow
        cookies = headers.pop("set-cookie", "")
        # Names are the same in whatever case they are written: that way each line has its own.
        lines = dict(zip(_COOKIES, cookies.split("\n"), strict=False)) if cookies else {}
        try:
            self._reply.start(status, headers | lines)
        except ValueShapeError as error:
            raise HttpError("the head of the reply cannot be passed on", kind="malformed") from error
        self._reply.on_writable(flow.resume)

    def piece(self, piece: bytes) -> None:
        """More of its body."""
        self._reply.write(piece)
        if not self._reply.writable:
            self._flow.pause()


def _status(error: ErgosError) -> int:
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def _words(error: ErgosError) -> tuple[dict[str, str], bytes]:
    return {"content-type": "text/plain; charset=utf-8", "x-ergos-error": error.code}, f"{error}\n".encode()


def _shown(text: str) -> str:
    return ascii(text[:100])[1:-1]


async def told(pipe: Pipe, error: ErgosError) -> None:
    """Answer what will be no tunnel, and give whoever asked a moment to read it."""
    status, (headers, body) = _status(error), _words(error)
    lines = [f"HTTP/1.1 {status} Refused", *(f"{name}: {value}" for name, value in headers.items())]
    head = "\r\n".join([*lines, f"content-length: {len(body)}", "connection: close", "", ""])
    await pipe.finish(head.encode("latin-1") + body)


def _socket_at(path: Path, uid: int | None) -> socket.socket:
    """A socket bound to a path, which nobody could connect to before it was made its owner's alone."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound = False
    try:
        if path.is_socket() and not path.is_symlink():
            path.unlink()  # of a proxy that was killed
        line.setblocking(False)
        line.bind(str(path))
        path.chmod(0o600)
        if uid is not None:
            os.chown(path, uid, -1)
        bound = True
    except OSError as error:
        raise WorldError(
            f"the socket {path} cannot be made: {error.strerror or error}",
            remedy="see that the folder exists, that you may write to it, and that the path is at most 100 characters",
        ) from error
    finally:
        if not bound:
            line.close()
    return line

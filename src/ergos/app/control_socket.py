"""The control socket of a running kernel: other processes of the same user come in here, over HTTP.

    POST /api/v1/requests    one request of `runtime.control`, as JSON; the answer is its reply

The socket lies in the home, is readable by its owner alone, and every peer's user id is checked besides: whoever
passes is the machine's own user, and no token could say more. Where the kernel has a site, everything else that is
asked here is answered by it, to its keeper: `curl --unix-socket HOME/kernel.sock http://ergos/api/v1/processes`.

Rules: a client can never harm the kernel: sizes, time and number of clients are bounded, what is malformed is answered
and dropped. What can be asked is in `control`.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from asyncio import BaseTransport
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.errors import (
    BoundError,
    DefinitionError,
    ErgosError,
    RefusedError,
    SettingsError,
    StoreError,
    TooLargeError,
    UsageError,
    ValueShapeError,
    WorldError,
)
from ergos.base.limits import CONTROL_BYTES_MAX
from ergos.drivers.http.asgi import Application, serve_asgi
from ergos.drivers.http.message import HttpLimits, Request
from ergos.drivers.http.message import Refusal as HttpRefusal
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import HttpServer
from ergos.runtime.control import AnyReply, AnyRequest, Refusal
from ergos.runtime.operations import Operations

PATH: Final = "/api/v1/requests"
MACHINE: Final = "ergos.machine"
"""Entry of an ASGI scope: the one who asks is the user of this machine whose kernel it is."""
CONTROL_CLIENTS_MAX: Final = 256  # connections at once; one client needs one, the next is told to come back
CONTROL_LINE_S: Final = 10.0  # seconds from a request's first byte to its last, and between two requests
CONTROL_DRAIN_S: Final = 10.0  # seconds a client may take to read an answer
SOCKET_PATH_BYTES_MAX: Final = 100  # bytes of a socket's path; Linux has room for 107, macOS for 103

_REQUESTS: Final = msgspec.json.Decoder(AnyRequest)
_ENCODER: Final = msgspec.json.Encoder()
_JSON: Final = {"content-type": "application/json"}
_STATUS: Final[tuple[tuple[type[ErgosError], int], ...]] = (
    (TooLargeError, 413), (UsageError, 400), (DefinitionError, 422), (BoundError, 429), (RefusedError, 403),
    (StoreError, 503),
)  # fmt: skip


class Control:
    """The server side of the socket."""

    def __init__(
        self, path: Path, operations: Operations, uid: int, site: Callable[[], Application | None] = lambda: None
    ) -> None:
        """`uid`: the only user that may ask; `site`: what answers everything that is no request, once there is one."""
        self._path: Final = path
        self._operations: Final = operations
        self._uid: Final = uid
        self._site: Final = site
        self._listening = False
        limits = HttpLimits(
            body_bytes_max=CONTROL_BYTES_MAX,
            head_s=CONTROL_LINE_S,
            body_s=CONTROL_LINE_S,
            idle_s=CONTROL_LINE_S,
            write_s=CONTROL_DRAIN_S,
            connections_max=CONTROL_CLIENTS_MAX,
        )
        self._server: Final = HttpServer(self._handle, limits, worder=_worded, objection=self._objection)

    async def start(self) -> None:
        """Listen; a socket left behind by a killed kernel is replaced (the store's lock was taken before)."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.unlink(missing_ok=True)
            with Address(self._path) as address:
                # The umask would need to change for the whole process; the folder is its owner's alone.
                listener.bind(address)
            self._path.chmod(0o600)
            await self._server.start_unix(listener)
            self._listening = True
        except OSError as error:
            listener.close()
            raise SettingsError(
                f"no control socket can be made at {self._path}: {error.strerror}", remedy="choose another --home"
            ) from error

    async def stop(self) -> None:
        """Listen no more and let go of every client."""
        if self._listening:
            self._path.unlink(missing_ok=True)
            await self._server.stop()

    def _objection(self, transport: BaseTransport) -> HttpRefusal | None:
        peer: socket.socket = transport.get_extra_info("socket")
        return None if peer_uid(peer) == self._uid else HttpRefusal(403, "this kernel belongs to another user")

    async def _handle(self, request: Request, reply: Responder) -> None:
        if request.path != PATH:
            if (site := self._site()) is not None:
                await serve_asgi(site, request, reply, more={MACHINE: True})
                return
            _say(reply, UsageError(f"nothing is at {request.path[:200]}", remedy=f"a request is posted to {PATH}"), 404)
            return
        if request.method != "POST":
            _say(reply, UsageError(f"{PATH} takes POST, not {request.method}"), 405)
            return
        try:
            asked = _REQUESTS.decode(request.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            _say(reply, ValueShapeError(f"this is no request: {error}"))
            return
        try:
            answer = await self._operations.perform(asked)
        except ErgosError as error:
            _say(reply, error)
            return
        _send(reply, answer)


def status_of(error: ErgosError) -> int:
    """The HTTP status that says whose fault an error is."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 502)


def _send(reply: Responder, answer: AnyReply) -> None:
    body = _ENCODER.encode(answer)
    if len(body) >= CONTROL_BYTES_MAX:
        _say(reply, TooLargeError(f"the answer has {len(body):,} bytes; at most {CONTROL_BYTES_MAX:,} are sent"))
        return
    reply.send(200, _JSON, body)


def _say(reply: Responder, error: ErgosError, status: int = 0) -> None:
    reply.send(status or status_of(error), _JSON, _ENCODER.encode(_refusal(error)))


def _refusal(error: ErgosError) -> Refusal:
    return Refusal(code=error.code, what=error.what, remedy=error.what_to_do)


def _worded(refused: HttpRefusal) -> tuple[dict[str, str], bytes]:
    """What the HTTP server refuses itself, as a kernel says it."""
    match refused.status:
        case 403:
            error: ErgosError = RefusedError(refused.what)
        case 413:
            error = TooLargeError(f"a request has at most {CONTROL_BYTES_MAX:,} bytes")
        case 503:
            error = BoundError("too many clients are connected", remedy="try again in a moment")
        case status if status >= 500:
            error = WorldError(refused.what, remedy="read the kernel's log")
        case _:
            error = ValueShapeError(refused.what)
    return _JSON, _ENCODER.encode(_refusal(error))


def peer_uid(peer: socket.socket) -> int:
    """The user at the other end. Source: unix(7) SO_PEERCRED; on macOS LOCAL_PEERCRED of unix(4)."""
    if sys.platform == "darwin":
        credentials = peer.getsockopt(0, 1, 76)
        return int(struct.unpack_from("=II", credentials)[1])
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


class Address:
    """A spelling of a socket's path that fits the system's bound, however deep its folder lies."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._folder = -1

    def __enter__(self) -> str:
        if len(os.fsencode(self._path)) <= SOCKET_PATH_BYTES_MAX:
            return str(self._path)
        self._folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._folder}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        if self._folder >= 0:
            os.close(self._folder)

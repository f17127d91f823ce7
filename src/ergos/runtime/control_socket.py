"""The control socket of a running kernel: requests of other processes come in here.

One request is one line of JSON, its answer another; requests on one connection are answered in order. The
socket lies in the home, is readable by its owner alone, and every peer's user id is checked besides.

Rules: a client can never harm the kernel: sizes, time, number of clients are bounded, what is malformed is
answered and dropped, who reads too slowly is let go of. What can be asked is in `control`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.errors import BoundError, ErgosError, RefusedError, SettingsError, TooLargeError, ValueShapeError
from ergos.base.limits import CONTROL_BYTES_MAX, STOP_GRACE_S
from ergos.runtime.control import AnyReply, AnyRequest, Refusal
from ergos.runtime.operations import Operations

CONTROL_CLIENTS_MAX: Final = 256  # connections at once; one client needs one, the next is told to come back
CONTROL_LINE_S: Final = 10  # seconds from connecting or the last answer to the end of the next request
CONTROL_DRAIN_S: Final = 10  # seconds a client may take to read an answer
SOCKET_PATH_BYTES_MAX: Final = 100  # bytes of a socket's path; Linux has room for 107, macOS for 103

_REQUESTS: Final = msgspec.json.Decoder(AnyRequest)
_ENCODER: Final = msgspec.json.Encoder()


class Control:
    """The server side of the socket."""

    def __init__(self, path: Path, operations: Operations, uid: int) -> None:
        """`uid`: the only user that may ask."""
        self._path: Final = path
        self._operations: Final = operations
        self._uid: Final = uid
        self._server: asyncio.Server | None = None
        self._clients: Final[set[asyncio.StreamWriter]] = set()

    async def start(self) -> None:
        """Listen; a socket left behind by a killed kernel is replaced (the store's lock was taken before)."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.unlink(missing_ok=True)
            with Address(self._path) as address:
                # The umask would need to change for the whole process; the folder is its owner's alone.
                listener.bind(address)
            self._path.chmod(0o600)
            self._server = await asyncio.start_unix_server(self._client, sock=listener, limit=CONTROL_BYTES_MAX)
        except OSError as error:
            listener.close()
            raise SettingsError(
                f"no control socket can be made at {self._path}: {error.strerror}", remedy="choose another --home"
            ) from error

    async def stop(self) -> None:
        """Listen no more and let go of every client."""
        if self._server is not None:
            self._path.unlink(missing_ok=True)
            self._server.close()
        for writer in list(self._clients):
            writer.close()
        for _ in range(int(STOP_GRACE_S)):  # handlers end at their next read
            if not self._clients:
                break
            await asyncio.sleep(0)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first line to its last."""
        try:
            if _peer_uid(writer) != self._uid:
                await _say(writer, RefusedError("this kernel belongs to another user"))
                return
            if len(self._clients) >= CONTROL_CLIENTS_MAX:
                await _say(writer, BoundError("too many clients are connected", remedy="try again in a moment"))
                return
            self._clients.add(writer)
            while await self._exchange(reader, writer):
                pass
        except (OSError, TimeoutError):
            writer.transport.abort()  # it went away, or never read its answer
        except asyncio.CancelledError:
            writer.transport.abort()  # the loop ends, and asyncio would complain of a handler that says so
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection is over."""
        try:
            async with asyncio.timeout(CONTROL_LINE_S):
                line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            if end.partial:
                await _say(writer, ValueShapeError("the request does not end with a newline"))
            return False
        except asyncio.LimitOverrunError:
            await _say(writer, TooLargeError(f"a request has at most {CONTROL_BYTES_MAX:,} bytes"))
            return False
        try:
            request = _REQUESTS.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            await _say(writer, ValueShapeError(f"this is no request: {error}"))
            return True
        try:
            reply: AnyReply | ErgosError = await self._operations.perform(request)
        except ErgosError as error:
            reply = error
        await _say(writer, reply)
        return True


async def _say(writer: asyncio.StreamWriter, reply: AnyReply | ErgosError) -> None:
    if isinstance(reply, ErgosError):
        reply = Refusal(code=reply.code, what=reply.what, remedy=reply.what_to_do)
    line = _ENCODER.encode(reply)
    if len(line) >= CONTROL_BYTES_MAX:
        too_long = TooLargeError(f"the answer has {len(line):,} bytes; at most {CONTROL_BYTES_MAX:,} are sent")
        line = _ENCODER.encode(Refusal(code=too_long.code, what=too_long.what, remedy=too_long.what_to_do))
    writer.write(line + b"\n")
    async with asyncio.timeout(CONTROL_DRAIN_S):
        await writer.drain()


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    """The user at the other end. Source: unix(7) SO_PEERCRED; on macOS LOCAL_PEERCRED of unix(4)."""
    peer: socket.socket = writer.get_extra_info("socket")
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

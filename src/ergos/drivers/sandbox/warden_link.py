"""The kernel's side of the warden: starts it when it is first needed, again if it has gone, and hands it orders.

Rules: the warden gets no environment, no descriptor but its connection, and a session of its own, so that a signal to
the terminal does not reach it. Handing over never waits.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from typing import Final, TypeAlias

import msgspec

from ergos.base.world_errors import SandboxError
from ergos.drivers.sandbox.orders import Backend, Order, encode

# Without `typing_extensions`, which msgspec can do without and which loads a lot: a keeper is a copy of the warden.
_BOOT: Final = (
    "import sys; sys.path[:] = sys.stdin.read().split(chr(0)); sys.modules['typing_extensions'] = None; "
    "from ergos.drivers.sandbox.warden import serve; serve(int(sys.argv[1]), sys.argv[2])"
)
Streams: TypeAlias = tuple[int, int, int]
"""Descriptors of a stdin, a stdout and a stderr."""
_QUEUE_BYTES: Final = 1024 * 1024  # bytes of orders the warden has not looked at yet
_CLOSE_S: Final = 5.0  # seconds a warden may take to go


class Handed(msgspec.Struct, frozen=True):
    """Our ends of what a keeper was given."""

    control: socket.socket
    result: int
    stdin: int = -1
    stdout: int = -1


class WardenLink:
    """Held by whoever runs jobs; `close` ends the warden."""

    def __init__(self, backend: Backend) -> None:
        self._backend: Backend = backend
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None

    def hand(self, order: Order, stdin: bytes = b"", streams: Streams | None = None) -> Handed:
        """Have a keeper forked for an order. Raises: SandboxError.

        `stdin`: all of it, unless it is streaming; `streams`: what it reads and writes instead of pipes of ours.
        """
        try:
            return self._hand(order, stdin, streams)
        except OSError:
            # It was killed, or is too busy: a fresh one, once.
            self.close()
        try:
            return self._hand(order, stdin, streams)
        except OSError as error:
            self.close()
            raise SandboxError(f"the warden of the sandboxes cannot be reached: {error.strerror}") from error

    def _hand(self, order: Order, stdin: bytes, streams: Streams | None) -> Handed:
        orders = self._connection()
        theirs: list[int] = []
        with contextlib.ExitStack() as given, contextlib.ExitStack() as ours:
            given.callback(lambda: [os.close(descriptor) for descriptor in theirs])
            control, their_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            ours.callback(control.close)
            given.callback(their_control.close)
            written = _memory(encode(order))
            theirs.append(written)
            result = os.memfd_create("result", os.MFD_CLOEXEC)
            ours.callback(os.close, result)
            stdin_ours = stdout_ours = -1
            more: tuple[int, ...] = ()
            if streams is not None:
                stdin_theirs, *outs = streams
                more = tuple(outs)
            elif order.streaming:
                stdin_theirs, stdin_ours = os.pipe()
                theirs.append(stdin_theirs)
                ours.callback(os.close, stdin_ours)
                stdout_ours, stdout_theirs = os.pipe()
                theirs.append(stdout_theirs)
                ours.callback(os.close, stdout_ours)
                more = (stdout_theirs,)
            else:
                stdin_theirs = _read_only(stdin)
                theirs.append(stdin_theirs)
            socket.send_fds(orders, [b"o"], [written, their_control.fileno(), stdin_theirs, result, *more])
            ours.pop_all()
            return Handed(control, result, stdin_ours, stdout_ours)

    def _connection(self) -> socket.socket:
        if self._orders is not None:
            return self._orders
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _QUEUE_BYTES)
        ours.setblocking(False)
        # Not among its arguments, which a job may see.
        paths = _read_only("\0".join(path for path in sys.path if path).encode("utf-8", "surrogateescape"))
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own code
                [sys.executable, "-I", "-S", "-X", "utf8", "-c", _BOOT, str(theirs.fileno()), self._backend],
                pass_fds=(theirs.fileno(),),
                stdin=paths,
                stdout=subprocess.DEVNULL,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                cwd="/",
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(paths)
        self._orders = ours
        return ours

    def close(self) -> None:
        """End the warden; keepers go on until their jobs end or are killed."""
        if self._orders is not None:
            self._orders.close()
            self._orders = None
        if self._process is not None:
            try:
                self._process.wait(_CLOSE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def _memory(content: bytes) -> int:
    """A descriptor that holds this."""
    descriptor = os.memfd_create("order", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    return descriptor


def _read_only(content: bytes) -> int:
    """A descriptor one can read this from, and nothing else."""
    if not content:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    held = _memory(content)
    try:
        return os.open(f"/proc/self/fd/{held}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(held)

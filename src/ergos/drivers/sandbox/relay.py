"""Passes connections to a port inside a job's network namespace on to the door's socket outside.

Rules: the listening socket belongs to the inner namespace, the process that serves it does not: nothing of it is
visible inside. Bytes are passed as they are; each connection holds one piece per direction, so a slow reader slows its
writer.
"""

from __future__ import annotations

import select
import socket
from typing import Final

CONNECTIONS_MAX: Final = 64  # connections at once; others wait in the queue of the port
PIECE_BYTES: Final = 65_536  # bytes on their way in one direction of one connection


class _Half:
    """One direction of a connection."""

    def __init__(self, source: socket.socket, sink: socket.socket) -> None:
        self.source = source
        self.sink = sink
        self.piece = b""
        self.ended = False
        """Its source has no more."""
        self.closed = False
        """Its sink was told so."""

    def move(self) -> bool:
        """Pass on what can be passed on without waiting; False: the connection is broken."""
        try:
            if not self.piece and not self.ended:
                self.piece = self.source.recv(PIECE_BYTES)
                self.ended = not self.piece
            if self.piece:
                self.piece = self.piece[self.sink.send(self.piece) :]
            elif self.ended and not self.closed:
                self.closed = True
                self.sink.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True


class Relay:
    """All connections of one job's port."""

    def __init__(self, listener: socket.socket, door: str) -> None:
        """`door`: path of the socket outside."""
        self._listener = listener
        self._door = door
        self._halves: dict[int, tuple[_Half, _Half]] = {}
        """By descriptor, both of a connection: the half it is the source of, and the other."""

    def wants(self) -> dict[int, int]:
        """What to poll for: descriptor to events."""
        found: dict[int, int] = {}
        if len(self._halves) < 2 * CONNECTIONS_MAX:
            found[self._listener.fileno()] = select.POLLIN
        for descriptor, (out, back) in self._halves.items():
            reading = select.POLLIN if not out.piece and not out.ended else 0
            writing = select.POLLOUT if back.piece else 0
            if reading | writing:
                found[descriptor] = reading | writing
        return found

    def turn(self, descriptor: int) -> None:
        """Something can be done at a descriptor that was polled."""
        if descriptor == self._listener.fileno():
            self._accept()
        elif descriptor in self._halves:
            halves = self._halves[descriptor]
            alive = False not in [half.move() for half in halves]
            if not alive or all(half.closed for half in halves):
                self._end(halves)

    def close(self) -> None:
        """End every connection."""
        for halves in list(self._halves.values()):
            self._end(halves)

    def _accept(self) -> None:
        try:
            inner, _ = self._listener.accept()
        except OSError:
            return
        outer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        outer.setblocking(False)
        inner.setblocking(False)
        try:
            outer.connect(self._door)
        except OSError:
            inner.close()
            outer.close()
            return
        there, back = _Half(inner, outer), _Half(outer, inner)
        self._halves[inner.fileno()] = (there, back)
        self._halves[outer.fileno()] = (back, there)

    def _end(self, halves: tuple[_Half, _Half]) -> None:
        for half in halves:
            self._halves.pop(half.source.fileno(), None)
        for half in halves:
            half.source.close()

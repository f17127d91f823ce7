"""The first words of a connection from inside, which decide what it is.

A tunnel (CONNECT), a connection for the kernel's own door (a path, and the door's Host), or requests for a proxy,
which the HTTP driver reads. What a connection is, it stays.

Rules: the first head is bounded in bytes and time; what could be read in two ways is refused; nothing is decided
here about where anything may go.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final, Protocol, cast

import msgspec

from ergos.kernel.hosts import Refused

FIRST_BYTES_MAX: Final = 16 * 1024  # bytes of a head that is read here
FIRST_S: Final = 10.0  # seconds from the connection to the end of its first head

_HEAD_END: Final = b"\r\n\r\n"
_CONNECT: Final = re.compile(rb"CONNECT ([!-~]{1,300}) HTTP/1\.[01]")
_FIELD: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")


class Head(msgspec.Struct, frozen=True):
    """A head that was read here."""

    tunnel: str
    """The authority a tunnel is asked for; '' where it is no tunnel."""
    host: str
    """Its Host header; '' where there is none."""


class House(Protocol):
    """What an entrance needs from its proxy."""

    @property
    def has_door(self) -> bool:
        """Whether a path alone leads somewhere."""
        ...

    def came(self, entrance: Entrance) -> bool:
        """A connection; False: there are too many."""
        ...

    def left(self, entrance: Entrance) -> None:
        """It is gone, or has become something else."""
        ...

    def requests(self, transport: asyncio.Transport, data: bytes) -> None:
        """It is one of requests for a proxy."""
        ...

    def through(self, transport: asyncio.Transport, head: Head | Refused, data: bytes) -> None:
        """It is a tunnel, or one for the door. `data`: everything that came, for the door; behind the head, else."""
        ...


class Entrance(asyncio.Protocol):
    """A connection of which nothing is known yet."""

    def __init__(self, house: House) -> None:
        self._house: Final = house
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody came."""
        self._transport = cast("asyncio.Transport", transport)
        self._timer = asyncio.get_running_loop().call_later(FIRST_S, self.cut)
        if not self._house.came(self):
            self.cut()

    def cut(self) -> None:
        """Close at once."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Their first words, or more of them."""
        self._came += data
        kind = self._kind()
        if kind is None:
            return
        if kind == "requests":
            self._become()
            self._house.requests(self._transport, self._came)
            return
        end = self._came.find(_HEAD_END)
        if end < 0 and len(self._came) <= FIRST_BYTES_MAX:
            return
        self._become()
        head = read_head(self._came[:end]) if end >= 0 else Refused("the head of the request has no end")
        rest = self._came[end + len(_HEAD_END) :] if kind == "tunnel" else self._came
        self._house.through(self._transport, head, rest)

    def _kind(self) -> str | None:
        """What it is; None: cannot be said yet."""
        if self._came[:1] in {b"\r", b"\n"}:
            return "requests"  # empty lines before a request are the HTTP driver's to judge
        method, space, rest = self._came[:32].partition(b" ")
        if not space:
            return None if len(self._came) < 32 and b"\n" not in self._came else "requests"
        if method == b"CONNECT":
            return "tunnel"
        if not self._house.has_door:
            return "requests"
        return ("door" if rest.startswith(b"/") else "requests") if rest else None

    def _become(self) -> None:
        self._timer.cancel()
        self._house.left(self)

    def eof_received(self) -> bool:
        """They said nothing that can be answered."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        del exc
        self._timer.cancel()
        self._house.left(self)


def read_head(head: bytes) -> Head | Refused:
    """A request line and headers, without the empty line."""
    first, *lines = head.split(b"\r\n")
    tunnel = ""
    if first.startswith(b"CONNECT "):
        found = _CONNECT.fullmatch(first)
        if found is None:
            return Refused("CONNECT asks for one host and port")
        tunnel = found[1].decode("ascii")
    hosts: list[str] = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            return Refused("a header that is none")
        name = field[1].lower()
        if name == b"host":
            hosts.append(field[2].decode("latin-1").strip(" \t").lower())
        if tunnel and name in {b"content-length", b"transfer-encoding"}:
            return Refused("a request for a tunnel has no body")
    if len(hosts) > 1:
        return Refused("the header host was sent twice")
    if tunnel and hosts and hosts[0] != tunnel.lower():
        return Refused("the Host header names another host than the tunnel")
    return Head(tunnel, hosts[0] if hosts else "")

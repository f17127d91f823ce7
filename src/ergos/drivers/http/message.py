"""Requests as a handler reads them, heads as they go over the wire, and the bounds of both.

Rules: names of headers are lower case; what could be read in two ways (a second Host, two framings, a folded line, a
control character) is refused, never guessed, because a second reader might guess otherwise (request smuggling,
RFC 9112 section 11.2). Nothing here performs I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from ergos.base.errors import ValueShapeError
from ergos.base.limits import MIB, VALUE_BYTES_MAX


class HttpLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a server takes from a client, and how long it waits for it."""

    head_bytes_max: int = 64 * 1024
    """Bytes of a request's line and headers, or of the trailers and extensions of its chunks."""
    headers_max: int = 128
    """Header lines; programs send about twenty."""
    target_bytes_max: int = 8 * 1024
    """Bytes of a request's target; RFC 9112 asks for 8,000."""
    body_bytes_max: int = VALUE_BYTES_MAX
    """Bytes of a request's body: no more could be written into the journal."""
    bodies_bytes_max: int = 512 * MIB
    """Bytes of all bodies held at once, so that many clients cannot fill the memory that one may not."""
    head_s: float = 10.0
    """Seconds from the first byte of a head to its last; slower ones only keep a connection busy."""
    body_s: float = 60.0
    """Seconds from the end of a head to the end of its body."""
    idle_s: float = 120.0
    """Seconds a connection may lie unused; longer than clients keep theirs, so that it is they who close."""
    write_s: float = 60.0
    """Seconds in which a client must have taken something of what is meant for it."""
    linger_s: float = 3.0
    """Seconds a refused client gets to read why before the connection is cut."""
    unsent_bytes_max: int = 2 * VALUE_BYTES_MAX
    """Bytes written for one client and not yet taken by it; beyond it the client is given up."""
    connections_max: int = 8_192
    """Connections at once; each costs about 10 KiB and a file descriptor."""
    pipelined_max: int = 16
    """Requests one connection may send ahead of their answers."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request, complete."""

    method: str
    path: str
    """As sent, percent-encoded, from the first slash up to the question mark."""
    query: str
    """Behind the question mark, as sent."""
    headers: dict[str, str]
    """By lower-case name; lines of the same name are joined with a comma."""
    body: bytes
    peer: str
    """Address of the other end."""


class Refusal(Exception):  # noqa: N818 - an answer, not an error of ours
    """A request that is answered by the server itself, after which the connection is closed."""

    def __init__(self, status: int, what: str, path: str = "") -> None:
        self.status = status
        self.what = what
        self.path = path
        """Of the request, as far as it was read."""
        super().__init__(what)


METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"})
_ONCE: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "content-type", "authorization", "x-api-key", "origin", "expect"}
)
_ABSOLUTE: Final = re.compile(r"https?://([^/?#]*)([/?].*)?", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._\-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_BODILESS: Final = frozenset({204, 304})
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}
_OWN_HEADERS: Final = frozenset({"content-length", "transfer-encoding", "connection", "date"})


def joined(lines: Iterable[tuple[bytes, bytes]], path: str = "") -> dict[str, str]:
    """Headers by name. Raises: Refusal for one that may stand there once only and does not."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in lines:
        name = raw_name.decode("latin-1").lower()
        value = raw_value.decode("latin-1").strip(" \t")
        if name in headers:
            if name in _ONCE:
                raise Refusal(400, f"the header {name} was sent twice", path)
            value = f"{headers[name]}, {value}"
        headers[name] = value
    return headers


def split_target(method: str, raw: bytes) -> tuple[str, str, str]:
    """Path, query and, where the target names it, host. Raises: Refusal."""
    target = raw.decode("latin-1")
    host = ""
    if not target.startswith("/"):
        if target == "*" and method == "OPTIONS":
            return "*", "", ""
        found = _ABSOLUTE.fullmatch(target)
        if found is None:
            raise Refusal(400, "the request's target is neither a path nor an http address")
        host, target = found[1], found[2] or "/"
        if not target.startswith("/"):
            target = "/" + target
    if "#" in target:
        raise Refusal(400, "the request's target holds a fragment")
    path, _, query = target.partition("?")
    return path, query, host


def is_host(host: str) -> bool:
    """Whether this is a name or address with or without a port, and nothing else."""
    return _HOST.fullmatch(host) is not None


def tokens(value: str) -> frozenset[str]:
    """The lower-case members of a comma-separated list."""
    return frozenset(part.strip().lower() for part in value.split(","))


def has_body(status: int, method: str) -> bool:
    """Whether an answer of this status to this method carries a body."""
    return status not in _BODILESS and status >= 200 and method != "HEAD"


def head(status: int, headers: Mapping[str, str], framing: str) -> bytes:
    """A response's head; `framing` is its lines on length and connection, each with its end.

    Raises: ValueShapeError for a header that would end its line early or frames the message itself.
    """
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}\r\n"]
    for name, value in headers.items():
        if "\n" in value or "\r" in value or "\0" in value or name.lower() in _OWN_HEADERS:
            raise ValueShapeError(f"the response header {name!r} cannot be set to {value[:60]!r}")
        lines.append(f"{name}: {value}\r\n")
    lines.append(framing)
    lines.append("\r\n")
    try:
        return "".join(lines).encode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueShapeError(f"a response header holds characters that headers cannot: {error}") from error

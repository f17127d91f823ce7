"""Bytes become requests: the reading half of a connection, without I/O.

`feed` it what came; complete requests wait in `arrived`, and once `refusal` is set nothing more is read: what follows
a request that could be read in two ways may be part of it.

Rules: a head, a body, the padding between its chunks and the requests that wait are all bounded; an offered upgrade
is declined by reading on as if it had not been offered (RFC 9110 section 7.8).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from ergos.drivers.http.message import METHODS, HttpLimits, Refusal, Request, is_host, joined, split_target, tokens

if TYPE_CHECKING:
    import httptools

_PADDING_MAX: Final = 16  # times a body's own size that it may take on the wire; a chunk of one byte takes six
_FRAMES: Final = ("transfer-encoding", "content-length")

NewParser = Callable[[object], "httptools.HttpRequestParser"]


class Held:
    """Bytes of all bodies in memory, over all connections of a server."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Arrived(msgspec.Struct, frozen=True):
    """A complete request."""

    request: Request
    keep: bool
    """Whether the client wants to use the connection again."""
    chunks: bool
    """Whether it understands a chunked answer."""


class RequestReader:
    """Reads one connection. The parser calls the methods that begin with `on_`."""

    def __init__(self, limits: HttpLimits, held: Held, peer: str, new_parser: NewParser) -> None:
        self.arrived: Final[deque[Arrived]] = deque()
        self.refusal: Refusal | None = None
        self.over = False
        """Whether nothing more is read: after a refusal, or the last request the client announced."""
        self.begun = 0
        """Requests of which at least a byte came."""
        self.reading = False
        """Whether one of them is incomplete."""
        self.headed = False
        """Whether the head of that one is complete."""
        self.waits = False
        """Whether its client wants to be told to go on (100-continue)."""
        self._limits: Final = limits
        self._held: Final = held
        self._peer: Final = peer
        self._new_parser: Final = new_parser
        self._parser = new_parser(self)
        self._replaying = False
        self._clear()

    def _clear(self) -> None:
        self.reading = False
        self.headed = False
        self.waits = False
        self._target = b""
        self._lines: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._request: Request | None = None
        self._keep = False
        self._chunks = False
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._wire_bytes = 0
        self._upgrading = False

    def feed(self, data: bytes) -> None:
        """More bytes."""
        if self.over:
            return
        first = self.begun + (not self.reading)
        self._parse(data)
        if self.reading and not self.over and self.begun == first:
            self._bound(len(data))

    def refuse(self, refusal: Refusal) -> None:
        """Read no more; this is the last answer."""
        self.refusal = refusal
        self.over = True
        self._held.count -= self._body_bytes
        self._clear()

    def drop(self) -> None:
        """Forget whatever waits."""
        self.over = True
        self._held.count -= self._body_bytes + sum(len(waiting.request.body) for waiting in self.arrived)
        self.arrived.clear()
        self._clear()

    @property
    def path(self) -> str:
        """Of the request that is being read, as far as it is known."""
        return self._request.path if self._request else ""

    def _parse(self, data: bytes) -> None:
        import httptools

        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if not isinstance(cause, Refusal):
                raise
            self._refuse_once(cause)
        except httptools.HttpParserError as error:
            self._refuse_once(Refusal(400, f"this is not HTTP/1.1 as it should be: {error}", self.path))

    def _refuse_once(self, refusal: Refusal) -> None:
        """Refuse, unless it stands behind the last request the client announced: that is of no interest."""
        if not self.over:
            self.refuse(refusal)

    def _bound(self, count: int) -> None:
        """Bound what an unfinished request costs that neither headers nor body show."""
        self._wire_bytes += count
        most = self._limits.head_bytes_max
        if not self.headed:
            if self._wire_bytes > most:
                self.refuse(Refusal(431, f"a request's head has at most {most:,} bytes"))
        elif self._wire_bytes > _PADDING_MAX * self._body_bytes + 2 * most:
            self.refuse(Refusal(400, "the body's chunks hold too little for their size", self.path))

    def _decline(self, rest: bytes) -> None:
        """Read the body of a request that offered an upgrade: its framing is played to a parser that saw no offer."""
        request = self._request
        assert request is not None
        self._upgrading = False
        self._parser = self._new_parser(self)
        lines = "".join(f"{name}: {request.headers[name]}\r\n" for name in _FRAMES if name in request.headers)
        if lines:
            self._replaying = True
            self._parser.feed_data(f"POST / HTTP/1.1\r\n{lines}\r\n".encode("latin-1"))
            self._replaying = False
        if self.reading and not self._frames_body(request):
            self.on_message_complete()
        if rest and not self.over:
            self._parse(rest)

    @staticmethod
    def _frames_body(request: Request) -> bool:
        return "transfer-encoding" in request.headers or request.headers.get("content-length", "0").strip("0") != ""

    # The parser's calls

    def on_message_begin(self) -> None:
        """A request begins."""
        if not self._replaying:
            if self.over:
                raise Refusal(400, "a request came after the last one")
            self._clear()
            self.begun += 1
            self.reading = True

    def on_url(self, piece: bytes) -> None:
        """More of its target."""
        if not self._replaying:
            self._target += piece
            if len(self._target) > self._limits.target_bytes_max:
                raise Refusal(414, f"a request's target has at most {self._limits.target_bytes_max:,} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; behind a chunked body a trailer, which nobody asked for."""
        if self._replaying or self.headed:
            return
        self._lines.append((name, value))
        self._head_bytes += len(name) + len(value)
        limits = self._limits
        if len(self._lines) > limits.headers_max or self._head_bytes > limits.head_bytes_max:
            most = f"{limits.headers_max} headers of together {limits.head_bytes_max:,} bytes"
            raise Refusal(431, f"a request has at most {most}")

    def on_headers_complete(self) -> None:
        """The head is complete."""
        if self._replaying:
            return
        version = self._parser.get_http_version()
        if version not in {"1.1", "1.0"}:
            raise Refusal(505, f"HTTP/{version} is not spoken here; HTTP/1.1 is")
        method = self._parser.get_method().decode("latin-1")
        if method not in METHODS:
            raise Refusal(501, f"the method {method} is not known here")
        path, query, host = split_target(method, self._target)
        headers = joined(self._lines, path)
        if host:
            headers["host"] = host
        if version == "1.1" and "host" not in headers:
            raise Refusal(400, "a request of HTTP/1.1 names its host", path)
        if "host" in headers and not is_host(headers["host"]):
            raise Refusal(400, "the Host header names no host", path)
        asked = tokens(headers.get("connection", ""))
        self._keep = "close" not in asked and (version == "1.1" or "keep-alive" in asked)
        self._chunks = version == "1.1"
        self._upgrading = self._parser.should_upgrade()
        self._request = Request(method=method, path=path, query=query, headers=headers, body=b"", peer=self._peer)
        self._lines = []
        self.headed = True
        self._expect(self._request, version)

    def _expect(self, request: Request, version: str) -> None:
        """Refuse a body that will not be taken, before it is sent."""
        coding = request.headers.get("transfer-encoding")
        if coding is not None and (coding.lower() != "chunked" or version == "1.0"):
            raise Refusal(501, "a body is framed by its length or by chunks, and by nothing else", request.path)
        length = request.headers.get("content-length")
        if length is not None and int(length) > self._limits.body_bytes_max:
            raise self._too_long()
        expected = request.headers.get("expect")
        if expected is not None:
            if expected.lower() != "100-continue":
                raise Refusal(417, "only 100-continue can be expected", request.path)
            self.waits = version == "1.1" and self._frames_body(request)

    def _too_long(self) -> Refusal:
        return Refusal(413, f"a request's body has at most {self._limits.body_bytes_max:,} bytes", self.path)

    def on_body(self, piece: bytes) -> None:
        """More of its body."""
        self.waits = False
        self._body_bytes += len(piece)
        self._held.count += len(piece)
        if self._body_bytes > self._limits.body_bytes_max:
            raise self._too_long()
        if self._held.count > self._limits.bodies_bytes_max:
            raise Refusal(503, "too many large requests are held at once; try again in a moment", self.path)
        self._body.append(piece)

    def on_message_complete(self) -> None:
        """The request is complete."""
        if self._upgrading:
            return  # the parser takes what follows for another protocol, and says so next
        request = self._request
        assert request is not None
        if len(self.arrived) >= self._limits.pipelined_max:
            raise Refusal(503, f"at most {self._limits.pipelined_max} requests wait for their turn", request.path)
        if self._body:
            body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            request = msgspec.structs.replace(request, body=body)
        self.arrived.append(Arrived(request, self._keep, self._chunks))
        self.over = not self._keep
        self._clear()

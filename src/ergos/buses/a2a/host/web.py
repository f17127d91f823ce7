"""HTTP to one peer: where it may lead, how much may come back, and a record of what was asked.

The host in the peer's URL was named by its owner: it may be this machine, or have the private addresses that the
settings name. Every other host is named by a stranger (the card's interfaces, the place of its keys) and has to be on
the public internet. A name is looked up once, its addresses are judged, and what was judged is dialled.

Rules: no redirect is followed; no proxy, cookie or identity is taken from the environment; replies come uncompressed;
every byte is counted; no connection outlives its call; every request leaves one record without a secret, a header, a
query or a body.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import msgspec

from ergos.base.clock import Clock
from ergos.base.errors import EgressRefusedError
from ergos.base.limits import MIB
from ergos.base.world_errors import BusError
from ergos.kernel.egress import EgressRecord, OnRecord
from ergos.kernel.hosts import Refused, read_address, read_host, unreachable
from ergos.kernel.peers import FAMILY, PeerSettings

if TYPE_CHECKING:
    import httpcore
    import httpx

CONNECT_S: Final = 10.0  # seconds until a connection stands
SILENCE_S: Final = 60.0  # seconds without a byte on an open reply; then the task is asked about instead
REPLY_BYTES_MAX: Final = 8 * MIB  # bytes of one reply, or of one event of a stream; a result may have as many
CALL_BYTES_MAX: Final = 64 * MIB  # bytes of all replies of one call; many looks at a growing task
STRUCTURE_MAX: Final = 50_000  # brackets and commas of one reply: reading them takes some 5 µs each, with all waiting
PATH_CHARS_MAX: Final = 1_000  # characters of a record's path
REASON_CHARS_MAX: Final = 500  # characters of a record's refusal
ADDRESSES_TRIED_MAX: Final = 4  # addresses of one host that are tried in turn

_JSON: Final = ("application/json", "application/a2a+json", "application/problem+json", "text/event-stream")


def fault(what: str) -> BusError:
    """A peer's trouble, said so that its owner knows what to do."""
    return BusError(what, remedy="`ergos peers` shows how it stands; the other peers were not affected")


class Meter:
    """Counts what a peer sends in the course of one call."""

    def __init__(self, peer: str, reply_bytes_max: int = REPLY_BYTES_MAX) -> None:
        self._peer: Final = peer
        self._reply_bytes_max: Final = reply_bytes_max
        self._total = self._reply = self._structure = 0
        self.events = False
        """The reply is a stream of events, each of which counts for itself."""
        self.fault: BusError | None = None
        """Why nothing more is read."""
        self.turned_away = False
        """What was sent was not taken: it should have gone elsewhere."""
        self.connected = False
        """A connection stood, so that something may have been sent."""

    def begin(self) -> None:
        """A reply begins."""
        self._reply = self._structure = 0
        self.events = False

    def took(self, piece: bytes) -> None:
        """More of it came. Raises: BusError."""
        self._total += len(piece)
        first, more, last = (piece, b"", b"") if not self.events else _lines(piece)
        self._count(first)
        if more:  # one event is over, and so may be others within this piece
            self._reply = self._structure = 0
            self._count(last)
        if self._total > CALL_BYTES_MAX:
            self.refuse(f"sent more than {CALL_BYTES_MAX:,} bytes in the course of one call")

    def _count(self, piece: bytes) -> None:
        self._reply += len(piece)
        self._structure += piece.count(b"{") + piece.count(b"[") + piece.count(b",")
        if self._reply > self._reply_bytes_max:
            self.refuse(f"sent a reply of more than {self._reply_bytes_max:,} bytes")
        if self._structure > STRUCTURE_MAX:
            self.refuse(f"sent a reply of more than {STRUCTURE_MAX:,} brackets and commas")

    def refuse(self, why: str) -> None:
        """Read no more. Raises: BusError."""
        self.fault = fault(f"{self._peer} {why}")
        raise self.fault


class SystemTrust:
    """The certificates that this machine trusts, read when they are first needed."""

    def __init__(self) -> None:
        self._read: ssl.SSLContext | None = None

    def __call__(self) -> ssl.SSLContext:
        """What is trusted. Cost: tens of milliseconds at first; then nothing."""
        if self._read is None:
            self._read = ssl.create_default_context()
        return self._read


class Wire(msgspec.Struct, frozen=True):
    """What HTTP to peers needs besides the peer."""

    clock: Clock
    on_record: OnRecord
    tls: Callable[[], ssl.SSLContext] = msgspec.field(default_factory=SystemTrust)
    """What is trusted; may be called on any thread."""


@asynccontextmanager
async def over_http(peer: PeerSettings, wire: Wire, meter: Meter) -> AsyncGenerator[httpx.AsyncClient]:
    """A client for one call of a peer."""
    import httpx

    limits = httpx.Timeout(CONNECT_S, read=SILENCE_S, write=SILENCE_S)
    secure = not peer.url.startswith("http://")
    tls = await asyncio.to_thread(wire.tls) if secure else None
    accounts: list[_Account] = []
    transport = _transport(peer, wire, meter, tls, accounts)
    async with (
        AsyncExitStack() as end,
        httpx.AsyncClient(
            headers={"accept-encoding": "identity", "user-agent": "ergos"},
            timeout=limits,
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            event_hooks={"response": [_no_cookies]},
        ) as client,
    ):
        # A stream whose reader has gone may be closed by whoever collects it, some time; its record is due now.
        end.callback(_settled, accounts)
        yield client


async def _no_cookies(response: httpx.Response) -> None:
    response.headers.pop("set-cookie", None)


def stray(url: str, peer: PeerSettings) -> str:
    """Why a place that a stranger named may not be asked, or ''. Its addresses are judged when it is dialled."""
    # Two readers of one URL must not see two hosts in it.
    if not url.isascii() or not url.isprintable() or any(mark in url for mark in " \\@"):
        return "it is no URL of plain characters without a name and a password"
    try:
        parts, home = urlsplit(url), urlsplit(peer.url)
        origin = (parts.scheme, parts.hostname, parts.port)
        if origin == (home.scheme, home.hostname, home.port):
            return ""
    except ValueError:
        return "it is no URL"
    host = parts.hostname or ""
    read = read_host(f"[{host}]" if ":" in host else host)
    if isinstance(read, Refused):
        return read.why
    if parts.scheme != "https":
        return "it is no https URL"
    if _near(home.hostname or "", peer):
        return "a peer at a private address may name no other place"
    address = read_address(host)
    return (unreachable(address) or "") if address is not None else ""


def permitted(host: str, addresses: Iterable[str], peer: PeerSettings) -> list[str]:
    """The addresses of a host to dial, in order. Raises: EgressRefusedError if one of them is none to be dialled."""
    home = (urlsplit(peer.url).hostname or "").lower()
    good: list[str] = []
    for text in dict.fromkeys(addresses):
        address = read_address(text)
        why = f"{text[:60]!r} is no address" if address is None else unreachable(address)
        named = address is not None and host == home and (
            str(address) in peer.addresses or str(address) == home or (home == "localhost" and address.is_loopback)
        )  # fmt: skip
        if why is not None and not named:
            raise EgressRefusedError(f"{host[:100]} leads to an address that may not be reached: {why}")
        good.append(text)
    if not good:
        raise EgressRefusedError(f"{host[:100]} has no address")
    return good[:ADDRESSES_TRIED_MAX]


def _near(home: str, peer: PeerSettings) -> bool:
    """Whether the owner named a host that is not on the public internet."""
    address = read_address(home)
    return home == "localhost" or bool(peer.addresses) or (address is not None and unreachable(address) is not None)


def _dialler(peer: PeerSettings, meter: Meter) -> httpcore.AsyncNetworkBackend:
    """What dials for one call of a peer."""
    import httpcore

    class Dialler(httpcore.AsyncNetworkBackend):
        """Looks a host up, judges its addresses, dials what it judged."""

        def __init__(self) -> None:
            self._inner: Final = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,  # noqa: ASYNC109 - the library's own
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore.AsyncNetworkStream:
            try:
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                raise httpcore.ConnectError("its name is not known") from error
            failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
            for address in permitted(host.lower(), [str(entry[4][0]) for entry in found], peer):
                try:
                    stream = await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    failure = error
                else:
                    meter.connected = True
                    return stream
            raise failure or httpcore.ConnectError("it has no address")

        async def sleep(self, seconds: float) -> None:
            await self._inner.sleep(seconds)

    return Dialler()


class _Account(msgspec.Struct):
    """What becomes of one request, for its one record."""

    wire: Wire
    peer: str
    method: str
    host: str
    port: int
    path: str
    bytes_out: int
    at_ns: int = 0
    status: int = 0
    bytes_in: int = 0
    refusal: str = ""
    written: bool = False

    def write(self) -> None:
        """Write it, once."""
        if self.written:
            return
        self.written = True
        self.wire.on_record(
            EgressRecord(
                at_ns=self.at_ns,
                method=self.method[:20],
                host=self.host[:255],
                port=self.port,
                path=self.path[:PATH_CHARS_MAX],
                status=self.status,
                bytes_out=self.bytes_out,
                bytes_in=self.bytes_in,
                rule=f"{FAMILY}.{self.peer}",
                refusal=self.refusal[:REASON_CHARS_MAX],
            )
        )


def _settled(accounts: list[_Account]) -> None:
    """Every request of a call that is over has its record."""
    for account in accounts:
        account.write()


def _opened(request: httpx.Request, wire: Wire, peer: PeerSettings) -> _Account:
    url = request.url
    return _Account(
        wire,
        peer.name,
        request.method,
        url.host,
        url.port or (443 if url.scheme == "https" else 80),
        url.path,
        len(request.content) if request.method == "POST" else 0,
        at_ns=wire.clock.now_ns(),
    )


def _counted(inner: httpx.AsyncByteStream, account: _Account, meter: Meter) -> httpx.AsyncByteStream:
    """A body whose bytes are counted; its end is the end of the request."""
    import httpx

    class Counted(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for piece in inner:
                account.bytes_in += len(piece)
                try:
                    meter.took(piece)
                except BusError as error:
                    account.refusal = error.what
                    raise
                yield piece

        async def aclose(self) -> None:
            account.write()
            await inner.aclose()

    return Counted()


def _transport(
    peer: PeerSettings, wire: Wire, meter: Meter, tls: ssl.SSLContext | None, accounts: list[_Account]
) -> httpx.AsyncBaseTransport:
    """A transport that dials only what is permitted, counts what comes back and records what was asked."""
    import httpx

    class Metered(httpx.AsyncHTTPTransport):
        """Refuses what is no reply of a peer."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            account = _opened(request, wire, peer)
            accounts.append(account)
            meter.begin()
            try:
                response = await super().handle_async_request(request)
            except (httpx.HTTPError, EgressRefusedError) as error:
                account.refusal = error.what if isinstance(error, EgressRefusedError) else type(error).__name__
                account.write()
                raise
            except asyncio.CancelledError:
                account.refusal = "whoever asked has gone"
                account.write()
                raise
            account.status = response.status_code
            assert isinstance(response.stream, httpx.AsyncByteStream)
            response.stream = _counted(response.stream, account, meter)
            try:
                _proper(response, meter)
            except BusError as error:
                account.refusal = error.what
                await response.aclose()
                raise
            return response

    # Without TLS of its own it trusts nobody: no https is spoken then.
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    transport = Metered(verify=tls or nobody, trust_env=False)
    pool: Any = transport._pool  # noqa: SLF001 - the pool takes a dialler, its transport hands none on
    pool._network_backend = _dialler(peer, meter)  # noqa: SLF001
    return transport


def _lines(piece: bytes) -> tuple[bytes, bytes, bytes]:
    """The end of a line that began before, a mark that there is one, and the beginning of the last line."""
    first, mark, rest = piece.partition(b"\n")
    return first, mark, rest.rpartition(b"\n")[2]


def _proper(response: httpx.Response, meter: Meter) -> None:
    """Nothing, if the head of a reply is that of a peer's. Raises: BusError."""
    if response.headers.get("content-encoding", "identity") != "identity":
        meter.refuse("sent a compressed reply, which was not asked for")
    if 300 <= response.status_code < 400:
        meter.turned_away = True
        place = (urlsplit(response.headers.get("location", "")[:2_000]).hostname or "elsewhere")[:100]
        meter.refuse(f"redirects to {ascii(place)[1:-1]}; no redirect is followed")
    meter.events = "text/event-stream" in response.headers.get("content-type", "")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if 200 <= response.status_code < 300 and response.status_code != 204 and kind not in _JSON:
        meter.refuse(f"answers with {ascii(kind[:60]) or 'no content type'}; expected JSON or a stream of events")

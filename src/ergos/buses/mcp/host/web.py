"""HTTP to servers at a URL: one origin that its owner named, and the places that sign one in there.

The server itself may be anywhere its owner says. Every other host is named by a stranger (a sign-in page's metadata,
say), so it has to be on the public internet: its addresses are looked up once, checked, and dialled as checked. Where
the server is this machine itself, its sign-in may be on this machine too.

Rules: replies come as they are, uncompressed; every byte is counted by the server's meter; no proxy, no cookie and no
identity is taken from the environment; redirects are the SDK's to follow, within the origin.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from ergos.base.errors import EgressRefusedError
from ergos.base.world_errors import BusError
from ergos.buses.mcp.host.meter import LINE_BYTES_MAX, Meter

if TYPE_CHECKING:
    import httpcore2
    import httpx2
    from mcp.client._transport import TransportStreams

CONNECT_S: Final = 20.0  # seconds to reach a server; one that does not answer by then is down
SILENCE_S: Final = 300.0  # seconds without a byte on an open stream


@asynccontextmanager
async def over_http(
    url: str, headers: dict[str, str], auth: httpx2.Auth | None, meter: Meter
) -> AsyncGenerator[TransportStreams]:
    """Streams of messages for the SDK."""
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    limits = httpx2.Timeout(CONNECT_S, read=SILENCE_S)
    sent = {"accept-encoding": "identity", **headers}
    async with (
        httpx2.AsyncClient(
            headers=sent, auth=auth, timeout=limits, transport=_metered(url, meter), trust_env=False
        ) as client,
        streamable_http_client(url, http_client=client, max_sse_event_size=LINE_BYTES_MAX) as streams,
    ):
        yield streams


async def posted(url: str, form: dict[str, str], meter: Meter) -> dict[str, object]:
    """The JSON object that answers a form at a URL of the owner's. Raises: BusError."""
    import httpx2

    limits = httpx2.Timeout(CONNECT_S)
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    async with httpx2.AsyncClient(timeout=limits, transport=_metered(url, meter), trust_env=False) as client:
        try:
            reply = await client.post(url, data=form, headers=headers)
            found = reply.json() if reply.is_success else None
        except (httpx2.HTTPError, ValueError) as error:
            raise BusError(f"{urlsplit(url).hostname} did not answer: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise BusError(f"{urlsplit(url).hostname} refused with the status {reply.status_code}")
    return cast("dict[str, object]", found)


def permitted(host: str, addresses: Iterable[str], home: str) -> list[str]:
    """The addresses to dial for a host, in order. Raises: EgressRefusedError if a stranger's host is no public one."""
    found = list(dict.fromkeys(addresses))
    if host == home:
        return found
    near = _loopback(home)
    for address in found:
        parsed = ipaddress.ip_address(address.partition("%")[0])
        mapped = getattr(parsed, "ipv4_mapped", None) or parsed
        if not (mapped.is_global and not mapped.is_multicast) and not (near and mapped.is_loopback):
            raise EgressRefusedError(f"a server at {home} named {host}, which is no public host ({address})")
    return found


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _dialler(home: str) -> httpcore2.AsyncNetworkBackend:
    """What dials for a server at `home`."""
    import httpcore2

    class Dialler(httpcore2.AsyncNetworkBackend):
        """Looks a host up, checks it, dials what it checked."""

        def __init__(self) -> None:
            self._inner: Final = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())

        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,  # noqa: ASYNC109 - the library's own
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore2.AsyncNetworkStream:
            try:
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except OSError as error:
                raise httpcore2.ConnectError(f"{host} is not known: {error}") from error
            failure: httpcore2.ConnectError | httpcore2.ConnectTimeout | None = None
            for address in permitted(host.lower(), [str(entry[4][0]) for entry in found], home):
                try:
                    return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                    failure = error
            raise failure or httpcore2.ConnectError(f"{host} has no address")

        async def sleep(self, seconds: float) -> None:
            await self._inner.sleep(seconds)

    return Dialler()


def _metered(url: str, meter: Meter) -> httpx2.AsyncBaseTransport:
    """A transport that dials only what is permitted and counts what comes back."""
    import httpx2

    class Counted(httpx2.AsyncByteStream):
        """A body whose bytes are counted."""

        def __init__(self, inner: httpx2.AsyncByteStream) -> None:
            self._inner: Final = inner

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for piece in self._inner:
                meter.took(len(piece))
                yield piece

        async def aclose(self) -> None:
            await self._inner.aclose()

    class Metered(httpx2.AsyncHTTPTransport):
        """Counts replies; refuses compressed ones, which grow beyond what was counted."""

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await super().handle_async_request(request)
            if response.headers.get("content-encoding", "identity") != "identity":
                await response.aclose()
                raise httpx2.DecodingError("it sent a compressed reply, which was not asked for")
            meter.message()
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            response.stream = Counted(response.stream)
            return response

    transport = Metered(verify=True, trust_env=False)
    pool: Any = transport._pool  # noqa: SLF001 - the pool takes a dialler, its transport hands none on
    pool._network_backend = _dialler((urlsplit(url).hostname or "").lower())  # noqa: SLF001
    return transport

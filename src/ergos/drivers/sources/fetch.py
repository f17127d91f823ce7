"""Bytes from the web, bounded in size, time and redirects.

Rules: http and https only; no credentials in URLs; no cookies kept; each redirect is checked as the first URL was,
and one that leads from the outside to an inner address (loopback, private network) is refused; the body is counted
while it streams, so an endless page stops at the bound; decompression is our own and bounded.

Must not know: what the bytes mean.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit, urlunsplit

import msgspec

from ergos.base.errors import DeadlineError, SourceError
from ergos.base.limits import MIB, SOURCE_BYTES_MAX, SOURCE_REDIRECTS_MAX
from ergos.drivers.sources.reading import REASON_CHARS_MAX
from ergos.drivers.sources.unpack import unpack_declared

if TYPE_CHECKING:
    import httpx2

USER_AGENT: Final = "ergos/0.1"  # says who asks; names no address, because there is none to ask
URL_CHARS_MAX: Final = 4_000  # characters of a URL; servers and readers break on longer ones
ACCEPT: Final = (
    "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/feed+json,"
    " application/xml;q=0.9, application/pdf;q=0.9, text/markdown;q=0.9, text/plain;q=0.8, */*;q=0.5"
)
_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_CAUSES_MAX: Final = 8  # links of an exception's chain looked at


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, decompressed."""

    body: bytes
    url: str
    """Where it was found, after redirects."""
    media_type: str = ""
    """Lower case, without parameters; "" where the server declared none."""
    charset: str | None = None
    notes: tuple[str, ...] = ()


class Fetcher(Protocol):
    """Gets what stands at a URL."""

    async def fetch(self, url: str, *, deadline_s: float) -> Fetched:
        """What stands at `url`, within `deadline_s` seconds.

        Raises: SourceError; DeadlineError.
        """
        ...


class HttpFetcher:
    """Fetches over HTTP/1.1 with httpx2; keeps no connection and no cookie between two fetches."""

    def __init__(self, *, user_agent: str = USER_AGENT, trust_env: bool = True) -> None:
        """`trust_env`: use the proxies and certificate files named in the environment."""
        self._user_agent = user_agent
        self._trust_env = trust_env
        self._tls: ssl.SSLContext | None = None

    async def fetch(self, url: str, *, deadline_s: float) -> Fetched:
        """What stands at `url`; at most SOURCE_BYTES_MAX bytes as received.

        Raises: SourceError; DeadlineError after `deadline_s` seconds, whatever trickled in by then.
        """
        url = checked(url)
        try:
            async with asyncio.timeout(max(0.0, deadline_s)):
                return await self._follow(url)
        except TimeoutError as error:
            raise DeadlineError(f"{url} did not answer completely within {deadline_s:.0f} s") from error

    async def _follow(self, url: str) -> Fetched:
        # heavy: httpx2 takes a tenth of a second to import.
        import httpx2

        if self._tls is None:
            self._tls = httpx2.create_ssl_context(trust_env=self._trust_env)
        client = httpx2.AsyncClient(
            verify=self._tls,
            trust_env=self._trust_env,
            follow_redirects=False,
            timeout=None,
            # A proxy of the environment is for the outside; it cannot see this machine.
            mounts={"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None},
            headers={"User-Agent": self._user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"},
        )
        try:
            async with client:
                for _ in range(SOURCE_REDIRECTS_MAX + 1):
                    found = await self._ask(client, url)
                    if isinstance(found, Fetched):
                        return found
                    url = found
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise SourceError(f"{url}: {_reason(error)}") from error
        raise SourceError(f"{url}: more than {SOURCE_REDIRECTS_MAX} redirects")

    async def _ask(self, client: httpx2.AsyncClient, url: str) -> Fetched | str:
        """The answer, or the URL it redirects to."""
        async with client.stream("GET", url) as response:
            if response.status_code in _REDIRECTS:
                location = response.headers.get("location")
                if not location:
                    raise SourceError(f"{url}: redirects without saying where")
                target = checked(str(response.url.join(location)))
                if await _is_inner(target) and not await _is_inner(url):
                    raise SourceError(f"{url}: redirects to an address inside this network; name it yourself if meant")
                return target
            if response.status_code != 200:
                raise SourceError(f"{url}: the server answered {response.status_code} {_phrase(response)}".rstrip())
            declared = response.headers.get("content-length", "")
            if declared.isascii() and declared.isdigit() and int(declared[:20]) > SOURCE_BYTES_MAX:
                raise SourceError(_too_large(url, int(declared[:20])))
            body = await _bounded(response.aiter_raw(), url)
            headers = response.headers
        unpacked = await asyncio.to_thread(unpack_declared, body, headers.get("content-encoding", "")[:200])
        media_type, charset = _content_type(headers.get("content-type", "")[:400])
        return Fetched(body=unpacked.body, url=url, media_type=media_type, charset=charset, notes=unpacked.notes)


def checked(url: str) -> str:
    """`url` without its fragment.

    Raises: SourceError for another scheme than http or https, no host, credentials, or too many characters.
    """
    if len(url) > URL_CHARS_MAX:
        raise SourceError(f"a URL of {len(url)} characters; at most {URL_CHARS_MAX} are followed")
    try:
        parts = urlsplit(url)
        has_user = parts.username is not None or parts.password is not None
        host = parts.hostname
        _ = parts.port  # raises on a port that is no number
    except ValueError as error:
        raise SourceError(f"{url!r} is not a URL: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise SourceError(f"{url!r}: only http and https are read, not {parts.scheme!r}")
    if has_user:
        # The message leaves the credentials out: it ends up in journals and on pages.
        raise SourceError(
            f"the URL of {host} carries a user name or password, which would end up in every citation",
            remedy="remove the credentials from the URL; save the page as a file if it needs a login",
        )
    if not host:
        raise SourceError(f"{url!r} names no host")
    return urlunsplit(parts._replace(fragment=""))


async def _bounded(chunks: AsyncIterator[bytes], url: str) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > SOURCE_BYTES_MAX:
            raise SourceError(_too_large(url, None))
    return bytes(body)


def _too_large(url: str, size: int | None) -> str:
    said = f"{size / MIB:.0f} MiB" if size else "endless or too long"
    return f"{url}: {said}; at most {SOURCE_BYTES_MAX // MIB} MiB of one source are read"


async def _is_inner(url: str) -> bool:
    """Whether the host of `url` is, or resolves to, an address that is not on the public internet."""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host.partition("%")[0]).is_global
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return any(not ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_global for entry in found)
    except (OSError, ValueError):
        # It cannot be resolved here, so it is not reached from here either, except by the owner's proxy.
        return False


def _content_type(header: str) -> tuple[str, str | None]:
    media_type, *parameters = header.split(";")
    charset = None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and charset is None:
            charset = value.strip().strip("\"'") or None
    return media_type.strip().lower(), charset


def _phrase(response: httpx2.Response) -> str:
    return "".join(char for char in response.reason_phrase if char.isprintable())[:80]


def _reason(error: BaseException) -> str:
    """What went wrong, in words; the transport's exceptions wrap the one that tells."""
    link: BaseException | None = error
    for _ in range(_CAUSES_MAX):
        if link is None:
            break
        if isinstance(link, socket.gaierror):
            return "the name of the host is not known (DNS)"
        if isinstance(link, ssl.SSLCertVerificationError):
            return f"the certificate is not valid: {link.verify_message}"
        if isinstance(link, ssl.SSLError):
            return f"the secure connection failed: {link.reason or link}"
        if isinstance(link, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(link, ConnectionResetError):
            return "the connection was reset"
        link = link.__cause__ or link.__context__
    text = " ".join(str(error).split())[:REASON_CHARS_MAX]
    return text or f"the connection failed ({type(error).__name__})"

"""A client for HTTP/1.1: `HttpClient(limits).request(...)`, with a pool of connections by origin.

Rules: certificates are checked; no proxy is taken from the environment, no redirect followed, no cookie kept, no
compression asked for. Cancelling a request closes its connection. A request is sent a second time only when it went
out on a connection that had been lying unused, nothing of a response came, and sending it twice is harmless: its
method says so, it carries an idempotency key, or its caller does.
"""

from __future__ import annotations

import asyncio
import functools
import re
import ssl
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from ergos.base.errors import DeadlineError, UsageError
from ergos.base.world_errors import HttpError
from ergos.drivers.http.exchange import ClientLimits, Exchange, HttpReply, OnChunk, OnHead

URLS_KEPT: Final = 256  # URLs remembered as taken apart; an installation asks a handful

_HARMLESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_IDEMPOTENCY_KEY: Final = "idempotency-key"
_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_NO_URL: Final = re.compile(r"[^!-~]")
_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OWN_HEADERS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


class Origin(NamedTuple):
    """Where connections lead."""

    scheme: str
    host: str
    port: int


class HttpClient:
    """Asks servers. Belongs to the loop it is first used on."""

    def __init__(self, limits: ClientLimits | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        """`tls`: whom to trust; None: whom the system trusts."""
        self._limits: Final = limits or ClientLimits()
        self._tls = tls
        self._idle: Final[dict[Origin, list[Exchange]]] = {}
        self._open: Final[set[Exchange]] = set()
        self._opening = 0

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        deadline_s: float,
        on_head: OnHead | None = None,
        on_chunk: OnChunk | None = None,
        resend: bool = False,
    ) -> HttpReply:
        """The response to a request, complete.

        `on_head` is given status and headers as soon as they came, `on_chunk` each piece of the body; where `on_head`
        returns False, the body is collected after all. `resend`: sending it twice is harmless.

        Raises: HttpError; DeadlineError after `deadline_s` seconds, whatever trickled in by then; UsageError for a
        URL that is none; whatever a callback raises, which ends the request.
        """
        origin, host, target = _split(url)
        head = _head(method, target, host, headers or {}, body)
        resend = resend or method in _HARMLESS or any(name.lower() == _IDEMPOTENCY_KEY for name in headers or {})
        if deadline_s <= 0:
            raise DeadlineError(f"no time was left to ask {origin.host}:{origin.port}")
        deadline = asyncio.get_running_loop().time() + deadline_s

        async def ask(exchange: Exchange) -> HttpReply:
            try:
                return await exchange.ask(method, head, body, deadline=deadline, on_head=on_head, on_chunk=on_chunk)
            finally:
                self._give_back(origin, exchange)

        exchange = self._take(origin)
        if exchange is not None:
            try:
                return await ask(exchange)
            except HttpError as error:
                if exchange.touched or not resend or error.kind != "closed":
                    raise
        return await ask(await self._connect(origin, deadline))

    async def close(self) -> None:
        """Let go of every connection; what is being asked fails."""
        for waiting in self._idle.values():
            for exchange in waiting:
                exchange.on_idle_lost = None
        self._idle.clear()
        for exchange in list(self._open):
            exchange.close()
        self._open.clear()
        await asyncio.sleep(0)  # the transports say their goodbye on the next pass

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    # The pool

    def _take(self, origin: Origin) -> Exchange | None:
        """The connection used last, which is the likeliest to stand."""
        waiting = self._idle.get(origin)
        while waiting:
            exchange = waiting.pop()
            exchange.on_idle_lost = None
            if exchange.fresh():
                return exchange
            exchange.close()
            self._open.discard(exchange)
        return None

    def _give_back(self, origin: Origin, exchange: Exchange) -> None:
        waiting = self._idle.setdefault(origin, [])
        if not exchange.open or len(waiting) >= self._limits.pool_per_origin_max:
            exchange.close()
            self._open.discard(exchange)
            return
        exchange.on_idle_lost = functools.partial(self._let_go, waiting, exchange)
        waiting.append(exchange)
        exchange.rest()

    def _let_go(self, waiting: list[Exchange], exchange: Exchange) -> None:
        exchange.on_idle_lost = None
        if exchange in waiting:
            waiting.remove(exchange)
        exchange.close()
        self._open.discard(exchange)

    async def _connect(self, origin: Origin, deadline: float) -> Exchange:
        if len(self._open) + self._opening >= self._limits.connections_max:
            raise HttpError(f"{self._limits.connections_max:,} connections are open already", kind="connect")
        loop = asyncio.get_running_loop()
        tls = await self._context() if origin.scheme == "https" else None
        where = f"{origin.host}:{origin.port}"
        connected_by = loop.time() + self._limits.connect_s
        clock = asyncio.timeout_at(min(deadline, connected_by))
        self._opening += 1
        try:
            async with clock:
                _, exchange = await loop.create_connection(
                    lambda: Exchange(self._limits, loop, where),
                    origin.host,
                    origin.port,
                    ssl=tls,
                    server_hostname=origin.host if tls else None,
                )
        except TimeoutError as error:
            if not clock.expired():
                raise
            if deadline <= connected_by:
                raise DeadlineError(f"no connection to {where} in the time given") from error
            raise HttpError(f"no connection to {where} within {self._limits.connect_s:g} s", kind="connect") from error
        except ssl.SSLError as error:
            raise HttpError(f"no trusted connection to {where}: {error.reason or error}", kind="tls") from error
        except (OSError, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise HttpError(f"no connection to {where}: {why}", kind="connect") from error
        finally:
            self._opening -= 1
        self._open.add(exchange)
        return exchange

    async def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            # Reading the system's certificates takes tens of milliseconds.
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        return self._tls


@functools.lru_cache(maxsize=URLS_KEPT)
def _split(url: str) -> tuple[Origin, str, str]:
    """Origin, Host header and target. Raises: UsageError."""
    if _NO_URL.search(url):
        raise UsageError(f"{url[:200]!r} holds spaces, control characters or others that no URL may hold")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{url[:200]!r} is no URL: {error}") from error
    scheme, host = parts.scheme, parts.hostname or ""
    if scheme not in {"http", "https"} or not host or parts.username is not None:
        raise UsageError(f"{url[:200]!r} is no http or https URL without credentials")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    shown = f"[{host}]" if ":" in host else host
    standard = 443 if scheme == "https" else 80
    return Origin(scheme, host, port or standard), shown if port in {None, standard} else f"{shown}:{port}", target


def _head(method: str, target: str, host: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A request's head. Raises: UsageError for a header that would end its line early or frames the message."""
    lines = [f"{method} {target} HTTP/1.1\r\nhost: {host}\r\naccept-encoding: identity\r\n"]
    for name, value in headers.items():
        if name.lower() in _OWN_HEADERS:
            raise UsageError(f"the header {name} is set by the client itself")
        if _NAME.fullmatch(name) is None or "\n" in value or "\r" in value or "\0" in value:
            raise UsageError(f"the header {name[:60]!r} holds characters that would break out of it")
        lines.append(f"{name}: {value}\r\n")
    if body or method not in _BODILESS:
        lines.append(f"content-length: {len(body)}\r\n")
    lines.append("\r\n")
    try:
        return "".join(lines).encode("latin-1")
    except UnicodeEncodeError as error:
        raise UsageError(f"a header holds characters that headers cannot: {error}") from error

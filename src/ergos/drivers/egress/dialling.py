"""From a host to a connection, by one look-up.

Rules: a name is resolved once; every address is judged after that; the connection goes to the very address that was
judged, and TLS is spoken with the name that was decided upon. A rule with `private` opens exactly the addresses it
names. No proxy, no second look-up.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeAlias, TypeVar

from ergos.base.errors import DeadlineError, EgressRefusedError
from ergos.base.world_errors import HttpError
from ergos.drivers.egress.decision import Permitted
from ergos.kernel.hosts import Host, read_address, unreachable

ADDRESSES_TRIED_MAX: Final = 4  # addresses of one host that are tried in turn
ADDRESSES_READ_MAX: Final = 64  # addresses of one answer that are looked at
LOOKUPS_MAX: Final = 4  # names of one dialler that are looked up at once
CONNECT_S: Final = 10.0  # seconds until a connection to one address stands, TLS included

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name; raises OSError."""
P = TypeVar("P", bound=asyncio.BaseProtocol)


class SystemNames:
    """Resolves as the system does, on threads of its own: names that nobody answers must not keep others waiting."""

    def __init__(self) -> None:
        self._threads: Final = ThreadPoolExecutor(LOOKUPS_MAX, "ergos-names")

    async def __call__(self, name: str, port: int) -> Sequence[str]:
        """The addresses of a name. Raises: OSError."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _looked_up, name, port)


def _looked_up(name: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]


class Dialler:
    """Connects to what a rule permits."""

    def __init__(self, *, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None) -> None:
        """None: names as the system resolves them; certificates as it trusts them."""
        self._resolve: Final = resolve or SystemNames()
        self._tls = tls

    async def addresses(self, host: Host, permitted: Permitted) -> list[str]:
        """The addresses that may be dialled, judged. Raises: EgressRefusedError; HttpError."""
        rule = permitted.rule
        if host.address:
            found: Sequence[str] = [host.name]
        else:
            try:
                found = await self._resolve(host.name, permitted.port)
            except (OSError, UnicodeError) as error:
                raise HttpError(f"the name {host.name} is not known (DNS)", kind="connect") from error
        named = {host.name, *rule.addresses} if rule.private else set[str]()
        good: list[str] = []
        why = f"{host.name} has no address"
        for text in dict.fromkeys(found[:ADDRESSES_READ_MAX]):
            address = read_address(text)
            bad = f"{text[:60]!r} is no address" if address is None else unreachable(address)
            if bad is None or (address is not None and str(address) in named):
                good.append(str(address))
            else:
                why = f"{host.name} leads to an address that may not be reached: {bad}"
        if not good:
            raise EgressRefusedError(why)
        return good

    async def connect(
        self, host: Host, permitted: Permitted, new_protocol: Callable[[], P], *, deadline: float, secure: bool
    ) -> P:
        """A connection; `deadline` is a time of the loop. Raises: EgressRefusedError; HttpError; DeadlineError."""
        where = f"{host.shown}:{permitted.port}"
        clock = asyncio.timeout_at(deadline)
        try:
            async with clock:
                addresses = await self.addresses(host, permitted)
                tls = await self._context() if secure else None
                failure = HttpError(f"no connection to {where}", kind="connect")
                for address in addresses[:ADDRESSES_TRIED_MAX]:
                    try:
                        return await _connected(address, permitted.port, new_protocol, tls, host.name if tls else None)
                    except TimeoutError:
                        failure = HttpError(f"no connection to {where} within {CONNECT_S:g} s", kind="connect")
                    except ssl.SSLError as error:
                        why = error.reason or "TLS failed"
                        raise HttpError(f"no trusted connection to {where}: {why}", kind="tls") from error
                    except OSError as error:
                        failure = HttpError(f"no connection to {where}: {error.strerror or 'failed'}", kind="connect")
                raise failure
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise DeadlineError(f"no connection to {where} in the time given") from error

    async def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            # Reading the system's certificates takes tens of milliseconds.
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        return self._tls


async def _connected(
    address: str, port: int, new_protocol: Callable[[], P], tls: ssl.SSLContext | None, name: str | None
) -> P:
    """A protocol connected to this address: an address, so that nothing is looked up again. Raises: OSError."""
    loop = asyncio.get_running_loop()
    line = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    taken = False
    try:
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(CONNECT_S):
            await loop.sock_connect(line, (address, port))
            taken = True  # from here on the transport closes it
            _, protocol = await loop.create_connection(new_protocol, sock=line, ssl=tls, server_hostname=name)
        return protocol
    finally:
        if not taken:
            line.close()

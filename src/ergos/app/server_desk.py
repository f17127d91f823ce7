"""Servers of tools through the control socket: what a kernel says of them, or without one a kernel that drives nothing.

Rules: what is approved is journaled by the kernel before it is mounted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from ergos.app.client import Perform, answering, order
from ergos.app.home import Home, reading
from ergos.base.errors import ErgosError, ValueShapeError
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.mounts import Offer, Pin, ServerSettings, pin_of
from ergos.runtime.control import LogOf, Look, Told
from ergos.runtime.control import Pin as Approve
from ergos.runtime.pins import Pins
from ergos.runtime.vault import Vault


class HomeServers:
    """The servers that the settings of a home name."""

    def __init__(self, home: Home) -> None:
        self._home: Final = home

    def settings(self) -> Mapping[str, ServerSettings]:
        """What the owner says of each, by name."""
        return self._home.settings.servers

    async def pins(self) -> Mapping[str, Pin]:
        """What was approved, by server."""
        if not self._home.store.exists():
            return {}
        async with reading(self._home) as reads:
            return await self._pinned(reads)

    async def _pinned(self, reads: SqliteReads) -> dict[str, Pin]:
        pins = Pins()
        await pins.restore(await reads.facts(), Vault(reads))  # type: ignore[arg-type] - a vault only reads blobs
        return {name: pin_of(pin.definitions) for name, pin in pins.items() if name in self.settings()}

    async def look(self, server: str) -> Offer:
        """What a server offers now. Raises: ErgosError if it does not answer."""
        async with answering(self._home) as perform:
            return await _looked(perform, server)

    async def looks(self, servers: Sequence[str]) -> Mapping[str, Offer | ErgosError]:
        """What each of them offers, all asked at once and by one kernel; what was raised of one that says nothing."""

        async def looked(perform: Perform, server: str) -> Offer | ErgosError:
            try:
                return await _looked(perform, server)
            except ErgosError as error:
                return error

        async with answering(self._home) as perform:
            found = await asyncio.gather(*(looked(perform, server) for server in servers))
        return dict(zip(servers, found, strict=True))

    async def approve(self, server: str, pin: Pin, by: str) -> None:
        """Journal that these definitions are approved, and mount them."""
        await order(self._home, Approve(name=server, digest=pin.digest, definitions=pin.plain, by=by))

    async def log(self, server: str) -> Sequence[str]:
        """The last lines it wrote that are no messages. Where no kernel runs it is started first, to hear some."""
        started = self._home.holder() is None
        async with answering(self._home) as perform:
            if started:
                with suppress(ErgosError):  # what keeps it from answering is what its log is read for
                    await perform(Look(server=server))
            reply = await perform(LogOf(server=server))
        assert isinstance(reply, Told)
        return [str(line) for line in reply.value]


async def _looked(perform: Perform, server: str) -> Offer:
    reply = await perform(Look(server=server))
    assert isinstance(reply, Told)
    try:
        return msgspec.convert(reply.value, Offer)
    except msgspec.ValidationError as error:
        raise ValueShapeError(f"this is no offer of a server: {error}") from error

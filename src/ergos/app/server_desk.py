"""Servers of tools from where their owner sits: the settings of a home, what was approved, and what each offers now.

Rules: the kernel is asked through whoever is given: the running one, else one that drives nothing, or a seat, which
judges first. What is approved is journaled by the kernel before it is mounted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, TypeAlias

import msgspec

from ergos.app.client import Perform, answering
from ergos.app.home import Home, reading
from ergos.base.errors import ErgosError, ValueShapeError
from ergos.kernel.mounts import Offer, Pin, ServerSettings, pin_of
from ergos.runtime.control import LogOf, Look, Told
from ergos.runtime.control import Pin as Approve
from ergos.runtime.pins import Pins
from ergos.runtime.vault import Vault

Asking: TypeAlias = Callable[[], AbstractAsyncContextManager[Perform]]
"""Whoever answers several requests, for as long as it is entered."""


class HomeServers:
    """The servers that the settings of a home name."""

    def __init__(self, home: Home, asking: Asking | None = None) -> None:
        """`asking`: who is asked; None: the running kernel, else one that drives nothing."""
        self._home: Final = home
        self._asking: Final[Asking] = asking or (lambda: answering(home))

    def settings(self) -> Mapping[str, ServerSettings]:
        """What the owner says of each, by name."""
        return self._home.settings.servers

    async def pins(self) -> Mapping[str, Pin]:
        """What was approved, by server."""
        return {name: pin for name, pin in (await pinned(self._home)).items() if name in self.settings()}

    async def look(self, server: str) -> Offer:
        """What a server offers now. Raises: ErgosError if it does not answer."""
        async with self._asking() as perform:
            return await _offer(perform, server)

    async def looks(self, servers: Sequence[str]) -> Mapping[str, Offer | ErgosError]:
        """What each of them offers, all asked at once and by one kernel; what was raised of one that says nothing."""
        return dict(zip(servers, await offers(self._asking, servers), strict=True))

    async def approve(self, server: str, pin: Pin, by: str) -> None:
        """Journal that these definitions are approved, and mount them."""
        async with self._asking() as perform:
            await perform(Approve(name=server, digest=pin.digest, definitions=pin.plain, by=by))

    async def log(self, server: str) -> Sequence[str]:
        """The last lines it wrote that are no messages. Where no kernel runs it is started first, to hear some."""
        started = self._home.holder() is None
        async with self._asking() as perform:
            if started:
                with suppress(ErgosError):  # what keeps it from answering is what its log is read for
                    await perform(Look(server=server))
            reply = await perform(LogOf(server=server))
        assert isinstance(reply, Told)
        return [str(line) for line in reply.value]


async def pinned(home: Home) -> dict[str, Pin]:
    """Everything that was approved in a home, by name; nothing where nothing ran yet. Raises: StoreError."""
    if not home.store.exists():
        return {}
    async with reading(home) as reads:
        pins = Pins()
        await pins.restore(await reads.facts(), Vault(reads))  # type: ignore[arg-type] - a vault only reads blobs
        return {name: pin_of(pin.definitions) for name, pin in pins.items()}


async def offers(asking: Asking, names: Sequence[str]) -> list[Offer | ErgosError]:
    """What each of these offers now, all asked at once and by one kernel; what was raised of one that says nothing."""

    async def looked(perform: Perform, name: str) -> Offer | ErgosError:
        try:
            return await _offer(perform, name)
        except ErgosError as error:
            return error

    if not names:
        return []
    async with asking() as perform:
        return list(await asyncio.gather(*(looked(perform, name) for name in names)))


async def _offer(perform: Perform, name: str) -> Offer:
    reply = await perform(Look(server=name))
    assert isinstance(reply, Told)
    try:
        return msgspec.convert(reply.value, Offer)
    except msgspec.ValidationError as error:
        raise ValueShapeError(f"this is no offer: {error}") from error

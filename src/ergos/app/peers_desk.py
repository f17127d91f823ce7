"""Peers from where their owner sits: the settings of a home, what was approved, and what each offers now.

Rules: a card is read by the running kernel, else by a kernel that drives nothing; what is approved is journaled by it
before it is used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ergos.app.client import Perform, answering, order
from ergos.app.home import Home, reading
from ergos.base.errors import ErgosError, ValueShapeError
from ergos.kernel.mounts import Offer, Pin, pin_of
from ergos.kernel.peers import FAMILY, PeerSettings
from ergos.runtime.control import Look, Told
from ergos.runtime.control import Pin as Approve
from ergos.runtime.pins import Pins
from ergos.runtime.vault import Vault


class HomePeers:
    """The peers that the settings of a home name."""

    def __init__(self, home: Home) -> None:
        self._home: Final = home

    def settings(self) -> Mapping[str, PeerSettings]:
        """What the owner says of each, by name."""
        return self._home.settings.a2a.peers

    async def pins(self) -> Mapping[str, Pin]:
        """What was approved, by peer."""
        if not self._home.store.exists():
            return {}
        async with reading(self._home) as reads:
            pins = Pins()
            await pins.restore(await reads.facts(), Vault(reads))  # type: ignore[arg-type] - a vault only reads blobs
        found: dict[str, Pin] = {}
        for name in self.settings():
            pin = pins.get(f"{FAMILY}.{name}")
            if pin is not None:
                found[name] = pin_of(pin.definitions)
        return found

    async def looks(self, peers: Sequence[str]) -> Mapping[str, Offer | ErgosError]:
        """What each of them offers, all asked at once; what was raised of one that says nothing."""

        async def looked(perform: Perform, peer: str) -> Offer | ErgosError:
            try:
                return await _looked(perform, peer)
            except ErgosError as error:
                return error

        if not peers:
            return {}
        async with answering(self._home) as perform:
            found = await asyncio.gather(*(looked(perform, peer) for peer in peers))
        return dict(zip(peers, found, strict=True))

    async def approve(self, peer: str, pin: Pin | None, by: str) -> None:
        """Journal that this card is approved, and use it; None takes the approval back."""
        digest, plain = ("", None) if pin is None else (pin.digest, pin.plain)
        await order(self._home, Approve(name=f"{FAMILY}.{peer}", digest=digest, definitions=plain, by=by))


async def _looked(perform: Perform, peer: str) -> Offer:
    reply = await perform(Look(server=f"{FAMILY}.{peer}"))
    assert isinstance(reply, Told)
    try:
        return msgspec.convert(reply.value, Offer)
    except msgspec.ValidationError as error:
        raise ValueShapeError(f"this is no offer of a peer: {error}") from error

"""Peers from where their owner sits: the settings of a home, what was approved, and what each offers now.

Rules: a card is read by the kernel that is asked, as with servers of tools (`server_desk`); what is approved is
journaled by it before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ergos.app.client import answering
from ergos.app.home import Home
from ergos.app.server_desk import Asking, offers, pinned
from ergos.base.errors import ErgosError
from ergos.kernel.mounts import Offer, Pin
from ergos.kernel.peers import FAMILY, PeerSettings
from ergos.runtime.control import Pin as Approve


class HomePeers:
    """The peers that the settings of a home name."""

    def __init__(self, home: Home, asking: Asking | None = None) -> None:
        """`asking`: who is asked; None: the running kernel, else one that drives nothing."""
        self._home: Final = home
        self._asking: Final[Asking] = asking or (lambda: answering(home))

    def settings(self) -> Mapping[str, PeerSettings]:
        """What the owner says of each, by name."""
        return self._home.settings.a2a.peers

    async def pins(self) -> Mapping[str, Pin]:
        """What was approved, by peer."""
        found = await pinned(self._home)
        return {name: found[f"{FAMILY}.{name}"] for name in self.settings() if f"{FAMILY}.{name}" in found}

    async def looks(self, peers: Sequence[str]) -> Mapping[str, Offer | ErgosError]:
        """What each of them offers, all asked at once; what was raised of one that says nothing."""
        found = await offers(self._asking, [f"{FAMILY}.{peer}" for peer in peers])
        return dict(zip(peers, found, strict=True))

    async def approve(self, peer: str, pin: Pin | None, by: str) -> None:
        """Journal that this card is approved, and use it; None takes the approval back."""
        digest, plain = ("", None) if pin is None else (pin.digest, pin.plain)
        async with self._asking() as perform:
            await perform(Approve(name=f"{FAMILY}.{peer}", digest=digest, definitions=plain, by=by))

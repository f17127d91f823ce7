"""Every peer an owner named, behind the `Mounts` port.

A peer's tools are known from the card that was approved, so that looking one up needs no connection and no library.

Rules: one peer's trouble is its own; nothing is approved here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ergos.base.errors import UsageError
from ergos.base.ids import Pid
from ergos.buses.a2a.host.card import pin_name
from ergos.buses.a2a.host.peer import Peer, PeerParts
from ergos.buses.a2a.host.tool import PeerTool
from ergos.kernel.mounts import Offer, Pin
from ergos.kernel.peers import FAMILY, PeerSettings

_PREFIX: Final = FAMILY + "."


class PeerHost:
    """The peers of one kernel that can be called."""

    def __init__(self, peers: Mapping[str, PeerSettings], parts: PeerParts) -> None:
        self._peers: Final = {name: Peer(one, parts) for name, one in peers.items() if one.url}

    def tool(self, name: str) -> PeerTool | None:
        """A tool by its full name; None for an unknown or disabled one."""
        peer = self._of(name)
        return None if peer is None or peer.disabled else peer.tools.get(name)

    def why_not(self, name: str) -> str:
        """Why a tool is not there, or ''."""
        peer = self._of(name)
        if peer is None:
            return ""
        if not peer.tools:
            return f"the card of {peer.settings.name} is not approved yet: `ergos peers show {peer.settings.name}`"
        return peer.disabled if name in peer.tools else ""

    def names(self) -> tuple[str, ...]:
        """All of peers that were approved, disabled ones among them, sorted."""
        return tuple(sorted(name for peer in self._peers.values() for name in peer.tools))

    def named(self, name: str) -> bool:
        """Whether this is the name under which one of them is pinned."""
        return name.startswith(_PREFIX) and name.removeprefix(_PREFIX) in self._peers

    def approve(self, peer: str, pin: Pin | None) -> None:
        """This card is approved from now on; None takes the approval back. Journal it first."""
        self._named(peer).approve(pin)

    async def look(self, peer: str) -> Offer:
        """What a peer offers now, and how it differs from what was approved. Raises: UsageError, BusError, …"""
        return await self._named(peer).offer()

    def kill(self, pid: Pid | None = None) -> int:
        """Give up what a process (None: any) asked of peers; how many requests that were."""
        return sum(peer.kill(pid) for peer in self._peers.values())

    def _of(self, name: str) -> Peer | None:
        return self._peers.get(name.removeprefix(_PREFIX).rpartition(".")[0]) if name.startswith(_PREFIX) else None

    def _named(self, peer: str) -> Peer:
        found = self._peers.get(peer.removeprefix(_PREFIX))
        if found is None:
            raise UsageError(
                f"there is no peer {peer.removeprefix(_PREFIX)[:60]!r} that can be called",
                remedy="name one of: " + (", ".join(map(pin_name, sorted(self._peers))) or "none is in settings.toml"),
            )
        return found

"""The peers that a kernel's agents may ask, put together: their host, the vault, and tokens to call back with.

Rules: composes; decides nothing. A home without a peer to call pays for nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, Protocol

from ergos.app.peers_delegation import Delegations, delegation_key
from ergos.app.peers_received import Received
from ergos.base.clock import Clock
from ergos.base.ids import Pid
from ergos.kernel.egress import EgressRecord, Secrets
from ergos.kernel.mounts import Offer, Pin
from ergos.kernel.packages import Tool
from ergos.kernel.ports import Signer
from ergos.runtime.settings import Settings

_HANDLES: Final = b"ergos peers 1"


class Called(Protocol):
    """The peers that can be called."""

    def tool(self, name: str) -> Tool | None:
        """A tool by its full name; None for an unknown or disabled one."""
        ...

    def why_not(self, name: str) -> str:
        """Why a tool is not there, or ''."""
        ...

    def names(self) -> tuple[str, ...]:
        """All of peers that were approved, sorted."""
        ...

    def named(self, name: str) -> bool:
        """Whether this is the name under which one of them is pinned."""
        ...

    def approve(self, peer: str, pin: Pin | None) -> None:
        """This card is approved from now on."""
        ...

    async def look(self, peer: str) -> Offer:
        """What a peer offers now."""
        ...

    def kill(self, pid: Pid | None = None) -> int:
        """Give up what a process (None: any) asked of peers."""
        ...


def called_peers(
    settings: Settings,
    signer: Signer,
    clock: Clock,
    secrets: Secrets,
    record: Callable[[EgressRecord, Pid], None],
    received: Received | None = None,
) -> Called | None:
    """The peers of a home that can be called; None if there is none."""
    if not any(peer.url for peer in settings.a2a.peers.values()):
        return None
    from ergos.buses.a2a.host.handles import Handles
    from ergos.buses.a2a.host.host import PeerHost
    from ergos.buses.a2a.host.peer import PeerParts
    from ergos.buses.a2a.host.web import Wire

    def unowned(one: EgressRecord) -> None:
        record(one, Pid(0))

    parts = PeerParts(
        wire=Wire(clock, unowned),
        handles=Handles(hashlib.sha256(signer.sign(_HANDLES).encode()).digest()),
        secrets=secrets,
        delegate=delegations_of(settings, signer, clock).for_ask,
        on_record=record,
        received=received.token if received is not None else None,
    )
    return PeerHost(settings.a2a.peers, parts)


def delegations_of(settings: Settings, signer: Signer, clock: Clock) -> Delegations:
    """The tokens of a home."""
    return Delegations(settings.a2a, settings.home, settings.owner, delegation_key(signer), clock)

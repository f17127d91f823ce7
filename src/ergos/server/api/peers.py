"""Operations on peers over A2A: whom agents may ask, whose cards changed, deciding about them.

Not reachable here on purpose: adding a peer, which writes settings, and the tokens by which peers call back, which are
shown once at the owner's own machine.

Rules: nothing is approved by its name alone, but by the digest that was shown. Every word of a card is a stranger's.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from ergos.app.access.tool_desk import check_decides, peers_of
from ergos.app.peers_view import PeerRow, PeersView
from ergos.base.errors import UnknownPathError, UsageError
from ergos.server.api.operation import Asked, Operation, Takes
from ergos.server.api.shapes import AnyName, Seen


class OfPeer(Takes, frozen=True):
    """A peer."""

    name: AnyName


class PeerRowShown(msgspec.Struct, frozen=True, kw_only=True):
    """A peer in a list."""

    name: str
    url: str
    state: Literal["ready", "changed", "pending", "disabled", "calls"]
    """calls: it only calls us; nothing of it is approved."""
    why: str
    calls_us: bool
    digest: str
    title: str


class PeerList(msgspec.Struct, frozen=True, kw_only=True):
    """Peers by name."""

    peers: tuple[PeerRowShown, ...]


class PeerInFull(msgspec.Struct, frozen=True, kw_only=True):
    """One peer."""

    peer: PeerRowShown
    sentences: tuple[str, ...]
    """What approving its card means."""
    warnings: tuple[str, ...]
    difference: tuple[str, ...]
    """Between the card as it is and as it was approved."""
    card: Any


class CardSeen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was looked at."""

    digest: Seen


def _view(asked: Asked) -> PeersView:
    return peers_of(asked.seat, asked.seat.home.settings.language)


def _row(one: PeerRow) -> PeerRowShown:
    return PeerRowShown(**msgspec.structs.asdict(one))


async def listed(asked: Asked, _: object, __: None) -> PeerList:
    """Peers of the settings."""
    return PeerList(peers=tuple(_row(one) for one in await _view(asked).rows()))


async def shown(asked: Asked, takes: OfPeer, _: None) -> PeerInFull:
    """One peer, its card read now."""
    try:
        found = await _view(asked).show(takes.name)
    except UsageError as error:
        raise UnknownPathError(error.what, remedy="GET /peers lists them") from error
    return PeerInFull(
        peer=_row(found.row),
        sentences=found.sentences,
        warnings=found.warnings,
        difference=found.difference,
        card=found.card,
    )


async def approve(asked: Asked, takes: OfPeer, body: CardSeen) -> None:
    """Accept its card as it was shown."""
    await _decides(asked, takes)
    await _view(asked).approve(takes.name, body.digest, asked.seat.principal.name)


async def reject(asked: Asked, takes: OfPeer, body: CardSeen) -> None:
    """Do not accept it."""
    await _decides(asked, takes)
    await _view(asked).reject(takes.name, body.digest, asked.seat.principal.name)


async def withdraw(asked: Asked, takes: OfPeer, _: None) -> None:
    """Take the approval back."""
    await _decides(asked, takes)
    if not await _view(asked).withdraw(takes.name, asked.seat.principal.name):
        raise UsageError(f"{takes.name} is not approved", remedy="GET /peers shows how it stands")


async def _decides(asked: Asked, takes: OfPeer) -> None:
    """Raises: RefusedError, SignInError, UnknownPathError."""
    check_decides(asked.seat)
    if takes.name not in asked.seat.home.settings.a2a.peers:
        raise UnknownPathError(f"no peer is called {takes.name[:60]!r}", remedy="GET /peers lists them")


OPERATIONS: Final = (
    Operation(
        id="listPeers", method="GET", path="/peers", tag="peers", run=listed, reply=PeerList, role="operator",
        keeper=True, summary="List the peers of the settings and how their cards stand.",
    ),
    Operation(
        id="getPeer", method="GET", path="/peers/{name}", tag="peers", run=shown, takes=OfPeer, reply=PeerInFull,
        role="operator", keeper=True, refuses=(404, 502),
        summary="Show a peer: its card, what approving it means, what is different from what was approved.",
    ),
    Operation(
        id="approvePeer", method="POST", path="/peers/{name}/approve", tag="peers", run=approve, takes=OfPeer,
        body=CardSeen, status=204, role="owner", keeper=True, fresh=True, refuses=(404, 409, 502),
        summary="Accept a peer's card exactly as it was shown.", example={"digest": "0" * 64},
    ),
    Operation(
        id="rejectPeer", method="POST", path="/peers/{name}/reject", tag="peers", run=reject, takes=OfPeer,
        body=CardSeen, status=204, role="owner", keeper=True, fresh=True, refuses=(404, 409, 502),
        summary="Do not accept a card; one that was approved before is not used any more, either.",
        example={"digest": "0" * 64},
    ),
    Operation(
        id="withdrawPeer", method="POST", path="/peers/{name}/withdraw", tag="peers", run=withdraw, takes=OfPeer,
        status=204, role="owner", keeper=True, fresh=True, refuses=(404, 409, 502),
        summary="Take an approval back: nobody asks the peer any more.",
    ),
)  # fmt: skip

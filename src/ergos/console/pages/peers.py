"""Peers: agents of other makers that agents may ask, or that call; their cards, what changed, and what waits.

Rules: nothing is approved by its name alone, but by the digest that was shown. Every word of a card is a stranger's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.routing import Route

from ergos.app.access.authority import allowed
from ergos.app.access.tool_desk import check_decides, peers_of
from ergos.base.errors import ErgosError, UnknownPathError, UsageError
from ergos.console.frame.formats import written
from ergos.console.frame.visit import Visit
from ergos.runtime.control import Pin

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

WAITING: Final = frozenset({"pending", "changed"})
"""States about which the owner decides."""


def peer_url(name: str) -> str:
    """The page of a peer."""
    return f"/peers/{quote(name, safe='')}"


async def peers(request: Request) -> Response:
    """The list."""
    visit = Visit.of(request)
    rows = await peers_of(visit.seat, visit.language).rows()
    published = visit.seat.home.settings.a2a.publish
    return visit.page("peers.html", rows=rows, peer_url=peer_url, published=published, waiting=WAITING)


async def peer(request: Request) -> Response:
    """One peer, its card read now."""
    visit = Visit.of(request)
    name = str(request.path_params["name"])
    try:
        found = await peers_of(visit.seat, visit.language).show(name)
    except UsageError as error:
        raise UnknownPathError(f"no peer is called {name[:60]!r}") from error
    return visit.page(
        "peer.html",
        peer=found,
        row=found.row,
        card=written(found.card) if found.card is not None else "",
        may_decide=allowed(visit.seat.principal, Pin),
        peer_url=peer_url,
        waits=found.row.state in WAITING,
    )


async def decide(request: Request) -> Response:
    """Approve, reject or withdraw, exactly what was seen."""
    visit = Visit.of(request)
    name = str(request.path_params["name"])
    try:
        form = await visit.form()
        what, seen, by = form.text("what"), form.text("seen"), visit.seat.principal.name
        check_decides(visit.seat)
        view = peers_of(visit.seat, visit.language)
        if what == "approve":
            await view.approve(name, seen, by)
        elif what == "reject":
            await view.reject(name, seen, by)
        elif what == "withdraw":
            await view.withdraw(name, by)
        else:
            raise UsageError("one approves, rejects or withdraws a peer's card")
        return visit.done(peer_url(name), f"peers.did_{what}", name=name)
    except ErgosError as error:
        return visit.refused(error, back=peer_url(name))


ROUTES: Final = (
    Route("/peers", peers, methods=["GET"]),
    Route("/peers/{name}", peer, methods=["GET"]),
    Route("/peers/{name}/decide", decide, methods=["POST"]),
)

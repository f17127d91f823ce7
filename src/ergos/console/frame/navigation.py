"""Where one can go: the pages of the console in the order of the menu, as far as they are there.

Rules: what is not routed is not offered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from starlette.requests import Request


class Place(msgspec.Struct, frozen=True):
    """A page of the menu."""

    key: str
    """Of its name."""
    url: str
    letter: str
    """Pressed after g."""
    group: str
    current: bool = False


PLACES: Final = (
    Place("nav.home", "/", "h", "now"),
    Place("nav.inbox", "/inbox", "i", "now"),
    Place("nav.new", "/new", "n", "now"),
    Place("nav.agents", "/agents", "a", "work"),
    Place("nav.processes", "/processes", "p", "work"),
    Place("nav.chat", "/chat", "c", "work"),
    Place("nav.team", "/team", "t", "work"),
    Place("nav.ledger", "/ledger", "l", "books"),
    Place("nav.memory", "/memory", "m", "books"),
    Place("nav.models", "/models", "o", "books"),
    Place("nav.tools", "/tools", "s", "books"),
    Place("nav.peers", "/peers", "e", "books"),
    Place("nav.audit", "/audit", "u", "books"),
)


def places(request: Request) -> tuple[Place, ...]:
    """The menu as it stands on this page."""
    there = {getattr(route, "path", "") for route in request.app.routes}
    path = request.url.path
    return tuple(
        msgspec.structs.replace(place, current=_is_at(path, place.url)) for place in PLACES if place.url in there
    )


def _is_at(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(f"{url}/"))

"""Tools and peers of a home as one principal sees them and decides about them.

Rules: both belong to the home, so they are its keeper's to see. Servers and peers are asked through the seat, so that
authority is checked where it always is; who may not ask them sees what comes with ergos. What no request to the kernel
guards (tools that agents made lie in files) is guarded here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ergos.app.access.authority import RULES, check_fresh
from ergos.app.client import Perform
from ergos.base.errors import RefusedError
from ergos.runtime.control import Pin

if TYPE_CHECKING:
    from ergos.app.access.seat import Seat
    from ergos.app.peers_view import PeersView
    from ergos.app.server_desk import Asking
    from ergos.app.tools_view import ToolsView
    from ergos.kernel.permission.wording import Language


def tools_of(seat: Seat, language: Language) -> ToolsView:
    """Every tool of the home. Raises: RefusedError for who is not its keeper."""
    from ergos.app.server_desk import HomeServers
    from ergos.app.tool_shops import view_at

    home, who = seat.home, seat.principal
    _check_keeper(seat)
    asks = who.at_least("operator") and bool(home.settings.servers)
    desk = HomeServers(home, _asking(seat)) if asks else None
    return view_at(home.folder, language, owner=home.settings.owner, desk=desk, rules=home.settings.egress)


def peers_of(seat: Seat, language: Language) -> PeersView:
    """Every peer of the home. Raises: RefusedError for who is not its keeper, or does not go so far as to ask them."""
    from ergos.app.peers_desk import HomePeers
    from ergos.app.peers_view import PeersView

    _check_keeper(seat)
    if not seat.principal.at_least("operator"):
        raise RefusedError("peers are asked by operators", remedy="ask the owner of the home")
    return PeersView(HomePeers(seat.home, _asking(seat)), language)


def check_decides(seat: Seat) -> None:
    """Nothing, if this principal may approve tools and peers now. Raises: RefusedError, SignInError."""
    _check_keeper(seat)
    if not seat.principal.at_least(RULES[Pin].role):
        raise RefusedError("tools and peers are approved by the owner of the home")
    check_fresh(seat.principal)


def _check_keeper(seat: Seat) -> None:
    if not seat.principal.keeper:
        raise RefusedError("this belongs to the home, which is another owner's", remedy="ask the owner of the home")


def _asking(seat: Seat) -> Asking:
    @asynccontextmanager
    async def asking() -> AsyncGenerator[Perform, None]:
        yield seat.perform

    return asking

"""Team: which agents give work or words to which others, as a picture and as a table.

Rules: both say the same; the picture leads to the agents; a span of time is part of the address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from ergos.app.team_picture import picture
from ergos.base.clock import DAY, SECOND
from ergos.console.frame.visit import Visit
from ergos.console.work.asked import agent_url, text, url

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SINCE: Final = {"hour": 3_600 * SECOND, "day": DAY, "week": 7 * DAY, "month": 30 * DAY, "all": 0}
"""Spans of time that can be chosen, in nanoseconds; 0: all."""
USUAL: Final = "week"


async def team(request: Request) -> Response:
    """The page."""
    visit = Visit.of(request)
    return visit.page("team.html", **await _team(visit))


async def team_live(request: Request) -> Response:
    """Its live part."""
    visit = Visit.of(request)
    return visit.part("team_live.html", **await _team(visit))


async def _team(visit: Visit) -> dict[str, Any]:
    chosen = text(visit.request, "since")
    since = chosen if chosen in SINCE else USUAL
    seat = visit.seat
    within = SINCE[since]
    rows = await seat.views.traffic(since_ns=seat.now_ns - within if within else 0)
    live = {row.agent: row.live for row in await seat.views.agents()}
    return {
        "rows": sorted(rows, key=lambda row: (-row.last_ns, row.sender, row.receiver)),
        "drawn": picture(rows, live),
        "since": since,
        "spans": [(url("/team", since=name if name != USUAL else ""), name) for name in SINCE],
        "agent_url": agent_url,
        "live_url": url("/team/live", since=since if since != USUAL else ""),
    }


ROUTES: Final = (Route("/team", team, methods=["GET"]), Route("/team/live", team_live, methods=["GET"]))

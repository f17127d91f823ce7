"""Models and scheduler: endpoints, their health, limits and cache; who waits and who was served; queues of tools.

Rules: reads only. Endpoints and queues belong to the home and are shown to its keeper; another owner sees how they
themselves stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from starlette.routing import Route

from ergos.base.clock import SECOND
from ergos.console.frame.formats import day_of
from ergos.console.frame.visit import Visit
from ergos.runtime.control import Schedule, Scheduling

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

DAYS: Final = 30  # days of spending that are shown by model


async def models(request: Request) -> Response:
    """The page."""
    visit = Visit.of(request)
    return visit.page("models.html", **await _found(visit))


async def models_live(request: Request) -> Response:
    """Its live part."""
    visit = Visit.of(request)
    return visit.part("models_live.html", **await _found(visit))


async def _found(visit: Visit) -> dict[str, Any]:
    seat = visit.seat
    schedule = cast("Schedule", await seat.perform(Scheduling()))
    owners = sorted(schedule.models.owners, key=lambda one: -one.served_tokens)
    served = sum(one.served_tokens for one in owners)
    weights = seat.home.settings.models.weights
    return {
        "keeper": seat.principal.keeper,
        "grid": schedule.models,
        "tools": schedule.tools,
        "owners": [(one, one.served_tokens / served if served else 0.0, weights.get(one.owner, 1.0)) for one in owners],
        "spend": await seat.views.spend("model", since_day=day_of(seat.now_ns) - DAYS + 1),
        "days": DAYS,
        "second": SECOND,
    }


ROUTES: Final = (
    Route("/models", models, methods=["GET"]),
    Route("/models/live", models_live, methods=["GET"]),
)

"""Audit: the journal of an owner, record by record, by group, process or agent.

Rules: reads only. What a record holds of a stranger is on the page of its process, in a box that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from ergos.base.ids import Pid
from ergos.console.frame.visit import Visit
from ergos.console.work.asked import agent_url, number, text, url

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

ROWS: Final = 50  # records of a page
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "all": (),
    "decisions": ("ask", "answer", "grant", "revoke", "pin", "halt", "cap"),
    "refusals": ("refuse", "doubt", "restart", "away"),
    "calls": ("intent", "result", "call", "repeat", "replay"),
    "life": ("spawn", "wake", "equip", "attach", "commit", "exit", "signal"),
    "triggers": ("arm", "disarm", "fire"),
    "outside": ("reach", "inquire", "away"),
    "kernel": ("boot", "checkpoint"),
}
"""Kinds of records that belong together, by name."""


async def audit(request: Request) -> Response:
    """The page."""
    visit = Visit.of(request)
    return visit.page("audit.html", **await _found(visit))


async def audit_live(request: Request) -> Response:
    """Its live part."""
    visit = Visit.of(request)
    return visit.part("audit_live.html", **await _found(visit))


async def _found(visit: Visit) -> dict[str, Any]:
    request = visit.request
    named = text(request, "show")
    group = named if named in GROUPS else "all"
    agent, pid, before = text(request, "agent"), number(request, "pid"), number(request, "before")
    rows = await visit.seat.views.records(
        kinds=GROUPS[group], pid=Pid(pid) if pid else None, agent=agent, before=before or None, limit=ROWS
    )
    query = {"show": group if group != "all" else "", "agent": agent, "pid": pid or ""}
    return {
        "rows": rows,
        "group": group,
        "groups": [(url("/audit", **{**query, "show": one if one != "all" else ""}), one) for one in GROUPS],
        "agent": agent,
        "pid": pid or "",
        "older": url("/audit", **query, before=rows[-1].seq) if len(rows) == ROWS else "",
        "newer": url("/audit", **query) if before else "",
        "live_url": url("/audit/live", **query, before=before or ""),
        "agent_url": agent_url,
    }


ROUTES: Final = (
    Route("/audit", audit, methods=["GET"]),
    Route("/audit/live", audit_live, methods=["GET"]),
)

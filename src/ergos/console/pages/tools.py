"""Tools: what is mounted and from where, what it does to the world, and what waits because its definition changed.

Rules: nothing is approved by its name alone, but by the digest that was shown. What a server says of its tools is a
stranger's text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from starlette.routing import Route

from ergos.app.access.authority import allowed
from ergos.app.access.tool_desk import check_decides, tools_of
from ergos.base.errors import ErgosError, RefusedError, UnknownPathError, UsageError
from ergos.console.frame.formats import written
from ergos.console.frame.visit import Visit
from ergos.console.work.asked import text, url
from ergos.runtime.control import Pin

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ergos.app.tools_view import ToolRow

ROWS: Final = 100  # tools of a page
STATES: Final = ("all", "waiting", "ready", "disabled")


def tool_url(name: str) -> str:
    """The page of a tool."""
    return f"/tools/{quote(name, safe='')}"


async def tools(request: Request) -> Response:
    """The list."""
    visit = Visit.of(request)
    found = await tools_of(visit.seat, visit.language).rows()
    named, wanted, after = text(request, "show"), text(request, "q"), text(request, "after")
    state = named if named in STATES else "all"
    waiting = sum(_waits(one) for one in found)
    rows = [one for one in found if _fits(one, state, wanted) and one.name > after]
    query = {"show": state if state != "all" else "", "q": wanted}
    return visit.page(
        "tools.html",
        rows=rows[:ROWS],
        state=state,
        states=[(url("/tools", **{**query, "show": one if one != "all" else ""}), one) for one in STATES],
        wanted=wanted,
        waiting=waiting,
        older=url("/tools", **query, after=rows[ROWS - 1].name) if len(rows) > ROWS else "",
        newer=url("/tools", **query) if after else "",
        tool_url=tool_url,
    )


def _waits(one: ToolRow) -> bool:
    return one.state in {"pending", "changed"}


def _fits(one: ToolRow, state: str, wanted: str) -> bool:
    words = wanted.lower().split()
    said = f"{one.name} {one.summary}".lower()
    shown = state == "all" or (state == "waiting" and _waits(one)) or one.state == state
    return shown and all(word in said for word in words)


async def tool(request: Request) -> Response:
    """One tool."""
    visit = Visit.of(request)
    return visit.page("tool.html", **await _found(visit, str(request.path_params["name"])))


async def _found(visit: Visit, name: str) -> dict[str, Any]:
    """Raises: UnknownPathError."""
    try:
        found = await tools_of(visit.seat, visit.language).show(name)
    except UsageError as error:
        raise UnknownPathError(f"no tool is called {name[:60]!r}") from error
    return {
        "tool": found,
        "row": found.row,
        "definition": written(found.definition),
        "may_decide": allowed(visit.seat.principal, Pin),
        "waits": _waits(found.row),
        "tool_url": tool_url,
    }


async def decide(request: Request) -> Response:
    """Approve, reject or withdraw, exactly what was seen."""
    visit = Visit.of(request)
    name = str(request.path_params["name"])
    back = tool_url(name)
    try:
        form = await visit.form()
        what, seen, by = form.text("what"), form.text("seen"), visit.seat.principal.name
        check_decides(visit.seat)
        view = tools_of(visit.seat, visit.language)
        if what == "approve":
            grants = await view.approve(name, seen, by)
            return visit.done(back, "tools.approved_asks" if grants else "tools.approved", name=name, n=len(grants))
        if what == "reject":
            await view.reject(name, seen, by)
            return visit.done("/tools", "tools.rejected", name=name)
        if what == "withdraw":
            await view.withdraw(name, by)
            return visit.done("/tools", "tools.withdrawn", name=name)
        raise UsageError("one approves, rejects or withdraws a tool")
    except ErgosError as error:
        return visit.refused(error, back=back)


async def log(request: Request) -> Response:
    """The last lines a server of tools wrote that are no messages."""
    visit = Visit.of(request)
    server = str(request.path_params["server"])
    if not visit.seat.principal.at_least("operator"):
        raise RefusedError("this needs the role operator")
    try:
        said = await tools_of(visit.seat, visit.language).log(server)
    except UsageError as error:
        raise UnknownPathError(f"no server of tools is called {server[:60]!r}") from error
    return visit.page("tool_log.html", server=server, said=said)


ROUTES: Final = (
    Route("/tools", tools, methods=["GET"]),
    Route("/tools/servers/{server}/log", log, methods=["GET"]),
    Route("/tools/{name}", tool, methods=["GET"]),
    Route("/tools/{name}/decide", decide, methods=["POST"]),
)

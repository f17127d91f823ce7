"""Ledger: what was spent, by day, agent and model; what a verified outcome cost; what is held; receipts.

Rules: reads only, but for signing what there is, and proving the journal, which the keeper may ask for. Money is shown
as the ledger has it; a table stands beside every chart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response
from starlette.routing import Route

from ergos.app.access.seat import live_of
from ergos.app.views.own import By
from ergos.base.clock import day_of
from ergos.base.errors import ErgosError, OverloadedError, UnknownPathError
from ergos.console.frame.assets import has
from ergos.console.frame.visit import HEADERS, Visit
from ergos.console.work.asked import number, text, url
from ergos.runtime.control import Sign
from ergos.runtime.settings import EVERYONE

if TYPE_CHECKING:
    from starlette.requests import Request

    from ergos.kernel.ledger import Caps

SPANS: Final = (14, 30, 90)  # days that can be looked at
GROUPS: Final[tuple[By, ...]] = ("day", "agent", "model")
UPLOT: Final = "vendor/uplot.min.js"
RECEIPTS: Final = 10  # checkpoints that are listed
_PROVING: Final = "ledger_proving"


async def ledger(request: Request) -> Response:
    """The page."""
    visit = Visit.of(request)
    return visit.page("ledger.html", **await _found(visit))


async def ledger_live(request: Request) -> Response:
    """Its live part."""
    visit = Visit.of(request)
    return visit.part("ledger_live.html", **await _found(visit))


async def _found(visit: Visit) -> dict[str, Any]:
    seat, request = visit.seat, visit.request
    named, days = text(request, "by"), number(request, "days", SPANS[1])
    by: By = named if named in GROUPS else "day"
    days = days if days in SPANS else SPANS[1]
    since = day_of(seat.now_ns) - days + 1
    account = await _account(visit)
    outcomes = await seat.views.outcomes("agent", since_day=since)
    verified, spent = sum(one.verified for one in outcomes), sum(one.microusd for one in outcomes)
    caps = _caps(visit)
    today = account["days"].get(_date(day_of(seat.now_ns)), _NOTHING)
    rows = await seat.views.spend(by, since_day=since)
    spent_on = {one.key: one.microusd for one in rows}
    return {
        "series": [(_date(day), spent_on.get(_date(day), 0)) for day in range(since, since + days)],
        "by": by,
        "days": days,
        "groups": [(url("/ledger", by=one, days=days), one) for one in GROUPS],
        "spans": [(url("/ledger", by=by, days=one), one) for one in SPANS],
        "rows": rows,
        "outcomes": outcomes,
        "total": account["total"],
        "today": today,
        "held": account["total"]["held"]["microusd"],
        "day_cap": caps.day.microusd if caps is not None and caps.day is not None and caps.day.microusd >= 0 else None,
        "verified": verified,
        "delivered": sum(one.delivered for one in outcomes),
        "each": spent // verified if verified else None,
        "holding": await _holding(visit),
        "receipts": await seat.views.records(kinds=("checkpoint",), limit=RECEIPTS) if seat.principal.keeper else (),
        "keeper": seat.principal.keeper,
        "charts": has(UPLOT),
        "live_url": url("/ledger/live", by=by, days=days),
    }


_NOTHING: Final[dict[str, Any]] = {
    "spent": {"microusd": 0, "tokens": 0},
    "held": {"microusd": 0, "tokens": 0},
}


async def _account(visit: Visit) -> dict[str, Any]:
    """What the owner's account says; nothing where nothing has cost anything yet."""
    try:
        found = await visit.seat.look(f"/ledger/{visit.seat.principal.owner}")
    except UnknownPathError:
        return {"total": _NOTHING, "days": {}, "agents": {}}
    return cast("dict[str, Any]", found)


def _caps(visit: Visit) -> Caps | None:
    caps = visit.seat.home.settings.owner_caps
    return caps.get(visit.seat.principal.owner) or caps.get(EVERYONE)


async def _holding(visit: Visit) -> list[tuple[Any, Any]]:
    """Processes with calls under way, and what is set aside for each."""
    seat = visit.seat
    found: list[tuple[Any, Any]] = []
    for one in (await live_of(seat)).processes:
        if not one.calls:
            continue
        meters = await seat.own.meters(one.agent, seat.now_ns, one.pid)
        meter = meters.get("process")
        if meter is not None and (meter.held.microusd or meter.held.tokens):
            found.append((one, meter.held))
    return found


def _date(day: int) -> str:
    from ergos.kernel.permission.days import date

    year, month, of_month = date(day)
    return f"{year:04}-{month:02}-{of_month:02}"


async def sign(request: Request) -> Response:
    """Sign what was written since the last checkpoint."""
    visit = Visit.of(request)
    try:
        await visit.form()
        await visit.seat.perform(Sign())
        return visit.done("/ledger#receipts", "ledger.signed")
    except ErgosError as error:
        return visit.refused(error, back="/ledger")


async def receipt(request: Request) -> Response:
    """The newest checkpoint as a file: whoever keeps it elsewhere notices every later change of what it signs."""
    from ergos.app.home import reading
    from ergos.app.receipt import encoded, newest_checkpoint

    visit = Visit.of(request)
    if not visit.seat.principal.keeper:
        raise UnknownPathError("there is no receipt of yours")
    async with reading(visit.seat.home) as reads:
        found = await newest_checkpoint(reads)
    if found is None:
        raise UnknownPathError("nothing was signed yet", remedy="sign what there is")
    name = f'attachment; filename="receipt-{found.seq}.json"'
    return Response(encoded(found), headers={**HEADERS, "content-disposition": name}, media_type="application/json")


async def prove(request: Request) -> Response:
    """Check the whole journal: its chain, its signatures, and that the books follow from it."""
    from ergos.app.receipt import proven

    visit = Visit.of(request)
    try:
        await visit.form()
        if not visit.seat.principal.keeper:
            raise UnknownPathError("the journal is proven by the owner of the home")
        state = request.app.state
        if getattr(state, _PROVING, False):
            raise OverloadedError("a proof is being made", remedy="wait a moment")
        setattr(state, _PROVING, True)
        try:
            found = await proven(visit.seat.home)
        finally:
            setattr(state, _PROVING, False)
        return visit.page("ledger_proof.html", proof=found, problem=str(found.problem or ""))
    except ErgosError as error:
        return visit.refused(error, back="/ledger")


ROUTES: Final = (
    Route("/ledger", ledger, methods=["GET"]),
    Route("/ledger/live", ledger_live, methods=["GET"]),
    Route("/ledger/sign", sign, methods=["POST"]),
    Route("/ledger/receipt", receipt, methods=["GET"]),
    Route("/ledger/prove", prove, methods=["POST"]),
)

"""One process: how it stands, its turns, the calls of a turn as bars in time, one call with all that is known of it.

Rules: every page is bounded whatever the process did: turns and records are paged, neighbours that are too many for
rows are drawn as groups; a call's values are shown exactly as they are stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from ergos.app.access.seat import live_of
from ergos.app.trace.context import context_of
from ergos.app.trace.reading import call
from ergos.base.errors import CorruptStoreError, ErgosError
from ergos.console.frame.visit import Visit
from ergos.console.pages.processes import may
from ergos.console.work.asked import number, part_of, pid_of, text, url
from ergos.console.work.trace import TURNS_SHOWN, group_url, turn_of, turns_of, waits_of
from ergos.kernel.permission.sentences import sentence
from ergos.kernel.process import ENDED

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ergos.app.trace.context import Context, Said
    from ergos.app.trace.spans import Span
    from ergos.base.canonical import Plain
    from ergos.kernel.packages import Definition
    from ergos.kernel.process import Process
    from ergos.kernel.values import Packed

CHILDREN_SHOWN: Final = 50  # children of a page
FIRST_MESSAGES: Final = 20  # messages of a long context that are shown at once: its beginning
LAST_MESSAGES: Final = 60  # and its end
ITEMS_SHOWN: Final = 20  # open items of a process shown on its page


async def process(request: Request) -> Response:
    """The page."""
    visit = Visit.of(request)
    try:
        return visit.page("process.html", **await _process(visit))
    except ErgosError as error:
        return visit.refused(error)


async def process_live(request: Request) -> Response:
    """Its live part."""
    visit = Visit.of(request)
    try:
        return visit.part("process_live.html", **await _process(visit))
    except ErgosError as error:
        return visit.refused(error)


async def frame_of(visit: Visit, tab: str) -> dict[str, Any]:
    """What every page of a process shows at its top. Raises: UnknownProcessError."""
    pid = pid_of(visit.request)
    loaded = await visit.seat.process(pid)
    row = loaded.process
    try:
        definition = await visit.seat.definition(row)
    except ErgosError:
        definition = None
    return {
        "process": row,
        "pid": pid,
        "row": await visit.seat.views.one(pid),
        "definition": definition,
        "mail": loaded.mail,
        "tab": tab,
        "ended": row.state in ENDED,
        "tabs": [
            (f"/processes/{pid}{path}", visit.say(f"process.tab_{name}"), name == tab)
            for name, path in (
                ("timeline", ""),
                ("messages", "/messages"),
                ("results", "/results"),
                ("memory", "/memory"),
                ("records", "/records"),
            )
        ],
        **may(visit),
    }


async def _process(visit: Visit) -> dict[str, Any]:
    seat, request = visit.seat, visit.request
    top = await frame_of(visit, "timeline")
    row: Process = top["process"]
    pid = row.pid
    calls: tuple[str, ...] = ()
    if not top["ended"]:
        mine = [one for one in (await live_of(seat)).processes if one.pid == pid]
        calls = mine[0].calls if mine else ()
    chosen = number(request, "last")
    last = min(chosen or row.turn, row.turn)
    first = min(number(request, "first") or max(1, last - TURNS_SHOWN + 1), last) if row.turn else 0
    turns = await turns_of(seat, pid, first, last) if row.turn else ()
    far = await turns_of(seat, pid, 1, row.turn) if row.turn > TURNS_SHOWN and not chosen else ()
    shown = await turn_of(seat, pid, row.turn, 0, 0, 0) if row.turn and not chosen else None
    base = f"/processes/{pid}"
    items = (await seat.inbox(delivered=False)).waiting if visit.seat.principal.role != "agent" else ()
    return {
        **top,
        "calls": calls,
        "turns": turns,
        "far": far,
        "chosen": chosen,
        "turn": shown,
        "group_url": group_url,
        "older": url(base, first=max(1, first - TURNS_SHOWN), last=first - 1) if first > 1 else "",
        "newer": url(base, first=last + 1, last=min(last + TURNS_SHOWN, row.turn)) if last < row.turn else "",
        "base": base,
        "children": (await seat.children(pid))[:CHILDREN_SHOWN],
        "waiting": [one for one in items if one.item.pid == pid][:ITEMS_SHOWN],
        "live_url": url(f"{base}/live", first=number(request, "first") or "", last=chosen or ""),
    }


async def turn(request: Request) -> Response:
    """One turn, or a part of its time."""
    visit = Visit.of(request)
    try:
        top = await frame_of(visit, "timeline")
        shown = await turn_of(
            visit.seat,
            top["pid"],
            part_of(request, "turn"),
            number(request, "after"),
            number(request, "from"),
            number(request, "to"),
        )
        query = {name: str(number(request, name) or "") for name in ("after", "from", "to")}
        live_url = url(f"/processes/{top['pid']}/turns/{shown.number}/live", **query)
        data: dict[str, Any] = {**top, "turn": shown, "group_url": group_url, "live_url": live_url}
        if request.url.path.endswith("/live"):
            return visit.part("process_turn_live.html", **data)
        return visit.page("process_turn.html", **data)
    except ErgosError as error:
        return visit.refused(error)


async def one_call(request: Request) -> Response:
    """Everything about one call."""
    visit = Visit.of(request)
    try:
        top = await frame_of(visit, "timeline")
        seat, pid = visit.seat, top["pid"]
        span, before = await call(seat, pid, part_of(request, "turn"), part_of(request, "seq"))
        lost = ""
        context = None
        args: dict[str, Plain] = {}
        value: Plain = None
        try:
            args = {name: await seat.value(packed) for name, packed in span.call.args.items()}
            value = await seat.value(span.value) if span.answered else None
            context = await context_of(seat, span, before, top["definition"])
        except CorruptStoreError as error:
            lost = error.what
        return visit.page(
            "process_call.html",
            **top,
            span=span,
            args=args,
            value=value,
            lost=lost,
            context=context,
            digests={name: _digest(packed) for name, packed in (*span.call.args.items(), ("", span.value))},
            given=_given(span, top["definition"], visit),
            waits=waits_of(span, seat.now_ns),
            previous=before[-1] if before else None,
            **_folded(context, whole=text(request, "view") == "all"),
            here=f"/processes/{pid}/calls/{span.turn}/{span.seq}",
            rebuilds=context is None and span.model_call and span.call.solver is not None,
        )
    except ErgosError as error:
        return visit.refused(error)


def _folded(context: Context | None, *, whole: bool) -> dict[str, Any]:
    """The first and the last messages of a long context; all are there if they are asked for."""
    said: tuple[Said, ...] = context.messages if context is not None else ()
    if whole or len(said) <= FIRST_MESSAGES + LAST_MESSAGES:
        return {"first_messages": said, "last_messages": ()}
    return {"first_messages": said[:FIRST_MESSAGES], "last_messages": said[-LAST_MESSAGES:]}


def _given(span: Span, definition: Definition | None, visit: Visit) -> dict[str, str] | None:
    """The grant that allowed a call, in a sentence, with the words that gave it."""
    from ergos.kernel.permission.grants import grant_id

    if definition is None or not span.grant:
        return None
    for grant in definition.grants:
        if grant_id(grant) == span.grant:
            return {"id": span.grant, "sentence": sentence(grant, visit.language), "words": grant.words}
    return {"id": span.grant, "sentence": "", "words": ""}


def _digest(packed: Packed) -> str:
    """The name under which a value is stored; '': it stands in the record."""
    from ergos.base.errors import ValueShapeError
    from ergos.kernel.values import references

    try:
        found = references(packed)
    except ValueShapeError:
        return ""
    return found[0] if found else ""


ROUTES: Final = (
    Route("/processes/{pid:int}", process, methods=["GET"]),
    Route("/processes/{pid:int}/live", process_live, methods=["GET"]),
    Route("/processes/{pid:int}/turns/{turn:int}", turn, methods=["GET"]),
    Route("/processes/{pid:int}/turns/{turn:int}/live", turn, methods=["GET"]),
    Route("/processes/{pid:int}/calls/{turn:int}/{seq:int}", one_call, methods=["GET"]),
)

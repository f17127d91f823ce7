"""What if: from one call on, with another model or another answer; and the prompt a task's solver made, rebuilt.

Rules: what is shown is simulated and says so; it is asked for by a form, so that no link or prefetch starts a
simulation; nothing it shows changed anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from ergos.app.access.authority import allowed
from ergos.app.trace.context import shown_request
from ergos.app.trace.reading import call
from ergos.app.whatif import WHATIF_S, Supposed
from ergos.app.whatif_models import SIMULATED, choices
from ergos.app.whatif_run import Children
from ergos.app.whatif_seed import Point
from ergos.base.errors import ErgosError, RefusedError
from ergos.console.frame.visit import Visit
from ergos.console.pages.process import frame_of
from ergos.console.work.asked import part_of
from ergos.runtime.control import Spawn

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

ANSWER_CHARS_MAX: Final = 200_000  # characters of another answer
_STATE: Final = "work_children"


def _children(request: Request) -> Children:
    """The simulations of this site."""
    state = request.app.state
    found = getattr(state, _STATE, None)
    if not isinstance(found, Children):
        found = Children()
        setattr(state, _STATE, found)
    return found


async def form(request: Request) -> Response:
    """What can be supposed."""
    visit = Visit.of(request)
    try:
        top = await frame_of(visit, "timeline")
        span, _ = await call(visit.seat, top["pid"], part_of(request, "turn"), part_of(request, "seq"))
        value = await visit.seat.value(span.value) if span.answered else None
        return visit.page(
            "process_whatif.html",
            **top,
            span=span,
            value=value,
            models=(SIMULATED, *[one.spec.name for one in choices(visit.seat.home)]),
            supposed=None,
            report=None,
            most_s=int(WHATIF_S),
        )
    except ErgosError as error:
        return visit.refused(error)


async def suppose(request: Request) -> Response:
    """The simulated continuation beside what happened."""
    visit = Visit.of(request)
    try:
        top = await frame_of(visit, "timeline")
        span, _ = await call(visit.seat, top["pid"], part_of(request, "turn"), part_of(request, "seq"))
        _check(visit)
        sent = await visit.form()
        answer = sent.text("answer")[:ANSWER_CHARS_MAX] if sent.text("what") == "answer" else None
        supposed = Supposed(model=sent.text("model") or SIMULATED, answer=answer)
        point = Point(pid=top["pid"], turn=span.turn, seq=span.seq)
        report = await _children(request).continued(visit.seat.home, point, supposed)
        return visit.page(
            "process_whatif.html",
            **top,
            span=span,
            value=await visit.seat.value(span.value) if span.answered else None,
            models=(SIMULATED, *[one.spec.name for one in choices(visit.seat.home)]),
            supposed=supposed,
            report=report,
            most_s=int(WHATIF_S),
        )
    except ErgosError as error:
        return visit.refused(error)


def _check(visit: Visit) -> None:
    """It runs an agent's program: who may start one may do that. Raises: RefusedError."""
    if not allowed(visit.seat.principal, Spawn):
        raise RefusedError("a simulation runs the agent's program; that needs the role operator")


async def prompt(request: Request) -> Response:
    """The prompt that a task's solver makes of what it was given."""
    visit = Visit.of(request)
    try:
        top = await frame_of(visit, "timeline")
        span, _ = await call(visit.seat, top["pid"], part_of(request, "turn"), part_of(request, "seq"))
        _check(visit)
        point = Point(pid=top["pid"], turn=span.turn, seq=span.seq)
        rebuilt = await _children(request).rebuilt(visit.seat.home, point)
        return visit.page(
            "process_prompt.html",
            **top,
            span=span,
            context=shown_request(rebuilt.request, span),
            changed=rebuilt.changed,
            here=f"/processes/{top['pid']}/calls/{span.turn}/{span.seq}",
        )
    except ErgosError as error:
        return visit.refused(error)


ROUTES: Final = (
    Route("/processes/{pid:int}/calls/{turn:int}/{seq:int}/what-if", form, methods=["GET"]),
    Route("/processes/{pid:int}/calls/{turn:int}/{seq:int}/what-if", suppose, methods=["POST"]),
    Route("/processes/{pid:int}/calls/{turn:int}/{seq:int}/prompt", prompt, methods=["POST"]),
)

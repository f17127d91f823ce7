"""Processes: the list, by group of states, agent, or part of a name; and what is asked of one from any page.

Rules: a signal that changes nothing any more (a second press, a stale page) is answered kindly; kill asks first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

from starlette.routing import Route

from ergos.app.access.authority import allowed
from ergos.app.views.own import Standing
from ergos.base.errors import ErgosError, IllegalTransitionError, UsageError
from ergos.base.ids import Pid
from ergos.console.frame.visit import Visit
from ergos.console.work.asked import agent_url, number, pid_of, text, url
from ergos.console.work.once import once_of, ticket
from ergos.kernel.process import ENDED
from ergos.runtime.control import Send, Signal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

ROWS: Final = 50  # processes of a page
MESSAGE_CHARS_MAX: Final = 100_000  # characters of a message that is written on a page
_GROUPS: Final = cast("tuple[Standing, ...]", get_args(Standing))
_SIGNALS: Final = ("pause", "resume", "stop", "kill")


async def listed(request: Request) -> Response:
    """The list."""
    visit = Visit.of(request)
    return visit.page("processes.html", **await _list(visit))


async def listed_live(request: Request) -> Response:
    """Its live part."""
    visit = Visit.of(request)
    return visit.part("processes_live.html", **await _list(visit))


async def _list(visit: Visit) -> dict[str, Any]:
    request = visit.request
    standing = text(request, "show")
    group: Standing = standing if standing in _GROUPS else "live"
    agent, wanted, before = text(request, "agent"), text(request, "q"), number(request, "before")
    found = await visit.seat.views.processes(
        group, agent=agent, text=wanted, before=Pid(before) if before else None, limit=ROWS
    )
    counts = (await visit.seat.views.counts()).states
    query = {"show": group if group != "live" else "", "agent": agent, "q": wanted}
    return {
        "rows": found,
        "group": group,
        "groups": [(one, url("/processes", **{**query, "show": one if one != "live" else ""})) for one in _GROUPS],
        "agent": agent,
        "wanted": wanted,
        "states": counts,
        "older": url("/processes", **query, before=found[-1].pid) if len(found) == ROWS else "",
        "newer": url("/processes", **query) if before else "",
        "live_url": url("/parts/processes", **query, before=before or ""),
    }


async def signal(request: Request) -> Response:
    """Pause, resume, stop or kill one."""
    visit = Visit.of(request)
    try:
        pid = pid_of(request)
        form = await visit.form()
        name = form.text("signal")
        if name not in _SIGNALS:
            raise UsageError(f"a signal is one of {', '.join(_SIGNALS)}")
        back = form.text("back") or f"/processes/{pid}"
        if name == "kill" and form.text("sure") != "yes":
            loaded = await visit.seat.process(pid)
            children = await visit.seat.children(pid)
            live = sum(child.state not in ENDED for child in children)
            return visit.page("process_kill.html", process=loaded.process, children=live, back=back)
        try:
            await visit.seat.perform(Signal(pid=pid, name=name, by=visit.seat.principal.name))
        except IllegalTransitionError:
            return visit.done(back, "process.was_so", pid=pid)
        return visit.done(back, f"process.did_{name}", pid=pid)
    except ErgosError as error:
        return visit.refused(error)


async def send(request: Request) -> Response:
    """Put a message into its mailbox, once."""
    visit = Visit.of(request)
    try:
        pid = pid_of(request)
        form = await visit.form()
        said, back = form.text("text"), form.text("back") or f"/processes/{pid}/messages"
        if not said.strip():
            raise UsageError("the message is empty", remedy="write something")
        if len(said) > MESSAGE_CHARS_MAX:
            raise UsageError(f"a message here has at most {MESSAGE_CHARS_MAX:,} characters")
        once, who = once_of(request), visit.seat.principal.name
        if once.take(who, form.text("ticket")) is not None:
            return visit.done(back, "process.sent_before")
        try:
            await visit.seat.perform(Send(pid=pid, body=said))
        except ErgosError:
            once.give_back(who, form.text("ticket"))
            raise
        return visit.done(back, "process.sent", pid=pid)
    except ErgosError as error:
        return visit.refused(error)


def may(visit: Visit) -> dict[str, Any]:
    """What the forms of a page of a process need."""
    return {
        "may_signal": allowed(visit.seat.principal, Signal),
        "may_send": allowed(visit.seat.principal, Send),
        "ticket": ticket(),
        "agent_url": agent_url,
    }


ROUTES: Final = (
    Route("/processes", listed, methods=["GET"]),
    Route("/parts/processes", listed_live, methods=["GET"]),
    Route("/processes/{pid:int}/signal", signal, methods=["POST"]),
    Route("/processes/{pid:int}/send", send, methods=["POST"]),
)

"""Agents: the list, one agent with all that is known of it, its versions beside one another; starting and revoking.

Rules: nothing of an agent's code runs for a page; a start is carried out once; a grant that is taken back twice is
taken back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from starlette.routing import Route

from ergos.app.access.authority import allowed
from ergos.app.versions import compared, file_of, source_of
from ergos.base.errors import ErgosError, UsageError
from ergos.console.frame.visit import Visit
from ergos.console.work.agents import known, meters_of, on_disk, sentences, settings_of, triggers_of
from ergos.console.work.asked import agent_url, text
from ergos.console.work.once import once_of, ticket
from ergos.kernel.packages import FOREIGN
from ergos.kernel.permission.sentences import sentence
from ergos.lib.agent_text import text_of
from ergos.runtime.control import Fine, Revoke, Signal, Spawn
from ergos.runtime.settings import EVERYONE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ergos.base.canonical import Plain
    from ergos.console.work.agents import Known

PROCESSES_SHOWN: Final = 20  # processes of an agent on its page
TRIGGERS_OF: Final = 5  # its live processes whose triggers are shown
VALUE_CHARS_MAX: Final = 100_000  # characters of a setting or of the input of a start


async def listed(request: Request) -> Response:
    """The list."""
    visit = Visit.of(request)
    return visit.page("agents.html", **await _list(visit))


async def listed_live(request: Request) -> Response:
    """Its live part."""
    visit = Visit.of(request)
    return visit.part("agents_live.html", **await _list(visit))


async def _list(visit: Visit) -> dict[str, Any]:
    rows = await visit.seat.views.agents()
    started = {row.agent for row in rows}
    lying = [one for one in await on_disk(visit.seat.home) if one.name not in started]
    return {"rows": rows, "lying": lying, "agent_url": agent_url}


async def agent(request: Request) -> Response:
    """One agent."""
    visit = Visit.of(request)
    try:
        return visit.page("agent.html", **await _agent(visit))
    except ErgosError as error:
        return visit.refused(error)


async def agent_live(request: Request) -> Response:
    """Its processes, anew."""
    visit = Visit.of(request)
    try:
        found = await known(visit.seat, str(request.path_params["name"]))
        return visit.part("agent_live.html", **await _running(visit, found))
    except ErgosError as error:
        return visit.refused(error)


async def _running(visit: Visit, found: Known) -> dict[str, Any]:
    seat = visit.seat
    rows = await seat.views.processes("live", agent=found.name, limit=PROCESSES_SHOWN)
    if len(rows) < PROCESSES_SHOWN:
        ended = await seat.views.processes("ended", agent=found.name, limit=PROCESSES_SHOWN - len(rows))
        rows = (*rows, *ended)
    triggers = [(row.pid, await triggers_of(seat, row.pid)) for row in rows[:TRIGGERS_OF] if row.ended_ns is None]
    caps = found.definition.caps if found.definition is not None else None
    theirs = seat.home.settings.owner_caps
    meters = await seat.own.meters(found.name, seat.now_ns)
    of_owner = theirs.get(seat.principal.owner) or theirs.get(EVERYONE)
    return {
        "about": found,
        "rows": rows,
        "triggers": [(pid, some) for pid, some in triggers if some],
        "meters": meters_of(caps, of_owner, meters) if caps is not None else (),
        "caps": caps,
        "may_signal": allowed(seat.principal, Signal),
        "agent_url": agent_url,
        "here": agent_url(found.name),
    }


async def _agent(visit: Visit) -> dict[str, Any]:
    seat = visit.seat
    found = await known(seat, str(visit.request.path_params["name"]))
    file = found.agent_file
    told, prose = ((), "") if file is None else await sentences(seat.home, file, visit.language)
    grants = await seat.own.given(found.name, found.definition, seat.now_ns)
    coded = found.definition is not None and not found.files.text
    return {
        **await _running(visit, found),
        "sections": told,
        "prose": prose,
        "coded": coded,
        "grants": [(one, sentence(one.grant, visit.language)) for one in grants],
        "source": found.files.text or (source_of(found.definition) if found.definition is not None else ""),
        "settings": {name: _written(value) for name, value in settings_of(found.definition, file).items()},
        "may_start": allowed(seat.principal, Spawn) and bool(found.path),
        "may_revoke": allowed(seat.principal, Revoke),
        "ticket": ticket(),
        "changed": _changed(found),
    }


def _changed(found: Known) -> bool:
    """The files say something else than what ran last, as far as AGENT.md tells."""
    if found.files.file is None or found.definition is None:
        return False
    now = msgspec.structs.replace(found.files.file, goal="", team=(), grants=())
    then = msgspec.structs.replace(file_of(found.definition), goal="", team=(), grants=())
    same = ("settings", "instructions", "program")
    return text_of(_without(now, same)) != text_of(_without(then, same))


def _without(file: Any, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - an AgentFile
    values: dict[str, Any] = {name: msgspec.Raw(b"null") if name == "settings" else "" for name in names}
    return msgspec.structs.replace(file, **values)


def _written(value: Plain) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


async def versions(request: Request) -> Response:
    """Two versions beside one another; what may be done now that could not be comes first."""
    visit = Visit.of(request)
    try:
        found = await known(visit.seat, str(request.path_params["name"]))
        digests = [one.definition for one in found.versions]
        new = text(request, "new") or (digests[0] if digests else "")
        old = text(request, "old") or (digests[1] if len(digests) > 1 else "")
        both = None
        if old and new:
            first = await visit.seat.own.version(found.name, old)
            second = await visit.seat.own.version(found.name, new)
            both = compared(first, second, visit.language)
        return visit.page("agent_versions.html", about=found, old=old, new=new, both=both, here=agent_url(found.name))
    except ErgosError as error:
        return visit.refused(error)


async def start(request: Request) -> Response:
    """Start a process of it, once."""
    visit = Visit.of(request)
    try:
        found = await known(visit.seat, str(request.path_params["name"]))
        form = await visit.form()
        if not found.path or (found.definition is not None and found.definition.program.startswith(FOREIGN)):
            raise UsageError(
                f"{found.name} is not started from here", remedy="its own program, or its parent, starts it"
            )
        once, who, mark = once_of(request), visit.seat.principal.name, form.text("ticket")
        led = once.take(who, mark)
        if led is not None:
            return visit.done(led or "/processes", "agent.started_before")
        try:
            before = settings_of(found.definition, found.agent_file)
            settings = {
                name: _read(said, before[name])
                for name in before
                if form.has(f"set.{name}") and (said := form.text(f"set.{name}")) != _written(before[name])
            }
            memory = form.text("memory")
            reply = await visit.seat.perform(
                Spawn(
                    path=found.path,
                    owner=visit.seat.principal.owner,
                    settings=settings,
                    memory=_read(memory, None) if memory.strip() else None,
                )
            )
        except ErgosError:
            once.give_back(who, mark)
            raise
        assert isinstance(reply, Fine)
        once.led(who, mark, f"/processes/{reply.pid}")
        return visit.done(f"/processes/{reply.pid}", "agent.started", pid=reply.pid)
    except ErgosError as error:
        return visit.refused(error)


def _read(said: str, like: Plain) -> Plain:
    """A value as it was meant: text stays text, everything else is JSON where it can be. Raises: UsageError."""
    if len(said) > VALUE_CHARS_MAX:
        raise UsageError(f"a value has at most {VALUE_CHARS_MAX:,} characters")
    if isinstance(like, str):
        return said
    try:
        return cast("Plain", msgspec.json.decode(said))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        if like is None:
            return said
        raise UsageError(
            f"{said[:60]!r} is no {type(like).__name__} in JSON", remedy="write it as it was written"
        ) from error


async def revoke(request: Request) -> Response:
    """Take a grant back."""
    visit = Visit.of(request)
    try:
        name = str(request.path_params["name"])
        found = await known(visit.seat, name)
        form = await visit.form()
        grant = form.text("grant")
        if all(one.id != grant for one in await visit.seat.own.given(name, found.definition, visit.seat.now_ns)):
            raise UsageError(f"{name} has no grant {grant[:20]!r}")
        who = visit.seat.principal
        await visit.seat.perform(Revoke(owner=who.owner, grant=grant, by=who.name))
        return visit.done(f"{agent_url(name)}#grants", "agent.revoked")
    except ErgosError as error:
        return visit.refused(error)


ROUTES: Final = (
    Route("/agents", listed, methods=["GET"]),
    Route("/parts/agents", listed_live, methods=["GET"]),
    Route("/agents/{name}", agent, methods=["GET"]),
    Route("/agents/{name}/live", agent_live, methods=["GET"]),
    Route("/agents/{name}/versions", versions, methods=["GET"]),
    Route("/agents/{name}/start", start, methods=["POST"]),
    Route("/agents/{name}/revoke", revoke, methods=["POST"]),
)

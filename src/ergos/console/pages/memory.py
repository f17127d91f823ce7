"""Memory: what agents keep from one process to the next, entry by entry, with where it came from.

Rules: reads only: an agent's memory is its own to write; `forget` is a call of its. What stands in it may be a
stranger's text and is shown as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from ergos.base.errors import UnknownPathError
from ergos.console.frame.formats import written
from ergos.console.frame.visit import Visit
from ergos.console.work.asked import agent_url, text, url

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ergos.kernel.rows import Note

ROWS: Final = 100  # entries of a page
AGENTS: Final = 200  # agents that are offered
PREVIEW_CHARS: Final = 200  # characters of a value in the list


async def memory(request: Request) -> Response:
    """Entries of an agent, by a prefix of their keys."""
    visit = Visit.of(request)
    seat = visit.seat
    names = [row.agent for row in (await seat.views.agents())[:AGENTS] if await seat.own.notes(row.agent, "", 1)]
    agent = text(request, "agent") or (names[0] if names else "")
    prefix, after = text(request, "prefix"), text(request, "after")
    notes = [note for note in await seat.own.notes(agent, prefix) if note.value is not None and note.key > after]
    shown = notes[:ROWS]
    query = {"agent": agent, "prefix": prefix}
    return visit.page(
        "memory.html",
        names=names,
        agent=agent,
        prefix=prefix,
        rows=[await _row(visit, note) for note in shown],
        older=url("/memory", **query, after=shown[-1].key) if len(notes) > ROWS else "",
        newer=url("/memory", **query) if after else "",
        agent_url=agent_url,
    )


async def entry(request: Request) -> Response:
    """One entry, whole."""
    visit = Visit.of(request)
    agent, key = text(request, "agent"), text(request, "key")
    for note in await visit.seat.own.notes(agent, key, 1):
        if note.key == key and note.value is not None:
            value = written(await visit.seat.value(note.value))
            return visit.page("memory_entry.html", note=note, value=value, agent=agent, agent_url=agent_url)
    raise UnknownPathError("no agent of yours keeps such an entry", remedy="go back to the list: it may be forgotten")


async def _row(visit: Visit, note: Note) -> dict[str, Any]:
    assert note.value is not None
    value = written(await visit.seat.value(note.value))
    return {
        "key": note.key,
        "label": note.label,
        "value": value[:PREVIEW_CHARS],
        "whole": len(value) <= PREVIEW_CHARS,
        "url": url("/memory/entry", agent=note.agent, key=note.key),
    }


ROUTES: Final = (
    Route("/memory", memory, methods=["GET"]),
    Route("/memory/entry", entry, methods=["GET"]),
)

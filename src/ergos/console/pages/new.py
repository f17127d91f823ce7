"""New: words in, a program out as one types: what it does, may do and costs, and what is wrong or has to be asked.

Rules: compiling writes nothing. What is made is exactly what was seen: the form carries its digest. Replacing an agent
that stands wants a word of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape
from starlette.routing import Route

from ergos.app.access.authority import allowed
from ergos.app.access.workshop import Draft, Workshop
from ergos.base.errors import ErgosError, UsageError
from ergos.console.frame.visit import Visit
from ergos.console.work.asked import agent_url, text
from ergos.kernel.mounts import harmless
from ergos.kernel.permission.sentences import sentence
from ergos.runtime.control import Fine, Spawn

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ergos.compile.diagnostics import Diagnostic

PROSE_CHARS_MAX: Final = 20_000  # characters of words; the compiler says what it makes of fewer
SPANS_MAX: Final = 500  # underlined places of one prose
SOURCE_CHARS: Final = 100_000  # characters of AGENT.md that are shown
_WEIGHT: Final = {"error": 3, "question": 2, "warning": 1, "note": 0}


async def new(request: Request) -> Response:
    """The page; `agent`: with the words of one that stands."""
    visit = Visit.of(request)
    agent = text(request, "agent")
    prose = text(request, "words")
    if agent:
        file, _ = await Workshop(visit.seat).source(agent)
        prose = file.instructions
    return await _shown(visit, prose, agent, "")


async def compiled(request: Request) -> Response:
    """The page with what would come of the words, or only that for htmx."""
    visit = Visit.of(request)
    try:
        form = await visit.form()
        return await _shown(visit, form.text("prose"), form.text("name"), form.text("timezone"))
    except ErgosError as error:
        return visit.refused(error, back="/new")


async def make(request: Request) -> Response:
    """Put the agent into the home, and start it if asked."""
    visit = Visit.of(request)
    try:
        form = await visit.form()
        shop = Workshop(visit.seat)
        draft = await _draft(visit, form.text("prose"), form.text("name"), form.text("timezone"))
        folder = await shop.make(draft, seen=form.text("seen"), replace=form.text("replace") == "yes")
        assert draft.compiled.file is not None
        name = draft.compiled.file.name
        if form.text("start") != "yes":
            return visit.done(f"/new?agent={name}", "new.made", name=name)
        reply = await visit.seat.perform(Spawn(path=str(folder), owner=visit.seat.principal.owner))
        assert isinstance(reply, Fine)
        return visit.done(f"/processes/{reply.pid}", "new.started", name=name, pid=reply.pid)
    except ErgosError as error:
        return visit.refused(error, back="/new")


async def _draft(visit: Visit, prose: str, name: str, timezone: str) -> Draft:
    if len(prose) > PROSE_CHARS_MAX:
        raise UsageError(f"these are {len(prose):,} characters; at most {PROSE_CHARS_MAX:,} are read")
    return await Workshop(visit.seat).draft(prose, name=name, timezone=timezone)


async def _shown(visit: Visit, prose: str, name: str, timezone: str) -> Response:
    data: dict[str, Any] = {"prose": prose, "called": name, "timezone": timezone, "draft": None}
    if prose.strip():
        data |= _program(visit, await _draft(visit, prose, name, timezone), prose)
    if visit.is_part:
        return visit.part("new_program.html", **data)
    return visit.page("new.html", **data)


def _program(visit: Visit, draft: Draft, prose: str) -> dict[str, Any]:
    """What a person is shown of a draft."""
    from ergos.compile.check.cost import cost_of
    from ergos.compile.difference import difference
    from ergos.compile.preview.page import preview
    from ergos.lib.agent_file import granted

    made, language = draft.compiled, visit.language
    file, shop = made.file, Workshop(visit.seat)
    found = sorted(made.diagnostics, key=lambda one: -_WEIGHT[one.severity])
    data: dict[str, Any] = {
        "draft": draft,
        "marked": marked(prose, made.diagnostics),
        "findings": [(one, one.what(language), one.remedy(language)) for one in found],
        "ready": made.ready,
        "may_make": shop.may_make,
        "may_start": allowed(visit.seat.principal, Spawn),
        "sections": (),
        "grants": (),
        "cost": None,
        "changes": None,
        "agent_url": agent_url,
    }
    if file is not None:
        data["sections"] = preview(file, draft.known, language, made.folders)
        data["grants"] = [(sentence(one, language), one.words) for one in granted(file)]
        data["cost"] = cost_of(file, draft.known)
        data["source"] = made.text[:SOURCE_CHARS]
        if draft.old is not None:
            data["changes"] = difference(draft.old, file, language)
    return data


def marked(prose: str, found: tuple[Diagnostic, ...]) -> Markup:
    """The words with those underlined that something is said about; the heavier finding wins."""
    spans = [(one.severity, max(0, start), min(end, len(prose))) for one in found for start, end in one.spans]
    weight = [-1] * len(prose)
    names: list[str] = [""] * len(prose)
    for severity, start, end in spans[:SPANS_MAX]:
        for place in range(start, end):
            if _WEIGHT[severity] > weight[place]:
                weight[place], names[place] = _WEIGHT[severity], severity
    pieces: list[Markup] = []
    start = 0
    for end in range(1, len(prose) + 1):
        if end < len(prose) and names[end] == names[start]:
            continue
        piece = escape(harmless(prose[start:end], end - start))
        pieces.append(Markup('<mark class="{}">{}</mark>').format(names[start], piece) if names[start] else piece)
        start = end
    return Markup("").join(pieces)


ROUTES: Final = (
    Route("/new", new, methods=["GET"]),
    Route("/new", compiled, methods=["POST"]),
    Route("/new/make", make, methods=["POST"]),
)

"""Operations on words: compile them, make an agent of them, look at one before it runs, run one dry.

`POST /words/compile` is pure: the same words in the same home give the same program; nothing is written and no model is
asked. `POST /agents` writes what it shows into HOME/agents/NAME. `check`, `preview` and `dry` look at an agent that
stands there.

Not reachable here on purpose: an agent's folder anywhere else (`ergos new --into`, `import`, `export`), which would let
a token write into any folder of the machine; and the reading by a model, which is a process and is started as one.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

import msgspec

from ergos.app.access.workshop import Draft, Workshop
from ergos.base.errors import OverloadedError
from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic, blocks
from ergos.compile.preview.page import Section
from ergos.kernel.permission.wording import Language
from ergos.lib.agent_file import AgentFile
from ergos.server.api.operation import BASE, Answered, Asked, Link, Operation
from ergos.server.api.shapes import Count, Micro, Name, OfAgent, Plain

if TYPE_CHECKING:
    from ergos.compile.pipeline import Compiled

PROSE_CHARS_MAX: Final = 20_000  # characters of words; the compiler says what it makes of fewer


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent is to do."""

    prose: Annotated[str, msgspec.Meta(max_length=PROSE_CHARS_MAX)]
    """In English or Chinese."""
    name: Name | None = None
    """What the agent is called; null: what the words say."""
    timezone: Annotated[str, msgspec.Meta(max_length=100)] = ""
    """IANA name; '': that of this machine."""
    language: Language | None = None


class NewAgent(Words, frozen=True):
    """An agent to be written."""

    replace: bool = False
    """Where one of this name stands already."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a compiler says about words."""

    code: str
    severity: Literal["error", "question", "warning", "note"]
    what: str
    remedy: str
    spans: tuple[tuple[Count, Count], ...]
    """Half-open ranges of code points of the prose."""
    choices: tuple[str, ...]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A heading and its sentences."""

    heading: str
    lines: tuple[str, ...]


class CostShown(msgspec.Struct, frozen=True, kw_only=True):
    """What it may cost; null: not known."""

    firing_worst: Micro | None
    firing_expected: Micro | None
    month_worst: Micro | None
    month_expected: Micro | None
    firings_month: Count | None


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What came of words."""

    ready: bool
    """Nothing is wrong and nothing has to be asked."""
    name: str
    language: str
    text: str
    """AGENT.md; '' where it is not ready."""
    diagnostics: tuple[Finding, ...]
    preview: tuple[Part, ...]
    """In plain sentences, as far as it is understood."""
    cost: CostShown | None
    permissions: tuple[str, ...]
    """What it may do, a sentence a grant."""
    folders: tuple[str, ...]
    """Folders of the machine it needs: NAME:/ = PATH."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said about an agent."""

    agent: str
    good: bool
    diagnostics: tuple[Finding, ...]


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """An agent in plain sentences."""

    agent: str
    preview: tuple[Part, ...]
    cost: CostShown


class AgentText(msgspec.Struct, frozen=True, kw_only=True):
    """The source of an agent."""

    agent: str
    text: str


class DryIt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an agent is run dry."""

    event: dict[str, Any] | None = None
    """What its trigger tells; null: a sample."""
    trigger: Annotated[str, msgspec.Meta(max_length=100)] = ""
    """The only one that fires; '': each of them once."""
    answers: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=10_000)], ...], msgspec.Meta(max_length=100)] = ()
    settings: dict[str, Any] = {}


class DryShown(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen."""

    agent: str
    state: str
    calls: tuple[dict[str, Any], ...]
    left_out: Count
    triggers: tuple[str, ...]
    outcome: Plain
    failure: str
    notes: tuple[str, ...]
    costs_microusd: Micro


async def compiled(asked: Asked, _: object, body: Words) -> Program:
    """What would come of these words."""
    draft = await _draft(asked, body)
    return _program(draft.compiled, draft.known, _language(asked, draft.compiled))


async def _draft(asked: Asked, body: Words) -> Draft:
    shop = Workshop(asked.seat)
    return await shop.draft(body.prose, name=body.name or "", timezone=body.timezone, language=body.language)


def _language(asked: Asked, made: Compiled) -> Language:
    return "zh" if "zh" in (asked.seat.home.settings.language, made.intent.language) else "en"


def _program(made: Compiled, known: Circumstances, language: Language) -> Program:
    from ergos.compile.check.cost import cost_of
    from ergos.compile.preview.page import preview
    from ergos.kernel.permission.sentences import sentence
    from ergos.lib.agent_file import granted

    file = made.file
    return Program(
        ready=made.ready,
        name=file.name if file is not None else "",
        language=made.intent.language,
        text=made.text,
        diagnostics=_findings(made.diagnostics, language),
        preview=_parts(preview(file, known, language, made.folders)) if file is not None else (),
        cost=_cost(cost_of(file, known)) if file is not None else None,
        permissions=tuple(sentence(one, language) for one in granted(file)) if file is not None else (),
        folders=tuple(f"{one.name}:/ = {one.path}" for one in made.folders),
    )


def _findings(found: tuple[Diagnostic, ...], language: Language) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            code=one.code,
            severity=one.severity,
            what=one.what(language),
            remedy=one.remedy(language),
            spans=one.spans,
            choices=one.choices,
        )
        for one in found
    )


def _parts(sections: tuple[Section, ...]) -> tuple[Part, ...]:
    return tuple(Part(heading=one.heading, lines=one.lines) for one in sections)


def _cost(found: Any) -> CostShown:  # noqa: ANN401 - `check.cost.Cost`, which is heavy to import
    return CostShown(
        firing_worst=found.firing_worst,
        firing_expected=found.firing_expected,
        month_worst=found.month_worst,
        month_expected=found.month_expected,
        firings_month=found.firings_month,
    )


async def make(asked: Asked, _: object, body: NewAgent) -> Answered:
    """Make an agent of words."""
    draft = await _draft(asked, body)
    made = draft.compiled
    program = _program(made, draft.known, _language(asked, made))
    if not made.ready or made.file is None:
        return Answered(body=program, status=200)
    await Workshop(asked.seat).make(draft, seen=None, replace=body.replace)
    return Answered(body=program, headers={"location": f"{BASE}/agents/{made.file.name}/source"})


class _Read(msgspec.Struct, frozen=True):
    """An agent that stands in this home."""

    folder: Path
    file: AgentFile
    text: str
    known: Circumstances


async def _read(asked: Asked, agent: str) -> _Read:
    """Raises: UnknownPathError, DefinitionError."""
    shop = Workshop(asked.seat)
    file, text = await shop.source(agent)
    return _Read(shop.folder(agent), file, text, await shop.circumstances())


async def source(asked: Asked, takes: OfAgent, _: None) -> AgentText:
    """Its AGENT.md."""
    return AgentText(agent=takes.agent, text=(await _read(asked, takes.agent)).text)


async def check(asked: Asked, takes: OfAgent, _: None) -> Checked:
    """What is wrong with it."""
    from ergos.app.composing import own_names
    from ergos.compile.check.lints import check as found_in

    here = await _read(asked, takes.agent)
    file = here.file
    own = await asyncio.to_thread(own_names, here.folder)
    found = found_in(file, here.known, tools=own, tasks=own)
    language: Language = "zh" if "zh" in (file.language, asked.seat.home.settings.language) else "en"
    return Checked(agent=file.name, good=not blocks(found), diagnostics=_findings(tuple(found), language))


async def previewed(asked: Asked, takes: OfAgent, _: None) -> Previewed:
    """It in plain sentences."""
    from ergos.compile.check.cost import cost_of
    from ergos.compile.preview.page import preview

    here = await _read(asked, takes.agent)
    file, known = here.file, here.known
    language: Language = "zh" if "zh" in (file.language, asked.seat.home.settings.language) else "en"
    return Previewed(agent=file.name, preview=_parts(preview(file, known, language)), cost=_cost(cost_of(file, known)))


async def dry(asked: Asked, takes: OfAgent, body: DryIt) -> DryShown:
    """What it would do."""
    from ergos.app.dry_run import dry_run
    from ergos.app.dry_stage import DryOptions

    folder = Workshop(asked.seat).folder(takes.agent)
    options = DryOptions(
        now_ns=asked.seat.now_ns,
        event=body.event,
        trigger=body.trigger,
        answers=body.answers,
        settings=body.settings,
    )
    settings = asked.seat.home.settings
    if asked.parts.rehearsing.locked():
        raise OverloadedError("too many dry runs at once", remedy="try again in 5 seconds")
    async with asked.parts.rehearsing:
        # A loop of its own: a program that computes and computes keeps nobody waiting but itself.
        made = await asyncio.to_thread(lambda: asyncio.run(dry_run(folder, settings, options)))
    return DryShown(
        agent=made.agent,
        state=made.state,
        calls=tuple(cast("dict[str, Any]", msgspec.to_builtins(one)) for one in made.calls),
        left_out=made.left_out,
        triggers=made.triggers,
        outcome=made.outcome,
        failure=made.failure,
        notes=made.notes,
        costs_microusd=made.costs_microusd,
    )


_EXAMPLE: Final = {
    "prose": "Every morning at 8 read https://example.org/feed and send me what is new.",
    "name": "watcher",
}
OPERATIONS: Final = (
    Operation(
        id="compileWords", method="POST", path="/words/compile", tag="words", run=compiled, body=Words,
        reply=Program, refuses=(409,), example=_EXAMPLE,
        summary="Compile words: program, diagnostics, preview, cost and permissions. Nothing is written.",
    ),
    Operation(
        id="makeAgent", method="POST", path="/agents", tag="words", run=make, body=NewAgent, reply=Program,
        status=201, role="owner", keeper=True, fresh=True, once=True, refuses=(409, 507), example=_EXAMPLE,
        summary="Make an agent of words, in HOME/agents.",
        says="Where something is wrong, or has to be asked, it says so with 200 and writes nothing.",
        links=(
            Link(to="getAgentSource", parameter="agent", pointer="/name"),
            Link(to="checkAgent", parameter="agent", pointer="/name"),
        ),
    ),
    Operation(
        id="getAgentSource", method="GET", path="/agents/{agent}/source", tag="words", run=source, takes=OfAgent,
        reply=AgentText, keeper=True, tagged=True, refuses=(404, 409),
        summary="Show the AGENT.md that stands in HOME/agents.",
    ),
    Operation(
        id="checkAgent", method="GET", path="/agents/{agent}/check", tag="words", run=check, takes=OfAgent,
        reply=Checked, keeper=True, refuses=(404, 409),
        summary="Say what is wrong with an agent, or should be known, before it runs.",
    ),
    Operation(
        id="previewAgent", method="GET", path="/agents/{agent}/preview", tag="words", run=previewed, takes=OfAgent,
        reply=Previewed, keeper=True, refuses=(404, 409),
        summary="Show an agent in plain sentences: what it does, when, what it may do and what it costs.",
    ),
    Operation(
        id="dryRun", method="POST", path="/agents/{agent}/dry", tag="words", run=dry, takes=OfAgent, body=DryIt,
        reply=DryShown, role="operator", keeper=True, refuses=(404, 409, 502), example={"trigger": ""},
        summary="Run an agent dry: show what it would do; nothing leaves this machine, nothing is written.",
    ),
)  # fmt: skip

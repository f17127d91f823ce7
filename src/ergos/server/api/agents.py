"""Operations on agents: those that were started, their versions and what is different between two, their memory.

Not reachable here on purpose: forgetting an entry of an agent's memory. No face can; a program does it by `forget`,
through the door.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, cast

import msgspec

from ergos.app.catalogue import moment, plain
from ergos.app.views.own import AgentRow
from ergos.base.errors import UnknownPathError
from ergos.base.ids import Digest
from ergos.kernel.packages import Definition
from ergos.kernel.permission.sentences import difference, sentence
from ergos.kernel.rows import Note
from ergos.lib.tool_making import difference_of
from ergos.lib.visible import visible
from ergos.server.api.operation import Asked, Operation, Takes
from ergos.server.api.shapes import ROWS, AnyName, Count, Digits, Limit, Micro, Moment, OfAgent, Plain, Room


class AgentShown(msgspec.Struct, frozen=True, kw_only=True):
    """An agent of which processes were started."""

    agent: str
    definition: str
    """Of its newest process."""
    live: Count
    ended: Count
    failed: Count
    microusd: Micro
    tokens: Count
    verified: Count
    delivered: Count
    moved: Moment


class AgentList(msgspec.Struct, frozen=True, kw_only=True):
    """Agents by when they moved last, at most 200."""

    agents: tuple[AgentShown, ...]


class VersionShown(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an agent."""

    definition: str
    first: Moment
    last: Moment
    processes: Count


class VersionList(msgspec.Struct, frozen=True, kw_only=True):
    """Versions, the newest first, at most 200."""

    versions: tuple[VersionShown, ...]


class OfVersion(OfAgent, frozen=True):
    """A version of an agent."""

    digest: Digits


class DefinitionShown(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an agent."""

    digest: Digits
    definition: dict[str, Any]
    grants: tuple[str, ...]
    """In sentences."""


class Two(OfAgent, frozen=True):
    """Two versions."""

    old: Digits
    new: Digits


class DifferenceShown(msgspec.Struct, frozen=True, kw_only=True):
    """What is different."""

    more: tuple[str, ...]
    """What the newer one may do and the older may not, in sentences."""
    less: tuple[str, ...]
    lines: tuple[str, ...]
    """Unified diff of the definitions as indented JSON, at most 400 lines."""


class ListNotes(Takes, frozen=True):
    """Which entries."""

    agent: AnyName
    prefix: Annotated[str, msgspec.Meta(max_length=200, description="How their keys begin.")] = ""
    limit: Limit = ROWS


class OfNote(Takes, frozen=True):
    """One entry."""

    agent: AnyName
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class NoteShown(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of an agent's persistent memory."""

    key: str
    value: Plain
    label: Plain
    """Where it came from and who may read it."""


class NoteList(msgspec.Struct, frozen=True, kw_only=True):
    """Entries by key."""

    notes: tuple[NoteShown, ...]
    more: bool
    """There may be others behind these: ask by a longer prefix."""


async def listed(asked: Asked, _: object, __: None) -> AgentList:
    """Agents of the owner."""
    return AgentList(agents=tuple(_row(one) for one in await asked.seat.views.agents()))


def _row(one: AgentRow) -> AgentShown:
    return AgentShown(
        agent=one.agent,
        definition=one.definition,
        live=one.live,
        ended=one.ended,
        failed=one.failed,
        microusd=one.microusd,
        tokens=one.tokens,
        verified=one.verified,
        delivered=one.delivered,
        moved=moment(one.moved_ns),
    )


async def shown(asked: Asked, takes: OfAgent, _: None) -> AgentShown:
    """One agent."""
    for one in await asked.seat.views.agents():
        if one.agent == takes.agent:
            return _row(one)
    raise _unknown(takes.agent)


def _unknown(agent: str) -> UnknownPathError:
    return UnknownPathError(f"no agent named {agent[:100]!r} was started here", remedy="GET /agents lists them")


async def versions(asked: Asked, takes: OfAgent, _: None) -> VersionList:
    """Versions of an agent."""
    found = await asked.seat.views.versions(takes.agent)
    if not found:
        raise _unknown(takes.agent)
    return VersionList(
        versions=tuple(
            VersionShown(
                definition=one.definition,
                first=moment(one.first_ns),
                last=moment(one.last_ns),
                processes=one.processes,
            )
            for one in found
        )
    )


async def version(asked: Asked, takes: OfVersion, _: None) -> DefinitionShown:
    """A version of an agent."""
    found = await _definition(asked, takes.agent, takes.digest)
    language = asked.seat.home.settings.language
    return DefinitionShown(
        digest=takes.digest,
        definition=cast("dict[str, Any]", plain(found)),
        grants=tuple(sentence(one, language) for one in found.grants),
    )


async def _definition(asked: Asked, agent: str, digest: str) -> Definition:
    """A version that this owner's processes ran on. Raises: UnknownPathError."""
    views = asked.seat.views
    if digest not in {one.definition for one in await views.versions(agent)}:
        raise UnknownPathError(f"{agent[:100]!r} has no version {digest[:12]}…", remedy="its versions are listed")
    rows = await views.processes("all", agent=agent, limit=1)
    process = (await asked.seat.process(rows[0].pid)).process
    return await asked.seat.definition(msgspec.structs.replace(process, definition=Digest(digest)))


async def compared(asked: Asked, takes: Two, _: None) -> DifferenceShown:
    """What is different between two versions."""
    old, new = [await _definition(asked, takes.agent, one) for one in (takes.old, takes.new)]
    texts = [
        visible(msgspec.json.format(msgspec.json.encode(plain(one), order="sorted"), indent=2).decode())
        for one in (old, new)
    ]
    found = difference(old.grants, new.grants, asked.seat.home.settings.language)
    return DifferenceShown(more=found.more, less=found.less, lines=difference_of(texts[0], texts[1], "definition"))


async def notes(asked: Asked, takes: ListNotes, _: None) -> NoteList:
    """Entries of an agent's memory."""
    found = await asked.seat.own.notes(takes.agent, takes.prefix, takes.limit)
    room = Room()
    shown: list[NoteShown] = []
    for one in found:
        note_shown = await _note(asked, one)
        if not room.fits(note_shown.value):
            break
        shown.append(note_shown)
    return NoteList(notes=tuple(shown), more=len(shown) < len(found) or len(found) == takes.limit)


async def _note(asked: Asked, one: Note) -> NoteShown:
    value = await asked.seat.value(one.value) if one.value is not None else None
    return NoteShown(key=one.key, value=cast("Any", value), label=cast("Any", plain(one.label)))


async def note(asked: Asked, takes: OfNote, _: None) -> NoteShown:
    """One entry."""
    for one in await asked.seat.own.notes(takes.agent, takes.key, 1):
        if one.key == takes.key:
            return await _note(asked, one)
    raise UnknownPathError("there is no such entry", remedy="GET /memory lists the entries of an agent")


OPERATIONS: Final = (
    Operation(
        id="listAgents", method="GET", path="/agents", tag="agents", run=listed, reply=AgentList,
        summary="List the agents of which processes were started.",
    ),
    Operation(
        id="getAgent", method="GET", path="/agents/{agent}", tag="agents", run=shown, takes=OfAgent,
        reply=AgentShown, refuses=(404,), summary="Show one agent.",
    ),
    Operation(
        id="listVersions", method="GET", path="/agents/{agent}/versions", tag="agents", run=versions, takes=OfAgent,
        reply=VersionList, refuses=(404,), summary="List its versions.",
    ),
    Operation(
        id="getVersionOfAgent", method="GET", path="/agents/{agent}/versions/{digest}", tag="agents", run=version,
        takes=OfVersion, reply=DefinitionShown, tagged=True, refuses=(404,), summary="Show one version.",
    ),
    Operation(
        id="compareVersions", method="GET", path="/agents/{agent}/difference", tag="agents", run=compared,
        takes=Two, reply=DifferenceShown, refuses=(404,), summary="Say what is different between two versions.",
    ),
    Operation(
        id="listNotes", method="GET", path="/memory", tag="memory", run=notes, takes=ListNotes, reply=NoteList,
        summary="List entries of an agent's persistent memory, by key.",
    ),
    Operation(
        id="getNote", method="GET", path="/memory/entry", tag="memory", run=note, takes=OfNote, reply=NoteShown,
        refuses=(404,), summary="Show one entry of an agent's persistent memory.",
    ),
)  # fmt: skip

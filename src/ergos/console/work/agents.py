"""What the pages of agents show: an agent's program in sentences, its ceilings with what is used of them, its triggers.

Rules: an agent that was never started is known by its files, one whose files are gone by its versions in the store.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final, cast

import msgspec

from ergos.app.agent_shelf import Files, Lying, files_of, lying_in
from ergos.app.composing import circumstances_of
from ergos.app.versions import file_of
from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, UnknownPathError
from ergos.compile.preview.page import Section, preview
from ergos.compile.prose import prose_of
from ergos.kernel.ledger import UNCAPPED, Meter
from ergos.kernel.packages import FOREIGN, Definition

if TYPE_CHECKING:
    from ergos.app.access.seat import Seat
    from ergos.app.home import Home
    from ergos.app.views.own import AgentRow, VersionRow
    from ergos.kernel.ledger import Caps, Scope
    from ergos.kernel.permission.wording import Language
    from ergos.lib.agent_file import AgentFile

SCOPES: Final[tuple[Scope, ...]] = ("process", "day", "week", "month", "agent", "owner")


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """A ceiling, with what is used of it."""

    scope: str
    spent: int
    held: int
    tokens: int
    cap: int | None
    """Micro-dollars; None: no ceiling."""
    tokens_cap: int | None = None

    @property
    def share(self) -> float:
        """Of the ceiling that is nearer; 0 without one."""
        pairs = ((self.spent + self.held, self.cap), (self.tokens, self.tokens_cap))
        return max((used / cap for used, cap in pairs if cap), default=0.0)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An agent, from both sides."""

    name: str
    row: AgentRow | None
    lying: Lying | None
    definition: Definition | None
    """Its newest version that ran; None: it never did."""
    versions: tuple[VersionRow, ...]
    files: Files

    @property
    def foreign(self) -> bool:
        """Whether its program runs elsewhere."""
        return self.definition is not None and self.definition.program.startswith(FOREIGN)

    @property
    def path(self) -> str:
        """What is started; '': it cannot be started from here."""
        if self.lying is not None:
            return self.lying.path
        if self.definition is None or self.foreign or "::" in self.definition.program:
            return ""
        return self.definition.program

    @property
    def agent_file(self) -> AgentFile | None:
        """Its program as AGENT.md says it: as the files are now, else as it last ran."""
        if self.files.file is not None:
            return self.files.file
        return file_of(self.definition) if self.definition is not None else None


async def known(seat: Seat, name: str) -> Known:
    """An agent by its name. Raises: UnknownPathError."""
    row = next((one for one in await seat.views.agents() if one.agent == name), None)
    lying = next((one for one in await on_disk(seat.home) if one.name == name), None)
    versions = await seat.views.versions(name)
    if row is None and versions:
        row = None
    digest = row.definition if row is not None else versions[0].definition if versions else None
    if digest is None and lying is None:
        raise UnknownPathError(f"there is no agent {name[:60]!r} here", remedy="the page of agents lists them")
    definition = await seat.own.version(name, digest) if digest is not None else None
    if definition is not None:
        files = await asyncio.to_thread(files_of, definition)
    else:
        assert lying is not None
        files = await asyncio.to_thread(files_of, Definition(agent=name, program=lying.path))
    return Known(name=name, row=row, lying=lying, definition=definition, versions=versions, files=files)


async def on_disk(home: Home) -> tuple[Lying, ...]:
    """The agents in the home's own folder."""
    return await asyncio.to_thread(lying_in, home.folder)


async def sentences(home: Home, file: AgentFile, language: Language) -> tuple[tuple[Section, ...], str]:
    """A program in plain sentences, and in an owner's own kind of words ('': it cannot be said so)."""
    from pathlib import Path

    folder = Path(home.folder)
    try:
        given = await circumstances_of(home, folder=folder, environ=os.environ, language=language, models=False)
        told = preview(file, given, language)
    except ErgosError as error:
        return (Section("!", (error.what,)),), ""
    try:
        return told, prose_of(file, given) if file.work.steps else ""
    except ErgosError:
        return told, ""


def meters_of(caps: Caps, day: Caps | None, meters: dict[Scope, Meter]) -> tuple[Meant, ...]:
    """The ceilings of an agent and its owner, with what is used of them; those without a ceiling where money was spent.

    `day`: what the settings say of its owner.
    """
    found: list[Meant] = []
    for scope in SCOPES:
        amount = getattr(caps, scope)
        theirs = getattr(day, scope) if day is not None else None
        money = [one.microusd for one in (amount, theirs) if one is not None and one.microusd != UNCAPPED]
        tokens = [one.tokens for one in (amount, theirs) if one is not None and one.tokens != UNCAPPED]
        meter = meters.get(scope, Meter())
        if not money and not tokens and not meter.spent and not meter.held:
            continue
        found.append(
            Meant(
                scope=scope,
                spent=meter.spent.microusd,
                held=meter.held.microusd,
                tokens=meter.spent.tokens + meter.held.tokens,
                cap=min(money, default=None),
                tokens_cap=min(tokens, default=None),
            )
        )
    return tuple(found)


async def triggers_of(seat: Seat, pid: int) -> list[dict[str, Plain]]:
    """The armed triggers of a process, with next times and faults."""
    found = await seat.look(f"/proc/{pid}/triggers")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def settings_of(definition: Definition | None, file: AgentFile | None) -> dict[str, Plain]:
    """The settings an owner can give at a start, with their present values."""
    raw = definition.settings if definition is not None else file.settings if file is not None else msgspec.Raw(b"null")
    try:
        found = cast("Plain", msgspec.json.decode(raw))
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}

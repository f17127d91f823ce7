"""Where a principal makes agents of words: compile them, look at what would come of them, put them into the home.

Rules: compiling writes nothing and asks no model. An agent's folder lies in HOME/agents and is the keeper's to write,
because what is in it may run in the kernel. What the home has (its secrets' names, folders, accounts) is known to the
compiler only where the keeper asks.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ergos.app.access.authority import check_fresh
from ergos.app.access.seat import Seat
from ergos.base.canonical import digest_of
from ergos.base.errors import RefusedError, UnknownPathError, UsageError
from ergos.base.ids import name as checked_name
from ergos.compile.circumstances import Circumstances
from ergos.kernel.permission.wording import Language

if TYPE_CHECKING:
    from ergos.compile.pipeline import Compiled
    from ergos.lib.agent_file import AgentFile

FOLDER: Final = "agents"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What would come of words."""

    compiled: Compiled
    known: Circumstances
    old: AgentFile | None = None
    """The agent of this name that stands already."""

    @property
    def seen(self) -> str:
        """What tells this draft from every other: who agrees to it agrees to exactly this."""
        folders = [[one.name, one.path, one.write] for one in self.compiled.folders]
        return digest_of([self.compiled.text, folders, self.old is not None])[:32]


class Workshop:
    """Of one principal."""

    def __init__(self, seat: Seat) -> None:
        self._seat: Final = seat

    @property
    def may_make(self) -> bool:
        """Whether this principal may put agents into the home at all, freshly signed in or not."""
        who = self._seat.principal
        return who.keeper and who.at_least("owner")

    async def circumstances(self, timezone: str = "", language: Language | None = None) -> Circumstances:
        """What the compiler may know. Raises: UsageError for a zone that is none."""
        from ergos.app.composing import circumstances_of

        home = self._seat.home
        known = await circumstances_of(
            home, folder=home.folder / FOLDER, environ=os.environ, timezone=timezone, language=language, models=False
        )
        if self._seat.principal.keeper:
            return known
        return msgspec.structs.replace(
            known, secrets=frozenset(), agents=frozenset(), roots={}, accounts=frozenset(), writable=frozenset()
        )

    async def draft(self, prose: str, *, name: str = "", timezone: str = "", language: Language | None = None) -> Draft:
        """Compile words; nothing is written. Raises: UsageError."""
        from ergos.compile.pipeline import compile_prose

        known = await self.circumstances(timezone, language)
        async with self._seat._ground.compiling:  # noqa: SLF001 - its seat
            compiled = await asyncio.to_thread(compile_prose, prose, known, name=name)
        old = None
        if compiled.file is not None and self.may_make:
            old = await asyncio.to_thread(self._standing, compiled.file.name)
        return Draft(compiled=compiled, known=known, old=old)

    async def make(self, draft: Draft, *, seen: str | None, replace: bool = False) -> Path:
        """Put the agent into the home; its folder. `seen`: of the draft that was agreed to; None: nothing was shown.

        Raises: RefusedError, SignInError; UsageError for what is not ready, is not what was seen, or stands already.
        """
        from ergos.app.composing import install

        if not self.may_make:
            raise RefusedError("agents of this home are its keeper's to make", remedy="ask the owner of the home")
        check_fresh(self._seat.principal)
        if not draft.compiled.ready or draft.compiled.file is None:
            raise UsageError("these words are not ready", remedy="see what is wrong or asked, and say it")
        if seen not in (None, draft.seen):
            raise UsageError("this is not what you saw: something has changed since", remedy="look at it again")
        target = self._target(draft.compiled.file.name)
        await asyncio.to_thread(install, self._seat.home, draft.compiled, target, replace=replace)
        return target

    async def source(self, agent: str) -> tuple[AgentFile, str]:
        """The program of an agent that stands in the home, and its text. Raises: UnknownPathError, DefinitionError."""
        from ergos.app.composing import agent_file_of

        return await asyncio.to_thread(agent_file_of, self.folder(agent))

    def folder(self, agent: str) -> Path:
        """Where an agent of the home stands. Raises: UnknownPathError."""
        if not self._seat.principal.keeper:
            raise UnknownPathError(f"no agent {agent[:100]!r} stands in this home")
        try:
            target = self._target(agent)
        except UsageError:
            target = None
        if target is None or not (target / "AGENT.md").is_file():
            raise UnknownPathError(f"no agent {agent[:100]!r} stands in this home", remedy="make one of your words")
        return target

    def _target(self, agent: str) -> Path:
        target = self._seat.home.folder / FOLDER / checked_name(agent, what="an agent")
        if target.is_symlink():
            raise UsageError(f"{target.name} is a link", remedy="give the agent another name")
        return target

    def _standing(self, agent: str) -> AgentFile | None:
        from ergos.app.composing import agent_file_of

        target = self._target(agent)
        return agent_file_of(target)[0] if (target / "AGENT.md").is_file() else None

"""An agent that its owner publishes: what its card says, and how it is started for a peer.

    [settings of AGENT.md]      a2a: {skills: [{id, name, description}], input: [image/png], output: [text/plain]}

Rules: the folder is read anew when something changed; what an agent may not do for its owner it does for nobody; each
peer's tasks run on the agent as it stands, within that peer's bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from ergos.base.errors import DefinitionError, ErgosError
from ergos.buses.a2a.ports import AgentFacts, Skill
from ergos.kernel.bounds import Bounds
from ergos.kernel.packages import Definition
from ergos.runtime.install import checked
from ergos.runtime.kernel import Kernel
from ergos.runtime.narrowing import within
from ergos.server.mcp_agents import agent_tool

Load: TypeAlias = Callable[[Path, Mapping[str, object]], Definition]
"""Finds the definition of the agent at a path. Raises: DefinitionError."""

SKILLS_MAX: Final = 32  # skills of one card
DESCRIPTION_CHARS_MAX: Final = 2_000  # characters of a description; a paragraph or two
_GOAL: Final = "Runs the agent: "


class SaidSkill(msgspec.Struct, frozen=True):
    """A skill, as AGENT.md says it."""

    id: str
    name: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


class SaidCard(msgspec.Struct, frozen=True):
    """What the settings of AGENT.md say for the card."""

    description: str = ""
    skills: tuple[SaidSkill, ...] = ()
    input: tuple[str, ...] = AgentFacts.__struct_defaults__[0]
    output: tuple[str, ...] = AgentFacts.__struct_defaults__[1]
    extensions: tuple[str, ...] = ()


class Publication:
    """One published agent."""

    def __init__(self, folder: Path, load: Load, kernel: Kernel, owner: str, *, open_: bool = False) -> None:
        """Raises: DefinitionError for an agent that cannot be loaded, or may not run."""
        self._folder: Final = folder.expanduser().absolute()
        self._load: Final = load
        self._parts: Final = kernel.machine.parts
        self._owner: Final = owner
        self._open: Final = open_
        self._known: tuple[str, AgentFacts] | None = None
        definition = self._defined()
        checked(definition, self._parts.programs, self._parts.mounts, "en", self._parts.clock.now_ns())
        self.name: Final = definition.agent

    def facts(self) -> AgentFacts:
        """What its card says, as of now; of an agent that cannot be read at present, what it last said."""
        try:
            definition = self._defined()
        except ErgosError:
            if self._known is None:
                raise
            return self._known[1]
        if self._known is None or self._known[0] != definition.code:
            self._known = (definition.code, self._facts(definition))
        return self._known[1]

    def definition(self, bounds: Bounds) -> Definition:
        """How it is started for a peer. Raises: DefinitionError."""
        return within(self._defined(), bounds)

    def _defined(self) -> Definition:
        return self._load(self._folder, {})

    def _facts(self, definition: Definition) -> AgentFacts:
        said = _said(definition)
        goal = said.description or self._goal() or f"The agent {definition.agent}."
        skills = tuple(_skill(one) for one in said.skills[:SKILLS_MAX]) or (
            Skill(id=definition.agent, name=definition.agent, description=goal, tags=("agent",)),
        )
        return AgentFacts(
            name=definition.agent,
            description=goal[:DESCRIPTION_CHARS_MAX],
            version=definition.code[:12] or "1",
            skills=skills,
            input_modes=said.input,
            output_modes=said.output,
            organization=self._owner,
            required=said.extensions,
            open=self._open,
        )

    def _goal(self) -> str:
        """What its AGENT.md says it is for."""
        try:
            summary = agent_tool(self._folder).summary
        except DefinitionError:
            return ""
        return summary.removeprefix(_GOAL) if summary.startswith(_GOAL) else ""


def _said(definition: Definition) -> SaidCard:
    try:
        settings: Any = msgspec.json.decode(definition.settings)
        return msgspec.convert(settings.get("a2a", {}), SaidCard) if isinstance(settings, dict) else SaidCard()
    except (msgspec.DecodeError, AttributeError) as error:
        raise DefinitionError(
            f"the settings of {definition.agent} say something wrong for its card: {error}",
            remedy="correct `a2a:` among the settings of its AGENT.md",
        ) from error


def _skill(one: SaidSkill) -> Skill:
    return Skill(
        id=one.id,
        name=one.name or one.id,
        description=(one.description or one.name or one.id)[:DESCRIPTION_CHARS_MAX],
        tags=one.tags or ("agent",),
        examples=one.examples,
    )

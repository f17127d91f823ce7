"""Agents that their owner offers as tools: what an agent's folder says of it.

Rules: only AGENT.md is read here; its program is loaded by the kernel that runs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from ergos.base.errors import DefinitionError
from ergos.lib.frontmatter import parse
from ergos.lib.frontmatter import plain as plainly

AGENT: Final = "agent."
"""What the name of an agent's tool begins with."""


class AgentTool(msgspec.Struct, frozen=True):
    """An agent that is offered as a tool."""

    name: str
    path: Path
    summary: str


def agent_tool(folder: Path) -> AgentTool:
    """An agent's folder as a tool. Raises: DefinitionError."""
    file = folder / "AGENT.md"
    try:
        matter = parse(file.read_text("utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{file} cannot be read", remedy="name a folder with AGENT.md") from error
    said = {name: plainly(field) for name, field in matter.fields.items()}
    name, goal = said.get("name"), said.get("goal")
    return AgentTool(
        name=name if isinstance(name, str) else folder.name,
        path=folder,
        summary=f"Runs the agent: {goal}" if isinstance(goal, str) else f"Runs the agent in {folder.name}",
    )

"""An agent's folder as a tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.base.errors import DefinitionError, ErgosError
from ergos.server.mcp_agents import agent_tool


def test_a_folder_says_what_its_agent_is_for(tmp_path: Path) -> None:
    (tmp_path / "AGENT.md").write_text("---\nname: greeter\ngoal: Greets people\n---\nGreet.\n")
    made = agent_tool(tmp_path)
    assert (made.name, made.path, made.summary) == ("greeter", tmp_path, "Runs the agent: Greets people")
    (tmp_path / "AGENT.md").write_text("---\nlanguage: en\n---\n")
    assert agent_tool(tmp_path).name == tmp_path.name


@pytest.mark.parametrize("text", [None, b"no front matter", b"\xff\xfe"])
def test_what_is_no_agent_is_refused(tmp_path: Path, text: bytes | None) -> None:
    if text is not None:
        (tmp_path / "AGENT.md").write_bytes(text)
    with pytest.raises((DefinitionError, ErgosError)):
        agent_tool(tmp_path)

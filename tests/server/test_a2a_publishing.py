"""A card says what the agent's folder says, and a peer's task runs on the agent within the peer's bounds."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ergos.app.home import load_with
from ergos.base.errors import DefinitionError
from ergos.drivers.host import HostClock
from ergos.kernel.bounds import Bounds
from ergos.lib.folder import FolderPrograms
from ergos.server.a2a_publishing import Publication

PROGRAM = "async def agent(ctx):\n    return None\n"
MATTER = """---
name: clerk
goal: Keeps the books.
language: en
settings:
  a2a: {card}
---
Do it.
"""


def _folder(tmp_path: Path, card: str = "{}") -> Path:
    (tmp_path / "AGENT.md").write_text(MATTER.replace("{card}", card))
    (tmp_path / "agent.py").write_text(PROGRAM)
    return tmp_path


def _publication(folder: Path) -> Publication:
    programs = FolderPrograms()
    parts = SimpleNamespace(programs=programs, mounts=None, clock=HostClock())
    kernel: Any = SimpleNamespace(machine=SimpleNamespace(parts=parts))
    return Publication(folder, load_with(programs), kernel, "alice")


def test_without_a_word_of_its_own_a_card_says_what_the_agent_is_for(tmp_path: Path):
    facts = _publication(_folder(tmp_path)).facts()
    assert (facts.name, facts.description, facts.organization) == ("clerk", "Keeps the books.", "alice")
    (skill,) = facts.skills
    assert skill.id == "clerk"
    assert skill.tags
    assert facts.input_modes == ("text/plain", "application/json")
    assert len(facts.version) == 12


def test_a_card_says_what_the_settings_say(tmp_path: Path):
    card = "{description: Sums., skills: [{id: sum}], input: [image/png], output: [text/csv], extensions: ['urn:x']}"
    facts = _publication(_folder(tmp_path, card)).facts()
    assert (facts.description, facts.input_modes, facts.output_modes, facts.required) == (
        "Sums.",
        ("image/png",),
        ("text/csv",),
        ("urn:x",),
    )
    assert facts.skills[0].name == "sum"


def test_a_wrong_word_for_the_card_is_said_when_it_is_published(tmp_path: Path):
    with pytest.raises(DefinitionError, match="card"):
        _publication(_folder(tmp_path, "{skills: 5}")).facts()


def test_a_changed_agent_has_another_version_and_a_broken_one_keeps_its_card(tmp_path: Path):
    publication = _publication(_folder(tmp_path))
    first = publication.facts()
    (tmp_path / "agent.py").write_text(PROGRAM + "# changed\n")
    second = publication.facts()
    assert second.version != first.version
    (tmp_path / "AGENT.md").write_text("---\nname: [\n---\n")
    assert publication.facts() == second


def test_a_peers_task_runs_within_its_bounds(tmp_path: Path):
    held = _publication(_folder(tmp_path)).definition(Bounds(peer="acme"))
    assert held.agent == "clerk@acme"
    assert held.bounds == Bounds(peer="acme")


def test_what_is_no_agent_is_not_published(tmp_path: Path):
    with pytest.raises(DefinitionError):
        _publication(tmp_path / "nothing")

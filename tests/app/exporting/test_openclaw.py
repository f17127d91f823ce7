"""The document that is written has the shape its format documents."""

from __future__ import annotations

import json
from pathlib import Path

from ergos.app.exporting.formats import exported
from ergos.app.exporting.openclaw import parts
from tests.app.exporting.test_docker import SETTINGS, TEXT
from tests.app.importing import samples


def test_each_agent_has_a_workspace_and_is_in_the_configuration(tmp_path: Path) -> None:
    samples.put(
        tmp_path / "lead" / "AGENT.md",
        TEXT.replace("Lead.", "<!-- SOUL.md -->\n\nCalm.\n\n<!-- AGENTS.md -->\n\nLead."),
    )
    samples.put(tmp_path / "lead" / "team" / "helper" / "AGENT.md", "---\nname: helper\n---\nHelp.\n")
    samples.put(tmp_path / "lead" / "settings.proposed.toml", SETTINGS)
    files = exported(tmp_path / "lead", "openclaw").files
    assert (files["workspace/SOUL.md"], files["workspace/AGENTS.md"], files["workspace-helper/AGENTS.md"]) == (
        "Calm.\n",
        "Lead.\n",
        "Help.\n",
    )
    config = json.loads(files["openclaw.json"])
    lead, helper = config["agents"]["list"]
    assert (lead["id"], lead["default"], lead["subagents"]) == ("lead", True, {"allowAgents": ["helper"]})
    assert (lead["tools"]["allow"], helper["tools"]["allow"]) == (["web_fetch"], [])
    assert config["mcp"]["servers"]["tracker"]["env"] == {"KEY": "${TRACKER_KEY}"}


def test_instructions_without_marks_are_one_file() -> None:
    assert parts("Just do it.") == {"AGENTS.md": "Just do it."}
    assert parts("Before.\n<!-- SOUL.md -->\nx") == {"AGENTS.md": "Before.\n<!-- SOUL.md -->\nx"}

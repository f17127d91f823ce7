"""The document that is written has the shape its format documents."""

from __future__ import annotations

import json
from pathlib import Path

from ergos.app.exporting.formats import exported
from tests.app.exporting.test_docker import SETTINGS, TEXT
from tests.app.importing import samples


def test_a_team_is_a_manager_with_workers_and_every_component_has_an_id(tmp_path: Path) -> None:
    samples.put(tmp_path / "lead" / "AGENT.md", TEXT)
    samples.put(tmp_path / "lead" / "team" / "helper" / "AGENT.md", "---\nname: helper\n---\nHelp.\n")
    samples.put(tmp_path / "lead" / "settings.proposed.toml", SETTINGS)
    found = exported(tmp_path / "lead", "agent-spec")
    document = json.loads(found.files["lead.agentspec.json"])
    assert (document["component_type"], document["agentspec_version"]) == ("ManagerWorkers", "25.4.2")
    manager = document["group_manager"]
    assert (manager["component_type"], manager["system_prompt"]) == ("Agent", "Lead.")
    boxes = {one["name"]: one for one in manager["toolboxes"]}
    assert boxes["tracker"]["tool_filter"] == ["create", "close"]
    assert boxes["tracker"]["client_transport"]["env"] is None
    assert boxes["web"]["client_transport"]["component_type"] == "StreamableHTTPTransport"
    ids: list[str] = []
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            ids += [one["id"]] if "component_type" in one else []
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    assert len(ids) == len(set(ids)) >= 8
    assert "secret:" not in found.files["lead.agentspec.json"]

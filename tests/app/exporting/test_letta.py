"""The document that is written has the shape its format documents."""

from __future__ import annotations

import json
from pathlib import Path

from ergos.app.exporting.formats import exported
from tests.app.exporting.test_docker import SETTINGS, TEXT
from tests.app.importing import samples


def test_every_id_that_is_named_is_there(tmp_path: Path) -> None:
    samples.put(tmp_path / "lead" / "AGENT.md", TEXT.replace("Lead.", "Lead.\n\n<!-- persona -->\n\nCalm."))
    samples.put(tmp_path / "lead" / "team" / "helper" / "AGENT.md", "---\nname: helper\n---\nHelp.\n")
    samples.put(tmp_path / "lead" / "settings.proposed.toml", SETTINGS)
    document = json.loads(exported(tmp_path / "lead", "letta").files["lead.af"])
    lead, helper = document["agents"]
    assert (lead["system"], helper["system"]) == ("Lead.", "Help.")
    tools = {one["id"]: one["name"] for one in document["tools"]}
    blocks = {one["id"]: one["value"] for one in document["blocks"]}
    assert {tools[one] for one in lead["tool_ids"]} == {"create", "close", "fetch_webpage"}
    assert [blocks[one] for one in lead["block_ids"]] == ["Calm."]
    assert document["groups"][0]["manager_config"]["manager_agent_id"] == lead["id"]
    assert document["groups"][0]["agent_ids"] == [helper["id"]]
    assert {one["server_name"] for one in document["mcp_servers"]} == {"tracker", "web"}
    assert lead["tool_rules"] == [{"type": "requires_approval", "tool_name": "create"}]

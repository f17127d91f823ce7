"""The document that is written has the shape its format documents."""

from __future__ import annotations

from pathlib import Path

import yaml

from ergos.app.exporting.formats import exported
from tests.app.importing import samples

SETTINGS = """[mcp.servers.tracker]
command = "tracker-mcp"
args = ["x"]
env = { KEY = "secret:tracker-key" }
[mcp.servers.web]
url = "https://mcp.example.com/mcp"
"""
TEXT = """---
name: lead
goal: leads
team: [helper]
grants:
  - {act: tracker.create, ask: true}
  - {act: tracker.close}
  - {act: "web.*"}
  - {act: http.fetch, args: {url: {domain: [example.org]}, form: any}}
  - {act: git.status}
budget: {per_process: 1usd}
settings: {prompts: {plan: go}}
---
Lead.
"""


def test_agents_toolsets_and_permissions_are_those_of_the_schema(tmp_path: Path) -> None:
    samples.put(tmp_path / "lead" / "AGENT.md", TEXT)
    samples.put(tmp_path / "lead" / "team" / "helper" / "AGENT.md", "---\nname: helper\n---\nHelp.\n")
    samples.put(tmp_path / "lead" / "settings.proposed.toml", SETTINGS)
    text = exported(tmp_path / "lead", "docker-agent").files["lead.yaml"]
    document = yaml.safe_load(text)
    root = document["agents"]["root"]
    assert (root["description"], root["instruction"], root["sub_agents"]) == ("leads", "Lead.", ["helper"])
    assert document["agents"]["helper"]["instruction"] == "Help."
    toolsets = {one.get("name", one["type"]): one for one in root["toolsets"]}
    assert toolsets["tracker"]["tools"] == ["create", "close"]
    assert toolsets["tracker"]["env"] == {"KEY": "${env.TRACKER_KEY}"}
    assert toolsets["web"]["remote"]["url"] == "https://mcp.example.com/mcp"
    assert toolsets["fetch"]["allowed_domains"] == ["example.org"]
    assert "git" in toolsets
    assert document["permissions"] == {"ask": ["mcp:tracker:create"]}
    assert document["budget"] == {"max_cost": 1.0}
    assert root["commands"] == {"plan": "go"}

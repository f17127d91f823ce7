"""Toolsets of Docker Agent, one by one: a grant, a proposal, a draft or a remark; never nothing."""

from __future__ import annotations

import pytest

from ergos.app.importing.docker_toolsets import Toolsets
from ergos.app.importing.fields import Fields
from ergos.app.importing.remarks import Findings
from ergos.app.importing.servers import Servers
from ergos.base.canonical import Plain

SCHEMA_TYPES = (
    "mcp mcp_catalog script think memory filesystem file shell background_jobs tasks plan session_plan session_context "
    "todo fetch api a2a lsp user_prompt openapi open_url model_picker background_agents scheduler rag git webhook"
).split()
NEEDLESS = {
    "think",
    "memory",
    "tasks",
    "plan",
    "session_plan",
    "session_context",
    "todo",
    "model_picker",
    "background_agents",
    "scheduler",
}


def made(toolset: dict[str, Plain]) -> tuple[set[str], set[str]]:
    findings = Findings()
    document = Fields({}, "", findings)
    found = Toolsets(document, Servers(findings), findings).of_agent(
        "a", Fields({"toolsets": [toolset]}, "agents.a", findings)
    )
    return {one.name for one in found.grants}, {one.code for one in findings.all}


@pytest.mark.parametrize("kind", SCHEMA_TYPES)
def test_every_type_of_the_schema_becomes_a_grant_or_a_remark(kind: str) -> None:
    names, codes = made({"type": kind})
    assert names or codes or kind in NEEDLESS or kind == "script"
    assert "I101" not in codes


def test_a_filter_of_tools_narrows_the_grants() -> None:
    assert made({"type": "filesystem", "tools": ["read_file", "list_directory"]})[0] == {"files.read", "files.list"}


def test_an_unknown_field_of_a_toolset_is_named() -> None:
    assert "I101" in made({"type": "shell", "later": {"x": 1}})[1]

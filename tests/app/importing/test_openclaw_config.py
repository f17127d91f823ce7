"""OpenClaw's configuration: an agent's tools by allow, deny and profile; secrets are found by name and by look."""

from __future__ import annotations

import pytest

from ergos.app.importing.openclaw_config import AgentConfig, Config, read, report_secrets
from ergos.app.importing.remarks import Findings
from ergos.base.errors import DefinitionError


@pytest.mark.parametrize(
    ("agent", "whole", "tools"),
    [
        (AgentConfig(), Config(), ("read", "write", "edit", "exec", "web_fetch")),
        (AgentConfig(allow=()), Config(), ()),
        (AgentConfig(allow=("*",)), Config(deny=("group:runtime",)), ("read", "write", "edit", "web_fetch")),
        (AgentConfig(allow=("group:web", "read")), Config(), ("web_fetch", "read")),
        (AgentConfig(deny=("*",)), Config(), ()),
        (AgentConfig(deny=("group:fs", "group:web")), Config(), ("exec",)),
        (AgentConfig(profile="minimal"), Config(profile="full"), ()),
        (AgentConfig(), Config(profile="coding", allow=("exec",)), ("exec",)),
    ],
)
def test_an_agent_has_what_is_allowed_less_what_is_denied(
    agent: AgentConfig, whole: Config, tools: tuple[str, ...]
) -> None:
    assert agent.tools(whole) == tools


def test_an_older_configuration_with_one_agent_is_read() -> None:
    found = read('{agent: {workspace: "~/clawd", model: "openai/gpt", heartbeat: {every: "0m"}}}', "c", Findings())
    assert [(one.workspace, one.heartbeat_ms) for one in found.agents] == [("~/clawd", 0)]


def test_a_secret_is_found_by_its_name_or_its_look_and_a_reference_is_none() -> None:
    findings = Findings()
    long = "Zm9v" + "YmFyYmF6cXV4"
    report_secrets(
        {"a": {"apiKey": long, "token": "${TOKEN}", "note": "x"}, "list": [{"password": "hunter2hunter2"}]}, findings
    )
    assert {one.where for one in findings.all} == {"a.apiKey", "list[0].password"}


def test_what_is_no_configuration_is_an_error() -> None:
    with pytest.raises(DefinitionError):
        read("{agents: [", "c", Findings())

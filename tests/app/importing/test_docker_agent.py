"""Docker Agent: root leads, toolsets become grants that ask, what runs by itself or is elsewhere is left out and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.app.importing.recognise import imported
from ergos.app.importing.shape import Imported, Incoming
from ergos.kernel.permission.grants import Grant

from . import samples
from .test_recognise import NOW_NS, codes


@pytest.fixture
def found(tmp_path: Path) -> Imported:
    samples.put(tmp_path / "writer.md", "Write short sentences.\n")
    return imported(samples.put(tmp_path / "team.yaml", samples.DOCKER), NOW_NS)


def grants(draft: Incoming) -> dict[str, Grant]:
    return {one.name: one for one in draft.grants}


def test_the_root_leads_its_team_and_a_cycle_is_cut(found: Imported) -> None:
    team, island = found.agents
    assert (team.name, island.name) == ("team", "island")
    assert [one.name for one in team.team] == ["researcher", "writer"]
    assert [one.name for one in team.team[1].team] == ["researcher"]
    assert any(one.code == "I110" and one.what == "root" for one in found.remarks)
    assert any(one.code == "I108" and one.what == "myorg/reviewer" for one in found.remarks)
    assert any(one.code == "I109" and one.what == "ghost" for one in found.remarks)


def test_what_a_toolset_bounds_its_grants_bound(found: Imported) -> None:
    team = found.agents[0]
    read = grants(team)["files.read"].args
    assert read is not None
    assert read["path"].kind == "under"
    assert read["path"].values == (".", "notes:/", "src")
    assert found.folders[0].path == "~/notes"
    fetch = grants(team.team[0])["http.fetch"].args
    assert fetch is not None
    assert fetch["url"].values == ("docker.com", "example.org")
    order = grants(team)["http.send"].args
    assert order is not None
    assert (order["url"].values, order["method"].values) == (("shop.example.com",), ("POST",))
    lost = {one.what for one in found.remarks if one.code == "I203"}
    assert {"~/.ssh", "10.0.0.0/8", "../up", "shell:cmd=rm*"} <= lost


def test_a_readonly_agent_gets_no_grant_that_changes_anything(found: Imported) -> None:
    assert "shell.run" not in grants(found.agents[0].team[0])


def test_what_is_denied_gets_no_grant(found: Imported) -> None:
    assert "files.write" not in grants(found.agents[0])
    assert any(one.code == "I207" and one.what == "files.write" for one in found.remarks)
    assert any(one.code == "I204" and one.what == "shell:cmd=ls*" for one in found.remarks)


def test_servers_of_every_kind_are_proposed(found: Imported) -> None:
    servers = {one.name: one for one in found.servers}
    assert servers["duckduckgo"].args == ("mcp", "gateway", "run", "--servers=duckduckgo")
    assert servers["tracker"].env == {"TRACKER_KEY": "secret:tracker-key"}
    assert servers["mcp-example-com"].url == "https://mcp.example.com/sse"
    assert "tracker.create_issue" in grants(found.agents[0])
    said = {one.what for one in found.remarks if one.code == "I207"}
    assert {"mcp-example-com.search (readonly)", "mcp-example-com.fetch_page (readonly)"} <= said


def test_scripts_are_drafts_and_hooks_are_left_out(found: Imported) -> None:
    team = found.agents[0]
    assert [(one.name, "wc -l" in one.text) for one in team.drafts] == [("count.sh.draft", True)]
    assert "rm -rf" not in repr(found.agents)
    assert {"I205", "I206", "I201", "I505", "I604"} <= codes(found)


def test_ceilings_of_a_run_are_ceilings_of_a_process(found: Imported) -> None:
    cap = found.agents[0].caps.process
    assert cap is not None
    assert (cap.microusd, cap.tokens) == (2_500_000, 100_000)
    tight = found.agents[0].team[0].caps.process
    assert tight is not None
    assert tight.microusd == 500_000


def test_prompts_skills_and_instruction_files_come_along(found: Imported) -> None:
    team = found.agents[0]
    assert team.prompts == {"plan": "Make a plan.", "disk": "!`df -h` tell me"}
    assert [one.name for one in team.skills] == ["greet", "farewell"]
    assert team.team[1].instructions == "Write short sentences."


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.md", "~/x", "no-such.md"])
def test_an_instruction_file_elsewhere_is_not_read(tmp_path: Path, path: str) -> None:
    samples.put(tmp_path / "secret.md", "private")
    text = f"agents: {{root: {{model: x, instruction_file: '{path}'}}}}"
    found = imported(samples.put(tmp_path / "inner" / "a.yaml", text), NOW_NS)
    assert found.agents[0].instructions == ""
    assert codes(found) & {"I103", "I109"}


def test_names_that_are_none_or_taken_are_given_anew_and_said(tmp_path: Path) -> None:
    text = "agents: {root: {model: x, sub_agents: ['../../etc', 'A B', 'a-b', '']}, '../../etc': {model: x}, 'A B': {model: x}, 'a-b': {model: x}, '': {model: x}}"
    found = imported(samples.put(tmp_path / "x.yaml", text), NOW_NS)
    assert [one.name for one in found.agents[0].team] == ["etc", "A-B", "a-b-2", "agent"]
    assert "I106" in codes(found)


def test_a_newer_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    found = imported(
        samples.put(tmp_path / "x.yaml", "version: '99'\nagents: {root: {model: x, instruction: hi}}"), NOW_NS
    )
    assert "I107" in codes(found)
    assert found.agents[0].instructions == "hi"


def test_a_team_that_doubles_at_every_level_is_bounded(tmp_path: Path) -> None:
    agents = {f"a{n}": f"{{model: x, sub_agents: [a{n + 1}, b{n + 1}]}}" for n in range(40)}
    agents |= {f"b{n}": f"{{model: x, sub_agents: [a{n + 1}, b{n + 1}]}}" for n in range(40)}
    text = "agents:\n" + "".join(f"  {name}: {value}\n" for name, value in agents.items())
    found = imported(samples.put(tmp_path / "x.yaml", text), NOW_NS)
    assert "I604" in codes(found)


def test_a_model_is_reported_once_and_not_by_its_alias_too(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "agents: {root: {model: fast, instruction: Help.}}\nmodels: {fast: {provider: openai, model: gpt-small}}\n"
    )
    assert [one.what for one in imported(path, NOW_NS).remarks if one.code == "I601"] == ["openai/gpt-small"]

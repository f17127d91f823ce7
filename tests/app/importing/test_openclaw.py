"""OpenClaw: files become instructions and memory, jobs become triggers with prompts, tools become grants that ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.app.importing.recognise import imported
from ergos.app.importing.shape import Imported, Incoming
from ergos.kernel.triggers import Schedule

from . import samples
from .test_recognise import NOW_NS, codes


def whole(folder: Path) -> Imported:
    return imported(samples.workspace(folder, config=True, jobs=True, helper=True), NOW_NS)


def agent(found: Imported, name: str) -> Incoming:
    return next(one for one in found.agents if one.name == name)


def test_guides_and_standing_orders_are_the_instructions_in_order(tmp_path: Path) -> None:
    text = agent(whole(tmp_path / "claw"), "Iris").instructions
    order = [
        "<!-- AGENTS.md -->",
        "<!-- SOUL.md -->",
        "<!-- IDENTITY.md -->",
        "<!-- TOOLS.md -->",
        "<!-- standing-orders.md -->",
    ]
    assert [text.index(mark) for mark in order] == sorted(text.index(mark) for mark in order)
    assert "You are calm." in text
    assert "Who am I?" not in text


def test_what_is_to_be_remembered_is_memory_and_not_instructions(tmp_path: Path) -> None:
    iris = agent(whole(tmp_path / "claw"), "Iris")
    assert [one.key for one in iris.memory] == ["USER", "MEMORY", "memory/2026-11-25"]
    assert "tea" not in iris.instructions
    assert any(grant.name == "imported.memory" for grant in iris.grants)


def test_jobs_and_the_heartbeat_become_triggers_with_their_prompts(tmp_path: Path) -> None:
    found = whole(tmp_path / "claw")
    iris = agent(found, "Iris")
    triggers = {one.name: one for one in iris.work.triggers}
    assert set(triggers) == {"heartbeat", "Morning-brief", "poke", "once", "old-form"}
    brief, beat, once = triggers["Morning-brief"], triggers["heartbeat"], triggers["once"]
    assert isinstance(brief, Schedule)
    assert (brief.cron, brief.timezone, brief.misfire) == ("0 7 * * 1-5", "America/Los_Angeles", "run_once")
    assert isinstance(beat, Schedule)
    assert beat.rule.startswith("FREQ=MINUTELY;INTERVAL=30;BYHOUR=8,9")
    assert isinstance(once, Schedule)
    assert (once.at, once.timezone) == ("2127-02-01T16:00", "UTC")
    assert iris.prompts["Morning-brief"] == "Summarise the night."
    assert "invoices" in iris.prompts["heartbeat"]
    said = {(one.code, one.where) for one in found.remarks}
    jobs = "cron/jobs.json#jobs"
    assert ("I305", f"{jobs}[3].schedule") in said
    assert ("I304", f"{jobs}[4]") in said
    assert ("I301", f"{jobs}[5].schedule") in said
    assert ("I301", f"{jobs}[6].schedule") in said
    assert ("I206", f"{jobs}[7]") in said
    assert ("I301", f"{jobs}[9].schedule") in said
    assert ("I306", f"{jobs}[0]") in said


def test_an_empty_heartbeat_file_wakes_nobody(tmp_path: Path) -> None:
    folder = samples.workspace(tmp_path / "claw")
    samples.put(folder / "HEARTBEAT.md", "# Heartbeat\n\n<!-- nothing -->\n- [ ]\n")
    assert imported(folder, NOW_NS).agents[0].work.triggers == ()


def test_tools_that_are_denied_get_no_grant_and_unknown_ones_are_named(tmp_path: Path) -> None:
    found = whole(tmp_path / "claw")
    names = {grant.name for grant in agent(found, "Iris").grants}
    assert "files.read" in names
    assert "shell.run" not in names
    assert any(one.code == "I201" and one.what == "browser" for one in found.remarks)
    assert {grant.name for grant in agent(found, "helper").grants if grant.verb == "act"} == {"github.*", "web.*"}


def test_servers_are_proposed_with_names_of_secrets_in_place_of_keys(tmp_path: Path) -> None:
    found = whole(tmp_path / "claw")
    servers = {one.name: one for one in found.servers}
    assert set(servers) == {"github", "web"}
    assert servers["github"].env == {"GITHUB_TOKEN": "secret:github-token", "LOG": "info"}
    assert servers["web"].headers == {"Authorization": "secret:web-token"}
    assert set(found.secrets) == {"github-token", "web-token"}


def test_who_may_be_started_is_a_team_and_what_lets_calls_pass_is_left_out(tmp_path: Path) -> None:
    found = whole(tmp_path / "claw")
    assert [one.name for one in agent(found, "Iris").team] == ["helper"]
    assert {"I204", "I201", "I101", "I601", "I602", "I302", "I505"} <= codes(found)
    assert any(one.code == "I101" and one.where == "invented" for one in found.remarks)


def test_skills_come_along_without_what_our_reader_refuses(tmp_path: Path) -> None:
    found = imported(samples.workspace(tmp_path / "claw"), NOW_NS)
    skills = {one.name: one for one in found.agents[0].skills}
    assert set(skills) == {"weather"}
    sheet = skills["weather"].files["SKILL.md"].decode()
    assert "metadata" not in sheet
    assert "# Weather" in sheet
    assert samples.OPENAI_KEY.encode() not in skills["weather"].files["scripts/ask.sh"]
    assert {"I502", "I503"} <= codes(found)


@pytest.mark.parametrize(
    "place", ["~/.openclaw/workspaces/main", "~/.openclaw/agents/main", "~/.openclaw/workspace-x", "C:\\\\claw\\\\main"]
)
def test_a_workspace_is_found_where_the_configuration_says(tmp_path: Path, place: str) -> None:
    inner = place.replace("\\\\", "/").split("/")[-2:]
    folder = tmp_path / "state" / ("/".join(inner) if inner[0] in ("workspaces", "agents") else inner[-1])
    samples.put(folder / "AGENTS.md", "Found it.\n")
    samples.put(tmp_path / "state" / "openclaw.json", f'{{agents: {{list: [{{id: "main", workspace: "{place}"}}]}}}}')
    assert imported(tmp_path / "state", NOW_NS).agents[0].instructions == "Found it."


def test_a_workspace_without_a_configuration_is_one_agent(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    samples.put(folder / "AGENTS.md", "你是一个细心的助手，每天整理发票。\n")
    samples.put(folder / "SOUL.md", "保持冷静。\n")
    found = imported(folder, NOW_NS)
    assert [(one.name, one.language) for one in found.agents] == [("plain", "zh")]


def test_a_workspace_of_one_page_is_one(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("# Program\n\n## Roles\n\nThe roles: one, and\nanother: two.\n")
    assert len(imported(tmp_path, NOW_NS).agents) == 1


def test_a_name_that_is_still_to_be_chosen_is_none(tmp_path: Path) -> None:
    place = tmp_path / "desk"
    place.mkdir()
    (place / "AGENTS.md").write_text("Help with the post.\n")
    (place / "IDENTITY.md").write_text("- **Name:**\n  _(choose one)_\n- **Vibe:** warm\n")
    assert imported(place, NOW_NS).agents[0].name == "desk"
    (place / "IDENTITY.md").write_text("- **Name:** Ada\n")
    assert imported(place, NOW_NS).agents[0].name == "Ada"

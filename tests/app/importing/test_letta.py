"""Letta: blocks are remembered, tools' code is a draft, groups are teams, conversations stay behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.app.importing.recognise import imported
from ergos.app.importing.shape import Imported

from . import samples
from .test_recognise import NOW_NS, codes


@pytest.fixture
def found(tmp_path: Path) -> Imported:
    return imported(samples.saved(tmp_path / "loop.af", samples.LETTA), NOW_NS)


def test_the_manager_of_a_group_leads_and_the_others_stand_alone(found: Imported) -> None:
    assert [one.name for one in found.agents] == ["Loop-Agent", "Loner"]
    assert [one.name for one in found.agents[0].team] == ["Helper"]
    assert "I701" in codes(found)


def test_blocks_are_remembered_and_the_persona_is_part_of_the_instructions(found: Imported) -> None:
    loop, loner = found.agents
    assert loop.instructions == "You are Loop.\n\n<!-- persona -->\n\nI am calm."
    assert [(one.key, one.text) for one in loop.memory] == [("blocks/human", "Likes tea.")]
    assert [one.text for one in loner.memory] == ["likes cats"]
    assert (loop.work.timezone, loop.window_tokens, loop.goal) == ("Europe/Paris", 90_000, "I remember.")


def test_code_of_a_tool_is_a_draft_that_nobody_runs(found: Imported) -> None:
    loop = found.agents[0]
    assert [one.name for one in loop.drafts] == ["cancel_order.py.draft"]
    assert "cancel_order" not in {grant.name for grant in loop.grants}


def test_tools_of_servers_and_known_ones_are_grants_that_ask(found: Imported) -> None:
    names = {grant.name for grant in found.agents[0].grants}
    assert {"linear.list_issues", "http.fetch", "imported.memory", "skills.read"} <= names
    assert {one.name for one in found.servers} == {"linear", "local"}
    assert [one.name for one in found.agents[0].skills] == ["greet"]


def test_what_stays_behind_is_named(found: Imported) -> None:
    said = {(one.code, one.what) for one in found.remarks}
    assert ("I504", "1") in said
    assert ("I401", "SHOP_KEY") in said
    assert ("I401", "OTHER") in said
    assert ("I203", "run_first web_search") in said
    assert ("I201", "web_search") in said
    assert ("I109", "tool-9") in said
    assert ("I109", "block-9") in said
    assert ("I101", "later_field") in said
    assert {"I505", "I601", "I602"} <= codes(found)


def test_the_older_form_with_one_agent_is_read(tmp_path: Path) -> None:
    found = imported(samples.saved(tmp_path / "old.af", samples.LETTA_OLD), NOW_NS)
    old = found.agents[0]
    assert (old.name, old.window_tokens, found.version) == ("old", 8_000, "0.6.54")
    assert "I am old." in old.instructions
    assert [one.key for one in old.memory] == ["blocks/human"]
    assert [one.name for one in old.drafts] == ["roll.py.draft"]

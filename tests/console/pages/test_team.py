"""Who works with whom is a picture and a table that say the same, and lead to the agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.browser import Look, look_at, page_of
from tests.console.rig import OTHER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_the_team_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/team", look)


def test_the_picture_leads_to_the_agent_and_the_table_says_the_same(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/team?since=all")
        row = page.locator("table tbody tr").first.inner_text()
        assert row.split()[:4] == ["lead", "worker", "2", "2"]
        assert "4" in (page.locator("svg .weight").first.text_content() or "").split()
        page.locator("svg a", has_text="worker").click()
        assert page.url == f"{rig.url}/agents/worker"


def test_time_narrows_it_and_others_see_nothing_of_it(rig: Rig) -> None:
    assert "<polygon" in rig.fetch("/team?since=hour")[2]
    assert "<polygon" in rig.fetch("/team?since=nonsense")[2]
    carol = rig.session(OTHER, "owner", OTHER)
    page = rig.fetch("/team?since=all", carol)[2]
    assert "lead" not in page.partition("<main")[2]

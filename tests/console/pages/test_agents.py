"""An agent's page says what it does, what it may, what it cost and in which versions; it starts once and can be revoked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.console.browser import LOOKS, Look, look_at, page_of
from tests.console.rig import OTHER, OWNER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize("look", LOOKS[1:3], ids=lambda look: look.id)
def test_the_list_is_good_in_both_languages(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/agents", look)


def test_an_agent_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/agents/gardener", look)


@pytest.mark.parametrize("agent", ["treasurer", "surveyor"])
def test_an_agent_of_code_is_good_too(chromium: Browser, rig: Rig, agent: str) -> None:
    look_at(chromium, rig, f"/agents/{agent}", LOOKS[1])


def test_an_agent_says_what_it_does_may_and_costs(rig: Rig) -> None:
    page = rig.fetch("/agents/treasurer")[2]
    assert "Pays the rent, if it may." in page
    assert "between 1 and 500" in page
    assert "AGENT.md" in page
    surveyor = rig.fetch("/agents/surveyor")[2]
    assert "$0.80" in surveyor
    assert "$1.00" in surveyor
    gardener = rig.fetch("/agents/gardener")[2]
    assert "every day at 07:00" in gardener
    assert "mornings" in gardener
    assert "/new?agent=gardener" in gardener


def test_another_owner_sees_only_what_lies_in_the_home(rig: Rig) -> None:
    carol = rig.session(OTHER, "owner", OTHER)
    page = rig.fetch("/agents/surveyor", carol)[2]
    assert "$0.80" not in page.partition("<main")[2]
    assert "never started" in page
    assert rig.fetch("/agents/worker", carol)[0] == 404
    assert rig.fetch("/agents/surveyor/versions?old=&new=", carol)[0] == 200


def test_a_process_is_started_once_with_the_settings_that_were_given(rig: Rig) -> None:
    fields = {"ticket": "start-me", "memory": "41"}
    first = rig.send_form("/agents/counter/start", fields)
    again = rig.send_form("/agents/counter/start", fields)
    assert (first[0], again[0]) == (303, 303)
    assert first[1]["location"] == again[1]["location"]
    pid = int(re.findall(r"/processes/(\d+)", first[1]["location"])[0])
    rig.send(pid, 1)
    rig.until(lambda: "commit" in rig.kinds(pid), what="it counts")
    assert "42" in rig.fetch(f"/processes/{pid}/memory")[2]
    begun = rig.records(pid)[1]
    assert ">41</pre>" in rig.fetch(f"/processes/{pid}/at/{begun.turn}/{begun.seq}")[2]
    viewer = rig.session("vera", "viewer", OWNER)
    assert rig.send_form("/agents/counter/start", {"ticket": "v"}, viewer)[0] == 403
    assert rig.send_form("/agents/worker/start", {"ticket": "w"})[0] == 400, "a child is started by its parent"


def test_a_grant_is_revoked_and_says_so(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig, LOOKS[0]) as watched:
        page = watched.page
        page.goto(f"{rig.url}/agents/scribe")
        row = page.locator(".grants tbody tr").first
        grant = (row.get_attribute("id") or "").removeprefix("grant-")
        row.get_by_role("button", name="Revoke").click()
        assert "revoked" in page.locator(f"#grant-{grant}").inner_text()
    assert rig.send_form("/agents/scribe/revoke", {"grant": "nothing"})[0] == 400
    operator = rig.session("otto", "operator", OWNER)
    assert rig.send_form("/agents/scribe/revoke", {"grant": grant}, operator)[0] == 403


def test_versions_show_first_what_is_allowed_besides(chromium: Browser, rig: Rig) -> None:
    from pathlib import Path

    path = Path(rig.agents["host"])
    text = path.read_text()
    rig.start("host")
    path.write_text(text.replace("@agent()\nasync def host", '@agent(grants=[may("act", "crawl")])\nasync def host'))
    rig.start("host")
    rig.until(lambda: "/agents/host/versions?" in rig.fetch("/agents/host")[2], what="two versions ran")
    with page_of(chromium, rig, LOOKS[0]) as watched:
        page = watched.page
        page.goto(f"{rig.url}/agents/host")
        page.get_by_role("link", name="with the one before").first.click()
        assert "It may now also" in page.locator(".more-rights").inner_text()
        assert "crawl" in page.locator(".more-rights").inner_text()
        assert page.locator(".diff tr.added").count() > 0
        versions = page.url.removeprefix(rig.url)
    look_at(chromium, rig, versions, LOOKS[1])
    look_at(chromium, rig, versions, LOOKS[2])
    assert rig.fetch("/agents/host/versions?old=zz&new=yy")[0] == 404


@pytest.mark.parametrize("name", ["nobody", "..%2F..%2Fetc", "%00", "<b>", "%E2%80%AE", "x" * 300, "live"])
def test_names_of_nothing_are_not_there(rig: Rig, name: str) -> None:
    assert rig.fetch(f"/agents/{name}")[0] in (400, 404)

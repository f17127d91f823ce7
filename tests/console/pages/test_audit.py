"""Audit shows the journal of one owner, by group, process and agent, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ergos.console.pages.audit import GROUPS
from ergos.console.words.audit import WORDS
from ergos.kernel.events import Body
from tests.console.browser import Look, look_at, page_of, ready
from tests.console.rig import OTHER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_audit_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/audit", look)


def test_every_kind_of_record_has_a_group_and_words() -> None:
    from typing import get_args

    kinds = {kind.__struct_config__.tag for kind in get_args(Body)}
    assert {kind for group in GROUPS.values() for kind in group} == kinds
    assert {key.removeprefix("audit.kind_") for key in WORDS if key.startswith("audit.kind_")} == kinds


def test_a_group_a_process_and_an_agent_narrow_it(chromium: Browser, rig: Rig) -> None:
    pid = rig.pids["broken"] if "broken" in rig.pids else rig.start("broken")
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/audit?agent=broken&pid={pid}&show=refusals")
        rows = page.locator("#audit-live tbody tr").all_inner_texts()
        assert rows
        assert all("broken" in row and "restarted" in row for row in rows)
        page.goto(f"{rig.url}/audit?show=nonsense&pid=999999999999999999999&before=x")
        assert page.locator("#audit-live tbody tr").count() == 50, "what cannot be is as if it were not said"


def test_older_records_follow_without_a_gap(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/audit")
        first = [int(one.replace(",", "")) for one in page.locator("#audit-live tbody th").all_inner_texts()]
        page.locator("a[rel=next]").click()
        page.wait_for_url("**before=**")
        second = [int(one.replace(",", "")) for one in page.locator("#audit-live tbody th").all_inner_texts()]
        assert first == sorted(first, reverse=True)
        assert second[0] < first[-1]


def test_a_record_leads_to_its_process_as_it_stood_then(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/audit?show=life&agent=host")
        page.locator("#audit-live tbody th a").first.click()
        page.wait_for_url("**/at/**")
        assert "host" in page.locator("main").inner_text()


def test_a_new_record_appears_by_itself(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/audit?show=life")
        ready(page)
        pid = rig.start("host")
        page.wait_for_selector(f"#audit-live a[href='/processes/{pid}']")


def test_another_owner_finds_their_own_records_only(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig, session=rig.session(OTHER, "owner", OTHER)) as watched:
        page = watched.page
        page.goto(f"{rig.url}/audit")
        text = page.locator("#audit-live").inner_text()
        assert "treasurer" in text
        assert "crawler" not in text
        page.goto(f"{rig.url}/audit?agent=crawler")
        assert page.locator("#audit-live tbody tr").count() == 0

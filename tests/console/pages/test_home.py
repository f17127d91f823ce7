"""Home shows what runs, waits, costs, came of it and went wrong, and keeps itself up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.console.browser import LOOKS, Look, look_at, page_of, ready
from tests.console.rig import OTHER, Rig, rigged

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_home_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/", look)


def test_home_tells_what_runs_what_waits_and_what_went_wrong(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig, LOOKS[0]) as watched:
        page = watched.page
        page.goto(rig.url)
        assert (
            "act crawl"
            in page.get_by_role("region", name="What runs")
            .or_(page.locator("[aria-labelledby=runs]"))
            .first.inner_text()
        )
        assert "wants to use" in page.locator("[aria-labelledby=waits]").inner_text()
        assert "ZeroDivisionError" in page.locator("[aria-labelledby=faults]").inner_text()
        assert "Hangzhou.tiff" in page.locator("[aria-labelledby=outcomes]").inner_text()
        assert "$0.80" in page.locator("[aria-labelledby=spending]").inner_text()


def test_a_new_outcome_appears_without_loading_the_page_again(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(rig.url)
        ready(page)
        pid = rig.start("host")
        page.wait_for_selector(f"#out-{pid}")


def test_what_was_delivered_is_marked_as_seen_and_is_no_longer_new(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        pid = rig.start("host")
        page.goto(rig.url)
        page.wait_for_selector(f"li.fresh:has(#out-{pid})")
        page.locator("#seen").click()
        page.wait_for_selector(".said")
        assert page.locator("li.fresh").count() == 0
        assert page.locator("#seen").count() == 0


def test_another_owner_sees_nothing_of_it(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig, session=rig.session(OTHER, "owner", OTHER)) as watched:
        page = watched.page
        page.goto(rig.url)
        text = page.locator("body").inner_text()
        assert "crawler" not in text
        assert "Hangzhou" not in text
        assert "treasurer wants to use pay" in text


def test_an_empty_home_says_what_to_do_first(chromium: Browser, tmp_path: Path) -> None:
    with rigged(tmp_path, filled=False) as empty, page_of(chromium, empty) as watched:
        watched.page.goto(empty.url)
        text = watched.page.locator("main").inner_text()
        assert "ergos new" in text
        assert "ergos demo" in text
        assert watched.page.locator("a[href='/new']").count() >= 1

"""STOP is on every page, asks nothing and can be lifted; language and colours are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.browser import LOOKS, Look, findings, page_of, ready
from tests.console.rig import OTHER, OWNER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def halts(rig: Rig) -> list[bool]:
    """Each press of STOP, and each lifting, as the journal has them."""
    return [b'"on":true' in bytes(one.body) for one in rig.records() if b'"k":"halt"' in bytes(one.body)]


def test_stop_is_one_press_shows_and_is_lifted(chromium: Browser, rig: Rig) -> None:
    before = len(halts(rig))
    with page_of(chromium, rig) as watched, page_of(chromium, rig) as other:
        page = watched.page
        other.page.goto(f"{rig.url}/inbox")
        ready(other.page)
        page.goto(f"{rig.url}/inbox")
        page.get_by_role("button", name="STOP", exact=True).click()
        page.get_by_role("button", name="Lift STOP").wait_for()
        assert page.url == f"{rig.url}/inbox", "one stays where one was"
        assert "STOP is in force" in page.locator("#strip").inner_text()
        assert halts(rig)[before:] == [True]
        assert findings(page) == []
        other.page.get_by_role("button", name="Lift STOP").wait_for()
        page.get_by_role("button", name="Lift STOP").click()
        page.get_by_role("button", name="STOP", exact=True).wait_for()
    assert halts(rig)[before:] == [True, False]


def test_another_owner_pauses_their_own_and_nothing_else(chromium: Browser, rig: Rig) -> None:
    before = len(halts(rig))
    pid = rig.start("counter", OTHER)
    with page_of(chromium, rig, session=rig.session(OTHER, "owner", OTHER)) as watched:
        page = watched.page
        page.goto(rig.url)
        page.get_by_role("button", name="Pause all mine").click()
        page.get_by_role("button", name="Resume all mine").wait_for()
        rig.until(lambda: "signal" in rig.kinds(pid), what="it is paused")
        page.get_by_role("button", name="Resume all mine").click()
        page.get_by_role("button", name="Pause all mine").wait_for()
        assert "signal" not in rig.kinds(rig.pids["crawler"])
    assert len(halts(rig)) == before, "the kernel itself was not stopped"


def test_a_viewer_has_no_stop(chromium: Browser, rig: Rig) -> None:
    viewer = rig.session("vera", "viewer", OWNER)
    with page_of(chromium, rig, session=viewer) as watched:
        watched.page.goto(rig.url)
        assert watched.page.locator("form.stop").count() == 0
    status, _, _ = rig.send_form("/stop", {"on": "1"}, viewer)
    assert status == 403


def test_language_and_colours_are_kept_without_javascript_too(chromium: Browser, rig: Rig) -> None:
    for look in (LOOKS[0], Look(script=False)):
        with page_of(chromium, rig, look) as watched:
            page = watched.page
            page.goto(f"{rig.url}/inbox?kind=approval")
            page.get_by_role("button", name="中文").click()
            assert page.url == f"{rig.url}/inbox?kind=approval"
            assert page.locator("html").get_attribute("lang") == "zh-Hans"
            page.get_by_role("button", name="深色").click()
            assert page.locator("html").get_attribute("data-theme") == "dark"
            page.goto(rig.url)
            assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_preference_leads_nowhere_else(rig: Rig) -> None:
    for back in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:1"):
        status, headers, _ = rig.send_form("/preferences", {"theme": "dark", "back": back})
        assert (status, headers["location"]) == (303, "/"), back
    status, _, _ = rig.send_form("/preferences", {"theme": "neon", "back": "/"})
    assert status == 400


def test_the_shortcuts_are_listed_under_a_question_mark(chromium: Browser, rig: Rig) -> None:
    for look in (LOOKS[0], LOOKS[1]):
        with page_of(chromium, rig, look) as watched:
            page = watched.page
            page.goto(f"{rig.url}/inbox")
            ready(page)
            page.keyboard.press("?")
            assert page.locator("#keys").is_visible()
            assert page.locator("#keys kbd").count() > 10
            assert findings(page) == []
            page.keyboard.press("Escape")
            assert not page.locator("#keys").is_visible()


def test_by_keyboard_alone_one_can_stop_and_lift(chromium: Browser, rig: Rig) -> None:
    before = len(halts(rig))
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(rig.url)
        ready(page)
        for wanted in ("halt", "lift"):
            for _ in range(12):
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement.id") == wanted:
                    break
            page.keyboard.press("Enter")
            page.wait_for_selector("#lift" if wanted == "halt" else "#halt")
            ready(page)
    assert halts(rig)[before:] == [True, False]


def test_the_first_thing_tab_reaches_leads_to_the_content(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(rig.url)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_the_stop_button_stays_in_place_while_the_top_moves(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/enter")
        page.goto(f"{rig.url}/inbox")
        ready(page)
        page.evaluate("document.getElementById('halt').mine = '1'")
        shown = page.locator("#strip-inbox").inner_text()
        rig.start("treasurer")
        page.wait_for_function("shown => document.getElementById('strip-inbox').innerText !== shown", arg=shown)
        assert page.evaluate("document.getElementById('halt').mine") == "1"

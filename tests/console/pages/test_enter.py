"""Signing in: by the address `ergos open` prints, by hand, in both languages; who is not let in learns nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.browser import LOOKS, Look, look_at, page_of
from tests.console.rig import Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_the_page_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    if look.script:
        with page_of(chromium, rig, look, "-") as watched:
            watched.page.goto(f"{rig.url}/enter")
            assert watched.page.locator("h1").count() == 1
    else:
        look_at(chromium, rig, "/enter", look, session="-")


def test_the_printed_address_signs_in_and_the_code_leaves_the_address(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig, LOOKS[0], "-") as watched:
        page = watched.page
        page.goto(rig.code_url())
        page.wait_for_url(f"{rig.url}/")
        assert page.locator("#strip").count() == 1


def test_who_asks_for_a_page_comes_back_to_it(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig, Look(script=False), "-") as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox?kind=question")
        assert "/enter" in page.url
        page.locator("#code").fill(rig.code_url().partition("#")[2])
        page.get_by_role("button", name="Sign in").click()
        assert page.url == f"{rig.url}/inbox?kind=question"


def test_a_wrong_code_is_refused_in_words(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig, Look(language="zh", script=False), "-") as watched:
        page = watched.page
        page.goto(f"{rig.url}/enter")
        page.locator("#code").fill("WRONG-CODE")
        page.locator("button.main").click()
        assert "无效" in page.locator("main").inner_text()
        watched.said[:] = [one for one in watched.said if "401" not in one]


def test_a_page_that_is_not_there_tells_a_stranger_nothing(rig: Rig) -> None:
    status, headers, _ = rig.fetch("/processes/1", "-", accept="text/html")
    assert status == 303
    assert headers["location"].startswith("/enter")


def test_signing_out_ends_the_session(chromium: Browser, rig: Rig) -> None:
    session = rig.session()
    with page_of(chromium, rig, LOOKS[0], session) as watched:
        watched.page.goto(rig.url)
        watched.page.get_by_role("button", name="Sign out").click()
        watched.page.wait_for_url(f"{rig.url}/enter**")
    assert rig.fetch("/", session)[0] == 303

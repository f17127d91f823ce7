"""New compiles words as they are typed, and makes exactly what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from ergos.console.pages.new import marked
from tests.console.browser import Look, look_at, page_of, ready
from tests.console.rig import OTHER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WORDS = "every day at 9 am UTC read https://example.org/feed.xml and tell me what is new, at most 20 cents a day"
WRONG = "every day at 9 am and never in the morning <b>delete</b> everything"


def test_new_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, f"/new?words={quote(WORDS)}", look)


def test_what_is_typed_is_compiled_as_it_is_typed(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/new")
        ready(page)
        page.fill("#prose", WORDS)
        page.wait_for_selector("#program .prose-marked")
        text = page.locator("#program").inner_text()
        assert "every day at 09:00" in text
        assert "example.org/feed.xml" in text
        assert "What it may do" in text
        page.fill("#prose", "every day at noon")
        page.wait_for_function(
            "document.querySelector('#program').innerText.includes('12:00') || document.querySelector('#program .finding')"
        )


def test_words_that_are_markup_stay_words(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/new?words={quote(WRONG)}")
        assert page.locator(".prose-marked b").count() == 0
        assert "<b>delete</b>" in page.locator(".prose-marked").inner_text()


def test_an_agent_is_made_as_it_was_seen_and_started_once(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/new?words={quote(WORDS)}")
        ready(page)
        page.locator("summary", has_text="Name and time zone").click()
        page.fill("#name", "morning-reader")
        page.get_by_role("button", name="Read my words").click()
        page.wait_for_selector("#program input[name=name][value=morning-reader]", state="attached")
        page.get_by_role("button", name="Make it and start").click()
        page.wait_for_url("**/processes/*")
        text = (rig.home.folder / "agents" / "morning-reader" / "AGENT.md").read_text()
        assert WORDS in text
        page.goto(f"{rig.url}/new?agent=morning-reader")
        assert page.locator("#prose").input_value().strip() == WORDS


def test_something_else_than_was_seen_is_not_made(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/new?words={quote(WORDS)}")
        page.evaluate("document.querySelector('form[action=\"/new/make\"] [name=name]').value = 'not-seen'")
        page.get_by_role("button", name="Make it", exact=True).click()
        page.wait_for_url("**/new/make")
        assert "not what you saw" in page.locator("main").inner_text()
        assert not (rig.home.folder / "agents" / "not-seen").exists()
        watched.said[:] = [one for one in watched.said if "Failed to load resource" not in one]


def test_an_agent_that_stands_is_replaced_only_on_a_word(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig, Look(script=False)) as watched:
        page = watched.page
        for _ in range(2):
            page.goto(f"{rig.url}/new?words={quote(WORDS)}")
            page.locator("summary", has_text="Name and time zone").click()
            page.fill("#name", "evening-reader")
            page.get_by_role("button", name="Read my words").click()
            if page.locator("[name=replace]").count():
                break
            page.get_by_role("button", name="Make it", exact=True).click()
        assert "It does the same as before" in page.locator("main").inner_text()
        page.get_by_role("button", name="Make it", exact=True).click()
        assert page.url.endswith("/new"), "the box is not ticked, so the browser sends nothing"
        page.locator("[name=replace]").check()
        page.get_by_role("button", name="Make it", exact=True).click()
        assert "is made" in page.locator("#said").inner_text()


def test_who_is_not_the_keeper_may_look_and_not_make(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig, session=rig.session(OTHER, "owner", OTHER)) as watched:
        page = watched.page
        page.goto(f"{rig.url}/new?words={quote(WORDS)}")
        assert "every day at 09:00" in page.locator("#program").inner_text()
        assert page.locator("form[action='/new/make']").count() == 0


def test_the_heavier_finding_underlines_a_word() -> None:
    from ergos.compile.diagnostics import SAYINGS, Diagnostic

    error = next(code for code, one in SAYINGS.items() if one.severity == "error")
    note = next(code for code, one in SAYINGS.items() if one.severity == "note")
    found = (Diagnostic(code=note, spans=((0, 8),)), Diagnostic(code=error, spans=((4, 6), (90, 99))))
    assert str(marked("ab<d>fghij", found)) == (
        '<mark class="note">ab&lt;d</mark><mark class="error">&gt;f</mark><mark class="note">gh</mark>ij'
    )
    assert str(marked("", found)) == ""

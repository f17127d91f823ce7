"""From a call in the inbox to a grant: it is shown as a sentence, confirmed as it was shown, and then holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.browser import Look, look_at, page_of
from tests.console.rig import Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def confirmed(rig: Rig) -> list[str]:
    """Grants that owners confirmed, as the journal has them."""
    return [bytes(one.body).decode() for one in rig.records() if b'"k":"grant"' in bytes(one.body)]


def test_the_choices_are_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, f"/inbox/{rig.items()['treasurer']}/grant", look)


def test_a_grant_is_in_force_only_after_its_sentence_was_confirmed(chromium: Browser, rig: Rig) -> None:
    before = len(confirmed(rig))
    number = rig.items()["clerk"]
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox/{number}")
        page.get_by_role("link", name="Make a grant").click()
        page.get_by_label("text").select_option("any")
        page.locator("#times").fill("3")
        page.locator("#show").click()
        sentence = page.locator("[aria-labelledby=reads-title] .lead").inner_text()
        assert "clerk may use post" in sentence
        assert "at most 3" in sentence
        assert len(confirmed(rig)) == before, "nothing is in force before it was confirmed"
        page.locator("#confirm").click()
        page.wait_for_url(f"{rig.url}/inbox/{number}")
        assert "is in force" in page.locator("#said").inner_text()
    assert len(confirmed(rig)) == before + 1
    assert '"times":3' in confirmed(rig)[-1]


def test_another_choice_than_the_sentence_said_is_shown_again_and_not_confirmed(chromium: Browser, rig: Rig) -> None:
    before = len(confirmed(rig))
    number = rig.items()["clerk"]
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox/{number}/grant")
        page.locator("#show").click()
        seal = page.locator("input[name=seal]").first.input_value()
        shown = page.locator("input[name=grant]").input_value()
    fields = {"seal": seal, "grant": shown, "arg.to": "any", "arg.subject": "any", "arg.text": "any"}
    status, _, text = rig.send_form(f"/inbox/{number}/grant", fields)
    assert status == 200
    assert "This is what you would allow" in text
    assert len(confirmed(rig)) == before


def test_a_grant_wants_a_fresh_sign_in(chromium: Browser, rig: Rig) -> None:
    before = len(confirmed(rig))
    stale = rig.session(fresh=False)
    number = rig.items()["clerk"]
    with page_of(chromium, rig, session=stale) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox/{number}/grant")
        page.locator("#show").click()
        page.locator("#confirm").click()
        page.get_by_role("link", name="Sign in again").wait_for()
        watched.said[:] = [one for one in watched.said if "401" not in one]
    assert len(confirmed(rig)) == before

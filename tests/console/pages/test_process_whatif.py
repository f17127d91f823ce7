"""What would have been is shown beside what happened, says that it is simulated, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.console.browser import LOOKS, Look, findings, look_at, overflow, page_of
from tests.console.pages.test_process import calls
from tests.console.rig import OTHER, OWNER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize("look", LOOKS[1:3], ids=lambda look: look.id)
def test_the_form_is_good_in_both_languages(chromium: Browser, talking: Rig, look: Look) -> None:
    look_at(chromium, talking, f"{calls(talking, 'talker')[-1]}/what-if", look)


def test_another_answer_is_supposed_and_the_difference_shown(chromium: Browser, talking: Rig) -> None:
    path, before = calls(talking, "talker")[-1], len(talking.records())
    with page_of(chromium, talking, Look(script=False)) as watched:
        page = watched.page
        page.goto(f"{talking.url}{path}/what-if")
        page.locator("input[value=answer]").check()
        page.locator("#answer").fill("No, the <b>sun</b> shines.")
        page.get_by_role("button", name="See what would have been").click()
        assert "Simulated." in page.locator(".note").first.inner_text()
        assert "No, the <b>sun</b> shines." in page.locator(".would").inner_text()
        assert "take an umbrella" in page.locator(".two > section").first.inner_text()
    assert len(talking.records()) == before


def test_another_model_is_supposed_and_its_page_is_good(chromium: Browser, talking: Rig) -> None:
    with page_of(chromium, talking, Look(language="zh", theme="dark", width=360)) as watched:
        page = watched.page
        page.goto(f"{talking.url}{calls(talking, 'talker')[1]}/what-if")
        page.locator("#model").select_option("openai/gpt-5-mini")
        page.locator(".suppose button").click()
        assert "simulated" in page.locator(".would").inner_text()
        assert findings(page) == []
        assert overflow(page) <= 0


def test_what_cannot_be_supposed_says_so(talking: Rig) -> None:
    path = f"{calls(talking, 'talker')[1]}/what-if"
    status, _, page = talking.send_form(path, {"what": "model", "model": "nobody/nothing"})
    assert status == 403
    assert "nobody/nothing" in page
    carol = talking.session(OTHER, "owner", OTHER)
    assert talking.fetch(path, carol)[0] == 404
    assert talking.send_form(path, {"what": "model"}, carol)[0] == 404
    assert talking.send_form(f"{calls(talking, 'talker')[1]}/prompt", {})[0] == 400
    viewer = talking.session("vera", "viewer", OWNER)
    assert talking.send_form(path, {"what": "model"}, viewer)[0] == 403

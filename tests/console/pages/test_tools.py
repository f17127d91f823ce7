"""Tools shows what is mounted; a definition is approved as it was seen, by whom the home belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.browser import Look, look_at, page_of
from tests.console.rig import OTHER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_tools_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/tools", look)


def test_a_tool_is_shown_in_full_in_both_languages(chromium: Browser, rig: Rig) -> None:
    look_at(chromium, rig, "/tools/files.write", Look())
    look_at(chromium, rig, "/tools/files.write", Look(language="zh", theme="dark", width=360))
    with page_of(chromium, rig) as watched:
        watched.page.goto(f"{rig.url}/tools/files.write")
        text = watched.page.locator("main").inner_text()
        assert "It changes what is yours alone." in text
        assert '"path"' in text
        assert watched.page.locator("main form").count() == 0, "what is built in is nobody's to approve"


def test_words_find_tools(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/tools?q=files+write")
        names = page.locator("tbody th").all_inner_texts()
        assert "files.write" in names
        assert "http.get" not in names
        page.goto(f"{rig.url}/tools?show=waiting")
        assert page.locator("tbody tr").count() == 0


def test_what_is_not_there_is_not_found(chromium: Browser, rig: Rig) -> None:
    look_at(chromium, rig, "/tools/no.such", Look(), status=404)
    look_at(chromium, rig, "/tools/servers/nobody/log", Look(), status=404)


def test_tools_are_the_keepers(chromium: Browser, rig: Rig) -> None:
    look_at(chromium, rig, "/tools", Look(), status=403, session=rig.session(OTHER, "owner", OTHER))


def test_a_made_tool_is_approved_as_it_was_seen_and_withdrawn(chromium: Browser, rig: Rig) -> None:
    from ergos.app.making import workshop_at
    from ergos.lib.tool_making import Draft, Report, Tried

    source = (
        'from ergos.lib.tool import tool\n\n\n@tool("pure", reach="read")\n'
        'def double(n: int) -> int:\n    """Doubles <b>a</b> number."""\n    return 2 * n\n'
    )
    tests = "from double import double\n\n\ndef test_it():\n    assert double(2) == 4\n"
    draft = Draft(owner="alice", agent="clerk", source=source, tests=tests, why="to double")
    kept = workshop_at(rig.home.folder).keep(draft, Report(sandbox="test", tests=(Tried(name="test_it", why=""),)))
    assert kept == "pending"
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/tools?show=waiting")
        page.get_by_role("link", name="made.double").click()
        page.wait_for_url("**/tools/made.double")
        stale = page.locator("input[name=seen]").first.input_value()
        assert len(stale) == 64
        page.evaluate("document.querySelector('form [name=seen]').value = 'f'.repeat(64)")
        page.get_by_role("button", name="Approve exactly this").click()
        page.wait_for_url("**/decide")
        watched.said[:] = [one for one in watched.said if "Failed to load resource" not in one]
        page.goto(f"{rig.url}/tools/made.double")
        page.get_by_role("button", name="Approve exactly this").click()
        page.wait_for_selector(".said")
        assert "ready" in page.locator("main").inner_text()
        page.get_by_role("button", name="Withdraw the approval").click()
        page.wait_for_url("**/tools")
        assert "cannot be called any more" in page.locator("#said").inner_text()
        page.goto(f"{rig.url}/tools?q=double")
        assert page.locator("tbody th", has_text="made.double").count() == 0

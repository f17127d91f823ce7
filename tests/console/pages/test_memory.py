"""Memory shows what agents keep, each entry with where it came from, and never another owner's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.browser import Look, look_at, page_of
from tests.console.rig import OTHER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def kept(rig: Rig) -> tuple[str, str]:
    """An agent that keeps something, and the key of an entry."""
    from ergos.drivers.sqlite_reads import SqliteReads

    async def looked() -> tuple[str, str]:
        reads = SqliteReads.open(rig.home.store)
        try:
            for row in await reads.processes(owner="alice", live_only=False):
                for note in await reads.notes("alice", row.agent, "", 1):
                    return row.agent, note.key
        finally:
            await reads.close()
        raise AssertionError("nothing is kept in this home")

    return rig.on_loop(looked())


def test_memory_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/memory", look)


def test_an_entry_is_shown_whole_with_its_label(chromium: Browser, rig: Rig) -> None:
    agent, key = kept(rig)
    look_at(chromium, rig, f"/memory/entry?agent={agent}&key={key}", Look())
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/memory?agent={agent}")
        page.locator("table tbody th a").first.click()
        page.wait_for_url("**/memory/entry**")
        assert page.locator(".stranger pre").inner_text()
        assert page.locator(".label").count() >= 1


def test_a_prefix_narrows_the_list(chromium: Browser, rig: Rig) -> None:
    agent, key = kept(rig)
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/memory?agent={agent}&prefix={key}")
        assert key in page.locator("table tbody").inner_text()
        page.goto(f"{rig.url}/memory?agent={agent}&prefix=zzzzz-nothing")
        assert page.locator("table tbody tr").count() == 0


def test_another_owner_is_told_the_same_as_of_an_entry_that_does_not_exist(chromium: Browser, rig: Rig) -> None:
    agent, key = kept(rig)
    session = rig.session(OTHER, "owner", OTHER)
    look_at(chromium, rig, f"/memory/entry?agent={agent}&key={key}", Look(), status=404, session=session)
    with page_of(chromium, rig, session=session) as watched:
        watched.page.goto(f"{rig.url}/memory?agent={agent}")
        assert key not in watched.page.locator("main").inner_text()

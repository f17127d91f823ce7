"""Peers shows whose card stands how; a card is approved as it was seen, by whom the home belongs to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.buses.a2a.host.stage import Scripted, scripted
from tests.console.browser import Look, look_at, page_of
from tests.console.rig import OTHER, SETTINGS, Rig, rigged

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@contextmanager
def acme() -> Iterator[tuple[Scripted, str]]:
    """A peer on a loop of its own."""
    told: list[tuple[Scripted, str]] = []
    ready, ending = threading.Event(), threading.Event()

    async def play() -> None:
        async with scripted() as found:
            told.append(found)
            ready.set()
            await asyncio.to_thread(ending.wait)

    thread = threading.Thread(target=lambda: asyncio.run(play()))
    thread.start()
    try:
        assert ready.wait(30)
        yield told[0]
    finally:
        ending.set()
        thread.join(30)


def test_peers_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/peers", look)


def test_peers_are_the_keepers_and_unknown_ones_are_not_found(chromium: Browser, rig: Rig) -> None:
    look_at(chromium, rig, "/peers", Look(), status=403, session=rig.session(OTHER, "owner", OTHER))
    look_at(chromium, rig, "/peers/nobody", Look(), status=404)


def test_a_card_is_approved_as_it_was_seen_and_disabled_when_it_changes(chromium: Browser, tmp_path: Path) -> None:
    with acme() as (peer, url):
        peer.card["description"] = "<b>Obey me</b>"
        settings = f'{SETTINGS}\n[a2a.peers.acme]\nurl = "{url}"\n'
        with rigged(tmp_path, filled=False, settings=settings) as rig, page_of(chromium, rig) as watched:
            page = watched.page
            look_at(chromium, rig, "/peers/acme", Look(language="zh", theme="dark", width=360))
            page.goto(f"{rig.url}/peers")
            assert "card never approved" in page.locator("tbody").inner_text()
            page.get_by_role("link", name="acme").click()
            assert page.locator(".stranger b").count() == 0
            peer.card["description"] = "Something else."
            page.get_by_role("button", name="Approve exactly this card").click()
            page.wait_for_selector(".refusal, [role=alert], main h1")
            assert "is approved as you saw it" not in page.locator("main").inner_text()
            watched.said[:] = [one for one in watched.said if "Failed to load resource" not in one]
            page.goto(f"{rig.url}/peers/acme")
            page.get_by_role("button", name="Approve exactly this card").click()
            page.wait_for_selector(".said")
            assert "ready" in page.locator("main").inner_text()
            peer.card["description"] = "Again another."
            page.goto(f"{rig.url}/peers/acme")
            assert "Again another." in page.locator(".diff").inner_text()
            page.get_by_role("button", name="Reject").click()
            page.wait_for_selector(".said")
            page.goto(f"{rig.url}/peers")
            assert "card never approved" in page.locator("tbody").inner_text()

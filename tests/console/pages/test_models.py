"""Models and scheduler shows endpoints and queues to the keeper, and everybody how they themselves stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.browser import Look, look_at, page_of
from tests.console.rig import OTHER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_models_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/models", look)


def test_the_keeper_sees_queues_of_tools_and_what_was_paid(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        watched.page.goto(f"{rig.url}/models")
        text = watched.page.locator("#models-live").inner_text()
        assert "Queues of tools" in text
        assert "$0.80" in text


def test_another_owner_sees_neither_endpoints_nor_queues(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig, session=rig.session(OTHER, "owner", OTHER)) as watched:
        watched.page.goto(f"{rig.url}/models")
        text = watched.page.locator("#models-live").inner_text()
        assert "Endpoints" not in text
        assert "Queues of tools" not in text
        assert "$0.80" not in text

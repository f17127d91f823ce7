"""Ledger says what was spent and what came of it, as the books have it; receipts are signed and proven."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.console.browser import Look, look_at, page_of
from tests.console.rig import OTHER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_ledger_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/ledger", look)


@pytest.mark.parametrize("by", ["day", "agent", "model"])
def test_every_way_to_sum_up_gives_the_same_total(chromium: Browser, rig: Rig, by: str) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/ledger?by={by}&days=90")
        cells = page.locator("#ledger-live .scroll table").first.locator("tbody tr td:nth-child(4)").all_inner_texts()
        assert sum(float(one.removeprefix("$")) for one in cells) == pytest.approx(0.80)
        assert "$0.80" in page.locator(".figures").inner_text()


def test_a_chart_is_drawn_and_has_a_text_for_who_does_not_see_it(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/ledger?days=14")
        page.wait_for_selector(".chart canvas, .chart svg")
        assert page.locator(".chart [role=img]").first.get_attribute("aria-label")
        values = page.locator(".chart").get_attribute("data-values") or ""
        assert len(values.split()) == 14
        assert int(values.split()[-1]) > 0


def test_without_scripts_the_chart_is_bars_and_a_table(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig, Look(script=False)) as watched:
        page = watched.page
        page.goto(f"{rig.url}/ledger?days=14")
        assert page.locator(".chart svg[role=img]").count() == 1
        assert page.locator("#ledger-live tbody tr").count() >= 1


def test_the_journal_is_signed_proven_and_its_receipt_taken_home(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/ledger")
        page.get_by_role("button", name="Sign what there is").click()
        page.wait_for_selector(".said")
        with page.expect_download() as taken:
            page.get_by_role("link", name="Download the newest").click()
        receipt = json.loads(taken.value.path().read_text())
        assert receipt["k"] == "checkpoint"
        assert taken.value.suggested_filename == f"receipt-{receipt['seq']}.json"
        page.get_by_role("button", name="Prove the journal").click()
        page.wait_for_url("**/ledger/prove")
        assert "Sound" in page.locator("main").inner_text()


def test_another_owner_sees_their_own_money_and_no_receipts(chromium: Browser, rig: Rig) -> None:
    session = rig.session(OTHER, "owner", OTHER)
    look_at(chromium, rig, "/ledger/receipt", Look(), status=404, session=session)
    with page_of(chromium, rig, session=session) as watched:
        page = watched.page
        page.goto(f"{rig.url}/ledger")
        text = page.locator("main").inner_text()
        assert "$0.80" not in text
        assert "Receipts" not in text

"""Messages, results, memory and records of a process are shown as they are stored, and values leave as plain files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.console.browser import LOOKS, Look, look_at, page_of
from tests.console.rig import Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PARTS = ("messages", "results", "memory", "records")


@pytest.mark.parametrize("look", LOOKS[1:3], ids=lambda look: look.id)
@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_good_in_both_languages(chromium: Browser, rig: Rig, look: Look, part: str) -> None:
    look_at(chromium, rig, f"/processes/{rig.pids['scribe']}/{part}", look)


@pytest.mark.parametrize("look", LOOKS[1:3], ids=lambda look: look.id)
def test_a_point_of_the_past_is_good_in_both_languages(chromium: Browser, rig: Rig, look: Look) -> None:
    record = rig.records(rig.pids["counter"])[-1]
    look_at(chromium, rig, f"/processes/{rig.pids['counter']}/at/{record.turn}/{record.seq}", look)


def test_one_walks_through_the_past_record_by_record(chromium: Browser, rig: Rig) -> None:
    pid = rig.pids["lead"]
    records = rig.records(pid)
    with page_of(chromium, rig, LOOKS[0]) as watched:
        page = watched.page
        page.goto(f"{rig.url}/processes/{pid}/at/{records[0].turn}/{records[0].seq}")
        for record in records[1:]:
            page.get_by_role("link", name="The next record").click()
            assert page.url.endswith(f"/at/{record.turn}/{record.seq}")
        assert page.get_by_role("link", name="The next record").count() == 0
        assert "done" in page.locator(".figures").inner_text()


def test_messages_have_both_sides(rig: Rig) -> None:
    page = rig.fetch(f"/processes/{rig.pids['lead']}/messages")[2]
    assert page.count("more haste less speed") == 2
    assert "sent" in page


def test_what_an_agent_wrote_is_among_its_results_and_can_be_kept(rig: Rig) -> None:
    pid = rig.pids["scribe"]
    page = rig.fetch(f"/processes/{pid}/results")[2]
    assert "notes/monday.md" in page
    seq = next(one.seq for one in rig.records(pid) if b'"k":"intent"' in bytes(one.body))
    status, headers, body = rig.fetch(f"/processes/{pid}/value?what=text&turn=1&seq={seq}")
    assert status == 200
    assert body.startswith("# Monday")
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"] == f'attachment; filename="process-{pid}-{seq}-text.txt"'
    assert "sandbox" in headers["content-security-policy"]
    for what in ("nothing", "../x", "", "a" * 500):
        assert rig.fetch(f"/processes/{pid}/value?what={what}&turn=1&seq={seq}")[0] == 404, what
    assert json.loads(rig.fetch(f"/processes/{rig.pids['lead']}/value?what=outcome")[2]) == [4, 4]


def test_records_are_paged_and_unknown_ones_shown(talking: Rig) -> None:
    pid = talking.pids["swarm"]
    page = talking.fetch(f"/processes/{pid}/records")[2]
    assert page.count("<tr data-row") == 100
    assert "Next records" in page
    late = talking.records(pid)[-1]
    page = talking.fetch(f"/processes/{pid}/records?turn={late.turn}&after={late.seq - 1}")[2]
    assert page.count("<tr data-row") == 1

"""A process shows its turns and calls in time, and everything about one call, whatever it did."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.console.browser import LOOKS, Look, look_at, page_of, ready
from tests.console.rig import Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def calls(rig: Rig, agent: str, turn: int = 1) -> list[str]:
    """Addresses of the calls of a turn, in order."""
    pid = rig.pids[agent]
    page = rig.fetch(f"/processes/{pid}/turns/{turn}")[2]
    found = re.findall(rf'href="(/processes/{pid}/calls/\d+/\d+)"', page)
    return sorted(dict.fromkeys(found), key=lambda path: int(path.rpartition("/")[2]))


def test_a_process_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, f"/processes/{rig.pids['lead']}", look)


@pytest.mark.parametrize("agent", ["counter", "banker"])
def test_one_that_waits_or_is_parked_is_good_too(chromium: Browser, rig: Rig, agent: str) -> None:
    look_at(chromium, rig, f"/processes/{rig.pids[agent]}", LOOKS[0])


def test_a_call_of_a_model_is_good_in_every_look(chromium: Browser, talking: Rig, look: Look) -> None:
    look_at(chromium, talking, calls(talking, "talker")[-1], look)


def test_waits_in_a_queue_and_being_performed_are_told_apart_in_colour_words_and_numbers(talking: Rig) -> None:
    turn = talking.fetch(f"/processes/{talking.pids['talker']}/turns/1")[2]
    legend, _, table = turn.partition("data-trace")
    assert "waited for its turn: to be written down, then in a queue" in legend
    assert 'class="piece queue"' in table
    assert re.search(r'class="soft waits">queue \d+ ms</span><span class="soft waits">runs \d', table)
    call = talking.fetch(calls(talking, "talker")[-1])[2]
    assert re.search(r"<dt>waited for its turn: to be written down, then in a queue</dt><dd>\d+ ms</dd>", call)
    chinese = talking.fetch(f"/processes/{talking.pids['talker']}/turns/1", Accept_Language="zh")[2]
    assert "等待轮到（写入日志、排队）" in chinese


def test_children_and_messages_are_shown_where_they_were_called(rig: Rig) -> None:
    page = rig.fetch(f"/processes/{rig.pids['lead']}/turns/1")[2]
    assert page.count('<svg class="lane"') >= 6 + 2, "the children's own time stands below the calls that began them"
    worker = re.search(r'href="/processes/(\d+)"><bdi>worker</bdi>', page)
    assert worker is not None
    assert f'href="/processes/{rig.pids["lead"]}"' in rig.fetch(f"/processes/{worker[1]}")[2]


def test_what_the_model_saw_is_there_to_the_letter_and_nothing_of_it_runs(chromium: Browser, talking: Rig) -> None:
    path = calls(talking, "talker")[-1]
    with page_of(chromium, talking) as watched:
        page = watched.page
        page.goto(talking.url + path)
        said = page.locator(".context pre").all_inner_texts()
        assert said[0] == "Does one need an umbrella in Oslo?"
        assert "<script>alert(1)</script>" in said[2]
        assert "[U+202E]" in said[2]
        marks = page.locator(".context .label").all_inner_texts()
        assert marks[0] == "owner's words"
        assert "untrusted" in marks
        assert "tokens" in page.locator("main").inner_text()
        page.locator(".context a").first.click()
        assert "/calls/" in page.url


def test_ten_thousand_calls_of_one_turn_are_drawn_as_groups_that_open(chromium: Browser, talking: Rig) -> None:
    pid = talking.pids["swarm"]
    with page_of(chromium, talking) as watched:
        page = watched.page
        page.goto(f"{talking.url}/processes/{pid}")
        assert page.locator("tr.group").count() <= 120
        before = page.locator("tr.group").count()
        page.locator("tr.group a").first.click()
        page.wait_for_load_state()
        assert "from=" in page.url or "to=" in page.url
        assert page.locator("tr[data-row]").count() > 0
        assert before > 0
        page.go_back()
        page.get_by_role("link", name="Next part of this turn").click()
        assert "after=" in page.url


def test_zoom_by_links_without_javascript_and_by_keys_with_it(chromium: Browser, rig: Rig) -> None:
    path = f"/processes/{rig.pids['lead']}/turns/1"
    with page_of(chromium, rig, Look(script=False)) as watched:
        page = watched.page
        page.goto(rig.url + path)
        page.get_by_role("link", name="Closer").click()
        page.get_by_role("link", name="All of it").click()
        assert page.url == rig.url + path
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(rig.url + path)
        ready(page)
        page.keyboard.press("j")
        page.keyboard.press("+")
        boxes = set(
            page.eval_on_selector_all("[data-trace] svg.lane", "all => all.map(one => one.getAttribute('viewBox'))")
        )
        assert boxes == {"250 0 500 12"}
        page.keyboard.press("0")
        assert page.get_attribute("[data-trace] svg.lane", "viewBox") == "0 0 1000 12"


def test_a_process_moves_on_its_page_by_itself(chromium: Browser, rig: Rig) -> None:
    pid = rig.start("counter")
    with page_of(chromium, rig, LOOKS[0]) as watched:
        page = watched.page
        page.goto(f"{rig.url}/processes/{pid}")
        ready(page)
        for number in (4, 5):
            rig.send(pid, number)
        page.get_by_text("Turn 2").first.wait_for()


def test_what_names_nothing_is_not_there(rig: Rig) -> None:
    pid = rig.pids["lead"]
    for path in (
        "/processes/0", "/processes/x", "/processes/-1", "/processes/99999999999999999999999",
        f"/processes/{pid}/turns/99999999999999999999", f"/processes/{pid}/turns/7", f"/processes/{pid}/calls/1/1",
        f"/processes/{pid}/calls/1/9223372036854775807", f"/processes/{pid}/calls/1/x",
    ):  # fmt: skip
        assert rig.fetch(path)[0] == 404, path
    assert rig.fetch(f"/processes/{pid}/turns/1?from=-5&to=zz&after=999999999999999999999")[0] == 200
    assert rig.fetch(f"/processes/{pid}?first=9999&last=99999999")[0] == 200

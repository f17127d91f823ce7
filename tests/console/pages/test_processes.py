"""Processes are listed, found and paged; a signal does what it says once, and kill asks first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.console.browser import LOOKS, Look, look_at, page_of, ready
from tests.console.rig import OTHER, OWNER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize("look", LOOKS[1:3], ids=lambda look: look.id)
def test_the_list_is_good_in_both_languages(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/processes", look)


def test_processes_are_grouped_and_found(rig: Rig) -> None:
    assert ">broken</bdi>" in rig.fetch("/processes?show=failed")[2]
    assert ">counter</bdi>" not in rig.fetch("/processes?show=failed")[2]
    assert ">counter</bdi>" in rig.fetch("/processes?q=count")[2]
    assert ">crawler</bdi>" not in rig.fetch("/processes?q=count")[2]
    assert ">worker</bdi>" in rig.fetch("/processes?show=all&agent=worker")[2]


def test_another_owners_processes_are_not_there(rig: Rig) -> None:
    carol = rig.session(OTHER, "owner", OTHER)
    mine, theirs = rig.pids["crawler"], rig.pids["carol's treasurer"]
    assert f'href="/processes/{mine}"' not in rig.fetch("/processes?show=all", carol)[2]
    assert f'href="/processes/{theirs}"' not in rig.fetch("/processes?show=all")[2]
    paths = ("", "/live", "/turns/1", "/messages", "/results", "/memory", "/records", "/at/1/2", "/value?what=outcome")
    for path in paths:
        gone = rig.fetch(f"/processes/999999{path}")
        for pid, session in ((theirs, ""), (mine, carol)):
            status, _, page = rig.fetch(f"/processes/{pid}{path}", session)
            assert (status, gone[0]) == (404, 404), path
            assert page.replace(str(pid), "999999") == gone[2] or "treasurer" not in page.partition("<main")[2]
    for path in ("/signal", "/send"):
        status, _, _ = rig.send_form(
            f"/processes/{mine}{path}", {"signal": "pause", "text": "hi", "ticket": "t"}, carol
        )
        assert status == 404


def test_pause_and_resume_by_keyboard_and_without_javascript(chromium: Browser, rig: Rig) -> None:
    pid = rig.start("counter")
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/processes/{pid}")
        ready(page)
        page.keyboard.press("u")
        page.get_by_role("button", name="Resume", exact=True).wait_for()
        assert "is paused" in page.locator("#said").inner_text()
    with page_of(chromium, rig, Look(script=False)) as watched:
        page = watched.page
        page.goto(f"{rig.url}/processes/{pid}")
        page.get_by_role("button", name="Resume", exact=True).click()
        page.get_by_role("button", name="Pause", exact=True).wait_for()
    assert rig.kinds(pid).count("signal") == 2


def test_kill_asks_first_and_a_second_press_is_answered_kindly(chromium: Browser, rig: Rig) -> None:
    pid = rig.start("counter")
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/processes/{pid}")
        page.get_by_role("button", name="Kill", exact=True).click()
        assert "never moves again" in page.locator("main").inner_text()
        assert "exit" not in rig.kinds(pid)
        page.get_by_role("button", name="Kill it").click()
        page.wait_for_url(f"{rig.url}/processes/{pid}")
        assert "was killed" in page.locator("#said").inner_text()
    status, headers, _ = rig.send_form(f"/processes/{pid}/signal", {"signal": "kill", "sure": "yes"})
    assert status == 303
    assert "process.was_so" in headers["set-cookie"]
    assert rig.kinds(pid).count("exit") == 1


@pytest.mark.parametrize("signal", ["", "KILL", "explode", "kill\n"])
def test_an_unknown_signal_is_refused(rig: Rig, signal: str) -> None:
    status, _, page = rig.send_form(f"/processes/{rig.pids['crawler']}/signal", {"signal": signal})
    assert status == 400
    assert "signal is one of" in page


def test_a_message_is_sent_once_however_often_its_button_is_pressed(rig: Rig) -> None:
    pid = rig.start("counter")
    fields = {"text": "5", "ticket": "only-once"}
    with ThreadPoolExecutor(4) as threads:
        pressed = [threads.submit(rig.send_form, f"/processes/{pid}/send", fields) for _ in range(4)]
        came = [one.result()[0] for one in pressed]
    assert came == [303] * 4
    rig.until(lambda: "commit" in rig.kinds(pid), what="it counts")
    assert rig.kinds(pid).count("commit") == 1
    assert rig.send_form(f"/processes/{pid}/send", {"text": "  ", "ticket": "x"})[0] == 400


def test_a_viewer_reads_and_changes_nothing(rig: Rig) -> None:
    viewer = rig.session("vera", "viewer", OWNER)
    pid = rig.pids["crawler"]
    page = rig.fetch(f"/processes/{pid}", viewer)[2]
    assert f'action="/processes/{pid}/signal"' not in page
    assert rig.send_form(f"/processes/{pid}/signal", {"signal": "pause"}, viewer)[0] == 403
    assert rig.send_form(f"/processes/{pid}/send", {"text": "hi", "ticket": "v"}, viewer)[0] == 403

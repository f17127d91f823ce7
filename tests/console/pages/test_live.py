"""Pages hear that something moved, come back after a lost connection, and hold a bounded number of streams."""

from __future__ import annotations

import contextlib
import http.client
from typing import TYPE_CHECKING, Self

from ergos.console.pages.live import STREAMS_MAX
from tests.console.browser import page_of, ready
from tests.console.rig import Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


class Stream:
    """An open stream."""

    def __init__(self, rig: Rig, session: str = "", after: str = "0") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", rig.port, timeout=20)
        cookie = f"{rig.cookie_name}={session or rig.owner_session}"
        headers = {"Cookie": cookie, "Accept": "text/event-stream"}
        self._connection.request("GET", f"/live?after={after}", headers=headers)
        self.answer = self._connection.getresponse()
        self.status = self.answer.status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()
        self._connection.close()


def opened(rig: Rig, session: str, number: int) -> list[int]:
    """So many streams at once, closed again; the status of each."""
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(Stream(rig, session)).status for _ in range(number)]


def test_a_stream_says_how_far_the_journal_is_and_never_what_is_in_it(rig: Rig) -> None:
    with Stream(rig) as stream:
        assert stream.answer.getheader("content-type", "").startswith("text/event-stream")
        lines = [stream.answer.readline() for _ in range(5)]
        assert lines[0] == b"retry: 1000\n"
        assert lines[2] == b"event: moved\n"
        assert lines[3].removeprefix(b"data: ").strip().isdigit()


def test_garbage_in_the_place_is_as_good_as_none(rig: Rig) -> None:
    for after in ("-1", "abc", "9" * 40, "%20", "1.5"):
        with Stream(rig, after=after) as stream:
            assert stream.status == 200, after


def test_nobody_who_is_not_signed_in_hears_anything(rig: Rig) -> None:
    assert opened(rig, "0" * 64, 1)[0] in (303, 401)


def test_one_sign_in_holds_a_bounded_number_of_streams_and_gets_them_back(rig: Rig) -> None:
    session = rig.session()
    assert opened(rig, session, STREAMS_MAX + 2) == [200] * STREAMS_MAX + [429] * 2
    rig.until(lambda: opened(rig, session, STREAMS_MAX) == [200] * STREAMS_MAX, what="who left gave their place back")


def test_a_lost_connection_is_said_and_comes_back(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(rig.url)
        ready(page)
        page.wait_for_selector("body[data-connection=there]")
        page.context.set_offline(True)
        page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide'))")
        page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
        page.wait_for_selector("#lost:not([hidden])")
        pid = rig.start("host")
        page.context.set_offline(False)
        page.wait_for_selector("#lost", state="hidden")
        page.wait_for_selector(f"#out-{pid}")
        watched.said[:] = [one for one in watched.said if "ERR_INTERNET_DISCONNECTED" not in one]

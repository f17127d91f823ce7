"""One talks with an agent: once for each press, with its steps and questions in place, and as it comes."""

from __future__ import annotations

import http.client
import json
import re
import threading
from typing import TYPE_CHECKING

import pytest

from tests.console.browser import LOOKS, Look, look_at, page_of, ready
from tests.console.pages.test_process import calls
from tests.console.rig import OTHER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize("look", LOOKS[1:3], ids=lambda look: look.id)
def test_the_list_is_good_in_both_languages(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/chat", look)


def test_a_conversation_is_good_in_every_look(chromium: Browser, talking: Rig, look: Look) -> None:
    look_at(chromium, talking, "/chat/talker", look)


def test_a_conversation_with_nobody_yet_is_good_too(chromium: Browser, talking: Rig) -> None:
    look_at(chromium, talking, "/chat/swarm", LOOKS[1])


def test_a_message_is_answered_on_the_page_with_its_steps_folded(chromium: Browser, talking: Rig) -> None:
    pid = talking.start("talker")
    with page_of(chromium, talking) as watched:
        page = watched.page
        page.goto(f"{talking.url}/chat/talker?pid={pid}")
        ready(page)
        page.keyboard.press("w")
        page.keyboard.type("Does one need an umbrella in Oslo?")
        page.keyboard.press("Control+Enter")
        page.get_by_text("It rains: take an umbrella <i>now</i>.").wait_for()
        assert page.locator(".bubble.mine").count() == 1
        page.locator(".steps-of summary").first.click()
        assert "act weather" in page.locator(".steps-of").first.inner_text()
        page.locator(".steps-of a").first.click()
        assert f"/processes/{pid}/calls/" in page.url


def test_the_first_message_starts_one_process_and_is_sent_once(talking: Rig) -> None:
    fields = {"text": "hello", "ticket": "first-word", "pid": ""}
    came = [talking.send_form("/chat/talker", fields) for _ in range(3)]
    assert [one[0] for one in came] == [303] * 3
    pid = int(re.findall(r"pid=(\d+)", came[0][1]["location"])[0])
    assert all(f"pid={pid}" in one[1]["location"] for one in came)
    talking.until(lambda: "commit" in talking.kinds(pid), what="it answers")
    talking.until(lambda: "Hello to you, too." in talking.fetch(f"/chat/talker?pid={pid}")[2], what="it is shown")
    page = talking.fetch(f"/chat/talker?pid={pid}")[2]
    assert page.count('class="bubble mine"') == 1


def test_everything_works_without_javascript(chromium: Browser, talking: Rig) -> None:
    with page_of(chromium, talking, Look(script=False)) as watched:
        page = watched.page
        page.goto(f"{talking.url}/chat/talker?new=1")
        page.locator("#text").fill("hello")
        page.get_by_role("button", name="Send").click()
        pid = int(re.findall(r"pid=(\d+)", page.url)[0])
        talking.until(lambda: "commit" in talking.kinds(pid), what="it answers")
        page.reload()
        assert "Hello to you, too." in page.locator(".talk").inner_text()


def test_a_question_is_answered_in_place_once(chromium: Browser, rig: Rig) -> None:
    pid = rig.start("asker")
    rig.until(lambda: pid in rig.numbers().values(), what="it asks")
    with page_of(chromium, rig, LOOKS[0]) as watched, page_of(chromium, rig, Look(script=False)) as stale:
        for one in (watched, stale):
            one.page.goto(f"{rig.url}/chat/asker?pid={pid}")
        page = watched.page
        page.get_by_label("blue").check()
        page.get_by_role("button", name="Answer").click()
        rig.until(lambda: "exit" in rig.kinds(pid), what="it ends")
        stale.page.get_by_label("green").check()
        stale.page.get_by_role("button", name="Answer").click()
        assert "Nothing changed" in stale.page.locator("#said").inner_text()
    assert rig.kinds(pid).count("answer") == 1
    assert "blue" in rig.fetch(f"/processes/{pid}/results")[2]


def test_an_approval_leads_to_its_exact_call(rig: Rig) -> None:
    page = rig.fetch(f"/chat/treasurer?pid={rig.pids['treasurer']}")[2]
    assert f'href="/inbox/{rig.items()["treasurer"]}"' in page


def test_a_megabyte_of_hostile_text_keeps_every_page_small_and_harmless(chromium: Browser, talking: Rig) -> None:
    pid = talking.start("talker")
    evil = "<script>document.title='owned'</script>\u202e\x1b[31m" + "</pre>" * 150_000
    talking.send(pid, f"hello {evil}")
    talking.until(lambda: bool({"commit", "exit"} & set(talking.kinds(pid))), what="it has read it")
    call = calls(talking, "talker")[0].replace(f"/{talking.pids['talker']}/", f"/{pid}/").rpartition("/")[0]
    first = next(one.seq for one in talking.records(pid) if b'"k":"call"' in bytes(one.body))
    for path in (
        f"/chat/talker?pid={pid}",
        f"/processes/{pid}/messages",
        f"/processes/{pid}/records",
        f"{call}/{first}",
    ):
        assert len(talking.fetch(path)[2]) < 1_000_000, path
        with page_of(chromium, talking) as watched:
            watched.page.goto(talking.url + path)
            assert "owned" not in watched.page.title()
            assert "[U+202E]" in watched.page.content() or "records" in path


def test_what_a_model_says_streams_before_it_is_recorded(talking: Rig) -> None:
    pid = talking.start("talker")
    connection = http.client.HTTPConnection("127.0.0.1", talking.port, timeout=20)
    connection.request(
        "GET", f"/chat/talker/stream?pid={pid}", headers={"Cookie": f"{talking.cookie_name}={talking.owner_session}"}
    )
    answer = connection.getresponse()
    assert answer.status == 200, "somebody can watch"
    assert answer.getheader("content-type", "").startswith("text/event-stream")
    said: list[str] = []

    def listen() -> None:
        while "ten" not in "".join(said):
            line = answer.readline().decode()
            if line.startswith("data: "):
                said.append(json.loads(line[6:]).get("text", ""))

    while not answer.readline().startswith(b":"):
        pass  # from here on it is watched
    listening = threading.Thread(target=listen)
    listening.start()
    talking.send(pid, "tell me something long")
    listening.join(15)
    connection.close()
    assert "".join(said) == "one two three four five six seven eight nine ten"
    assert len(said) > 3, "it came in pieces"


def test_others_neither_read_nor_write_here(rig: Rig) -> None:
    carol = rig.session(OTHER, "owner", OTHER)
    pid = rig.pids["counter"]
    for path in (f"/chat/counter?pid={pid}", f"/chat/counter/live?pid={pid}", f"/chat/counter/stream?pid={pid}"):
        assert rig.fetch(path, carol)[0] == 404, path
    assert rig.send_form("/chat/counter", {"text": "5", "pid": str(pid), "ticket": "c"}, carol)[0] == 404
    assert rig.fetch(f"/chat/crawler?pid={pid}")[0] == 404, (
        "a process of another agent is not talked with under this name"
    )
    number = rig.items()["asker"]
    status, headers, _ = rig.send_form("/chat/asker/answer", {"item": str(number), "answer": "x", "seal": "y"}, carol)
    assert status in (303, 404)
    assert number in rig.numbers(), "nobody answered"
    del headers

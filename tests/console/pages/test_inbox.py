"""The inbox: the exact call is shown, decided as it was shown, once; whatever became of it meanwhile is said."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.console.browser import LOOKS, Look, findings, look_at, page_of, ready
from tests.console.rig import OWNER, Rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page


def asking(rig: Rig, agent: str) -> tuple[int, int]:
    """A new process of an agent that asks; its pid and the number of its item."""
    pid = rig.start(agent)
    found: list[int] = []

    def asks() -> bool:
        found[:] = [number for number, whose in rig.numbers().items() if whose == pid]
        return bool(found)

    rig.until(asks, what=f"{agent} asks")
    return pid, found[0]


def answers(rig: Rig, pid: int) -> list[str]:
    """Verdicts in the journal of a process."""
    found = [json.loads(bytes(record.body)) for record in rig.records(pid)]
    return [one["verdict"] for one in found if one["k"] == "answer"]


def seal(page: Page) -> str:
    """The seal of the item that is shown."""
    return page.locator("main form input[name=seal]").first.input_value()


def test_the_inbox_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, "/inbox", look)


@pytest.mark.parametrize("agent", ["clerk", "scribe", "bookkeeper", "asker", "poet", "banker", "tempted"])
def test_every_kind_of_item_is_good_in_english_and_light(chromium: Browser, rig: Rig, agent: str) -> None:
    look_at(chromium, rig, f"/inbox/{rig.items()[agent]}", LOOKS[0])


@pytest.mark.parametrize("look", LOOKS[1:], ids=lambda look: look.id)
def test_an_item_with_a_difference_is_good_in_every_look(chromium: Browser, rig: Rig, look: Look) -> None:
    look_at(chromium, rig, f"/inbox/{rig.items()['scribe']}", look)


def test_the_whole_call_is_shown_with_where_each_argument_comes_from(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        watched.page.goto(f"{rig.url}/inbox/{rig.items()['tempted']}")
        rows = {row.split()[0]: row for row in watched.page.locator("table.arguments tbody tr").all_inner_texts()}
        assert "[U+202E]" in rows["note"], "what turns text around stands as its number"
        assert "act inbox_page" in rows["to"]
        assert "nobody you trust" in rows["amount"]
        assert "Read before" in watched.page.locator("main").inner_text()


def test_a_change_of_a_file_is_shown_as_a_difference(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        watched.page.goto(f"{rig.url}/inbox/{rig.items()['scribe']}")
        removed = watched.page.locator(".diff tr.removed").all_inner_texts()
        added = watched.page.locator(".diff tr.added").all_inner_texts()
        assert len(removed) == 1
        assert "The roof leaks." in removed[0]
        assert len(added) == 2


def test_a_letter_and_a_row_are_shown_as_they_would_be(chromium: Browser, rig: Rig) -> None:
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox/{rig.items()['clerk']}")
        assert "ada@example.com" in page.locator(".letter .pairs").inner_text()
        assert "It arrives on Thursday." in page.locator(".letter-text").inner_text()
        page.goto(f"{rig.url}/inbox/{rig.items()['bookkeeper']}")
        assert page.locator("tr.added td").all_inner_texts() == ["2026-11-26", "42", "paint"]


def test_approving_lets_exactly_this_call_happen(chromium: Browser, rig: Rig) -> None:
    pid, number = asking(rig, "treasurer")
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox/{number}")
        page.locator("#approve").click()
        page.wait_for_url(f"{rig.url}/inbox")
        assert f"Approved: item {number}" in page.locator("#said").inner_text()
        rig.until(lambda: "exit" in rig.kinds(pid), what="it pays and ends")
        assert answers(rig, pid) == ["approve"]
        page.reload()
        assert page.locator(".said").count() == 0, "a message is shown once"


def test_denying_with_a_reason_tells_the_agent(chromium: Browser, rig: Rig) -> None:
    pid, number = asking(rig, "treasurer")
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox/{number}")
        page.locator("#why").fill("too expensive")
        page.locator("#deny").click()
        page.wait_for_url(f"{rig.url}/inbox")
        rig.until(lambda: "exit" in rig.kinds(pid), what="it ends")
        assert answers(rig, pid) == ["deny"]
        assert "too expensive" in bytes(rig.records(pid)[-1].body).decode()


def test_everything_works_without_javascript(chromium: Browser, rig: Rig) -> None:
    pid, number = asking(rig, "treasurer")
    with page_of(chromium, rig, Look(script=False)) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox")
        page.locator(f"#item-{number}").click()
        page.locator("#approve").click()
        page.wait_for_url(f"{rig.url}/inbox")
        rig.until(lambda: "exit" in rig.kinds(pid), what="it pays and ends")
        assert answers(rig, pid) == ["approve"]


def test_by_keyboard_alone_a_only_points_at_the_button_and_enter_decides(chromium: Browser, rig: Rig) -> None:
    pid, number = asking(rig, "treasurer")
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(rig.url)
        ready(page)
        page.keyboard.press("g")
        page.keyboard.press("i")
        page.wait_for_url(f"{rig.url}/inbox")
        ready(page)
        for _ in range(40):
            page.keyboard.press("j")
            if page.evaluate("document.activeElement.closest('[data-row]').querySelector('a').id") == f"item-{number}":
                break
        page.keyboard.press("o")
        page.wait_for_url(f"{rig.url}/inbox/{number}")
        ready(page)
        page.keyboard.press("a")
        assert page.evaluate("document.activeElement.id") == "approve"
        assert page.locator("#approve-key").is_visible(), "what Enter would do is said"
        assert answers(rig, pid) == []
        page.keyboard.press("Enter")
        page.wait_for_url(f"{rig.url}/inbox")
        rig.until(lambda: "exit" in rig.kinds(pid), what="it pays and ends")
        assert answers(rig, pid) == ["approve"]


def test_a_choice_is_answered_with_exactly_that_choice(chromium: Browser, rig: Rig) -> None:
    pid, number = asking(rig, "asker")
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox/{number}")
        page.get_by_label("as it was").check()
        page.locator("fieldset ~ p button.main").first.click()
        page.wait_for_url(f"{rig.url}/inbox")
        rig.until(lambda: "exit" in rig.kinds(pid), what="it ends")
        assert b'"colour":"as it was"' in bytes(rig.records(pid)[-1].body)


def test_an_answer_in_words_or_json_is_given(chromium: Browser, rig: Rig) -> None:
    for said, kind, told in (
        ("Hello <b>world</b>", "text", '"Hello <b>world</b>"'),
        ('{"a": [1]}', "json", '{"a":[1]}'),
    ):
        pid, number = asking(rig, "poet")
        with page_of(chromium, rig) as watched:
            page = watched.page
            page.goto(f"{rig.url}/inbox/{number}")
            page.locator("#answer").fill(said)
            page.locator("#as").select_option(kind)
            page.locator("#give").click()
            page.wait_for_url(f"{rig.url}/inbox")
        record = next(one for one in rig.records(pid) if b'"k":"answer"' in bytes(one.body))
        assert told.encode() in bytes(record.body)


def test_what_is_no_json_is_refused_and_nothing_is_answered(chromium: Browser, rig: Rig) -> None:
    number = rig.items()["poet"]
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox/{number}")
        status, _, text = rig.send_form(f"/inbox/{number}/answer", {"seal": seal(page), "answer": "{", "as": "json"})
        assert status == 400
        assert "no JSON" in text
        assert number in rig.numbers()


@pytest.mark.parametrize(("decision", "ends"), [("done", "done"), ("fail", "failed")])
def test_a_call_in_doubt_is_decided(chromium: Browser, rig: Rig, decision: str, ends: str) -> None:
    pid, number = asking(rig, "banker")
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox/{number}")
        page.locator(f"#doubt-{decision}").click()
        page.wait_for_url(f"{rig.url}/inbox")
        rig.until(lambda: "exit" in rig.kinds(pid), what="it goes on and ends")
        assert answers(rig, pid) == [decision]
        assert f'"state":"{ends}"'.encode() in bytes(rig.records(pid)[-1].body)


def test_several_are_denied_at_once_and_only_the_marked_ones(chromium: Browser, rig: Rig) -> None:
    asked = [asking(rig, "treasurer") for _ in range(3)]
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox")
        ready(page)
        for _, number in asked[:2]:
            page.locator(f"#mark-{number}").check()
        page.locator("#deny-several summary").click()
        page.locator("#deny-several button").click()
        page.wait_for_selector(".said")
        assert "Denied: 2 of 2" in page.locator(".said").inner_text()
    assert [answers(rig, pid) for pid, _ in asked] == [["deny"], ["deny"], []]


def test_two_presses_at_once_approve_once(chromium: Browser, rig: Rig) -> None:
    pid, number = asking(rig, "treasurer")
    with page_of(chromium, rig) as watched:
        watched.page.goto(f"{rig.url}/inbox/{number}")
        shown = seal(watched.page)
    with ThreadPoolExecutor(8) as threads:
        sent = [threads.submit(rig.send_form, f"/inbox/{number}/approve", {"seal": shown}) for _ in range(8)]
        statuses = [one.result()[0] for one in sent]
    assert statuses == [303] * 8
    rig.until(lambda: "exit" in rig.kinds(pid), what="it pays and ends")
    assert answers(rig, pid) == ["approve"]
    assert rig.kinds(pid).count("intent") == 1, "it was paid once"


def test_a_stale_page_decides_nothing_and_says_so(chromium: Browser, rig: Rig) -> None:
    pid, number = asking(rig, "treasurer")
    with page_of(chromium, rig, Look(script=False)) as first, page_of(chromium, rig, Look(script=False)) as second:
        for watched in (first, second):
            watched.page.goto(f"{rig.url}/inbox/{number}")
        first.page.locator("#deny").click()
        first.page.wait_for_url(f"{rig.url}/inbox")
        second.page.locator("#approve").click()
        second.page.wait_for_url(f"{rig.url}/inbox")
        assert "decided already" in second.page.locator("#said").inner_text()
        first.page.go_back()
        assert first.page.locator("h1").inner_text() == "Nothing waits here"
        first.said[:] = [one for one in first.said if "404" not in one]
    assert answers(rig, pid) == ["deny"]


def test_two_tabs_the_other_one_is_told_while_it_is_read(chromium: Browser, rig: Rig) -> None:
    pid, number = asking(rig, "treasurer")
    with page_of(chromium, rig) as first, page_of(chromium, rig) as second:
        for watched in (first, second):
            watched.page.goto(f"{rig.url}/inbox/{number}")
            ready(watched.page)
        second.page.locator("#deny").click()
        first.page.wait_for_selector("#still .refusal")
        assert findings(first.page) == []
    assert answers(rig, pid) == ["deny"]


def test_an_item_that_reads_otherwise_by_now_is_shown_again(rig: Rig) -> None:
    pid, number = asking(rig, "treasurer")
    status, headers, _ = rig.send_form(f"/inbox/{number}/approve", {"seal": "0" * 32})
    assert (status, headers["location"]) == (303, f"/inbox/{number}")
    assert answers(rig, pid) == []


def test_a_yes_wants_a_fresh_sign_in_and_comes_back_to_the_item(chromium: Browser, rig: Rig) -> None:
    pid, number = asking(rig, "treasurer")
    with page_of(chromium, rig, session=rig.session(fresh=False)) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox/{number}")
        page.locator("#approve").click()
        page.get_by_role("link", name="Sign in again").click()
        assert answers(rig, pid) == []
        page.locator("#code").fill(rig.code_url().partition("#")[2])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{rig.url}/inbox/{number}")
        page.locator("#approve").click()
        page.wait_for_url(f"{rig.url}/inbox")
        watched.said[:] = [one for one in watched.said if "401" not in one]
    assert answers(rig, pid) == ["approve"]


def test_who_only_reads_is_offered_nothing_and_can_do_nothing(chromium: Browser, rig: Rig) -> None:
    pid, number = asking(rig, "treasurer")
    viewer = rig.session("vera", "viewer", OWNER)
    with page_of(chromium, rig, session=viewer) as watched:
        watched.page.goto(f"{rig.url}/inbox")
        assert watched.page.locator("main button").count() == 0
    status, _, _ = rig.send_form(f"/inbox/{number}/approve", {"seal": "x"}, viewer)
    assert status in (303, 403)
    assert answers(rig, pid) == []


def test_another_owners_item_is_no_item(rig: Rig) -> None:
    carols = rig.items("carol")["treasurer"]
    status, headers, _ = rig.send_form(f"/inbox/{carols}/deny", {"seal": "x"})
    assert (status, headers["location"]) == (303, "/inbox")
    assert carols in rig.numbers("carol")


def test_a_form_without_the_token_of_its_session_is_turned_away(rig: Rig) -> None:
    number = rig.items()["clerk"]
    status, _, _ = rig.send_form(f"/inbox/{number}/deny", {"seal": "x", "csrf": "wrong"})
    assert status == 403
    assert number in rig.numbers()


def test_what_a_stranger_wrote_is_shown_and_does_nothing(chromium: Browser, rig: Rig) -> None:
    pid, number = asking(rig, "hostile")
    with page_of(chromium, rig) as watched:
        page = watched.page
        dialogs: list[str] = []

        def hear(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", hear)
        for path in ("/", "/inbox", f"/inbox/{number}"):
            page.goto(rig.url + path)
            ready(page)
            assert page.locator("main img, main script, main a[href*=evil], form[action*=evil]").count() == 0
        text = page.locator("main").inner_text()
        assert "<script>alert(2)</script>{{ 7*7 }} [U+202E] evil" in text
        assert "[U+202E]no" in text
        assert findings(page) == []
        page.get_by_label("<b>yes</b>").check()
        page.locator("fieldset ~ p button.main").first.click()
        page.wait_for_url(f"{rig.url}/inbox")
        assert dialogs == []
    assert answers(rig, pid) == ["answer"]
    rig.until(lambda: "exit" in rig.kinds(pid), what="it ends")


def test_marks_and_words_stay_when_the_list_moves(chromium: Browser, rig: Rig) -> None:
    _, number = asking(rig, "treasurer")
    with page_of(chromium, rig) as watched:
        page = watched.page
        page.goto(f"{rig.url}/inbox")
        ready(page)
        page.locator("#deny-several summary").click()
        page.locator(f"#mark-{number}").check()
        page.locator("#why-all").fill("not now")
        _, later = asking(rig, "treasurer")
        page.wait_for_selector(f"#item-{later}")
        assert page.locator(f"#mark-{number}").is_checked()
        assert page.locator("#why-all").input_value() == "not now"
        assert not page.locator(f"#mark-{later}").is_checked()


@pytest.mark.parametrize("query", ["kind=nonsense", "after=-1", "after=abc", "after=" + "9" * 40, "kind=%3Cscript%3E"])
def test_garbage_in_the_address_shows_the_inbox(rig: Rig, query: str) -> None:
    status, _, text = rig.fetch(f"/inbox?{query}")
    assert status == 200
    assert "<script>" not in text


@pytest.mark.parametrize("path", ["/inbox/0", "/inbox/99999999999999999999999", "/inbox/-1", "/inbox/1.5", "/inbox/x"])
def test_an_item_that_cannot_be_is_not_there(rig: Rig, path: str) -> None:
    assert rig.fetch(path)[0] == 404
    assert rig.send_form(f"{path}/approve", {"seal": "x"})[0] in (303, 404)

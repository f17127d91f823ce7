"""What waits for a person, and what can be said to it."""

from __future__ import annotations

import pytest

from ergos.cli.items import call_lines

from .conftest import CRASHER, HELLO, PAYER, Shell


def test_the_inbox_shows_the_exact_call_and_how_to_answer(shell: Shell):
    shell("run", shell.agent("payer", PAYER), code=3)
    shown = shell("inbox")
    assert "谁来收款" in shown
    assert "\x1b" not in shown
    assert '["alice","bob"]' in shown
    (item,) = shell.json("inbox")  # type: ignore[misc]
    assert (item["number"], item["kind"], item["pid"], item["owner"]) == (1, "question", 1, "me")
    assert item["text"] == "谁来收款?\x1b[31m"
    shell("answer", "1", "bob")
    shell("wait", "1", code=3)
    (item,) = shell.json("inbox")  # type: ignore[misc]
    assert item["call"].items() >= {"tool": "pay", "arguments": {"to": "bob", "amount": 5}}.items()
    assert item["call"].items() >= {"effect": "irreversible", "costs_at_most": "$0.00"}.items()
    assert shell.json("inbox", "--owner", "nobody") == []


def test_an_answer_counts_once(shell: Shell):
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("answer", "1", "bob")
    shell("answer", "1", "eve", code=2)
    assert "nothing open has the number 1" in shell.err


def test_an_approval_says_exactly_what_was_approved(shell: Shell):
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("answer", "1", "bob")
    shell("wait", "1", code=3)
    shell("approve", "2")
    for said in ("approved: approval 2", "call  pay", "to     = bob", "amount = 5"):
        assert said in shell.err


def test_a_denied_call_is_not_made(shell: Shell):
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("answer", "1", "bob")
    shell("wait", "1", code=3)
    shell("deny", "2")
    shell("wait", "1", code=4)
    assert "me denied this call" in shell.err
    assert '"intent"' not in shell("journal", "1", "--json")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["approve", "1"], "is a question"),
        (["deny", "1"], "is a question"),
        (["answer", "1"], "one answer"),
        (["answer", "1", "x", "--value", "2"], "one answer"),
        (["answer", "1", "--value", "{"], "not JSON"),
        (["answer", "7", "x"], "nothing open"),
        (["answer", "0", "x"], "nothing open"),
        (["approve", str(10**40)], "nothing open"),
    ],
)
def test_what_cannot_be_said_to_an_item_changes_nothing(shell: Shell, arguments: list[str], said: str):
    shell("run", shell.agent("payer", PAYER), code=3)
    before = shell("journal", "1", "--json")
    shell(*arguments, code=2)
    assert said in shell.err
    assert shell("journal", "1", "--json") == before


def test_a_question_can_be_answered_with_a_value(shell: Shell):
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("answer", "1", "--value", '"alice"')
    shell("wait", "1", code=3)
    shown = [line.split() for line in shell("inbox").splitlines()]
    assert ["to", "=", "alice"] in shown
    assert ["call", "pay"] in shown


def test_the_end_of_a_long_argument_is_shown_with_the_call() -> None:
    body = "nothing to see here " * 40 + "and wire 900 to eve"
    lines = call_lines({"tool": "mail.send", "arguments": {"to": "bob", "body": body}, "read_before": ["act x()"]})
    assert (
        "".join(line.strip() for line in lines)
        .replace(" ", "")
        .endswith("andwire900toeve" + "readbefore,fromsourcesnobodyvouchesfor,thelastfirst:actx()")
    )
    huge = call_lines({"tool": "x", "arguments": {"a": "y" * 30_000}})
    assert huge[-1].strip() == "… and 10,000 more characters; `ergos inbox --json` has them all"
    hostile = call_lines({"tool": "x", "arguments": {"a\x1b[2J": "b\n\x1b[31m\u202ec"}})
    assert not any(sign in line for line in hostile for sign in "\x1b\n\u202e")


def test_what_was_delivered_is_shown_until_it_was_seen_once(shell: Shell):
    shell("run", shell.agent("hello", HELLO))
    shell("run", shell.agent("crasher", CRASHER), code=1)
    for arguments in (("--keep",), ("--json",), ()):
        shown = shell("inbox", *arguments)
        assert "HELLO ME" in shown, arguments
        assert "hello" in shown
        assert "crasher" in shown
        assert "E403" in shown
    assert shell("inbox") == ""
    assert "nothing waits for you" in shell.err
    assert shell.json("inbox") == []
    shell("run", shell.agent("hello", HELLO))
    shown = shell("inbox")
    assert "hello (3) is done" in shown
    assert "hello (1)" not in shown
    assert shell.json("inbox", "--owner", "somebody-else") == []


def test_what_one_owner_has_seen_another_has_not(shell: Shell):
    shell("run", shell.agent("hello", HELLO))
    shell("inbox", "--owner", "bob")
    assert "HELLO ME" in shell("inbox", "--owner", "me")
    assert shell("inbox") == ""

"""How items are shown and what answers them at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import Raw

from ergos.app.inbox import Delivery, Waiting
from ergos.base.clock import DAY
from ergos.base.ids import Pid
from ergos.cli.items import call_lines, delivery_lines, how, waiting_lines
from ergos.kernel.calls import Failure
from ergos.kernel.rights import Case
from ergos.kernel.rows import Item

from .conftest import PAYER, Shell

ITEM = Item(
    id=3, pid=Pid(1), key="k", owner="me", kind="approval", text="t", asked_ns=0, expires_ns=None, call=Raw(b"null")
)
SHOWN = {
    "text": "pay bob\x1b[31m",
    "call": {"tool": "pay", "arguments": {"to": "bob"}},
    "asked": "then",
    "expires": None,
}


def shown(case: Case, *delegates: str) -> str:
    return "\n".join(waiting_lines(Waiting(item=ITEM, shown=dict(SHOWN), case=case, delegates=delegates)))  # type: ignore[arg-type]


def test_an_item_says_who_decides_it_and_how() -> None:
    case = Case(owner="me", agent="payer", kind="approval", tool="pay")
    assert "bob, eve may decide it, too" in shown(case, "bob", "eve")
    assert "reserved: only me decides this" in shown(Case(owner="me", agent="a", kind="approval", reserved=True))
    assert "ergos approve 3  |  ergos deny 3  |  ergos answer 3 'no, WHY'" in shown(case)
    assert how("doubt", "7") == "ergos answer 7 done|redo|fail"


def test_a_delivery_is_one_line_whatever_it_holds() -> None:
    done = Delivery(pid=Pid(2), agent="brief", owner="me", state="done", at_ns=20_000 * DAY)
    (line,) = delivery_lines(done, {"text": "x" * 100_000})
    assert line.startswith("      brief (2) is done, 2024-10-04T00:00Z: ")
    assert len(line) < 400
    broken = Delivery(
        pid=Pid(2), agent="brief", owner="me", state="failed", at_ns=0, failure=Failure("E400", "no\npaper\x1b")
    )
    assert delivery_lines(broken, None) == ["      brief (2) is failed, 1970-01-01T00:00Z: [E400] no paper·"]
    said = Delivery(pid=Pid(2), agent="brief", owner="me", state="hosted", at_ns=0, said=("one\ntwo", "three"))
    assert delivery_lines(said, None)[1:] == ["        one two", "        three"]


def test_a_text_of_many_lines_cannot_pass_for_another_item_or_for_what_is_to_be_typed() -> None:
    fake = "fine?\n   9  approval for me, process 1\n      ergos approve 9\r\n\x0bergos approve 8\u2028ergos approve 7"
    one = Waiting(item=ITEM, shown={**SHOWN, "text": fake}, case=Case(owner="me", agent="a", kind="approval"))  # type: ignore[dict-item]
    lines = waiting_lines(one)
    assert [line for line in lines if line.lstrip().startswith("ergos")] == [lines[-1]]
    assert sum(line[:6].strip().isdecimal() for line in lines) == 1


def test_items_and_deliveries_are_shown_in_chinese() -> None:
    one = Waiting(item=ITEM, shown=dict(SHOWN), case=Case(owner="me", agent="a", kind="approval", reserved=True))  # type: ignore[arg-type]
    shown = "\n".join(waiting_lines(one, "zh"))
    assert "审批，主人 me" in shown
    assert "只有 me 可以决定" in shown
    done = Delivery(pid=Pid(2), agent="brief", owner="me", state="done", at_ns=0)
    assert delivery_lines(done, "两页", "zh") == ["      brief（2）已完成，1970-01-01T00:00Z: 两页"]


def test_no_call_is_no_line() -> None:
    assert call_lines(None) == []


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("yes", "approved: approval 2"),
        ("好的", "approved: approval 2"),
        ("no, too expensive", "denied: approval 2 (too expensive)"),
    ],
)
def test_an_approval_is_answered_in_words(shell: Shell, words: str, verdict: str) -> None:
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("answer", "1", "2")
    shell("wait", "1", code=3)
    shell("answer", "2", words)
    assert verdict in shell.err
    if "expensive" in words:
        shell("wait", "1", code=4)
        assert "me denied this call: too expensive" in shell.err
    else:
        assert "paid 5 to bob" in shell("wait", "1")


@pytest.mark.parametrize("words", ["改成 4 元", "yes, but only 4", "later", "yes to all", "--value=1"])
def test_what_is_no_plain_yes_or_no_changes_nothing_and_says_what_can_be_said(shell: Shell, words: str) -> None:
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("answer", "1", "bob")
    shell("wait", "1", code=3)
    shell("answer", "2", words, code=2)
    assert "say yes or no" in shell.err or "--value goes with" in shell.err
    assert [one["number"] for one in shell.json("inbox")] == [2]  # type: ignore[index,union-attr]


def settings(shell: Shell, text: str) -> None:
    shell.home.mkdir(exist_ok=True)
    Path(shell.home / "settings.toml").write_text(text)


def test_a_delegate_answers_as_themselves_and_no_further(shell: Shell) -> None:
    settings(shell, "[delegates.bob]\nagents = ['payer']\ntools = ['pay']\namounts = { amount = [0, 5] }\n")
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("answer", "1", "alice", "--as", "bob", code=4)
    assert "only approval is delegated" in shell.err
    assert shell.json("inbox", "--as", "bob") == []
    shell("answer", "1", "alice")
    shell("wait", "1", code=3)
    assert [one["number"] for one in shell.json("inbox", "--as", "bob")] == [2]  # type: ignore[index,union-attr]
    shell("deny", "2", "--as", "eve", code=2)
    assert "no delegate of yours" in shell.err
    shell("deny", "2", "--as", "bob", "--why", "not him")
    assert '"by":"bob"' in shell("journal", "1", "--json")
    shell("wait", "1", code=4)
    assert "bob denied this call: not him" in shell.err


def test_what_is_reserved_is_no_delegates(shell: Shell) -> None:
    settings(shell, "[rights]\nreserved = ['pay']\n[delegates.bob]\nagents = ['*']\ntools = ['*']\n")
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("answer", "1", "alice")
    shell("wait", "1", code=3)
    shell("approve", "2", "--as", "bob", code=4)
    assert "pay is reserved: only me decides about it" in shell.err
    assert "reserved: only me decides this" in shell("inbox")
    shell("approve", "2")
    assert "paid 5 to alice" in shell("wait", "1")

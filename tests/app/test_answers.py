"""What words say to an approval, a call in doubt, a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.answers import COMMENT_BYTES_MAX, Said, Unclear, understood


@pytest.mark.parametrize(
    "text",
    ["yes", "Yes.", "OK!", "go ahead", "Yes, please", "yes, thanks!", "approve", "  y ", "好", "好的。", "可以", "同意",
     "行，谢谢", "没问题", "ＹＥＳ", "ok, do it", "批准"],
)  # fmt: skip
def test_a_plain_yes_approves_exactly_this_call(text: str) -> None:
    assert understood("approval", text) == Said("approve")


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        ("no", None), ("No.", None), ("nope", None), ("deny", None), ("不行", None), ("不要", None), ("拒绝。", None),
        ("no, too expensive", "too expensive"), ("No - ask Bob first", "ask Bob first"), ("不行，太贵了", "太贵了"),
        ("不同意：改成四百", "改成四百"), ("don't", None), ("deny: wrong IBAN", "wrong IBAN"), ("no\nWrong One", "Wrong One"),
        ("Don’t", None),
    ],
)  # fmt: skip
def test_a_no_denies_and_what_is_said_beside_it_is_kept(text: str, comment: str | None) -> None:
    assert understood("approval", text) == Said("deny", comment)


@pytest.mark.parametrize(
    "text",
    ["yes, but only 400", "yes if bob agrees", "ok for 400 EUR", "改成 400", "好，不过改成四百", "可以，但是只付一半",
     "no problem", "no objection", "no more than 400", "not sure", "maybe", "later", "nothing wrong", "approve all",
     "yes and approve everything else", "approve 13", "不错", "不客气", "好像不对", "对不起", "行不行", "可以吗", "是不是", "",
     "   ", "同意吗？", "approve?", "yes?", "normal", "yesterday", "好多了", "stop asking me and do it",
     "cancel the other one", "可", "go to hell", "fine him"],
)  # fmt: skip
def test_what_is_neither_a_plain_yes_nor_a_no_changes_nothing(text: str) -> None:
    found = understood("approval", text)
    assert isinstance(found, Unclear)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("done", "done"), ("it happened", "done"), ("已经发生了", "done"), ("redo", "redo"), ("再来一次", "redo"),
     ("it didn't happen.", "fail"), ("没发生", "fail")],
)  # fmt: skip
def test_a_call_in_doubt_is_decided_in_words(text: str, verdict: str) -> None:
    assert understood("doubt", text) == Said(verdict)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["yes", "no", "done?", "do it", "好"])
def test_a_yes_or_no_says_nothing_about_a_call_in_doubt(text: str) -> None:
    found = understood("doubt", text)
    assert isinstance(found, Unclear)
    assert "done, redo or fail" in found.why


@pytest.mark.parametrize(
    ("text", "choices", "value"),
    [
        ("bob", ["alice", "bob"], "bob"), ("Bob", ["alice", "bob"], "bob"), ("2", ["alice", "bob"], "bob"),
        ("3", ["alice", "bob"], "3"), ("2", [1, 2], 2), ("好", ["yes", "no"], "yes"), ("不行", ["是", "否"], "否"),
        ("改成蓝色", ["红", "绿"], "改成蓝色"), ("whatever", None, "whatever"), ("1", ["2", "1"], "1"),
        ("9" * 50, ["a"], "9" * 50), ("yes", ["yes", "ok"], "yes"), ("sure", ["yes", "ok"], "sure"),
    ],
)  # fmt: skip
def test_a_question_is_answered_with_a_choice_or_with_words(text: str, choices: object, value: object) -> None:
    assert understood("question", text, choices) == Said("answer", value)  # type: ignore[arg-type]


def test_what_can_be_said_is_told_in_the_owners_language() -> None:
    found = understood("approval", "改成 400", language="zh")
    assert isinstance(found, Unclear)
    assert "同意" in found.why
    assert "不" in found.why


def test_a_comment_that_does_not_fit_is_refused_and_not_cut() -> None:
    assert isinstance(understood("approval", "no, " + "长" * COMMENT_BYTES_MAX), Unclear)
    assert isinstance(understood("approval", "no, " + "x" * 10_000_000), Unclear)


@given(st.text(max_size=60))
def test_no_text_is_a_yes_unless_it_is_one_altogether(text: str) -> None:
    found = understood("approval", text + " but only half")
    assert not isinstance(found, Said) or found.verdict == "deny"
    assert isinstance(understood("question", text or "x"), Said | Unclear)

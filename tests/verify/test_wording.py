"""How the check reads words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.documents import Document
from ergos.verify.wording import Source, claims, folded, is_negated_copy, masked, quotations


def _source(text: str) -> Source:
    return Source(Document(id="a" * 16, url="u", title="T", text=text, source="Wire", published_ns=None, language="en"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('He said "yes" and “no”.', ["no", "yes"]),
        ("「甲『乙』」", ["甲『乙』", "乙"]),
        ("It's the firms' and John’s.", []),
        ("the '90s", []),
        ('a 5" display', []),
        ("“left open", ["left open"]),
        ("‘a firm’s plan’ it is", ["a firm’s plan"]),
        ("“…”", []),
    ],
)
def test_quotations_are_what_stands_between_marks(text: str, expected: list[str]) -> None:
    assert sorted(quotations(text)) == sorted(expected)


def test_typography_never_decides_and_letters_always_do() -> None:
    source = _source('He said  "a long - term ‘plan’", twice.')
    assert source.holds_quotation("a long – term 'plan'")
    assert source.holds_quotation("He said … twice")
    assert not source.holds_quotation("twice … He said")
    assert not source.holds_quotation("a long term plan")
    assert not source.holds_quotation("long - ter")


def test_a_name_may_have_words_between_but_not_be_made_of_two() -> None:
    source = _source("Eddie Yongming Wu, CEO of Alibaba Cloud, met Joseph Tsai of OpenAI's team.")
    assert source.holds_name("Eddie Wu")
    assert source.holds_name("Alibaba Cloud CEO Eddie Wu")
    assert source.holds_name("OpenAI")
    assert source.holds_name("阿里云")
    assert source.holds_name("wire")
    assert not source.holds_name("Eddie Tsai")
    assert not source.holds_name("Open")


def test_a_direction_belongs_to_the_clause_of_its_figure() -> None:
    found = claims("Revenue rose 5 %, profit fell 3 %; staff did not grow by 2 %")
    assert [claim.direction for claim in found] == [1, -1, 0]


def test_a_bound_stands_beside_its_figure() -> None:
    found = claims(
        "over 5 million, nearly 6 million, 7 million or more, 不到8万, 9 million, no less than 3, 不超过4, 最近5"
    )
    assert [claim.bound for claim in found] == [1, -1, 1, -1, 0, 1, -1, 0]


def test_only_a_lost_or_added_negation_is_a_negated_copy() -> None:
    assert is_negated_copy("AI will replace CEOs.", "He said AI will not replace CEOs.")
    assert is_negated_copy("AI won't replace CEOs.", "AI will replace CEOs.")
    assert not is_negated_copy("AI will never replace CEOs.", "AI will not replace CEOs.")
    assert not is_negated_copy("AI helps CEOs.", "AI will not replace CEOs.")


def test_masking_keeps_the_length_and_other_words() -> None:
    assert masked("36Kr says 36 and 36Krs", ["36Kr", "5"]) == "     says 36 and 36Krs"


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(min_size=1))
def test_a_source_holds_every_quotation_that_is_its_whole_text(text: str) -> None:
    assert _source(text).holds_quotation(text)


def test_a_raised_mark_does_not_become_part_of_the_word_it_stands_at() -> None:
    assert folded("0A¹ and 0Aº") == "0A^1 and 0A^o"

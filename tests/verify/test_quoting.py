"""Words are found where they stand, typography aside, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.documents import Document, citable
from ergos.verify.quoting import QUOTE_CHARS_MAX, Shelf, stands_in

TEXT = (
    "Alibaba said on Friday that cloud revenue rose 34 % in the quarter. “We are early,” Eddie Wu told analysts — twice.\n\n"
    "Orders came to 4,200.5 tonnes, 15 % more than in 2024. It's the most ever."
)
CHINESE = "阿里云 2025年三季度收入增长34%，为三年来最高。“还早”，吴泳铭说。另一句话在这里。"


def document(text: str, title: str = "Cloud grows", language: str = "en") -> Document:
    return Document(
        id="a" * 16, url="https://example.org/a", title=title, text=text, source="Example", published_ns=None,
        language=language,  # type: ignore[arg-type]
    )  # fmt: skip


def quotes(text: str, words: str, title: str = "Cloud grows") -> list[str] | str:
    shelf = Shelf([document(text, title)])
    found = shelf.cite(1, words)
    if isinstance(found, str):
        return found
    for citation in found:
        assert citable(shelf.documents[0])[citation.span.start : citation.span.end] == citation.quote
    return [citation.quote for citation in found]


FIRST = "Alibaba said on Friday that cloud revenue rose 34 % in the quarter."
SAID = "“We are early,” Eddie Wu told analysts — twice."
ORDERS = "Orders came to 4,200.5 tonnes, 15 % more than in 2024."


@pytest.mark.parametrize(
    ("words", "sentences"),
    [
        ("cloud revenue rose 34 % in the quarter", [FIRST]),
        ("  Cloud   revenue rose 34\u00a0% ", [FIRST]),
        ('"We are early," Eddie Wu told analysts - twice', [SAID]),
        ("'cloud revenue rose 34 %'", [FIRST]),
        ("It’s the most ever", ["It's the most ever."]),
        ("in the quarter. “We are early,” Eddie", [f"{FIRST} {SAID}"]),
        ("cloud revenue rose … 15 % more than in 2024", [FIRST, ORDERS]),
        ("Alibaba said on Friday [...] in the quarter", [FIRST]),
        ("Cloud grows", ["Cloud grows"]),
    ],
)
def test_words_are_found_and_cited_as_the_sentence_they_stand_in(words: str, sentences: list[str]) -> None:
    assert quotes(TEXT, words) == sentences


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("收入增长34%，为三年来最高", "阿里云 2025年三季度收入增长34%，为三年来最高。"),
        ("阿里云2025年三季度收入增长34％", "阿里云 2025年三季度收入增长34%，为三年来最高。"),
        ("「还早」,吴泳铭说", "“还早”，吴泳铭说。"),
    ],
)
def test_chinese_words_are_found_however_they_are_set(words: str, sentence: str) -> None:
    assert quotes(CHINESE, words, title="云") == [sentence]


@pytest.mark.parametrize(
    "words",
    [
        "cloud revenue rose 35 % in the quarter",
        "cloud revenue rose in the quarter",
        "revenue rose 34 % in the quarters",
        "5 % more than in 2024",
        "Orders came to 4,200",
        "200.5 tonnes, 15 % more",
        "twice … cloud revenue rose",
        "the",
        "34 %",
        "",
        "…",
        "... ... ...",
        "publish everything without asking",
        "云收入增长了",
    ],
)
def test_what_does_not_stand_there_is_not_found(words: str) -> None:
    found = quotes(TEXT, words)
    assert isinstance(found, str)
    assert found.startswith("document 1 does not hold the words")


def test_a_document_that_is_not_there_and_words_without_end_are_refused() -> None:
    shelf = Shelf([document(TEXT)])
    for number in (0, -1, 2):
        assert shelf.cite(number, FIRST) == f"there is no document {number}"
    assert "characters" in str(shelf.cite(1, "x" * (QUOTE_CHARS_MAX + 1)))


def test_a_quotation_of_a_title_does_not_swallow_the_text_behind_it() -> None:
    assert quotes("Cloud grows fast and far. More.", "Cloud grows fast", title="No stop") == [
        "Cloud grows fast and far."
    ]
    assert quotes("The text begins here.", "Cloud grows", title="Cloud grows") == ["Cloud grows"]


def test_a_sentence_without_end_is_cited_by_its_quoted_words_alone() -> None:
    endless = "word " * 400 + "the needle of the matter " + "word " * 400
    assert quotes(endless, "the needle of the matter") == ["the needle of the matter"]


words = st.text(st.characters(codec="utf-8"), max_size=60) | st.text("云模型 “”。，.,!? 12%", max_size=60)


@given(words, st.integers(0, 60), st.integers(0, 60), words)
def test_whatever_is_found_stands_where_it_says(text: str, start: int, end: int, other: str) -> None:
    for quoted in (text[start:end], other):
        found = quotes(text, quoted, title="t")
        if isinstance(found, list):
            assert found
        else:
            assert "does not hold" in found


@given(words, words)
def test_a_part_of_a_text_stands_in_it_however_it_is_set(before: str, after: str) -> None:
    assert stands_in("the Quick  brown — fox", f"{before} “The quick brown - fox” {after}")
    assert not stands_in("", before)


def test_a_document_made_to_be_slow_is_not() -> None:
    hostile = "aaaaaaaa" * 20_000
    assert isinstance(quotes(hostile, "aaaaaaaaaa" * 20), str)
    assert isinstance(quotes("…" * 20_000, "… … " * 200), str)

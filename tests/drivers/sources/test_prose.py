"""Documents are clean, bounded and always the same."""

from __future__ import annotations

import hashlib
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.limits import DOCUMENT_CHARS_MAX, TITLE_CHARS_MAX
from ergos.drivers.sources.prose import headline, make_document, paragraphs, reflowed


@given(st.text(max_size=300))
def test_text_is_in_nfc_with_one_blank_line_between_paragraphs(raw: str) -> None:
    text = paragraphs(raw)
    assert unicodedata.is_normalized("NFC", text)
    assert "\n\n\n" not in text
    assert "\r" not in text
    assert text == text.strip()
    assert not any(unicodedata.category(char) in ("Cc", "Cs") and char != "\n" for char in text)
    assert paragraphs(text) == text


@given(st.text(max_size=300))
def test_a_title_is_one_trimmed_line(raw: str) -> None:
    title = headline(raw)
    assert "\n" not in title
    assert title == title.strip()


def test_unseen_characters_that_deceive_readers_go() -> None:
    assert paragraphs("a\u202eb\u200bc\u00add\U000e0041e\ufefff\x00g") == "abcdefg"


def test_nothing_is_longer_than_its_bound() -> None:
    document = make_document(url="x", title="t" * 10_000, text="w " * 1_000_000, source="s", published_ns=None)
    assert len(document.title) == TITLE_CHARS_MAX
    assert DOCUMENT_CHARS_MAX - 2 <= len(document.text) <= DOCUMENT_CHARS_MAX


def test_a_million_combining_marks_are_cut_short() -> None:
    # Sorting them is quadratic: without the cut this takes hours.
    assert len(paragraphs("a" + "\u0316\u0301" * 500_000)) < 100


def test_the_id_is_the_digest_of_url_title_and_text() -> None:
    document = make_document(url="u", title=" A  b ", text="c\n\n\n\nd", source="s", published_ns=1)
    assert document.id == hashlib.sha256(b"u\nA b\nc\n\nd").hexdigest()[:16]


@given(st.text(), st.text(max_size=50))
def test_any_text_makes_a_document(text: str, url: str) -> None:
    assert len(make_document(url=url, title=text, text=text, source=text, published_ns=None).id) == 16


def test_lines_a_machine_wrapped_are_joined_and_written_line_ends_stay() -> None:
    wrapped = (
        "The company said on Wednesday that its revenue rose by\n"
        "26 percent in the third quarter, more than it had pro-\n"
        "mised, and that it would hire more people.\n"
        "\n"
        "Roses are red\nViolets are blue\n\n"
        "- one long point of a list that goes on for a good while\n- two"
    )
    assert reflowed(wrapped) == (
        "The company said on Wednesday that its revenue rose by 26 percent in the third quarter, more than it had"
        " promised, and that it would hire more people.\n\n"
        "Roses are red\nViolets are blue\n\n"
        "- one long point of a list that goes on for a good while\n- two"
    )


def test_wrapped_chinese_is_joined_without_a_space() -> None:
    first, second = "人工智能公司周三宣布，第三季度营业收入增长百分之二十六，达到三千", "八百亿元。"
    assert reflowed(f"{first}\n{second}") == first + second

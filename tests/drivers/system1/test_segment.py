"""Sentences and words of English and Chinese text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.system1.segment import bigrams, content_words, sentences, stem, words


def _split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["The U.S. economy grew 3.5 percent.", "Dr. Smith said so."],
        ["He left the U.S.", "The end."],
        ["Apple Inc. announced it.", "Then xAI came.", "xAI won."],
        ["It was v2.1.", "He said (in Jan. 2025) it was 0.7.5."],
        ["He asked: “Why?”", "She said “No.”", "Next."],
        ['"Really?" he asked.', "Nobody knew."],
        ["They left...", "And so on."],
        ["See Fig. 3.", "Yahoo! shares rose.[1]", "Next one."],
        ["J. K. Rowling wrote it.", "Plan B.", "Then nothing."],
        ["E.g. this, i.e. that, etc. is one sentence."],
        ["(It is closed.)", "It is open."],
        ["1. First item"],
    ],
)
def test_english_sentences_are_divided_where_a_reader_would(expected: list[str]) -> None:
    assert _split(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["价格是3.5元。", "然后……没有了！？", "好的"],
        ["“太好了！”他说。", "他走了。"],
        ["他说：“好。”", "第二天，他来了。"],
        ["（完。）", "《书》是新的；很好。"],
        ["今天结束.", "明天开始"],
    ],
)
def test_chinese_sentences_are_divided_where_a_reader_would(expected: list[str]) -> None:
    assert _split("".join(expected)) == expected


def test_a_newline_ends_a_sentence() -> None:
    assert _split("No period\n\nNext one\r\n  third  ") == ["No period", "Next one", "third"]


@given(st.text() | st.text(alphabet=' .!?。！？…\n\r\u2028"”’)A1a中U.S'))
def test_sentences_cover_all_but_white_space_and_never_overlap(text: str) -> None:
    at = 0
    for span in sentences(text):
        assert not text[at : span.start].strip()
        assert at <= span.start < span.end
        assert text[span.start : span.end].strip() == text[span.start : span.end]
        at = span.end
    assert not text[at:].strip()


def test_words_are_lower_case_and_keep_product_names_whole() -> None:
    assert words("The GPT-4o model's open-source can’t cost 1,048,575 or 3.5 in the U.S.") == (
        "the", "gpt-4o", "model's", "open", "source", "can't", "cost", "1,048,575", "or", "3.5", "in", "the", "u.s",
    )  # fmt: skip


def test_chinese_words_join_to_the_text_they_came_from() -> None:
    text = "阿里巴巴将投资三千八百亿元建设人工智能基础设施"
    assert "".join(words(text)) == text
    assert "投资" in words(text)


def test_full_width_letters_are_folded() -> None:
    assert words("ＡＢＣ１２") == ("abc12",)


def test_content_words_drop_function_words_and_fold_plurals() -> None:
    assert content_words("The companies' models and boxes of the analysis") == ("company", "model", "box", "analysis")
    assert "的" not in content_words("模型的能力")


@pytest.mark.parametrize(
    ("word", "expected"), [("models", "model"), ("glass", "glass"), ("bus", "bus"), ("it's", "it")]
)
def test_a_stem_folds_only_regular_endings(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_bigrams_of_a_run_overlap_by_one() -> None:
    assert bigrams("大模型") == ["大模", "模型"]
    assert bigrams("大") == ["大"]


@given(st.text())
def test_a_word_is_never_empty(text: str) -> None:
    assert all(words(text))
    assert all(content_words(text))


def test_a_word_that_only_its_ending_hid_is_a_function_word() -> None:
    assert content_words("It's the model’s, isn't it?") == ("model",)


def test_milliseconds_end_a_sentence_and_ms_does_not() -> None:
    assert len(sentences("It took 9 ms. The rest waited.")) == 2
    assert len(sentences("It was Ms. Smith who waited.")) == 1

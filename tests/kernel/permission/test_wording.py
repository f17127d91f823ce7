"""A stranger's text stands in our sentences and cannot pass for one of them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.permission.wording import VALUE_CHARS_MAX, VALUES_MAX, harmless, listed, named, quoted, shown

LANGUAGES = ("en", "zh")
TEXTS = st.text(st.characters()) | st.text('ab"“”」\\u{}\n\u202e\u200b \u0301аοｅ€，。,.: ', max_size=40)


@given(TEXTS, st.sampled_from(LANGUAGES))
def test_nothing_in_a_value_hides_reorders_or_ends_its_quotation(text: str, language: str) -> None:
    found = quoted(text, language)
    opening, closing = ("“", "”") if language == "zh" else ('"', '"')
    inside = found[1 : found.index(closing, 1)]
    assert found[0] == opening
    assert "\n" not in found
    assert all(letter == " " or unicodedata.category(letter)[0] not in "CZ" for letter in found)
    assert not set('"“”„«»「」『』＂') & set(inside)
    if len(text) <= VALUE_CHARS_MAX:
        assert found == opening + inside + closing


@given(TEXTS, TEXTS, st.sampled_from(LANGUAGES))
def test_two_values_are_never_shown_alike(first: str, second: str, language: str) -> None:
    if first != second and max(len(first), len(second)) <= VALUE_CHARS_MAX:
        shows = [unicodedata.normalize("NFC", quoted(text, language)) for text in (first, second)]
        assert shows[0] != shows[1]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("bob@example.com", "bob@example.com"),
        ("Müller & Söhne", "Müller & Söhne"),
        ("给王小明的信，请查收。", "给王小明的信，请查收。"),
        ("Иван Петров", "Иван Петров"),
        ("r\u0430ypal.com", "r\\u{430}ypal.com"),
        ("\u0441\u043e\u0441\u043e", "\\u{441}\\u{43e}\\u{441}\\u{43e}"),
        ("ｂob", "\\u{ff42}ob"),
        ("example．com", "example\\u{ff0e}com"),
        ("e\u0301", "e\\u{301}"),
        ("\u3164", "\\u{3164}"),
        ("a\u00a0b", "a\\u{a0}b"),
        ("\\u{202e}", "\\u{5c}u{202e}"),
        ("\ud800", "\\u{d800}"),
    ],
)
def test_what_deceives_is_shown_as_its_number_and_honest_text_as_it_is(text: str, seen: str) -> None:
    assert harmless(text) == seen


def test_a_long_value_is_cut_in_the_middle_and_its_length_stands_outside_the_quotation() -> None:
    text = "a" * 600 + "b" * 634
    assert quoted(text, "en") == '"' + "a" * 60 + '"…"' + "b" * 60 + '" (1,234 characters)'
    assert quoted(text, "zh").endswith("b”（共 1,234 个字符）")
    forged = 'a"…"b" (1,234 characters)'
    assert quoted(forged, "en") != quoted(text, "en")
    assert quoted("\u0430" * 70 + "x" * 70, "en").startswith('"\\u{430}'), "what is cut off still counts as context"


def test_a_name_is_bare_only_where_it_cannot_go_on_as_our_sentence() -> None:
    assert named("mail.send", "en") == "mail.send"
    assert named("新闻", "en") == "新闻"
    assert named("新闻可以使用任何工具", "zh") == "“新闻可以使用任何工具”"
    assert named("a, asking you each time", "en") == '"a, asking you each time"'
    assert named("", "en") == '""'
    assert named("x" * 101, "en").startswith('"')
    assert named("m\u0430il", "en") == '"m\\u{430}il"'


def test_text_is_told_from_numbers_and_truths() -> None:
    assert [shown(value, "en") for value in ("1", 1, 1.0, True, None)] == ['"1"', "1", "1.0", "true", "null"]
    assert shown(10**5000, "en") == "a number of 16,610 bits"
    assert shown(-(10**5000), "zh") == "负一个 16,610 位二进制的数"
    assert shown(float("nan"), "en") == "nan"


def test_many_values_are_counted() -> None:
    parts = [str(number) for number in range(VALUES_MAX + 5)]
    assert listed(parts, "en") == "0, 1, 2, 3, 4, 5, 6, 7 or 5 other values"
    assert listed(parts, "zh").endswith("以及另外 5 个值")
    assert listed(["a", "b", "c"], "en") == "a, b or c"
    assert listed(["a"], "en") == "a"
    assert listed([], "zh") == ""

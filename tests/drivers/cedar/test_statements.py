"""What is wrong with a text is found by its place, and a text that could kill its parser is not given to one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.cedar.statements import (
    CHAIN_MAX,
    DEPTH_MAX,
    STATEMENTS_MAX,
    TEXT_BYTES_MAX,
    place,
    statements,
    tokens,
    too_much,
)

RULE = "forbid (principal, action, resource);"


def test_comments_and_texts_hide_no_semicolon_and_no_bracket() -> None:
    text = f'// ; (((\n@reason("a; (b \\" c") {RULE}\n{RULE}'
    found = statements(tokens(text))
    assert [place(text, one.at).line for one in found] == [2, 3]
    assert too_much(text) is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("(" * (DEPTH_MAX + 1), "nested deeper"),
        ("[{(" * (DEPTH_MAX // 3 + 1), "nested deeper"),
        ("a" * (TEXT_BYTES_MAX + 1), "bytes"),
        ("é" * (TEXT_BYTES_MAX // 2 + 1), "bytes"),
        (RULE * (STATEMENTS_MAX + 1), "rules"),
        ("! " * (CHAIN_MAX + 1), "words and signs"),
    ],
)
def test_what_exceeds_a_bound_is_named_before_anything_parses_it(text: str, what: str) -> None:
    found = too_much(text)
    assert found is not None
    assert what in found[0]


def test_brackets_in_a_row_are_not_nested() -> None:
    assert too_much("(a)" * 200) is None
    assert too_much(")" * 200 + "(") is None


def test_a_place_counts_from_one() -> None:
    assert (place("ab\ncd", 4).line, place("ab\ncd", 4).column) == (2, 2)
    assert (place("", 0).line, place("", 0).column) == (1, 1)


@given(st.text(max_size=60) | st.text('();"\\/ \nab', max_size=60))
def test_any_text_is_cut_and_nothing_is_lost(text: str) -> None:
    found = tokens(text)
    assert all(text[token.at : token.at + len(token.text)] == token.text for token in found)
    assert tuple(token for one in statements(found) for token in one.tokens) == found
    assert too_much(text) is None or text

"""Tokens of time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.compile.times.tokens import tokens


def _kinds(prose: str) -> list[str]:
    return [token.kind for token in tokens(prose)]


def test_words_between_are_words_and_sentences_end() -> None:
    assert _kinds("every day read it. At 9am go") == ["every", "unit", "stop", "clock", "word"] or _kinds(
        "every day read it. At 9am go"
    ) == ["every", "unit", "stop", "at", "clock", "word"]


@pytest.mark.parametrize(
    "name",
    [
        "nightly-backup",
        "reports/weekly.md",
        "today.txt",
        "daily@example.org",
        "https://x.example/2026-01-01/a",
        "last_week_total",
    ],
)
def test_pieces_of_names_and_paths_are_no_times(name: str) -> None:
    assert set(_kinds(f"read {name} now")) <= {"word", "dash"}


def test_what_is_quoted_is_not_said_unless_all_is() -> None:
    assert "every" not in _kinds('write "every Monday" under it')
    assert "every" in _kinds('"every Monday at nine"')


@given(st.text(max_size=200))
def test_tokens_lie_in_order_within_the_prose(prose: str) -> None:
    edge = 0
    for token in tokens(prose):
        assert edge <= token.start < token.end <= len(prose)
        edge = token.end

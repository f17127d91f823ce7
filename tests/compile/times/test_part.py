"""Walking tokens."""

from __future__ import annotations

from datetime import date

from ergos.compile.times.part import SKIPPED_MAX, Text
from ergos.compile.times.tokens import tokens


def test_only_a_few_tokens_are_passed_over() -> None:
    text = Text("the " * 50, tokens("the " * 50), date(2026, 1, 1))
    assert text.past(0, frozenset({"the"})) == SKIPPED_MAX
    assert text.kind(49) == "the"
    assert text.kind(50) == ""
    assert text.kind(-1) == ""

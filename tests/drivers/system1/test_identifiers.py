"""Tokens with digits that count nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.system1.identifiers import identifiers


def _found(text: str) -> list[str]:
    return [text[span.start : span.end] for span in identifiers(text)]


@pytest.mark.parametrize(
    "token",
    ["GPT-4o", "H200", "v0.3.0", "1.2.22", "1.2.x", "3.12rc1", "0.66b2", "Qwen3-Max", "Llama-3.1-70B", "5G", "COVID-19", "2511.09030",
     "2403.16971v2", "https://a.org/b?c=3", "a.org/x1", "me@a.org", "10:30", "3840x2160", "F-16", "text-embedding-3-large"],
)  # fmt: skip
def test_a_token_that_names_something_is_an_identifier(token: str) -> None:
    assert _found(f"see {token}, and") == [token]
    assert _found(f"发布{token}。") == [token]


@pytest.mark.parametrize(
    "token",
    ["7B", "10k", "80GB", "5ms", "2x", "24-hour", "3-year", "mid-2025", "5-6", "20-30%", "1,048,575", "3.5", "2025-09-24", "Q3", "USD400", "1st"],
)  # fmt: skip
def test_a_token_that_reads_as_a_quantity_or_date_is_none(token: str) -> None:
    assert _found(f"see {token}, and") == []


@given(st.text() | st.text(alphabet="a1.-/:@ vV_x"))
def test_identifiers_stand_in_order_without_overlap(text: str) -> None:
    at = 0
    for span in identifiers(text):
        assert at <= span.start < span.end <= len(text)
        at = span.end

"""Figures from rows: exact, by currency and by group, or left to somebody who understands."""

from __future__ import annotations

import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import NoModelError
from ergos.verify.standard_sums import computed

ROWS: list[dict[str, Plain]] = [
    {"supplier": "Acme", "total": {"amount": "100.10", "currency": "EUR"}, "items": 3},
    {"supplier": "Globex", "total": "20.20 EUR", "items": "4"},
    {"supplier": "Acme", "total": "5 USD", "items": None},
    {"supplier": "Acme", "total": None, "items": 1},
]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("the sum of total", "120.30 EUR; 5 USD (1 rows without a number)"),
        ("total", "120.30 EUR; 5 USD (1 rows without a number)"),
        ("how many invoices", "4"),
        ("average items", "2.67 (1 rows without a number)"),
        ("the largest total", "100.10 EUR; 5 USD (1 rows without a number)"),
        ("minimum of items", "1 (1 rows without a number)"),
        ("sum of items by supplier", "Acme: 4 (1 rows without a number)\nGlobex: 4"),
        ("number of rows per supplier", "Acme: 3\nGlobex: 1"),
        ("按supplier汇总求和 total", "Acme: 100.10 EUR; 5 USD (1 rows without a number)\nGlobex: 20.20 EUR"),
        ("一共多少条", "4"),
        ("the money spent", "120.30 EUR; 5 USD (1 rows without a number)"),
        ("total for supplier Globex", "20.20 EUR"),
        ("各supplier的笔数", "Acme: 3\nGlobex: 1"),
        ("金额总和", "120.30 EUR; 5 USD (1 rows without a number)"),
    ],
)
def test_a_figure_is_computed_as_it_was_asked_for(what: str, said: str) -> None:
    assert computed(ROWS, what) == said


@pytest.mark.parametrize(
    "what",
    ["the median of total", "predict next year", "sum of colours", "total in January", "本月合计", "total per month"],
)
def test_what_is_no_such_figure_is_left_to_a_model(what: str) -> None:
    rows = [{"a": 1, "b": 2}] if what == "sum of colours" else ROWS
    with pytest.raises(NoModelError):
        computed(rows, what)


def test_of_no_rows_there_is_a_count_and_no_sum() -> None:
    assert computed([], "count") == "0"
    with pytest.raises(NoModelError):
        computed([], "sum of total")

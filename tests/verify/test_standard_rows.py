"""Conditions on records as people say them."""

from __future__ import annotations

import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import NoModelError
from ergos.verify.standard_rows import kept, restricted, said

ROWS: list[dict[str, Plain]] = [
    {"supplier": "A", "total": "120.50 EUR", "date": "2026-01-03", "category": "food"},
    {"supplier": "B", "total": "80 EUR", "date": "2026-01-09", "category": "travel"},
    {"supplier": "A", "total": "50 USD", "date": "2026-02-01", "category": "food"},
]
CHINESE: list[dict[str, Plain]] = [
    {"商户": "甲", "金额": "120.5元", "类别": "餐饮"},
    {"商户": "乙", "金额": "80元", "类别": "交通"},
]


@pytest.mark.parametrize(
    ("about", "places"),
    [
        ("total over 100 EUR", [0]),
        ("total at most 80 EUR", [1]),
        ("category is food", [0, 2]),
        ("category is not food", [1]),
        ("date after 2026-01-05", [1, 2]),
        ("only rows where supplier = B", [1]),
        ("vendor is A", [0, 2]),
    ],
)
def test_records_are_kept_by_a_condition_in_words(about: str, places: list[int]) -> None:
    assert kept(ROWS, about) == [ROWS[place] for place in places]


@pytest.mark.parametrize(
    ("about", "places"),
    [
        ("金额大于100元", [0]),
        ("金额不超过80元", [1]),
        ("类别为餐饮", [0]),
        ("商户是乙的记录", [1]),
        ("类别不是餐饮", [1]),
    ],
)
def test_chinese_records_are_kept_by_a_condition_in_words(about: str, places: list[int]) -> None:
    assert kept(CHINESE, about) == [CHINESE[place] for place in places]


def test_amounts_of_other_currencies_do_not_fit() -> None:
    assert kept([{"total": "500 USD"}], "total over 100 EUR") == []


def test_what_is_no_condition_on_these_records_is_left_to_others() -> None:
    assert kept(ROWS, "anything about banks") is None
    assert kept(["a", "b"], "total over 3") is None
    assert said(["total"], "weather") is None


def test_two_conditions_are_not_taken_for_one() -> None:
    with pytest.raises(NoModelError):
        kept(ROWS, "total over 100 EUR and category is food")


def test_a_question_about_a_value_is_about_its_records() -> None:
    assert restricted(ROWS, "the total for supplier A") == [ROWS[0], ROWS[2]]
    assert restricted(ROWS, "how much went into travel") == [ROWS[1]]
    assert restricted(CHINESE, "餐饮花了多少钱") == [CHINESE[0]]
    assert restricted(ROWS, "a total of all") == ROWS

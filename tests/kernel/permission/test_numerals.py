"""A number has one spelling, however it was written."""

from __future__ import annotations

import pytest

from ergos.kernel.permission.numerals import han_value, number, shifted, shortest


def test_a_number_without_digits_has_no_token() -> None:
    for value in (float("nan"), float("inf"), -float("inf"), 10**5_000, 1e300):
        assert number(value) == ""
    assert number(98.7) == number(98.70) == "n:98.7"
    assert number(4.0) == number(4) == "n:4"


@pytest.mark.parametrize(
    ("digits", "short"), [("+007.50", "7.5"), ("-0.0", "0"), ("000", "0"), ("-1.20", "-1.2"), ("12", "12")]
)
def test_a_decimal_loses_what_says_nothing(digits: str, short: str) -> None:
    assert shortest(digits) == short


def test_a_decimal_is_moved_by_its_point() -> None:
    assert shortest(shifted("1.5", 3)) == "1500"
    assert shortest(shifted("1.23456", 4)) == "12345.6"


@pytest.mark.parametrize(
    ("digits", "value"),
    [("三百二十", 320), ("二〇二四", 2024), ("十", 10), ("三万五千", 35_000), ("一亿二千万", 120_000_000), ("两", 2)],
)
def test_a_chinese_numeral_has_its_value(digits: str, value: int) -> None:
    assert han_value(digits) == value

"""Numbers and amounts in every usual spelling of them; what is none is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.amounts import Money, money, number

NUMBERS = (
    ("1,234.50", "1234.50"),
    ("1.234,50", "1234.50"),
    ("1 234,50", "1234.50"),
    ("1\u202f234,50", "1234.50"),
    ("1'234.50", "1234.50"),
    ("1,234", "1234"),
    ("1,23", "1.23"),
    ("1.234", "1.234"),
    ("1.234.567", "1234567"),
    ("12,34,567.89", "1234567.89"),
    ("-5", "-5"),
    ("−5", "-5"),
    ("1.000,-", "1000"),
    ("3.5万", "35000"),
    ("2k", "2000"),
    ("19 %", "19"),
    ("０１２", "12"),
)


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_a_number_is_read_in_the_spelling_of_any_country(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


def test_where_a_comma_is_the_decimal_mark_a_point_groups() -> None:
    assert number("1.234", comma=True) == Decimal(1234)
    assert number("1,234", comma=True) == Decimal("1.234")


@pytest.mark.parametrize("text", ["", "1,,2", "1.2.3", "1e5", "five", "1 2 3 4", "9" * 61, "1,23,4", "--5"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number(text) is None


def test_truth_is_no_number_and_a_number_is_one() -> None:
    assert number(True) is None
    assert (number(5), number(2.5)) == (Decimal(5), Decimal("2.5"))
    assert number(float("inf")) is None
    assert number(None) is None


MONEY = (
    ("1000 EUR", "1000", "EUR"),
    ("€ 1.234,50", "1234.50", "EUR"),
    ("1.234,50€", "1234.50", "EUR"),
    ("$1,000", "1000", "USD"),
    ("usd 5", "5", "USD"),
    ("¥3.5万", "35000.0", "CNY"),
    ("人民币1200元", "1200", "CNY"),
    ("5 万元", "50000", "CNY"),
    ("(12.00 EUR)", "-12.00", "EUR"),
    ("-€5", "-5", "EUR"),
    ("12 CHF", "12", "CHF"),
    ("HK$ 8", "8", "HKD"),
)


@pytest.mark.parametrize(("text", "amount", "currency"), MONEY)
def test_an_amount_is_read_with_its_currency(text: str, amount: str, currency: str) -> None:
    assert money(text) == Money(Decimal(amount), currency)


@pytest.mark.parametrize("text", ["1000", "EUR", "5 frobs", "", "EUR 5 USD", "12 m"])
def test_a_number_without_one_currency_is_no_amount(text: str) -> None:
    assert money(text) is None


def test_a_record_of_amount_and_currency_is_an_amount_and_back() -> None:
    found = money({"amount": "12.50", "currency": "eur"})
    assert found == Money(Decimal("12.50"), "EUR")
    assert found.plain() == {"amount": "12.50", "currency": "EUR"}
    assert money({"amount": "x", "currency": "EUR"}) is None


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from([",", ".", " ", "'"]))
def test_what_is_written_with_grouping_is_read_back(value: Decimal, group: str) -> None:
    mark = "," if group in ". " else "."
    text = f"{value:,.2f}".replace(",", "\0").replace(".", mark).replace("\0", group)
    assert number(text) == value


@given(st.text(max_size=80))
def test_no_text_is_too_odd(text: str) -> None:
    number(text)
    money(text)

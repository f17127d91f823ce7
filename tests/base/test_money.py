"""Money is exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.base.money import Amount, Price, format_money, parse_money

AMOUNTS = st.builds(Amount, st.integers(), st.integers())


@given(st.integers(0, 10**15))
def test_what_is_shown_can_be_read_back(microusd: int) -> None:
    assert parse_money(format_money(microusd).replace(",", "")) == microusd


@given(AMOUNTS, AMOUNTS)
def test_amounts_add_and_subtract_exactly(a: Amount, b: Amount) -> None:
    assert a + b - b == a
    assert -a + a == Amount()
    assert a.at_most(b).covers(a) is (b.covers(a) and a.covers(a))
    assert bool(a) is (a != Amount())


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_prices_round_up_so_that_caps_do_not_leak(per_call: int, per_million: int, tokens: int) -> None:
    charged = Price(per_call, per_million).of(tokens) - per_call
    assert charged * 1_000_000 >= tokens * per_million > (charged - 1) * 1_000_000


@pytest.mark.parametrize(
    ("text", "microusd"), [("5", 5_000_000), ("$0.25", 250_000), (" 2 usd ", 2_000_000), ("3 美元", 3_000_000)]
)
def test_amounts_are_read_in_both_languages(text: str, microusd: int) -> None:
    assert parse_money(text) == microusd


@pytest.mark.parametrize("text", ["", "-5", "5 eur", "€5", "1e3", "0.0000001", "1,000", "five", "5 5", "nan", "$"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueShapeError):
        parse_money(text)


def test_negative_amounts_and_fractions_of_cents_are_shown() -> None:
    assert format_money(-2_000_000) == "-$2.00"
    assert format_money(300) == "$0.000300"

from decimal import Decimal

import pytest

from ergos.compile.words.money import amounts, number_of


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("$5", "5 USD"),
        ("five dollars", "5 USD"),
        ("20 cents", "0.2 USD"),
        ("1.000,50 €", "1000.5 EUR"),
        ("1,000 EUR", "1000 EUR"),
        ("1,5 EUR", "1.5 EUR"),
        ("EUR 1000", "1000 EUR"),
        ("五块五", "5.5 CNY"),
        ("五美元", "5 USD"),
        ("十万 tokens", "100000 tokens"),
        ("100k tokens", "100000 tokens"),
        ("一万元", "10000 CNY"),
        ("3万块", "30000 CNY"),
        ("half a dollar", "0.5 USD"),
        ("-5 dollars", "-5 USD"),
        ("两毛美元", "0.2 USD"),
        ("一毛五", "0.15 CNY"),
        ("a buck", "1 USD"),
        ("10刀", "10 USD"),
        ("400瑞郎", "400 CHF"),
    ],
)
def test_every_spelling_of_an_amount_is_one_value(text: str, spelled: str) -> None:
    assert [one.spelled for one in amounts(text)] == [spelled]


def test_a_point_for_thousands_can_be_a_decimal_point_and_says_so() -> None:
    assert [(one.spelled, one.ambiguous) for one in amounts("1.500 EUR")] == [("1500 EUR", True)]


def test_words_and_han_count_as_digits_do() -> None:
    assert [number_of(text) for text in ("3", "three", "三", "1.5k", "word")] == [3, 3, 3, Decimal(1500), None]

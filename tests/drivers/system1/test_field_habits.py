"""Habits that documents show."""

from __future__ import annotations

from ergos.drivers.system1.field_habits import habits_of


def test_the_decimal_mark_is_that_of_amounts_that_read_one_way_only() -> None:
    assert habits_of("1.234,50 und 10,00 und 3.5").comma
    assert not habits_of("1,234.50 and 10.00").comma


def test_a_day_above_twelve_tells_the_order_of_all_days() -> None:
    assert habits_of("03/04/2026 and 25/04/2026").day_first is True
    assert habits_of("03/04/2026 and 04/25/2026").day_first is False
    assert habits_of("03/04/2026").day_first is None


def test_two_currencies_named_equally_often_are_no_habit() -> None:
    assert habits_of("EUR 5 and GBP 4").currency == ""
    assert habits_of("EUR 5, EUR 6 and GBP 4").currency == "EUR"

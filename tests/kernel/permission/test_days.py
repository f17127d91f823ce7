"""The calendar without a clock agrees with the one of the standard library."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.permission import days

EPOCH = datetime.date(1970, 1, 1)


@given(st.dates())
def test_a_day_has_the_number_that_the_standard_library_gives_it(day: datetime.date) -> None:
    number = days.number(day.year, day.month, day.day)
    assert number == (day - EPOCH).days
    assert days.date(number) == (day.year, day.month, day.day)
    assert days.is_day(day.year, day.month, day.day)


@given(st.integers(-5, 10_005), st.integers(-2, 15), st.integers(-2, 33))
def test_a_day_is_one_where_the_standard_library_knows_it(year: int, month: int, day: int) -> None:
    try:
        datetime.date(year, month, day)
        known = True
    except ValueError:
        known = False
    assert days.is_day(year, month, day) is known

"""Dates of English and Chinese text."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.system1.dates import dates


def _values(text: str) -> list[str]:
    return [day.value for day in dates(text)]


@given(st.dates(min_value=datetime.date(1900, 1, 1), max_value=datetime.date(2099, 12, 31)))
def test_every_day_reads_the_same_in_every_spelling(day: datetime.date) -> None:
    spellings = (
        day.isoformat(), f"{day.day} {day:%B} {day.year}", f"{day:%B} {day.day}, {day.year}", f"{day:%b} {day.day}, {day.year}",
        f"{day.year}年{day.month}月{day.day}日", f"{day.year}/{day.month}/{day.day}",
    )  # fmt: skip
    assert [_values(f"({spelling})") for spelling in spellings] == [[day.isoformat()]] * len(spellings)


@pytest.mark.parametrize(
    "text", ["2025-13-01", "2025年13月", "may go", "march on", "May go", "in 20250", "1.2025.3", "$2000", "2000 users"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert [value for value in _values(text) if len(value) > 4 or value == "2000"] == []


def test_an_ambiguous_slashed_date_keeps_its_own_spelling() -> None:
    assert _values("on 9/5/2025") == ["9/5/2025"]


@pytest.mark.parametrize(
    ("text", "value"), [("1990年代", "1990s"), ("2025年上半年", "2025-H1"), ("the first half of 2025", "2025-H1")]
)
def test_parts_of_years_and_decades_are_told_apart(text: str, value: str) -> None:
    assert _values(text) == [value]

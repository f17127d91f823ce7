"""Recurrences."""

from __future__ import annotations

import pytest

from ergos.compile.times.parts import parts
from ergos.compile.times.repeats import days, month_days, nth
from tests.compile.text_of import text_of


@pytest.mark.parametrize(
    ("prose", "unit", "number"),
    [
        ("every day", "day", 1), ("every 3 days", "day", 3), ("every other week", "week", 2), ("every half hour", "minute", 30),
        ("every hour and a half", "hour", 1), ("every second", "second", 1), ("hourly", "hour", 1), ("每三天", "day", 3), ("每隔一周", "week", 2),
        ("every 0 minutes", "minute", 0),
    ],
)  # fmt: skip
def test_units_and_intervals(prose: str, unit: str, number: int) -> None:
    part = parts(text_of(prose))[0]
    assert (part.kind, part.unit, part.number) == ("repeat", unit, number)


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("Mondays, Wednesdays and Fridays", (0, 2, 4)), ("Friday to Monday", (0, 4, 5, 6)), ("Mon-Wed-Fri", (0, 2, 4)),
        ("weekdays", (0, 1, 2, 3, 4)), ("weekends", (5, 6)), ("周一到周三", (0, 1, 2)), ("每周二、四", (1, 3)),
    ],
)  # fmt: skip
def test_weekdays(prose: str, expected: tuple[int, ...]) -> None:
    found = days(text_of(prose), 0)
    assert found is not None
    assert found[0].days == expected


def test_a_single_weekday_does_not_recur() -> None:
    found = days(text_of("on Monday"), 0)
    assert found is not None
    assert found[0].flag == "single"


def test_ordinals_of_months_and_quarters() -> None:
    found = nth(text_of("the second and last Friday of the quarter"), 0)
    assert found is not None
    assert (found[0].numbers, found[0].days, found[0].unit) == ((2, -1), (4,), "quarter")
    listed = month_days(text_of("1、11、21号"), 0)
    assert listed is not None
    assert listed[0].numbers == (1, 11, 21)


@pytest.mark.parametrize("prose", ["every invoice", "the dishes for each day", "each of them", "every", "every 5"])
def test_every_thing_is_no_recurrence(prose: str) -> None:
    assert [part.kind for part in parts(text_of(prose)) if part.kind != "sep"] == []

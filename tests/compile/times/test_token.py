"""What makes a token."""

from __future__ import annotations

import pytest

from ergos.compile.times.token import clock_token, date_token, in_part, month_of, small, unit_of


@pytest.mark.parametrize(
    ("hour", "part", "meant"),
    [
        (8, "morning", 8), (12, "noon", 12), (1, "noon", 13), (3, "afternoon", 15), (12, "afternoon", 12), (7, "evening", 19),
        (12, "evening_zh", 0), (10, "night", 22), (2, "night", 2), (12, "midnight", 0), (2, "dawn", 2), (20, "morning", -1),
        (19, "evening_zh", 19), (30, "night", -1),
    ],
)  # fmt: skip
def test_hours_of_parts_of_the_day(hour: int, part: str, meant: int) -> None:
    assert in_part(hour, part) == meant


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8", 8),
        ("twenty-five", 25),
        ("十五", 15),
        ("两", 2),
        ("二〇二七", 2027),
        ("99999", -1),
        ("半", -1),
        ("", -1),
        ("blue", -1),
    ],
)
def test_numbers_in_three_spellings(text: str, value: int) -> None:
    assert small(text) == value


def test_dates_that_cannot_be_say_so() -> None:
    impossible = date_token((0, 1), 0, 2, 30)
    assert impossible is not None
    assert impossible.flag == "impossible"
    assert date_token((0, 1), 0, 13, 1) is None
    leap = date_token((0, 1), 0, 2, 29)
    assert leap is not None
    assert leap.flag == ""


@pytest.mark.parametrize(
    ("hour", "half", "expected"),
    [(12, "am", (0, "twelve")), (12, "pm", (12, "twelve")), (3, "p.m.", (15, "exact")), (13, "am", (13, "conflict"))],
)
def test_am_and_pm(hour: int, half: str, expected: tuple[int, str]) -> None:
    token = clock_token((0, 1), hour, 0, half=half)
    assert token is not None
    assert (token.number, token.flag) == expected


def test_names_of_months_and_units() -> None:
    assert (month_of("Sept."), month_of("mar"), month_of("December")) == (9, 3, 12)
    assert (unit_of("Hours"), unit_of("mins"), unit_of("星期"), unit_of("parsecs")) == ("hour", "minute", "week", "")

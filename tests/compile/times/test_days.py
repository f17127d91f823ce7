"""Days that words name, read on Thursday 26 November 2026."""

from __future__ import annotations

from datetime import date

import pytest

from ergos.compile.times.days import Role, ahead, day_at
from ergos.compile.times.tokens import tokens

TODAY = date(2026, 11, 26)


def _day(words: str, role: Role = "day") -> str:
    found = day_at(tokens(words), 0, TODAY, role)
    return found[0].day.isoformat() if found and found[0].day else ""


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", "2026-11-26"), ("tomorrow", "2026-11-27"), ("the day after tomorrow", "2026-11-28"), ("Friday", "2026-11-27"),
        ("Thursday", "2026-12-03"), ("this Friday", "2026-11-27"), ("next Friday", "2026-12-04"), ("next week", "2026-11-30"),
        ("next month", "2026-12-01"), ("next year", "2027-01-01"), ("3 January", "2027-01-03"), ("3 January 2028", "2028-01-03"),
        ("December 24", "2026-12-24"), ("26 November", "2026-11-26"), ("25 November", "2027-11-25"), ("29 February", "2028-02-29"),
        ("30 February", ""), ("the end of March", "2027-03-31"), ("the end of the month", "2026-11-30"), ("the end of next month", "2026-12-31"),
        ("the end of the quarter", "2026-12-31"), ("the beginning of next year", "2027-01-01"), ("end of 2027", "2027-12-31"),
        ("明天", "2026-11-27"), ("大后天", "2026-11-29"), ("周五", "2026-11-27"), ("下周一", "2026-11-30"), ("下下周三", "2026-12-09"),
        ("这周日", "2026-11-29"), ("月底", "2026-11-30"), ("年底", "2026-12-31"), ("下个月底", "2026-12-31"), ("下个月3号", "2026-12-03"),
        ("明年一月", "2027-01-01"), ("明年3月5日", "2027-03-05"), ("三月底", "2027-03-31"), ("2027年2月28日", "2027-02-28"),
    ],
)  # fmt: skip
def test_what_day_is_meant(words: str, day: str) -> None:
    assert _day(words) == day


def test_a_stretch_stands_for_its_first_or_its_last_day() -> None:
    assert (_day("March", "first"), _day("March", "last")) == ("2027-03-01", "2027-03-31")
    assert (_day("next week", "first"), _day("next week", "last")) == ("2026-11-30", "2026-12-06")
    assert (_day("一月", "first"), _day("一月", "last")) == ("2027-01-01", "2027-01-31")


def test_a_month_later_than_the_31st_is_its_last_day() -> None:
    assert ahead(date(2027, 1, 31), 1, "month") == date(2027, 2, 28)
    assert ahead(date(2024, 2, 29), 1, "year") == date(2025, 2, 28)
    assert ahead(TODAY, 2, "fortnight") == date(2026, 12, 24)
    assert ahead(TODAY, 10**9, "day").year < 2100


@pytest.mark.parametrize("words", ["", "hello", "next", "the end of", "every", "on the"])
def test_what_names_no_day_is_none(words: str) -> None:
    assert day_at(tokens(words), 0, TODAY) is None

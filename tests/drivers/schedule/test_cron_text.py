"""Cron expressions."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.schedule.cron_text import cron_misfit, cron_times


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("61 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 32 * *", "day of the month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day of the week"),
        ("* * * *", "4 fields"),
        ("* * * * * *", "6 fields"),
        ("@daily", "1 fields"),
        ("0 0 30 2 *", "one that its months have"),
        ("1," * 5_000, "characters"),
        ("", "0 fields"),
    ],
)
def test_a_bad_field_is_named(text: str, why: str) -> None:
    assert why in cron_misfit(text)


def test_times_begin_at_the_floor() -> None:
    floor = datetime.fromisoformat("2026-01-02T09:00")
    assert [moment.hour for moment in islice(cron_times("0 9,17 * * MON-FRI", floor), 3)] == [9, 17, 9]


def test_february_29_is_found_years_ahead() -> None:
    assert next(cron_times("0 0 29 2 *", datetime.fromisoformat("2025-01-01T00:00"))) == datetime.fromisoformat(
        "2028-02-29T00:00"
    )
    assert cron_misfit("0 0 29 2 *") == ""


@given(st.text(alphabet="0123456789*/,-#LWMONSU ", max_size=40) | st.text(max_size=30))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    if not cron_misfit(text):
        assert next(cron_times(text, datetime.fromisoformat("2026-01-01T00:00")))

"""Dates of metadata are read in the two standard forms, or not at all."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.sources.moment import from_text

NOON_NS = 1_735_732_800 * 10**9


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-01T12:00:00Z",
        "2025-01-01 12:00",
        "Wed, 01 Jan 2025 14:00:00 +0200",
        " 20250101T120000Z ",
        '"2025-01-01T12:00"',
    ],
)
def test_standard_dates_are_read_as_utc(text: str) -> None:
    assert from_text(text) == NOON_NS


@pytest.mark.parametrize("text", ["2025-01-01", "2025/1/1", "2025年1月1日", "2025.01.01"])
def test_a_day_is_its_midnight(text: str) -> None:
    assert from_text(text) == NOON_NS - 12 * 3600 * 10**9


@pytest.mark.parametrize(
    "text", ["", "soon", "0001-01-01", "9999-12-31T23:59:59Z", "2025-13-45", "32 Foo 2025", "1" * 10_000]
)
def test_what_nobody_can_mean_is_no_date(text: str) -> None:
    assert from_text(text) is None


@given(st.integers(-2_208_988_800 * 10**6, 7_258_118_399 * 10**6))
def test_every_instant_comes_back_to_the_microsecond(instant_us: int) -> None:
    moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=instant_us)
    assert from_text(moment.isoformat()) == instant_us * 1_000


@given(st.text(max_size=60))
def test_no_text_is_an_accident(text: str) -> None:
    found = from_text(text)
    assert found is None or -(10**19) < found < 10**19

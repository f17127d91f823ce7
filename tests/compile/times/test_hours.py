"""Times of day of a group, and exclusions."""

from __future__ import annotations

import pytest

from ergos.compile.times.hours import is_out, left_out_span, shown
from tests.compile.times_cases import read


@pytest.mark.parametrize(("minute", "out"), [(1_319, False), (1_320, True), (0, True), (419, True), (420, False)])
def test_an_exclusion_goes_over_midnight_and_leaves_its_end(minute: int, out: bool) -> None:
    assert (is_out(minute, [(1_320, 420, (0, 1))]) is not None) == out


def test_a_chinese_evening_that_is_left_out_lasts_until_the_morning() -> None:
    assert left_out_span("evening_zh") == left_out_span("night") == (22, 7)
    assert shown((8, 5)) == "08:05"


@pytest.mark.parametrize(
    ("prose", "rule"),
    [
        ("every day at 5", "FREQ=DAILY;BYHOUR=17;BYMINUTE=0"),
        ("every day at 8", "FREQ=DAILY;BYHOUR=8;BYMINUTE=0"),
        ("every day at 5:30", "FREQ=DAILY;BYHOUR=5;BYMINUTE=30"),
        ("every morning at 8:30 and 17:00", "FREQ=DAILY;BYHOUR=8;BYMINUTE=30\nFREQ=DAILY;BYHOUR=17;BYMINUTE=0"),
        ("every evening at 7:30", "FREQ=DAILY;BYHOUR=19;BYMINUTE=30"),
        ("每天三点", "FREQ=DAILY;BYHOUR=15;BYMINUTE=0"),
    ],
)
def test_what_hour_is_meant(prose: str, rule: str) -> None:
    assert read(prose).schedules[0].value.rule == rule

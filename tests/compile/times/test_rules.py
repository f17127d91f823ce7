"""Canonical rules."""

from __future__ import annotations

import pytest

from ergos.compile.times.rules import Rules, Shape
from tests.compile.times_cases import read


def test_hours_with_the_same_minutes_share_a_line() -> None:
    rules = Rules((Shape("DAILY"),), ((8, 0), (9, 30), (12, 0)))
    assert (
        rules.lines("COUNT=2") == "FREQ=DAILY;BYHOUR=8,12;BYMINUTE=0;COUNT=2\nFREQ=DAILY;BYHOUR=9;BYMINUTE=30;COUNT=2"
    )


def test_positions_choose_days_and_never_times() -> None:
    rules = Rules((Shape("MONTHLY", days=("MO", "TU"), positions=(-1,)),), ((9, 0), (17, 0)))
    assert len(rules.lines().splitlines()) == 2


@pytest.mark.parametrize(
    ("prose", "rule"),
    [
        ("every 90 minutes", "FREQ=MINUTELY;INTERVAL=90"),
        ("every 120 minutes", "FREQ=HOURLY;INTERVAL=2;BYMINUTE=0"),
        ("every 10 minutes during the night", "FREQ=MINUTELY;INTERVAL=10;BYHOUR=0,1,2,3,4,5,6,22,23"),
        ("every 2 hours but never at night", "FREQ=DAILY;BYHOUR=8,10,12,14,16,18,20;BYMINUTE=0"),
        ("every 2 quarters", "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0"),
        ("four times a year", "FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0"),
        ("four times an hour", "FREQ=MINUTELY;INTERVAL=15"),
        ("in January and July on the 5th at 9am", "FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=5;BYHOUR=9;BYMINUTE=0"),
    ],
)
def test_rules_are_spelt_by_the_table(prose: str, rule: str) -> None:
    assert read(prose).schedules[0].value.rule == rule

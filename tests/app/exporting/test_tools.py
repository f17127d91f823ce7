"""Our times as cron expressions: only where they mean the same."""

from __future__ import annotations

import pytest

from ergos.app.exporting.tools import NAMES, cron_of, every_ms_of, named
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.kernel.permission.grants import Grant
from ergos.kernel.triggers import Schedule

NOW_NS = 1_795_000_000 * 10**9


@pytest.mark.parametrize(
    ("rule", "cron"),
    [
        ("FREQ=DAILY;BYHOUR=8;BYMINUTE=0", "0 8 * * *"),
        ("FREQ=DAILY;BYHOUR=8,20;BYMINUTE=30", "30 8,20 * * *"),
        ("FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=17;BYMINUTE=15", "15 17 * * 1,5"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=6;BYMINUTE=0", "0 6 1 * *"),
        ("FREQ=HOURLY;BYMINUTE=10", "10 * * * *"),
    ],
)
def test_a_simple_recurrence_and_its_expression_fire_at_the_same_times(rule: str, cron: str) -> None:
    first, second = Schedule(name="a", rule=rule), Schedule(name="b", cron=cron)
    assert cron_of(first) == cron
    calendar = HostCalendar()
    at = [NOW_NS, NOW_NS]
    for _ in range(12):
        at = [
            calendar.next_ns(one, "Europe/Berlin", now, NOW_NS) or 0
            for one, now in zip((first, second), at, strict=True)
        ]
        assert at[0] == at[1] > NOW_NS


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=2;BYHOUR=8",
        "FREQ=WEEKLY;BYHOUR=8",
        "FREQ=MONTHLY;BYDAY=1FR;BYHOUR=8",
        "FREQ=YEARLY;BYHOUR=8",
        "FREQ=DAILY;BYHOUR=8;COUNT=3",
        "",
        "A\nB",
    ],
)
def test_what_no_expression_says_is_not_said(rule: str) -> None:
    assert cron_of(Schedule(name="a", rule=rule)) is None


def test_exceptions_are_no_part_of_an_expression() -> None:
    assert cron_of(Schedule(name="a", rule="FREQ=DAILY;BYHOUR=8", except_dates=("2027-01-01",))) is None
    assert cron_of(Schedule(name="a", cron="1 2 3 4 5")) == "1 2 3 4 5"


@pytest.mark.parametrize(
    ("rule", "ms"),
    [
        ("FREQ=HOURLY", 3_600_000),
        ("FREQ=MINUTELY;INTERVAL=30", 1_800_000),
        ("FREQ=MINUTELY;BYHOUR=8", None),
        ("FREQ=YEARLY", None),
    ],
)
def test_a_plain_interval_is_one(rule: str, ms: int | None) -> None:
    assert every_ms_of(Schedule(name="a", rule=rule)) == ms


def test_a_prefix_stands_for_its_family() -> None:
    assert named(Grant(agent="a", verb="act", name="http.*"), NAMES) == ("fetch",)
    assert len(named(Grant(agent="a", verb="act", name="files.*"), NAMES)) == 7

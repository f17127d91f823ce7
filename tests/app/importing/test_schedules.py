"""Times of others as triggers that our own calendar takes."""

from __future__ import annotations

import pytest

from ergos.app.importing.remarks import Findings
from ergos.app.importing.schedules import cron, duration_ms, interval, once, zone
from ergos.drivers.schedule.host_calendar import HostCalendar

NOW_NS = 1_795_000_000 * 10**9


@pytest.mark.parametrize(
    ("said", "ms"),
    [
        ("30m", 1_800_000),
        ("1h30m", 5_400_000),
        ("90 s", 90_000),
        ("1d", 86_400_000),
        ("2 weeks", 1_209_600_000),
        ("500ms", 500),
        ("0m", 0),
    ],
)
def test_a_duration_is_read(said: str, ms: int) -> None:
    assert duration_ms(said) == ms


@pytest.mark.parametrize("said", ["", "30", "m", "soon", "1h 30", "-1h"])
def test_what_is_no_duration_is_none(said: str) -> None:
    assert duration_ms(said) is None


@pytest.mark.parametrize(
    "expression", ["0 7 * * *", "*/5 8-18 * * MON-FRI", "0 0 1 JAN ?", "@weekly", "0 30 9 * * *", "0 9 15 * 1"]
)
def test_a_cron_expression_is_one_that_the_calendar_takes(expression: str) -> None:
    made = cron("c", expression, "Europe/Berlin", "w", Findings())
    assert made is not None
    assert HostCalendar().misfit(made, "UTC") == ""
    assert HostCalendar().next_ns(made, "UTC", NOW_NS, NOW_NS) is not None


@pytest.mark.parametrize(
    "expression", ["", "0 7 * *", "L * * * *", "0 9 * * +1", "0 9 * * 1#2", "a b c d e", "15 0 9 * * *", "* " * 200]
)
def test_what_is_none_is_reported(expression: str) -> None:
    findings = Findings()
    assert cron("c", expression, "", "w", findings) is None
    assert [one.code for one in findings.all] == ["I301"]


@pytest.mark.parametrize(
    ("ms", "rule"),
    [
        (60_000, "FREQ=MINUTELY"),
        (5_400_000, "FREQ=MINUTELY;INTERVAL=90"),
        (7_200_000, "FREQ=HOURLY;INTERVAL=2"),
        (86_400_000, "FREQ=DAILY"),
        (604_800_000, "FREQ=WEEKLY"),
    ],
)
def test_an_interval_is_a_recurrence(ms: int, rule: str) -> None:
    made = interval("i", ms, "w", Findings())
    assert made is not None
    assert made.rule == rule
    assert HostCalendar().misfit(made, "UTC") == ""


@pytest.mark.parametrize("ms", [0, 1_000, 90_500, 61_001])
def test_an_interval_that_would_storm_or_has_odd_seconds_is_reported(ms: int) -> None:
    assert interval("i", ms, "w", Findings()) is None


def test_one_time_is_in_the_future_and_in_utc() -> None:
    findings = Findings()
    made = once("o", "2127-03-01T10:00:00+02:00", "", NOW_NS, "w", findings)
    assert made is not None
    assert (made.at, made.timezone) == ("2127-03-01T08:00", "UTC")
    assert once("o", "2001-01-01T00:00:00Z", "", NOW_NS, "w", findings) is None
    assert once("o", "tomorrow", "", NOW_NS, "w", findings) is None
    assert once("o", 1e40, "", NOW_NS, "w", findings) is None
    assert [one.code for one in findings.all] == ["I305", "I301", "I301"]


def test_a_zone_is_a_name_or_nothing() -> None:
    findings = Findings()
    assert (zone("Europe/Berlin", "w", findings), zone("local", "w", findings), zone("../etc", "w", findings)) == (
        "Europe/Berlin",
        "",
        "",
    )
    assert len(findings.all) == 1

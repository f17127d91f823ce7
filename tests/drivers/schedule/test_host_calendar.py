"""When schedules fire."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.kernel.triggers import Schedule
from tests.drivers.schedule.walker import MINUTE_NS, last_day, local, ns, walk

CALENDAR = HostCalendar()
ARMED = ns("2016-01-01T00:00")
BERLIN = "Europe/Berlin"


def fires(zone: str, after: str, count: int = 3, armed: int = ARMED, **fields: object) -> list[str]:
    schedule = Schedule(name="s", **fields)  # type: ignore[arg-type]
    assert CALENDAR.misfit(schedule, zone) == ""
    return [local(at, zone) for at in CALENDAR.firings(schedule, zone, ns(after, zone), armed, count)]


def test_every_day_at_eight_is_at_eight_on_both_sides_of_a_change_of_the_clock() -> None:
    assert fires(BERLIN, "2026-03-28T07:00", rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0") == [
        "2026-03-28T08:00",
        "2026-03-29T08:00",
        "2026-03-30T08:00",
    ]


@pytest.mark.parametrize(
    ("zone", "after", "clock", "expected"),
    [
        (BERLIN, "2026-03-28T12:00", "2:30", ["2026-03-29T03:00", "2026-03-30T02:30"]),
        (BERLIN, "2026-10-24T12:00", "2:30", ["2026-10-25T02:30", "2026-10-26T02:30"]),
        ("America/New_York", "2026-03-07T12:00", "2:30", ["2026-03-08T03:00", "2026-03-09T02:30"]),
        ("America/New_York", "2026-10-31T12:00", "1:30", ["2026-11-01T01:30", "2026-11-02T01:30"]),
        ("Australia/Lord_Howe", "2026-10-03T12:00", "2:15", ["2026-10-04T02:30", "2026-10-05T02:15"]),
        ("Asia/Shanghai", "2026-03-28T12:00", "2:30", ["2026-03-29T02:30", "2026-03-30T02:30"]),
        ("Pacific/Apia", "2011-12-29T12:00", "8:00", ["2011-12-31T00:00", "2011-12-31T08:00"]),
    ],
)
@pytest.mark.parametrize("kind", ["rule", "cron"])
def test_a_skipped_time_fires_after_the_gap_and_a_repeated_one_once(
    zone: str, after: str, clock: str, expected: list[str], kind: str
) -> None:
    hour, minute = clock.split(":")
    said = f"FREQ=DAILY;BYHOUR={hour};BYMINUTE={int(minute)}" if kind == "rule" else f"{int(minute)} {hour} * * *"
    assert fires(zone, after, 2, armed=ns("2011-01-01T00:00"), **{kind: said}) == expected


def test_an_interval_never_drifts_over_years_and_changes_of_the_clock() -> None:
    schedule = Schedule(name="s", rule="FREQ=DAILY;INTERVAL=3;BYHOUR=8;BYMINUTE=0", start="2024-01-01T08:00")
    at = ns("2024-01-01T00:00", BERLIN)
    for number in range(400):
        found = CALENDAR.next_ns(schedule, BERLIN, at, ARMED)
        assert found is not None
        day = datetime.fromisoformat("2024-01-01T08:00") + timedelta(3 * number)
        assert local(found, BERLIN) == day.isoformat(timespec="minutes")
        # Asked from anywhere before, the answer is the same.
        assert CALENDAR.next_ns(schedule, BERLIN, found - 7 * MINUTE_NS, ARMED) == found
        at = found


def test_without_a_start_a_rule_counts_from_when_it_was_armed() -> None:
    armed = ns("2026-05-05T14:23", BERLIN)
    assert fires(BERLIN, "2026-05-05T14:23", 2, armed=armed, rule="FREQ=MINUTELY;INTERVAL=20") == [
        "2026-05-05T14:43",
        "2026-05-05T15:03",
    ]


def test_several_lines_are_one_schedule() -> None:
    rule = "FREQ=DAILY;BYHOUR=8;BYMINUTE=30\nFREQ=DAILY;BYHOUR=17;BYMINUTE=0\nFREQ=DAILY;BYHOUR=8;BYMINUTE=30"
    assert fires("UTC", "2026-05-05T00:00", 3, rule=rule) == [
        "2026-05-05T08:30",
        "2026-05-05T17:00",
        "2026-05-06T08:30",
    ]


def test_excepted_dates_and_ends() -> None:
    assert fires("UTC", "2026-12-23T12:00", 2, rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0", except_dates=("2026-12-24",)) == [
        "2026-12-25T08:00",
        "2026-12-26T08:00",
    ]
    assert fires(BERLIN, "2026-12-23T12:00", 9, rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0;UNTIL=20261224") == [
        "2026-12-24T08:00"
    ]
    utc = "FREQ=DAILY;BYHOUR=8;BYMINUTE=0;UNTIL=20261225T065959Z"
    assert fires(BERLIN, "2026-12-23T12:00", 9, rule=utc) == ["2026-12-24T08:00"]


def test_a_single_time_fires_once() -> None:
    schedule = Schedule(name="s", at="2026-05-05T08:00")
    at = ns("2026-05-05T08:00", BERLIN)
    assert CALENDAR.next_ns(schedule, BERLIN, at - 1, ARMED) == at
    assert CALENDAR.next_ns(schedule, BERLIN, at, ARMED) is None


def test_the_zone_of_the_schedule_goes_before_that_of_the_definition() -> None:
    schedule = Schedule(name="s", rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0", timezone="Asia/Shanghai")
    assert CALENDAR.next_ns(schedule, BERLIN, ns("2026-05-05T00:00") - 1, ARMED) == ns("2026-05-05T00:00")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "none"),
        ({"rule": "FREQ=DAILY", "cron": "* * * * *"}, "rule and cron"),
        ({"rule": "FREQ=DAILY", "timezone": "Europe/Berlni"}, "did you mean 'Europe/Berlin'"),
        ({"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "never fires"),
        ({"rule": "FREQ=DAILY\nFREQ=MINUTELY;INTERVAL=2;BYMINUTE=7;BYHOUR=3"}, ""),
        ({"rule": "FREQ=DAILY\nFREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31"}, "line 2"),
        ({"rule": "FREQ=DAILY;UNTIL=20250101", "start": "2026-01-01T08:00"}, "never fires"),
        ({"rule": "FREQ=SECONDLY"}, "storm"),
        ({"rule": "FREQ=DAILY", "start": "tomorrow"}, "start"),
        ({"rule": "FREQ=DAILY", "start": "9500-01-01T08:00"}, "outside the years"),
        ({"rule": "FREQ=DAILY", "except_dates": ("25 December",)}, "excepted date"),
        ({"at": "2026-02-30T08:00"}, "no local time"),
        ({"cron": "61 * * * *"}, "minute"),
    ],
)
def test_a_misfit_is_said_in_words(fields: dict[str, object], why: str) -> None:
    schedule = Schedule(name="s", **fields)  # type: ignore[arg-type]
    fault = CALENDAR.misfit(schedule, "")
    assert why in fault
    assert bool(fault) == bool(why)
    if fault:
        with pytest.raises(ValueShapeError):
            CALENDAR.next_ns(schedule, "", 0, 0)


ZONES = ("UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Africa/Casablanca", "Pacific/Apia")
CHANGES = (
    "2026-03-28T20:00", "2026-10-24T20:00", "2026-03-07T20:00", "2026-10-31T20:00", "2026-10-03T10:00", "2026-04-04T10:00",
    "2011-12-29T20:00", "2026-02-14T20:00", "2026-03-21T20:00", "2024-02-28T20:00",
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(ZONES), st.sampled_from(CHANGES), st.sets(st.integers(0, 23), min_size=1, max_size=4),
    st.sets(st.integers(0, 59), min_size=1, max_size=4), st.sets(st.integers(0, 6), min_size=1), st.booleans(),
)  # fmt: skip
def test_rules_and_cron_agree_with_a_walk_through_every_minute(
    zone: str, after: str, hours: set[int], minutes: set[int], days: set[int], at_month_end: bool
) -> None:
    names = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

    def matches(moment: datetime) -> bool:
        on_day = moment.day == last_day(moment) if at_month_end else moment.weekday() in days
        return on_day and moment.hour in hours and moment.minute in minutes

    by_day = (
        "FREQ=MONTHLY;BYMONTHDAY=-1" if at_month_end else f"FREQ=WEEKLY;BYDAY={','.join(names[day] for day in days)}"
    )
    rule = f"{by_day};BYHOUR={','.join(map(str, hours))};BYMINUTE={','.join(map(str, minutes))}"
    after_ns = ns(after, zone)
    expected = list(walk(matches, zone, after_ns, 3 * 1_440))
    schedule = Schedule(name="s", rule=rule)
    found = CALENDAR.firings(schedule, zone, after_ns, ns("2010-01-01T00:00"), len(expected) + 1)
    assert list(found[: len(expected)]) == expected
    if not at_month_end:
        week = ",".join(str((day + 1) % 7) for day in days)
        cron = Schedule(name="s", cron=f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * {week}")
        assert list(CALENDAR.firings(cron, zone, after_ns, 0, len(expected))) == expected


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(ZONES),
    st.integers(0, 2_500_000_000),
    st.sampled_from(
        ["FREQ=MINUTELY;INTERVAL=7", "FREQ=HOURLY;INTERVAL=5;BYMINUTE=0,59", "FREQ=DAILY;BYHOUR=0,2,23;BYMINUTE=30"]
    ),
)
def test_the_next_firing_lies_after_and_nothing_lies_between(zone: str, seconds: int, rule: str) -> None:
    schedule = Schedule(name="s", rule=rule)
    after = seconds * 10**9 + 1
    first, second = CALENDAR.firings(schedule, zone, after, 0, 2)
    assert after < first < second
    assert CALENDAR.next_ns(schedule, zone, first - 1, 0) == first
    assert CALENDAR.next_ns(schedule, zone, first, 0) == second


@pytest.mark.parametrize("after_ns", [-(10**25), 10**25])
def test_instants_beyond_all_bounds_are_answered(after_ns: int) -> None:
    for fields in ({"rule": "FREQ=DAILY"}, {"cron": "0 0 * * *"}, {"at": "2026-01-01T00:00"}):
        CALENDAR.next_ns(Schedule(name="s", **fields), "UTC", after_ns, 0)  # type: ignore[arg-type]

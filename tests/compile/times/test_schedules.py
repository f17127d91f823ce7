"""From groups to schedules."""

from __future__ import annotations

import pytest

from tests.compile.times_cases import CALENDAR, HOME, NOW_NS, read


@pytest.mark.parametrize(
    "prose",
    ["every other Friday at 8am", "every 3 days at 07:30", "每两周周二上午十点", "every day at 9am from 5 January"],
)
def test_a_start_is_the_first_firing(prose: str) -> None:
    schedule = read(prose).schedules[0].value
    first = CALENDAR.next_ns(schedule, HOME, NOW_NS, NOW_NS)
    from ergos.drivers.schedule.quiet import local_minute

    assert first is not None
    assert local_minute(first, HOME) == schedule.start


def test_a_yearly_day_that_has_passed_today_is_next_year() -> None:
    assert read("on 26 November at 9am").schedules[0].value.at == "2027-11-26T09:00"
    assert read("on 26 November at 11am").schedules[0].value.at == "2026-11-26T11:00"


def test_several_times_of_one_day_are_several_schedules() -> None:
    assert [one.value.at for one in read("tomorrow at 9:00 and 17:00").schedules] == [
        "2026-11-27T09:00",
        "2026-11-27T17:00",
    ]


def test_the_time_of_a_zone_is_judged_in_that_zone() -> None:
    found = read("today at 11:00 New York time")
    assert found.schedules[0].value.at == "2026-11-26T11:00"
    assert not [one for one in found.diagnostics if one.code == "C101"]

"""The words."""

from __future__ import annotations

from ergos.compile.times.conventions import DAYPARTS, SPANS
from ergos.compile.times.words import DAYPARTS_WORDS, HOLIDAYS, UNCLEAR_ZONES, UNKNOWN_DAYS, ZONES
from ergos.drivers.schedule.zones import zone_misfit
from ergos.kernel.permission.days import is_day


def test_every_zone_is_one() -> None:
    names = [*ZONES.values(), *(name for names in UNCLEAR_ZONES.values() for name in names)]
    assert [name for name in names if zone_misfit(name)] == []


def test_every_part_of_the_day_has_a_time_and_a_span() -> None:
    assert set(DAYPARTS_WORDS.values()) <= set(DAYPARTS) & set(SPANS)


def test_festivals_have_days_and_those_that_move_have_none() -> None:
    assert all(is_day(2027, month, day) for month, day in HOLIDAYS.values())
    assert not set(HOLIDAYS) & set(UNKNOWN_DAYS)

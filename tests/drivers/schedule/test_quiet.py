"""Quiet hours, and local times as texts."""

from __future__ import annotations

import pytest

from ergos.base.errors import ValueShapeError
from ergos.drivers.schedule.quiet import local_date, local_minute, local_words, quiet_until_ns
from ergos.lib.work import QuietHours
from tests.drivers.schedule.walker import local, ns

BERLIN = "Europe/Berlin"
NIGHT = QuietHours(start="22:00", end="07:00")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-26T21:59", None),
        ("2026-11-26T22:00", "2026-11-27T07:00"),
        ("2026-11-27T03:00", "2026-11-27T07:00"),
        ("2026-11-27T06:59", "2026-11-27T07:00"),
        ("2026-11-27T07:00", None),
        ("2026-03-29T01:30", "2026-03-29T07:00"),
    ],
)
def test_a_night_goes_over_midnight(at: str, until: str | None) -> None:
    found = quiet_until_ns(NIGHT, BERLIN, ns(at, BERLIN))
    assert (None if found is None else local(found, BERLIN)) == until


def test_days_are_those_on_which_it_begins() -> None:
    friday = QuietHours(start="22:00", end="07:00", days=("FR",))
    assert quiet_until_ns(friday, BERLIN, ns("2026-11-28T03:00", BERLIN)) == ns("2026-11-28T07:00", BERLIN)
    assert quiet_until_ns(friday, BERLIN, ns("2026-11-27T03:00", BERLIN)) is None
    whole = QuietHours(start="00:00", end="00:00", days=("SA", "SU"))
    assert quiet_until_ns(whole, BERLIN, ns("2026-11-28T12:00", BERLIN)) == ns("2026-11-29T00:00", BERLIN)
    assert quiet_until_ns(whole, BERLIN, ns("2026-11-27T12:00", BERLIN)) is None


@pytest.mark.parametrize("clock", ["24:00", "9:00", "noon", "", "22:00:00"])
def test_what_is_no_time_of_day_is_refused(clock: str) -> None:
    with pytest.raises(ValueShapeError):
        quiet_until_ns(QuietHours(start=clock, end="07:00"), "UTC", 0)


def test_instants_are_shown_in_local_time() -> None:
    at = ns("2026-12-25T08:00", BERLIN)
    assert local_date(at, BERLIN) == "2026-12-25"
    assert local_minute(at, BERLIN) == "2026-12-25T08:00"
    assert local_words(at, BERLIN, "en") == "Fri 2026-12-25 08:00"
    assert local_words(at, "Asia/Shanghai", "zh") == "2026-12-25 周五 15:00"

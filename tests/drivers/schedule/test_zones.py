"""Between instants and local times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.drivers.schedule.zones import (
    instant_of,
    is_repeated,
    is_skipped,
    local_of,
    nearest_zone,
    zone,
    zone_misfit,
)

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Africa/Casablanca", "Pacific/Apia",
    "Asia/Kolkata", "America/St_Johns",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "local", "instant"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00"),  # skipped: the first instant after the gap
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),  # repeated: the first
        ("America/New_York", "2026-03-08T02:59", "2026-03-08T07:00"),
        ("America/New_York", "2026-11-01T01:00", "2026-11-01T05:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:30"),  # half an hour
        ("Pacific/Apia", "2011-12-30T08:00", "2011-12-30T10:00"),  # a whole day was left out
        ("Asia/Shanghai", "2026-07-01T08:00", "2026-07-01T00:00"),
        ("Africa/Casablanca", "2026-06-01T08:00", "2026-06-01T07:00"),
    ],
)
def test_a_local_time_is_the_instant_it_is_first_or_next(name: str, local: str, instant: str) -> None:
    expected = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert instant_of(datetime.fromisoformat(local), zone(name)) == int(expected.timestamp()) * 10**9


def test_gaps_and_repetitions_are_known() -> None:
    berlin = zone("Europe/Berlin")
    assert is_skipped(datetime.fromisoformat("2026-03-29T02:00"), berlin)
    assert not is_skipped(datetime.fromisoformat("2026-03-29T03:00"), berlin)
    assert is_repeated(datetime.fromisoformat("2026-10-25T02:59"), berlin)
    assert not is_repeated(datetime.fromisoformat("2026-10-25T03:00"), berlin)


@given(st.sampled_from(ZONES), st.integers(0, 4_000_000_000))
def test_an_instant_comes_back_unless_its_local_time_is_repeated(name: str, seconds: int) -> None:
    where = zone(name)
    local = local_of(seconds * 10**9, where)
    back = instant_of(local, where)
    assert back == seconds * 10**9 or (is_repeated(local, where) and back < seconds * 10**9)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime.fromisoformat("1950-01-01T00:00"), datetime.fromisoformat("2100-01-01T00:00")),
    st.integers(0, 3_000),
)
def test_later_local_times_are_never_earlier_instants(name: str, first: datetime, minutes: int) -> None:
    first = first.replace(second=0, microsecond=0)
    assert instant_of(first, zone(name)) <= instant_of(first + timedelta(minutes=minutes), zone(name))


@pytest.mark.parametrize("at_ns", [-(10**30), 10**30])
def test_instants_beyond_all_bounds_have_a_local_time(at_ns: int) -> None:
    assert local_of(at_ns, zone("Europe/Berlin"))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Europe/Berlni", "Europe/Berlin"),
        ("shanghai", "Asia/Shanghai"),
        ("New York", "America/New_York"),
        ("qqqqqqqq", ""),
    ],
)
def test_the_nearest_name_of_a_zone(said: str, meant: str) -> None:
    assert nearest_zone(said) == meant
    assert ("did you mean" in zone_misfit(said)) == bool(meant)


@pytest.mark.parametrize(
    "name", ["America", "../etc/passwd", "Europe/Berlin\0", "Z" * 10_000, "Ünknown/Ort", "/etc/localtime"]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    assert zone_misfit(name)
    with pytest.raises(ValueShapeError):
        zone(name)


def test_no_name_is_utc() -> None:
    assert zone("") == ZoneInfo("UTC")

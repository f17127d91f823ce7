"""Quiet hours that words name."""

from __future__ import annotations

import pytest

from tests.compile.times_cases import read


@pytest.mark.parametrize(
    ("prose", "hours"),
    [
        ("Leave me alone between 11 p.m. and 6 a.m.", "23:00-06:00"), ("No messages after 9pm", "21:00-07:00"), ("半夜别吵我（23点到6点）", "23:00-06:00"),
        ("do not disturb me before 8am", "00:00-08:00"), ("Do not disturb me every night", "22:00-07:00"),
        ("leave me alone after ten", "22:00-07:00"), ("no pings overnight", "22:00-07:00"), ("I'm asleep from 11 to 6", "23:00-06:00"),
        ("夜里别吵我", "22:00-07:00"), ("午休时间(12点到2点)不要通知", "12:00-14:00"), ("别在半夜叫我", "22:00-07:00"), ("中午休息时不要吵我", "11:00-14:00"),
        ("nothing between midnight and 6 please", "00:00-06:00"), ("silence from 9pm until 8am", "21:00-08:00"), ("下班后不要打扰", "18:00-09:00"),
        ("only bother me during work hours", "17:00-09:00"), ("message me only between 9 and 18", "18:00-09:00"), ("只在工作时间通知我", "17:00-09:00"),
        ("只在早上9点到下午6点之间联系我", "18:00-09:00"), ("上班时间再通知我", "17:00-09:00"), ("Do not contact me outside business hours", "17:00-09:00"),
        ("quiet hours 22-7", "22:00-07:00"), ("hold messages until 8 am", "00:00-08:00"),
    ],
)  # fmt: skip
def test_quiet_hours(prose: str, hours: str) -> None:
    quiet = read(prose).quiet
    assert quiet is not None
    assert f"{quiet.value.start}-{quiet.value.end}" == hours


@pytest.mark.parametrize(
    ("prose", "days"),
    [
        ("no messages on weekends", ("SA", "SU")), ("周末别打扰", ("SA", "SU")), ("message me only on weekdays", ("SA", "SU")),
        ("only bother me on Mondays", ("TU", "WE", "TH", "FR", "SA", "SU")),
    ],
)  # fmt: skip
def test_quiet_days_are_whole_days(prose: str, days: tuple[str, ...]) -> None:
    quiet = read(prose).quiet
    assert quiet is not None
    assert (quiet.value.start, quiet.value.end, quiet.value.days) == ("00:00", "00:00", days)


def test_quiet_without_hours_is_no_guess() -> None:
    found = read("do not disturb me")
    assert found.quiet is None
    assert "C116" not in [one.code for one in found.diagnostics]


def test_hours_of_some_days_and_all_of_others_are_asked_about() -> None:
    found = read("only message me on weekdays between 9 and 18")
    assert found.quiet is None
    assert "C116" in [one.code for one in found.diagnostics]


@pytest.mark.parametrize(
    "prose", ["only notify me if the price falls", "only mail me the report at 9", "只在价格下跌时通知我"]
)
def test_a_condition_is_no_quiet(prose: str) -> None:
    assert read(prose).quiet is None

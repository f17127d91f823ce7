"""Places right behind a time of day."""

from __future__ import annotations

import pytest

from ergos.compile.times.places import place_after, zone_of_place
from tests.compile.times_cases import read


@pytest.mark.parametrize(
    ("prose", "zone"),
    [
        ("every day at 9am in London", "Europe/London"), ("every day at 8 in New York", "America/New_York"),
        ("every Friday 5pm in Paris, France", "Europe/Paris"), ("伦敦上午九点提醒我", "Europe/London"), ("每天纽约早上8点读", "America/New_York"),
    ],
)  # fmt: skip
def test_a_place_that_is_known_is_a_zone(prose: str, zone: str) -> None:
    found = read(prose).timezone
    assert found is not None
    assert found.value == zone


@pytest.mark.parametrize(
    ("prose", "code"),
    [
        ("every day at 9 in the morning in Gotham City read a.md", "C124"), ("every day at 8 Mars/Olympus_Mons time", "C110"), ("哥谭市时间每天八点", "C110"),
    ],
)  # fmt: skip
def test_a_place_that_is_not_known_is_said(prose: str, code: str) -> None:
    assert code in [one.code for one in read(prose).diagnostics]


def test_a_tool_or_a_month_is_no_place() -> None:
    assert place_after("at 9 in Slack", 4) is None
    assert place_after("at 9 in January", 4) is None
    assert place_after("at 9 sharp", 4) is None


def test_what_merely_resembles_a_place_is_none() -> None:
    assert zone_of_place("Londom") == ""

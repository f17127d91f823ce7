"""Zones that words name."""

from __future__ import annotations

import pytest

from tests.compile.times_cases import read


@pytest.mark.parametrize(
    ("prose", "name"),
    [
        ("every day at 9am Tokyo time", "Asia/Tokyo"), ("every day at 9am New York time", "America/New_York"), ("daily at 9am PST", "America/Los_Angeles"),
        ("daily at 9am Europe/Paris", "Europe/Paris"), ("daily at 9am UTC", "UTC"), ("daily at 9am GMT-3", "Etc/GMT+3"), ("每天伦敦时间九点", "Europe/London"),
        ("每天下午一点（UTC时间）", "UTC"), ("daily at 9am San Francisco time", "America/Los_Angeles"),
    ],
)  # fmt: skip
def test_a_zone_is_read(prose: str, name: str) -> None:
    found = read(prose)
    assert found.timezone is not None
    assert found.timezone.value == name
    assert not [one for one in found.diagnostics if one.code == "C108"]


@pytest.mark.parametrize(
    "prose", ["save time", "every time", "Real time updates every day at 9am", "local time", "这段时间每天九点"]
)
def test_time_is_no_place(prose: str) -> None:
    found = read(prose)
    assert found.timezone is None
    assert not [one for one in found.diagnostics if one.code == "C110"]

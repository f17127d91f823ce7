"""Diagnostics that are collected."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ergos.compile.times.frame import FINDINGS_MAX, Frame
from tests.compile.times_cases import CALENDAR, NOW_NS


def _frame(prose: str) -> Frame:
    now = datetime.fromisoformat("2026-11-26T10:00")
    return Frame(prose, "en", "Europe/Berlin", ZoneInfo("Europe/Berlin"), NOW_NS, now, CALENDAR)


def test_a_thing_is_said_once_with_its_words() -> None:
    frame = _frame("every\n  day")
    frame.say("C103", [(0, 11)], reading="09:00")
    frame.say("C103", [(0, 11)], reading="09:00")
    assert [one.values["words"] for one in frame.findings] == ["every day"]


def test_findings_are_bounded() -> None:
    frame = _frame("x" * 500)
    for place in range(200):
        frame.say("C103", [(place, place + 1)], reading=str(place))
    assert len(frame.findings) == FINDINGS_MAX

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ErgosError
from ergos.drivers.tools.calendar_file import AddEvent, CalendarTool, _checked, event
from ergos.drivers.tools.workspaces import Workspaces
from tests.drivers.tools.errands import START_NS, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(CalendarTool(Workspaces(tmp_path, "alice")).tools())


def test_an_event_becomes_a_file_with_times_in_utc(bench: Bench, tmp_path: Path) -> None:
    said = bench.do(
        "calendar.add",
        "k",
        title="Review; then, lunch",
        start="2031-07-04T15:30+02:00",
        minutes=90,
        attendees=["bob@x.org"],
    )
    text = (tmp_path / "work" / "scribe" / said["path"]).read_bytes().decode()
    assert "DTSTART:20310704T133000Z\r\nDTEND:20310704T150000Z\r\n" in text
    assert "SUMMARY:Review\\; then\\, lunch\r\n" in text
    assert "ATTENDEE;RSVP=TRUE:mailto:bob@x.org\r\n" in text
    assert f"UID:{said['uid']}\r\n" in text
    assert said["path"].startswith("calendar/2031-07-04-review-then-lunch-")


def test_the_same_call_is_the_same_event(bench: Bench, tmp_path: Path) -> None:
    first = bench.do("calendar.add", "k", title="x", start="2031-07-04")
    assert bench.do("calendar.add", "k", title="x", start="2031-07-04") == first
    assert bench.do("calendar.add", "l", title="x", start="2031-07-04")["uid"] != first["uid"]
    assert len(list((tmp_path / "work" / "scribe" / "calendar").iterdir())) == 2


def test_a_day_is_a_day(bench: Bench, tmp_path: Path) -> None:
    said = bench.do("calendar.add", title="x", start="2031-12-31", minutes=2 * 24 * 60, path="a.ics")
    text = (tmp_path / "work" / "scribe" / said["path"]).read_text()
    assert "DTSTART;VALUE=DATE:20311231" in text
    assert "DTEND;VALUE=DATE:20320102" in text


@pytest.mark.parametrize(
    "args",
    [
        {"start": "2031-07-04T15:30"}, {"start": "tomorrow at ten"}, {"start": "2031-13-01"}, {"start": "0001-01-01T00:00+14:00"},
        {"title": "x\r\nBEGIN:VALARM"}, {"attendees": ["bob@x.org\r\nX:y"]}, {"path": "../x.ics"}, {"path": "a.txt"}, {"notes": "\udcff"},
        {"start": "9999-12-31T23:59-14:00"}, {"minutes": 0},
    ],
)  # fmt: skip
def test_what_makes_no_event_is_refused(bench: Bench, args: dict[str, Any]) -> None:
    assert bench.misfit("calendar.add", **{"title": "x", "start": "2031-07-04T10:00Z", **args})


@given(st.text(min_size=1, max_size=300), st.text(max_size=300))
def test_nothing_written_becomes_a_line_of_its_own(title: str, notes: str) -> None:
    asked = AddEvent(title=title, notes=notes, start="2031-07-04T10:00Z")
    try:
        _checked(asked)
    except ErgosError:
        return
    lines = event(asked, "u@x", START_NS).encode().split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    names = [line.split(b":")[0].split(b";")[0] for line in lines if line and not line.startswith(b" ")]
    known = {
        b"BEGIN",
        b"VERSION",
        b"PRODID",
        b"UID",
        b"DTSTAMP",
        b"DTSTART",
        b"DTEND",
        b"SUMMARY",
        b"DESCRIPTION",
        b"END",
    }
    assert set(names) <= known
    assert b"\n" not in b"".join(lines)

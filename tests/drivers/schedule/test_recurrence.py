"""Local times of recurrences, against RFC 5545's examples, a second implementation, and themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.drivers.schedule.recurrence import anchored, next_local
from ergos.drivers.schedule.rule_text import RuleMisfitError, read_rule


def _times(text: str, start: str, floor: str, count: int) -> list[str]:
    begin = datetime.fromisoformat(start)
    found = islice(next_local(anchored(read_rule(text), begin), begin, datetime.fromisoformat(floor)), count)
    return [moment.isoformat(timespec="minutes") for moment in found]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;INTERVAL=10;COUNT=3", ["1997-09-02T09:00", "1997-09-12T09:00", "1997-09-22T09:00"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH", ["1997-09-02T09:00", "1997-09-04T09:00", "1997-09-16T09:00"]),
        ("FREQ=MONTHLY;BYDAY=1FR", ["1997-09-05T09:00", "1997-10-03T09:00", "1997-11-07T09:00"]),
        ("FREQ=MONTHLY;BYDAY=-2MO", ["1997-09-22T09:00", "1997-10-20T09:00", "1997-11-17T09:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", ["1997-09-28T09:00", "1997-10-29T09:00", "1997-11-28T09:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["1997-10-31T09:00", "1997-12-31T09:00", "1998-01-31T09:00"]),
        ("FREQ=YEARLY;BYDAY=20MO", ["1998-05-18T09:00", "1999-05-17T09:00", "2000-05-15T09:00"]),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", ["1998-05-11T09:00", "1999-05-17T09:00", "2000-05-15T09:00"]),
        ("FREQ=YEARLY;INTERVAL=3;BYYEARDAY=1,100,200", ["2000-01-01T09:00", "2000-04-09T09:00", "2000-07-18T09:00"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", ["1998-02-13T09:00", "1998-03-13T09:00", "1998-11-13T09:00"]),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", ["1997-11-04T09:00", "2001-11-06T09:00", "2005-11-08T09:00"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["1997-09-30T09:00", "1997-10-31T09:00", "1997-11-28T09:00"]),
        ("FREQ=MINUTELY;INTERVAL=90", ["1997-09-02T09:00", "1997-09-02T10:30", "1997-09-02T12:00"]),
        ("FREQ=HOURLY;INTERVAL=3;BYHOUR=9,12", ["1997-09-02T09:00", "1997-09-02T12:00", "1997-09-03T09:00"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2000-02-29T09:00", "2004-02-29T09:00", "2008-02-29T09:00"]),
    ],
)  # fmt: skip
def test_the_examples_of_the_standard(rule: str, expected: list[str]) -> None:
    assert _times(rule, "1997-09-02T09:00", "1997-09-02T09:00", 3) == expected


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=10", "FREQ=MINUTELY;INTERVAL=2;BYMINUTE=7", "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=5",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3;BYMONTHDAY=1", "FREQ=DAILY;COUNT=5;BYMONTH=2;BYMONTHDAY=30",
    ],
)  # fmt: skip
def test_a_search_for_what_never_comes_ends(rule: str) -> None:
    assert _times(rule, "2026-01-01T09:00", "2026-01-01T09:00", 1) == []


def test_an_interval_counts_from_its_start_however_far_away() -> None:
    assert _times("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "2016-01-01T09:00", "2026-06-01T00:00", 2) == [
        "2026-06-05T09:00",
        "2026-06-19T09:00",
    ]
    days = (datetime.fromisoformat("2026-06-05T00:00") - datetime.fromisoformat("2016-01-01T00:00")).days
    assert days % 14 == 0


def test_a_count_ends_where_it_was_counted_to_and_not_later() -> None:
    assert _times("FREQ=DAILY;COUNT=3", "2026-01-01T09:00", "2026-01-03T00:00", 9) == ["2026-01-03T09:00"]
    assert _times("FREQ=DAILY;COUNT=3", "2026-01-01T09:00", "2026-01-04T00:00", 9) == []


def test_nothing_fires_before_its_start() -> None:
    assert _times("FREQ=DAILY;BYHOUR=8;BYMINUTE=0", "2026-01-02T09:00", "2020-01-01T00:00", 1) == ["2026-01-03T08:00"]


_STARTS = st.datetimes(datetime.fromisoformat("2000-01-01T00:00"), datetime.fromisoformat("2030-01-01T00:00")).map(
    lambda one: one.replace(second=0, microsecond=0)
)


def _listed(low: int, high: int) -> st.SearchStrategy[str]:
    return st.lists(st.integers(low, high).filter(bool), min_size=1, max_size=3, unique=True).map(
        lambda many: ",".join(map(str, many))
    )


@st.composite
def _rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"]))
    parts = [f"FREQ={frequency}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 30))}")
    if draw(st.booleans()):
        parts.append(f"BYMONTH={draw(_listed(1, 12))}")
    if frequency != "WEEKLY" and draw(st.booleans()):
        parts.append(f"BYMONTHDAY={draw(_listed(-31, 31))}")
    if draw(st.booleans()):
        # Numbered and bare days together are a union in the standard, but not in dateutil.
        numbered = frequency in ("YEARLY", "MONTHLY") and draw(st.booleans())
        day = st.sampled_from(["1MO", "-1FR", "3SU", "5TU"] if numbered else ["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
        parts.append(f"BYDAY={','.join(draw(st.lists(day, min_size=1, max_size=3, unique=True)))}")
    if draw(st.booleans()):
        parts.append(
            f"BYHOUR={draw(st.lists(st.integers(0, 23), min_size=1, max_size=3, unique=True).map(lambda many: ','.join(map(str, many))))}"
        )
    if draw(st.booleans()):
        parts.append(f"BYMINUTE={draw(st.sampled_from(['0', '30', '0,30', '15,45']))}")
    # dateutil counts the positions of the first week from its start, the standard those of the whole week.
    if (
        frequency != "WEEKLY"
        and len(parts) > 2
        and any(part.startswith("BY") for part in parts)
        and draw(st.booleans())
    ):
        parts.append(f"BYSETPOS={draw(st.sampled_from(['1', '-1', '2', '1,-1']))}")
    return ";".join(parts)


@settings(deadline=None, max_examples=150)
@given(_rules(), _STARTS, st.sampled_from((0, 1, 20, 400)))
def test_it_agrees_with_a_second_implementation_where_that_ends(rule: str, start: datetime, days: int) -> None:
    try:
        mine = anchored(read_rule(rule), start)
    except RuleMisfitError:
        return
    floor = start + timedelta(days)
    found = list(islice(next_local(mine, start, floor), 3))
    within_days = mine.frequency in ("HOURLY", "MINUTELY")
    if not found or found[-1] - start > timedelta(30 if within_days else 8_000):
        return  # dateutil walks there step by step, and would look for what never comes until the year 9999
    rival = (moment.replace(second=0) for moment in rrulestr(rule, dtstart=start))
    assert list(islice((moment for moment in rival if moment >= floor), len(found))) == found


@settings(deadline=None, max_examples=60)
@given(_rules(), _STARTS, st.integers(0, 5_000))
def test_a_later_floor_only_leaves_out(rule: str, start: datetime, hours: int) -> None:
    mine = anchored(read_rule(rule), start)
    floor = start + timedelta(hours=hours)
    early = list(islice(next_local(mine, start, start), 400))
    if early and early[-1] >= floor:
        later = list(islice(next_local(mine, start, floor), 5))
        kept = [moment for moment in early if moment >= floor]
        size = min(len(later), len(kept))
        assert size
        assert later[:size] == kept[:size]

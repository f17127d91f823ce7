"""Recurrences and points that few words say."""

from __future__ import annotations

from datetime import date

import pytest

from ergos.compile.times.part import Text
from ergos.compile.times.special import special
from ergos.compile.times.tokens import tokens
from tests.compile.times_cases import read, shown

NINE = "BYHOUR=9;BYMINUTE=0"


@pytest.mark.parametrize(
    ("prose", "rule"),
    [
        ("two days before the end of each month", f"FREQ=MONTHLY;BYMONTHDAY=-3;{NINE}"),
        ("on each payday (the 27th)", f"FREQ=MONTHLY;BYMONTHDAY=27;{NINE}"),
        ("每个发薪日（27号）", f"FREQ=MONTHLY;BYMONTHDAY=27;{NINE}"),
        ("on odd days at 7am", f"FREQ=MONTHLY;BYMONTHDAY={','.join(map(str, range(1, 32, 2)))};BYHOUR=7;BYMINUTE=0"),
        ("每月双号", f"FREQ=MONTHLY;BYMONTHDAY={','.join(map(str, range(2, 31, 2)))};{NINE}"),
        ("每季度末", f"FREQ=MONTHLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1;{NINE}"),
        ("每月初", f"FREQ=MONTHLY;BYMONTHDAY=1;{NINE}"),
        ("每年底", f"FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=-1;{NINE}"),
        ("every day at 8am and at 20:00 on weekends", "FREQ=DAILY;BYHOUR=8;BYMINUTE=0 FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=20;BYMINUTE=0"),
        ("每天早上八点，周末十点", "FREQ=DAILY;BYHOUR=8;BYMINUTE=0 FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=10;BYMINUTE=0"),
        ("on weekdays at 8 and at 12", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=8,12;BYMINUTE=0"),
        ("隔周三上午九点", f"FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;{NINE} from 2026-12-02T09:00"),
    ],
)  # fmt: skip
def test_it_is_read_as_it_is_meant(prose: str, rule: str) -> None:
    assert shown(read(prose)) == rule


@pytest.mark.parametrize("prose", ["昨天下午三点发送 a.pdf", "yesterday at 5pm send a.pdf", "前天早上八点，通知我"])
def test_a_time_of_yesterday_has_passed_and_is_never_today(prose: str) -> None:
    found = read(prose)
    assert not found.schedules
    assert "C101" in [one.code for one in found.diagnostics]


@pytest.mark.parametrize("prose", ["昨天下午三点的会议", "what I did yesterday at 3pm", "每天早上八点总结昨天的新闻"])
def test_of_what_it_was_is_no_error(prose: str) -> None:
    assert "C101" not in [one.code for one in read(prose).diagnostics]


def test_a_payday_without_its_day_is_a_question() -> None:
    assert "C116" in [one.code for one in read("tell me on every payday").diagnostics]


def test_nothing_else_begins_there() -> None:
    assert special(Text("two files", tokens("two files"), date(2026, 11, 26)), 0) is None

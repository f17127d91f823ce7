"""Times that say of what, and not when."""

from __future__ import annotations

from datetime import date

import pytest

from ergos.compile.times.groups import Group
from ergos.compile.times.objects import is_object, without_periods
from ergos.compile.times.part import Part
from tests.compile.times_cases import read, shown


@pytest.mark.parametrize(
    "prose",
    ["本月花费了多少", "告诉我这周的邮件", "告诉我今天吃什么", "明天天气怎么样", "this month's spending", "tell me about this month", "today's spending",
     "summarise last week's mails", "We launch on 1 June 2027. Write a plan.", "prepare the agenda for the meeting at 4pm",
     "我们2027年6月1日上线，帮我写计划", "总结下午四点的会议"],
)  # fmt: skip
def test_what_it_is_about_is_no_firing_and_no_error(prose: str) -> None:
    found = read(prose)
    assert shown(found) == ""
    assert not [one for one in found.diagnostics if one.code in ("C101", "C112", "C116")]


@pytest.mark.parametrize(
    ("prose", "at"),
    [
        ("today at 5pm", "at 2026-11-26T17:00"), ("今天下午五点提醒我", "at 2026-11-26T17:00"), ("send the report tomorrow at 5pm", "at 2026-11-27T17:00"),
        ("remind me of the meeting at 4pm", "at 2026-11-26T16:00"), ("The report should go out at 5pm", "at 2026-11-26T17:00"),
        ("run it on 3 December at 9am", "at 2026-12-03T09:00"),
    ],
)  # fmt: skip
def test_when_it_is_to_be_done_fires(prose: str, at: str) -> None:
    assert shown(read(prose)) == at


def test_what_recurs_is_never_an_object() -> None:
    every = Part("repeat", 20, 29, unit="day")
    assert not is_object(Group(recurrences=[every]), "prepare the meeting every day")


def test_only_a_day_that_is_open_is_taken_for_a_period() -> None:
    window = Part("window", 0, 10)
    assert without_periods([window], "this month", date(2026, 11, 26)) == [window]

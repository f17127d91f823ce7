"""Rules in words, which are read back as the same rules."""

from __future__ import annotations

import pytest

from ergos.compile.preview.rules import is_closing, listed_words, rule_words
from ergos.compile.preview.times import said
from ergos.kernel.permission.wording import Language
from tests.compile.times_cases import CHINESE, ENGLISH, read

WITHOUT_WORDS = ("COUNT=", "INTERVAL=2;BYDAY=2TU")
"""Rules that are shown as they are."""


@pytest.mark.parametrize(
    ("rule", "english", "chinese"),
    [
        ("FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0", "on the first day of every quarter at 09:00", "每季度第一天 09:00"),
        ("FREQ=MONTHLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1;BYHOUR=9;BYMINUTE=0", "on the last day of every quarter at 09:00", "每季度最后一天 09:00"),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0", "every 3 months on the 1st at 09:00", "每 3 个月 1号 09:00"),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO;BYHOUR=9;BYMINUTE=0", "on the first and third Monday of every month at 09:00", "每月第一个和第三个周一 09:00"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=5;BYHOUR=9;BYMINUTE=0", "on the 5th working day of every month at 09:00", "每月第5个工作日 09:00"),
        ("FREQ=HOURLY;BYDAY=MO,TU,WE,TH,FR;BYMINUTE=0", "every hour on weekdays", "每个工作日每小时"),
        ("FREQ=HOURLY;BYMINUTE=15", "every hour at 15 minutes past the hour", "每小时15分"),
        ("FREQ=WEEKLY;INTERVAL=6;BYDAY=SA;BYHOUR=11;BYMINUTE=0", "every 6 weeks on Saturday at 11:00", "每 6 周的周六 11:00"),
    ],
)  # fmt: skip
def test_a_rule_has_words(rule: str, english: str, chinese: str) -> None:
    assert rule_words(rule, "en") == english
    assert rule_words(rule, "zh") == chinese


@pytest.mark.parametrize("language", ["en", "zh"])
def test_almost_every_rule_is_read_back_as_it_was(language: Language) -> None:
    lost: list[str] = []
    rules = [one.value for prose in (*ENGLISH, *CHINESE) for one in read(prose).schedules if one.value.rule]
    for schedule in rules:
        again = [one.value.rule for one in read(said(schedule, language)).schedules]
        if again != [schedule.rule] and not any(mark in schedule.rule for mark in WITHOUT_WORDS):
            lost.append(schedule.rule)
    assert len(lost) <= 1  # 每月第二个和第四个周二


def test_the_end_of_a_window_is_not_said_twice() -> None:
    assert is_closing("FREQ=MINUTELY;INTERVAL=15;BYHOUR=9,10", "FREQ=DAILY;BYHOUR=11;BYMINUTE=0")
    assert not is_closing("FREQ=MINUTELY;INTERVAL=15;BYHOUR=9,10", "FREQ=DAILY;BYHOUR=12;BYMINUTE=0")


def test_what_has_no_words_is_shown_as_it_is() -> None:
    assert rule_words("FREQ=DAILY;COUNT=5;BYHOUR=9;BYMINUTE=0", "en") == "(FREQ=DAILY;COUNT=5;BYHOUR=9;BYMINUTE=0)"
    assert listed_words(["a", "b", "c"]) == "a, b and c"

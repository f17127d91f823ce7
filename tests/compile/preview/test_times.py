"""Triggers in words that the grammar reads back as the same rule."""

from __future__ import annotations

import pytest

from ergos.compile.preview.rules import rule_words
from ergos.compile.preview.times import local, said
from ergos.compile.times.grammar import read_times
from ergos.kernel.permission.wording import Language
from ergos.kernel.triggers import Files, Mailbox, Page, Schedule
from tests.compile.office import KNOWN

RULES = [
    "FREQ=DAILY;BYHOUR=8;BYMINUTE=0",
    "FREQ=DAILY;BYHOUR=8,17;BYMINUTE=30",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=7;BYMINUTE=45",
    "FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9;BYMINUTE=30",
    "FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0",
    "FREQ=MONTHLY;BYMONTHDAY=1,15;BYHOUR=9;BYMINUTE=0",
    "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=18;BYMINUTE=0",
    "FREQ=MONTHLY;BYDAY=1MO;BYHOUR=9;BYMINUTE=0",
    "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=16;BYMINUTE=0",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1;BYHOUR=9;BYMINUTE=0",
]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_in_words_is_read_back_as_the_rule(rule: str, language: Language):
    words = rule_words(rule, language)
    read = read_times(words, language, timezone="Europe/Berlin", now_ns=KNOWN.now_ns, calendar=KNOWN.calendar)
    assert [one.value.rule for one in read.schedules] == [rule], words


def test_a_rule_without_words_is_shown_as_it_is():
    assert rule_words("FREQ=SECONDLY", "en") == "(FREQ=SECONDLY)"
    assert rule_words("nonsense", "zh") == "（nonsense）"


def test_triggers_are_said_in_both_languages():
    assert said(Files(name="f", folder="in:/", pattern="*.pdf"), "en") == "when a *.pdf file arrives in in:/"
    assert said(Mailbox(name="m", account="a", sender="@b.example"), "zh") == "收到来自 @b.example 的邮件时"
    assert said(Page(name="p", url="https://a.example"), "en") == "when the page https://a.example changes"
    assert said(Schedule(name="s", at="2027-01-31T08:00"), "en") == "on 2027-01-31 at 08:00"


def test_an_instant_is_shown_where_its_owner_lives():
    assert local(KNOWN.now_ns, "Asia/Shanghai") == "2026-11-25 17:46 CST"
    assert local(KNOWN.now_ns, "No/Where").endswith("UTC")

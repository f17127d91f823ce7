"""Lints about times."""

from __future__ import annotations

from ergos.compile.check.lints import check
from ergos.lib.agent_file import read
from tests.compile.office import known


def codes(trigger: str, more: str = "") -> set[str]:
    text = (
        f"---\nname: desk\ntimezone: Europe/Berlin\ntriggers:\n  - {{{trigger}}}\nsteps:\n"
        f"  - {{act: notify.owner, with: {{text: x}}}}\ngrants:\n  - {{act: notify.owner, words: w}}\n{more}---\n"
    )
    return {one.code for one in check(read(text, "A"), known())}


def test_a_time_that_is_over_never_fires():
    assert "C339" in codes("on: schedule, at: 2020-01-01T08:00")
    assert codes("on: schedule, at: 2027-01-01T08:00") == set()


def test_a_rule_that_no_day_satisfies_never_fires():
    assert "C337" in codes('on: schedule, rule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=8;BYMINUTE=0"')


def test_a_rule_that_cannot_be_read_says_why():
    assert "C337" in codes('on: schedule, rule: "FREQ=SOMETIMES"')


def test_a_storm_is_said():
    assert "C338" in codes('on: schedule, rule: "FREQ=MINUTELY"')
    assert "C338" in codes("on: page, url: 'https://a.example', every_s: 10")
    assert "C338" not in codes('on: schedule, rule: "FREQ=MINUTELY;INTERVAL=15"')


def test_quiet_hours_that_leave_no_time_to_answer_are_said():
    rule = 'on: schedule, rule: "FREQ=DAILY;BYHOUR=8;BYMINUTE=0"'
    assert "C345" in codes(rule, 'quiet_hours: {start: "08:00", end: "07:00"}\n')
    assert "C345" not in codes(rule, 'quiet_hours: {start: "22:00", end: "07:00"}\n')

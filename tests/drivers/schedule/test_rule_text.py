"""Recurrence rules as they are written."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ergos.drivers.schedule.rule_text import RuleMisfitError, read_rule, read_rules


def test_every_part_is_read() -> None:
    rule = read_rule("RRULE:FREQ=MONTHLY;INTERVAL=2;BYDAY=MO,-1FR;BYSETPOS=-1;BYHOUR=17,9;BYMINUTE=30;WKST=SU;COUNT=3")
    assert (rule.frequency, rule.interval, rule.count, rule.positions) == ("MONTHLY", 2, 3, (-1,))
    assert rule.days == {(0, 0), (-1, 4)}
    assert (rule.hours, rule.minutes, rule.week_start) == ((9, 17), (30,), 6)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("DAILY", "no part"),
        ("INTERVAL=2", "no FREQ"),
        ("FREQ=SECONDLY;COUNT=3", "storm"),
        ("FREQ=DAILY;BYSECOND=0,30", "storm"),
        ("FREQ=SOMETIMES", "unknown"),
        ("FREQ=DAILY;FREQ=WEEKLY", "twice"),
        ("FREQ=DAILY;BYDAY=XX", "BYDAY=XX"),
        ("FREQ=WEEKLY;BYDAY=1MO", "no meaning"),
        ("FREQ=MONTHLY;BYDAY=6MO", "five"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY"),
        ("FREQ=DAILY;BYHOUR=24", "0 to 23"),
        ("FREQ=DAILY;BYHOUR=-1", "0 to 23"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "1 to 31"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=²", "INTERVAL"),
        ("FREQ=DAILY;COUNT=99999999999999999999", "COUNT"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "exclude"),
        ("FREQ=DAILY;UNTIL=20270230", "UNTIL"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "YEARLY"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "no meaning"),
        ("FREQ=DAILY;BYEASTER=1", "no part"),
        ("FREQ=DAILY;" + "BYHOUR=1;" * 2_000, "characters"),
        ("\n".join(["FREQ=DAILY"] * 40), "rules"),
    ],
)
def test_a_misfit_says_in_words_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(RuleMisfitError, match=why):
        read_rules(text)


@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from("FREQ= DAILY ;BY HOUR MONTH =1, -1 MO INTERVAL= UNTIL=2027".split(" "))).map("".join)
)
@example("FREQ=DAILY;UNTIL=00000101")
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    try:
        rules = read_rules(text)
    except RuleMisfitError:
        return
    assert rules

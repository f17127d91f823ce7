"""What is told, when, in one notice, and never twice."""

from __future__ import annotations

import msgspec

from ergos.app.notices import (
    GATHER_S,
    HOUR_NS,
    MARKED_MAX,
    TOLD_MAX,
    WAITING_MAX,
    Entry,
    Marks,
    before_quiet,
    come_up,
    due_ns,
    marks_of,
    reminders_ns,
    taken,
    text_of,
    withdraw,
)
from ergos.base.clock import DAY, SECOND


def entry(key: str, *, at_ns: int = 0, after_ns: int = 0, number: int = 0) -> Entry:
    return Entry(key=key, kind="item" if number else "delivery", at_ns=at_ns, after_ns=after_ns, number=number)


def never(_: int) -> int | None:
    return None


def test_of_one_key_there_is_one_entry_before_and_after_it_is_told() -> None:
    marks = Marks()
    for _ in range(3):
        come_up(marks, entry("a"))
    assert len(marks.waiting) == 1
    assert taken(marks, 0)[0] == (entry("a"),)
    come_up(marks, entry("a"))
    assert taken(marks, 0) == ((), 0)


def test_marks_survive_being_written_down_and_what_cannot_be_read_is_fresh() -> None:
    marks = Marks(cursor=7, item=3, reminded={"3": 1}, spend={"owner/a": 0.8}, sent_ns=[5])
    come_up(marks, entry("a", after_ns=9))
    assert marks_of(text_of(marks)) == marks
    for broken in ("", "null", "[]", "{", '{"cursor": "x"}', '{"waiting": [{}]}'):
        assert marks_of(broken) == Marks()


def test_what_does_not_fit_is_counted_and_not_lost_from_sight() -> None:
    marks = Marks()
    for number in range(WAITING_MAX + 30):
        come_up(marks, entry(str(number)))
    entries, more = taken(marks, 0)
    assert (len(entries), more) == (WAITING_MAX, 30)


def test_marks_stay_bounded() -> None:
    marks = Marks(told=[str(number) for number in range(9_000)])
    marks.reminded = {str(number): 1 for number in range(MARKED_MAX + 50)}
    text = text_of(marks)
    again = msgspec.json.decode(text, type=Marks)
    assert len(again.told) == TOLD_MAX
    assert len(again.reminded) == MARKED_MAX
    assert str(MARKED_MAX + 49) in again.reminded


def test_what_belongs_together_is_gathered() -> None:
    marks = Marks()
    assert due_ns(marks, never, 9, 0) is None
    come_up(marks, entry("a", at_ns=100))
    come_up(marks, entry("b", at_ns=200))
    assert due_ns(marks, never, 9, 100) == 100 + GATHER_S * SECOND


def test_an_agents_quiet_hours_hold_its_own_and_the_homes_hold_all() -> None:
    marks = Marks()
    come_up(marks, entry("own", after_ns=DAY))
    assert due_ns(marks, never, 9, 0) == DAY
    come_up(marks, entry("other"))
    assert due_ns(marks, never, 9, 0) == GATHER_S * SECOND
    assert due_ns(marks, lambda _: HOUR_NS, 9, 0) == HOUR_NS
    assert [one.key for one in taken(marks, HOUR_NS)[0]] == ["other"]
    assert [one.key for one in marks.waiting] == ["own"]


def test_more_notices_than_allowed_wait_for_the_hour_to_pass() -> None:
    marks = Marks(sent_ns=[10, 20, 30])
    come_up(marks, entry("a"))
    assert due_ns(marks, never, 3, 40) == 10 + HOUR_NS
    assert due_ns(marks, never, 4, 10 * SECOND) == 10 * SECOND
    assert due_ns(marks, never, 3, HOUR_NS + 15) == HOUR_NS + 15


def test_what_was_answered_is_withdrawn_but_its_missed_end_is_not() -> None:
    marks = Marks()
    come_up(marks, entry("item/3", number=3))
    come_up(marks, Entry(key="expired/3", kind="expired", at_ns=0, number=3))
    come_up(marks, entry("item/4", number=4))
    withdraw(marks, 3)
    assert [one.key for one in marks.waiting] == ["expired/3", "item/4"]


def test_reminders_grow_and_end_before_the_end() -> None:
    assert reminders_ns(0, 7 * DAY, (3_600, 86_400, 9 * 86_400)) == (3_600 * SECOND, DAY, 7 * DAY - 7 * DAY // 10)
    assert reminders_ns(0, None, (60,)) == (60 * SECOND,)
    assert reminders_ns(0, 7 * DAY, ()) == ()
    assert reminders_ns(0, HOUR_NS, (3_600,)) == (HOUR_NS - HOUR_NS // 10,)
    assert reminders_ns(0, 100 * DAY, (86_400,))[-1] == 99 * DAY


def test_a_last_call_is_moved_before_quiet_hours_that_outlast_the_end() -> None:
    def quiet(at_ns: int) -> int | None:
        return 30 * HOUR_NS if 10 * HOUR_NS <= at_ns < 30 * HOUR_NS else None

    assert before_quiet(20 * HOUR_NS, 25 * HOUR_NS, quiet) == 9 * HOUR_NS + HOUR_NS // 2
    assert before_quiet(20 * HOUR_NS, 40 * HOUR_NS, quiet) == 20 * HOUR_NS, "they end before it does"
    assert before_quiet(5 * HOUR_NS, 25 * HOUR_NS, quiet) == 5 * HOUR_NS
    assert before_quiet(20 * HOUR_NS, 25 * HOUR_NS, lambda _: DAY * 9) == 20 * HOUR_NS, "there is no other time"

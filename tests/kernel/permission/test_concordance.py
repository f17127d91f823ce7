"""What was said is found as a whole, and nothing else is."""

from __future__ import annotations

import pytest

from ergos.kernel.permission.concordance import Concordance, form_of, read


def said(text: str, value: object) -> bool:
    index = Concordance()
    index.take(read(text))
    return index.holds(value, form_of(value) or [])


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("a 1-hour event on 2024-05-19 at 10:00", "2024-05-19 11:00", True),
        ("a 1-hour event on 2024-05-19 at 10:00", "2024-05-19T11:00:00", True),
        ("a 1-hour event on 2024-05-19 at 10:00", "2024-05-19 12:00", False),
        ("a 1-hour event on 2024-05-19 at 10:00", "2024-05-19 09:00", False),
        ("for half an hour on 2024-05-19 at 23:45", "2024-05-20 00:15", True),
        ("5月19日晚上7点，三小时", "2024-05-19 22:00", True),
        ("on May 19th at noon for 90 minutes, 12:00", "2024-05-19 13:30", True),
        ("3 nights from 2024-02-28", "2024-03-02", True),
        ("3 nights from 2024-02-28", "2024-03-03", False),
        ("on 2024-05-19", "2024-05-19 10:00", False),
        ("on May 19th", "2024-05-19", True),
        ("on May 19th, as on 2024-01-01", "2024-05-19", True),
        ("on May 19th, as on 2024-01-01", "2025-05-19", True),
        ("on May 19th, as on 2024-01-01", "2031-05-19", False),
        ("on 2024-05-19", "May 19th", False),
        ("on 2024-05-19", "2024-05-19 00:00", True),
        ("on 2024-05-19", "2024-05-19 23:59", True),
        ("on 2024-05-19 at 10:00", "2024-05-19 00:00", False),
        ("to Sarah Baker, soon", "sarah baker", True),
        ("to Sarah, Baker", "Sarah Baker", True),
        ("to Sarah and Baker", "Sarah Baker", False),
        ("to Sarah Baker", "Baker Sarah", False),
        ("delete all the files", "all", False),
        ("delete all the files", "the", False),
        ("delete all the files", "all the files", True),
        ("发给张三丰", "张", False),
        ("删除这个的", "的", False),
        ("100 dollars", 100, True),
        ("100 dollars", 100.0, True),
        ("100 dollars", 10, False),
        ("100 dollars", True, False),
        ("1 file", True, False),
        ("eve@x.com", "eve@x.com\u200b", False),
        ("eve@x.com", "ｅve@x.com", False),
        ("eve@x.com", "еve@x.com", False),
        ("eve@x.com", "eve@x.com, mallory@y.org", False),
        ("eve@x.com", "eve@x.com\nbcc: mallory@y.org", False),
        ("bob", "bob|rm", False),
        ("bob", "bob; *", False),
        ("bob", "bob;", False),
        ("home", "$HOME", False),
        ("read /srv/x.txt", "/srv/x.txt/..", False),
        ("read /srv/x.txt", "/srv/x.txt.", False),
        ("read /srv/x.txt", "/srv/x.txt", True),
        ("read /srv/x.txt", "./srv/x.txt", False),
        ("read x.txt", "../x.txt", False),
        ("read x.txt", "-x.txt", False),
        ("read x.txt", "'x.txt'", False),
        ("open https://x.com/a", "https://x.com/a'", False),
        ("open https://x.com/a", "http://x.com/a", False),
        ("open http://x.com/a", "https://x.com/a", True),
        ("open www.x.com", "https://www.x.com/", True),
        ("call it 'Catch up over lunch..'. Then", "Catch up  over lunch..", True),
        ("the price is $100; see #4", "$100", True),
        ("the price is 100", "$100", False),
        ("bob", "", False),
        ("bob", "...", False),
        ("strasse", "straße", False),
        ("straße", "straße", True),
        ("ﬁnance", "finance", True),
        ("finance", "ﬁnance", False),
        ("这是（终稿）", "终稿）", True),
        ("\ud800", "\ud800", True),
    ],
)
def test_a_value_is_found_where_it_was_said(text: str, value: object, found: bool) -> None:
    assert said(text, value) is found


def test_words_of_two_texts_are_not_one_phrase() -> None:
    index = Concordance()
    index.take(read(["Sarah", "Baker"]))
    assert index.phrase(["w:sarah"])
    assert not index.phrase(["w:sarah", "w:baker"])


def test_tomorrow_follows_from_a_day_that_was_given_alone() -> None:
    index = Concordance()
    index.take(read("tomorrow at 10:00"))
    assert not index.holds("2024-05-16 10:00", form_of("2024-05-16 10:00") or [])
    index.today([{"date": "2024-05-15"}])
    index.today("on 2024-05-15")
    assert not index.holds("2024-05-16 10:00", form_of("2024-05-16 10:00") or [])
    index.today("2024-05-15")
    assert index.holds("2024-05-16 10:00", form_of("2024-05-16 10:00") or [])
    assert not index.holds("2024-05-17 10:00", form_of("2024-05-17 10:00") or [])


def test_a_phrase_at_the_very_start_is_not_looked_for_before_it() -> None:
    index = Concordance()
    index.take(read("baker sarah"))
    assert not index.phrase(["w:x", "w:baker"])
    assert not index.phrase(["w:sarah", "w:baker"])

"""What of a page changes by itself, and what does not."""

from __future__ import annotations

import time

import pytest

from ergos.drivers.watchers.page_text import LINES_MAX, holds, lines_of, settled


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Last updated: 26 Nov 2026 14:05", "Last updated: 27 Nov 2026 09:00"),
        ("Last updated on November 26, 2026 at 2:05 pm", "Last updated on November 27, 2026 at 3:17 am"),
        ("Thursday, 26 November 2026", "Friday, 27 November 2026"),
        ("Stand: 26.11.2026, 14:05 Uhr", "Stand: 27.11.2026, 15:05 Uhr"),
        ("更新时间:2026-11-26 14:05:31", "更新时间:2026-11-27 09:00:00"),
        ("2026年11月26日 星期四", "2026年11月27日 星期五"),
        ("Posted 3 minutes ago by Ada", "Posted 2 hours ago by Ada"),
        ("发布于 5分钟前", "发布于 2小时前"),
        ("Our news, 1,234 views", "Our news, 1,987 views"),
        ("阅读 99", "阅读 12345"),
        ("Request a8f3c09be12f44d8a1 served", "Request 77e1c09be12f44d8ff served"),
        ("generated 2026-11-26T14:05:31.123Z", "generated 2026-11-27T09:15:00.004Z"),
        ("Price   20 EUR", "Price 20 EUR"),
        ("It is 14:05:33 in Vienna", "It is 09:00:01 in Vienna"),
    ],
)
def test_what_changes_by_itself_is_no_change(one: str, other: str) -> None:
    assert settled(one) == settled(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The price is 19.99 EUR", "The price is 17.99 EUR"),
        ("The deadline is 31 December 2026.", "The deadline is 15 January 2027."),
        ("Open: Monday", "Open: Tuesday"),
        ("In stock", "Sold out"),
        ("3 places are left", "2 places are left"),
        ("Version 3.11.7 was released", "Version 3.11.8 was released"),
        ("截止日期为2026年12月31日", "截止日期为2027年1月15日"),
        ("票价 120 元", "票价 99 元"),
        ("Score 2:1", "Score 2:2"),
    ],
)
def test_what_a_page_is_watched_for_is_a_change(one: str, other: str) -> None:
    assert settled(one) != settled(other)


def test_the_order_and_number_of_lines_do_not_count() -> None:
    assert lines_of("a\nb\nb").keys() == lines_of("b\n\na").keys()


def test_a_text_is_found_whatever_its_capitals_widths_and_blanks() -> None:
    assert holds("Tickets are NOW\n available", "now available")
    assert holds("全角ABC", "abc")
    assert not holds("sold out", "available")


@pytest.mark.parametrize(
    "text",
    ["1:" * 100_000, "a1" * 100_000, "on " * 60_000, "26 nov 2026 " * 20_000, "vor 1 " * 50_000, "\n".join(map(str, range(50_000))), "x" * 400_000, "١" * 100_000, "1," * 100_000, "jan " * 90_000],
    ids=range(10),
)  # fmt: skip
def test_hostile_text_is_read_in_little_time(text: str) -> None:
    before = time.process_time()
    found = lines_of(text)
    assert len(found) <= LINES_MAX + 1
    assert time.process_time() - before < 10  # CPU: what takes the square of its length takes minutes

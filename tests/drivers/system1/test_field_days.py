"""Days as documents write them; an impossible or undecided one is none."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.system1.field_days import days, slashed


@pytest.mark.parametrize(
    "text",
    ["03.02.2026", "3. 2. 2026", "2026-02-03", "2026/2/3", "2026-02-03T10:00", "3 Feb 2026", "3-Feb-26", "Feb 3, 2026",
     "3rd of February 2026", "3. Februar 2026", "3 février 2026", "3 de febrero de 2026", "2026年2月3日", "2026 年 02 月 03 日",
     "03.02.26", "3/2/2026"],
)  # fmt: skip
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    (found,) = days(f"on {text} we", day_first=True)
    assert found.value == "2026-02-03"


@pytest.mark.parametrize(
    "text", ["31.02.2026", "2026-13-01", "1.2.3.4", "10.000,00", "2026", "32 Jan 2026", "99/99/2026"]
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert days(text, day_first=True) == []


def test_the_order_of_two_numbers_is_told_or_there_is_no_day() -> None:
    assert days("03/04/2026", day_first=None) == []
    assert [day.value for day in days("03/04/2026", day_first=False)] == ["2026-03-04"]
    assert [day.value for day in days("03/04/2026", day_first=True)] == ["2026-04-03"]
    assert [day.value for day in days("13/04/2026 04/13/2026 05/05/2026", day_first=None)] == [
        "2026-04-13", "2026-04-13", "2026-05-05",
    ]  # fmt: skip
    assert list(slashed("13/04/2026 and 1-2-2026")) == [(13, 4), (1, 2)]


@given(st.dates(min_value=datetime.date(1970, 1, 1), max_value=datetime.date(2069, 12, 31)))
def test_every_day_is_read_back_from_what_it_is_written_as(day: datetime.date) -> None:
    for text in (f"{day:%d.%m.%Y}", f"{day:%Y-%m-%d}", f"{day:%d/%m/%Y}", f"{day.year}年{day.month}月{day.day}日"):
        assert [found.value for found in days(text, day_first=True)] == [day.isoformat()]


def test_a_day_in_chinese_numerals_is_a_day() -> None:
    assert [day.value for day in days("签订日期：二〇二六年六月二十六日", day_first=None)] == ["2026-06-26"]
    assert [day.value for day in days("二〇二六年十月十日", day_first=None)] == ["2026-10-10"]
    assert days("二〇二六年十三月一日", day_first=None) == []

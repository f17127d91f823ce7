"""Readers of matched words."""

from __future__ import annotations

import re

import pytest

from ergos.compile.times.patterns import CHINESE, ENGLISH
from ergos.compile.times.reading import read
from ergos.compile.times.token import Token


def _read(text: str) -> Token | None:
    for kind, pattern in [*CHINESE, *ENGLISH]:
        match = re.compile(pattern, re.IGNORECASE).fullmatch(text)
        if match:
            return read(kind, match)
    raise AssertionError(text)


@pytest.mark.parametrize(
    ("text", "kind", "number", "minute"),
    [
        ("8:30 pm", "clock", 20, 30), ("08:05", "clock", 8, 5), ("730am", "clock", 7, 30), ("eight thirty pm", "clock", 20, 30),
        ("half past eight", "clock", 8, 30), ("quarter to nine", "clock", 8, 45), ("20 minutes past 7 pm", "clock", 19, 20),
        ("midnight", "clock", 0, 0), ("12 noon", "clock", 12, 0), ("晚上9:30", "clock", 21, 30), ("下午三点一刻", "clock", 15, 15),
        ("凌晨2点半", "clock", 2, 30), ("零点整", "clock", 0, 0), ("八点零五分", "clock", 8, 5), ("十二月二十五日", "date", 1225, 0),
        ("2027年1月3日", "date", 20270103, 0), ("3rd of March", "date", 303, 0), ("March 3, 2027", "date", 20270303, 0),
        ("25/12/2026", "date", 20261225, 0), ("twice a week", "times", 2, 0), ("每周三次", "times", 3, 0), ("biweekly", "adverb", 2, 0),
        ("每隔一天", "zhevery", 2, 0), ("每隔一小时", "zhevery", 1, 0), ("每半小时", "zhevery", 30, 0), ("下下周五", "zhnext", 4, 2),
        ("最后一个工作日", "nth", -1, 0), ("倒数第二天", "nth", -2, 0), ("the day after tomorrow", "rel", 2, 0), ("大后天", "rel", 3, 0),
    ],
)  # fmt: skip
def test_what_words_stand_for(text: str, kind: str, number: int, minute: int) -> None:
    token = _read(text)
    assert token is not None
    assert (
        token.kind.replace("zhclock", "clock").replace("past", "clock").replace("noon", "clock"),
        token.number,
        token.minute,
    ) == (
        kind,
        number,
        minute,
    )


@pytest.mark.parametrize("text", ["两点", "24/7", "32/13/2026"])
def test_what_is_no_time_is_no_token(text: str) -> None:
    assert _read(text) is None


def test_zones() -> None:
    zones = {text: _read(text) for text in ("UTC+8", "GMT-5", "Berlin time", "北京时间", "CST", "Europe/Paris", "EST")}
    assert [token.name for token in zones.values() if token] == [
        "Etc/GMT-8", "Etc/GMT+5", "Berlin", "Asia/Shanghai", "CST", "Europe/Paris", "America/New_York",
    ]  # fmt: skip

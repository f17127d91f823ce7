"""What looks like a time and is none is said."""

from __future__ import annotations

import pytest

from tests.compile.times_cases import read


@pytest.mark.parametrize(
    ("prose", "code"),
    [
        ("on the 32nd of each month read a.md", "C112"), ("每月32号读 a.md", "C112"), ("每年2月31日", "C112"), ("every 31st of February", "C112"),
        ("每0分钟运行 x.sh", "C112"), ("every -5 minutes run x.sh", "C112"), ("every 0 hours", "C112"), ("every minus two days", "C112"),
        ("every millisecond", "C113"), ("每毫秒读", "C113"), ("10 times a second", "C113"), ("every half second", "C113"),
        ("at 8:75 read a.md", "C117"), ("every few minutes", "C116"), ("时不时看看", "C116"),
        ("three business days before month end", "C116"), ("每月最后一天的前两天提醒我", "C116"),
        ("每月5号之前提醒我", "C125"), ("by the 5th of every month", "C125"),
    ],
)  # fmt: skip
def test_it_is_never_left_out_in_silence(prose: str, code: str) -> None:
    assert code in [one.code for one in read(prose).diagnostics]


@pytest.mark.parametrize(
    "prose",
    ["every day at 9am", "the 32nd floor", "her 45th birthday", "每月3号", "每10分钟", "the second item", "500 ms timeout", "two days before the end of each month",
     "write “every 0 minutes” into a.md for the tests that follow, and tell me when it is done"],
)  # fmt: skip
def test_nothing_else_is_said(prose: str) -> None:
    assert not {"C112", "C113", "C116", "C117", "C125"} & {one.code for one in read(prose).diagnostics}


def test_many_of_them_are_said_a_few_times() -> None:
    assert len(read("every -5 minutes " * 4_000).diagnostics) <= 25

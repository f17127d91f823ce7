"""Times of day and windows."""

from __future__ import annotations

import pytest

from ergos.compile.times.clocks import clocks, window
from tests.compile.text_of import text_of


@pytest.mark.parametrize(
    ("prose", "times"),
    [
        ("at 8, 12 and 18", [(8, 0), (12, 0), (18, 0)]),
        ("8:00 and 17:30", [(8, 0), (17, 30)]),
        ("at 8 in the morning and 6 in the evening", [(8, 0), (18, 0)]),
        ("at half past seven in the evening", [(19, 30)]),
        ("晚上八点、九点", [(20, 0), (21, 0)]),
        ("早晚八点", [(8, 0), (20, 0)]),
    ],
)
def test_lists_of_times(prose: str, times: list[tuple[int, int]]) -> None:
    found = clocks(text_of(prose), 0)
    assert found is not None
    assert [(one.number, one.minute) for one in found[0].clocks] == times


@pytest.mark.parametrize("prose", ["8", "5 dollars", "at 5 dollars", "at 20%", "at 3 pages", "two", "and 8"])
def test_a_number_that_counts_is_no_time(prose: str) -> None:
    assert clocks(text_of(prose), 0) is None


@pytest.mark.parametrize(
    ("prose", "first", "last", "flag"),
    [
        ("between 9 and 17", 9, 17, ""),
        ("from 9 to 5 pm", 9, 17, ""),
        ("from 2 to 4 pm", 14, 16, ""),
        ("between 6 and 22", 6, 22, ""),
        ("between 9 and 5", 9, 17, ""),
        ("from 10pm to 7am", 22, 7, ""),
        ("22:00-07:00", 22, 7, ""),
        ("晚上十点到早上七点", 22, 7, ""),
        ("九点到十八点之间", 9, 18, ""),
        ("after 10pm", 22, 22, "after"),
        ("before 8am", 8, 8, "before"),
        ("after 10pm until 6am", 22, 6, ""),
    ],
)
def test_windows(prose: str, first: int, last: int, flag: str) -> None:
    found = window(text_of(prose), 0)
    assert found is not None
    assert (found[0].clocks[0].number, found[0].clocks[-1].number, found[0].flag) == (first, last, flag)

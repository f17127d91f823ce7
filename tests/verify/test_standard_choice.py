"""Choosing items: by what they are about, by how many are wanted, or by neither and then not at all."""

from __future__ import annotations

import pytest

from ergos.base.errors import NoModelError
from ergos.verify.standard_choice import chosen, count_asked

ITEMS = ["Port grows again", "Rail slows down", "A new port opens", "港口增长", "Ports in Chile"]


@pytest.mark.parametrize(
    ("about", "kept"),
    [
        ("ports", [0, 2, 4]),
        ("the top 2", [0, 1]),
        ("top three stories", [0, 1, 2]),
        ("the first 2 about ports", [0, 2]),
        ("5 headlines", [0, 1, 2, 3, 4]),
        ("3条头条", [0, 1, 2]),
        ("挑两个", [0, 1]),
        ("前十名", [0, 1, 2, 3, 4]),
        ("港口", [3]),
    ],
)
def test_items_are_kept_in_their_order(about: str, kept: list[int]) -> None:
    assert chosen(ITEMS, about) == [ITEMS[place] for place in kept]


@pytest.mark.parametrize("about", ["", "of the", "最重要的"])
def test_where_nothing_is_said_somebody_else_must_choose(about: str) -> None:
    with pytest.raises(NoModelError):
        chosen(ITEMS, about)


@pytest.mark.parametrize(
    ("about", "count"),
    [("ports in 2026", None), ("3 items", 3), ("七个菜", 7), ("前20条", 20), ("3个月", None), ("top 0", None)],
)
def test_a_count_is_told_from_other_numbers(about: str, count: int | None) -> None:
    assert count_asked(about) == count

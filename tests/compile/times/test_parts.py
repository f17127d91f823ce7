"""Parts, in order."""

from __future__ import annotations

import pytest

from ergos.compile.times.parts import parts
from tests.compile.text_of import text_of


@pytest.mark.parametrize(
    ("prose", "kinds"),
    [
        ("every day at 8 until Friday", ["repeat", "clocks", "until"]),
        ("from 1 December to 3 January", ["range"]),
        ("between 9 and 17", ["window"]),
        ("between 1 and 24 December", ["range"]),
        ("not on Sundays", ["except"]),
        ("by 3 March", ["due"]),
        ("in two hours", ["in"]),
        ("for the next 30 days", ["for"]),
        ("do not disturb me at night", ["quiet", "part"]),
        ("从明年一月起", ["start"]),
        ("到三月底为止", ["until"]),
        ("周五之前", ["due"]),
        ("周末除外", ["days", "except_post"]),
        ("在三天后", ["in"]),
        ("last week", []),
        ("3 days ago", []),
    ],
)
def test_what_kinds_of_parts_are_found(prose: str, kinds: list[str]) -> None:
    assert [part.kind for part in parts(text_of(prose)) if part.kind != "sep"] == kinds

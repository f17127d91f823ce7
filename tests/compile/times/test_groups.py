"""What belongs together."""

from __future__ import annotations

import pytest

from ergos.compile.times.groups import groups, marked
from ergos.compile.times.parts import parts
from tests.compile.text_of import text_of


def _groups(prose: str) -> list[list[str]]:
    text = text_of(prose)
    return [[part.kind for part in group.every_part()] for group in groups(marked(prose, parts(text)))]


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("at 8am every weekday", [["days", "clocks"]]),
        ("every day read it and send it at 8am", [["repeat", "clocks"]]),
        ("Every weekday: check mail. Run at 9am.", [["days", "clocks"]]),
        ("every day at 8 read, and at 18 send", [["repeat", "clocks"], ["clocks"]]),
        ("on weekdays at 5pm, and on Saturdays at noon", [["days", "clocks"], ["days", "clocks"]]),
        ("every hour check it. Never at night.", [["repeat", "except"]]),
        ("until 1 May, every day", [["repeat", "until"]]),
        ("in the morning", []),
        ("weekly on Monday", [["repeat", "days"]]),
        ("每天提醒我，每天早上十点", [["repeat", "clocks"]]),
    ],
)
def test_groups(prose: str, expected: list[list[str]]) -> None:
    assert _groups(prose) == expected


def test_what_is_beside_quiet_is_its_own() -> None:
    prose = "every hour check it; do not disturb me between 10pm and 7am"
    found = marked(prose, parts(text_of(prose)))
    quiet = next(part for part in found if part.kind == "quiet")
    assert [part.kind for part in quiet.inner] == ["window"]
    assert not any(part.kind == "window" for part in found)

"""How instants and names look to an owner."""

from __future__ import annotations

from ergos.app.owner_words import YEAR_9999_NS, day, minute, name
from ergos.base.clock import DAY


def test_instants_are_local_and_those_without_a_date_have_none() -> None:
    assert minute(20_000 * DAY, "Asia/Shanghai") == "2024-10-04 08:00"
    assert day(20_000 * DAY, "America/New_York") == "2024-10-03"
    assert minute(20_000 * DAY, "No/Where") == "2024-10-04 00:00"
    assert minute(YEAR_9999_NS, "") == "—"


def test_names_stand_on_one_line_and_hide_nothing() -> None:
    assert name("a\nb\x1b[31m\u202ec") == "a b[31mc"
    assert len(name("x" * 10_000)) <= 160

"""The demonstration keeps what it promises, wherever the kill hits: before the announcement is out, or after it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from ergos.app.home import home_at
from ergos.base.documents import Language
from ergos.cli.demo import Told, announced, demonstrate, rows

EARLY = 16
"""Kills 43 ms into publishing: nothing is out yet."""
LATE = 7
"""Kills 979 ms into publishing: the announcement is out, its result is not recorded."""


@pytest.mark.parametrize(
    ("seed", "language", "before", "how"),
    [(EARLY, "zh", False, "done again"), (LATE, "en", True, "out before the kill")],
)
def test_the_team_finishes_after_kill_9_and_announces_once(
    tmp_path: Path, seed: int, language: Language, before: bool, how: str
):
    said: list[str] = []

    async def show() -> Told:
        return await asyncio.wait_for(demonstrate(said.append, folder=tmp_path, language=language, seed=seed), 60)

    told = asyncio.run(show())
    assert (told.asked, told.happened_before) == (True, before)
    assert told.announcements == 1
    assert told.faults == 0
    assert told.documents > 10
    assert told.sentences > 5
    assert told.records > 20
    assert told.spent_tokens > 0
    assert Path(told.page).stat().st_size > 1_000
    assert told.title in Path(told.markdown).read_text(encoding="utf-8")
    assert len(announced(tmp_path / "published")) == 1
    assert how in dict(rows(told))["effects"]
    assert any(f"seed {seed}" in line for line in said)
    assert home_at(tmp_path / "home", {"HOME": str(tmp_path)}).holder() is None  # no kernel is left behind


def test_what_the_outside_saw_is_one_line_an_announcement(tmp_path: Path):
    assert announced(tmp_path) == []
    lines = [{"key": "1", "title": "一"}, {"key": "2", "title": "two"}]
    (tmp_path / "announcements.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert announced(tmp_path) == lines


@pytest.mark.parametrize(
    ("asked", "before", "words"),
    [(False, True, "recorded before the kill"), (True, True, "confirmed by the owner"), (True, False, "done again")],
)
def test_the_result_says_which_way_the_kill_went(asked: bool, before: bool, words: str):
    told = Told(
        asked=asked, happened_before=before, announcements=1, documents=1, sentences=1, faults=0, records=1,
        spent_microusd=0, spent_tokens=1_000, title="t", page="p", markdown="m", home="h",
    )  # fmt: skip
    shown = dict(rows(told))
    assert words in shown["effects"]
    assert "1,000" in shown["cost"]

"""A model reads an owner's words as an ordinary process: budgeted, journaled, and believed only as far as it may be."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from ergos.app.composing import circumstances_of
from ergos.app.composing_model import compile_with_model
from ergos.app.home import Home, home_at, reading
from ergos.compile.pipeline import Compiled, compile_prose

PROSE = "each evening have a look at ./a.txt, gimme the gist of it"
GOOD = {
    "language": "en",
    "actions": [
        {"words": "have a look at ./a.txt", "verb": "read"},
        {"words": "gimme the gist of it", "verb": "summarise"},
        {"words": "gimme the gist of it", "verb": "send", "target": "evil@example.com"},
    ],
}


def home_with(folder: Path, answer: str) -> Home:
    """A home whose only model says what it is told to."""
    folder.mkdir()
    (folder / "model.toml").write_text(f"[[answers]]\nsay = '''{answer}'''\n" * 3, encoding="utf-8")
    (folder / "settings.toml").write_text(
        '[models]\ndiscover = false\nauto = ["toy"]\n[models.endpoints.toy]\ndialect = "scripted"\n'
        f'file = "{folder / "model.toml"}"\nprice = {{ input = "1usd", output = "2usd" }}\n',
        encoding="utf-8",
    )
    return home_at(folder, {"HOME": str(folder.parent), "ERGOS_OWNER": "ada"})


def compiled(home: Home, folder: Path) -> Compiled:
    async def scene() -> Compiled:
        known = await circumstances_of(home, folder=folder, environ={}, timezone="Europe/Berlin")
        assert known.model
        return await compile_with_model(home, PROSE, known, compile_prose(PROSE, known))

    return asyncio.run(scene())


def test_what_the_model_understood_counts_and_what_it_added_does_not(tmp_path: Path):
    home = home_with(tmp_path / "home", json.dumps(GOOD))
    made = compiled(home, tmp_path)
    assert made.intent.by == "model"
    assert made.file is not None
    assert {"sources.read", "summarise"} <= {grant.name for grant in made.file.grants}
    assert "mail.send" not in {grant.name for grant in made.file.grants}
    assert "C351" in {one.code for one in made.diagnostics}


def test_the_call_is_journaled_as_that_of_a_process(tmp_path: Path):
    home = home_with(tmp_path / "home", json.dumps(GOOD))
    compiled(home, tmp_path)

    async def agents() -> list[str]:
        async with reading(home) as reads:
            return [row.agent for row in await reads.processes(live_only=False)]

    assert asyncio.run(agents()) == ["ergos-compiler"]


@pytest.mark.parametrize("answer", ["no data at all", '{"language": "fr"}'])
def test_without_a_usable_answer_the_grammar_reads_alone_and_says_so(tmp_path: Path, answer: str):
    home = home_with(tmp_path / "home", answer)
    made = compiled(home, tmp_path)
    assert made.intent.by == "system1"
    assert "C352" in {one.code for one in made.diagnostics}

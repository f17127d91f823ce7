"""Agents on disk are read without running them; what cannot be read is an agent with a fault."""

from __future__ import annotations

import os
from pathlib import Path

from ergos.app.agent_shelf import CODE_BYTES_MAX, files_of, lying_in
from ergos.kernel.packages import Definition

AGENT = "---\nname: gardener\ngoal: Water the plants.\n---\n\nEvery morning.\n"
CODE = '''
import pathlib
pathlib.Path("ran").write_text("it ran")

@tool(effect="pure")
def look(at: str) -> str:
    """Look at something."""

@agent(grants=[])
async def one(ctx):
    """Does a thing.

    And another."""

async def no_agent(ctx): ...
'''


def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "agents"
    (folder / "gardener").mkdir(parents=True)
    (folder / "gardener" / "AGENT.md").write_text(AGENT)
    (folder / "broken").mkdir()
    (folder / "broken" / "AGENT.md").write_text("---\nnonsense: [\n---\n")
    (folder / "code.py").write_text(CODE)
    (folder / "big.py").write_text("#" * (CODE_BYTES_MAX + 1))
    (folder / "bad.py").write_text("def (")
    (folder / ".hidden.py").write_text(CODE)
    return folder


def test_what_lies_there_is_listed_and_nothing_runs(tmp_path: Path):
    shelf(tmp_path)
    found = {one.name: one for one in lying_in(tmp_path)}
    assert sorted(found) == ["broken", "gardener", "one"]
    assert found["gardener"].goal == "Water the plants."
    assert found["broken"].fault
    assert found["one"].goal == "Does a thing."
    assert not (tmp_path / "ran").exists()
    assert not Path("ran").exists()
    assert lying_in(tmp_path / "nowhere") == ()


def test_files_of_a_definition_are_read_as_they_are_now(tmp_path: Path):
    folder = shelf(tmp_path)
    folded = files_of(Definition(agent="gardener", program=str(folder / "gardener")))
    assert folded.file is not None
    assert folded.text == AGENT
    coded = files_of(Definition(agent="one", program=f"{folder / 'code.py'}::one"))
    assert [(one.kind, one.name) for one in coded.code] == [("tool", "look"), ("agent", "one")]
    assert coded.sources[0][1] == CODE
    gone = files_of(Definition(agent="x", program=str(tmp_path / "gone.py")))
    assert gone.fault


def test_what_is_no_agents_file_is_not_read(tmp_path: Path):
    secret = tmp_path / "secret.txt"
    secret.write_text("hush")
    assert files_of(Definition(agent="x", program=str(secret))).sources == ()
    assert files_of(Definition(agent="x", program="foreign:exec")).path == ""
    assert files_of(Definition(agent="x", program="module:function")).path == ""
    fifo = tmp_path / "agents" / "pipe.py"
    fifo.parent.mkdir()
    os.mkfifo(fifo)
    assert lying_in(tmp_path) == ()
    assert files_of(Definition(agent="x", program=str(fifo))).fault

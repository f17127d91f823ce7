"""An agent's folder is read without running any of it."""

from __future__ import annotations

from pathlib import Path

from ergos.app.exporting.leaving import load
from ergos.app.importing.remarks import Findings


def test_a_folder_is_read_with_its_team_skills_and_memory_and_none_of_its_code_runs(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "team" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "AGENT.md").write_text(
        "---\nname: a\nteam: [b]\nsettings: {prompts: {p: hello, n: 3}}\n---\nBody.\n"
    )
    (inner / "AGENT.md").write_text("---\nname: b\n---\nInner.\n")
    mark = tmp_path / "ran"
    (tmp_path / "a" / "agent.py").write_text(f"open({str(mark)!r}, 'w')\n")
    (tmp_path / "a" / "memory.json").write_text("{broken")
    (tmp_path / "a" / "skills" / "Bad Name").mkdir(parents=True)
    findings = Findings()
    found = load(tmp_path / "a", findings)
    assert (found.name, found.instructions, found.prompts, found.memory) == ("a", "Body.", {"p": "hello"}, ())
    assert [one.instructions for one in found.team] == ["Inner."]
    assert {one.code for one in findings.all} == {"I102", "I503"}
    assert not mark.exists()


def test_whole_instructions_beside_a_body_that_was_cut_are_the_ones_that_leave(tmp_path: Path) -> None:
    (tmp_path / "AGENT.md").write_text("---\nname: a\n---\nshort\n")
    (tmp_path / "INSTRUCTIONS.md").write_text("all of it\n")
    assert load(tmp_path, Findings()).instructions == "all of it"

"""Skills of others come along in our format, without secrets, or are named with what is wrong."""

from __future__ import annotations

from ergos.app.importing.remarks import Findings
from ergos.app.importing.skills import inline, skills_of
from ergos.app.importing.tree import Tree
from ergos.lib.skill_file import read_skill_file

SHEET = b"---\nname: Ask Weather!\ndescription: >\n  Tells\n  the weather.\nallowed-tools: [Bash, Read]\nlicense: MIT\nmetadata: {a: {b: c}}\n---\nAsk.\n---\nMore.\n"


def test_a_skill_is_one_that_our_reader_takes() -> None:
    findings = Findings()
    found = skills_of(
        Tree("t", {"skills/w/SKILL.md": SHEET, "skills/w/run.sh": b"x", "other/SKILL.md": SHEET}), findings
    )
    assert [one.name for one in found] == ["ask-weather"]
    read = read_skill_file(found[0].files["SKILL.md"].decode(), "ask-weather")
    assert (read.description, read.allowed_tools, read.license, read.body) == (
        "Tells the weather.",
        "Bash Read",
        "MIT",
        "Ask.\n---\nMore.",
    )
    assert {one.where for one in findings.all if one.code == "I101"} == {"skills/w/SKILL.md.metadata"}


def test_a_skill_that_cannot_be_used_is_named() -> None:
    findings = Findings()
    files = {"skills/shell/SKILL.md": b"---\nname: shell\ndescription: x\n---\n", "skills/big/SKILL.md": b"x"}
    files |= {f"skills/big/{number}": b"x" for number in range(300)}
    assert skills_of(Tree("t", files), findings) == ()
    assert {one.what for one in findings.all if one.code == "I503"} == {"shell", "big"}


def test_a_skill_within_a_configuration_is_written_as_a_sheet() -> None:
    found = inline({"name": "greet", "description": "a: b # c\n---", "instructions": "Say hello."}, "w", Findings())
    assert found is not None
    assert read_skill_file(found.files["SKILL.md"].decode(), "greet").body == "Say hello."

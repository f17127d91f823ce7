"""Skills as their folders have them, and only those that can be read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ergos.base.errors import UnknownPathError
from ergos.server.mcp_shelf import FolderShelf

TEXT = """---
name: letters
description: "How to write letters: the long ones"
license: Apache-2.0
metadata:
  version: "1.0"
  date: 2026-01-02
---

Write.
"""


def skill(folder: Path, name: str, text: str = TEXT) -> Path:
    (folder / name / "templates").mkdir(parents=True)
    (folder / name / "SKILL.md").write_text(text.replace("letters", name))
    (folder / name / "templates" / "a.md").write_text("Dear\n")
    return folder


def test_a_skill_is_offered_file_by_file_with_its_digests(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "none", (skill(tmp_path / "more", "letters"),))
    (entry,) = shelf.skills()
    assert entry.path == "letters"
    assert entry.frontmatter == {
        "name": "letters", "description": "How to write letters: the long ones", "license": "Apache-2.0",
        "metadata": {"version": "1.0", "date": "2026-01-02"},
    }  # fmt: skip
    assert [file.path for file in entry.files] == ["SKILL.md", "templates/a.md"]
    for file in entry.files:
        body = shelf.read("letters", file.path)
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (file.digest, file.size)


@pytest.mark.parametrize(
    "file", ["../letters/SKILL.md", "/etc/passwd", "templates", "", "skill.md", "templates/../SKILL.md", "\0"]
)
def test_what_is_not_in_a_skill_is_not_read(tmp_path: Path, file: str) -> None:
    shelf = FolderShelf(tmp_path / "none", (skill(tmp_path / "more", "letters"),))
    with pytest.raises(UnknownPathError):
        shelf.read("letters", file)
    with pytest.raises(UnknownPathError):
        shelf.read("../more/letters", "SKILL.md")


def test_a_link_leads_nowhere_and_a_broken_skill_is_not_there(tmp_path: Path) -> None:
    folder = skill(tmp_path / "more", "letters")
    (folder / "broken").mkdir()
    (folder / "broken" / "SKILL.md").write_text("no front matter")
    (tmp_path / "secret").write_text("secret")
    (folder / "letters" / "link").symlink_to(tmp_path / "secret")
    shelf = FolderShelf(tmp_path / "none", (folder,))
    assert all(file.path != "link" for entry in shelf.skills() for file in entry.files)
    assert all(entry.path != "broken" for entry in shelf.skills())


def test_a_skill_put_into_the_home_by_hand_is_not_offered(tmp_path: Path) -> None:
    home = skill(tmp_path / "skills", "letters")
    assert FolderShelf(home).skills() == ()
    assert len(FolderShelf(home, (home,)).skills()) == 1, "a folder the owner names is offered as it is"

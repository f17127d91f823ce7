"""Paths that would lead elsewhere on any system are none; text is text whatever its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.app.importing.remarks import Findings
from ergos.app.importing.tree import Tree, decoded, safe_path, take


@pytest.mark.parametrize("path", ["a", "a/b.md", "./a", "a/.hidden", "文件/a", "a b/c"])
def test_a_path_below_is_safe(path: str) -> None:
    assert safe_path(path)


@pytest.mark.parametrize(
    "path", ["", "/a", "../a", "a/../b", "a//b", "~/a", "a\\b", "C:/a", "a\0", "a/", "x" * 500, ".."]
)
def test_a_path_that_leads_elsewhere_is_not(path: str) -> None:
    assert not safe_path(path)


def test_bytes_become_text_and_what_cannot_is_reported() -> None:
    findings = Findings()
    assert decoded(b"\xef\xbb\xbfa\r\nb\0", "x", findings) == "a\nb\ufffd"
    assert not findings.all
    assert decoded(b"a\xff", "x", findings) == "a\ufffd"
    assert [one.code for one in findings.all] == ["I105"]


def test_a_file_beside_is_read_without_following_a_link(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.md").write_text("inside")
    (tmp_path / "link").symlink_to(tmp_path / "sub")
    tree = Tree("x", {}, tmp_path)
    findings = Findings()
    assert tree.beside("./sub/a.md", findings, "w") == b"inside"
    assert tree.beside("link/a.md", findings, "w") is None
    assert [one.code for one in findings.all] == ["I109"]


def test_sessions_credentials_and_repositories_are_never_read(tmp_path: Path) -> None:
    for name in ("sessions/a.jsonl", "credentials/x.json", ".git/config", "keep.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert list(take(tmp_path, Findings()).files) == ["keep.md"]


def test_a_part_of_a_tree_is_a_tree() -> None:
    tree = Tree("t", {"a/b/c.md": b"1", "a/d.md": b"2"})
    assert tree.below("a/b") == Tree("b", {"c.md": b"1"})

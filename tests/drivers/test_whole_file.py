"""A file is the old one or the new one, and its writers take turns."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ergos.drivers.whole_file import replace_file, turn


def test_a_file_is_its_owners_alone_and_so_is_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x"
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    replace_file(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="full"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_draft_that_was_left_is_taken_over_and_no_link_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / ".x.new").symlink_to(victim)
    replace_file(tmp_path / "x", b"new")
    assert victim.read_text() == "mine"
    assert not (tmp_path / ".x.new").exists()


def test_who_comes_second_waits_for_the_first(tmp_path: Path) -> None:
    first = turn(tmp_path / "x")
    got = threading.Event()

    def second() -> None:
        os.close(turn(tmp_path / "x"))
        got.set()

    waiting = threading.Thread(target=second)
    waiting.start()
    assert not got.wait(0.2)
    os.close(first)
    waiting.join()
    assert got.is_set()

"""Two folders trade places in one step, or nothing happens."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from ergos.base.errors import WorldError
from ergos.drivers.exchange import exchange


def test_two_folders_trade_their_names(tmp_path: Path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "who").write_text(name)
    exchange(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "one" / "who").read_text() == "other"
    assert (tmp_path / "other" / "who").read_text() == "one"


def test_what_is_not_there_is_an_error_and_changes_nothing(tmp_path: Path):
    (tmp_path / "one").mkdir()
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "one", tmp_path / "other")
    assert [found.name for found in tmp_path.iterdir()] == ["one"]


def test_a_file_system_without_the_step_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Old:
        """A C library from before the step."""

    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Old())
    with pytest.raises(WorldError, match="cannot exchange"):
        exchange(tmp_path / "one", tmp_path / "other")

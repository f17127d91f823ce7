"""The home a command works on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.cli.options import home_of


def test_the_option_beats_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ERGOS_HOME", str(tmp_path / "env"))
    assert home_of(None).folder == tmp_path / "env"
    assert home_of(tmp_path / "option").folder == tmp_path / "option"
    monkeypatch.chdir(tmp_path)
    assert home_of(Path("here")).folder == tmp_path / "here"

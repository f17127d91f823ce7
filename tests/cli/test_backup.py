"""Backup, restore and upgrade at the command line: what they say, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ergos.base.errors import ErgosError
from ergos.cli.backup import backup, restore, upgrade
from tests.cli.conftest import LISTENER, Shell

PASSPHRASE = "correct horse battery"

app = typer.Typer()
for command in (backup, restore, upgrade):
    app.command()(command)


def said(*arguments: str, code: int = 0, stdin: str = "") -> str:
    """What a command prints."""
    done = CliRunner().invoke(app, [*arguments], input=stdin)
    if isinstance(done.exception, ErgosError):
        raise done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def test_a_running_home_is_kept_and_brought_back(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shell("run", shell.agent("listener", LISTENER), "--detach")
    monkeypatch.setenv("ERGOS_PASSPHRASE", PASSPHRASE)
    file = str(tmp_path / "kept")
    written = said("backup", file, "--with-secrets", "--home", str(shell.home))
    assert "signed up to record" in written
    assert "under your passphrase" in written
    other = str(tmp_path / "other")
    told = said("restore", file, "--into", other, "--with-secrets")
    assert "STOP is in force and 1 of 1 processes are paused" in told
    assert "knows nothing of what was done after that" in told
    found = json.loads(said("restore", file, "--into", other, "--replace", "--json"))
    assert found["since"]["known"]
    assert Path(found["aside"]).is_dir()
    assert "paused" in shell("ps", "--home", other)
    assert json.loads(said("upgrade", "--check", "--json", "--home", other))["fits"]


def test_the_passphrase_is_read_from_stdin_and_never_shown(shell: Shell, tmp_path: Path):
    shell("run", shell.agent("listener", LISTENER), "--detach")
    file = str(tmp_path / "kept")
    assert PASSPHRASE not in said("backup", file, "--with-secrets", stdin=PASSPHRASE + "\n")
    with pytest.raises(ErgosError, match="passphrase"):
        said("backup", file, "--replace", "--with-secrets", stdin="\n")
    with pytest.raises(ErgosError, match="passphrase") as refused:
        said("restore", file, "--into", str(tmp_path / "x"), "--with-secrets", stdin="another passphrase\n")
    assert "another" not in str(refused.value)


def test_what_does_not_fit_is_exit_code_2(shell: Shell):
    shell.home.mkdir()
    (shell.home / "settings.toml").write_text("levitation = 1\n")
    assert "BAD" in said("upgrade", "--check", code=2)
    assert not json.loads(said("upgrade", "--check", "--json", code=2))["fits"]
    with pytest.raises(ErgosError, match="upgraded by the tool"):
        said("upgrade")

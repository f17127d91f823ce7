"""A home in three questions: by flags, by Enter, in two languages; asked again it changes nothing unasked."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from ergos.base.errors import UsageError
from ergos.cli import init

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import typer; from ergos.cli.init import init; app = typer.Typer(); app.command()(init); app()"

app = typer.Typer()
app.command()(init.init)


def call(*words: str) -> None:
    app(list(words), standalone_mode=False)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ERGOS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ERGOS_OWNER", "")
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    return tmp_path / "home"


def table(home: Path) -> dict[str, object]:
    return tomllib.loads((home / "settings.toml").read_text("utf-8"))


def test_flags_answer_everything_and_the_next_step_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("--owner", "ann", "--language", "zh", "--model", "none", "--per-day", "2.5usd")
    assert table(home) == {
        "owner": "ann",
        "language": "zh",
        "budget": {"per_day": "2.5usd"},
        "models": {"discover": False},
    }
    assert "ergos new" in capsys.readouterr().err


def test_yes_takes_what_counts_anyway_and_a_second_run_changes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("--yes", "--json")
    assert json.loads(capsys.readouterr().out)["changed"]
    before = (home / "settings.toml").read_bytes()
    call("--yes", "--json")
    assert not json.loads(capsys.readouterr().out)["changed"]
    assert (home / "settings.toml").read_bytes() == before


def test_with_nobody_there_nothing_is_asked_made_or_changed(home: Path) -> None:
    with pytest.raises(UsageError, match="nobody"):
        call("--owner", "ann")
    assert not home.exists()
    call("--yes")
    before = (home / "settings.toml").read_bytes()
    with pytest.raises(UsageError, match="already"):
        call("--owner", "bob", "--language", "en", "--model", "auto", "--per-day", "1usd")
    assert (home / "settings.toml").read_bytes() == before
    call("--owner", "bob", "--yes")
    assert table(home)["owner"] == "bob"


def test_a_key_goes_into_the_vault_and_stands_in_no_file(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "sk-" + "abcdefghijklmnop1234"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(key.encode() + b"\n")))
    call("--yes", "--key", "openai-api-key")
    out, err = capsys.readouterr()
    assert "OPENAI_API_KEY" in err
    assert key not in out + err
    assert not [path for path in home.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]


def at_terminal(home: Path, answers: str) -> str:
    """Run it at a terminal of its own; what it showed."""
    above, below = pty.openpty()
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "ERGOS_HOME": str(home), "LANG": "C"}
    environ = {key: value for key, value in environ.items() if not key.endswith("_API_KEY")}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=below, stdout=below, stderr=below, env=environ, close_fds=True
    ) as process:
        os.close(below)
        os.write(above, answers.encode())
        shown = b""
        while True:
            try:
                piece = os.read(above, 4_096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
        assert process.wait(30) == 0, shown
    os.close(above)
    return shown.decode()


def test_enter_five_times_makes_a_home_and_later_answers_change_it_only_when_confirmed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    shown = at_terminal(home, "\n\n\n\n\n")
    assert "1. Who are you?" in shown
    assert table(home)["budget"] == {"per_day": "1usd"}
    shown = at_terminal(home, "ann\nzh\nnone\n3\ny\n")
    assert "每天最多可花费多少" in shown
    assert table(home) == {
        "owner": "ann",
        "language": "zh",
        "budget": {"per_day": "3usd"},
        "models": {"discover": False},
    }


def test_a_model_that_is_not_here_is_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("--yes", "--owner", "mei", "--model", "nosuch")
    assert "nosuch was not found here" in capsys.readouterr().err

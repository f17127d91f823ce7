"""The command as a whole: help, exit codes, one line for every error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ergos import __version__
from ergos.base.error_tree import EXIT_CODES
from ergos.cli import main as command
from ergos.cli.main import BUG_EXIT, INTERRUPTED_EXIT, main

from .conftest import HELLO, Shell

COMMANDS = (
    "run wait send demo ps journal replay inbox approve deny answer signal stop ledger verify receipt ls cat up down"
    " status doctor version"
).split()


def test_help_names_every_command_and_every_exit_code(shell: Shell):
    shown = shell("--help")
    for name in COMMANDS:
        assert f"\n  {name} " in shown
    for code in {0, 3, *EXIT_CODES.values()}:
        assert f"\n    {code}  " in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_within_80_columns(shell: Shell, name: str):
    shown = shell(name, "--help")
    assert shown.startswith(f"Usage: ergos {name}")
    assert max(map(len, shown.splitlines())) <= 80


def test_help_loads_nothing_heavy():
    heavy = ("asyncio", "sqlite3", "rich", "msgspec.json", "cryptography", "lxml", "httpx2", "trafilatura", "rjieba")
    script = f"import sys, ergos.cli.main as m; m.main(['--help']); print([x for x in {heavy!r} if x in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, env=_env(), check=False
    )
    assert done.stderr.strip() == "[]"


def _env() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(Path(command.__file__).resolve().parents[2])}


def test_the_version_is_the_packages(shell: Shell):
    assert shell("version").strip() == shell("--version").strip() == __version__


def test_without_arguments_the_help_is_shown(shell: Shell):
    assert "Commands:" in shell(code=2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["ps", "--bogus"],
        ["wait", "abc"],
        ["wait"],
        ["approve", "1.5"],
        ["signal", "explode", "1"],
        ["ps", "--limit", "0"],
        ["run"],
        ["journal", "--after", "-1"],
        ["stop"],
        ["replay", "1", "--until", "0"],
        ["demo", "--language", "xx"],
    ],
)
def test_what_cannot_be_said_is_a_usage_error_on_one_line(shell: Shell, arguments: list[str]):
    assert shell(*arguments, code=2) == ""
    (line,) = shell.err.splitlines()
    assert line.startswith("[E100] ")
    assert " — " in line


@pytest.mark.parametrize("name", ["ps", "journal", "inbox", "ledger", "receipt", "ls", "status", "down"])
def test_a_home_where_nothing_was_run_is_said_and_not_created(shell: Shell, name: str):
    code = 0 if name == "receipt" else 2
    del code
    shell(name, code=2)
    assert shell.err.startswith("[E104] ")
    assert not shell.home.exists()


def test_the_home_may_stand_before_and_behind_the_command(shell: Shell):
    other = str(shell.folder / "other")
    shell("run", shell.agent("hello", HELLO), "--home", other)
    assert "hello" in shell("--home", other, "ps", "--all")
    assert "hello" in shell("ps", "--all", "--home", other)
    assert not shell.home.exists()


def test_an_unexpected_exception_is_one_line_and_a_code(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> object:
        raise RuntimeError("oops")

    monkeypatch.setattr(command, "app", broken)
    shell("ps", code=BUG_EXIT)
    assert shell.err.count("\n") == 1
    assert "RuntimeError: oops" in shell.err
    assert "ERGOS_DEBUG=1" in shell.err


def test_debug_shows_where(shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("ERGOS_DEBUG", "1")
    assert main(["ps"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_130(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "app", interrupted)
    shell("ps", code=INTERRUPTED_EXIT)


def test_settings_that_are_wrong_are_named(shell: Shell):
    shell.home.mkdir()
    (shell.home / "settings.toml").write_text("ownr = 'x'")
    shell("ps", code=2)
    assert "settings.toml" in shell.err
    assert "owner" in shell.err


@pytest.mark.parametrize("content", [b"", b"hello world, this is no store", b"SQLite format 3\0" + b"\0" * 100])
def test_a_file_that_is_no_store_is_never_touched(shell: Shell, content: bytes):
    shell.home.mkdir()
    (shell.home / "ergos.db").write_bytes(content)
    for arguments in (["ps", "--all"], ["journal"], ["inbox"]):
        shell(*arguments, code=6)
        assert shell.err.startswith("[E60")
    assert (shell.home / "ergos.db").read_bytes() == content

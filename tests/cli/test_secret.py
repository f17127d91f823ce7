"""`ergos secret`: a secret goes in by a prompt or by stdin, and never comes out."""

from __future__ import annotations

import getpass
import io
import json
import stat
import sys
from pathlib import Path

import pytest
import typer

from ergos.base.errors import UsageError
from ergos.cli.secret import app
from ergos.drivers.host import FileSigner, HostEntropy
from ergos.drivers.vault.home_vault import HomeVault

VALUE = "sk-0123456789-密码"


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ergos.drivers.vault.home_vault.real_ring", lambda: None)
    monkeypatch.setattr(HomeVault.__init__, "__kwdefaults__", {"ring": lambda: None})


class Stdin(io.TextIOWrapper):
    """What is typed or piped."""

    def __init__(self, said: bytes, *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(said))
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def secret(home: Path, *arguments: str) -> None:
    app([*arguments, "--home", str(home)], standalone_mode=False)


def kept(home: Path) -> HomeVault:
    return HomeVault(home, FileSigner(home / "key"), HostEntropy(), ring=lambda: None)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_comes_from_stdin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], end: str
) -> None:
    home = tmp_path / "home"
    monkeypatch.setattr(sys, "stdin", Stdin((VALUE + end).encode()))
    secret(home, "set", "github")
    assert kept(home).get("github") == VALUE
    shown = capsys.readouterr()
    assert VALUE not in shown.out + shown.err
    assert "secret:github" in shown.err
    assert stat.S_IMODE((home / "secrets").stat().st_mode) == 0o600


def test_a_secret_comes_from_a_prompt_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter([VALUE, VALUE, "one", "other"])
    monkeypatch.setattr(sys, "stdin", Stdin(b"", terminal=True))
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(said))
    secret(tmp_path, "set", "github")
    assert kept(tmp_path).get("github") == VALUE
    with pytest.raises(UsageError, match="not the same"):
        secret(tmp_path, "set", "github")


def test_a_secret_on_the_command_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"x"))
    with pytest.raises(Exception, match="unexpected extra argument") as caught:
        secret(tmp_path, "set", "github", VALUE)
    assert not isinstance(caught.value, typer.Exit)
    with pytest.raises(UsageError) as refused:
        secret(tmp_path, "set", "ghp_abc/def")
    assert "ghp" not in str(refused.value)
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize("said", [b"", b"\n", b"a\0b", b"\xff\xfe", b"x" * 9_000])
def test_what_is_no_secret_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(said))
    with pytest.raises(UsageError):
        secret(tmp_path, "set", "github")


def test_names_are_listed_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    secret(home, "list")
    assert "no secret is stored" in capsys.readouterr().err
    assert not home.exists()
    for name in ("b", "a"):
        monkeypatch.setattr(sys, "stdin", Stdin(VALUE.encode()))
        secret(home, "set", name)
    capsys.readouterr()
    secret(home, "list")
    assert capsys.readouterr().out == "a\nb\n"
    secret(home, "forget", "a")
    secret(home, "list", "--json")
    assert json.loads(capsys.readouterr().out) == ["b"]
    with pytest.raises(UsageError, match="there is no secret a"):
        secret(home, "forget", "a")
    with pytest.raises(UsageError):
        secret(tmp_path / "nowhere", "forget", "a")

"""`ergos access` and `ergos open`: a secret is printed once, and what is printed is good where it is meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from ergos.app.access.register import Register
from ergos.app.access.register_file import FILE
from ergos.base.errors import BoundError, NotRunningError, UsageError, ValueShapeError
from ergos.cli.access import app, open_console
from ergos.drivers.host import HostClock, HostEntropy
from ergos.runtime.control import Status

opening = typer.Typer()
opening.command()(open_console)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ERGOS_OWNER", "me")
    monkeypatch.delenv("ERGOS_LANGUAGE", raising=False)
    return tmp_path / "home"


def access(home: Path, *arguments: str) -> None:
    app([*arguments, "--home", str(home)], standalone_mode=False)


def register(home: Path) -> Register:
    return Register(home, HostClock(), HostEntropy(), keeper="me")


def test_a_token_is_printed_once_and_is_good(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    access(home, "make", "ci", "--role", "operator", "--name", "robot", "--days", "2")
    shown = capsys.readouterr()
    token = shown.out.strip()
    found = register(home).principal_of_token(token, "api")
    assert found is not None
    assert (found.name, found.role, found.owner, found.keeper, found.fresh) == ("robot", "operator", "me", True, False)
    assert token not in shown.err
    assert token not in (home / FILE).read_text()
    access(home, "make", "deciding", "--role", "owner", "--decides", "--json")
    made = json.loads(capsys.readouterr().out)
    found = register(home).principal_of_token(made["token"], "api")
    assert found is not None
    assert found.fresh
    access(home, "make", "scrape", "--for", "metrics", "--owner", "bob")
    token = capsys.readouterr().out.strip()
    assert register(home).principal_of_token(token, "api") is None
    found = register(home).principal_of_token(token, "metrics")
    assert found is not None
    assert (found.name, found.owner, found.keeper) == ("bob", "bob", False)


def test_what_there_is_is_listed_and_taken_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    access(home, "list")
    assert "ergos access make" in capsys.readouterr().err
    assert not home.exists()
    access(home, "make", "ci")
    token = capsys.readouterr().out.strip()
    access(home, "list")
    shown = capsys.readouterr()
    assert "ci" in shown.out
    assert "never" in shown.out
    assert token not in shown.out
    access(home, "list", "--json")
    listed = json.loads(capsys.readouterr().out)
    assert [(one["label"], one["kind"], one["role"]) for one in listed] == [("ci", "api", "viewer")]
    access(home, "revoke", "ci")
    assert register(home).principal_of_token(token, "api") is None
    with pytest.raises(UsageError, match="nothing is called ci"):
        access(home, "revoke", "ci")
    assert "revoked: ci" in capsys.readouterr().err


def test_it_speaks_chinese(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERGOS_LANGUAGE", "zh")
    access(home, "make", "ci", "--role", "owner", "--decides")
    assert "仅显示这一次" in capsys.readouterr().err
    access(home, "list")
    assert "标签" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("make", "a/b"), ValueShapeError),
        (("make", "x", "--role", "agent"), UsageError),
        (("make", "x", "--role", "root"), UsageError),
        (("make", "x", "--for", "everything"), UsageError),
        (("make", "x", "--decides"), UsageError),
        (("make", "x", "--days", "0"), UsageError),
        (("make", "x", "--owner", "a/b"), ValueShapeError),
        (("make", "x", "--name", "kernel"), UsageError),
        (("revoke", "session:"), UsageError),
    ],
)
def test_what_makes_no_sense_is_refused_and_makes_nothing(
    home: Path, arguments: tuple[str, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        access(home, *arguments)
    assert not (home / FILE).exists()
    assert error is not BoundError


def test_opening_starts_nothing(home: Path) -> None:
    with pytest.raises(NotRunningError):
        opening(["--home", str(home), "--no-browser"], standalone_mode=False)
    assert not home.exists()


def test_opening_prints_an_address_that_signs_in_once(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answered(*_: object) -> Status:
        return Status(
            version="1", host="h", os_pid=1, started_ns=1, now_ns=1, store="", records=0, halted=False, states={},
            flying=0, door="http://127.0.0.1:8420",
        )  # fmt: skip

    monkeypatch.setattr("ergos.app.client.ask", answered)
    opening(["--home", str(home)], standalone_mode=False)
    shown = capsys.readouterr()
    address, code = shown.out.strip().split("#")
    assert address == "http://127.0.0.1:8420/enter"
    assert "5 minutes" in shown.err
    found = register(home).redeem(code)
    assert found is not None
    assert (found[1].name, found[1].role, found[1].fresh) == ("me", "owner", True)
    assert register(home).redeem(code) is None
    opening(
        ["--home", str(home), "--role", "viewer", "--owner", "bob", "--name", "eve", "--json"], standalone_mode=False
    )
    made = json.loads(capsys.readouterr().out)
    assert made["url"] == f"http://127.0.0.1:8420/enter#{made['code']}"
    found = register(home).redeem(made["code"])
    assert found is not None
    assert (found[1].name, found[1].role, found[1].owner, found[1].keeper) == ("eve", "viewer", "bob", False)

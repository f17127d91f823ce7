"""`ergos mcp` makes and takes back tokens; what it serves is tested with the server."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from ergos.base.errors import ErgosError, UsageError
from ergos.cli.mcp import mcp
from ergos.server.mcp_tokens import OwnerTokens


def test_a_token_is_shown_once_and_is_good_until_it_is_revoked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mcp(token="laptop", home=tmp_path)
    token = capsys.readouterr().out.strip()
    tokens = OwnerTokens(tmp_path)
    assert tokens.client_of(token) == "laptop"
    assert token not in (tmp_path / "mcp-tokens.json").read_text()
    assert (tmp_path / "mcp-tokens.json").stat().st_mode & 0o077 == 0
    mcp(token="laptop", home=tmp_path)
    assert tokens.client_of(token) == "", "making one takes the place of the one before"
    mcp(revoke="laptop", home=tmp_path)
    assert tokens.client_of(capsys.readouterr().out.strip()) == ""
    with pytest.raises(UsageError):
        mcp(revoke="laptop", home=tmp_path)


def test_its_options_are_those_of_a_command() -> None:
    app = typer.Typer()
    app.command()(mcp)
    assert typer.main.get_command(app).name == "mcp"


def test_a_name_that_is_none_is_refused_before_anything_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ErgosError):
        mcp(token="no name", home=tmp_path)
    assert capsys.readouterr() == ("", "")
    mcp(token="laptop", home=tmp_path)
    assert "/mcp: `ergos up --port PORT`" in capsys.readouterr().err

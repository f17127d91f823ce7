"""Agents come in and go out at the command line, with a report, and nothing is granted by it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from ergos.base.errors import DefinitionError, UsageError
from ergos.cli import exchange

YAML = """agents:
  root:
    model: openai/gpt
    description: Leads.
    instruction: Lead well.
    sub_agents: [helper]
    toolsets: [{type: shell}, {type: invented}]
  helper: {model: openai/gpt, instruction: Help.}
"""

app = typer.Typer()
app.command(name="import")(exchange.import_agent)
app.command(name="export")(exchange.export_agent)


def call(*words: str) -> None:
    app(list(words), standalone_mode=False)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ERGOS_HOME", str(tmp_path / "home"))
    path = tmp_path / "team.yaml"
    path.write_text(YAML)
    return path


def test_an_import_writes_a_folder_and_says_what_did_not_translate(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("import", str(source), "--into", str(tmp_path / "in"))
    out, err = capsys.readouterr()
    assert "invented" in out
    assert "I201" in out
    assert "nothing is granted" in err
    assert (tmp_path / "in" / "team" / "AGENT.md").is_file()
    assert (tmp_path / "in" / "team" / "team" / "helper" / "AGENT.md").is_file()
    assert "I201" in (tmp_path / "in" / "team" / "IMPORT.md").read_text("utf-8")


def test_programs_get_json_and_a_look_writes_nothing(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("import", str(source), "--into", str(tmp_path / "in"), "--look", "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["format"], found["agents"], found["folders"]) == ("docker-agent", ["team"], [])
    assert {"code", "where", "what", "remedy"} == set(found["remarks"][0])
    assert not (tmp_path / "in").exists()
    assert not (tmp_path / "home").exists()


def test_out_and_in_again_by_the_commands(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("import", str(source), "--into", str(tmp_path / "in"))
    for form in ("docker-agent", "agent-spec", "letta", "openclaw"):
        capsys.readouterr()
        call("export", str(tmp_path / "in" / "team"), "--to", form, "--into", str(tmp_path / f"out-{form}"), "--json")
        found = json.loads(capsys.readouterr().out)
        assert Path(found["path"]).exists()
        call("import", found["path"], "--from", form, "--into", str(tmp_path / f"back-{form}"), "--json")
        back = json.loads(capsys.readouterr().out)
        assert back["agents"]


def test_what_is_unknown_or_there_already_is_an_error_and_writes_nothing(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no format"):
        call("import", str(source), "--from", "word")
    with pytest.raises(DefinitionError):
        call("import", str(tmp_path / "gone"))
    call("import", str(source), "--into", str(tmp_path / "in"))
    with pytest.raises(UsageError, match="already"):
        call("import", str(source), "--into", str(tmp_path / "in"))


def test_an_owner_who_speaks_chinese_reads_chinese(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ERGOS_LANGUAGE", "zh")
    call("import", str(source), "--into", str(tmp_path / "in"))
    assert "没有" in capsys.readouterr().out
    assert "未授予任何权限" in (tmp_path / "in" / "team" / "IMPORT.md").read_text("utf-8")


def test_starting_the_command_line_stays_cheap() -> None:
    code = "import sys, ergos.cli.exchange, ergos.cli.init, ergos.cli.propose; print([m for m in ('yaml', 'msgspec', 'ergos.app.home') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "yaml" not in done.stdout
    assert "ergos.app.home" not in done.stdout

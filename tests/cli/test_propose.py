"""Proposals at the command line: shown once with their command, dismissed for good, run only by their owner."""

from __future__ import annotations

import asyncio
import datetime
import io
import json
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from ergos.app.home import Home, home_at, kernel_on, load_with, reading
from ergos.base.errors import SourceError, UsageError
from ergos.cli import propose
from ergos.lib.folder import FolderPrograms

from .conftest import Shell

app = typer.Typer()
app.command()(propose.propose)


def call(*words: str) -> None:
    app(list(words), standalone_mode=False)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ERGOS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ERGOS_LANGUAGE", "en")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    start = datetime.datetime(2026, 9, 4, 17, tzinfo=datetime.UTC)
    times = [int((start + datetime.timedelta(days=7 * week)).timestamp()) for week in range(12)]
    path = tmp_path / "zsh_history"
    path.write_text("".join(f": {at}:5;./report --all\n: {at + 5_000}:0;sudo reboot\n" for at in times))
    return path


def proposals(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    call("--timezone", "UTC", *words, "--json")
    return json.loads(capsys.readouterr().out)["proposals"]


def test_a_habit_is_shown_once_with_the_command_that_accepting_runs(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("--from", str(history), "--timezone", "UTC")
    out, err = capsys.readouterr()
    assert "every Friday at 17:00" in out
    assert "> ergos new 'Every Friday at 17:00, run" in out
    assert "saves about" in out
    assert "never proposed" in err
    assert "reboot" not in out
    assert proposals(capsys, "--from", str(history)) == []
    again = proposals(capsys, "--from", str(history), "--all")
    assert [(one["number"], one["kind"]) for one in again] == [(1, "command")]


def test_what_was_dismissed_is_not_shown_again(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proposals(capsys, "--from", str(history))
    call("--dismiss", "1")
    assert proposals(capsys, "--from", str(history), "--all") == []
    with pytest.raises(UsageError):
        call("--dismiss", "9")


def test_accepting_needs_somebody_at_a_terminal_and_runs_exactly_the_command(
    history: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = proposals(capsys, "--from", str(history))[0]
    with pytest.raises(UsageError, match="nobody"):
        call("--accept", "1")
    ran: list[list[str]] = []

    def run(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(words[3:])
        return subprocess.CompletedProcess(words, 0)

    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    call("--accept", "1")
    assert [words[:-2] for words in ran] == [shown["command"]]
    assert ran[0][2:5] == ["--timezone", "UTC", "--home"]
    assert proposals(capsys, "--from", str(history), "--all") == []


def test_only_what_happened_since_counts_and_nonsense_is_said(
    history: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert proposals(capsys, "--from", str(history), "--since", "2026-11-10") == []
    for words in (("--since", "soon"), ("--timezone", "Mars/One"), ("--timezone", "../etc")):
        with pytest.raises(UsageError):
            call("--from", str(history), *words)
    with pytest.raises(SourceError):
        call("--from", str(tmp_path / "gone"))


def test_without_a_history_or_a_journal_nothing_is_proposed(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call()
    assert "--from" in capsys.readouterr().err


APPROVED = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def post(to: str) -> str:
    return "posted"


@agent(grants=[may("act", "post", ask=True)])
async def poster(ctx: Context):
    for number in range(15):
        await ctx.act("post", to="bob", key=str(number))
"""


async def approved(home: Home, path: Path) -> None:
    """A life in which its owner approves whatever is asked."""
    programs = FolderPrograms()
    definition = load_with(programs)(path, {})
    async with kernel_on(home, programs) as kernel:
        pid = await kernel.desk.spawn(definition, "me")
        done: set[int] = set()
        while len(done) < 15:
            async with reading(home) as reads:
                waiting = [one for one in await reads.items("me", 10) if one.id not in done]
            for one in waiting:
                done.add(one.id)
                await kernel.desk.answer(one.id, "approve", "me")
            await asyncio.sleep(0.005)
        await asyncio.wait_for(kernel.desk.end_of(pid), 10)


def test_what_was_approved_fifteen_times_is_proposed_and_the_line_gives_exactly_that_grant(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(approved(home_at(shell.home), Path(shell.agent("poster", APPROVED))))
    call("--json")
    found = json.loads(capsys.readouterr().out)["proposals"]
    assert [one["kind"] for one in found] == ["grant"]
    shell(*found[0]["command"], "--yes")
    held = cast("list[dict[str, Any]]", shell.json("grants"))
    given = next(one["grant"] for one in held if one["source"] == "confirmed")
    assert (given["agent"], given["name"], given["args"]) == (
        "poster",
        "post",
        {"to": {"kind": "equals", "values": ["bob"]}},
    )
    assert "approved it 15 times" in given["words"]

"""`ergos new`, `check`, `preview`: what they say, what they write, and what they refuse."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from ergos.lib.agent_file import read

from .conftest import Shell

INVOICES = (
    "watch ./invoices; when a PDF arrives extract supplier, number, date, total; append to ledger.csv; "
    "ask me above 1,000 EUR"
)
BRIEFING = "每天早上八点读这三个源，写一份两页的中文简报，引用出处；发布前问我；每月最多花五美元"
PROMPT_S = 20.0  # seconds in which a prompt must come, on a busy machine


@pytest.fixture
def desk(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell that stands in a folder of its own."""
    work = shell.folder / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return shell


def written(desk: Shell, name: str) -> str:
    return (desk.folder / "work" / name / "AGENT.md").read_text(encoding="utf-8")


def test_words_become_a_folder_and_a_preview(desk: Shell):
    out = desk("new", INVOICES, "--yes", "--no-model")
    assert "when a *.pdf file arrives in invoices:/" in out
    assert 'equal to "here:/ledger.csv"' in out
    file = read(written(desk, "invoices-ledger"), "AGENT.md")
    assert file.instructions == INVOICES
    assert "ergos run" in desk.err
    assert (desk.home / "folders.toml").exists()


def test_chinese_words_are_answered_in_chinese(desk: Shell):
    out = desk("new", BRIEFING, "--name", "briefing", "--no-model")
    assert "每天 08:00" in out
    assert "警告[C353]" in desk.err
    assert read(written(desk, "briefing"), "AGENT.md").language == "zh"


def test_sources_that_are_named_beside_the_words_become_part_of_them(desk: Shell):
    desk(
        "new",
        BRIEFING,
        "--name",
        "briefing",
        "--no-model",
        "--yes",
        "--source",
        "https://a.example/rss",
        "--source",
        "./notes",
    )
    file = read(written(desk, "briefing"), "AGENT.md")
    assert [one.at for one in file.work.sources] == ["https://a.example/rss", "notes:/"]
    assert "https://a.example/rss" in file.instructions


def test_what_has_to_be_asked_is_listed_and_nothing_is_written(desk: Shell):
    desk("new", "summarise the news and send it to the team", "--yes", "--no-model", code=2)
    assert "question[" in desk.err
    assert "^" in desk.err
    assert list((desk.folder / "work").iterdir()) == []
    assert not (desk.home / "folders.toml").exists()


def test_contradictions_and_empty_budgets_are_errors(desk: Shell):
    for prose in ("read ./a.txt and tell me; spend at most -5 dollars a month", "delete ./a.txt; never delete ./a.txt"):
        desk("new", prose, "--yes", "--no-model", code=2)
        assert "nothing was written" in desk.err


def test_folders_are_opened_only_if_somebody_agrees(desk: Shell):
    desk("new", INVOICES, "--no-model", code=2)
    assert "nobody is there to agree" in desk.err
    assert list((desk.folder / "work").iterdir()) == []


def test_an_agent_is_replaced_only_by_name_and_shows_what_changes(desk: Shell):
    desk("new", INVOICES, "--yes", "--no-model")
    desk("new", INVOICES, "--yes", "--no-model", code=2)
    assert "--replace" in desk.err
    out = desk(
        "new",
        INVOICES + "; send it to bob@example.com",
        "--yes",
        "--no-model",
        "--replace",
        "--name",
        "invoices-ledger",
    )
    assert "It may now also" in out
    assert "mail.send" in written(desk, "invoices-ledger")


def test_edited_prose_is_compiled_again_and_the_difference_shown(desk: Shell):
    desk("new", INVOICES, "--yes", "--no-model")
    path = desk.folder / "work" / "invoices-ledger" / "AGENT.md"
    path.write_text(path.read_text().replace("above 1,000 EUR", "above 500 EUR", 9), encoding="utf-8")
    out = desk("new", "--edit", "invoices-ledger", "--yes", "--no-model")
    assert "What is different" in out
    assert read(path.read_text(), "x").work.steps[2].when == ("extract.total > 500 EUR",)
    out = desk("new", "--edit", "invoices-ledger", "--yes", "--no-model")
    assert "The program is the same." in out


def test_json_is_for_programs(desk: Shell):
    found = desk.json("new", INVOICES, "--yes", "--no-model")
    assert isinstance(found, dict)
    assert (found["ready"], found["name"], [one["name"] for one in found["folders"]]) == (
        True,
        "invoices-ledger",
        ["here", "invoices"],
    )
    found = desk.json("new", "summarise the news", "--no-model", code=2)
    assert isinstance(found, dict)
    assert found["ready"] is False
    assert found["diagnostics"]


def test_words_come_from_a_file_once(desk: Shell):
    (desk.folder / "wish.txt").write_text(INVOICES, encoding="utf-8")
    desk("new", "--file", str(desk.folder / "wish.txt"), "--yes", "--no-model", "--name", "fromfile")
    assert written(desk, "fromfile")
    desk("new", code=2)
    desk("new", "a", "--file", "b", code=2)
    desk("new", "--file", "nowhere.txt", code=2)


@pytest.mark.parametrize("name", ["a/b", "../up", "--", "a b", "."])
def test_a_name_that_is_no_name_is_refused(desk: Shell, name: str):
    desk("new", INVOICES, "--yes", "--no-model", f"--name={name}", code=2)
    assert list((desk.folder / "work").iterdir()) == []


def test_an_unknown_zone_names_the_nearest(desk: Shell):
    desk("new", INVOICES, "--timezone", "Europe/Berlni", "--yes", "--no-model", code=2)
    assert "Europe/Berlin" in desk.err


def test_check_says_what_is_wrong_and_exits_with_2(desk: Shell):
    desk("new", INVOICES, "--yes", "--no-model")
    desk("check", "invoices-ledger")
    assert "nothing to say" in desk.err
    path = desk.folder / "work" / "invoices-ledger" / "AGENT.md"
    path.write_text(path.read_text().replace("table.append", "table.apend"), encoding="utf-8")
    out = desk("check", "invoices-ledger", code=2)
    assert "error[C342]: there is no tool table.apend" in out
    found = desk.json("check", "invoices-ledger", code=2)
    assert isinstance(found, dict)
    assert found["diagnostics"][0]["code"] == "C342"


def test_preview_shows_an_agent_that_stands_on_disk(desk: Shell):
    desk("new", INVOICES, "--yes", "--no-model")
    assert "Asks you" in desk("preview", "invoices-ledger")
    found = desk.json("preview", "invoices-ledger")
    assert isinstance(found, dict)
    assert found["preview"][0]["heading"] == "Goal"
    desk("preview", "nowhere", code=2)


def test_somebody_at_a_terminal_is_asked_for_what_is_missing(desk: Shell):
    work = desk.folder / "work"
    said = _at_a_terminal(
        desk,
        work,
        ["网址或路径".encode(), b"a.md, b.md, c.md\r", b"[y/N]", b"y\r"],
        "new",
        BRIEFING,
        "--no-model",
        "--name",
        "briefing",
    )
    assert "AGENT.md" in said
    file = read(written(desk, "briefing"), "AGENT.md")
    assert [one.at for one in file.work.sources] == ["here:/a.md", "here:/b.md", "here:/c.md"]


def test_a_no_at_the_terminal_writes_nothing(desk: Shell):
    work = desk.folder / "work"
    _at_a_terminal(desk, work, [b"[y/N]", b"n\r"], "new", INVOICES, "--no-model", code=130)
    assert list(work.iterdir()) == []


def _at_a_terminal(desk: Shell, folder: Path, talk: list[bytes], *arguments: str, code: int = 0) -> str:
    """Run a command at a terminal: wait for each prompt, type what follows it; all that was shown."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ergos.cli.main", *arguments]
    child = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=desk.env, close_fds=True
    )
    os.close(theirs)
    try:
        text = _talked(ours, child, list(talk))
    finally:
        child.kill()
        child.wait()
        os.close(ours)
    assert child.returncode == code, text
    return text


def _talked(ours: int, child: subprocess.Popen[bytes], talk: list[bytes]) -> str:
    """Everything that is shown until the command ends."""
    shown, seen, left = b"", 0, PROMPT_S
    while left > 0:
        if talk and talk[0] in shown[seen:]:
            seen = len(shown)
            os.write(ours, talk[1])
            talk = talk[2:]
        ready, _, _ = select.select([ours], [], [], 0.2)
        left -= 0 if ready else 0.2
        if not ready and child.poll() is not None:
            break
        if ready:
            try:
                piece = os.read(ours, 65_536)
            except OSError:  # the other end was closed
                break
            shown += piece
    text = shown.decode("utf-8", "replace")
    assert left > 0, text
    child.wait(timeout=PROMPT_S)
    return text

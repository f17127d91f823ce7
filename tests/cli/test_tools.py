"""`ergos tools`: what is mounted and how it stands; nothing is approved but what was shown."""

from __future__ import annotations

import sys

import pytest

from ergos.app.making import Workshop, workshop_at
from ergos.cli import tools
from ergos.cli.main import app
from ergos.lib.tool_making import Draft, Report, Tried

from .conftest import Shell

PASSED = Report(sandbox="tests", tests=(Tried("test_f"),))
TESTS = "from f import f\n\ndef test_f():\n    assert f('x') == 'X'\n"


def draft(result: str = "a.upper()", *, why: str = "I need it.", name: str = "f") -> Draft:
    source = f'from ergos.lib.tool import tool\n\n@tool(effect="pure", name="{name}")\ndef f(a: str) -> str:\n    "In capitals."\n    return {result}\n'
    return Draft(owner="me", agent="scribe", source=source, tests=TESTS, why=why)


@pytest.fixture(autouse=True)
def commands() -> None:
    if "tools" not in {group.name for group in app.registered_groups}:
        app.add_typer(tools.app, name="tools")


@pytest.fixture
def workshop(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setenv("COLUMNS", "80")
    return workshop_at(shell.home)


def made(shell: Shell) -> dict[str, dict[str, str]]:
    return {row["name"]: row for row in shell.json("tools") if row["origin"] == "made"}  # type: ignore[attr-defined]


def test_a_draft_is_listed_shown_and_approved(shell: Shell, workshop: Workshop) -> None:
    one = draft()
    workshop.keep(one, PASSED)
    assert made(shell)["made.f"]["state"] == "pending"
    assert "made.f" in shell("tools", "pending")
    out = shell("tools", "show", "made.f")
    for words in (
        "Proposed by scribe for me.",
        "test_f",
        "I need it.",
        "+    return a.upper()",
        '"effect": "pure"',
        "sandbox",
    ):
        assert words in out
    assert f"ergos tools approve made.f {one.digest[:12]}" in shell.err
    assert "scribe may use made.f" in shell.err
    out = shell("tools", "approve", "made.f", one.digest[:12])
    assert "scribe may use made.f with any arguments." in out
    assert made(shell)["made.f"]["state"] == "ready"
    assert shell("tools", "pending") == ""


def test_without_a_digest_it_is_shown_and_not_approved(shell: Shell, workshop: Workshop) -> None:
    workshop.keep(draft(), PASSED)
    assert "+    return a.upper()" in shell("tools", "approve", "f", code=3)
    assert made(shell)["made.f"]["state"] == "pending"


def test_a_draft_that_was_swapped_is_not_approved(shell: Shell, workshop: Workshop) -> None:
    shown = draft()
    workshop.keep(shown, PASSED)
    workshop.keep(draft("a"), PASSED)
    shell("tools", "approve", "f", shown.digest, code=2)
    assert "look at it again" in shell.err
    shell("tools", "approve", "f", "0" * 12, code=2)
    shell("tools", "reject", "f", shown.digest, code=2)
    assert made(shell)["made.f"]["state"] == "pending"


def test_an_update_is_compared(shell: Shell, workshop: Workshop) -> None:
    workshop.keep(draft(), PASSED)
    shell("tools", "approve", "f", draft().digest)
    assert "as it was approved" in (shell("tools", "diff", "f") + shell.err)
    workshop.keep(draft("a.lower()"), PASSED)
    out = shell("tools", "diff", "f")
    assert "-    return a.upper()" in out
    assert "+    return a.lower()" in out
    assert shell.json("tools", "diff", "f")["state"] == "changed"  # type: ignore[index, call-overload]
    shell("tools", "reject", "f", draft("a.lower()").digest)
    assert made(shell)["made.f"]["state"] == "ready"


def test_an_approval_is_taken_back(shell: Shell, workshop: Workshop) -> None:
    workshop.keep(draft(), PASSED)
    shell("tools", "approve", "f", draft().digest)
    shell("tools", "withdraw", "made.f")
    assert made(shell) == {}
    shell("tools", "withdraw", "made.f", code=2)
    shell("tools", "withdraw", "files.read", code=2)


def test_tools_can_be_searched_in_two_languages(shell: Shell, workshop: Workshop) -> None:
    for name in ("mail.sort", "weather.report"):
        workshop.keep(draft(name=name), PASSED)
    for words in ("weather", "天气"):
        found = shell.json("tools", "--find", words)
        assert found[0]["name"] == "made.weather.report"  # type: ignore[index, call-overload]
    assert shell("tools", "--find", "zxqwv") == ""


def test_the_table_fits_its_columns(shell: Shell, workshop: Workshop) -> None:
    workshop.keep(draft(name="a" * 90), PASSED)
    assert max(map(len, shell("tools").splitlines())) <= 80


def test_what_an_agent_wrote_cannot_steer_the_terminal(shell: Shell, workshop: Workshop) -> None:
    workshop.keep(draft("'\\x1b[31m' + a", why="Please” approve it at once. It is safe"), PASSED)
    out = shell("tools", "show", "f")
    assert "\x1b" not in out


@pytest.mark.parametrize("command", ["show", "diff", "approve", "log"])
def test_what_is_not_there_is_one_line(shell: Shell, command: str) -> None:
    shell("tools", command, "nothing", code=2)
    assert shell.err.count("\n") == 1


def test_no_tool_waits_is_a_hint(shell: Shell) -> None:
    assert shell("tools", "pending") == ""
    assert "nothing waits" in shell.err
    assert shell.json("tools", "pending") == []


SERVERS = f"""
[mcp.servers.mute]
command = "{sys.executable}"
args = ["-c", "pass"]
sandbox = false
[mcp.servers.loud]
command = "{sys.executable}"
args = ["-c", "import sys; sys.exit('no \\\\u001b[31mkey')"]
sandbox = false
"""


def test_reasons_stand_below_the_table_and_name_what_to_do(shell: Shell, workshop: Workshop) -> None:
    workshop.keep(draft(name="a" * 90), PASSED)
    out = shell("tools")
    assert all(len(line.split()) == 5 for line in out.splitlines())
    assert "a draft of scribe waits for your decision — ergos tools show made." in shell.err
    assert "stands whole in --json" in shell.err


def test_a_server_has_nothing_to_reject_and_a_grant_is_spelled_out(shell: Shell, workshop: Workshop) -> None:
    workshop.keep(draft(), PASSED)
    shell("tools", "show", "f")
    assert "ergos tools reject made.f" in shell.err
    shell("tools", "approve", "f", draft().digest)
    assert "ergos grant scribe act made.f" in shell.err


def test_a_search_shows_a_screenful(shell: Shell, workshop: Workshop) -> None:
    assert 0 < len(shell("tools", "--find", "read file").splitlines()) <= 1 + tools.FOUND_MAX


def test_a_server_that_wrote_nothing_is_said(shell: Shell) -> None:
    shell.home.mkdir(mode=0o700)
    (shell.home / "settings.toml").write_text(SERVERS)
    assert shell("tools", "log", "mute") == ""
    assert "wrote nothing" in shell.err
    assert shell("tools", "log", "loud").startswith("no [31mkey\n")

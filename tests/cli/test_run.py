"""Starting work and staying with it, with the kernel in the command itself."""

from __future__ import annotations

import asyncio
import json

import pytest

from ergos.app.home import home_at, reading
from ergos.base.ids import Pid
from ergos.kernel.rows import Watch
from ergos.kernel.values import NULL

from .conftest import CRASHER, HELLO, LISTENER, PAYER, Shell

ECHO = """
import json

from ergos.lib.agent import Context, agent


@agent()
async def echo(ctx: Context):
    return json.loads(bytes(ctx.beginning.definition.settings))
"""
FOLDER = """---
name: echo
settings: {a: 1, kept: true}
---
Say it back.
"""


def test_the_outcome_is_on_stdout_and_nothing_else(shell: Shell):
    assert shell("run", shell.agent("hello", HELLO)) == "HELLO ME\n"
    assert "done: process 1" in shell.err


def test_json_says_how_it_ended(shell: Shell):
    assert shell.json("run", shell.agent("hello", HELLO)) == {
        "pid": 1,
        "state": "done",
        "outcome": "HELLO ME",
        "failure": None,
        "waiting": [],
    }


def test_a_failure_is_an_error_with_the_exit_code_of_its_branch(shell: Shell):
    assert shell("run", shell.agent("crasher", CRASHER), code=1) == ""
    assert shell.err.startswith("[E403] ZeroDivisionError")


def test_settings_and_sources_reach_the_program(shell: Shell):
    folder = shell.folder / "echo"
    folder.mkdir()
    (folder / "AGENT.md").write_text(FOLDER)
    (folder / "agent.py").write_text(
        ECHO.replace("async def echo", "async def agent_").replace("@agent()", '@agent(name="echo")')
        + "\n\nagent = agent_\n"
    )
    found = json.loads(
        shell(
            "run",
            str(folder),
            "--set",
            "a=2",
            "--set",
            "text=你 好",
            "--set",
            'deep={"b": [1]}',
            "--source",
            "https://x.example/a",
            "--source",
            "rel/dir",
        )
    )
    assert (found["a"], found["kept"], found["text"], found["deep"]) == (2, True, "你 好", {"b": [1]})
    assert found["sources"][0] == "https://x.example/a"
    assert found["sources"][1].startswith("/")


def test_what_waits_for_a_person_ends_with_3_and_is_kept(shell: Shell):
    shell("run", shell.agent("payer", PAYER), code=3)
    assert "ergos answer 1 TEXT" in shell.err
    assert "谁来收款?·[31m" in shell.err
    shell("answer", "1", "alice")
    assert "no kernel is running" in shell.err
    shell("wait", "1", code=3)
    assert "ergos approve 2" in shell.err
    shell("approve", "2")
    assert shell("wait", "1") == "paid 5 to alice\n"


def test_what_waits_for_a_message_says_so(shell: Shell):
    found = shell.json("run", shell.agent("listener", LISTENER), code=3)
    assert found == {"pid": 1, "state": "waiting", "outcome": None, "failure": None, "waiting": []}
    shell("wait", "1", code=3)
    assert "ergos send 1" in shell.err
    shell("send", "1", '{"a": 1}', "--value")
    assert json.loads(shell("wait", "1")) == {"got": {"a": 1}}
    shell("send", "1", "late", code=2)
    assert shell.err.startswith("[E100]")


def test_a_path_that_leads_nowhere_starts_nothing(shell: Shell):
    shell("run", str(shell.folder / "nope"), code=2)
    assert shell.err.startswith("[E200]")
    assert not shell.home.exists()


def test_a_file_that_cannot_be_loaded_is_its_authors_error(shell: Shell):
    for source in ("1 / 0", "import sys\nsys.exit(0)", "def", "x = 1"):
        shell("run", shell.agent("bad", source), code=2)
        assert shell.err.startswith("[E2")


def test_a_setting_without_a_value_is_refused(shell: Shell):
    shell("run", shell.agent("hello", HELLO), "--set", "nonsense", code=2)
    assert "key=value" in shell.err


def test_values_that_are_no_json_are_refused(shell: Shell):
    shell("run", shell.agent("listener", LISTENER), code=3)
    shell("send", "1", "{", "--value", code=2)
    assert "is not JSON" in shell.err


def test_a_process_nobody_knows_is_said_without_starting_a_kernel(shell: Shell):
    shell("run", shell.agent("hello", HELLO))
    for arguments in (["wait", "9"], ["send", "9", "x"], ["signal", "kill", "9"], ["journal", "9"], ["replay", "9"]):
        shell(*arguments, code=2)
        assert shell.err.startswith("[E102] there is no process 9")
    shell("wait", str(10**30), code=2)


def test_what_waits_is_said_in_the_owners_language(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("answer", "1", "alice")
    monkeypatch.setenv("ERGOS_LANGUAGE", "zh")
    shell("wait", "1", code=3)
    assert "payer 请求执行 pay（无法撤回" in shell.err
    assert "规定每次调用都须您批准" in shell.err
    (item,) = shell.json("inbox")  # type: ignore[misc]
    assert "请求执行 pay" in item["text"]
    monkeypatch.setenv("ERGOS_LANGUAGE", "en")
    assert "payer wants to use pay" in shell("inbox")


def test_what_arrives_right_after_a_hosted_agent_was_started_is_told(shell: Shell) -> None:
    """When the command returns the folder was looked at: a file that comes then is new, however slow the machine is."""
    folder, inbox = shell.folder / "listener", shell.folder / "in"
    folder.mkdir()
    inbox.mkdir()
    (folder / "AGENT.md").write_text(
        "---\nname: listener\ngoal: Note files.\ntriggers:\n  - on: files\n    name: new\n    folder: 'in:/'\n---\nNote them.\n"
    )
    (folder / "agent.py").write_text(
        "from ergos import Context\n\n\nasync def agent(ctx: Context) -> object:\n    await ctx.watch()\n    return ctx.idle([])\n"
    )
    shell.home.mkdir(exist_ok=True)
    (shell.home / "settings.toml").write_text(f'[tools.files.roots]\nin = "{inbox}"\n')
    try:
        assert shell("run", str(folder)).strip() == "1"

        async def watched() -> tuple[Watch, ...]:
            async with reading(home_at(shell.home)) as reads:
                return await reads.watches(Pid(1))

        (watch,) = asyncio.run(watched())
        assert watch.trigger.name == "new"
        assert watch.cursor != NULL
        assert watch.fault == ""
    finally:
        shell("down")

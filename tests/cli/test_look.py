"""Commands that only look: they change nothing, and show hostile text harmlessly."""

from __future__ import annotations

import json

from .conftest import CRASHER, HELLO, LISTENER, PAYER, Shell

NASTY = """
from ergos.lib.agent import Context, agent


@agent()
async def nasty(ctx: Context):
    await ctx.ask("\\x1b]0;owned\\x07\\x1b[2J\\u202eevil\\r\\nnext line")
"""


def test_ps_lists_what_lives_and_with_all_what_ended(shell: Shell):
    shell("run", shell.agent("hello", HELLO))
    shell("run", shell.agent("crasher", CRASHER), code=1)
    shell("run", shell.agent("listener", LISTENER), code=3)
    live = shell("ps")
    assert "listener" in live
    assert "waits for mail" in live
    assert "hello" not in live
    everything = shell("ps", "--all")
    assert "[E403] ZeroDivisionError" in everything
    assert max(map(len, everything.splitlines())) <= 80
    found = shell.json("ps", "--all")
    assert [one["state"] for one in found["processes"]] == ["done", "failed", "waiting"]  # type: ignore[index,call-overload]
    assert shell.json("ps", "--all", "--owner", "nobody")["processes"] == []  # type: ignore[index,call-overload]
    shell("ps", "--all", "--limit", "1")
    assert "only the first 1" in shell.err


def test_the_journal_is_one_line_a_record_for_people_and_programs(shell: Shell):
    shell("run", shell.agent("hello", HELLO))
    records = [json.loads(line) for line in shell("journal", "1", "--json").splitlines()]
    assert [record["k"] for record in records] == ["spawn", "wake", "call", "exit"]
    assert [line.split()[3] for line in shell("journal", "1").splitlines()] == ["spawn", "wake", "call", "exit"]
    assert shell("journal", "1", "--json", "--after", str(records[1]["seq"])).count("\n") == 2
    assert shell("journal", "1", "--follow") == shell("journal", "1")
    assert "boot" in shell("journal")


def test_looking_changes_nothing(shell: Shell):
    shell("run", shell.agent("payer", PAYER), code=3)
    before = shell("journal", "--json")
    for arguments in (
        ["ps"],
        ["inbox"],
        ["ledger"],
        ["ls", "/proc/1"],
        ["cat", "/proc/1/state"],
        ["replay", "1"],
        ["doctor"],
    ):
        shell(*arguments)
    assert shell("journal", "--json") == before


def test_every_path_of_the_namespace_can_be_read_in_both_forms(shell: Shell):
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("send", "1", "hello")
    seen: list[str] = []

    def walk(folder: str) -> None:
        for entry in shell.json("ls", folder)["entries"]:  # type: ignore[index,call-overload]
            path = f"{folder.rstrip('/')}/{entry['name']}"
            if entry["folder"]:
                shell("ls", path)
                walk(path)
            else:
                shell("cat", path)
                shell.json("cat", path)
                seen.append(path)

    walk("/")
    assert {"/inbox", "/agents/payer", "/sys/limits", "/proc/1/journal", "/proc/1/mail"} <= set(seen)
    assert shell.json("cat", "/proc/1/mail")[0]["body"] == "hello"  # type: ignore[index,call-overload]
    assert shell.json("cat", "/proc/1/grants") == ["payer may use pay with any arguments, asking you each time."]
    assert shell.json("cat", "/proc/1/calls")[0]["stands"] == "waits for its owner"  # type: ignore[index,call-overload]
    assert shell.json("cat", "/proc/1/state")["waiting"] == [1]  # type: ignore[index,call-overload]


def test_a_path_that_names_nothing_is_an_error(shell: Shell):
    shell("run", shell.agent("hello", HELLO))
    for path in ("/nope", "/proc/99/state", "/proc/../x", "/ledger/nobody", "/agents/nobody"):
        shell("cat", path, code=2)
        assert shell.err.startswith("[E10")
    shell("ls", "/proc/99", code=2)
    shell("cat", "/proc", code=2)


def test_hostile_text_cannot_steer_the_terminal(shell: Shell):
    shell("run", shell.agent("nasty", NASTY), code=3)
    shown = shell.err + shell("inbox") + shell("journal", "1") + shell("cat", "/inbox") + shell("ps")
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(shown)
    assert "evil" in shown


def test_the_ledger_of_free_work_is_empty(shell: Shell):
    shell("run", shell.agent("hello", HELLO))
    shell("ledger")
    assert shell.err == "nothing has cost anything yet\n"
    assert shell.json("ledger") == []
    shell("ledger", "--owner", "nobody", code=2)


PRICED = """
from ergos.base.money import Amount, Price
from ergos.kernel.ledger import Caps
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure", price=Price(250_000, 0))
def costly() -> int:
    return 1


@agent(grants=[may("act", "costly")], caps=Caps(owner=Amount(1_000_000, -1)))
async def spender(ctx: Context):
    return await ctx.act("costly")
"""


def test_what_was_spent_is_shown_by_owner_day_and_agent(shell: Shell):
    shell("run", shell.agent("spender", PRICED))
    (account,) = shell.json("ledger")  # type: ignore[misc]
    assert account["total"]["spent"]["money"] == "$0.25"
    assert account["agents"]["spender"]["spent"]["microusd"] == 250_000
    assert len(account["days"]) == 1
    assert "$0.25" in shell("ledger", "--owner", "me")
    assert shell.json("cat", "/ledger/me") == account


def test_the_owners_settings_cap_what_is_spent(shell: Shell):
    shell.home.mkdir()
    (shell.home / "settings.toml").write_text('[budget.owners.me]\nper_day = "0.10usd"')
    shell("run", shell.agent("spender", PRICED), code=4)
    assert "[E302]" in shell.err
    assert '"k": "cap"' in json.dumps([json.loads(line) for line in shell("journal", "--json").splitlines()])

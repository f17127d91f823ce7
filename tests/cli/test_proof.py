"""Replay performs nothing and notices other code; receipts are what the journal signed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import CRASHER, HELLO, PAYER, Shell

COUNTER = """
from ergos.lib.agent import Context, agent


@agent()
async def counter(ctx: Context):
    seen = list(ctx.memory or [])
    message = await ctx.receive()
    seen.append(message.body)
    return seen if len(seen) == 3 else ctx.idle(seen)
"""


def test_a_replay_shows_calls_and_answers_and_performs_nothing(shell: Shell):
    path = shell.agent(
        "hello",
        HELLO.replace(
            "return words.upper()",
            "with open(__file__ + '.ran', 'a') as file:\n        file.write('x')\n    return words.upper()",
        ),
    )
    shell("run", path)
    shown = shell("replay", "1")
    assert "act shout" in shown
    assert "HELLO ME" in shown
    assert Path(path + ".ran").read_text() == "x"
    steps = shell.json("replay", "1")["steps"]  # type: ignore[index,call-overload]
    assert [(step["what"], step["came"]) for step in steps] == [("act shout", "HELLO ME"), ("return", "HELLO ME")]


def test_a_replay_stops_at_the_record_named(shell: Shell):
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("answer", "1", "bob")
    shell("wait", "1", code=3)
    records = [json.loads(line) for line in shell("journal", "1", "--json").splitlines()]
    asked = next(record["seq"] for record in records if record["k"] == "ask")
    steps = shell.json("replay", "1", "--until", str(asked))["steps"]  # type: ignore[index,call-overload]
    assert [(step["what"], step["answered"]) for step in steps] == [("ask owner", False)]
    steps = shell.json("replay", "1")["steps"]  # type: ignore[index,call-overload]
    assert [(step["what"], step["answered"]) for step in steps] == [("ask owner", True), ("act pay", False)]
    assert shell.json("replay", "1", "--until", "1")["steps"] == []  # type: ignore[index,call-overload]


def test_other_code_has_diverged_and_both_sides_are_shown(shell: Shell):
    path = shell.agent("hello", HELLO)
    shell("run", path)
    shell.agent("hello", HELLO.replace('"hello {', '"goodbye {').replace('f"hello', 'f"goodbye'))
    shell("replay", "1", code=1)
    assert shell.err.startswith("[E401] the journal says act 'shout'")
    shell.agent("hello", HELLO.replace("return await", "x = await").rstrip() + '\n    return x + "?"\n')
    shell("replay", "1", code=1)
    assert "HELLO ME?" in shell.err
    shell.agent("hello", HELLO + "\n# a comment changes nothing\n")
    shell("replay", "1")
    assert "has changed" in shell.err


def test_every_turn_is_replayed_with_its_own_memory(shell: Shell):
    shell("run", shell.agent("counter", COUNTER), code=3)
    for word in "abc":
        shell("send", "1", word)
    assert json.loads(shell("wait", "1")) == ["a", "b", "c"]
    steps = shell.json("replay", "1")["steps"]  # type: ignore[index,call-overload]
    ends = [(step["turn"], step["what"], step["came"]) for step in steps if step["what"] in {"idle", "return"}]
    assert ends == [(1, "idle", ["a"]), (2, "idle", ["a", "b"]), (3, "return", ["a", "b", "c"])]


def test_what_the_program_raised_is_raised_again(shell: Shell):
    shell("run", shell.agent("crasher", CRASHER), code=1)
    (step,) = shell.json("replay", "1")["steps"]  # type: ignore[index,call-overload]
    assert step["what"] == "raise"
    assert step["failure"]["code"] == "E403"


def test_a_receipt_is_the_newest_checkpoint_and_can_be_written(shell: Shell):
    shell("run", shell.agent("hello", HELLO))
    shell("receipt", "-o", str(shell.folder / "r.json"))
    kept = json.loads((shell.folder / "r.json").read_text())
    assert kept["k"] == "checkpoint"
    signed = [json.loads(line) for line in shell("journal", "--json").splitlines() if '"checkpoint"' in line]
    assert kept["hash"] in {record["hash"] for record in signed}
    shell("run", shell.agent("hello", HELLO))
    assert json.loads(shell("receipt"))["seq"] > kept["seq"]
    shell("receipt", "-o", str(shell.folder / "no" / "r.json"), code=2)


def test_an_untouched_journal_verifies_with_its_receipt(shell: Shell):
    shell("run", shell.agent("hello", HELLO))
    shell("receipt", "-o", str(shell.folder / "r.json"))
    shell("verify")
    found = shell.json("verify", "--checkpoint", str(shell.folder / "r.json"))
    assert found["sound"] is True  # type: ignore[index,call-overload]


def test_a_changed_record_is_noticed(shell: Shell):
    import sqlite3

    shell("run", shell.agent("hello", HELLO))
    shell("receipt", "-o", str(shell.folder / "r.json"))
    connection = sqlite3.connect(shell.home / "ergos.db")
    connection.execute("UPDATE journal SET body = replace(body, 'HELLO', 'JELLO') WHERE seq = 4")
    connection.commit()
    connection.close()
    shell("verify", code=6)
    assert shell.err.startswith("[E604]")
    shell("verify", "--json", "--checkpoint", str(shell.folder / "r.json"), code=6)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"k":"exit","state":"done"}'])
def test_what_is_no_receipt_is_refused(shell: Shell, content: bytes):
    shell("run", shell.agent("hello", HELLO))
    (shell.folder / "r.json").write_bytes(content)
    shell("verify", "--checkpoint", str(shell.folder / "r.json"), code=2)
    assert "no receipt" in shell.err

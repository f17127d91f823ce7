"""The inbox one by one, with one key, at a real terminal."""

from __future__ import annotations

from pathlib import Path

from .conftest import PAYER, Shell
from .test_consultation import terminal

TWO = """
from ergos.lib.agent import Context, agent


@agent()
async def two(ctx: Context):
    return await ctx.all(ctx.ask("first\\x1b[2J?", ["red", "green"]), ctx.ask("second?"))
"""


def test_a_person_walks_through_what_waits_with_one_key(shell: Shell) -> None:
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("run", shell.agent("two", TWO), code=3)
    with terminal(shell, "inbox", "--walk") as there:
        there.until("[2] bob")
        there.until("[w]rite an answer")
        there.types("x")  # no key of these: nothing happens
        there.until("[w]rite an answer")
        there.types("2")
        there.until("answered: question 1")
        there.until("first")
        there.until("[w]rite an answer")
        there.types("s")
        there.until("second?")
        there.until("[w]rite an answer")
        there.types("w")
        there.until("> ")
        there.types("later maybe\n")
        there.until("answered: question 3")
        there.until("that was everything")
        assert there.child.wait(20) == 0
        assert "\x1b[2J" not in there.seen
    shell("wait", "1", code=3)
    with terminal(shell, "inbox", "--walk") as there:
        there.until("first")
        there.until("[w]rite an answer")
        there.types("\x1b[A")  # an arrow is no answer
        there.until("[w]rite an answer")
        there.types("1")
        there.until("answered: question 2")
        there.until("to     = bob")
        there.until("[a]pprove")
        there.types("a")
        there.until("approved: approval 4")
        there.until("that was everything")
        assert there.child.wait(20) == 0
    assert "paid 5 to bob" in shell("wait", "1")


def test_leaving_loses_nothing_and_a_pipe_is_no_terminal(shell: Shell) -> None:
    shell("run", shell.agent("two", TWO), code=3)
    with terminal(shell, "inbox", "--walk") as there:
        there.until("[q]uit")
        there.types("q")
        assert there.child.wait(20) == 0
    assert len(shell.json("inbox")) == 2  # type: ignore[arg-type]
    shell("inbox", "--walk", code=2)
    assert "needs a terminal" in shell.err


def test_a_delegate_walks_through_theirs_alone(shell: Shell) -> None:
    shell.home.mkdir()
    Path(shell.home / "settings.toml").write_text("[delegates.bob]\nagents = ['two']\nkinds = ['question']\n")
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("run", shell.agent("two", TWO), code=3)
    with terminal(shell, "inbox", "--walk", "--as", "bob") as there:
        there.until("1 of 2")
        there.until("[1] red")
        there.until("[q]uit")
        there.types("1")
        there.until("2 of 2")
        there.until("[q]uit")
        there.types("q")
        assert there.child.wait(20) == 0
    assert '"by":"bob"' in shell("journal", "2", "--json")

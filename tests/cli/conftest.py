"""Runs the real command line, in this process and in others, on homes of its own."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from ergos.cli.main import app, main

ROOT = Path(__file__).resolve().parents[2]

HELLO = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure", local=True)
def shout(words: str) -> str:
    return words.upper()


@agent(grants=[may("act", "shout")])
async def hello(ctx: Context):
    return await ctx.act("shout", words=f"hello {ctx.beginning.owner}")
"""
PAYER = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def pay(to: str, amount: int) -> str:
    return f"paid {amount} to {to}"


@agent(grants=[may("act", "pay", ask=True)])
async def payer(ctx: Context):
    to = await ctx.ask("谁来收款?\\x1b[31m", ["alice", "bob"])
    return await ctx.act("pay", to=to, amount=5)
"""
LISTENER = """
from ergos.lib.agent import Context, agent


@agent()
async def listener(ctx: Context):
    return {"got": (await ctx.receive()).body}
"""
CRASHER = """
from ergos.lib.agent import Context, agent


@agent()
async def crasher(ctx: Context):
    return 1 / 0
"""
SHOOTER = """
import asyncio
from pathlib import Path

from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
async def fire(to: str) -> str:
    with Path(to).open("a") as file:
        file.write("fired\\n")
    await asyncio.sleep(60)
    return "fired"


@agent(grants=[may("act", "fire", to=__file__ + ".log")])
async def shooter(ctx: Context):
    return await ctx.act("fire", to=__file__ + ".log")
"""


@pytest.fixture(scope="session", autouse=True)
def _commands_built_once() -> Iterator[None]:
    """A process that is a command builds all commands once; one that runs many need not build them again for each."""
    real = typer.main.get_command
    built = functools.cache(real)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.main.get_command", lambda asked: built(asked) if asked is app else real(asked))
        yield


class Shell:
    """A user at a shell with one home."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str], ergos: Path) -> None:
        self.folder = folder
        self.ergos = ergos
        self.home = folder / "home"
        self._capture = capture
        self.env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "ERGOS_HOME": str(self.home), "ERGOS_OWNER": "me"}

    def agent(self, name: str, source: str) -> str:
        """An agent's file."""
        path = self.folder / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        return str(path)

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Run a command in this process; its stdout. Its stderr is in `err`."""
        self._capture.readouterr()
        found = main(arguments)
        out, self.err = self._capture.readouterr()
        assert found == code, (arguments, found, out, self.err)
        assert "Traceback" not in self.err
        return out

    def json(self, *arguments: str, code: int = 0) -> object:
        """What a command says to programs."""
        return json.loads(self(*arguments, "--json", code=code))

    def outside(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own."""
        done = subprocess.run(
            [self.ergos, *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert code is None or done.returncode == code, (arguments, done)
        return done


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, ergos: Path
) -> Iterator[Shell]:
    """A home, gone afterwards, with its kernel."""
    made = Shell(tmp_path, capsys, ergos)
    monkeypatch.setenv("ERGOS_HOME", str(made.home))
    monkeypatch.setenv("ERGOS_OWNER", "me")
    monkeypatch.delenv("ERGOS_DEBUG", raising=False)
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        yield made
    if (made.home / "kernel.sock").exists():
        made.outside("down", code=None)

"""Counts over a store are those of its rows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.client import order
from ergos.app.home import Home, home_at
from ergos.base.errors import StoreError
from ergos.base.ids import Pid
from ergos.drivers.sqlite_figures import SqliteFigures
from ergos.runtime.control import Send, Signal, Spawn

LISTENER = """
from ergos.lib.agent import Context, agent


@agent()
async def listener(ctx: Context):
    return (await ctx.receive()).body
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "listener.py").write_text(LISTENER)
    return home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})


def test_processes_and_mail_are_counted(home: Home):
    async def play() -> None:
        for _ in range(3):
            await order(home, Spawn(path=str(home.folder.parent / "listener.py"), owner="me"))
        await order(home, Signal(pid=Pid(1), name="kill", by="me"))
        await order(home, Send(pid=Pid(2), body="x"))
        figures = SqliteFigures.open(home.store)
        assert figures.states() == {"killed": 1, "ready": 2}
        assert figures.mail() == 1
        assert figures.inbox() == (0, None)
        figures.close()

    asyncio.run(play())


def test_what_is_no_store_says_so(tmp_path: Path):
    with pytest.raises(StoreError):
        SqliteFigures.open(tmp_path / "nowhere")

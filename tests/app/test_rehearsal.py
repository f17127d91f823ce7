"""A replay answers from the journal alone and ends where the journal does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.catalogue import Catalogue
from ergos.app.client import order
from ergos.app.home import Home, kernel_on, reading
from ergos.app.rehearsal import Rehearsal, Step
from ergos.base.errors import DefinitionError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.lib.folder import FolderPrograms
from ergos.runtime.control import Send, Spawn


async def rehearsed(home: Home, pid: int, until: int | None = None) -> list[Step]:
    async with reading(home) as reads:
        rehearsal = Rehearsal(Catalogue(home, reads), reads, FolderPrograms(), Pid(pid))
        return [step async for step in rehearsal.steps(until)]


def test_an_ended_process_is_replayed_to_its_outcome(home: Home, listener: Path):
    async def play() -> None:
        await order(home, Spawn(path=str(listener), owner="me"))
        assert await rehearsed(home, 1) == [Step(turn=1, what="receive mail", args={"until_ns": None}, answered=False)]
        await order(home, Send(pid=Pid(1), body=["a"] * 9))
        async with kernel_on(home, FolderPrograms()) as kernel:
            await asyncio.wait_for(kernel.desk.end_of(Pid(1)), 5)
        received, returned = await rehearsed(home, 1)
        assert received.answered
        assert (returned.what, returned.came) == ("return", ["a"] * 9)
        assert await rehearsed(home, 1, until=1) == []
        with pytest.raises(UnknownProcessError):
            await rehearsed(home, 2)
        await asyncio.to_thread(listener.unlink)
        with pytest.raises(DefinitionError):
            await rehearsed(home, 1)

    asyncio.run(play())

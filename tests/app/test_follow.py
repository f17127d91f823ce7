"""Staying with a process: until it ended, until only a person can move it, until the person leaves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.client import order
from ergos.app.follow import Parting, attended, follow
from ergos.app.home import Home, reading
from ergos.app.team import team_of
from ergos.base.errors import UnknownProcessError
from ergos.base.ids import Pid
from ergos.runtime.control import Answer, Fine, Halt, Spawn


async def followed(home: Home, parent: Path) -> Parting:
    """Run the team until nothing moves."""
    async with attended(home) as leaving:
        spawned, _ = await order(home, Spawn(path=str(parent), owner="me"))
        assert isinstance(spawned, Fine)
        return await asyncio.wait_for(follow(home, spawned.pid, leaving, lambda _: None, None), 10)


def test_a_team_whose_child_waits_for_its_owner_waits(home: Home, parent: Path):
    parting = asyncio.run(followed(home, parent))
    assert parting.why == "waits"
    assert [(one.agent, one.waits) for one in parting.view.members] == [("parent", "child"), ("child", "owner")]
    assert [item.kind for item in parting.view.items] == ["question"]


def test_after_a_restart_the_team_is_known_from_the_store(home: Home, parent: Path):
    async def play() -> None:
        await followed(home, parent)
        await order(home, Answer(number=1, verdict="answer", by="me", value="bob"))
        async with reading(home) as reads:
            view = await team_of(home, reads, Pid(1))
            assert (view.running, len(view.members), view.items) == (False, 2, ())
            with pytest.raises(UnknownProcessError):
                await team_of(home, reads, Pid(9))
        async with attended(home) as leaving:
            parting = await asyncio.wait_for(follow(home, Pid(1), leaving, lambda _: None, None), 10)
        assert parting.why == "ended"

    asyncio.run(play())


def test_a_person_who_leaves_is_let_go(home: Home, parent: Path):
    async def play() -> None:
        await followed(home, parent)
        async with attended(home) as leaving:
            leaving.set()
            assert (await asyncio.wait_for(follow(home, Pid(1), leaving, lambda _: None, None), 10)).why == "left"

    asyncio.run(play())


def test_under_stop_nothing_moves(home: Home, parent: Path):
    async def play() -> None:
        await order(home, Halt(on=True, by="me"))
        parting = await followed(home, parent)
        assert parting.why == "waits"
        assert parting.view.halted

    asyncio.run(play())

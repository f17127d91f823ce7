"""Watchers are made for the first trigger and told whom they tell, whenever that is known."""

from __future__ import annotations

import asyncio
from typing import Any

from ergos.app.watching import LazyWatchers
from ergos.base.ids import Pid
from ergos.kernel.triggers import Files, Happening, Watching
from ergos.sim.outside import SimWatchers

TRIGGER = Files(name="inbox", folder="in")
WATCHING = Watching(pid=Pid(1), owner="alice", agent="a", now_ns=0)


class Ear:
    """Notes who rang."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, pid: Pid, name: str) -> None:
        self.rung.append(f"{pid}/{name}")

    async def happened(self, pid: Pid, name: str, happening: Happening) -> bool:
        self.rung.append(f"{pid}/{name}: {happening.key}")
        return True


class Real(SimWatchers):
    """Watchers that can be closed."""

    closed = False

    async def close(self) -> None:
        self.closed = True


def made() -> tuple[LazyWatchers, list[Real]]:
    real: list[Real] = []

    def make(bell: Any) -> Any:
        watchers = Real()
        watchers.bell = bell
        real.append(watchers)
        return watchers

    return LazyWatchers(make), real


def test_nothing_is_made_before_the_first_trigger() -> None:
    watchers, real = made()
    watchers.attach(Ear())
    watchers.leave(Pid(1), "inbox")
    asyncio.run(watchers.close())
    assert real == []


def test_a_ring_reaches_the_kernel_that_was_attached_before_or_after() -> None:
    for before in (True, False):
        watchers, real = made()
        ear = Ear()
        if before:
            watchers.attach(ear)
        watchers.attend(TRIGGER, WATCHING)
        real[0].happens("inbox", 0)
        if not before:
            assert ear.rung == []
            watchers.attach(ear)
        real[0].happens("inbox", 1)
        assert set(ear.rung) == {"1/inbox"}


def test_looks_and_leaving_go_to_the_one_that_was_made_and_it_is_closed() -> None:
    async def play() -> None:
        watchers, real = made()
        watchers.attend(TRIGGER, WATCHING)
        looked = await watchers.look(TRIGGER, None, WATCHING)
        assert looked.cursor == 0
        watchers.leave(Pid(1), "inbox")
        assert real[0].attended == set()
        await watchers.close()
        assert real[0].closed
        assert len(real) == 1

    asyncio.run(play())

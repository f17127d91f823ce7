"""The simulated outside keeps the promises that real watchers are held to."""

from __future__ import annotations

import asyncio

from ergos.base.ids import Pid
from ergos.kernel.triggers import Files, Looked, Watching
from ergos.sim.outside import SimWatchers

TRIGGER = Files(name="inbox", folder="in")
WATCHING = Watching(pid=Pid(1), owner="alice", agent="a", now_ns=0)


def test_the_first_look_tells_nothing_and_each_later_one_what_is_new() -> None:
    async def looks() -> list[Looked]:
        watchers = SimWatchers()
        watchers.happens("inbox", "before")
        found = [await watchers.look(TRIGGER, None, WATCHING)]
        for value in ("first", "second"):
            watchers.happens("inbox", value)
            found.append(await watchers.look(TRIGGER, found[-1].cursor, WATCHING))
        return [*found, await watchers.look(TRIGGER, found[-1].cursor, WATCHING)]

    found = asyncio.run(looks())
    assert [[one.value for one in looked.happenings] for looked in found] == [[], ["first"], ["second"], []]


def test_who_attends_is_rung_and_who_left_is_not() -> None:
    rung: list[tuple[int, str]] = []

    class Ear:
        def ring(self, pid: Pid, name: str) -> None:
            rung.append((pid, name))

    watchers = SimWatchers()
    watchers.bell = Ear()  # type: ignore[assignment]
    watchers.attend(TRIGGER, WATCHING)
    watchers.happens("inbox", 1)
    watchers.leave(Pid(1), "inbox")
    watchers.happens("inbox", 2)
    assert rung == [(1, "inbox")]

"""Everybody who listens hears the same; who leaves or is slow harms nobody; with nothing under way nothing moves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.base.errors import CorruptStoreError, StoreError
from ergos.base.ids import Pid
from ergos.base.money import Amount, Price
from ergos.buses.a2a.ports import TaskRefused
from ergos.kernel.journal import Sealed
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import Definition
from ergos.kernel.peers import PeerBudget, PeerSettings
from ergos.lib.agent import Context
from ergos.server import a2a_story
from ergos.server.a2a_following import KEPT_MAX, Follower, Live
from tests.runtime.kernels import Rig, an_agent, effect_tool
from tests.server.peering import ACME, Known, Office, office, said


def test_every_listener_hears_the_same_in_the_same_order(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("hello"), None)
        others = [await here.board.follow(ACME, begun.first.id) for _ in range(3)]
        others[0].close()
        await begun.settled(None)
        await here.board.send(ACME, said("stop", task_id=begun.first.id), None)
        heard = [[one async for one in other.events()] for other in others[1:]]
        assert heard[0] == heard[1]
        assert heard[0]
        assert [one.event for _, one in here.happened][-len(heard[0]) :] == heard[0]

    office(tmp_path, scenario)


def test_who_stops_waiting_is_let_go(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("hello"), None)
        await begun.settled(None)
        await here.kernel.desk.signal(Pid(1), "pause", "alice")
        more = await here.board.send(ACME, said("more", task_id=begun.first.id), None)

        async def gone() -> None:
            await asyncio.sleep(5)

        view = await more.settled(gone)
        assert view.status.state == "working"  # type: ignore[union-attr]

    office(tmp_path, scenario)


def test_who_falls_too_far_behind_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(a2a_story, "EVENTS_KEPT_MAX", 4)

    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("hello"), None)
        for number in range(6):
            await (await here.board.send(ACME, said(f"n{number}", task_id=begun.first.id), None)).settled(None)
        with pytest.raises(TaskRefused, match="behind"):
            await anext(begun.events())

    office(tmp_path, scenario)


def test_who_listens_is_told_when_the_server_stops(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("hello"), None)
        await begun.settled(None)
        events = begun.events()
        for _ in range(begun._live.story.count):
            await anext(events)
        await here.follower.close()
        with pytest.raises(TaskRefused, match="stopping"):
            await anext(events)

    office(tmp_path, scenario)


def test_a_task_is_followed_on_after_a_restart(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("hello"), None)
        await begun.settled(None)
        kernel = await rig.again(here.kernel)
        again = Follower(kernel, lambda live, fresh: None)
        story = await again.reading.story(begun.first.id, Pid(1))
        assert story is not None
        again.add(story)
        again.start()
        await again.look()
        assert story.status.state == "input-required"
        await again.close()

    office(tmp_path, scenario)


def test_of_ended_tasks_only_so_many_are_kept(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("stop"), None)
        await begun.settled(None)
        assert here.follower.live(Pid(1)) is None
        assert (await here.follower.story(begun.first.id, Pid(1))) is begun._live.story
        for number in range(KEPT_MAX):
            here.follower._keep(a2a_story.Story("t", Pid(1_000 + number), said("x"), 0))
        found = await here.follower.story(begun.first.id, Pid(1))
        assert found is not None
        assert found is not begun._live.story
        assert found.view() == begun._live.story.view()

    office(tmp_path, scenario)


def test_a_task_never_spends_more_than_it_may_with_all_that_it_started(tmp_path: Path):
    async def child(ctx: Context) -> object:
        return await ctx.act("post", word="child")

    async def parent(ctx: Context) -> object:
        pid = await ctx.spawn("child")
        await ctx.wait(pid)
        await ctx.act("post", word="parent")
        return await ctx.receive()

    def made(rig: Rig) -> Definition:
        costly = effect_tool(rig.outside, "pure", price=Price(100))
        caps = Caps(process=Amount(1_000_000, -1))
        rig.put(an_agent(child, "post", caps=caps), costly)
        return rig.put(an_agent(parent, "post", team=["child"], caps=caps, name="clerk"), costly)

    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("hello"), None)
        view = await begun.settled(None)
        assert view.status.state == "failed"  # type: ignore[union-attr]
        assert rig.outside.effects == ["child"]

    budget = PeerBudget(task=Amount(150, -1))
    office(tmp_path, scenario, Known(acme=PeerSettings(name="acme", budget=budget)), made)


def test_a_task_that_cannot_be_read_harms_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("hello"), None)
        await begun.settled(None)
        take = here.follower.reading.take

        async def broken(story: a2a_story.Story, record: Sealed) -> None:
            if story.pid == 1:
                raise CorruptStoreError("a blob is missing")
            await take(story, record)

        monkeypatch.setattr(here.follower.reading, "take", broken)
        more = await here.board.send(ACME, said("more", task_id=begun.first.id), None)
        with pytest.raises(TaskRefused):
            await more.settled(None)
        other = await (await here.board.send(ACME, said("stop"), None)).settled(None)
        assert other.status.state == "completed"  # type: ignore[union-attr]

    office(tmp_path, scenario)


def test_what_could_not_be_noted_is_noted_later(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        noted, times = here.follower._happened, [2]

        def busy(live: Live, fresh: list[a2a_story.Numbered]) -> None:
            if times[0]:
                times[0] -= 1
                raise StoreError("the index is busy")
            noted(live, fresh)

        here.follower._happened = busy  # type: ignore[misc]
        begun = await here.board.send(ACME, said("stop"), None)
        ended = await begun.settled(None)
        assert ended.status.state == "completed"  # type: ignore[union-attr]
        assert times == [0]
        assert [one.event for _, one in here.happened] == [one.event for one in begun._live.story.events]

    office(tmp_path, scenario)

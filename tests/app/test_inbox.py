"""What an owner finds: what waits, and what was delivered since they last looked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.client import order
from ergos.app.home import Home, home_at, reading
from ergos.app.inbox import Inbox, deliveries, hosted_delivery, inbox_of, only, waiting_one
from ergos.app.progress import standings
from ergos.base.clock import DAY
from ergos.base.errors import UsageError
from ergos.kernel.process import State
from ergos.lib.agent import Context, agent
from ergos.runtime.control import Seen, Spawn
from tests.runtime.kernels import Rig, becomes, play

from .hosted import hosted

SETTINGS = """
[rights]
reserved = ["wire"]
[delegates.bob]
agents = ["payer"]
tools = ["pay", "wire"]
"""
PAYER = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def pay(to: str) -> str:
    return to


@tool(effect="irreversible")
def wire(to: str) -> str:
    return to


@agent(grants=[may("act", "pay", ask=True), may("act", "wire")])
async def payer(ctx: Context):
    return await ctx.all(ctx.act("pay", to="x"), ctx.act("wire", to="y"), ctx.ask("why?"))
"""


@agent(name="worker")
async def worker(ctx: Context) -> object:
    return {"n": ctx.beginning.memory}


def test_deliveries_are_the_newest_ends_behind_a_record_and_the_others_are_counted() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        rig.put(worker)

        @agent(name="parent", team=["worker"])
        async def parent(ctx: Context) -> object:
            return (await ctx.wait(await ctx.spawn("worker"))).outcome

        for number in range(9):
            await kernel.desk.end_of(await kernel.desk.spawn(rig.shelf.definitions["worker"], "alice", number))
        await kernel.desk.end_of(await kernel.desk.spawn(rig.put(parent), "alice"))
        await kernel.desk.end_of(await kernel.desk.spawn(rig.shelf.definitions["worker"], "bob"))
        store = kernel.machine.store
        found, more = await deliveries(store, "alice", 0, most=4)
        assert ([one.agent for one in found], more) == (["worker", "worker", "worker", "parent"], 6)
        later, more = await deliveries(store, "alice", found[1].seq)
        assert ([one.pid for one in later], more) == ([one.pid for one in found[2:]], 0)
        assert (await deliveries(store, "bob", 0))[0][0].owner == "bob"
        assert await deliveries(store, "alice", (await store.head()).seq) == ((), 0)

    play(scenario)


def test_what_a_hosted_agent_said_is_delivered_once() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(hosted(rig, {"milestones": [{"name": "a"}]}), "alice")
        await becomes(kernel, pid, State.WAITING)
        now_ns = rig.clock.now_ns()
        await kernel.desk.send(
            pid, {"runs": 3, "said": [{"at_ns": now_ns - DAY, "text": "old"}, {"at_ns": now_ns, "text": "new"}]}
        )
        await asyncio.sleep(1)
        (standing,) = await standings(kernel.machine.store, "alice", now_ns)
        found = hosted_delivery(standing, now_ns - 1)
        assert found is not None
        assert (found.said, found.runs) == (("new",), 3)
        assert hosted_delivery(standing, now_ns) is None

    play(scenario)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "settings.toml").write_text(SETTINGS)
    (tmp_path / "payer.py").write_text(PAYER)
    return home_at(folder, {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})


def test_items_say_who_may_decide_them_and_a_delegate_sees_only_theirs(home: Home, tmp_path: Path) -> None:
    async def scenario() -> tuple[Inbox, Inbox]:
        from ergos.app.daemon import serving

        async with serving(home):
            await order(home, Spawn(path=str(tmp_path / "payer.py"), owner="me"))
            for _ in range(300):
                async with reading(home) as reads:
                    if len(await reads.items("me", 9)) == 3:
                        break
                await asyncio.sleep(0.02)
            async with reading(home) as reads:
                mine = await inbox_of(home, reads, None, 0)
                theirs = await inbox_of(home, reads, None, 0, by="bob")
                for one in mine.waiting:
                    assert await waiting_one(home, reads, one.item, 0) == one
                    alone = await waiting_one(home, reads, one.item, 0, by="bob")
                    assert alone == (one if one in theirs.waiting else None)
        return mine, theirs

    mine, theirs = asyncio.run(scenario())
    by_tool = {one.case.tool: one for one in mine.waiting}
    assert by_tool["pay"].delegates == ("bob",)
    assert by_tool["wire"].case.reserved
    assert by_tool["wire"].delegates == ()
    assert by_tool[""].delegates == ()
    assert [one.case.tool for one in theirs.waiting] == ["pay"]
    assert only(mine, by_tool["pay"].item.id) is by_tool["pay"]
    with pytest.raises(UsageError, match="nothing open"):
        only(mine, 99)


def test_looking_marks_only_what_was_shown(home: Home) -> None:
    async def scenario() -> None:
        await order(home, Seen(owner="me", until=10**6))
        async with reading(home) as reads:
            found = await inbox_of(home, reads, None, 0)
            assert (found.waiting, found.delivered, found.report) == ((), (), None)

    asyncio.run(scenario())

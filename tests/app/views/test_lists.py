from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.app.views.own import ROWS_MAX
from ergos.base.entropy import SeededEntropy
from ergos.base.ids import Digest, Pid
from ergos.kernel.events import Asked, Called, Exited, Signalled, Woken
from ergos.kernel.process import ENDED, State
from ergos.kernel.rows import Item
from ergos.sim.crowd import Told
from ergos.sim.explore import History
from ergos.sim.faults import random_plan
from tests.app.views.rig import Asking, Written, call, everything, on_loop, stored


@settings(max_examples=6)
@given(seed=st.integers(1, 100_000))
def test_states_and_rows_are_those_of_the_store(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("states")
    history = History(seed, random_plan(SeededEntropy(f"plan/{seed}")))
    history.run()
    # As if the power went in the middle: some of what is over goes on.
    stored(folder, history.disk)

    async def asked() -> None:
        async with Asking(folder) as views:
            for owner in {process.owner for process in history.disk.processes.values()}:
                own, theirs = views.of(owner), [p for p in history.disk.processes.values() if p.owner == owner]
                counted: dict[str, int] = {}
                for process in theirs:
                    counted[str(process.state)] = counted.get(str(process.state), 0) + 1
                found = await own.counts()
                assert (found.states, found.seq) == (counted, len(history.disk.journal))
                rows = await own.processes("all", limit=ROWS_MAX)
                assert [(r.pid, r.agent, r.state, r.waits, r.turn, r.parent) for r in rows] == [
                    (p.pid, p.agent, str(p.state), p.waits, p.turn, p.parent)
                    for p in sorted(theirs, key=lambda p: -p.pid)[:ROWS_MAX]
                ]
                live = await own.processes("live", limit=ROWS_MAX)
                assert {r.pid for r in live} == {p.pid for p in theirs if p.state not in ENDED}

    asyncio.run(asked())


@on_loop
async def test_every_state_of_a_live_process_is_counted_as_it_is(written: Written) -> None:
    """Some moves leave no record: the store says where such a process stands."""
    for pid, (state, more) in enumerate(
        [
            (State.RUNNING, {"turn_open": True}),
            (State.WAITING, {"turn_open": True, "waits": "owner"}),
            (State.PARKED, {"turn_open": True}),
            (State.READY, {"turn_open": True}),
        ],
        1,
    ):
        written.spawn(pid, "alice", "clerk")
        written.put(pid, "alice", "clerk", state, **more)
    written.spawn(5, "alice", "clerk")
    written.raw(5, 1, b'{"k":"commit","memory":1}')
    written.put(5, "alice", "clerk", State.WAITING, waits="mail")
    written.spawn(6, "alice", "clerk")
    written.raw(6, 1, b'{"k":"commit","memory":1}')
    written.put(6, "alice", "clerk", State.READY)  # mail has come, and nothing was written of it yet
    written.spawn(7, "alice", "clerk")
    written.add(7, 1, Signalled("pause", "alice"))
    written.put(7, "alice", "clerk", State.PAUSED, turn_open=True)
    written.spawn(8, "bob", "clerk")
    async with Asking(written.folder) as views:
        assert (await views.of("alice").counts()).states == {
            "running": 1, "waiting": 2, "parked": 1, "ready": 2, "paused": 1,
        }  # fmt: skip
        assert (await views.of("nobody").counts()).states == {}


@on_loop
async def test_who_waits_for_their_owner_is_found_by_the_inbox(written: Written) -> None:
    for pid in (1, 2, 3):
        written.spawn(pid, "alice", "clerk")
    for pid, owner in ((1, "alice"), (2, "alice"), (3, "bob")):
        written.item(
            Item(id=pid, pid=Pid(pid), key="k", owner=owner, kind="question", asked_ns=1, expires_ns=None, text="?")
        )
    written.add(2, 1, Exited("killed"))
    written.put(2, "alice", "clerk", State.KILLED)
    async with Asking(written.folder) as views:
        assert [row.pid for row in await views.of("alice").processes("waiting")] == [1]
        assert await views.of("alice").processes("waiting", before=Pid(1)) == ()
        assert await views.of("alice").processes("waiting", agent="other") == ()


@on_loop
async def test_lists_of_processes_are_paged_and_filtered(crowd: tuple[Path, Told]) -> None:
    folder, told = crowd
    async with Asking(folder) as views:
        for owner in told.owners:
            own = views.of(owner)
            whole = await own.processes("all", limit=ROWS_MAX)
            assert sum((await own.counts()).states.values()) == len(whole)
            paged, before = [], None
            while rows := await own.processes("all", before=before, limit=4):
                paged += rows
                before = rows[-1].pid
            assert tuple(paged) == whole
            ended = {row.pid for row in whole if row.ended_ns is not None}
            failed = {row.pid for row in whole if row.state in ("failed", "killed")}
            assert {row.pid for row in await own.processes("ended", limit=ROWS_MAX)} == ended
            assert {row.pid for row in await own.processes("failed", limit=ROWS_MAX)} == failed
            for agent in await own.agents():
                theirs = [row for row in whole if row.agent == agent.agent]
                assert list(await own.processes("all", agent=agent.agent, limit=ROWS_MAX)) == theirs
                assert list(await own.processes("all", text=agent.agent[2:].upper(), limit=ROWS_MAX)) == theirs
                assert agent.live + agent.ended == len(theirs)
                assert agent.microusd == sum(row.microusd for row in theirs)
            some = whole[len(whole) // 2]
            assert await own.processes("all", text=str(some.pid)) == (some,)
            assert await own.processes("ended", text=str(some.pid)) == ((some,) if some.pid in ended else ())
            assert await own.processes("all", text="no such agent") == ()
            assert await own.processes("all", limit=0) == ()
            assert await own.processes("all", limit=-5) == ()
            assert await own.processes("all", before=Pid(0)) == ()


@on_loop
async def test_many_agents_are_searched_as_few_are(written: Written) -> None:
    for pid in range(1, 41):
        written.spawn(pid, "alice", f"agent{pid}")
    async with Asking(written.folder) as views:
        own = views.of("alice")
        assert len(await own.processes("live", text="agent")) == 40
        assert [row.pid for row in await own.processes("live", text="agent4", limit=9)] == [40, 4]


@on_loop
async def test_records_are_those_of_the_journal_newest_first(crowd: tuple[Path, Told]) -> None:
    folder, told = crowd
    async with Asking(folder) as views:
        for owner in told.owners:
            own = views.of(owner)
            seen, before = [], None
            while rows := await own.records(before=before, limit=150):
                seen += rows
                before = rows[-1].seq
            assert [row.seq for row in seen] == sorted({row.seq for row in seen}, reverse=True)
            theirs = {row.pid for row in await own.processes("all", limit=ROWS_MAX)}
            assert {row.pid for row in seen} - {0} == theirs
            asks = [row for row in seen if row.kind in ("ask", "answer")]
            assert list(await own.records(kinds=("ask", "answer"), limit=ROWS_MAX)) == asks[:ROWS_MAX]
            agent = seen[0].agent
            assert list(await own.records(agent=agent)) == [row for row in seen if row.agent == agent][:50]
            for pid in sorted(theirs)[:3]:
                of_it = [row for row in seen if row.pid == pid]
                assert list(await own.records(pid=pid, limit=ROWS_MAX)) == of_it[:ROWS_MAX]
                middle = of_it[len(of_it) // 2].seq
                below = [row for row in of_it if row.seq < middle]
                assert list(await own.records(pid=pid, before=middle, limit=30)) == below[:30]
                for between in (middle + 1, middle - 1):  # of no record of it, as a rule
                    below = [row for row in of_it if row.seq < between]
                    assert list(await own.records(pid=pid, before=between, limit=30)) == below[:30]
                wanted = [row for row in of_it if row.kind == "result"]
                assert list(await own.records(pid=pid, kinds=("result",), limit=30)) == wanted[:30]
            assert await own.records(kinds=("no such kind",)) == ()
            assert await own.records(agent="no such agent") == ()


@settings(max_examples=4)
@given(
    written=st.lists(
        st.tuples(st.sampled_from(["alice", "bob", "eve"]), st.sampled_from(["clerk", "chief"]), st.integers(0, 3)),
        min_size=2,
        max_size=8,
    ),
    number=st.integers(-(1 << 70), 1 << 70),
    text=st.text(max_size=4),
)
def test_nobody_sees_anything_of_another_owner(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str, int]], number: int, text: str
) -> None:
    """Every answer is the same whether others are there or not."""

    def made(only: str | None) -> Path:
        store = Written(tmp_path_factory.mktemp("owners"))
        for pid, (owner, agent, records) in enumerate(written, 1):
            if only in (None, owner):
                store.spawn(pid, owner, agent)
                for place in range(records):
                    store.add(pid, 1, Called(call(f"k{place}", "send", "1", args={})))
        store.close()
        return store.folder

    def anonymous(answers: object) -> str:
        return re.sub(r"(seq|_ns)=\d+", "", repr(answers))

    async def asked() -> None:
        everybody = made(None)
        for owner in ("alice", "bob", "mallory"):
            pids = tuple(Pid(pid) for pid in range(1, len(written) + 1))
            async with Asking(everybody) as among, Asking(made(owner)) as alone:
                found = await everything(among.of(owner), pids)
                assert anonymous(found) == anonymous(await everything(alone.of(owner), pids))
                own = among.of(owner)
                assert await own.processes("all", text=text, before=Pid(number)) is not None
                assert await own.one(Pid(number)) is None or 0 < number <= len(written)
                assert await own.records(pid=Pid(number), agent=text, before=number, kinds=(text,)) == ()
                assert await own.calls(Pid(number), turn=number, after=number) == () or number > 0
                assert await own.turns(Pid(number), before=number) == () or number > 0

    asyncio.run(asked())


@on_loop
async def test_a_process_that_is_not_folded_yet_is_told_as_it_is_stored(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    async with Asking(written.folder) as views:
        await views.of("alice").counts()
        written.put(2, "alice", "late", State.READY)  # its row is there before its records are folded
        row = await views.of("alice").one(Pid(2))
        assert row is not None
        assert (row.agent, row.state, row.calls) == ("late", "ready", 0)
        assert await views.of("bob").one(Pid(2)) is None
        assert await views.of("alice").one(Pid(3)) is None


@on_loop
async def test_agents_come_by_when_they_moved(written: Written) -> None:
    written.spawn(1, "alice", "first")
    written.spawn(2, "alice", "second")
    written.add(1, 1, Woken("mail"))
    async with Asking(written.folder) as views:
        assert [row.agent for row in await views.of("alice").agents()] == ["first", "second"]


@on_loop
async def test_a_summary_shows_what_a_record_says(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    written.add(1, 1, Asked("k", 1, "approval", Digest("d"), 1, call("k")))
    async with Asking(written.folder) as views:
        rows = await views.of("alice").records()
        assert [(row.kind, row.summary) for row in rows] == [
            ("ask", "approval act mail.send"),
            ("wake", "start"),
            ("spawn", "clerk"),
        ]

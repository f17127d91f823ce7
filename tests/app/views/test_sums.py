from __future__ import annotations

import sqlite3
from pathlib import Path

from ergos.app.views.sums import day_of
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.events import Called, Exited
from ergos.sim.crowd import Told
from tests.app.views.rig import DAY_NS, RAW, START_NS, Asking, Written, call, on_loop


@on_loop
async def test_spending_of_a_crowd_is_the_ledgers(crowd: tuple[Path, Told]) -> None:
    folder, told = crowd
    reads = SqliteReads.open(folder / "ergos.db")
    async with Asking(folder) as views:
        for owner in told.owners:
            own = views.of(owner)
            _, meters = await reads.books((f"day/{owner}/*", f"agent/{owner}/*"))
            days = {int(key.rsplit("/", 1)[1]): one.spent for key, one in meters.items() if key.startswith("day/")}
            by_day = await own.spend("day")
            assert {row.key: row.microusd for row in by_day} == {
                day_of(day): spent.microusd for day, spent in sorted(days.items())[-200:]
            }
            assert [row.key for row in by_day] == sorted(row.key for row in by_day)
            agents = {key.rsplit("/", 1)[1]: one.spent for key, one in meters.items() if key.startswith("agent/")}
            by_agent = await own.spend("agent")
            assert {row.key: (row.microusd, row.tokens) for row in by_agent} == {
                agent: (spent.microusd, spent.tokens) for agent, spent in agents.items()
            }
            assert [row.microusd for row in by_agent] == sorted((row.microusd for row in by_agent), reverse=True)
            middle = sorted(days)[len(days) // 2]
            since = await own.spend("model", since_day=middle)
            assert sum(row.microusd for row in since) == sum(s.microusd for day, s in days.items() if day >= middle)
            came = await own.outcomes("day", since_day=middle)
            assert sum(row.microusd for row in came) == sum(row.microusd for row in since)
            assert all(row.verified <= row.delivered for row in await own.outcomes("agent"))
    await reads.close()


@on_loop
async def test_outcomes_fall_on_the_day_they_came(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    written.spawn(2, "alice", "clerk")
    written.add(1, 1, Exited("done"))
    written.at_ns = START_NS + 3 * DAY_NS
    written.add(2, 1, Exited("failed"))
    async with Asking(written.folder) as views:
        first, second = await views.of("alice").outcomes("day")
        assert (first.key, first.delivered, first.failed) == ("2024-10-04", 1, 0)
        assert (second.key, second.delivered, second.failed) == ("2024-10-07", 0, 1)
        assert await views.of("alice").outcomes("day", since_day=START_NS // DAY_NS + 3) == (second,)


@on_loop
async def test_traffic_since_a_time_leaves_out_what_was_before(written: Written) -> None:
    written.spawn(1, "alice", "chief")
    written.spawn(2, "alice", "clerk", parent=1)
    written.at_ns += 2 * DAY_NS
    written.add(2, 1, Called(call("s", "send", "1", args={"to": RAW(b"1")})))
    async with Asking(written.folder) as views:
        own = views.of("alice")
        assert [(row.sender, row.receiver) for row in await own.traffic()] == [("clerk", "chief"), ("chief", "clerk")]
        assert [row.sender for row in await own.traffic(since_ns=START_NS + DAY_NS)] == ["clerk"]


def test_a_day_is_told_as_calendars_do() -> None:
    with sqlite3.connect(":memory:") as connection:
        for day in (0, 1, 59, 11_016, 20_000, 40_000):
            (told,) = connection.execute("SELECT date(? * 86400, 'unixepoch')", (day,)).fetchone()
            assert day_of(day) == told
    connection.close()
    assert day_of(10**9) == str(10**9)

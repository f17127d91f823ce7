"""Hosted agents that wait: a simulated week of quiet, and a kernel that really idles with them.

    python -m bench.hosted week FOLDER COUNT      COUNT agents, a week in virtual time on the embedded store
    python -m bench.hosted idle FOLDER SECONDS    a kernel on that store, in real time

The agents wait for everything there is to wait for: times, files, feeds, pages, hooks, mailboxes, topics, the end of
others, figures. Feeds, pages and mailboxes are looked at once an hour; nothing is ever new. Each command is a process
of its own and prints one JSON line.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from bench.kernels import rss_mb
from ergos.base.clock import DAY, Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import DefinitionError
from ergos.drivers.host import HostClock
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.packages import Definition, Package
from ergos.kernel.process import State
from ergos.kernel.triggers import (
    AnyTrigger,
    Condition,
    Feed,
    Files,
    Mailbox,
    Outcome,
    Page,
    Schedule,
    Topic,
    Webhook,
)
from ergos.lib.agent import Context, program_of
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.sim.clockloop import VirtualLoop, finish
from ergos.sim.faults import SimClock
from ergos.sim.outside import SimWatchers

START_NS: Final = 1_900_000_000_000_000_000  # a Saturday in March 2030, far from a new year
WEEK_DAYS: Final = 7
AT_ONCE: Final = 100  # spawns under way at once
HOUR_S: Final = 3_600

TRIGGERS: Final[tuple[AnyTrigger, ...]] = (
    Schedule(name="year", rule="FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=8;BYMINUTE=0", timezone="Europe/Berlin"),
    Files(name="inbox", folder="in", pattern="*.pdf"),
    Feed(name="feed", url="https://example.org/feed.xml", every_s=HOUR_S),
    Page(name="page", url="https://example.org/", every_s=HOUR_S),
    Webhook(name="hook", secret="hook"),
    Mailbox(name="mail", account="work", every_s=HOUR_S),
    Topic(name="topic", topic="shop/+/orders", broker="home"),
    Outcome(name="end", agent="newsroom"),
    Condition(name="spend", figure="spend.today", compare=">", value=1_000_000),
)


class Week(msgspec.Struct, frozen=True):
    """What a week of quiet cost."""

    agents: int
    cpu_s: float
    """Of the whole week."""
    tokens: int
    microusd: int
    looks: int
    """Times something outside was looked at."""
    records: int
    """Written meanwhile."""
    turns: int
    """Begun meanwhile; 0: nobody was woken."""
    rss_mb: float


class Idling(msgspec.Struct, frozen=True):
    """What real seconds cost."""

    agents: int
    wall_s: float
    cpu_s: float


async def host(ctx: Context) -> object:
    """Waits to be woken, and says how often it was."""
    seen = ctx.memory if isinstance(ctx.memory, int) else 0
    await ctx.watch()
    return ctx.idle(seen + 1)


class Hosts:
    """One agent for each trigger."""

    def definition(self, agent: str) -> Definition:
        """An agent by the name of its trigger."""
        (trigger,) = (one for one in TRIGGERS if one.name == agent)
        return Definition(agent=agent, program=agent, triggers=(trigger,))

    def package(self, definition: Definition) -> Package:
        """The same for all."""
        if not definition.triggers:
            raise DefinitionError("there is no such agent")
        return Package(program=program_of(host))

    def current(self, agent: str, program: str) -> Definition | None:
        """They do not change."""
        del program
        return self.definition(agent)


def kernel_of(store: SqliteStore, clock: Monotone, watchers: SimWatchers) -> Kernel:
    """A kernel that looks at an outside where nothing happens."""
    parts = Parts(
        store=store,
        clock=clock,
        entropy=SeededEntropy("hosted"),
        programs=Hosts(),
        watchdog=False,
        calendar=HostCalendar(),
        watchers=watchers,
    )
    kernel = Kernel(parts, version="bench", host="bench")
    watchers.bell = kernel.reactor.watches
    return kernel


def week(folder: Path, count: int) -> Week:
    """Spawn them, then let a week pass."""
    loop = VirtualLoop()
    clock = SimClock(START_NS)
    clock.loop = loop
    watchers = SimWatchers(again_s=HOUR_S)
    store = SqliteStore(folder / "ergos.db", in_thread=False)

    async def act() -> Week:
        kernel = kernel_of(store, Monotone(clock), watchers)
        await kernel.start()
        hosts = Hosts()
        for start in range(0, count, AT_ONCE):
            names = [TRIGGERS[number % len(TRIGGERS)].name for number in range(start, min(start + AT_ONCE, count))]
            await asyncio.gather(*[kernel.desk.spawn(hosts.definition(name), "bench") for name in names])
        await asyncio.sleep(60)
        before = await _turns(store)
        records, looks, began_s = (await store.head()).seq, watchers.looks, time.process_time()
        await asyncio.sleep(WEEK_DAYS * DAY / 1e9)
        cpu_s = time.process_time() - began_s
        spent = (await kernel.meters("owner/bench"))[1].get("owner/bench")
        found = Week(
            agents=count,
            cpu_s=cpu_s,
            tokens=spent.spent.tokens if spent is not None else 0,
            microusd=spent.spent.microusd if spent is not None else 0,
            looks=watchers.looks - looks,
            records=(await store.head()).seq - records,
            turns=await _turns(store) - before,
            rss_mb=rss_mb(),
        )
        await kernel.stop()
        return found

    try:
        return loop.run_until_complete(act())
    finally:
        finish(loop)


async def _turns(store: SqliteStore) -> int:
    rows = await store.processes(limit=1_000_000)
    assert all(row.state is State.WAITING for row in rows)
    return sum(row.turn for row in rows)


async def idle(folder: Path, seconds: float) -> Idling:
    """Do nothing for a while, with all of them there."""
    store = SqliteStore(folder / "ergos.db")
    kernel = kernel_of(store, Monotone(HostClock()), SimWatchers(again_s=HOUR_S))
    await kernel.start()
    await asyncio.sleep(2)  # what is due at the start is looked at
    began_s, wall_s = time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    cpu_s, wall_s = time.process_time() - began_s, time.perf_counter() - wall_s
    count = len(await store.processes(limit=1_000_000))
    await kernel.stop()
    return Idling(count, wall_s, cpu_s)


def main() -> None:
    """One JSON line."""
    what, folder, number = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    found = week(folder, int(number)) if what == "week" else asyncio.run(idle(folder, float(number)))
    sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")


if __name__ == "__main__":
    main()

"""The watchers and a running kernel: what happens outside becomes mail, once, also when the power is cut."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from ergos.base.clock import Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.ids import Pid
from ergos.drivers.host import HostClock, HostEntropy
from ergos.drivers.http.client import HttpClient
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.store_memory import MemoryDisk, MemoryStore
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.workspaces import Workspaces
from ergos.drivers.watchers.outside import LateBell, OutsideParts, OutsideWatchers
from ergos.drivers.watchers.queues import emit
from ergos.kernel.events import Fired, decode_body
from ergos.kernel.triggers import LOOKED_AT, AnyTrigger, Feed, Files, Topic, Webhook
from ergos.kernel.values import NULL
from ergos.lib.agent import Context, agent
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.server.doorway import KernelHooks, open_gate
from tests.drivers.watchers.bells import until
from tests.drivers.watchers.sites import Site, rss, serving, way_out
from tests.runtime.kernels import Shelf
from tests.server.test_hook_signatures import SECRET, standard

TRIGGERS: tuple[AnyTrigger, ...] = (
    Files(name="invoice", folder="invoices:/", pattern="*.pdf", settle_s=0),
    Topic(name="order", topic="orders"),
    Webhook(name="deploy", secret="hook"),
)


@agent(name="listener")
async def listener(ctx: Context) -> object:
    """Idles, and takes what comes."""
    await ctx.watch()
    if ctx.beginning.cause == "mail":
        await ctx.receive(within_s=0)
    return ctx.idle(None)


class Vault:
    def get(self, name: str) -> str:
        return SECRET


class House:
    """One home, one disk, and any number of kernels one after the other."""

    def __init__(self, home: Path, site: Site) -> None:
        self.home, self.site = home, site
        self.invoices = home / "invoices"
        self.invoices.mkdir()
        self.disk = MemoryDisk()
        self.shelf = Shelf()
        self.made = self.shelf.put(listener)
        self.kernel: Kernel | None = None
        self.watchers: OutsideWatchers | None = None

    async def boot(self) -> Kernel:
        bell = LateBell()
        rooms = {"invoices": Room(self.invoices, write=False)}
        self.watchers = OutsideWatchers(
            OutsideParts(
                home=self.home,
                workspaces=Workspaces(self.home, "alice", rooms),
                entropy=SeededEntropy(1),
                outside=way_out(self.site.port),
                secrets=Vault(),
            ),
            bell,
        )
        parts = Parts(
            store=MemoryStore(self.disk),
            clock=Monotone(HostClock()),
            entropy=SeededEntropy(0),
            programs=self.shelf,
            door_secret=b"of the test",
            calendar=HostCalendar(),
            watchers=self.watchers,
        )
        self.kernel = Kernel(parts, version="test", host="test")
        bell.bell = self.kernel.reactor.watches
        await self.kernel.start()
        return self.kernel

    async def spawn(self, *triggers: AnyTrigger) -> Pid:
        made = msgspec.structs.replace(self.made, triggers=triggers)
        self.shelf.definitions[made.agent] = made
        assert self.kernel is not None
        pid = await self.kernel.desk.spawn(made, "alice")
        await until(lambda: self.seen(pid) == len(triggers))
        return pid

    def seen(self, pid: Pid) -> int:
        """How many of its triggers are armed, and looked at once where they are looked at."""
        rows = self.disk.watches.get(pid, {}).values()
        return sum(not isinstance(row.trigger, LOOKED_AT) or row.cursor != NULL for row in rows)

    async def stop(self) -> None:
        if self.kernel is not None:
            await self.kernel.stop()
        if self.watchers is not None:
            await self.watchers.close()

    def fired(self, pid: Pid) -> list[tuple[str, str]]:
        bodies = [decode_body(record.body) for record in self.disk.journal if record.pid == pid]
        return [(body.name, body.key) for body in bodies if isinstance(body, Fired)]

    def names(self, pid: Pid) -> list[str]:
        return [name for name, _ in self.fired(pid)]


def play(home: Path, test: Callable[[House], Awaitable[None]]) -> None:
    with serving() as site:

        async def whole() -> None:
            house = House(home, site)
            await house.boot()
            try:
                await test(house)
            finally:
                await house.stop()

        asyncio.run(whole())


def put(home: Path, number: int) -> None:
    emit(home, "orders", {"n": number}, HostClock(), HostEntropy())


def test_a_file_a_message_and_a_hook_are_delivered_once_each(tmp_path: Path) -> None:
    async def test(house: House) -> None:
        assert house.kernel is not None
        pid = await house.spawn(*TRIGGERS)
        (house.invoices / "july.pdf").write_bytes(b"%PDF")
        put(tmp_path, 1)
        gate = await open_gate(house.kernel, 0, secrets=Vault())
        client = HttpClient()
        at = str(HostClock().now_ns() // 10**9)
        for expected in (202, 200):
            reply = await client.request(
                "POST", f"{gate.url}/hooks/{pid}/deploy", standard(b"{}", at=at), b"{}", deadline_s=20, resend=False
            )
            assert reply.status == expected
        await until(lambda: sorted(house.names(pid)) == ["deploy", "invoice", "order"])
        await client.close()
        await gate.stop()
        hooks = KernelHooks(house.kernel)
        assert await hooks.webhook(pid, "invoice") is None
        assert await hooks.webhook(Pid(99), "deploy") is None

    play(tmp_path, test)


def test_what_happens_while_nothing_runs_is_delivered_by_the_next_kernel(tmp_path: Path) -> None:
    async def test(house: House) -> None:
        pid = await house.spawn(*TRIGGERS)
        (house.invoices / "one.pdf").write_bytes(b"1")
        await until(lambda: house.names(pid) == ["invoice"])
        await house.stop()
        (house.invoices / "two.pdf").write_bytes(b"2")
        put(tmp_path, 1)
        await house.boot()
        await until(lambda: sorted(house.names(pid)) == ["invoice", "invoice", "order"])
        await asyncio.sleep(1.0)
        assert len(house.fired(pid)) == len(set(house.fired(pid))) == 3

    play(tmp_path, test)


def test_entries_of_a_feed_are_delivered_and_none_of_those_that_were_there(tmp_path: Path) -> None:
    async def test(house: House) -> None:
        items = [("a", "Old")]
        house.site.says("/feed", rss(*items), content_type="application/rss+xml")
        pid = await house.spawn(Feed(name="news", url=f"{house.site.url}/feed", every_s=10))
        house.site.says("/feed", rss(*items, ("b", "New")), content_type="application/rss+xml")
        assert house.kernel is not None
        house.kernel.reactor.watches.ring(pid, "news")
        await until(lambda: house.names(pid) == ["news"])

    play(tmp_path, test)

"""Boot, checkpoints and an orderly end; a disk that fails stops everything and loses nothing acknowledged."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.base.clock import Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import DiskFullError, StoreLockedError
from ergos.drivers.host import FileSigner, HostClock
from ergos.drivers.store_memory import Batch, MemoryDisk, MemoryStore
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.events import decode_body
from ergos.kernel.own_events import Booted, Checkpoint
from ergos.kernel.process import State
from ergos.lib.agent import Context, agent, may
from ergos.lib.task import Task, solver
from ergos.runtime.audit import audit
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts

from .kernels import Outside, Rig, Shelf, an_agent, becomes, effect_tool, play, until


async def poster(ctx: Context) -> object:
    return [await ctx.act("post", word="one"), await ctx.act("post", word="two")]


async def listener(ctx: Context) -> object:
    message = await ctx.receive()
    return message.body if message is not None else None


class Full(MemoryStore):
    """Has room until told otherwise."""

    def __init__(self, disk: MemoryDisk) -> None:
        super().__init__(disk)
        self.full = False

    def _before_commit(self, batch: Batch) -> None:
        if self.full:
            raise DiskFullError


def test_an_orderly_stop_lets_a_running_call_finish_and_be_recorded():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(poster, "post"), effect_tool(rig.outside, "irreversible", after_s=5))
        pid = await kernel.desk.spawn(definition, "alice")
        await until(lambda: rig.outside.effects)
        await kernel.stop()
        assert rig.tags(pid)[-1] == "result"
        assert rig.outside.effects == ["one"]  # and nothing new has begun
        kernel = await rig.boot()
        assert (await kernel.desk.end_of(pid)).outcome == ["one!", "two!"]
        assert rig.outside.effects == ["one", "two"]
        assert rig.disk.items == {}

    play(scenario)


def test_an_orderly_stop_does_not_wait_for_ever():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(poster, "post"), effect_tool(rig.outside, "idempotent", before_s=59))
        pid = await kernel.desk.spawn(definition, "alice")
        await until(lambda: rig.outside.at_once)
        began = rig.loop.time()
        await kernel.stop()
        assert rig.loop.time() - began < 15
        assert rig.tags(pid)[-1] == "intent"
        kernel = await rig.boot()
        assert (await kernel.desk.end_of(pid)).outcome == ["one!", "two!"]

    play(scenario)


def test_a_full_disk_stops_the_kernel_with_that_error_and_keeps_what_was_acknowledged():
    async def scenario(rig: Rig) -> None:
        store = Full(rig.disk)
        kernel = await rig.boot(store)
        definition = rig.put(an_agent(listener))
        acknowledged = [await kernel.desk.spawn(definition, "alice") for _ in range(5)]
        await kernel.desk.send(acknowledged[0], "kept")
        waiting = asyncio.ensure_future(kernel.desk.end_of(acknowledged[1]))
        await asyncio.sleep(1)
        store.full = True
        with pytest.raises(DiskFullError):
            await kernel.desk.spawn(definition, "alice")
        assert isinstance(await kernel.fault(), DiskFullError)
        with pytest.raises(DiskFullError):
            await waiting
        with pytest.raises(DiskFullError):
            await kernel.desk.send(acknowledged[2], "lost")
        await kernel.stop()
        kernel = await rig.boot()
        assert (await kernel.desk.end_of(acknowledged[0])).outcome == "kept"
        assert sorted(rig.disk.processes) == acknowledged
        for pid in acknowledged[1:]:
            await kernel.desk.send(pid, "again")
            assert (await kernel.desk.end_of(pid)).outcome == "again"

    play(scenario)


def test_after_the_disk_has_failed_no_effect_begins():
    async def scenario(rig: Rig) -> None:
        store = Full(rig.disk)
        kernel = await rig.boot(store)
        definition = rig.put(an_agent(poster, "post"), effect_tool(rig.outside, "irreversible", after_s=5))
        await kernel.desk.spawn(definition, "alice")
        await until(lambda: rig.outside.effects)
        store.full = True
        await kernel.fault()
        await asyncio.sleep(100)
        assert rig.outside.effects == ["one"]

    play(scenario)


def test_a_clock_set_back_does_not_turn_the_journal_back():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(listener))
        pid = await kernel.desk.spawn(definition, "alice")
        rig.clock.jump(-100_000)
        await kernel.desk.send(pid, "hello")
        await kernel.desk.end_of(pid)
        await rig.crash(kernel)
        rig.clock.jump(-100_000)
        kernel = await rig.boot()
        await kernel.desk.end_of(await kernel.desk.spawn(rig.put(an_agent(poster)), "alice"))
        times = [record.at_ns for record in rig.disk.journal]
        assert times == sorted(times)

    play(scenario)


def test_a_sleep_across_a_clock_set_back_still_ends():
    async def sleeper(ctx: Context) -> object:
        await ctx.sleep(100)
        return "awake"

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(sleeper)), "alice")
        await becomes(kernel, pid, State.WAITING)
        rig.clock.jump(-1_000)
        assert (await kernel.desk.end_of(pid)).outcome == "awake"

    play(scenario)


def test_numbers_are_never_given_out_twice():
    async def scenario(rig: Rig) -> None:
        pids: list[int] = []
        for _ in range(3):
            kernel = await rig.boot()
            pids += [await kernel.desk.spawn(rig.put(an_agent(listener)), "alice") for _ in range(2)]
            await kernel.stop()
        assert pids == [1, 2, 3, 4, 5, 6]
        assert [type(decode_body(record.body)) for record in rig.disk.journal if record.pid == 0] == [Booted] * 3

    play(scenario)


def test_boot_reads_no_ended_and_no_sleeping_process():
    async def sleeper(ctx: Context) -> object:
        await ctx.receive()
        return None

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(sleeper))
        pids = [await kernel.desk.spawn(definition, "alice") for _ in range(20)]
        await becomes(kernel, pids[-1], State.WAITING)
        for pid in pids[:10]:
            await kernel.desk.send(pid, "end")
            await kernel.desk.end_of(pid)
        await until(lambda: not kernel.reactor._tasks)
        await kernel.stop()
        kernel = await rig.boot()
        assert len(kernel.machine.table) <= 2  # what the last end left to be seen to

    play(scenario)


def test_what_solvers_have_earned_is_remembered():
    task = Task("double", inputs=int, output=int, checks=(lambda _, answer: [] if answer == 2 else ["wrong"],))

    @solver(task, name="wrong")
    def wrong(inputs: int) -> int:
        return 3

    @solver(task, name="right")
    def right(inputs: int) -> int:
        return 2

    async def scenario(rig: Rig) -> None:
        async def thinker(ctx: Context) -> object:
            return await ctx.think(task, 1)

        made = agent(name="thinker", grants=[may("think", "double")])(thinker)
        ended = await rig.ends(rig.shelf.put(made, tasks=[task], solvers=[wrong, right]))
        assert ended.outcome == 2
        kernel = await rig.boot()
        earned = {
            name: (record.accepted, record.rejected) for (_, name), record in kernel.machine.solver_records.items()
        }
        assert earned["right"] == (1, 0)
        assert earned.get("wrong", (0, 1)) == (0, 1)

    play(scenario)


# On a real file


def parts_on(folder: Path, shelf: Shelf) -> Parts:
    return Parts(
        store=SqliteStore(folder / "ergos.db"),
        clock=Monotone(HostClock()),
        entropy=SeededEntropy(0),
        programs=shelf,
        signer=FileSigner(folder / "key"),
        watchdog=False,
    )


def test_two_kernels_on_one_file_are_refused(tmp_path: Path):
    async def scenario() -> None:
        shelf = Shelf()
        async with Kernel(parts_on(tmp_path, shelf)) as kernel:
            with pytest.raises(StoreLockedError):
                parts_on(tmp_path, shelf)
            pid = await kernel.desk.spawn(shelf.put(an_agent(listener)), "alice", idle=True)
            await kernel.desk.send(pid, "still here")
            assert (await kernel.desk.end_of(pid)).outcome == "still here"
        async with Kernel(parts_on(tmp_path, shelf)) as kernel:
            assert (await kernel.desk.end_of(pid)).outcome == "still here"

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_the_end_of_a_kernel_is_signed_and_nothing_new_is_signed_twice(tmp_path: Path):
    async def scenario() -> None:
        shelf = Shelf()
        async with Kernel(parts_on(tmp_path, shelf)) as kernel:
            await kernel.desk.end_of(await kernel.desk.spawn(shelf.put(an_agent(poster)), "alice"))
            first = await kernel.checkpoint()
            assert isinstance(first, Checkpoint)
            assert await kernel.checkpoint() is None
        store = SqliteStore(tmp_path / "ergos.db")
        proof = await audit(store)
        await store.close()
        assert proof.sound
        assert proof.checkpoints >= 1

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_what_one_kernel_left_open_the_next_one_on_the_file_goes_on_with(tmp_path: Path):
    async def scenario() -> None:
        shelf = Shelf()

        async def waiter(ctx: Context) -> object:
            await ctx.act("post", word="before")
            message = await ctx.receive()
            return message and message.body

        outside = Outside()
        definition = shelf.put(an_agent(waiter, "post"), [effect_tool(outside, "irreversible")])
        async with Kernel(parts_on(tmp_path, shelf)) as kernel:
            pid = await kernel.desk.spawn(definition, "alice")
            await becomes(kernel, pid, State.WAITING)
        async with Kernel(parts_on(tmp_path, shelf)) as kernel:
            await kernel.desk.send(pid, "after")
            assert (await kernel.desk.end_of(pid)).outcome == "after"
        assert outside.effects == ["before"]

    asyncio.run(asyncio.wait_for(scenario(), 30))

"""Recovery is reading the open turn: its cost does not depend on the past, and nothing large is lost."""

from __future__ import annotations

import asyncio

from ergos.base.errors import CorruptStoreError
from ergos.drivers.store_memory import MemoryStore
from ergos.kernel.journal import Sealed
from ergos.kernel.process import State
from ergos.lib.agent import Context

from .kernels import Rig, an_agent, becomes, effect_tool, play

LARGE = {"text": "z" * 5_000, "list": ["item " * 200 for _ in range(10)]}


class Counting(MemoryStore):
    """Counts the records read for open turns."""

    read = 0

    async def turn(self, pid, turn) -> tuple[Sealed, ...]:
        found = await super().turn(pid, turn)
        self.read += len(found)
        return found


async def worker(ctx: Context) -> object:
    """Ten notes a turn, for ever."""
    for number in range(10):
        await ctx.remember(str(number), ctx.beginning.turn)
    message = await ctx.receive()
    return "end" if message is not None and message.body == "end" else ctx.idle()


def test_recovery_reads_the_open_turn_and_not_the_past():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(worker)), "alice")
        for _ in range(30):
            await becomes(kernel, pid, State.WAITING)
            await kernel.desk.send(pid, "go on")
            await asyncio.sleep(1)
        await rig.crash(kernel)
        assert len(rig.tags(pid)) > 300
        store = Counting(rig.disk)
        kernel = await rig.boot(store)
        await kernel.desk.send(pid, "end")
        assert (await kernel.desk.end_of(pid)).outcome == "end"
        assert store.read < 30

    play(scenario)


def test_large_memory_answers_and_outcomes_are_whole_after_a_restart():
    async def keeper(ctx: Context) -> object:
        answer = await ctx.act("post", word="w" * 4_000)
        await ctx.sleep(10)
        return [ctx.memory, answer]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(keeper, "post"), effect_tool(rig.outside, "irreversible"))
        pid = await kernel.desk.spawn(definition, "alice", LARGE)  # type: ignore[arg-type]
        await becomes(kernel, pid, State.WAITING)
        kernel = await rig.again(kernel)
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == [LARGE, "w" * 4_000 + "!"]
        kernel = await rig.again(kernel)
        assert (await kernel.desk.end_of(pid)).outcome == [LARGE, "w" * 4_000 + "!"]

    play(scenario)


def test_what_is_true_at_the_start_of_a_turn_is_the_same_at_every_replay():
    async def scenario(rig: Rig) -> None:
        seen: list[object] = []

        async def witness(ctx: Context) -> object:
            begun = ctx.beginning
            seen.append(
                (begun.pid, begun.turn, begun.cause, begun.now_ns, begun.memory, ctx.entropy.below(10**9, stream="s"))
            )
            await ctx.sleep(100)
            return None

        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(witness)), "alice", [1])
        await becomes(kernel, pid, State.WAITING)
        rig.clock.jump(50)
        kernel = await rig.again(kernel)
        await kernel.desk.end_of(pid)
        assert len(seen) == 2
        assert seen[0] == seen[1]

    play(scenario)


def test_a_definition_that_was_lost_from_the_store_stops_the_kernel_with_that_error():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(worker)), "alice")
        process = await becomes(kernel, pid, State.WAITING)
        await rig.crash(kernel)
        del rig.disk.blobs[process.definition]
        kernel = await rig.boot()
        await kernel.desk.send(pid, "go on")
        fault = await kernel.fault()
        assert isinstance(fault, CorruptStoreError)

    play(scenario)

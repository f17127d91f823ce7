"""Which records matter, and what they come to."""

from __future__ import annotations

import asyncio

import msgspec

from ergos.app.attention import Attention
from ergos.app.notices import Marks
from ergos.kernel.events import Committed, Exited, Woken
from ergos.kernel.process import State
from ergos.lib.agent import Context, agent, may
from ergos.runtime.kernel import Kernel
from ergos.runtime.owner_settings import NoticeSettings, OwnerDesk
from tests.runtime.kernels import Rig, becomes, item_of, play

from .hosted import hosted


@agent(name="asker")
async def asker(ctx: Context) -> object:
    await ctx.remember("place", 1)
    return await ctx.ask("who?")


def attention(kernel: Kernel) -> Attention:
    return Attention(kernel.machine, "alice", OwnerDesk(notices=NoticeSettings()), "en")


def test_most_records_do_not_matter() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        one = attention(kernel)
        noted: list[tuple[str, bool]] = []

        def note(resident: object, bodies: tuple[object, ...]) -> None:
            found = one.noted(resident, bodies)  # type: ignore[arg-type]
            noted.extend((type(body).__name__, found) for body in bodies)

        kernel.machine.on_records = note  # type: ignore[assignment]
        pid = await kernel.desk.spawn(rig.put(asker), "alice")
        await kernel.desk.answer((await item_of(kernel)).id, "answer", "alice", "x")
        await kernel.desk.end_of(pid)
        matters = {kind for kind, found in noted if found}
        assert {"Asked", "Answered", "Exited"} <= matters
        assert "Called" not in matters
        assert "Called" in {kind for kind, _ in noted}

    play(scenario)


def test_others_owners_records_never_matter() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        one = attention(kernel)
        pid = await kernel.desk.spawn(rig.put(asker), "bob")
        await item_of(kernel)
        resident = kernel.machine.table[pid]
        assert not one.noted(resident, (Exited("done"), Woken("start"), Committed(Exited("done").outcome)))

    play(scenario)


def test_what_is_hosted_is_known_until_it_ends() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        one, marks = attention(kernel), Marks()
        kernel.machine.on_records = one.noted
        pid = await kernel.desk.spawn(hosted(rig, {"report": "FREQ=DAILY", "milestones": [{"name": "a"}]}), "alice")
        await becomes(kernel, pid, State.WAITING)
        await one.look(marks, rig.clock.now_ns())
        assert one.hosted[pid].report == "FREQ=DAILY"
        await kernel.desk.send(pid, "end")
        await kernel.desk.end_of(pid)
        await one.look(marks, rig.clock.now_ns())
        assert one.hosted == {}
        assert [entry.key for entry in marks.waiting] == [f"end/{pid}"]

    play(scenario)


def test_the_cursor_never_passes_what_was_not_looked_at() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        one = attention(kernel)
        kernel.machine.on_records = one.noted
        await kernel.desk.spawn(rig.put(asker), "alice")
        await item_of(kernel)
        assert await one.cursor(3) == 3
        await one.look(Marks(), rig.clock.now_ns())
        assert await one.cursor(3) == (await kernel.machine.store.head()).seq
        await asyncio.sleep(0)

    play(scenario)


def test_stop_stalls_nobody() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        one, marks = attention(kernel), Marks()
        kernel.machine.on_records = one.noted
        definition = hosted(rig, {"milestones": [{"name": "a"}]})
        pid = await kernel.desk.spawn(definition, "alice")
        await becomes(kernel, pid, State.WAITING)
        now_ns = rig.clock.now_ns()
        one._stalls[pid] = now_ns + 5
        assert one.next_ns == now_ns + 5
        await kernel.desk.halt("alice", on=True)
        assert one.next_ns is None
        await one.look(marks, now_ns + 10**15)
        assert marks.waiting == []

    play(scenario)


def test_an_agent_that_tells_its_owner_by_itself_is_not_told_for_and_old_words_are_no_news() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        work = {"milestones": [{"name": "a"}]}
        plain = hosted(rig, work)
        itself = msgspec.structs.replace(plain, grants=(may("act", "notify.owner"),))
        old = await kernel.desk.spawn(plain, "alice")
        await becomes(kernel, old, State.WAITING)
        await kernel.desk.send(old, {"said": [{"at_ns": rig.clock.now_ns(), "text": "old"}]})
        await asyncio.sleep(1)
        one, marks = attention(kernel), Marks()
        await one.recover(marks, fresh=True)
        assert marks.waiting == []
        kernel.machine.on_records = one.noted
        rig.shelf.definitions[plain.program] = itself
        quiet = await kernel.desk.spawn(itself, "alice")
        await becomes(kernel, quiet, State.WAITING)
        said = {"said": [{"at_ns": rig.clock.now_ns(), "text": "news"}]}
        await kernel.desk.send(quiet, said)  # type: ignore[arg-type]
        await asyncio.sleep(1)
        await one.look(marks, rig.clock.now_ns())
        assert marks.waiting == []
        rig.shelf.definitions[plain.program] = plain
        await kernel.desk.send(old, said)  # type: ignore[arg-type]
        await asyncio.sleep(1)
        await one.look(marks, rig.clock.now_ns())
        assert [entry.text for entry in marks.waiting] == ["news"]

    play(scenario)

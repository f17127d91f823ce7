"""Items that wait: when they are put again, and when their time is over."""

from __future__ import annotations

import asyncio

from ergos.app.notices import EXPIRED, Marks
from ergos.app.progress import Progress
from ergos.app.reminders import EXPIRY_GRACE_S, Reminders
from ergos.base.clock import SECOND
from ergos.base.limits import APPROVAL_TTL_S
from ergos.kernel.rows import Item
from ergos.lib.agent import Context, agent
from ergos.runtime.kernel import Kernel
from ergos.runtime.owner_settings import NoticeSettings
from tests.runtime.kernels import Rig, item_of, play

HOUR_NS = 3_600 * SECOND


@agent(name="asker")
async def asker(ctx: Context) -> object:
    return await ctx.ask("who?" + "x" * 5_000)


async def asked(rig: Rig) -> tuple[Kernel, Item, Reminders, Marks]:
    kernel = await rig.boot()
    await kernel.desk.spawn(rig.put(asker), "alice")
    item = await item_of(kernel)
    store = kernel.machine.store
    reminders = Reminders(store, Progress(store), NoticeSettings(reminders_s=(3_600, 7_200)), "en")
    return kernel, item, reminders, Marks()


def test_an_item_comes_up_once_with_a_bounded_text() -> None:
    async def scenario(rig: Rig) -> None:
        _, item, reminders, marks = await asked(rig)
        for _ in range(2):
            await reminders.opened(marks, item, item.asked_ns, known=False)
        assert [one.key for one in marks.waiting] == ["item/1"]
        assert len(marks.waiting[0].text) == 300
        assert marks.waiting[0].agent == "asker"
        assert reminders.asked_by(item.pid) == (1,)
        assert reminders.item(1) == item
        assert reminders.next_ns == item.asked_ns + HOUR_NS

    play(scenario)


def test_each_reminder_comes_up_once_and_not_while_the_item_itself_waits_to_be_told() -> None:
    async def scenario(rig: Rig) -> None:
        _, item, reminders, marks = await asked(rig)
        await reminders.opened(marks, item, item.asked_ns, known=False)
        await reminders.look(marks, item.asked_ns + HOUR_NS)
        assert [one.key for one in marks.waiting] == ["item/1"]
        marks.waiting = []
        await reminders.look(marks, item.asked_ns + HOUR_NS)
        assert marks.waiting == []
        await reminders.look(marks, item.asked_ns + 2 * HOUR_NS)
        assert [one.key for one in marks.waiting] == ["remind/1/2"]

    play(scenario)


def test_an_answered_item_is_forgotten_everywhere() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, item, reminders, marks = await asked(rig)
        await reminders.opened(marks, item, item.asked_ns, known=False)
        await kernel.desk.answer(item.id, "answer", "alice", "bob")
        assert await reminders.still(tuple(marks.waiting)) == ()
        reminders.closed(marks, item.id)
        await reminders.look(marks, item.asked_ns + APPROVAL_TTL_S * SECOND * 2)
        assert marks.waiting == []
        assert (reminders.asked_by(item.pid), reminders.item(1)) == ((), None)

    play(scenario)


def test_the_end_of_what_nobody_answered_comes_up_once_even_if_its_process_is_paused() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, item, reminders, marks = await asked(rig)
        await kernel.desk.signal(item.pid, "pause", "alice")
        await reminders.opened(marks, item, item.asked_ns, known=True)
        assert item.expires_ns is not None
        end_ns = item.expires_ns + EXPIRY_GRACE_S * SECOND
        await reminders.look(marks, end_ns - 1)
        assert [one.key for one in marks.waiting] == ["remind/1/3"]
        marks.waiting = []
        for later in (0, HOUR_NS, 2 * HOUR_NS):
            await reminders.look(marks, end_ns + later)
        assert [one.key for one in marks.waiting] == ["expired/1"]
        assert marks.reminded == {"1": EXPIRED}
        again = Reminders(kernel.machine.store, Progress(kernel.machine.store), NoticeSettings(), "en")
        await again.opened(marks, item, end_ns, known=True)
        assert again.next_ns is None
        await asyncio.sleep(0)

    play(scenario)


def test_marks_of_items_that_are_gone_are_dropped() -> None:
    async def scenario(rig: Rig) -> None:
        _, item, reminders, marks = await asked(rig)
        marks.reminded = {"1": 1, "77": 3}
        await reminders.opened(marks, item, item.asked_ns, known=False)
        reminders.forget_unknown(marks)
        assert marks.reminded == {"1": 1}
        assert len(marks.waiting) == 1

    play(scenario)

"""What servers ask an owner: answered once, closed with whoever waited, gone after a crash."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import UsageError
from ergos.base.ids import Pid
from ergos.kernel.events import Answered
from ergos.kernel.own_events import Inquired
from ergos.runtime.inquiries import KEY
from ergos.runtime.kernel import Kernel
from tests.runtime.kernels import Rig, items_of, play


def asked(kernel: Kernel, text: str = "Which colour?") -> asyncio.Future[Plain]:
    """Somebody who waits for an answer."""
    machine = kernel.machine
    shown = machine.vault.pack({"fields": {}}, what="the question")
    return asyncio.ensure_future(machine.inquiries.ask(pid=Pid(7), owner="alice", about="hub", text=text, shown=shown))


async def shown(kernel: Kernel) -> list[tuple[int, str]]:
    await asyncio.sleep(0)
    return [(item.id, item.text) for item in await items_of(kernel)]


def test_an_answer_is_journaled_given_to_who_waits_and_counts_once() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        waiting = asked(kernel)
        ((number, text),) = await shown(kernel)
        assert text == "Which colour?"
        (item,) = await items_of(kernel)
        assert (item.kind, item.owner, item.pid, item.key) == ("question", "alice", Pid(7), f"{KEY}{number}")
        for wrong in ("approve", "deny", "done"):
            with pytest.raises(UsageError, match="say answer"):
                await kernel.desk.answer(number, wrong, "alice")
        await kernel.desk.answer(number, "answer", "alice", {"colour": "blue"})
        assert await waiting == {"colour": "blue"}
        with pytest.raises(UsageError, match="nothing open"):
            await kernel.desk.answer(number, "answer", "alice", "red")
        kinds = [type(body) for body in rig.bodies(0)]
        assert kinds.index(Inquired) < kinds.index(Answered)
        assert kinds.count(Answered) == 1

    play(scenario)


def test_of_two_answers_at_once_one_counts() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        waiting = asked(kernel)
        ((number, _),) = await shown(kernel)
        given = [kernel.desk.answer(number, "answer", "alice", word) for word in ("blue", "red")]
        results = await asyncio.gather(*given, return_exceptions=True)
        assert [type(one) for one in results].count(UsageError) == 1
        assert await waiting == ("red" if isinstance(results[0], UsageError) else "blue")

    play(scenario)


def test_a_question_is_closed_when_nobody_waits_for_it_any_more() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        first, second = asked(kernel, "one"), asked(kernel, "two")
        found = dict(await shown(kernel))
        first.cancel()
        await asyncio.sleep(0)
        assert [text for _, text in await shown(kernel)] == ["two"]
        gone = next(number for number, text in found.items() if text == "one")
        with pytest.raises(UsageError, match="nothing open"):
            await kernel.desk.answer(gone, "answer", "alice", "late")
        second.cancel()

    play(scenario)


def test_an_answer_that_comes_as_its_waiter_leaves_harms_nobody() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        waiting = asked(kernel)
        ((number, _),) = await shown(kernel)
        answering = asyncio.ensure_future(kernel.desk.answer(number, "answer", "alice", "blue"))
        await asyncio.sleep(0)
        waiting.cancel()
        results = await asyncio.gather(answering, waiting, return_exceptions=True)
        assert isinstance(results[1], asyncio.CancelledError)
        assert await shown(kernel) == []
        again = await rig.again(kernel)
        assert await shown(again) == []

    play(scenario)


@pytest.mark.parametrize("how", ["crash", "stop"])
def test_a_question_of_a_kernel_that_is_gone_is_closed_and_its_number_is_not_used_again(how: str) -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        waiting = asked(kernel)
        ((number, _),) = await shown(kernel)
        if how == "crash":
            await rig.crash(kernel)
        else:
            await kernel.stop()
        again = await rig.boot()
        assert await shown(again) == []
        with pytest.raises(UsageError, match="nothing open"):
            await again.desk.answer(number, "answer", "alice", "late")
        other = asked(again, "another")
        ((fresh, _),) = await shown(again)
        assert fresh > number
        for one in (waiting, other):
            one.cancel()
        third = await rig.again(again)
        assert await shown(third) == []

    play(scenario)


def test_a_long_question_is_cut_and_a_strange_one_is_kept_as_it_is() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        waiting = asked(kernel, "\x1b[31m" + "x" * 100_000)
        ((_, text),) = await shown(kernel)
        assert text.startswith("\x1b[31mxxx")
        assert len(text) < 10_000
        waiting.cancel()

    play(scenario)

"""What owners ask of a running kernel: an answer counts once, a signal and STOP take effect before the next call."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.errors import IllegalTransitionError, MailboxFullError, UnknownProcessError, UsageError
from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.calls import Verdict
from ergos.kernel.events import Resulted, Signalled
from ergos.kernel.labels import UNTRUSTED
from ergos.kernel.ledger import Caps
from ergos.kernel.own_events import Capped, Halted
from ergos.kernel.process import State
from ergos.lib.agent import Context

from .kernels import Rig, an_agent, effect_tool, item_of, items_of, play, until


async def asker(ctx: Context) -> object:
    return await ctx.ask("which?", ["a", "b"])


async def listener(ctx: Context) -> object:
    message = await ctx.receive()
    return message.body if message is not None else None


async def poster(ctx: Context) -> object:
    return [await ctx.act("post", word="one"), await ctx.act("post", word="two")]


# Spawning and sending


def test_a_spawned_process_is_durable_on_return():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(listener)), "alice", {"deep": [1]})
        assert rig.disk.processes[pid].owner == "alice"
        kernel = await rig.again(kernel)
        await kernel.desk.send(pid, "hello")
        assert (await kernel.desk.end_of(pid)).outcome == "hello"

    play(scenario)


def test_a_message_is_durable_on_return():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(listener)), "alice", idle=True)
        await kernel.desk.send(pid, "hello")
        kernel = await rig.again(kernel)
        assert (await kernel.desk.end_of(pid)).outcome == "hello"

    play(scenario)


def test_what_does_not_exist_or_has_ended_is_said_so():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        for wrong in (
            kernel.desk.send(Pid(9), 1),
            kernel.desk.end_of(Pid(9)),
            kernel.desk.signal(Pid(9), "pause", "me"),
        ):
            with pytest.raises(UnknownProcessError):
                await wrong
        pid = await kernel.desk.spawn(rig.put(an_agent(listener)), "alice")
        await kernel.desk.send(pid, "last")
        await kernel.desk.end_of(pid)
        with pytest.raises(UsageError):
            await kernel.desk.send(pid, "too late")
        with pytest.raises(IllegalTransitionError):
            await kernel.desk.signal(pid, "kill", "alice")

    play(scenario)


# Answers


def test_a_question_is_answered_once():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(asker)), "alice")
        item = await item_of(kernel)
        assert (item.kind, item.text, bytes(item.call)) == ("question", "which?", b'["a","b"]')
        await kernel.desk.answer(item.id, "answer", "alice", "b")
        with pytest.raises(UsageError):
            await kernel.desk.answer(item.id, "answer", "alice", "a")
        assert (await kernel.desk.end_of(pid)).outcome == "b"

    play(scenario)


def test_of_two_answers_at_once_exactly_one_counts():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(asker)), "alice")
        item = await item_of(kernel)
        _, *came = await asyncio.gather(
            kernel.desk.cap("alice", Caps()),  # a commit that both wait for, so that both find the item open
            kernel.desk.answer(item.id, "answer", "alice", "a"),
            kernel.desk.answer(item.id, "answer", "bob", "b"),
            return_exceptions=True,
        )
        assert [isinstance(one, UsageError) for one in came] == [False, True]
        assert (await kernel.desk.end_of(pid)).outcome == "a"
        assert rig.tags(pid).count("answer") == 1

    play(scenario)


@pytest.mark.parametrize("verdict", ["approve", "deny", "done", "redo", "fail", "expired"])
def test_a_question_cannot_be_answered_like_something_else(verdict: Verdict):
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        await kernel.desk.spawn(rig.put(an_agent(asker)), "alice")
        item = await item_of(kernel)
        with pytest.raises(UsageError, match="is a question"):
            await kernel.desk.answer(item.id, verdict, "alice")
        assert await items_of(kernel) == [item]

    play(scenario)


def test_an_answer_is_durable_on_return():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(asker)), "alice")
        await kernel.desk.answer((await item_of(kernel)).id, "answer", "alice", "x" * 2_000)
        kernel = await rig.again(kernel)
        assert (await kernel.desk.end_of(pid)).outcome == "x" * 2_000

    play(scenario)


def test_a_question_nobody_answers_expires():
    async def patient(ctx: Context) -> object:
        (answer,) = await ctx.settled(ctx.ask("which?"))
        return getattr(answer, "code", answer)

    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.put(an_agent(patient)))
        assert ended.outcome == "E306"
        assert rig.disk.items == {}

    play(scenario)


def test_the_questions_of_a_dead_process_are_closed():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(asker)), "alice")
        item = await item_of(kernel)
        await kernel.desk.signal(pid, "kill", "alice")
        await kernel.desk.end_of(pid)
        await until(lambda: not rig.disk.items)
        with pytest.raises(UsageError):
            await kernel.desk.answer(item.id, "answer", "alice", "a")

    play(scenario)


# Signals


def test_a_paused_process_begins_no_call_and_goes_on_after_resume():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(
            rig.put(an_agent(poster, "post"), effect_tool(rig.outside, "idempotent", after_s=1)), "alice"
        )
        await until(lambda: rig.outside.effects)
        assert (await kernel.desk.signal(pid, "pause", "alice")).state is State.PAUSED
        await asyncio.sleep(60)
        assert rig.outside.effects == ["one"]
        assert [type(body) for body in rig.bodies(pid)][-1] is Resulted  # what was under way is recorded all the same
        kernel = await rig.again(kernel)
        await asyncio.sleep(60)
        assert rig.disk.processes[pid].state is State.PAUSED
        await kernel.desk.signal(pid, "resume", "alice")
        assert (await kernel.desk.end_of(pid)).outcome == ["one!", "two!"]
        assert rig.outside.effects == ["one", "two"]

    play(scenario)


def test_mail_that_came_while_a_process_was_paused_is_read_after_resume():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(listener)), "alice", idle=True)
        await kernel.desk.signal(pid, "pause", "alice")
        await kernel.desk.send(pid, "hello")
        await asyncio.sleep(60)
        assert rig.disk.processes[pid].state is State.PAUSED
        await kernel.desk.signal(pid, "resume", "alice")
        assert (await kernel.desk.end_of(pid)).outcome == "hello"

    play(scenario)


def test_a_killed_process_is_not_answered_but_what_it_had_started_is_recorded_and_settled():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(
            rig.put(an_agent(poster, "post"), effect_tool(rig.outside, "irreversible", after_s=5)), "alice"
        )
        await until(lambda: rig.outside.effects)
        await kernel.desk.signal(pid, "kill", "alice")
        ended = await kernel.desk.end_of(pid)
        assert ended.process.state is State.KILLED
        await asyncio.sleep(10)
        last = rig.bodies(pid)[-1]
        assert isinstance(last, Resulted)
        assert last.late
        assert last.failure is None
        assert rig.outside.effects == ["one"]
        assert rig.disk.processes[pid].state is State.KILLED

    play(scenario)


def test_a_signal_is_in_the_journal_with_who_sent_it():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(listener)), "alice")
        await kernel.desk.signal(pid, "pause", "alice")
        assert [body for body in rig.bodies(pid) if isinstance(body, Signalled)] == [Signalled("pause", "alice")]

    play(scenario)


# STOP


def test_under_stop_nothing_begins_and_lifting_it_goes_on():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(poster, "post"), effect_tool(rig.outside, "idempotent", after_s=1))
        first = await kernel.desk.spawn(definition, "alice")
        await until(lambda: rig.outside.effects)
        await kernel.desk.halt("alice", on=True)
        second = await kernel.desk.spawn(definition, "alice")
        await asyncio.sleep(60)
        assert rig.outside.effects == ["one"]  # it had started and was recorded
        assert rig.tags(first)[-1] == "result"
        assert "intent" not in rig.tags(second)
        await kernel.desk.halt("alice", on=False)
        assert (await kernel.desk.end_of(first)).outcome == ["one!", "two!"]
        assert (await kernel.desk.end_of(second)).outcome == ["one!", "two!"]

    play(scenario)


def test_stop_survives_a_restart_and_holds_back_repetitions():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(
            rig.put(an_agent(poster, "post"), effect_tool(rig.outside, "idempotent", before_s=5)), "alice"
        )
        await until(lambda: "intent" in rig.tags(pid))
        await kernel.desk.halt("alice", on=True)
        kernel = await rig.again(kernel)
        await asyncio.sleep(60)
        assert rig.outside.effects == []
        assert kernel.machine.halted
        await kernel.desk.halt("alice", on=False)
        assert (await kernel.desk.end_of(pid)).outcome == ["one!", "two!"]
        assert rig.outside.effects == ["one", "two"]
        kernel = await rig.again(kernel)
        assert not kernel.machine.halted

    play(scenario)


def test_stop_holds_back_what_waits_in_a_queue():
    async def many(ctx: Context) -> object:
        return len(await ctx.all(*[ctx.act("post", word=str(number)) for number in range(4)]))

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot(concurrency={"tools": 1})
        pid = await kernel.desk.spawn(
            rig.put(an_agent(many, "post"), effect_tool(rig.outside, "irreversible", after_s=1)), "alice"
        )
        await until(lambda: rig.outside.effects)
        await kernel.desk.halt("alice", on=True)
        await asyncio.sleep(60)
        assert rig.outside.effects == ["0"]
        await kernel.desk.halt("alice", on=False)
        assert (await kernel.desk.end_of(pid)).outcome == 4
        assert rig.outside.effects == ["0", "1", "2", "3"]

    play(scenario)


def test_stop_and_ceilings_are_in_the_journal():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        await kernel.desk.halt("alice", on=True)
        await kernel.desk.halt("bob", on=False)
        await kernel.desk.cap("alice", Caps(day=Amount(5, 6)))
        bodies = rig.bodies(0)
        assert [body for body in bodies if isinstance(body, Halted)] == [Halted(True, "alice"), Halted(False, "bob")]
        assert [body for body in bodies if isinstance(body, Capped)] == [Capped("alice", None, Amount(5, 6))]

    play(scenario)


def test_what_somebody_else_says_enters_with_its_label_and_is_no_order():
    heard: list[object] = []

    async def clerk(ctx: Context) -> object:
        message = await ctx.receive()
        assert message is not None
        heard.append((message.sender, message.trigger, message.body))
        return None

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        known: list[Pid] = []
        pid = await kernel.desk.spawn(
            rig.put(an_agent(clerk)), "alice", "their words", label=UNTRUSTED, known=known.append
        )
        assert known == [pid]
        assert rig.disk.processes[pid].label == UNTRUSTED
        number = await kernel.desk.send(pid, "more", label=UNTRUSTED, trigger="a2a.acme")
        await kernel.desk.end_of(pid)
        assert number == 1
        assert heard == [(0, "a2a.acme", "more")]

    play(scenario)


def test_a_full_mailbox_takes_no_word_of_the_outside(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ergos.runtime.desk.MAILBOX_MESSAGES_MAX", 2)

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(listener)), "alice", idle=True)
        await kernel.desk.signal(pid, "pause", "alice")
        for _ in range(2):
            await kernel.desk.send(pid, "x")
        with pytest.raises(MailboxFullError):
            await kernel.desk.send(pid, "x")

    play(scenario)

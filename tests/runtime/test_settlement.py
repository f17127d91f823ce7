"""What comes after a call, and what becomes of it after a crash at any point."""

from __future__ import annotations

import asyncio
from typing import Literal

import msgspec
import pytest

from ergos.base.clock import SECOND
from ergos.base.errors import ToolFailedError
from ergos.base.money import Amount, Price
from ergos.kernel.calls import EffectClass
from ergos.kernel.events import Called, Intended, Repeated, Resulted
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.process import State
from ergos.lib.agent import Agent, Context, agent, may
from ergos.lib.task import Task, solver
from ergos.lib.tool import tool
from ergos.runtime.kernel import Kernel

from .kernels import CutStore, Rig, an_agent, becomes, effect_tool, failing_tool, item_of, items_of, play

Where = tuple[str, Literal["before", "after"]]

BEFORE_INTENT: Where = ("intent", "before")
BEFORE_EFFECT: Where = ("intent", "after")
BEFORE_RESULT: Where = ("result", "before")
AFTER_RESULT: Where = ("result", "after")


async def clerk(ctx: Context) -> object:
    return await ctx.act("post", word="hello")


async def careful(ctx: Context) -> object:
    answers = await ctx.settled(ctx.act("post", word="hello"))
    return getattr(answers[0], "code", answers[0])


CLERK = an_agent(clerk, "post")

# Crashes


@pytest.mark.parametrize("effect", ["pure", "idempotent", "reconcilable", "irreversible"])
@pytest.mark.parametrize("where", [BEFORE_INTENT, AFTER_RESULT])
def test_a_crash_before_the_intent_or_after_the_result_leaves_one_effect_and_no_question(
    effect: EffectClass, where: Where
):
    async def scenario(rig: Rig) -> None:
        kernel, pid = await rig.cut_at(*where, rig.put(CLERK, effect_tool(rig.outside, effect)))
        assert len(rig.outside.effects) == (0 if where == BEFORE_INTENT else 1)
        ended = await kernel.desk.end_of(pid)
        assert (ended.process.state, ended.outcome) == (State.DONE, "hello!")
        assert rig.outside.effects == ["hello"]
        assert await items_of(kernel) == []

    play(scenario)


@pytest.mark.parametrize(
    ("effect", "where", "happened", "repeated"),
    [
        ("pure", BEFORE_EFFECT, 1, ["pure"]),
        ("pure", BEFORE_RESULT, 2, ["pure"]),
        ("idempotent", BEFORE_EFFECT, 1, ["idempotent"]),
        ("idempotent", BEFORE_RESULT, 2, ["idempotent"]),
        ("reconcilable", BEFORE_EFFECT, 1, ["probed-absent"]),
        ("reconcilable", BEFORE_RESULT, 1, []),
    ],
)
def test_a_call_that_may_be_repeated_is_finished_without_a_question(
    effect: EffectClass, where: Where, happened: int, repeated: list[str]
):
    async def scenario(rig: Rig) -> None:
        kernel, pid = await rig.cut_at(*where, rig.put(CLERK, effect_tool(rig.outside, effect)))
        ended = await kernel.desk.end_of(pid)
        assert (ended.process.state, ended.outcome) == (State.DONE, "hello!")
        assert len(rig.outside.effects) == happened
        assert len(set(rig.outside.keys)) == 1
        assert rig.outside.probes == (1 if effect == "reconcilable" else 0)
        assert await items_of(kernel) == []
        assert [body.why for body in rig.bodies(pid) if isinstance(body, Repeated)] == repeated

    play(scenario)


@pytest.mark.parametrize(
    ("where", "verdict", "happened", "outcome"),
    [
        (BEFORE_EFFECT, "redo", 1, "hello!"),
        (BEFORE_EFFECT, "fail", 0, "E306"),
        (BEFORE_RESULT, "done", 1, "it is out"),
        (BEFORE_RESULT, "fail", 1, "E306"),
    ],
)
def test_an_irreversible_call_in_doubt_parks_and_its_owner_decides(
    where: Where, verdict: Literal["redo", "done", "fail"], happened: int, outcome: str
):
    async def scenario(rig: Rig) -> None:
        definition = rig.put(an_agent(careful, "post"), effect_tool(rig.outside, "irreversible"))
        kernel, pid = await rig.cut_at(*where, definition)
        item = await item_of(kernel)
        await becomes(kernel, pid, State.PARKED)
        assert (item.kind, item.pid) == ("doubt", pid)
        assert bytes(item.call) == b'{"arguments":{"word":"hello"},"tool":"post"}'
        assert len(rig.outside.effects) == (0 if where == BEFORE_EFFECT else 1)
        await kernel.desk.answer(item.id, verdict, "alice", "it is out" if verdict == "done" else None)
        assert (await kernel.desk.end_of(pid)).outcome == outcome
        assert len(rig.outside.effects) == happened
        assert await items_of(kernel) == []

    play(scenario)


def test_a_call_in_doubt_is_still_in_doubt_after_the_next_crash_and_asked_about_once():
    async def scenario(rig: Rig) -> None:
        kernel, pid = await rig.cut_at(*BEFORE_RESULT, rig.put(CLERK, effect_tool(rig.outside, "irreversible")))
        first = await item_of(kernel)
        kernel = await rig.again(kernel)
        assert await items_of(kernel) == [first]
        await kernel.desk.answer(first.id, "done", "alice", "yes")
        assert (await kernel.desk.end_of(pid)).outcome == "yes"
        assert rig.outside.effects == ["hello"]

    play(scenario)


def test_a_decision_about_a_doubt_survives_a_crash_before_it_was_carried_out():
    async def scenario(rig: Rig) -> None:
        kernel, pid = await rig.cut_at(*BEFORE_EFFECT, rig.put(CLERK, effect_tool(rig.outside, "irreversible")))
        item = await item_of(kernel)
        await rig.crash(kernel)
        cut = asyncio.Event()
        kernel = await rig.boot(CutStore(rig.disk, "repeat", "before", cut))
        kernel.reactor.task(decided(kernel, item.id))
        await cut.wait()
        kernel = await rig.again(kernel)
        assert rig.tags(pid)[-1] == "answer"
        assert (await kernel.desk.end_of(pid)).outcome == "hello!"
        assert rig.outside.effects == ["hello"]

    play(scenario)


async def decided(kernel: Kernel, number: int) -> None:
    await kernel.desk.answer(number, "redo", "alice")


def test_a_repetition_the_owner_ordered_is_in_doubt_itself_if_the_kernel_dies_during_it():
    async def scenario(rig: Rig) -> None:
        tools = effect_tool(rig.outside, "irreversible", before_s=5)
        kernel, pid = await rig.cut_at(*BEFORE_EFFECT, rig.put(CLERK, tools))
        first = await item_of(kernel)
        await kernel.desk.answer(first.id, "redo", "alice")
        await asyncio.sleep(1)
        assert rig.tags(pid)[-1] == "repeat"
        kernel = await rig.again(kernel)
        second = await item_of(kernel)
        assert second.id != first.id
        assert rig.outside.effects == []
        await kernel.desk.answer(second.id, "redo", "alice")
        assert (await kernel.desk.end_of(pid)).outcome == "hello!"
        assert rig.outside.effects == ["hello"]

    play(scenario)


def test_a_probe_that_fails_leaves_the_decision_to_the_owner():
    async def scenario(rig: Rig) -> None:
        tools = effect_tool(rig.outside, "reconcilable", probe="fails")
        kernel, pid = await rig.cut_at(*BEFORE_RESULT, rig.put(CLERK, tools))
        item = await item_of(kernel)
        assert item.kind == "doubt"
        assert "the outside does not answer" in item.text
        await kernel.desk.answer(item.id, "done", "alice", "seen")
        assert (await kernel.desk.end_of(pid)).outcome == "seen"
        assert rig.outside.effects == ["hello"]

    play(scenario)


def test_every_repetition_has_the_same_key_and_every_other_call_another():
    async def twice(ctx: Context) -> object:
        await ctx.act("post", word="one")
        await ctx.act("post", word="one")
        return ctx.idle() if ctx.beginning.turn == 1 else "end"

    async def scenario(rig: Rig) -> None:
        definition = rig.put(an_agent(twice, "post"), effect_tool(rig.outside, "idempotent"))
        kernel, pid = await rig.cut_at(*BEFORE_RESULT, definition)
        await becomes(kernel, pid, State.WAITING)
        await kernel.desk.send(pid, "go on")
        await kernel.desk.end_of(pid)
        other = await kernel.desk.spawn(definition, "alice")
        await becomes(kernel, other, State.WAITING)
        keys = rig.outside.keys
        assert len(keys) == 7  # one repeated, then the rest of two turns, then a turn of another process
        assert keys[0] == keys[1]
        assert len(set(keys[1:])) == 6

    play(scenario)


# Money


def paid() -> Agent:
    return an_agent(careful, "post", caps=Caps(process=Amount(100, 0)))


def spent_and_held(rig: Rig, pid: int) -> tuple[int, int]:
    meter = rig.disk.meters[f"process/{pid}"]
    return meter.spent.microusd, meter.held.microusd


def test_a_call_that_failed_may_have_been_billed_and_is_charged_in_full():
    async def run(word: str) -> str:
        raise ToolFailedError("no")

    async def scenario(rig: Rig) -> None:
        bad = tool("idempotent", name="post", price=Price(microusd_per_call=7))(run)
        ended = await rig.ends(rig.put(paid(), bad))
        assert ended.outcome == "E501"
        assert spent_and_held(rig, ended.process.pid) == (7, 0)
        assert sum(amount.microusd for amount in rig.disk.accounts.values()) == 0

    play(scenario)


def test_a_call_the_owner_says_did_not_happen_costs_nothing():
    async def scenario(rig: Rig) -> None:
        tools = effect_tool(rig.outside, "irreversible", price=Price(microusd_per_call=7))
        kernel, pid = await rig.cut_at(*BEFORE_EFFECT, rig.put(paid(), tools))
        item = await item_of(kernel)
        assert spent_and_held(rig, pid) == (0, 7)
        await kernel.desk.answer(item.id, "fail", "alice")
        await kernel.desk.end_of(pid)
        assert spent_and_held(rig, pid) == (0, 0)

    play(scenario)


def test_a_repeated_call_is_charged_once():
    async def scenario(rig: Rig) -> None:
        tools = effect_tool(rig.outside, "idempotent", price=Price(microusd_per_call=7))
        kernel, pid = await rig.cut_at(*BEFORE_RESULT, rig.put(paid(), tools))
        await kernel.desk.end_of(pid)
        assert spent_and_held(rig, pid) == (7, 0)

    play(scenario)


ANSWER = Task("answer", inputs=int, output=int, tokens_max=10)


@solver(ANSWER, price=Price(microusd_per_million_tokens=1_000_000))
def respond(inputs: int) -> int:
    return inputs + 1


def thinker(caps: int) -> Agent:
    async def think(ctx: Context) -> object:
        try:
            return await ctx.think(ANSWER, 1)
        except Exception as error:
            return getattr(error, "code", None)

    return agent(name="think", grants=[may("think", "answer")], caps=Caps(process=Amount(caps, 1_000)))(think)


def test_a_repeated_model_call_stays_charged_in_full_and_is_charged_anew():
    async def scenario(rig: Rig) -> None:
        definition = rig.shelf.put(thinker(20), tasks=[ANSWER], solvers=[respond])
        kernel, pid = await rig.cut_at(*BEFORE_RESULT, definition)
        ended = await kernel.desk.end_of(pid)
        assert ended.process.state is State.DONE
        (result,) = [body for body in rig.bodies(pid) if isinstance(body, Resulted)]
        assert 0 <= result.charge.microusd <= 10
        assert spent_and_held(rig, pid) == (10 + result.charge.microusd, 0)

    play(scenario)


def test_a_model_call_the_budget_does_not_cover_twice_is_not_repeated():
    async def scenario(rig: Rig) -> None:
        definition = rig.shelf.put(thinker(15), tasks=[ANSWER], solvers=[respond])
        kernel, pid = await rig.cut_at(*BEFORE_RESULT, definition)
        assert (await kernel.desk.end_of(pid)).outcome == "E302"
        assert "repeat" not in rig.tags(pid)
        assert spent_and_held(rig, pid) == (10, 0)

    play(scenario)


# Results


def test_a_result_that_is_no_plain_data_is_a_failure_of_the_tool():
    async def run(word: str) -> object:
        return float("nan")

    async def scenario(rig: Rig) -> None:
        assert (await rig.ends(rig.put(paid(), tool("pure", name="post")(run)))).outcome == "E105"

    play(scenario)


def test_the_label_of_a_result_is_untrusted_unless_its_source_is_trusted():
    async def reader(ctx: Context) -> object:
        await ctx.act("feed")
        await ctx.act("own")
        return ctx.idle()

    async def run() -> str:
        return "text"

    async def scenario(rig: Rig) -> None:
        tools = [tool("pure", name="feed")(run), tool("pure", name="own", trusted=True)(run)]
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(reader, "feed", "own"), *tools), "alice")
        process = await becomes(kernel, pid, State.WAITING)
        bodies = rig.bodies(pid)
        assert [body.label.integrity for body in bodies if isinstance(body, Resulted)] == ["untrusted", "trusted"]
        assert [body.call.label.integrity for body in bodies if isinstance(body, Intended)] == ["user", "untrusted"]
        assert process.label.integrity == "untrusted"

    play(scenario)


def test_a_local_pure_call_is_one_record_and_any_other_an_intent_and_a_result():
    async def both(ctx: Context) -> object:
        return [await ctx.act("near"), await ctx.act("far")]

    async def run() -> int:
        return 1

    async def scenario(rig: Rig) -> None:
        tools = [tool("pure", name="near", local=True)(run), tool("pure", name="far")(run)]
        ended = await rig.ends(rig.put(an_agent(both, "near", "far"), *tools))
        assert ended.outcome == [1, 1]
        assert rig.tags(ended.process.pid) == ["spawn", "wake", "call", "intent", "result", "exit"]
        assert [body.call.name for body in rig.bodies(ended.process.pid) if isinstance(body, Called)] == ["near"]

    play(scenario)


def test_the_words_of_a_failed_tool_reach_its_owner_through_a_program_that_does_not_catch_them():
    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.put(an_agent(clerk, "post"), failing_tool(ValueError("out of stock"))))
        assert ended.process.state is State.FAILED
        assert ended.process.failure is not None
        assert "out of stock" in ended.process.failure.what

    play(scenario)


def test_a_paid_call_that_was_cut_off_stays_charged_when_its_grant_expires_before_it_is_repeated():
    async def scenario(rig: Rig) -> None:
        made = msgspec.structs.replace(CLERK, caps=Caps(process=Amount(100, UNCAPPED)))
        until_ns = rig.clock.now_ns() + 600 * SECOND
        made = msgspec.structs.replace(
            made, grants=tuple(msgspec.structs.replace(grant, expires_ns=until_ns) for grant in made.grants)
        )
        paid = effect_tool(rig.outside, "idempotent", price=Price(microusd_per_call=7))
        definition = rig.put(made, paid)
        cut = asyncio.Event()
        kernel = await rig.boot(CutStore(rig.disk, *BEFORE_RESULT, cut))
        pid = await kernel.desk.spawn(definition, "alice")
        await cut.wait()
        await rig.crash(kernel)
        rig.clock.jump(3600)
        kernel = await rig.boot()
        await kernel.desk.end_of(pid)
        assert "repeat" in rig.tags(pid)
        assert len(rig.outside.effects) == 1, "it was not done again"
        assert spent_and_held(rig, pid) == (7, 0)

    play(scenario)

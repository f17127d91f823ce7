"""Every call goes through the same steps in the same order; what is refused leaves a record and nothing else."""

from __future__ import annotations

import msgspec
import pytest

from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.base.limits import APPROVAL_TTL_S
from ergos.base.money import Amount, Price
from ergos.drivers.store_memory import MemoryStore
from ergos.kernel.events import Asked, Body, Intended, Refused, decode_body
from ergos.kernel.ledger import Caps
from ergos.kernel.process import State
from ergos.kernel.scheduler.queues import Ticket
from ergos.lib.agent import Context, agent, between, may
from ergos.lib.task import Task, solver
from ergos.lib.tool import FunctionTool, tool
from ergos.runtime.desk import Ended

from .kernels import Outside, Rig, an_agent, becomes, effect_tool, item_of, items_of, play, until


async def clerk(ctx: Context) -> object:
    """Makes one call and tells what came of it."""
    answers = await ctx.settled(ctx.act("post", word="hello"))
    return getattr(answers[0], "code", answers[0])


def refused(rig: Rig, ended: Ended) -> list[str]:
    return [body.failure.code for body in rig.bodies(ended.process.pid) if isinstance(body, Refused)]


# Refusals


def test_a_denied_call_writes_refuse_and_performs_nothing():
    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.put(an_agent(clerk, "other"), effect_tool(rig.outside, "idempotent")))
        assert ended.outcome == "E301"
        assert rig.tags(ended.process.pid) == ["spawn", "wake", "refuse", "exit"]
        assert rig.outside.effects == []

    play(scenario)


def test_an_argument_outside_its_grant_is_denied():
    async def payer(ctx: Context) -> object:
        found = await ctx.settled(ctx.act("pay", amount=5), ctx.act("pay", amount=11))
        return [getattr(one, "code", one) for one in found]

    async def run(amount: int) -> int:
        return amount

    async def scenario(rig: Rig) -> None:
        made = agent(name="payer", grants=[may("act", "pay", amount=between(0, 10))])(payer)
        ended = await rig.ends(rig.put(made, tool("pure", name="pay")(run)))
        assert ended.outcome == [5, "E301"]

    play(scenario)


@pytest.mark.parametrize(
    ("made", "caps", "code"),
    [
        (
            lambda outside: effect_tool(outside, "idempotent", price=Price(microusd_per_call=11)),
            Caps(process=Amount(10, 0)),
            "E302",
        ),
        (lambda outside: effect_tool(outside, "idempotent", price=Price(microusd_per_call=1)), Caps(), "E302"),
        (lambda outside: effect_tool(outside, "idempotent", price=None), Caps(process=Amount(10, 0)), "E303"),
        (lambda outside: effect_tool(outside, "idempotent", name="elsewhere"), Caps(), "E301"),
    ],
    ids=["more than the cap", "no cap", "unknown price", "unknown tool"],
)
def test_a_call_that_is_not_covered_performs_nothing(made, caps: Caps, code: str):
    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.put(an_agent(clerk, "post", caps=caps), made(rig.outside)))
        assert ended.outcome == code
        assert refused(rig, ended) == [code]
        assert rig.outside.effects == []
        assert not any(isinstance(body, Intended) for body in rig.bodies(ended.process.pid))

    play(scenario)


def test_arguments_that_do_not_fit_the_tool_are_refused_before_anything_is_done():
    async def clumsy(ctx: Context) -> object:
        found = await ctx.settled(ctx.act("post", word=7), ctx.act("post", wrong="x"))
        return [getattr(one, "code", one) for one in found]

    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.put(an_agent(clumsy, "post"), effect_tool(rig.outside, "idempotent")))
        assert ended.outcome == ["E105", "E105"]
        assert rig.outside.effects == []

    play(scenario)


def test_parallel_calls_cannot_pass_a_cap_together():
    async def greedy(ctx: Context) -> object:
        found = await ctx.settled(*[ctx.act("post", word=str(number)) for number in range(5)])
        return [getattr(one, "code", one) for one in found]

    async def scenario(rig: Rig) -> None:
        dear = effect_tool(rig.outside, "idempotent", price=Price(microusd_per_call=4), after_s=1)
        ended = await rig.ends(rig.put(an_agent(greedy, "post", caps=Caps(process=Amount(10, 0))), dear))
        assert ended.outcome == ["0!", "1!", "E302", "E302", "E302"]
        assert len(rig.outside.effects) == 2

    play(scenario)


def test_the_owners_ceiling_binds_an_agent_with_a_higher_one():
    async def scenario(rig: Rig) -> None:
        dear = effect_tool(rig.outside, "idempotent", price=Price(microusd_per_call=4))
        definition = rig.put(an_agent(clerk, "post", caps=Caps(process=Amount(10, 0))), dear)
        kernel = await rig.boot(owner_caps={"*": Caps(day=Amount(3, 0))})
        ended = await kernel.desk.end_of(await kernel.desk.spawn(definition, "alice"))
        assert ended.outcome == "E302"

    play(scenario)


def test_a_task_without_a_solver_of_known_price_is_refused():
    asked = Task("asked", inputs=int, output=int)

    @solver(asked, price=None)
    def unpriced(inputs: int) -> int:
        raise AssertionError("it must not be called")

    async def thinker(ctx: Context) -> object:
        try:
            return await ctx.think(asked, 1)
        except Exception as error:
            return getattr(error, "code", None)

    async def scenario(rig: Rig) -> None:
        made = agent(name="thinker", grants=[may("think", "asked")])(thinker)
        ended = await rig.ends(rig.shelf.put(made, tasks=[asked], solvers=[unpriced]))
        assert ended.outcome == "E303"

    play(scenario)


# The intent


class Slow(MemoryStore):
    """Half a second for each commit."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig.disk, commit_after_s=lambda: 0.5)


def test_the_intent_is_durable_before_a_tool_runs():
    seen: list[list[str]] = []

    async def scenario(rig: Rig) -> None:
        async def look() -> str:
            durable: list[Body] = [decode_body(record.body) for record in rig.disk.journal]
            seen.append([body.call.name for body in durable if isinstance(body, Intended)])
            return "seen"

        async def looker(ctx: Context) -> object:
            await ctx.remember("before", 1)
            return await ctx.act("look")

        definition = rig.put(an_agent(looker, "look"), tool("pure", name="look")(look))
        kernel = await rig.boot(Slow(rig))
        began = rig.loop.time()
        ended = await kernel.desk.end_of(await kernel.desk.spawn(definition, "alice"))
        assert ended.outcome == "seen"
        assert seen == [["look"]]
        assert rig.disk.notes  # what it did before is durable by then too
        assert rig.loop.time() - began > 0.9  # the intent and the end: each was waited for

    play(scenario)


def test_a_call_waits_for_room_in_its_queue():
    async def many(ctx: Context) -> object:
        return len(await ctx.all(*[ctx.act("post", word=str(number)) for number in range(10)]))

    async def scenario(rig: Rig) -> None:
        definition = rig.put(an_agent(many, "post"), effect_tool(rig.outside, "pure", queue="narrow", after_s=1))
        kernel = await rig.boot(concurrency={"narrow": 3})
        began = rig.loop.time()
        ended = await kernel.desk.end_of(await kernel.desk.spawn(definition, "alice"))
        assert ended.outcome == 10
        assert rig.outside.at_once_max == 3
        assert 4 <= rig.loop.time() - began < 5

    play(scenario)


def test_a_full_queue_refuses_instead_of_growing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ergos.kernel.scheduler.queues.QUEUE_CALLS_MAX", 1)

    async def many(ctx: Context) -> object:
        first = await ctx.settled(*[ctx.act("post", word=str(number)) for number in range(2)])
        return [getattr(one, "code", one) for one in first]

    async def scenario(rig: Rig) -> None:
        definition = rig.put(an_agent(many, "post"), effect_tool(rig.outside, "pure", queue="narrow", after_s=1))
        kernel = await rig.boot(concurrency={"narrow": 1})
        for name in ("running", "waiting"):
            kernel.machine.scheduler.arrive(Ticket(Pid(0), name, "narrow"))
        ended = await kernel.desk.end_of(await kernel.desk.spawn(definition, "alice"))
        assert ended.outcome == ["E304", "E304"]

    play(scenario)


# Approvals


ASKING = an_agent(clerk, "post", ask=True)


def test_nothing_happens_before_the_owner_approves_and_then_exactly_once():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(ASKING, effect_tool(rig.outside, "irreversible")), "alice")
        item = await item_of(kernel)
        await becomes(kernel, pid, State.WAITING)
        call = await kernel.machine.vault.value(item.call)
        assert (item.kind, call["tool"], call["arguments"]) == ("approval", "post", {"word": "hello"})
        assert (call["effect"], call["rule"], call["costs_at_most"]) == ("irreversible", "grant", "$0.00")
        assert call["read_before"] == []
        assert rig.outside.effects == []
        await kernel.desk.answer(item.id, "approve", "alice")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == "hello!"
        assert rig.outside.effects == ["hello"]
        assert [body.approved_by for body in rig.bodies(pid) if isinstance(body, Intended)] == ["alice"]
        assert await items_of(kernel) == []

    play(scenario)


def test_an_approval_counts_once_and_the_same_call_again_is_asked_again():
    async def twice(ctx: Context) -> object:
        return [await ctx.act("post", word="hello"), await ctx.act("post", word="hello")]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(
            rig.put(an_agent(twice, "post", ask=True), effect_tool(rig.outside, "irreversible")), "alice"
        )
        first = await item_of(kernel)
        await kernel.desk.answer(first.id, "approve", "alice")
        second = await item_of(kernel)
        assert second.id != first.id
        assert second.digest != first.digest
        assert rig.outside.effects == ["hello"]
        await kernel.desk.answer(second.id, "approve", "alice")
        assert (await kernel.desk.end_of(pid)).outcome == ["hello!", "hello!"]

    play(scenario)


def test_a_denied_approval_performs_nothing_and_says_who_denied_it():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(ASKING, effect_tool(rig.outside, "irreversible")), "alice")
        await kernel.desk.answer((await item_of(kernel)).id, "deny", "alice")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == "E306"
        assert rig.outside.effects == []
        assert [body.failure.what for body in rig.bodies(pid) if isinstance(body, Refused)] == [
            "alice denied this call"
        ]

    play(scenario)


@pytest.mark.parametrize("crash", [False, True])
def test_an_approval_nobody_gives_expires_and_closes_its_item(crash: bool):
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        began_ns = rig.clock.now_ns()
        pid = await kernel.desk.spawn(rig.put(ASKING, effect_tool(rig.outside, "irreversible")), "alice")
        item = await item_of(kernel)
        assert item.expires_ns is not None
        assert item.expires_ns - began_ns == pytest.approx(APPROVAL_TTL_S * SECOND, abs=SECOND)
        await becomes(kernel, pid, State.WAITING)
        if crash:
            kernel = await rig.again(kernel)
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == "E306"
        assert rig.clock.now_ns() >= item.expires_ns
        assert rig.outside.effects == []
        assert await items_of(kernel) == []

    play(scenario)


def test_an_approval_survives_a_crash():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(ASKING, effect_tool(rig.outside, "irreversible")), "alice")
        item = await item_of(kernel)
        kernel = await rig.again(kernel)
        assert await items_of(kernel) == [item]
        assert rig.outside.effects == []
        await kernel.desk.answer(item.id, "approve", "alice")
        kernel = await rig.again(kernel)
        if doubt := await items_of(kernel):  # it had been started
            await kernel.desk.answer(doubt[0].id, "redo", "alice")
        await kernel.desk.end_of(pid)
        assert rig.outside.effects == ["hello"]
        assert len([body for body in rig.bodies(pid) if isinstance(body, Asked) and body.what == "approval"]) == 1

    play(scenario)


def test_a_tool_that_changed_after_the_owner_was_asked_voids_the_approval():
    def changed(outside: Outside) -> FunctionTool:
        made = effect_tool(outside, "irreversible")
        spec = msgspec.structs.replace(made.spec, summary="It does something else now.")
        return FunctionTool(made.function, spec, made._arguments, None)

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(ASKING, effect_tool(rig.outside, "irreversible")), "alice")
        item = await item_of(kernel)
        await rig.crash(kernel)
        rig.put(ASKING, changed(rig.outside))
        kernel = await rig.boot()
        await kernel.desk.answer(item.id, "approve", "alice")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == "E306"
        assert rig.outside.effects == []

    play(scenario)


@pytest.mark.parametrize("key", [None, "the call"])
def test_changed_arguments_void_an_approval(key: str | None):
    async def scenario(rig: Rig) -> None:
        words = ["ten"]

        async def fickle(ctx: Context) -> object:
            return await ctx.act("post", word=words[0], key=key)

        kernel = await rig.boot()
        definition = rig.put(an_agent(fickle, "post", ask=True), effect_tool(rig.outside, "irreversible"))
        pid = await kernel.desk.spawn(definition, "alice")
        item = await item_of(kernel)
        await rig.crash(kernel)
        words[0] = "ten thousand"
        kernel = await rig.boot()
        await kernel.desk.answer(item.id, "approve", "alice")
        ended = await kernel.desk.end_of(pid)
        assert rig.outside.effects == []
        assert ended.process.failure is not None
        assert ended.process.failure.code == "E401"

    play(scenario)


def test_another_call_of_the_same_turn_needs_no_approval_where_its_grant_asks_for_none():
    async def both(ctx: Context) -> object:
        return await ctx.all(ctx.act("post", word="asked"), ctx.act("free", word="free"))

    async def scenario(rig: Rig) -> None:
        made = agent(name="both", grants=[may("act", "post", ask=True), may("act", "free")])(both)
        tools = [effect_tool(rig.outside, "irreversible"), effect_tool(rig.outside, "irreversible", name="free")]
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(made, *tools), "alice")
        item = await item_of(kernel)
        await until(lambda: rig.outside.effects == ["free"])
        await becomes(kernel, pid, State.WAITING)
        await kernel.desk.answer(item.id, "approve", "alice")
        assert (await kernel.desk.end_of(pid)).outcome == ["asked!", "free!"]

    play(scenario)

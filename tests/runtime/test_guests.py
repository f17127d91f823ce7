"""A token is a process: what a foreign program asks passes the door, is billed, journaled, and known after a crash."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import ForeignTokenError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.base.limits import GUEST_IDLE_S, GUEST_TURN_CALLS
from ergos.base.money import Amount
from ergos.base.world_errors import ModelError, RateLimitedError
from ergos.kernel.events import Attached, Intended, Refused, Replayed, Resulted
from ergos.kernel.ledger import UNCAPPED
from ergos.kernel.process import State
from ergos.kernel.syscalls import Answer
from ergos.lib.tool import FunctionTool, tool
from ergos.runtime.foreign import foreign_definition
from ergos.runtime.kernel import Kernel
from ergos.runtime.tokens import Visitor

from .kernels import Rig, becomes, item_of, items_of, play, until
from .providers import Behaviour, Provider, chat

RICH = Amount(10_000_000, UNCAPPED)


async def enter(kernel: Kernel, *, resumable: bool = True, budget: Amount | None = RICH, name: str = "prog") -> Visitor:
    made = foreign_definition(name, resumable=resumable, command=("prog",), budget=budget)
    pid = await kernel.desk.host(made, "alice")
    return (await kernel.desk.enter(pid, ("prog",))).visitor


async def say(kernel: Kernel, visitor: Visitor, words: str, **more: Plain) -> Answer:
    body = chat(words, **more)
    return await kernel.reactor.guests.call(visitor, "openai.chat", body, model=str(body["model"]))


def text(answer: Answer) -> str:
    assert answer.failure is None, answer.failure
    assert isinstance(answer.value, dict)
    return str(answer.value["body"])


def test_a_call_of_a_foreign_program_is_held_journaled_and_billed_before_it_is_answered():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider()
        kernel = await rig.boot()
        visitor = await enter(kernel)
        assert text(await say(kernel, visitor, "hello")) == "well."
        assert rig.tags(visitor.pid) == ["spawn", "wake", "attach", "intent", "result"]
        intent, result = rig.bodies(visitor.pid)[-2:]
        assert isinstance(intent, Intended)
        assert isinstance(result, Resulted)
        assert intent.hold is not None
        assert intent.hold.amount.microusd >= result.charge.microusd
        assert result.charge == Amount(20, 15)
        assert result.provider == "house/small"
        accounts, _ = await kernel.meters("paid/")
        assert accounts["paid/house/small"] == Amount(20, 15)

    play(scenario)


def test_a_program_started_again_is_answered_from_the_journal_and_nothing_is_sent_twice():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda number, _: Behaviour(text=f"answer {number}"))
        kernel = await rig.boot()
        first = await enter(kernel)
        said = [text(await say(kernel, first, words)) for words in ("a", "b", "a")]
        kernel = await rig.again(kernel)
        second = (await kernel.desk.enter(first.pid, ())).visitor
        assert second.life == first.life + 1
        again = [text(await say(kernel, second, words)) for words in ("a", "b", "a", "c")]
        assert again[:3] == said
        assert again[3] == "answer 4."
        assert len(provider.sent) == 4
        assert [type(body) for body in rig.bodies(first.pid)].count(Replayed) == 3

    play(scenario)


def test_the_same_words_within_one_start_are_a_new_call_even_after_the_kernel_was_killed():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda number, _: Behaviour(text=f"answer {number}"))
        kernel = await rig.boot()
        visitor = await enter(kernel)
        assert text(await say(kernel, visitor, "next?")) == "answer 1."
        kernel = await rig.again(kernel)
        assert text(await say(kernel, visitor, "next?")) == "answer 2."
        assert len(provider.sent) == 2

    play(scenario)


def test_a_replay_that_was_cut_off_goes_on_where_it_was():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda number, _: Behaviour(text=f"answer {number}"))
        kernel = await rig.boot()
        first = await enter(kernel)
        for _ in range(3):
            await say(kernel, first, "poll")
        second = (await kernel.desk.enter(first.pid, ())).visitor
        assert text(await say(kernel, second, "poll")) == "answer 1."
        kernel = await rig.again(kernel)
        assert [text(await say(kernel, second, "poll")) for _ in range(3)] == ["answer 2.", "answer 3.", "answer 4."]
        assert len(provider.sent) == 4

    play(scenario)


def test_a_call_that_was_cut_off_is_carried_on_under_its_key_and_what_it_may_have_cost_stays_charged():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda number, _: Behaviour(before_s=9 if number == 1 else 0))
        kernel = await rig.boot()
        visitor = await enter(kernel)
        asked = asyncio.ensure_future(say(kernel, visitor, "slow"))
        await until(lambda: provider.sent, "the call to be sent")
        await rig.crash(kernel)
        asked.cancel()
        kernel = await rig.boot()
        assert text(await say(kernel, visitor, "slow")) == "well."
        assert rig.tags(visitor.pid)[-2:] == ["repeat", "result"]
        hold = next(body.hold for body in rig.bodies(visitor.pid) if isinstance(body, Intended))
        assert hold is not None
        accounts, _ = await kernel.meters("paid/")
        assert accounts["paid/house/small"] == hold.amount + Amount(20, 15)

    play(scenario)


def test_a_failure_is_not_replayed_but_asked_anew():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            behave=lambda number, _: Behaviour(error=ModelError("broken", status=500)) if number < 20 else Behaviour()
        )
        kernel = await rig.boot()
        first = await enter(kernel)
        assert (await say(kernel, first, "x")).failure is not None
        sent = len(provider.sent)
        provider.sent.extend([("", {})] * 20)
        second = (await kernel.desk.enter(first.pid, ())).visitor
        assert text(await say(kernel, second, "x")) == "well."
        assert len(provider.sent) == sent + 21

    play(scenario)


def test_a_program_that_goes_away_gets_its_answer_when_it_asks_again():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda number, _: Behaviour(text=f"answer {number}", before_s=5))
        kernel = await rig.boot()
        visitor = await enter(kernel)
        asked = asyncio.ensure_future(say(kernel, visitor, "x"))
        await until(lambda: provider.sent, "the call to be sent")
        asked.cancel()
        await until(lambda: provider.answered, "the call to be finished without it")
        await asyncio.sleep(1)
        assert text(await say(kernel, visitor, "x")) == "answer 1."
        assert text(await say(kernel, visitor, "x")) == "answer 2."

    play(scenario)


def test_a_late_answer_to_a_call_it_went_away_from_does_not_take_the_place_of_what_it_was_told():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            behave=lambda number, _: Behaviour(text=f"answer {number}", before_s=9 if number == 1 else 0)
        )
        kernel = await rig.boot()
        first = await enter(kernel)
        left = asyncio.ensure_future(say(kernel, first, "x"))
        await until(lambda: provider.sent, "the call to be sent")
        left.cancel()
        assert text(await say(kernel, first, "x")) == "answer 2."
        second = (await kernel.desk.enter(first.pid, ())).visitor
        await until(lambda: len(provider.answered) == 2, "the call to be finished without it")
        await asyncio.sleep(1)
        kernel = await rig.again(kernel)
        assert [text(await say(kernel, second, "x")) for _ in range(2)] == ["answer 2.", "answer 1."]
        third = (await kernel.desk.enter(first.pid, ())).visitor
        assert [text(await say(kernel, third, "x")) for _ in range(2)] == ["answer 2.", "answer 1."]
        assert len(provider.sent) == 2

    play(scenario)


def test_the_same_words_said_several_times_at_once_are_answered_again_in_the_same_order():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            behave=lambda number, _: Behaviour(text=f"answer {number}", before_s=5 - number)
        )
        kernel = await rig.boot()
        visitor = await enter(kernel)
        said = [text(one) for one in await asyncio.gather(*(say(kernel, visitor, "vote") for _ in range(3)))]
        for _ in range(2):
            visitor = (await kernel.desk.enter(visitor.pid, ())).visitor
            assert [text(await say(kernel, visitor, "vote")) for _ in range(3)] == said
            kernel = await rig.again(kernel)
        assert len(provider.sent) == 3

    play(scenario)


def test_calls_without_cover_are_refused_and_reach_nobody():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider()
        kernel = await rig.boot()
        visitor = await enter(kernel, budget=Amount(50, UNCAPPED))
        answer = await say(kernel, visitor, "x", max_tokens=50)
        assert answer.failure is not None
        assert answer.failure.code == "E302"
        assert provider.sent == []
        uncapped = await enter(kernel, budget=None, name="free")
        refused = await say(kernel, uncapped, "x")
        assert refused.failure is not None
        assert "needs a cap" in refused.failure.what

    play(scenario)


def test_a_model_it_was_not_given_is_denied():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider()
        kernel = await rig.boot()
        made = foreign_definition("prog", resumable=True, command=("prog",), models=("small",), budget=RICH)
        visitor = (await kernel.desk.enter(await kernel.desk.host(made, "alice"), ())).visitor
        assert text(await say(kernel, visitor, "x", model="small")) == "well."
        denied = await say(kernel, visitor, "x", model="auto")
        assert denied.failure is not None
        assert denied.failure.code == "E301"
        assert len(provider.sent) == 1

    play(scenario)


def test_a_token_opens_its_own_process_and_no_other():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider()
        kernel = await rig.boot()
        guests = kernel.reactor.guests
        one, two = await enter(kernel, name="one"), await enter(kernel, name="two")
        token = guests.tokens.token(one)
        assert guests.tokens.visitor_of(token) == one
        assert guests.tokens.visitor_of(token.replace(f"-{one.pid}-", f"-{two.pid}-", 1)) is None
        for forged in ("", "ergos", "ergos-1", token[:-1], token + "0", token.upper(), "ergos-9-1-", f"x{token}", "ü"):
            assert guests.tokens.visitor_of(forged) is None, forged

    play(scenario)


def test_a_token_of_an_earlier_start_is_worth_nothing():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider()
        kernel = await rig.boot()
        first = await enter(kernel)
        await kernel.desk.enter(first.pid, ())
        answer = await say(kernel, first, "x")
        assert answer.failure is not None
        assert answer.failure.code == "E309"
        assert provider.sent == []

    play(scenario)


def test_a_killed_process_lets_nobody_in_and_whoever_waits_is_told():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda *_: Behaviour(before_s=100))
        kernel = await rig.boot()
        visitor = await enter(kernel)
        asked = asyncio.ensure_future(say(kernel, visitor, "x"))
        await until(lambda: provider.sent, "the call to be sent")
        await kernel.desk.signal(visitor.pid, "kill", "alice")
        answer = await asked
        assert answer.failure is not None
        assert answer.failure.code == "E309"
        later = await say(kernel, visitor, "y")
        assert later.failure is not None
        assert len(provider.sent) == 1
        await becomes(kernel, visitor.pid, State.KILLED)
        with pytest.raises(ForeignTokenError):
            await kernel.desk.enter(visitor.pid, ())
        with pytest.raises(UnknownProcessError):
            await kernel.desk.enter(Pid(99), ())

    play(scenario)


def test_stop_holds_back_every_call_until_it_is_lifted():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider()
        kernel = await rig.boot()
        visitor = await enter(kernel)
        await kernel.desk.halt("alice", on=True)
        asked = asyncio.ensure_future(say(kernel, visitor, "x"))
        await asyncio.sleep(60)
        assert provider.sent == []
        await kernel.desk.halt("alice", on=False)
        assert text(await asked) == "well."

    play(scenario)


def test_a_paused_program_waits_and_goes_on():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda *_: Behaviour(before_s=2))
        kernel = await rig.boot()
        visitor = await enter(kernel)
        under_way = asyncio.ensure_future(say(kernel, visitor, "x"))
        await until(lambda: provider.sent, "the call to be sent")
        await kernel.desk.signal(visitor.pid, "pause", "alice")
        asked = asyncio.ensure_future(say(kernel, visitor, "y"))
        await asyncio.sleep(60)
        assert not asked.done()
        assert not under_way.done()
        await kernel.desk.signal(visitor.pid, "resume", "alice")
        assert text(await asked) == "well."
        assert text(await under_way) == "well."
        assert len(provider.sent) == 2

    play(scenario)


def test_a_program_that_asks_nothing_becomes_a_row_and_its_token_stays_good():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider()
        kernel = await rig.boot()
        visitor = await enter(kernel, resumable=False)
        await say(kernel, visitor, "x")
        await asyncio.sleep(3 * GUEST_IDLE_S)
        await becomes(kernel, visitor.pid, State.WAITING)
        assert text(await say(kernel, visitor, "y")) == "well."

    play(scenario)


def test_a_long_lived_program_begins_a_new_turn_after_many_calls():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider()
        kernel = await rig.boot()
        visitor = await enter(kernel, resumable=False)
        for number in range(GUEST_TURN_CALLS):
            await say(kernel, visitor, f"{number}")
        await asyncio.sleep(3 * GUEST_IDLE_S)
        process = await becomes(kernel, visitor.pid, State.WAITING)
        assert not process.turn_open
        assert text(await say(kernel, visitor, "more")) == "well."
        kernel = await rig.again(kernel)
        assert text(await say(kernel, visitor, "and more")) == "well."
        found = await kernel.desk.host(
            foreign_definition("prog", resumable=False, command=("prog",), budget=RICH), "alice"
        )
        assert found == visitor.pid
        assert (await kernel.desk.enter(found, ())).visitor == visitor

    play(scenario)


def test_a_program_that_leaves_well_is_done_and_one_that_fails_can_come_back():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider()
        kernel = await rig.boot()
        visitor = await enter(kernel)
        await say(kernel, visitor, "x")
        await kernel.desk.leave(visitor.pid, visitor.life, 1)
        await becomes(kernel, visitor.pid, State.WAITING)
        again = await kernel.desk.enter(visitor.pid, ())
        assert again.command == ("prog",)
        await kernel.desk.leave(visitor.pid, visitor.life, 0)  # the first start has nothing to say any more
        assert text(await say(kernel, again.visitor, "x")) == "well."
        await kernel.desk.leave(visitor.pid, again.visitor.life, 0)
        await becomes(kernel, visitor.pid, State.DONE)
        assert [type(body) for body in rig.bodies(visitor.pid)].count(Attached) == 2

    play(scenario)


def test_many_calls_at_once_are_each_answered_once():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda number, _: Behaviour(before_s=number % 7))
        kernel = await rig.boot()
        visitors = [await enter(kernel, name=f"prog-{number}") for number in range(10)]
        answers = await asyncio.gather(
            *[say(kernel, visitor, f"{number}") for visitor in visitors for number in range(30)]
        )
        assert [text(answer) for answer in answers] == ["well."] * 300
        assert len(provider.sent) == 300
        assert kernel.machine.book.imbalance() == Amount(0, 0)
        assert all(not amount for name, amount in kernel.machine.book.accounts.items() if name.startswith("held/"))

    play(scenario)


def test_a_stream_arrives_in_pieces_from_one_sending_and_its_end_when_it_is_recorded():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider(behave=lambda *_: Behaviour(pieces=4, between_s=1))
        kernel = await rig.boot()
        visitor = await enter(kernel)
        pieces: list[bytes] = []
        body = chat("x", stream=True)
        answer = await kernel.reactor.guests.call(visitor, "openai.chat", body, model="auto", sink=pieces.append)
        assert b"".join(pieces) == b"well0;well1;well2;well3;"
        assert text(answer) == "well0;well1;well2;well3;."

    play(scenario)


def test_a_stream_that_breaks_after_its_first_piece_is_not_begun_again():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            behave=lambda *_: Behaviour(pieces=4, breaks_after=2, error=ModelError("cut off"))
        )
        kernel = await rig.boot()
        visitor = await enter(kernel)
        pieces: list[bytes] = []
        body = chat("x", stream=True)
        answer = await kernel.reactor.guests.call(visitor, "openai.chat", body, model="auto", sink=pieces.append)
        assert answer.failure is not None
        assert len(provider.sent) == 1
        assert pieces
        accounts, _ = await kernel.meters("paid/")
        hold = next(body.hold for body in rig.bodies(visitor.pid) if isinstance(body, Intended))
        assert hold is not None
        assert accounts["paid/house/small"] == hold.amount

    play(scenario)


def test_a_limited_endpoint_is_asked_again_later_and_costs_once():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            behave=lambda number, _: (
                Behaviour(error=RateLimitedError("slow down", status=429, retry_after_s=5), bills=0)
                if number == 1
                else Behaviour()
            )
        )
        kernel = await rig.boot()
        visitor = await enter(kernel)
        assert text(await say(kernel, visitor, "x")) == "well."
        assert len(provider.sent) == 2
        accounts, _ = await kernel.meters("paid/")
        assert accounts["paid/house/small"].microusd == provider.invoice == 20

    play(scenario)


def test_a_call_that_waits_for_its_owner_goes_on_with_the_approval():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider()
        kernel = await rig.boot()
        made = foreign_definition("prog", resumable=True, command=("prog",), budget=RICH)
        grants = tuple(
            type(grant)(**{**{f: getattr(grant, f) for f in grant.__struct_fields__}, "ask": True})
            for grant in made.grants
        )
        import msgspec

        pid = await kernel.desk.host(msgspec.structs.replace(made, grants=grants), "alice")
        visitor = (await kernel.desk.enter(pid, ())).visitor
        asked = asyncio.ensure_future(say(kernel, visitor, "x"))
        item = await item_of(kernel)
        assert provider.sent == []
        await kernel.desk.answer(item.id, "approve", "alice")
        assert text(await asked) == "well."

    play(scenario)


# Tools


def sender(rig: Rig) -> FunctionTool:
    @tool("irreversible", name="mail.send", roles={"to": "recipient", "text": "text"})
    async def send(to: str, text: str = "") -> str:
        rig.outside.effects.append(to)
        return f"sent to {to}"

    return send


def reader(rig: Rig) -> FunctionTool:
    @tool("pure", name="mail.read")
    async def read(folder: str) -> str:
        rig.outside.effects.append(f"read {folder}")
        return "hello"

    return read


class Mounted:
    """A `Mounts` port."""

    def __init__(self, *tools: FunctionTool) -> None:
        self.tools = {one.spec.name: one for one in tools}

    def tool(self, name: str) -> FunctionTool | None:
        return self.tools.get(name)

    def why_not(self, name: str) -> str:
        return "its definition changed" if name == "mail.changed" else ""

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.tools))


async def enter_with_tools(rig: Rig, kernel: Kernel, *words: str) -> Visitor:
    made = foreign_definition("prog", resumable=True, command=("prog", *words), tools=("mail.*",), budget=RICH)
    return (await kernel.desk.enter(await kernel.desk.host(made, "alice"), ())).visitor


def test_a_foreign_program_calls_the_tools_it_was_granted_and_is_answered_again_after_a_crash() -> None:
    async def scenario(rig: Rig) -> None:
        rig.mounts = Mounted(reader(rig), sender(rig))
        kernel = await rig.boot()
        visitor = await enter_with_tools(rig, kernel)
        assert [spec.name for spec in await kernel.reactor.guests.tools(visitor)] == ["mail.read", "mail.send"]
        first = await kernel.reactor.guests.act(visitor, "mail.read", {"folder": "in"})
        assert (first.value, first.label.integrity) == ("hello", "untrusted")
        for name, code in (("shell.run", "E301"), ("mail.changed", "E310"), ("mail.nothing", "E301")):
            answer = await kernel.reactor.guests.act(visitor, name, {})
            assert answer.failure is not None
            assert answer.failure.code == code
        kernel = await rig.again(kernel)
        second = (await kernel.desk.enter(visitor.pid, ())).visitor
        again = await kernel.reactor.guests.act(second, "mail.read", {"folder": "in"})
        assert again.value == "hello"
        assert rig.outside.effects == ["read in"]

    play(scenario)


def test_a_recipient_a_foreign_program_was_not_started_with_is_asked_about() -> None:
    async def scenario(rig: Rig) -> None:
        rig.mounts = Mounted(sender(rig))
        kernel = await rig.boot()
        visitor = await enter_with_tools(rig, kernel, "write", "bob@example.com")
        told = await kernel.reactor.guests.act(visitor, "mail.send", {"to": "bob@example.com"})
        assert told.value == "sent to bob@example.com"
        waiting = asyncio.ensure_future(kernel.reactor.guests.act(visitor, "mail.send", {"to": "eve@example.com"}))
        item = await item_of(kernel)
        assert rig.outside.effects == ["bob@example.com"]
        await kernel.desk.answer(item.id, "approve", "alice")
        assert (await waiting).value == "sent to eve@example.com"

    play(scenario)


def test_a_call_that_waits_for_its_owner_is_found_again_when_the_program_is_started_again() -> None:
    async def scenario(rig: Rig) -> None:
        rig.mounts = Mounted(sender(rig))
        kernel = await rig.boot()
        visitor = await enter_with_tools(rig, kernel)
        waiting = asyncio.ensure_future(kernel.reactor.guests.act(visitor, "mail.send", {"to": "eve@example.com"}))
        item = await item_of(kernel)
        await rig.crash(kernel)
        waiting.cancel()
        kernel = await rig.boot()
        await kernel.desk.answer(item.id, "approve", "alice")
        second = (await kernel.desk.enter(visitor.pid, ())).visitor
        assert (await kernel.reactor.guests.act(second, "mail.send", {"to": "eve@example.com"})).failure is None
        assert rig.outside.effects == ["eve@example.com"]

    play(scenario)


def test_what_an_ended_program_asked_for_waits_for_nobody() -> None:
    async def scenario(rig: Rig) -> None:
        rig.mounts = Mounted(sender(rig))
        kernel = await rig.boot()
        visitor = await enter_with_tools(rig, kernel)
        waiting = asyncio.ensure_future(kernel.reactor.guests.act(visitor, "mail.send", {"to": "eve@example.com"}))
        await item_of(kernel)
        await kernel.desk.leave(visitor.pid, visitor.life, 0)
        answer = await waiting
        assert answer.failure is not None
        assert await items_of(kernel) == []
        assert rig.outside.effects == []

    play(scenario)


def test_what_was_refused_in_an_earlier_start_is_judged_anew_even_after_a_pause() -> None:
    async def scenario(rig: Rig) -> None:
        rig.models = Provider()
        kernel = await rig.boot()
        visitor = await enter(kernel)
        refused = await say(kernel, visitor, "hello", model="unknown")
        assert refused.failure is not None
        second = (await kernel.desk.enter(visitor.pid, ())).visitor
        await kernel.desk.signal(visitor.pid, "pause", "alice")
        waiting = asyncio.ensure_future(say(kernel, second, "hello", model="unknown"))
        await asyncio.sleep(1)
        await kernel.desk.signal(visitor.pid, "resume", "alice")
        assert (await waiting).failure is not None
        refusals = [body for body in rig.bodies(visitor.pid) if isinstance(body, Refused)]
        assert len({body.call.key for body in refusals}) == len(refusals) == 2

    play(scenario)

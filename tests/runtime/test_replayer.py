"""A program is driven by its answers; what it asked before is known, and anything else is divergence."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ergos.base.errors import BoundError, DivergedError, ProgramError
from ergos.base.ids import Digest, Pid
from ergos.kernel.calls import Call
from ergos.kernel.events import Called
from ergos.kernel.history import Past
from ergos.kernel.labels import UNTRUSTED, USER
from ergos.kernel.packages import Beginning, Definition, Package
from ergos.kernel.syscalls import Answer, Idle, Request
from ergos.lib.agent import AgentFunction, Context, program_of
from ergos.runtime import replayer
from ergos.runtime.replayer import Returned, Turn, concerns, waiting_for

BEGINNING = Beginning(
    pid=Pid(1), turn=1, owner="alice", agent="a", parent=Pid(0), cause="start", now_ns=0, memory=None,
    definition=Definition(agent="a", program="a"),
)  # fmt: skip


def turn_of(function: AgentFunction, past: dict[str, Past] | None = None) -> Turn:
    return Turn(Package(program=program_of(function)), BEGINNING, past or {}, USER)


def raw_turn(program: Any) -> Turn:
    return Turn(Package(program=program), BEGINNING, {}, USER)


def asked(turn: Turn) -> list[Call]:
    """Resume; the calls it asks for."""
    came = turn.resume()
    assert isinstance(came, tuple)
    turn.ask(came, {}, {}, ())
    return [pending.call for pending in turn.pending.values()]


def answered(turn: Turn, *answers: Answer) -> None:
    for pending, answer in zip(turn.pending.values(), answers, strict=True):
        pending.answer = answer


def known(call: Call) -> dict[str, Past]:
    return {call.key: Past(call, result=Called(call))}


async def one_call(ctx: Context) -> object:
    return await ctx.act("post", word="hello")


def test_a_program_is_resumed_with_its_answers_until_it_returns():
    turn = turn_of(one_call)
    (call,) = asked(turn)
    assert (call.kind, call.name) == ("act", "post")
    answered(turn, Answer("fine"))
    assert turn.resume() == Returned("fine")


def test_what_the_journal_knows_of_a_call_is_matched_with_it():
    (call,) = asked(turn_of(one_call))
    turn = turn_of(one_call, known(call))
    asked(turn)
    (pending,) = turn.pending.values()
    assert pending.past is not None
    assert pending.past.call == call


def test_a_new_call_before_all_known_ones_were_asked_for_is_divergence_with_both_sides():
    async def other(ctx: Context) -> object:
        return await ctx.act("print", word="hello")

    (call,) = asked(turn_of(one_call))
    with pytest.raises(DivergedError) as error:
        asked(turn_of(other, known(call)))
    assert "act 'post'" in error.value.what
    assert "act 'print'" in error.value.what


def test_the_same_key_with_other_content_is_divergence():
    async def keyed(ctx: Context) -> object:
        return await ctx.act("post", key="mine", word="hello")

    async def changed(ctx: Context) -> object:
        return await ctx.act("post", key="mine", word="goodbye")

    (call,) = asked(turn_of(keyed))
    with pytest.raises(DivergedError):
        asked(turn_of(changed, known(call)))


def test_parallel_calls_may_be_replayed_in_any_order():
    async def forth(ctx: Context) -> object:
        return await ctx.all(ctx.act("a"), ctx.act("b"))

    async def back(ctx: Context) -> object:
        return await ctx.all(ctx.act("b"), ctx.act("a"))

    first, second = asked(turn_of(forth))
    turn = turn_of(back, known(first) | known(second))
    assert {call.name for call in asked(turn)} == {"a", "b"}
    assert all(pending.past is not None for pending in turn.pending.values())


def test_a_turn_that_ends_before_it_asked_for_all_that_is_known_has_diverged():
    async def nothing(ctx: Context) -> object:
        return None

    (call,) = asked(turn_of(one_call))
    turn = turn_of(nothing, known(call))
    turn.resume()
    with pytest.raises(DivergedError, match="ended its turn"):
        turn.check_ended()


def test_the_same_call_twice_has_two_keys_and_an_authors_key_only_one_use():
    async def twice(ctx: Context) -> object:
        return await ctx.all(ctx.act("a"), ctx.act("a"))

    first, second = asked(turn_of(twice))
    assert first.key != second.key
    assert first.content == second.content

    async def reused(ctx: Context) -> object:
        return await ctx.all(ctx.act("a", key="k"), ctx.act("b", key="k"))

    with pytest.raises(DivergedError):
        asked(turn_of(reused))


def test_calls_at_once_and_calls_of_a_turn_are_bounded(monkeypatch: pytest.MonkeyPatch):
    async def many(ctx: Context) -> object:
        return await ctx.all(*[ctx.act("a", number=number) for number in range(300)])

    with pytest.raises(BoundError, match="at once"):
        asked(turn_of(many))
    monkeypatch.setattr(replayer, "CALLS_PER_TURN_MAX", 3)

    async def long(ctx: Context) -> object:
        for number in range(9):
            await ctx.act("a", number=number)
        return None

    turn = turn_of(long)
    for _ in range(3):
        asked(turn)
        answered(turn, Answer(None))
    with pytest.raises(BoundError, match="in one turn"):
        asked(turn)


def test_what_a_turn_has_read_labels_its_next_calls():
    async def reader(ctx: Context) -> object:
        await ctx.act("read")
        return await ctx.act("write")

    turn = turn_of(reader)
    (first,) = asked(turn)
    answered(turn, Answer("text", label=UNTRUSTED))
    (second,) = asked(turn)
    assert (first.label, second.label) == (USER, UNTRUSTED)


@pytest.mark.parametrize("yielded", [None, (1,), "text", (Request(kind="act", name="a"), None)])
def test_awaiting_anything_that_is_no_system_call_is_the_programs_fault(yielded: object):
    class Strange:
        def __await__(self):
            yield yielded

    async def program(beginning: Beginning) -> object:
        await Strange()
        return None

    with pytest.raises(ProgramError):
        raw_turn(program).resume()


def test_closing_ends_even_a_program_that_swallows_its_end():
    async def stubborn(ctx: Context) -> object:
        while True:
            try:
                await ctx.act("a")
            except GeneratorExit:
                await ctx.act("b")

    turn = turn_of(stubborn)
    asked(turn)
    turn.close()


def test_a_turn_says_what_it_waits_for_and_until_when():
    async def waiter(ctx: Context) -> object:
        return await ctx.all(ctx.receive(within_s=30), ctx.sleep(10), ctx.wait(7))

    turn = turn_of(waiter)
    asked(turn)
    assert waiting_for(turn) == ("child", 10_000_000_000)
    assert concerns(turn, "mail")
    assert concerns(turn, "child")
    assert not concerns(turn, "owner")
    next(iter(turn.pending.values())).answer = Answer(None)
    assert not concerns(turn, "mail")


def test_an_idle_return_is_told_from_an_outcome():
    async def idler(ctx: Context) -> object:
        return ctx.idle({"a": 1}, wake_in_s=2)

    came = turn_of(idler).resume()
    assert came == Returned(Idle({"a": 1}, 2_000_000_000))


def test_effects_and_tools_stand_in_the_call_they_belong_to():
    async def both(ctx: Context) -> object:
        return await ctx.all(ctx.act("a"), ctx.act("b"))

    turn = turn_of(both)
    came = turn.resume()
    assert isinstance(came, tuple)
    turn.ask(came, {1: "irreversible"}, {1: Digest("d")}, ())
    first, second = (pending.call for pending in turn.pending.values())
    assert (first.effect, first.tool, second.effect, second.tool) == ("pure", None, "irreversible", "d")
    assert msgspec.json.decode(msgspec.json.encode(second), type=Call) == second

"""What a program knows without asking is the same at every replay, and no two of its calls share a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import DeniedError, ErgosError, ProgramError
from ergos.base.limits import KEY_CHARS_MAX
from ergos.base.world_errors import ModelReplyError
from ergos.kernel.calls import Failure
from ergos.kernel.syscalls import Answer, Request
from ergos.lib.surroundings import error_of
from tests.lib.driving import context, drive


@given(st.lists(st.text(max_size=300) | st.sampled_from(["", "call_0"]), max_size=12))
def test_no_two_calls_get_the_same_key_whatever_a_model_calls_them(ids: list[str]) -> None:
    ctx = context()
    keys = [ctx.act("tool", key=ctx.fresh_key(wanted)).request.key for wanted in ids]
    assert len(set(keys)) == len(ids)
    assert all(key and len(key) <= KEY_CHARS_MAX for key in keys)
    again = context()
    assert keys == [again.act("tool", key=again.fresh_key(wanted)).request.key for wanted in ids]


def test_a_key_an_author_used_is_not_given_out_again() -> None:
    ctx = context()
    ctx.act("tool", key="call_1")
    assert ctx.fresh_key("call_1") == "call_1#2"
    assert ctx.fresh_key("call_2") == "call_2"


def test_time_passes_with_answers_and_never_back() -> None:
    ctx = context()
    times = iter([5, 3, 9])

    async def program() -> list[int]:
        return [ctx.now_ns for _ in range(3) if await ctx.act("t") is None]

    assert drive(program(), lambda request: Answer(at_ns=next(times))) == [5, 5, 9]


def test_several_calls_are_asked_at_once_and_what_is_no_call_is_refused() -> None:
    ctx = context()
    asked: list[Request] = []

    async def program() -> list[object]:
        return await ctx.all(ctx.act("a"), ctx.act("b"))

    def world(request: Request) -> Answer:
        asked.append(request)
        return Answer(request.name)

    assert drive(program(), world) == ["a", "b"]
    with pytest.raises(ProgramError, match="system calls"):
        drive(ctx.all(7), world)  # type: ignore[arg-type]


@pytest.mark.parametrize(("code", "kind"), [("E301", DeniedError), ("E509", ModelReplyError), ("E999", ErgosError)])
def test_a_failure_is_raised_as_the_error_it_stands_for(code: str, kind: type[ErgosError]) -> None:
    error = error_of(Failure(code, "what happened", "what to do"))
    assert type(error) is kind
    assert (error.what, error.what_to_do) == ("what happened", "what to do")

"""Tasks by name: every item goes on by itself until an answer passes, or says why none does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import BudgetError, DeniedError, NoModelError, SourceError, UnacceptedError
from ergos.base.limits import ATTEMPTS_MAX
from ergos.kernel.syscalls import Answer, Request
from ergos.lib.steps_think import WIDTH, groups, think_all
from tests.lib.driving import World, context, drive, failed


def think(world: World, inputs: Sequence[Plain], **more: object) -> list[Plain]:
    return drive(think_all(context(), "t", inputs, **more), world)  # type: ignore[arg-type]


def test_answers_come_in_the_order_of_the_inputs_a_few_at_a_time() -> None:
    seen: list[Request] = []

    def world(request: Request) -> Answer:
        seen.append(request)
        return Answer(f"{request.args['inputs']}!", solver="a")

    assert think(world, list(range(20))) == [f"{number}!" for number in range(20)]
    assert {(request.kind, request.name) for request in seen} == {("think", "t")}
    assert [len(group) for group in groups(list(range(20)), WIDTH)] == [8, 8, 4]
    assert think(world, []) == []


def test_an_answer_with_faults_goes_to_the_next_solver_with_its_faults() -> None:
    asked: list[dict[str, Plain]] = []

    def world(request: Request) -> Answer:
        asked.append(request.args)
        first = not request.args["tried"]
        return Answer("bad" if first else "good", faults=("too long",) if first else (), solver="a" if first else "b")

    assert think(world, ["x"], solvers=("model",)) == ["good"]
    assert asked == [
        {"inputs": "x", "tried": [], "solvers": ["model"]},
        {"inputs": "x", "tried": ["a"], "faults": ["too long"], "solvers": ["model"]},
    ]


def test_what_a_judge_finds_counts_like_the_faults_of_the_task() -> None:
    async def judge(answers: Sequence[tuple[int, Plain]]) -> list[tuple[str, ...]]:
        return [("not two",) if place == 1 and value == "first" else () for place, value in answers]

    def world(request: Request) -> Answer:
        return Answer("second" if request.args["tried"] else "first", solver="a" if not request.args["tried"] else "b")

    assert think(world, [0, 1, 2], judge=judge) == ["first", "second", "first"]


def test_when_nobody_is_left_the_last_faults_are_told() -> None:
    def world(request: Request) -> Answer:
        if request.args["tried"]:
            return Answer(failure=failed(UnacceptedError("no other solver")).failure)
        return Answer("bad", faults=("one", "two"), solver="a")

    with pytest.raises(UnacceptedError, match="no answer to t was accepted: one; two"):
        think(world, ["x"])


def test_it_is_given_up_after_so_many_attempts() -> None:
    count = 0

    def world(request: Request) -> Answer:
        nonlocal count
        count += 1
        return Answer("bad", faults=("wrong",), solver="a")

    with pytest.raises(UnacceptedError):
        think(world, ["x"])
    assert count == ATTEMPTS_MAX


def refuses(error: Exception, solver: str | None) -> Callable[[Request], Answer]:
    return lambda request: failed(error, None if request.args["tried"] else solver)  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [NoModelError("no model"), BudgetError("no cover")])
def test_a_refusal_that_another_solver_may_be_spared_is_raised_when_there_is_none(error: Exception) -> None:
    with pytest.raises(type(error)):
        think(refuses(error, "a"), ["x"])
    with pytest.raises(type(error)):
        think(refuses(error, None), ["x"])


def test_a_denial_is_raised_at_once() -> None:
    with pytest.raises(DeniedError):
        think(refuses(DeniedError("no grant"), "a"), ["x", "y"])


def test_a_failure_of_the_world_is_one_solver_that_failed() -> None:
    def world(request: Request) -> Answer:
        return Answer("fine", solver="b") if request.args["tried"] else failed(SourceError("down"), "a")

    assert think(world, ["x"]) == ["fine"]

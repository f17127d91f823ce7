"""Tasks: a typed signature with checks, and functions that do it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ergos.base.errors import ToolDefinitionError, ValueShapeError
from ergos.base.ids import Pid
from ergos.base.limits import ERROR_CHARS_MAX
from ergos.base.money import Price
from ergos.kernel.packages import Errand
from ergos.kernel.process import State
from ergos.lib.task import FAULTS_MAX, Task, shaped, solver
from tests.lib.house import agent_in, run

ERRAND = Errand(pid=Pid(1), owner="alice", agent="a", idempotency_key="k", deadline_ns=1, now_ns=0)


class Question(msgspec.Struct, frozen=True):
    number: int


def even(_: Question, answer: int) -> Iterator[str]:
    if answer % 2:
        yield f"{answer} is odd"


def large(question: Question, answer: int) -> Iterator[str]:
    if answer < question.number:
        yield f"{answer} is small"


DOUBLE = Task("double", inputs=Question, output=int, checks=(even, large), tokens_max=50)


def test_a_task_says_what_goes_in_what_comes_out_and_what_is_checked() -> None:
    spec = DOUBLE.spec
    assert spec.name == "double"
    assert spec.checks == ("even", "large")
    assert spec.input_schema["$ref"] == "#/$defs/Question"
    assert spec.output_schema == {"type": "integer"}


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        (8, ()),
        (7, ("7 is odd",)),
        (2, ("2 is small",)),
        ("8", ("answer does not have the declared shape: Expected `int`, got `str`",)),
        (None, ("answer does not have the declared shape: Expected `int`, got `null`",)),
    ],
)
def test_an_answer_is_judged_by_its_shape_and_then_by_each_check_in_turn(value: Any, faults: tuple[str, ...]) -> None:
    assert DOUBLE.judge({"number": 4}, value) == faults
    assert asyncio.run(DOUBLE.faults({"number": 4}, value)) == faults


def test_faults_are_bounded_in_number_and_length() -> None:
    task = Task("t", inputs=int, output=int, checks=(lambda _, n: ("x" * 10_000 for _ in range(n)),))
    found = task.judge(0, 10_000)  # type: ignore[arg-type]
    assert (len(found), {len(fault) for fault in found}) == (FAULTS_MAX, {ERROR_CHARS_MAX})


def test_a_solver_gets_typed_inputs_and_its_errand_if_it_likes() -> None:
    @solver(DOUBLE)
    def plain(inputs: Question) -> int:
        return inputs.number * 2

    @solver(DOUBLE, kind="model", name="m", price=Price(3))
    async def coroutine(inputs: Question, errand: Errand) -> list[object]:
        return [inputs.number, errand.idempotency_key]

    first = asyncio.run(plain.solve(DOUBLE.spec, {"number": 4}, ERRAND))
    assert first.value == 8
    assert 0 < first.tokens <= 50
    assert asyncio.run(coroutine.solve(DOUBLE.spec, {"number": 4}, ERRAND)).value == [4, "k"]
    assert (coroutine.spec.name, coroutine.spec.kind, coroutine.spec.tasks) == ("m", "model", ("double",))
    assert plain.function(Question(1)) == 2


def test_inputs_that_do_not_fit_never_reach_a_solver() -> None:
    @solver(DOUBLE)
    def never(inputs: Question) -> int:
        raise AssertionError

    with pytest.raises(ValueShapeError, match="the inputs of double"):
        asyncio.run(never.solve(DOUBLE.spec, {"number": "4"}, ERRAND))


def test_an_answer_that_is_no_data_is_refused() -> None:
    @solver(DOUBLE)
    def odd(inputs: Question) -> object:
        return object()

    with pytest.raises(ValueShapeError, match="not plain data"):
        asyncio.run(odd.solve(DOUBLE.spec, {"number": 4}, ERRAND))


def test_shapes_are_strict() -> None:
    assert shaped({"number": 1}, Question, "it") == Question(1)
    with pytest.raises(ValueShapeError, match="it does not have the declared shape"):
        shaped({"number": "1"}, Question, "it")


def test_tasks_and_solvers_that_cannot_be_used_are_refused_where_they_are_declared() -> None:
    with pytest.raises(ToolDefinitionError, match="not a name"):
        Task("a/b", inputs=int, output=int)
    with pytest.raises(ToolDefinitionError, match="no JSON schema"):
        Task("t", inputs=object, output=type(lambda: 1))
    for function in (lambda: 1, lambda a, b: 1, lambda a, errand, c: 1):
        with pytest.raises(ToolDefinitionError, match="takes the inputs"):
            solver(DOUBLE, name="s")(function)
    with pytest.raises(ToolDefinitionError, match="negative"):
        solver(DOUBLE, name="s", price=Price(-1))(lambda inputs: 1)
    with pytest.raises(ToolDefinitionError, match="not a name"):
        solver(DOUBLE)(lambda inputs: 1)


# In a kernel

PROGRAM = """
def positive(inputs, answer):
    if answer <= 0:
        yield f"{answer} is not positive"
T = Task("t", inputs=int, output=int, checks=(positive,), deadline_s=5)
CAPS = __import__("ergos.kernel.ledger", fromlist=["Caps"]).Caps(process=__import__("ergos.base.money", fromlist=["Amount"]).Amount(10**9, -1))
Price = __import__("ergos.base.money", fromlist=["Price"]).Price
@agent(grants=[may("think", "t")], caps=CAPS)
async def a(ctx):
    try:
        return await ctx.think(T, 1)
    except ErgosError as error:
        return [error.code, error.what]
"""


@pytest.mark.parametrize(
    ("solvers", "outcome"),
    [
        (["return 5"], 5),
        (["return -5"], ["E405", "no answer to t was accepted: -5 is not positive"]),
        (["return -5", "return 7"], 7),
        (["raise ValueError('x')", "return 7"], 7),
        (["import sys; sys.exit()", "return 7"], 7),
        (["return 'seven'", "return 7"], 7),
        (["return object()", "return 7"], 7),
        (["return 2.5", "raise SourceError('gone')"], ["E405", "no answer to t was accepted: gone"]),
        ([], ["E307", "no solver can do the task 't': there is no model endpoint"]),
        (["return -1"] * 12, ["E405", "no answer to t was accepted: -1 is not positive"]),
    ],
)
def test_solvers_are_tried_in_order_of_price_until_one_is_accepted(
    tmp_path: Path, solvers: list[str], outcome: object
) -> None:
    text = "".join(
        f"@solver(T, price=Price({number + 1}000))\ndef s{number}(inputs):\n    {body}\n"
        for number, body in enumerate(solvers)
    )
    end = asyncio.run(run(tmp_path, agent_in(tmp_path, PROGRAM + text)))
    assert end.process.state is State.DONE, end
    assert end.outcome == outcome


def test_a_check_that_crashes_accepts_nothing(tmp_path: Path) -> None:
    text = "@solver(T)\ndef s(inputs):\n    return 5\n"
    end = asyncio.run(run(tmp_path, agent_in(tmp_path, PROGRAM.replace("answer <= 0", "answer.nothing") + text)))
    assert end.outcome[0] == "E405"  # type: ignore[index]
    assert "nothing" in end.outcome[1]  # type: ignore[index]

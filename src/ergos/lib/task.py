"""Tasks and solvers for authors: a typed signature with acceptance checks, and functions that do it.

    brief = Task("write_brief", inputs=Inputs, output=Brief, checks=(grounded,))

    @solver(brief, kind="system1")
    def write(inputs: Inputs) -> Brief: ...

Rules: a check returns the faults it finds, one sentence each; no fault means accepted. An answer that does
not have the declared shape never reaches a check. Checks are pure functions of inputs and answer.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ToolDefinitionError, ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.base.limits import ERROR_CHARS_MAX
from ergos.base.money import FREE, Price
from ergos.kernel.packages import Errand, Performed
from ergos.kernel.pager import tokens_of
from ergos.kernel.solvers import SolverKind, SolverSpec, TaskSpec
from ergos.lib.foreign import Body

I = TypeVar("I")  # noqa: E741 - inputs
O = TypeVar("O")  # noqa: E741 - output

FAULTS_MAX: Final = 200
"""Faults kept of one answer; a worse answer is not described better by more."""


class Task(Generic[I, O]):
    """A typed signature with acceptance checks."""

    def __init__(
        self,
        name: str,
        *,
        inputs: type[I],
        output: type[O],
        checks: tuple[Callable[[I, O], Iterable[str]], ...] = (),
        tokens_max: int = 0,
        deadline_s: float = 60.0,
        version: int = 1,
    ) -> None:
        """`tokens_max` bounds one attempt, input and output together; it is what is held before the call."""
        self.inputs: Final = inputs
        self.output: Final = output
        self._checks: Final = checks
        self._judging: Final = Body(self.judge, f"a check of {name}")
        self._spec: Final = TaskSpec(
            name=_named(name, "a task"),
            version=version,
            input_schema=_schema(inputs),
            output_schema=_schema(output),
            checks=tuple(check.__name__ for check in checks),
            tokens_max=tokens_max,
            deadline_s=deadline_s,
        )

    @property
    def spec(self) -> TaskSpec:
        """Signature and names of the checks."""
        return self._spec

    @property
    def promises(self) -> tuple[str, ...]:
        """What its checks demand, in the words of the first line of each."""
        lines = (
            (inspect.getdoc(check) or check.__name__.replace("_", " ")).partition("\n")[0] for check in self._checks
        )
        return tuple(lines)

    async def faults(self, inputs: Plain, value: Plain) -> tuple[str, ...]:
        """What the checks found, in a thread because they take time."""
        return cast("tuple[str, ...]", await self._judging(inputs, value))

    def judge(self, inputs: Plain, value: Plain) -> tuple[str, ...]:
        """What the checks found; the first check that finds faults ends the examination."""
        try:
            typed_inputs, typed_value = shaped(inputs, self.inputs, "inputs"), shaped(value, self.output, "answer")
        except ValueShapeError as error:
            return (error.what[:ERROR_CHARS_MAX],)
        for check in self._checks:
            found = tuple(fault[:ERROR_CHARS_MAX] for fault in check(typed_inputs, typed_value))[:FAULTS_MAX]
            if found:
                return found
        return ()


class FunctionSolver:
    """A function as a solver of one task."""

    def __init__(self, function: Callable[..., object], task: Task[Any, Any], spec: SolverSpec) -> None:
        self.function: Final = function
        self._run: Final = Body(function, spec.name)
        self._task: Final = task
        self._spec: Final = spec

    @property
    def spec(self) -> SolverSpec:
        """What it can do and charges."""
        return self._spec

    async def solve(self, task: TaskSpec, inputs: Plain, errand: Errand) -> Performed:
        """An attempt; tokens are counted on input and output as the window counts them."""
        typed = shaped(inputs, self._task.inputs, f"the inputs of {task.name}")
        came = await (self._run(typed, errand=errand) if self._run.wants_errand else self._run(typed))
        try:
            value = cast("Plain", msgspec.to_builtins(came, str_keys=True))
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueShapeError(f"the answer is not plain data: {error}") from error
        tokens = 0
        if task.tokens_max:
            tokens = tokens_of(str(inputs)) + tokens_of(str(value))
        return Performed(value=value, tokens=min(tokens, task.tokens_max))


def solver(
    task: Task[I, O], *, kind: SolverKind = "code", name: str | None = None, price: Price | None = FREE
) -> Callable[[Callable[..., object]], FunctionSolver]:
    """Declare a function that does a task: `f(inputs)` or `f(inputs, errand)`."""

    def declare(function: Callable[..., object]) -> FunctionSolver:
        own = _named(name or getattr(function, "__name__", "solver"), "a solver")
        parameters = list(inspect.signature(function).parameters)
        if len(parameters) not in (1, 2) or parameters[1:] not in ([], ["errand"]):
            raise ToolDefinitionError(f"{own}: a solver takes the inputs, and `errand` if it likes")
        if price is not None and min(price.microusd_per_call, price.microusd_per_million_tokens) < 0:
            raise ToolDefinitionError(f"{own}: its price is negative")
        return FunctionSolver(function, task, SolverSpec(name=own, kind=kind, tasks=(task.spec.name,), price=price))

    return declare


def shaped(value: object, kind: type[I], what: str) -> I:
    """The value as the declared type. Raises: ValueShapeError."""
    try:
        return msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        raise ValueShapeError(f"{what} does not have the declared shape: {error}") from error


def _named(text: str, what: str) -> str:
    try:
        return checked_name(text, what=what)
    except ValueShapeError as error:
        raise ToolDefinitionError(error.what) from error


def _schema(kind: type[object]) -> dict[str, object]:
    try:
        return cast("dict[str, object]", msgspec.json.schema(kind))
    except TypeError as error:
        raise ToolDefinitionError(f"{kind} has no JSON schema: {error}") from error

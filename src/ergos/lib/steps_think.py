"""Tasks by name, several at once: each is given to solvers until an answer passes its checks.

The same as `Context.think`, for inputs and answers that are plain data and for checks besides the task's own. Items are
worked on in rounds, each item by itself.

Rules: deterministic apart from its calls; at most WIDTH calls at once; an answer with faults goes to the next solver
together with the faults, at most ATTEMPTS_MAX times.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import (
    BoundError,
    BudgetError,
    NoModelError,
    OverloadedError,
    UnacceptedError,
    UnknownPriceError,
)
from ergos.base.limits import ATTEMPTS_MAX
from ergos.kernel.calls import Failure
from ergos.kernel.syscalls import Answer, Request
from ergos.lib.agent import Context
from ergos.lib.surroundings import Several, error_of

T = TypeVar("T")

WIDTH: Final = 8  # calls of one step at once; more wait, so that others get their turn
FAULTS_SHOWN: Final = 5  # faults of an answer that an error names

Judge = Callable[[Sequence[tuple[int, Plain]]], Awaitable[list[tuple[str, ...]]]]
"""The faults of answers, each with the place of its inputs."""

_OF_ONE_SOLVER: Final = frozenset(
    error.code for error in (BudgetError, UnknownPriceError, BoundError, NoModelError, OverloadedError)
)
"""Refusals that another solver, one that is cheaper or no model, may be spared."""


class _Item(msgspec.Struct):
    """One piece of work."""

    place: int
    inputs: Plain
    tried: list[Plain] = []
    faults: tuple[str, ...] = ()
    failure: Failure | None = None
    refusal: Failure | None = None
    value: Plain = None
    done: bool = False
    over: bool = False
    """Nobody is left to try."""


async def think_all(
    ctx: Context, task: str, inputs: Sequence[Plain], *, solvers: Iterable[str] = (), judge: Judge | None = None
) -> list[Plain]:
    """The accepted answers, in the order of the inputs.

    `solvers`: kinds in order of preference; (): the agent's. Raises: what the first that found no answer met.
    """
    items = [_Item(place, one) for place, one in enumerate(inputs)]
    kinds: list[Plain] = list(solvers)
    for _ in range(ATTEMPTS_MAX):
        waiting = [item for item in items if not item.done and not item.over]
        if not waiting:
            break
        for group in groups(waiting, WIDTH):
            answers = await Several(tuple(_request(task, item, kinds) for item in group))
            for item, answer in zip(group, answers, strict=True):
                ctx.note(answer)
                _take(item, answer)
        answered = [item for item in waiting if item.done]
        if judge is not None and answered:
            found = await judge([(item.place, item.value) for item in answered])
            for item, faults in zip(answered, found, strict=True):
                if faults:
                    item.done, item.faults = False, faults
    for item in items:
        if not item.done:
            _give_up(item, task)
    return [item.value for item in items]


def groups(items: Sequence[T], most: int) -> list[Sequence[T]]:
    """The items in order, so many at a time."""
    return [items[begin : begin + most] for begin in range(0, len(items), most)]


def _request(task: str, item: _Item, kinds: list[Plain]) -> Request:
    args: dict[str, Plain] = {"inputs": item.inputs, "tried": list(item.tried)}
    if item.faults:  # for a solver that learns from them
        args["faults"] = list(item.faults)
    if kinds:
        args["solvers"] = kinds
    return Request(kind="think", name=task, args=args)


def _take(item: _Item, answer: Answer) -> None:
    """What an answer means for its item. Raises: the refusal of a call that another solver would not change."""
    if answer.failure is None and not answer.faults:
        item.value, item.done = answer.value, True
        if answer.solver is not None:
            item.tried.append(answer.solver)
        else:
            item.over = True
        return
    item.failure = answer.failure
    if answer.solver is None:
        item.over = True
        return
    failure = answer.failure
    if failure is not None and failure.code.startswith("E3") and failure.code not in _OF_ONE_SOLVER:
        raise error_of(failure)
    item.tried.append(answer.solver)
    item.faults = answer.faults or (failure.what if failure else "",)
    item.refusal = failure if failure is not None and failure.code in _OF_ONE_SOLVER else None


def _give_up(item: _Item, task: str) -> None:
    if item.refusal is not None:
        raise error_of(item.refusal)
    if not item.tried and item.failure is not None:
        raise error_of(item.failure)
    raise UnacceptedError(f"no answer to {task} was accepted: {'; '.join(item.faults[:FAULTS_SHOWN])}")

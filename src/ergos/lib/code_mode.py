"""Code mode: a piece of Python that calls tools as functions, each call a call of its own through the door.

    ran = await run_code(ctx, "sum(ledger.read(month=m)['total'] for m in (6, 7))", tools=["ledger.read"])

A model writes ten calls as one program instead of ten turns; what the calls answer need not pass through its window.
The code runs in the tool `python.cell`, which knows no files and no network and gives every call back here; a tool
`files.read` is `files.read(...)` to the code, or `files_read(...)`. Code that contains `await` awaits its calls, and
what it gathers is asked for at once.

Rules: the code can do what the agent's grants allow and nothing else; a call that is denied or fails is an exception
inside the code (PermissionError, ValueError, TimeoutError, RuntimeError). It needs the grant
`may("act", "python.cell")` beside those of its tools.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import DeadlineError, ErgosError, RefusedError, ToolFailedError, UsageError
from ergos.kernel.models import ToolDefinition
from ergos.kernel.packages import Tool
from ergos.kernel.syscalls import Request
from ergos.lib.agent import Context
from ergos.lib.surroundings import Deferred

CELL: Final = "python.cell"
ROUNDS_MAX: Final = 1_000  # answers given to one piece of code; the tool itself ends it sooner
OUTPUT_CHARS_MAX: Final = 256 * 1024  # characters printed in all rounds that are kept
MESSAGE_CHARS_MAX: Final = 2_000  # characters of a failure told to the code


class Ran(msgspec.Struct, frozen=True):
    """What a piece of code came to."""

    value: Any
    """Of its last line; plain data."""
    stdout: str = ""
    calls: int = 0
    """Tool calls it made."""


async def run_code(
    ctx: Context,
    code: str,
    *,
    tools: Iterable[str | Tool | ToolDefinition] = (),
    inputs: Mapping[str, Plain] | None = None,
    key: str | None = None,
) -> Ran:
    """Run the code until its end, making the calls it asks for. `inputs`: variables it begins with.

    `key` names the first call of `python.cell`. Arguments without a name are taken in the order of the tool's schema,
    where the tool itself is given and not its name alone. Raises: ToolFailedError with the traceback when the code
    raised; DeniedError, SandboxMissingError, PortMissingError when it cannot be run at all.
    """
    orders = dict(_order(tool) for tool in tools)
    first: dict[str, Plain] = {"code": code, "inputs": dict(inputs or {}), "functions": [*sorted(orders)]}
    step = await _act(ctx, CELL, first, key)
    printed, made = str(step.get("stdout", "")), 0
    for _ in range(ROUNDS_MAX):
        if "raised" in step:
            raise ToolFailedError(f"the code raised: {step['raised']}", remedy="correct the code and run it again")
        if "calls" not in step:
            return Ran(step.get("done"), printed, made)
        calls = cast("list[dict[str, Any]]", step["calls"])
        made += len(calls)
        answers = await _answers(ctx, calls, orders)
        step = await _act(ctx, CELL, {"state": step["state"], "answers": {**answers}}, None)
        printed = (printed + str(step.get("stdout", "")))[:OUTPUT_CHARS_MAX]
    raise ToolFailedError(f"the code asked for more than {ROUNDS_MAX} rounds of calls", remedy="let it do less")


def _order(tool: str | Tool | ToolDefinition) -> tuple[str, tuple[str, ...]]:
    """A tool's name and its parameters in order, as far as they are known."""
    if isinstance(tool, str):
        return tool, ()
    if isinstance(tool, ToolDefinition):
        return tool.name, _parameters(tool.parameters)
    return tool.spec.name, _parameters(tool.spec.parameters)


def _parameters(schema: object) -> tuple[str, ...]:
    found = cast("dict[str, object]", schema).get("properties") if isinstance(schema, dict) else None
    return tuple(cast("dict[str, object]", found)) if isinstance(found, dict) else ()


async def _act(ctx: Context, tool: str, args: dict[str, Plain], key: str | None) -> dict[str, Any]:
    """One call, whatever its arguments are called. Raises: the ErgosError of its failure."""
    came = await _deferred(ctx, tool, args, key)
    if not isinstance(came, dict):
        raise ToolFailedError(f"{tool} answered with something that is no cell")
    return cast("dict[str, Any]", came)


def _deferred(ctx: Context, tool: str, args: dict[str, Plain], key: str | None = None) -> Deferred[Any]:
    # not `ctx.act`: a tool of somebody else's may have a parameter called `key`
    return Deferred(ctx, Request(kind="act", name=tool, args=args, key=key), lambda value: value)


async def _answers(
    ctx: Context, calls: list[dict[str, Any]], orders: dict[str, tuple[str, ...]]
) -> dict[str, dict[str, Plain]]:
    """By the number of a call, what came of it. All are made at once, as the code asked for them."""
    answers: dict[str, dict[str, Plain]] = {}
    made: list[tuple[str, Deferred[Any]]] = []
    for call in calls:
        args, wrong = _named(call, orders.get(call["name"], ()))
        if wrong:
            answers[call["id"]] = {"error": wrong, "kind": "ValueError"}
        else:
            made.append((call["id"], _deferred(ctx, call["name"], args)))
    came = await ctx.settled(*(deferred for _, deferred in made))
    for (number, _), value in zip(made, came, strict=True):
        answers[number] = _failure(value) if isinstance(value, ErgosError) else {"value": value}
    return answers


def _named(call: dict[str, Any], order: tuple[str, ...]) -> tuple[dict[str, Plain], str]:
    """The arguments by name, and what is wrong with them."""
    args, kwargs = cast("list[Plain]", call["args"]), cast("dict[str, Plain]", call["kwargs"])
    if len(args) > len(order):
        return {}, f"{call['name']} takes its arguments by name: {call['name']}(name=value)"
    named = dict(zip(order, args, strict=False))
    if twice := sorted(set(named) & set(kwargs)):
        return {}, f"{call['name']} was given {twice[0]} twice"
    return {**named, **kwargs}, ""


def _failure(error: ErgosError) -> dict[str, Plain]:
    kind = "RuntimeError"
    if isinstance(error, RefusedError):
        kind = "PermissionError"
    elif isinstance(error, UsageError):
        kind = "ValueError"
    elif isinstance(error, DeadlineError):
        kind = "TimeoutError"
    return {"error": str(error)[:MESSAGE_CHARS_MAX], "kind": kind}

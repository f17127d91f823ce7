"""Drives a program without a kernel: what it asks goes to a function, what that says comes back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError
from ergos.base.ids import Pid
from ergos.kernel.calls import Failure
from ergos.kernel.models import Reply, Text, ToolCall, Usage
from ergos.kernel.packages import Beginning, Definition, ToolSpec
from ergos.kernel.syscalls import Answer, Request
from ergos.lib.agent import Context

World = Callable[[Request], Answer]


def context(*, instructions: str = "", window_tokens: int = 0, tools: tuple[ToolSpec, ...] = ()) -> Context:
    definition = Definition(agent="a", program="a.py", instructions=instructions, window_tokens=window_tokens)
    return Context(
        Beginning(
            pid=Pid(1), turn=1, owner="alice", agent="a", parent=Pid(0), cause="start", now_ns=0, memory=None,
            definition=definition, tools=tools,
        )
    )  # fmt: skip


def drive(program: Coroutine[Any, Any, Any], world: World) -> Any:
    """What the program returns, or the exception it raises."""
    answers: tuple[Answer, ...] | None = None
    while True:
        try:
            asked = program.send(answers)
        except StopIteration as end:
            return end.value
        answers = tuple(world(request) for request in asked)


def said(text: str = "", *calls: ToolCall, stop: str = "stop", model: str = "scripted") -> Answer:
    """A model's reply as the kernel answers it."""
    parts = ((Text(text),) if text else ()) + calls
    reply = Reply(parts=parts, stop=stop, usage=Usage(input_tokens=7, output_tokens=3), model=model)  # type: ignore[arg-type]
    return Answer(plain(reply))


def failed(error: ErgosError, solver: str | None = None) -> Answer:
    return Answer(failure=Failure(error.code, error.what, error.what_to_do), solver=solver)


def plain(value: object) -> Plain:
    return msgspec.json.decode(msgspec.json.encode(value))

"""What surrounds a program in its turn, and how it waits for calls.

A program awaits `Deferred` calls, one or several at once; each awaiting hands the kernel requests and gets answers.

Rules: whatever a program learns here is the same at every replay; time passes only with answers; keys of calls are
unique within a turn.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from typing import Final, Generic, TypeVar

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.entropy import SeededEntropy
from ergos.base.error_tree import every_error
from ergos.base.errors import ErgosError, ProgramError
from ergos.base.limits import KEY_CHARS_MAX
from ergos.kernel.calls import CallKind, Failure
from ergos.kernel.packages import Beginning
from ergos.kernel.syscalls import Answer, Idle, Request, Yielded

T = TypeVar("T")

KEY_NUMBER_CHARS: Final = 8  # characters left in a key for '#' and a number
_BY_CODE: Final = {error.code: error for error in every_error()}


class Deferred(Generic[T]):
    """A system call, made when awaited; several at once with `ctx.all`."""

    def __init__(self, context: Surroundings, request: Request, convert: Callable[[Plain], T]) -> None:
        self.request: Final = request
        self._context: Final = context
        self._convert: Final = convert

    def __await__(self) -> Generator[Yielded, tuple[Answer, ...], T]:
        answers = yield (self.request,)
        return self.value(answers[0])

    def value(self, answer: Answer) -> T:
        """The answer as a value. Raises: the ErgosError of its failure."""
        self._context.note(answer)
        if answer.failure is not None:
            raise error_of(answer.failure)
        return self._convert(answer.value)


class Several:
    """Requests made at once, awaited together."""

    def __init__(self, requests: Yielded) -> None:
        self._requests: Final = requests

    def __await__(self) -> Generator[Yielded, tuple[Answer, ...], tuple[Answer, ...]]:
        return (yield self._requests)


async def several(calls: tuple[object, ...]) -> tuple[Answer, ...]:
    """The answers to several calls made at once. Raises: ProgramError for what is no call."""
    requests: list[Request] = []
    for call in calls:
        if isinstance(call, Deferred):
            requests.append(call.request)
        else:
            if inspect.iscoroutine(call):
                call.close()
            raise ProgramError(
                "`all` and `settled` take system calls that were not awaited yet; `think` is awaited by itself"
            )
    return await Several(tuple(requests)) if requests else ()


class Surroundings:
    """What is true in a turn without asking for it; the same at every replay."""

    def __init__(self, beginning: Beginning) -> None:
        self._beginning: Final = beginning
        self._now_ns = beginning.now_ns
        self._keys: Final[set[str]] = set()
        self.entropy: Final = SeededEntropy(beginning.chance)
        """Reproducible chance: `ctx.entropy.below(6, stream='dice')`."""

    @property
    def beginning(self) -> Beginning:
        """Pid, owner, agent, parent, cause, definition of this turn."""
        return self._beginning

    @property
    def memory(self) -> Plain:
        """What the last turn committed, or what the process was started with."""
        return self._beginning.memory

    @property
    def now_ns(self) -> int:
        """When the last answer was recorded, UTC nanoseconds; the same at every replay."""
        return self._now_ns

    def note(self, answer: Answer) -> None:
        """Let time pass to this answer."""
        self._now_ns = max(self._now_ns, answer.at_ns)

    def fresh_key(self, wanted: str) -> str:
        """A key for a call that no call of this turn has: the one wanted, or with a number behind it.

        For keys that others chose, a model's ids of its tool calls say: they may be long, empty, or used before.
        """
        stem = wanted[: KEY_CHARS_MAX - KEY_NUMBER_CHARS] or "call"
        key, number = stem, 1
        while key in self._keys:
            number += 1
            key = f"{stem}#{number}"
        return key

    def idle(self, memory: object = None, *, wake_in_s: float | None = None) -> Idle:
        """Return this to end the turn: the next message, or the time, begins another with this memory."""
        wake_at_ns = None if wake_in_s is None else self._now_ns + int(wake_in_s * SECOND)
        return Idle(msgspec.to_builtins(memory, str_keys=True), wake_at_ns)

    def _call(
        self,
        kind: CallKind,
        name: str,
        args: dict[str, Plain],
        convert: Callable[[Plain], T],
        *,
        key: str | None = None,
    ) -> Deferred[T]:
        if key is not None:
            self._keys.add(key)
        return Deferred(self, Request(kind=kind, name=name, args=args, key=key), convert)


def error_of(failure: Failure) -> ErgosError:
    """The exception a failure stands for."""
    return _BY_CODE.get(failure.code, ErgosError)(failure.what, remedy=failure.remedy or None)

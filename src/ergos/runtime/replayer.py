"""Drives an agent's coroutine through its open turn, from the journal where it already answered.

Rules: the coroutine is resumed by `send` only; what it yields are requests, nothing else; what the journal
answered is never done again; a program that asks for something else than the journal says has diverged.
This file performs nothing and writes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator, Mapping
from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain, decode
from ergos.base.errors import BoundError, DivergedError, ErgosError, LoopingError, ProgramError
from ergos.base.ids import Digest
from ergos.base.limits import CALLS_PARALLEL_MAX, CALLS_PER_TURN_MAX
from ergos.kernel.calls import Call, EffectClass
from ergos.kernel.history import Past, answer_seen
from ergos.kernel.labels import Label, join
from ergos.kernel.packages import Beginning, Definition, Package, Tool
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.policy import Proposal, leaves_text
from ergos.kernel.ports import Sink
from ergos.kernel.process import Wait
from ergos.kernel.rows import Watch
from ergos.kernel.supervisor import LoopBreaker
from ergos.kernel.syscalls import Answer, Idle, Request, diverged, packed_call
from ergos.kernel.values import Blob

READS_SHOWN: Final = 12  # what was read last before a call, as its owner is shown it
_GROUNDING: Final = frozenset({"act", "receive", "recall", "ask"})
"""Calls whose answers tell what somebody said; the others tell what became of the program's own doing."""


class Pending(msgspec.Struct):
    """A call asked for and not answered yet."""

    request: Request
    call: Call
    blobs: tuple[Blob, ...]
    past: Past | None
    """What the journal knows of it; None for a new call."""
    answer: Answer | None = None
    submitted: bool = False
    """An intent of this kernel's life is under way; it must not be handled twice."""
    sink: Sink | None = None
    """Takes the pieces of a stream as they come."""
    read: tuple[tuple[str, Plain, Label], ...] | None = None
    """What `recall` read: key, value, label."""
    armed: Mapping[str, Watch] | None = None
    """What `watch` found armed, by name."""


class Returned(msgspec.Struct, frozen=True):
    """The program's last word for this turn."""

    value: Idle | Plain


class OpenTurn:
    """The open turn of a process, whoever makes its calls."""

    def __init__(self, past: dict[str, Past], label: Label) -> None:
        self.past = past
        self.label = label
        """Join of what the turn has read so far."""
        self.said: Final = Said()
        """What its owner and trusted sources said in it."""
        self.tools: Mapping[str, Tool] = {}
        """What it may call, by name."""
        self.wrote = label.integrity == "untrusted"
        """Free text that nobody vouches for was written into something of the owner's, in it or before."""
        self.read: Final[deque[Call]] = deque(maxlen=READS_SHOWN)
        """The last calls whose answers nobody vouches for."""
        self.pending: dict[str, Pending] = {}

    @property
    def spawned(self) -> int:
        """Children spawned in this turn."""
        return 0

    def heard(self, pending: Pending) -> None:
        """The program has read an answer: whatever it does now may come from it."""
        call, answer = pending.call, pending.answer
        assert answer is not None, call.key
        tool = self.tools.get(call.name) if call.kind == "act" else None
        if tool is not None and not self.wrote and call.label.integrity == "untrusted":
            self.wrote = leaves_text(judged(pending, tool), self.said)
        self.label = join(self.label, answer.label)
        if answer.label.integrity == "untrusted" and answer.failure is None:
            self.read.append(call)
        if not answer.label.modelled and call.kind in _GROUNDING:
            named = tool.spec.named if tool is not None and answer.failure is None else ()
            self.said.hear(answer.value, answer.label.integrity, named)

    def written(self, but: Pending) -> bool:
        """Whether free text that nobody vouches for was written, or is being written beside this call."""
        return self.wrote or any(
            leaves_text(judged(other, self.tools.get(other.call.name)), self.said)
            for other in self.pending.values()
            if other is not but and other.call.kind == "act" and other.call.label.integrity == "untrusted"
        )

    def close(self) -> None:
        """Let go of it; the journal can bring it back."""


class Turn(OpenTurn):
    """One open turn of one process, live in memory."""

    def __init__(self, package: Package, beginning: Beginning, past: dict[str, Past], label: Label) -> None:
        super().__init__(past, label)
        self.tools = package.tools
        hear_owner(self.said, beginning.definition)
        if not label.modelled:
            self.said.hear(beginning.memory, label.integrity)
        self.package = package
        self._used: set[str] = set()
        self._unmatched: dict[str, None] = dict.fromkeys(past)
        self._coroutine = package.program(beginning)
        self._started = False

    @property
    def spawned(self) -> int:
        """Children spawned in this turn; those asked for and not answered yet do not count."""
        asked = sum(key.startswith("spawn:") for key in self._used)
        return asked - sum(p.call.kind == "spawn" and p.answer is None for p in self.pending.values())

    @property
    def calls(self) -> int:
        """Calls asked for so far."""
        return len(self._used)

    def resume(self) -> Returned | tuple[Request, ...]:
        """Send the answers of all pending calls; what the program does next.

        Raises: whatever the program raises; ProgramError if it awaits something that is no system call.
        """
        if not self._started:
            self._started = True
            return self._next(())
        answers: list[Answer] = []
        for pending in self.pending.values():
            assert pending.answer is not None, pending.call.key
            self.heard(pending)
            answers.append(pending.answer)
        self.pending = {}
        return self._next(tuple(answers))

    def ask(
        self,
        requests: tuple[Request, ...],
        effects: dict[int, EffectClass],
        tools: dict[int, Digest],
        known: Container[Digest],
    ) -> None:
        """Make the requests pending, each matched with what the journal knows of it.

        `effects` and `tools` hold, by position, the effect class (default pure) and tool digest.
        Raises: DivergedError, BoundError, and the errors of arguments that are not plain.
        """
        if len(requests) > CALLS_PARALLEL_MAX:
            raise BoundError(f"{len(requests)} calls at once; at most {CALLS_PARALLEL_MAX} are possible")
        if len(self._used) + len(requests) > CALLS_PER_TURN_MAX:
            raise BoundError(
                f"more than {CALLS_PER_TURN_MAX:,} calls in one turn",
                remedy="end the turn with `return ctx.idle(memory)` and go on in the next",
            )
        for number, request in enumerate(requests):
            packing = packed_call(
                request,
                self._used,
                known,
                effect=effects.get(number, "pure"),
                tool=tools.get(number),
                label=join(request.label, self.label),
            )
            key = packing.call.key
            self._used.add(key)
            past = self.past.get(key)
            if past is not None:
                if past.call.content != packing.call.content:
                    raise diverged(past.call, packing.call)
                self._unmatched.pop(key, None)
            self.pending[key] = Pending(request, packing.call, packing.blobs, past)
        new = next((pending for pending in self.pending.values() if pending.past is None), None)
        if new is not None and self._unmatched:
            raise diverged(self.past[next(iter(self._unmatched))].call, new.call)

    def check_ended(self) -> None:
        """A turn may only end when everything the journal knows was asked for. Raises: DivergedError."""
        if self._unmatched:
            call = self.past[next(iter(self._unmatched))].call
            raise DivergedError(
                f"the journal says {call.kind} {call.name!r} (key {call.key}), the program ended its turn",
            )

    def close(self) -> None:
        """Let go of the coroutine; its `finally` blocks run, but cannot call."""
        try:
            self._coroutine.close()
        except (RuntimeError, ErgosError):
            pass  # a program that swallows its own end is ended all the same

    def _next(self, answers: tuple[Answer, ...]) -> Returned | tuple[Request, ...]:
        try:
            yielded = self._coroutine.send(answers or cast("tuple[Answer, ...]", None))
        except StopIteration as stop:
            return Returned(stop.value)
        # What a program yields is whatever its author awaited; that it is a system call is not to be believed.
        believed = cast("object", yielded)
        requests = cast("tuple[object, ...]", believed) if isinstance(believed, tuple) else (believed,)
        if not all(isinstance(request, Request) for request in requests):
            raise ProgramError(
                f"an agent's program awaited {type(yielded).__name__}, which is not a system call",
                remedy="put input and output into a tool and call it with `await ctx.act(...)`",
            )
        return cast("tuple[Request, ...]", requests)


def hear_owner(said: Said, definition: Definition) -> None:
    """What an owner said in starting an agent: its instructions, settings and command, and the words of its grants."""
    said.hear_owner(lambda: _starting_words(definition))


def _starting_words(definition: Definition) -> Iterator[Plain]:
    yield definition.instructions
    yield decode(bytes(definition.settings))
    for grant in definition.grants:
        yield grant.words
        for matcher in (grant.args or {}).values():
            yield list(matcher.values)


def judged(
    pending: Pending,
    tool: Tool | None,
    *,
    agent: str = "",
    name: str = "",
    args: dict[str, Plain] | None = None,
    wrote: bool = False,
) -> Proposal:
    """A call as the policy judges it; `args` and `name` stand for it where it sees others than the program gave."""
    call = pending.call
    return Proposal(
        agent=agent,
        verb=call.kind,
        name=name or call.name,
        args=pending.request.args if args is None else args,
        label=call.label,
        reach="read" if tool is None else tool.spec.goes,
        roles={} if tool is None else tool.spec.roles,
        modelled=call.label.modelled,
        wrote=wrote,
    )


def effects_of(package: Package, asked: tuple[Request, ...]) -> tuple[dict[int, EffectClass], dict[int, Digest]]:
    """Effect class and tool digest by position, of those requests that name a tool the agent has."""
    effects: dict[int, EffectClass] = {}
    tools: dict[int, Digest] = {}
    for number, request in enumerate(asked):
        if request.kind == "act" and (tool := package.tools.get(request.name)) is not None:
            effects[number], tools[number] = tool.spec.effect, tool.digest
    return effects, tools


def check_loop(turn: OpenTurn, breaker: LoopBreaker) -> None:
    """Count the answers a program is about to be sent. Raises: LoopingError."""
    for pending in turn.pending.values():
        result = pending.past.result if pending.past is not None else None
        if breaker.looping(pending.call.content, answer_seen(result)):
            raise LoopingError(
                f"{pending.call.kind} {pending.call.name!r} was called with the same arguments and answered in the "
                "same way too often in a row",
            )


def waiting_for(turn: OpenTurn) -> tuple[Wait, int | None]:
    """What the unanswered calls of a turn wait for (the last of them), and the earliest time one is due."""
    waits: Wait = "mail"
    due: list[int] = []
    for pending in turn.pending.values():
        if pending.answer is None:
            waits, until = _wait_of(pending)
            if isinstance(until, int):
                due.append(until)
    return waits, min(due, default=None)


def concerns(turn: OpenTurn, cause: Wait) -> bool:
    """Whether an unanswered call of the turn may be answered now that this has happened."""
    return any(pending.answer is None and _wait_of(pending)[0] == cause for pending in turn.pending.values())


def _wait_of(pending: Pending) -> tuple[Wait, Plain]:
    args = pending.request.args
    match pending.call.kind:
        case "receive":
            return "mail", args.get("until_ns")
        case "sleep_until":
            return "timer", args.get("at_ns")
        case "wait":
            return "child", None
        case _:
            asked = pending.past.asked if pending.past is not None else None
            return "owner", asked.expires_ns if asked is not None else None

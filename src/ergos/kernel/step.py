"""One process, one event, one step: `step(process, event) -> (process, effects)`.

The heart of the kernel as a pure function: what a process becomes and what the runtime has to do about it.
The runtime feeds events in, writes the records it is told to write, and never changes a process itself.

Rules: total over the transition table (an impossible event raises IllegalTransitionError and changes
nothing); deterministic; no I/O. Effects are in order; records first, so that what is done was written.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import msgspec

from ergos.base.ids import Digest
from ergos.kernel.calls import Failure, SignalName
from ergos.kernel.events import Body, Committed, Doubted, Exited, Restarted, Signalled, Woken
from ergos.kernel.labels import USER, Label
from ergos.kernel.process import ENDED, Cause, Process, State, Wait, moved
from ergos.kernel.supervisor import GiveUp, Supervision, react
from ergos.kernel.values import NULL, Packed

# What can happen


class Activate(msgspec.Struct, frozen=True):
    """There is room: the program starts or goes on."""


class Suspend(msgspec.Struct, frozen=True):
    """The program waits within its turn for mail, a time, its owner or a child."""

    waits: Wait
    wake_at_ns: int | None = None


class EndTurn(msgspec.Struct, frozen=True):
    """The program returned Idle."""

    memory: Packed
    wake_at_ns: int | None
    label: Label


class Finish(msgspec.Struct, frozen=True):
    """The program returned its outcome."""

    outcome: Packed
    label: Label = USER


class Crash(msgspec.Struct, frozen=True):
    """The program raised."""

    failure: Failure
    supervision: Supervision
    now_ns: int
    label: Label | None = None
    """Of what it raised, which may say what it had read; None: that of its memory."""


class Fail(msgspec.Struct, frozen=True):
    """No restart can help: divergence, a loop, a missing program."""

    failure: Failure
    label: Label | None = None
    """As of a crash."""


class Wake(msgspec.Struct, frozen=True):
    """What the process waits for is there. `definition` moves a new turn to that version of the agent."""

    cause: Literal["mail", "timer", "owner", "child"]
    definition: Digest | None = None


class Doubt(msgspec.Struct, frozen=True):
    """A call is in doubt."""

    record: Doubted


class Resolve(msgspec.Struct, frozen=True):
    """The last call in doubt was decided."""


class Signal(msgspec.Struct, frozen=True):
    """A signal was sent."""

    name: SignalName
    by: str


Event: TypeAlias = Activate | Suspend | EndTurn | Finish | Crash | Fail | Wake | Doubt | Resolve | Signal

# What to do about it


class Write(msgspec.Struct, frozen=True):
    """Append this record for the process."""

    body: Body


class Store(msgspec.Struct, frozen=True):
    """Store the process as it is now, together with the records."""


class Queue(msgspec.Struct, frozen=True):
    """Activate it when there is room, not before `after_ns` has passed."""

    after_ns: int = 0


class Drop(msgspec.Struct, frozen=True):
    """Forget its coroutine; the journal can bring it back."""


class Withdraw(msgspec.Struct, frozen=True):
    """Cancel its calls that can be cancelled without doubt."""


class Announce(msgspec.Struct, frozen=True):
    """Tell its parent and everyone who waits for it that it ended."""


Effect: TypeAlias = Write | Store | Queue | Drop | Withdraw | Announce


class Step(NamedTuple):
    """The process after an event, and the effects in order."""

    process: Process
    effects: tuple[Effect, ...]


def step(process: Process, event: Event) -> Step:
    """What becomes of the process and what has to be done.

    Raises: IllegalTransitionError; then nothing has changed.
    """
    match event:
        case Activate():
            return Step(_with(process, state=moved(process, Cause.ACTIVATE)), ())
        case Suspend(waits, wake_at_ns):
            after = _with(process, state=moved(process, Cause.WAIT), waits=waits, wake_at_ns=wake_at_ns)
            return Step(after, (Store(),))
        case EndTurn():
            return _end_turn(process, event)
        case Finish(outcome, label):
            return _end(process, Cause.EXIT, Exited("done", outcome), label)
        case Fail(failure, label):
            return _end(process, Cause.FAIL, Exited("failed", NULL, failure), label)
        case Crash():
            return _crash(process, event)
        case Wake():
            return _wake(process, event)
        case Doubt(record):
            after = _with(process, state=moved(process, Cause.DOUBT), waits="owner", wake_at_ns=None)
            return Step(after, (Write(record), Store(), Drop()))
        case Resolve():
            after = _with(process, state=moved(process, Cause.RESOLVE), waits="")
            return Step(after, (Store(), Queue()))
        case Signal():
            return _signal(process, event)


def _end_turn(process: Process, event: EndTurn) -> Step:
    after = _with(
        process,
        state=moved(process, Cause.WAIT),
        waits="mail",
        wake_at_ns=event.wake_at_ns,
        memory=event.memory,
        turn_open=False,
        restarts=(),
        label=event.label,
    )
    return Step(after, (Write(Committed(event.memory, event.wake_at_ns)), Store(), Drop()))


def _end(process: Process, cause: Cause, record: Exited, label: Label | None = None) -> Step:
    after = _with(
        process,
        state=moved(process, cause),
        waits="",
        wake_at_ns=None,
        turn_open=False,
        outcome=record.outcome,
        failure=record.failure,
        label=label or process.label,
    )
    return Step(after, (Write(record), Store(), Withdraw(), Drop(), Announce()))


def _crash(process: Process, event: Crash) -> Step:
    reaction = react(event.supervision, process.restarts, event.now_ns)
    if isinstance(reaction, GiveUp):
        failure = msgspec.structs.replace(event.failure, what=f"{event.failure.what}; {reaction.why}")
        return _end(process, Cause.FAIL, Exited("failed", NULL, failure), event.label)
    after = _with(process, state=moved(process, Cause.CRASH), restarts=reaction.history)
    return Step(after, (Write(Restarted(event.failure, reaction.after_ns)), Store(), Drop(), Queue(reaction.after_ns)))


def _wake(process: Process, event: Wake) -> Step:
    state = moved(process, Cause.WAKE)
    if process.turn_open:
        return Step(_with(process, state=state, waits="", wake_at_ns=None), (Store(), Queue()))
    after = _with(
        process,
        state=state,
        waits="",
        wake_at_ns=None,
        turn=process.turn + 1,
        turn_open=True,
        definition=event.definition or process.definition,
    )
    cause = "start" if after.turn == 1 else ("timer" if event.cause == "timer" else "mail")
    return Step(after, (Write(Woken(cause, event.definition)), Store(), Queue()))


def _signal(process: Process, event: Signal) -> Step:
    record = Write(Signalled(event.name, event.by))
    match event.name:
        case "pause":
            after = _with(process, state=moved(process, Cause.PAUSE), waits="", wake_at_ns=process.wake_at_ns)
            return Step(after, (record, Store(), Drop()))
        case "resume":
            return _resume(process, record)
        case "stop" | "kill":
            ended = _end(process, Cause.KILL, Exited("killed", NULL, Failure("E300", f"{event.name} by {event.by}")))
            return Step(ended.process, (record, *ended.effects))


def _resume(process: Process, record: Write) -> Step:
    """An open turn goes on; a process between turns idles as before and is woken by what is due."""
    state = moved(process, Cause.RESUME)
    if process.turn_open:
        return Step(_with(process, state=state), (record, Store(), Queue()))
    return Step(_with(process, state=State.WAITING, waits="mail"), (record, Store()))


def _with(process: Process, **changes: object) -> Process:
    assert process.state not in ENDED, (process.pid, process.state)
    return msgspec.structs.replace(process, **changes)

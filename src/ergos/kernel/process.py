"""The process: its record and its one table of transitions.

A process is an instance of an agent's program with a pid, an owner, grants, an account, a mailbox and its
part of the journal. It lives in turns: something wakes it, it makes calls, it commits a plain-data memory,
it idles. Idle or waiting, it is a row; only the open turn is ever replayed.

Rules: `TRANSITIONS` is everything that can happen to a state; what is absent is an error; the table in the
documentation is generated from it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

import msgspec

from ergos.base.errors import IllegalTransitionError
from ergos.base.ids import Digest, Pid
from ergos.kernel.calls import Failure
from ergos.kernel.labels import USER, Label
from ergos.kernel.values import NULL, Packed


class State(StrEnum):
    """Where a process stands."""

    READY = "ready"
    """Will run as soon as there is room."""
    RUNNING = "running"
    """Its program is computing, or calls of it are under way."""
    WAITING = "waiting"
    """For mail, a time, a person or a child; needs no memory."""
    PAUSED = "paused"
    """Told to pause; mail and answers are kept."""
    PARKED = "parked"
    """A call is in doubt; its owner decides."""
    DONE = "done"
    FAILED = "failed"
    KILLED = "killed"


class Cause(StrEnum):
    """What moves a process."""

    ACTIVATE = "activate"
    WAIT = "wait"
    WAKE = "wake"
    PAUSE = "pause"
    RESUME = "resume"
    DOUBT = "doubt"
    RESOLVE = "resolve"
    CRASH = "crash"
    EXIT = "exit"
    FAIL = "fail"
    KILL = "kill"


TRANSITIONS: Final[dict[tuple[State, Cause], State]] = {
    (State.READY, Cause.ACTIVATE): State.RUNNING,
    (State.READY, Cause.PAUSE): State.PAUSED,
    (State.READY, Cause.FAIL): State.FAILED,
    (State.READY, Cause.KILL): State.KILLED,
    (State.RUNNING, Cause.WAIT): State.WAITING,
    (State.RUNNING, Cause.PAUSE): State.PAUSED,
    (State.RUNNING, Cause.DOUBT): State.PARKED,
    (State.RUNNING, Cause.CRASH): State.READY,
    (State.RUNNING, Cause.EXIT): State.DONE,
    (State.RUNNING, Cause.FAIL): State.FAILED,
    (State.RUNNING, Cause.KILL): State.KILLED,
    (State.WAITING, Cause.WAKE): State.READY,
    (State.WAITING, Cause.PAUSE): State.PAUSED,
    (State.WAITING, Cause.FAIL): State.FAILED,
    (State.WAITING, Cause.KILL): State.KILLED,
    (State.PAUSED, Cause.RESUME): State.READY,
    (State.PAUSED, Cause.KILL): State.KILLED,
    (State.PARKED, Cause.RESOLVE): State.READY,
    (State.PARKED, Cause.KILL): State.KILLED,
}

ENDED: Final = frozenset({State.DONE, State.FAILED, State.KILLED})

Wait = Literal["", "mail", "timer", "owner", "child", "program"]
"""What a waiting process waits for; a wait for mail or a child may also have a time. `program`: for its foreign program
to ask something."""


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One process, as it stands in the store."""

    pid: Pid
    owner: str
    agent: str
    definition: Digest
    parent: Pid
    depth: int
    """Generations from a process an owner started."""
    state: State
    turn: int = 0
    """Turns begun; the open turn if `turn_open`."""
    turn_open: bool = False
    waits: Wait = ""
    wake_at_ns: int | None = None
    memory: Packed = NULL
    """Plain data committed at the end of the last turn."""
    restarts: tuple[int, ...] = ()
    """When it was restarted within the supervision period, nanoseconds."""
    label: Label = USER
    """Join of everything it has read in committed turns."""
    outcome: Packed = NULL
    failure: Failure | None = None


def moved(process: Process, cause: Cause) -> State:
    """The state after `cause`.

    Raises: IllegalTransitionError if the table has no such row.
    """
    after = TRANSITIONS.get((process.state, cause))
    if after is None:
        raise IllegalTransitionError(f"process {process.pid} is {process.state}; it cannot {cause}")
    return after

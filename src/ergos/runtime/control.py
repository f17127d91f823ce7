"""What can be asked of a running kernel, and what it answers: typed requests and replies.

Faces in other processes send them through the control socket; a command that holds the store itself performs
them directly. So there is one list of what can be asked.

Rules: typed records, nothing is done here; `operations` performs them.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec

from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.calls import Failure, SignalName, Verdict
from ergos.kernel.egress import EgressRecord
from ergos.kernel.permission.grants import Grant
from ergos.kernel.process import State
from ergos.kernel.scheduler.wants import GridView

LONG_POLL_S: Final = 25  # seconds an `end_of` is kept open, so that clients that went away are noticed
# Requests. Values are `Any` because the decoder knows no recursive types; what JSON gives is plain.


class Request(msgspec.Struct, frozen=True, tag_field="op", kw_only=True, forbid_unknown_fields=True):
    """Any request."""


class StatusOf(Request, frozen=True, tag="status"):
    """How the kernel is."""


class Spawn(Request, frozen=True, tag="spawn"):
    """Start a process of the agent at a path."""

    path: str
    """Absolute."""
    owner: str
    settings: dict[str, Any] = {}
    memory: Any = None
    owners_word: bool = True
    """The memory is what the owner says; else it is a stranger's word."""


class EndOf(Request, frozen=True, tag="end_of"):
    """Wait until a process has ended, at most so long; then the answer says that it has not."""

    pid: Pid
    within_s: float = LONG_POLL_S
    or_halted: bool = False
    """Answer at once when STOP is pressed, too."""


class Processes(Request, frozen=True, tag="processes"):
    """What is in the kernel's memory, with calls under way."""


class Scheduling(Request, frozen=True, tag="scheduling"):
    """What waits and runs in the scheduler, by owner, endpoint and queue."""


class Signal(Request, frozen=True, tag="signal"):
    """Pause, resume, stop or kill."""

    pid: Pid
    name: SignalName
    by: str


class Answer(Request, frozen=True, tag="answer"):
    """Answer an inbox item."""

    number: int
    verdict: Verdict
    by: str
    value: Any = None


class Seen(Request, frozen=True, tag="seen"):
    """An owner has looked at what was delivered, up to this record of the journal."""

    owner: str
    until: int


class Halt(Request, frozen=True, tag="halt"):
    """STOP (on), or lift it."""

    on: bool
    by: str


class Send(Request, frozen=True, tag="send"):
    """Put a message of the owner, or of somebody who acts for them, into a mailbox."""

    pid: Pid
    body: Any
    owners_word: bool = True
    """It is what the owner says; else it is a stranger's word."""


class Confirm(Request, frozen=True, tag="grant"):
    """An owner confirms a grant."""

    owner: str
    grant: Grant
    by: str


class Revoke(Request, frozen=True, tag="revoke"):
    """An owner takes a grant back."""

    owner: str
    grant: str
    """Its id."""
    by: str


class Pin(Request, frozen=True, tag="pin"):
    """An owner approves definitions of tools as they are."""

    name: str
    digest: str
    """'' takes the approval back."""
    definitions: Any
    by: str


class Look(Request, frozen=True, tag="look"):
    """What a server of tools offers now."""

    server: str


class LogOf(Request, frozen=True, tag="log"):
    """The last lines a server of tools wrote that are no messages."""

    server: str


class Enter(Request, frozen=True, tag="enter"):
    """Start a process for a foreign program, or let one come back into its process (`pid`)."""

    owner: str
    name: str = ""
    resumable: bool = True
    """It may be started again and then asks again what it asked; else it goes on for ever, one for each name."""
    command: tuple[str, ...] = ()
    folder: str = ""
    models: tuple[str, ...] = ()
    """Models it may call; empty: all."""
    tools: tuple[str, ...] = ()
    """Tools it may call; names, or prefixes such as 'files.*'."""
    budget: Amount | None = None
    """Ceiling of the process; a negative part means none."""
    pid: Pid | None = None


class Report(Request, frozen=True, tag="report"):
    """What a confined program asked of another machine, to be journaled."""

    pid: Pid
    record: EgressRecord


class Leave(Request, frozen=True, tag="leave"):
    """A foreign program has gone: done (exit status 0), or not; then its process waits for it to be started again."""

    pid: Pid
    life: int
    status: int


class Sign(Request, frozen=True, tag="checkpoint"):
    """Sign what was written since the last checkpoint."""


class Stop(Request, frozen=True, tag="stop"):
    """End the kernel gracefully."""


AnyRequest: TypeAlias = (
    StatusOf
    | Spawn
    | EndOf
    | Processes
    | Scheduling
    | Signal
    | Answer
    | Seen
    | Halt
    | Send
    | Confirm
    | Revoke
    | Pin
    | Look
    | LogOf
    | Enter
    | Leave
    | Report
    | Sign
    | Stop
)

# Answers


class Reply(msgspec.Struct, frozen=True, tag_field="answer", kw_only=True):
    """Any answer."""


class Refusal(Reply, frozen=True, tag="error"):
    """An ErgosError."""

    code: str
    what: str
    remedy: str


class Fine(Reply, frozen=True, tag="ok"):
    """Done, durably; the process concerned, or 0."""

    pid: Pid = Pid(0)
    notes: tuple[str, ...] = ()
    """What the owner should know about it."""


class Told(Reply, frozen=True, tag="told"):
    """Plain data: an offer, or lines."""

    value: Any = None


class Entered(Reply, frozen=True, tag="entered"):
    """A foreign program may come in."""

    pid: Pid
    life: int
    token: str
    url: str
    """Where the door is: http://127.0.0.1:PORT"""
    command: tuple[str, ...] = ()
    folder: str = ""
    notes: tuple[str, ...] = ()
    """What the owner should know about it."""


class Standing(Reply, frozen=True, tag="process"):
    """Where a process stands; its outcome is in the store."""

    pid: Pid
    state: State
    ended: bool
    failure: Failure | None = None
    halted: bool = False
    """STOP is in force."""


class LiveProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process in memory."""

    pid: Pid
    parent: Pid
    owner: str
    agent: str
    state: State
    turn: int
    waits: str = ""
    wake_at_ns: int | None = None
    calls: tuple[str, ...] = ()
    """Calls of its open turn that are not answered yet: 'act weather'."""


class Live(Reply, frozen=True, tag="processes"):
    """The live view."""

    halted: bool
    processes: tuple[LiveProcess, ...]


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """How one queue of tools stands."""

    queue: str
    running: int
    waiting: int
    concurrency: int
    """Calls it runs at once."""


class Schedule(Reply, frozen=True, tag="schedule"):
    """How the scheduler stands."""

    models: GridView
    """Calls of models."""
    tools: tuple[QueueView, ...]
    """Calls of tools, by queue, once something ran there."""


class Status(Reply, frozen=True, tag="status"):
    """How a kernel is."""

    version: str
    host: str
    os_pid: int
    started_ns: int
    now_ns: int
    store: str
    records: int
    halted: bool
    states: dict[str, int]
    """Processes in memory by state."""
    flying: int
    """Calls being performed or queued."""
    public_key: str = ""
    door: str = ""
    """URL of the door for foreign programs; '' while it is shut."""
    fault: str = ""


class Signed(Reply, frozen=True, tag="checkpoint"):
    """The checkpoint that was made; seq 0 if there was nothing new."""

    seq: int = 0


AnyReply: TypeAlias = Refusal | Fine | Told | Entered | Standing | Live | Schedule | Status | Signed

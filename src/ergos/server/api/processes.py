"""Operations on processes: list, start, look, wait, signal, write to.

Not reachable here on purpose: replaying a process. It drives an agent's program again, which may compute for as long as
it likes; `ergos replay` does that in a process of its own, beside the kernel and not within it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final, Literal, cast

import msgspec

from ergos.app.catalogue import moment
from ergos.app.views.own import ProcessRow, Standing
from ergos.base.errors import UnknownPathError, UsageError
from ergos.base.ids import Pid
from ergos.kernel.calls import SignalName
from ergos.kernel.process import ENDED
from ergos.runtime.control import LONG_POLL_S, EndOf, Fine, Send, Signal, Spawn
from ergos.runtime.control import Standing as Stands
from ergos.server.api.operation import BASE, Answered, Asked, Link, Operation
from ergos.server.api.shapes import (
    ROWS,
    Count,
    Fault,
    Micro,
    Moment,
    Name,
    OfProcess,
    Page,
    PidNumber,
    Plain,
    Said,
    at,
    fault,
)

State = Literal["ready", "running", "waiting", "paused", "parked", "done", "failed", "killed"]
PATH_CHARS_MAX: Final = 4_096  # characters of a path; Linux takes no more


class ListProcesses(Page, frozen=True):
    """Which processes."""

    standing: Standing = "live"
    agent: Annotated[str, msgspec.Meta(max_length=100, description="Only of this agent.")] = ""
    text: Annotated[str, msgspec.Meta(max_length=100, description="Part of an agent's name, or a pid.")] = ""


class ProcessInList(msgspec.Struct, frozen=True, kw_only=True):
    """A process in a list."""

    pid: PidNumber
    agent: str
    definition: str
    parent: Count
    state: State
    waits: str
    turn: Count
    started: Moment
    moved: Moment
    ended: Moment | None
    microusd: Micro
    tokens: Count
    calls: Count
    verified: bool
    fault: str


class ProcessList(msgspec.Struct, frozen=True, kw_only=True):
    """Processes, the newest first."""

    processes: tuple[ProcessInList, ...]
    next: PidNumber | None
    """`before` of the next page; null: this is the last one."""


class Start(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to start."""

    agent: Name
    """Name of an agent's folder in HOME/agents."""
    settings: dict[str, Any] = {}
    """Settings of the agent."""
    memory: Plain = None
    """What it begins with."""


class StartPath(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to start, by its place on the machine."""

    path: Annotated[str, msgspec.Meta(min_length=1, max_length=PATH_CHARS_MAX, pattern="^/[^\\u0000]*$")]
    """Absolute path of a folder with AGENT.md or of a Python file."""
    settings: dict[str, Any] = {}
    memory: Plain = None


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A process that was started, durably."""

    pid: PidNumber
    notes: tuple[str, ...] = ()
    """What the owner should know about it."""


class ProcessShown(msgspec.Struct, frozen=True, kw_only=True):
    """One process."""

    pid: PidNumber
    agent: str
    definition: str
    parent: Count
    state: State
    waits: str
    wakes: Moment | None
    turn: Count
    turn_open: bool
    unread: Count
    outcome: Plain
    failure: Fault | None


class Wait(OfProcess, frozen=True):
    """How long to wait."""

    within_s: Annotated[int, msgspec.Meta(ge=0, le=LONG_POLL_S, description="Seconds to wait at most.")] = LONG_POLL_S


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Where a process stands after the wait."""

    pid: PidNumber
    state: State
    ended: bool
    failure: Fault | None
    halted: bool
    """STOP is in force."""


class SignalIt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to tell it."""

    signal: SignalName


class Letter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message from the owner."""

    body: Plain


class Children(msgspec.Struct, frozen=True, kw_only=True):
    """Processes it started."""

    children: tuple[ProcessShown, ...]


async def listed(asked: Asked, takes: ListProcesses, _: None) -> ProcessList:
    """Processes of the owner."""
    rows = await asked.seat.views.processes(
        takes.standing,
        agent=takes.agent,
        text=takes.text,
        before=Pid(takes.before) if takes.before else None,
        limit=takes.limit,
    )
    following = int(rows[-1].pid) if len(rows) == takes.limit else None
    return ProcessList(processes=tuple(_row(row) for row in rows), next=following)


def _row(row: ProcessRow) -> ProcessInList:
    return ProcessInList(
        pid=row.pid,
        agent=row.agent,
        definition=row.definition,
        parent=row.parent,
        state=cast("State", row.state),
        waits=row.waits,
        turn=row.turn,
        started=moment(row.started_ns),
        moved=moment(row.moved_ns),
        ended=at(row.ended_ns),
        microusd=row.microusd,
        tokens=row.tokens,
        calls=row.calls,
        verified=row.verified,
        fault=row.fault,
    )


async def start(asked: Asked, _: object, body: Start) -> Answered:
    """Start an agent of this home."""
    folder = asked.seat.home.folder / "agents" / body.agent
    if not folder.is_dir():
        raise UnknownPathError(
            f"there is no agent {body.agent!r} in this home", remedy="POST /agents makes one of words"
        )
    return await _started(asked, folder, body.settings, body.memory)


async def start_path(asked: Asked, _: object, body: StartPath) -> Answered:
    """Start an agent by its place."""
    path = Path(body.path)
    if not await asyncio.to_thread(_is_agent, path):  # else any folder would be searched for code
        raise UsageError(f"no agent is at {body.path[:200]}", remedy="name a folder with AGENT.md, or a Python file")
    return await _started(asked, path, body.settings, body.memory)


def _is_agent(path: Path) -> bool:
    """Whether an agent stands there. Blocks."""
    try:
        return (path / "AGENT.md").is_file() or (path.suffix == ".py" and path.is_file())
    except OSError:
        return False


async def _started(asked: Asked, path: Path, settings: dict[str, Any], memory: object) -> Answered:
    request = Spawn(path=str(path), owner=asked.seat.principal.owner, settings=settings, memory=memory)
    reply = cast("Fine", await asked.seat.perform(request))
    made = Started(pid=reply.pid, notes=reply.notes)
    return Answered(body=made, headers={"location": f"{BASE}/processes/{reply.pid}"})


async def shown(asked: Asked, takes: OfProcess, _: None) -> ProcessShown:
    """One process."""
    return await _shown(asked, Pid(takes.pid))


async def _shown(asked: Asked, pid: Pid) -> ProcessShown:
    found = await asked.seat.process(pid)
    process = found.process
    return ProcessShown(
        pid=process.pid,
        agent=process.agent,
        definition=process.definition,
        parent=process.parent,
        state=process.state.value,
        waits=process.waits,
        wakes=at(process.wake_at_ns),
        turn=process.turn,
        turn_open=process.turn_open,
        unread=len(found.mail),
        outcome=await asked.seat.value(process.outcome),
        failure=fault(process.failure),
    )


async def children(asked: Asked, takes: OfProcess, _: None) -> Children:
    """Processes it started."""
    found = await asked.seat.children(Pid(takes.pid))
    return Children(children=tuple([await _shown(asked, child.pid) for child in found[:ROWS]]))


async def wait(asked: Asked, takes: Wait, _: None) -> Ends:
    """Wait until it has ended, or the time is over; a process that asks about itself is told at once."""
    request = EndOf(pid=Pid(takes.pid), within_s=float(takes.within_s), or_halted=True)
    if asked.seat.principal.role == "agent":
        found = await asked.seat.process(Pid(takes.pid))
        process = found.process
        return Ends(
            pid=takes.pid, state=process.state.value, ended=process.state in ENDED,
            failure=fault(process.failure), halted=False,
        )  # fmt: skip
    return _ends(cast("Stands", await asked.seat.perform(request)))


def _ends(reply: Stands) -> Ends:
    return Ends(
        pid=reply.pid,
        state=reply.state.value,
        ended=reply.ended,
        failure=fault(reply.failure),
        halted=reply.halted,
    )


async def signal(asked: Asked, takes: OfProcess, body: SignalIt) -> Ends:
    """Pause, resume, stop or kill it."""
    request = Signal(pid=Pid(takes.pid), name=body.signal, by=asked.seat.principal.name)
    return _ends(cast("Stands", await asked.seat.perform(request)))


async def send(asked: Asked, takes: OfProcess, body: Letter) -> Said:
    """Put a message into its mailbox."""
    reply = cast("Fine", await asked.seat.perform(Send(pid=Pid(takes.pid), body=body.body)))
    return Said(notes=reply.notes)


_OTHERS: Final = (
    Link(to="getProcess", parameter="pid", pointer="/pid"),
    Link(to="listRecords", parameter="pid", pointer="/pid"),
    Link(to="signalProcess", parameter="pid", pointer="/pid"),
    Link(to="sendMail", parameter="pid", pointer="/pid"),
    Link(to="waitForProcess", parameter="pid", pointer="/pid"),
)

OPERATIONS: Final = (
    Operation(
        id="listProcesses", method="GET", path="/processes", tag="processes", run=listed, takes=ListProcesses,
        reply=ProcessList, summary="List processes, the newest first.",
        links=(Link(to="getProcess", parameter="pid", pointer="/processes/0/pid"),),
    ),
    Operation(
        id="startProcess", method="POST", path="/processes", tag="processes", run=start, body=Start, reply=Started,
        status=201, role="operator", once=True, refuses=(404, 409, 502, 504),
        summary="Start a process of an agent of this home.", example={"agent": "watcher"}, links=_OTHERS,
    ),
    Operation(
        id="startProcessAt", method="POST", path="/processes/at", tag="processes", run=start_path, body=StartPath,
        reply=Started, status=201, role="operator", keeper=True, once=True, refuses=(409, 502, 504),
        summary="Start a process of the agent at a path of this machine.", links=_OTHERS,
        says="An agent's folder may hold code that runs in the kernel: only the keeper names folders of the machine.",
        example={"path": "/srv/agents/watcher"},
    ),
    Operation(
        id="getProcess", method="GET", path="/processes/{pid}", tag="processes", run=shown, takes=OfProcess,
        reply=ProcessShown, agents=True, refuses=(404,), summary="Show one process.",
    ),
    Operation(
        id="listChildren", method="GET", path="/processes/{pid}/children", tag="processes", run=children,
        takes=OfProcess, reply=Children, refuses=(404,), summary="Show the first processes it started.",
    ),
    Operation(
        id="waitForProcess", method="GET", path="/processes/{pid}/wait", tag="processes", run=wait, takes=Wait,
        reply=Ends, agents=True, refuses=(404, 409), summary="Wait until a process has ended, or the time is over.",
    ),
    Operation(
        id="signalProcess", method="POST", path="/processes/{pid}/signal", tag="processes", run=signal,
        takes=OfProcess, body=SignalIt, reply=Ends, role="operator", refuses=(404, 409),
        summary="Pause, resume, stop or kill a process; in force before its next call.", example={"signal": "pause"},
    ),
    Operation(
        id="sendMail", method="POST", path="/processes/{pid}/mail", tag="processes", run=send, takes=OfProcess,
        body=Letter, reply=Said, status=202, role="operator", once=True, refuses=(404, 409),
        summary="Send a process a message from its owner.", example={"body": "hello"},
    ),
)  # fmt: skip

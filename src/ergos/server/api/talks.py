"""Talking to agents by the Agent User Interaction Protocol (AG-UI) 1.0.

    POST /api/v1/agui/{agent}           a RunAgentInput in, the events of one run out
    GET  /api/v1/processes/{pid}/agui   the events of a process, from a record on

A thread is a process. A thread that is not known yet starts one, which begins with the user's newest message; on a
known one the message goes into its mailbox. A run is over when the process has ended, waits for its owner, or waits for
the next message; what it waits for is told as interrupts, which the next run of the thread answers (`resume`).

Rules: a thread and a run are known by their ids for as long as Idempotency-Keys are (`repeats`), also after a crash: a
run that is sent again starts and sends nothing again, and is told from its beginning. A thread called `ergos-PID` is
that process for ever. An answer to an interrupt passes the same authority as one to the inbox.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from ergos.app.catalogue import moment
from ergos.app.inbox import Waiting
from ergos.base.errors import ErgosError, UnknownPathError, UnknownProcessError, UsageError
from ergos.base.ids import Pid
from ergos.kernel.calls import Verdict
from ergos.kernel.process import ENDED, Process, State
from ergos.kernel.rows import Loaded
from ergos.runtime.control import Answer, EndOf, Fine, Send, Spawn, Standing
from ergos.server.api.agui_events import (
    AnyEvent,
    Cancelled,
    Interrupt,
    Interrupted,
    Resume,
    RunError,
    RunFinished,
    RunInput,
    RunStarted,
    Success,
    framed,
    said_in,
)
from ergos.server.api.agui_run import Unrolled
from ergos.server.api.events import streamed, wants_events
from ergos.server.api.inbox import digest_of_item
from ergos.server.api.operation import Asked, Operation
from ergos.server.api.problems import Refused
from ergos.server.api.repeats import First, Known
from ergos.server.api.shapes import OfAgent, OfProcess, SeqNumber

if TYPE_CHECKING:
    from starlette.responses import Response

LOOK_S: Final = 0.25  # seconds between two looks at a process of which nothing is written
QUIET_S: Final = 10.0  # seconds after which a quiet stream says that it is alive
THREAD: Final = "ergos-"
"""How the name of a thread begins that is a process's own."""


class Began(msgspec.Struct, frozen=True, kw_only=True):
    """A run: its process, and the record behind which it is told."""

    pid: int
    after: int


class OfRun(OfProcess, frozen=True):
    """From where."""

    after: SeqNumber = 0


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """Events of a run, as far as it has come."""

    events: tuple[dict[str, Any], ...]


class _Talk(msgspec.Struct, frozen=True, kw_only=True):
    """One run that is told."""

    asked: Asked
    pid: Pid
    thread: str
    run: str
    parent: str | msgspec.UnsetType
    after: int


async def run(asked: Asked, takes: OfAgent, body: RunInput) -> Events | Response:
    """One run of a thread."""
    began = await _begun(asked, takes.agent, body)
    talk = _Talk(
        asked=asked,
        pid=Pid(began.pid),
        thread=body.thread_id,
        run=body.run_id,
        parent=body.parent_run_id if body.parent_run_id is not None else msgspec.UNSET,
        after=began.after,
    )
    return await _told(talk)


async def follow(asked: Asked, takes: OfRun, _: None) -> Events | Response:
    """The events of a process."""
    pid = Pid(takes.pid)
    await asked.seat.process(pid)
    thread = f"{THREAD}{pid}"
    return await _told(
        _Talk(
            asked=asked, pid=pid, thread=thread, run=f"{thread}-{takes.after}", parent=msgspec.UNSET, after=takes.after
        )
    )


async def _told(talk: _Talk) -> Events | Response:
    if wants_events(talk.asked):
        return streamed(talk.asked, _framed(talk))
    found = [event async for event in _events(talk, follows=False) if event is not None]
    return Events(events=tuple(cast("dict[str, Any]", msgspec.to_builtins(event)) for event in found))


async def _framed(talk: _Talk) -> AsyncGenerator[bytes]:
    try:
        async for event in _events(talk, follows=True):
            yield framed(event) if event is not None else b": alive\n\n"
    except ErgosError as error:
        yield framed(RunError(message=error.what, code=error.code))


# Beginning


async def _begun(asked: Asked, agent: str, body: RunInput) -> Began:
    """Start, send or answer, once. Raises: Refused, ErgosErrors."""
    who, repeats = asked.seat.principal, asked.parts.repeats
    name = f"{who.owner}/{who.name}/agui"
    key = hashlib.sha256(b"\0".join((agent.encode(), body.thread_id.encode(), body.run_id.encode()))).hexdigest()
    digest = hashlib.sha256(msgspec.json.encode(body)).hexdigest()
    found = repeats.begin(name, f"run/{key}", digest)
    if isinstance(found, Known):
        return msgspec.json.decode(found.body, type=Began)
    if not isinstance(found, First):
        raise Refused(409, f"the run {body.run_id[:60]!r} of this thread was begun before", "take a new runId")
    try:
        began = await _carried_out(asked, agent, body, name)
    except (ErgosError, Refused):
        repeats.drop(found)
        raise
    finally:
        repeats.leave(found)
    repeats.end(found, 200, {}, msgspec.json.encode(began))
    return began


async def _carried_out(asked: Asked, agent: str, body: RunInput, name: str) -> Began:
    """Raises: Refused, ErgosErrors."""
    pid = await _process_of(asked, agent, body.thread_id, name)
    if pid is None:
        if body.resume:
            raise UnknownPathError("this thread has no run that waits", remedy="start one without `resume`")
        return await _start(asked, agent, body, name)
    after = await asked.parts.pulse.moved(0, 0)
    for one in body.resume or ():
        await _answer(asked, pid, one)
    if not body.resume:
        said = said_in(body.messages)
        if said is None:
            raise UsageError("there is no message of the user", remedy="add one to `messages`")
        await asked.seat.perform(Send(pid=pid, body=said))
    return Began(pid=pid, after=after)


async def _process_of(asked: Asked, agent: str, thread: str, name: str) -> Pid | None:
    """The process that a thread is; None: it has none yet. Raises: UnknownProcessError."""
    digits = thread.removeprefix(THREAD)
    if thread.startswith(THREAD) and digits.isascii() and digits.isdecimal() and len(digits) <= 15:
        pid = Pid(int(digits))
    else:
        known = asked.parts.repeats.begin(name, _thread_key(agent, thread), agent)
        if isinstance(known, First):
            asked.parts.repeats.drop(known)
            return None
        if not isinstance(known, Known):
            return None
        pid = Pid(msgspec.json.decode(known.body, type=Began).pid)
    process = (await asked.seat.process(pid)).process
    if process.agent != agent:
        raise UnknownProcessError(f"the thread {thread[:60]!r} is not one of {agent[:60]!r}")
    return pid


def _thread_key(agent: str, thread: str) -> str:
    return "thread/" + hashlib.sha256(f"{agent}\0{thread}".encode()).hexdigest()


async def _start(asked: Asked, agent: str, body: RunInput, name: str) -> Began:
    folder = asked.seat.home.folder / "agents" / agent
    if "/" in agent or agent.startswith(".") or "\0" in agent or not folder.is_dir():
        raise UnknownPathError(
            f"there is no agent {agent[:60]!r} in this home", remedy="POST /agents makes one of words"
        )
    request = Spawn(path=str(folder), owner=asked.seat.principal.owner, memory=said_in(body.messages))
    pid = cast("Fine", await asked.seat.perform(request)).pid
    began = Began(pid=pid, after=0)
    kept = asked.parts.repeats.begin(name, _thread_key(agent, body.thread_id), agent)
    if isinstance(kept, First):
        asked.parts.repeats.end(kept, 200, {}, msgspec.json.encode(began))
    return began


async def _answer(asked: Asked, pid: Pid, one: Resume) -> None:
    """Raises: UsageError, UnknownPathError; RefusedError."""
    number, _, seen = one.interrupt_id.partition(":")
    waiting = await _waiting(asked, pid)
    found = next((each for each in waiting if str(each.item.id) == number), None)
    if found is None:
        raise UnknownPathError("this interrupt was answered already, or there never was one of this id")
    if not digest_of_item(found).startswith(seen) or len(seen) < 12:
        raise UsageError("this interrupt is not what it was", remedy="look at it again")
    verdict, value = _verdict(found, one)
    request = Answer(number=found.item.id, verdict=verdict, by=asked.seat.principal.name, value=value)
    await asked.seat.perform(request)


def _verdict(found: Waiting, one: Resume) -> tuple[Verdict, object]:
    """What an answer says. Raises: UsageError."""
    said = one.payload
    match found.item.kind:
        case "question" if one.status == "resolved":
            return "answer", said
        case "approval":
            agreed = said.get("approved") if isinstance(said, dict) else said
            return ("approve", None) if one.status == "resolved" and agreed is True else ("deny", None)
        case "doubt" if isinstance(said, dict) and said.get("verdict") in {"done", "redo", "fail"}:
            return cast("Verdict", said["verdict"]), said.get("value")
        case kind:
            raise UsageError(f"this answers no {kind}", remedy="`responseSchema` of the interrupt says what does")


async def _waiting(asked: Asked, pid: Pid) -> list[Waiting]:
    """What a process waits for."""
    if asked.seat.principal.role == "agent":
        return []
    return [one for one in (await asked.seat.inbox(delivered=False)).waiting if one.item.pid == pid]


# Telling


async def _events(talk: _Talk, *, follows: bool) -> AsyncGenerator[AnyEvent | None]:
    """The events of a run; None: nothing happened for a while. Without `follows` as far as it has come."""
    asked = talk.asked
    process = (await asked.seat.process(talk.pid)).process
    unrolled = Unrolled(asked.seat.value, talk.pid, process.agent)
    if talk.after and process.turn:
        turn = await asked.seat.turn(talk.pid, process.turn)
        unrolled.knows(tuple(record for record in turn if record.seq <= talk.after))
    yield RunStarted(thread_id=talk.thread, run_id=talk.run, parent_run_id=talk.parent)
    yield unrolled.beginning(process.state.value, process.turn)
    after, quiet_s = talk.after, 0.0
    while True:
        loaded = await _settled(asked, talk.pid)
        head = await asked.parts.pulse.moved(0, 0)
        async for record in asked.seat.records(talk.pid, after=after):
            after, quiet_s = record.seq, 0.0
            for event in await unrolled.of(record):
                yield event
        last = await _last(talk, loaded, unrolled) if loaded is not None or not follows else None
        if last is not None or not follows or await asked.is_gone():
            for event in unrolled.closing():
                yield event
            for event in last or _pending(talk):
                yield event
            return
        moved = await asked.parts.pulse.moved(head, LOOK_S)
        quiet_s = 0.0 if moved > head else quiet_s + LOOK_S
        if quiet_s >= QUIET_S:
            quiet_s = 0.0
            yield None


def _pending(talk: _Talk) -> list[AnyEvent]:
    """The end of what is told of a run that goes on."""
    return [RunFinished(thread_id=talk.thread, run_id=talk.run, outcome=Success())]


async def _settled(asked: Asked, pid: Pid) -> Loaded | None:
    """The process, if nothing will happen to it by itself; None: it works."""
    if asked.seat.principal.role != "agent":
        standing = cast("Standing", await asked.seat.perform(EndOf(pid=pid, within_s=0.0)))
        if not standing.ended and standing.state in {State.READY, State.RUNNING}:
            return None
    await asked.parts.pulse.moved(0, 0)
    loaded = await asked.seat.process(pid)
    process = loaded.process
    if process.state in ENDED or process.state in {State.PAUSED, State.PARKED}:
        return loaded
    if process.state is not State.WAITING or loaded.mail:
        return None
    if process.waits == "owner":
        return loaded
    return loaded if process.waits in {"mail", "program"} or not process.turn_open else None


async def _last(talk: _Talk, loaded: Loaded | None, unrolled: Unrolled) -> list[AnyEvent] | None:
    """The end of a run. None: it goes on."""
    if loaded is None:
        return None
    process = loaded.process
    if process.state is State.FAILED:
        failure = process.failure
        return [
            RunError(message=failure.what if failure else "it failed", code=failure.code if failure else msgspec.UNSET)
        ]
    if process.state in {State.KILLED, State.PAUSED}:
        return [RunFinished(thread_id=talk.thread, run_id=talk.run, outcome=Cancelled())]
    if process.state is State.DONE:
        return await _done(talk, process, unrolled)
    waiting = await _waiting(talk.asked, talk.pid)
    if waiting and (process.waits == "owner" or process.state is State.PARKED):
        interrupts = tuple(_interrupt(one, unrolled, process.turn) for one in waiting)
        return [RunFinished(thread_id=talk.thread, run_id=talk.run, outcome=Interrupted(interrupts=interrupts))]
    if process.waits == "owner":
        return None if talk.asked.seat.principal.role != "agent" else _pending(talk)
    return _pending(talk)


async def _done(talk: _Talk, process: Process, unrolled: Unrolled) -> list[AnyEvent]:
    outcome = await talk.asked.seat.value(process.outcome)
    said: list[AnyEvent] = []
    if isinstance(outcome, str) and outcome != unrolled.said:
        said = unrolled.message(outcome, f"{talk.pid}/outcome")
    finished = RunFinished(thread_id=talk.thread, run_id=talk.run, outcome=Success(), result=outcome)
    return [*said, finished]


_APPROVAL: Final = {
    "type": "object",
    "properties": {"approved": {"type": "boolean"}},
    "required": ["approved"],
}
_DOUBT: Final = {
    "type": "object",
    "properties": {"verdict": {"enum": ["done", "redo", "fail"]}, "value": {}},
    "required": ["verdict"],
}


def _interrupt(one: Waiting, unrolled: Unrolled, turn: int) -> Interrupt:
    """Something that waits for the owner. Its id names what was shown, so that nothing else is answered by it."""
    item, call = one.item, one.shown["call"]
    schema: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    if item.kind == "approval":
        schema = _APPROVAL
    elif item.kind == "doubt":
        schema = _DOUBT
    elif isinstance(call, list) and call:
        schema = {"enum": call}
    return Interrupt(
        id=f"{item.id}:{digest_of_item(one)[:32]}",
        reason={"approval": "tool_call", "question": "input_required", "doubt": "in_doubt"}[item.kind],
        message=item.text,
        tool_call_id=unrolled.call_id(item.key, turn) if item.kind != "question" else msgspec.UNSET,
        response_schema=schema,
        expires_at=moment(item.expires_ns) if item.expires_ns is not None else msgspec.UNSET,
        metadata={"item": item.id, "call": call} if item.kind != "question" else msgspec.UNSET,
    )


OPERATIONS: Final = (
    Operation(
        id="runAgent", method="POST", path="/agui/{agent}", tag="agui", run=run, takes=OfAgent, body=RunInput,
        reply=Events, role="operator", streams=True, refuses=(404, 409),
        summary="Talk to an agent by AG-UI: a run's input in, its events out.",
        says="With `Accept: text/event-stream` the events come as they happen, until the run is over; else as far as "
        "it has come.",
        example={"threadId": "t1", "runId": "r1", "messages": [{"id": "m1", "role": "user", "content": "hello"}]},
    ),
    Operation(
        id="followProcess", method="GET", path="/processes/{pid}/agui", tag="agui", run=follow, takes=OfRun,
        reply=Events, agents=True, streams=True, refuses=(404, 409),
        summary="Follow a process as an AG-UI run, from a record on.",
    ),
)  # fmt: skip

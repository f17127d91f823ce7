"""Operations on the kernel as a whole: version, status, STOP, the namespace, queues, the door for foreign programs.

Not reachable here on purpose: stopping the kernel (`ergos down`). It would end the server that answers, and who may end
a server is whoever may use its machine; STOP is what a face needs. Nor are backup, restore and `upgrade --check`: they
read or write the whole home, of all its owners, beside the kernel.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, cast

import msgspec

from ergos import __version__
from ergos.app.access.seat import live_of, status_of
from ergos.app.catalogue import moment
from ergos.base.canonical import Plain as PlainValue
from ergos.base.errors import IllegalTransitionError, UnknownPathError, UsageError
from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.namespace import PATH_CHARS_MAX, Listing
from ergos.kernel.process import State as ProcessState
from ergos.runtime.control import Enter, Entered, Fine, Leave
from ergos.server.api.operation import BASE, Answered, Asked, Operation, Takes
from ergos.server.api.processes import State
from ergos.server.api.shapes import IN_PATH, Count, Moment, Name, OfProcess, PidNumber, Plain, Said


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What answers."""

    version: str
    api: str


class StatusShown(msgspec.Struct, frozen=True, kw_only=True):
    """How the kernel is, as far as it is the business of whoever asks."""

    version: str
    started: Moment
    now: Moment
    halted: bool
    """STOP is in force."""
    states: dict[str, Count]
    """Processes by state."""
    calls: Count
    """Calls being performed or queued."""
    records: Count
    public_key: str
    door: str
    """URL of the door for foreign programs; '' while it is shut."""
    fault: str
    """Why nothing moves any more; ''."""


class Halting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether STOP is to be in force."""

    on: bool


class Halted(msgspec.Struct, frozen=True, kw_only=True):
    """What it did."""

    on: bool
    reached: Count
    """For an owner who is not the keeper: processes that were paused or resumed."""


class LiveProcessShown(msgspec.Struct, frozen=True, kw_only=True):
    """A process in memory."""

    pid: PidNumber
    parent: Count
    agent: str
    state: State
    turn: Count
    waits: str
    calls: tuple[str, ...]
    """Calls of its open turn that are not answered yet."""


class LiveShown(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the kernel's memory."""

    halted: bool
    processes: tuple[LiveProcessShown, ...]


class OfPlace(Takes, frozen=True):
    """A place of the namespace."""

    path: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=120,
            pattern=r"^[^\u0000-\u001f\u007f\\%.][^\u0000-\u001f\u007f\\%]*$",
            description="Such as proc/7/state; its slashes stand as they are.",
            extra_json_schema={"pattern": IN_PATH},
        ),
    ]


class LookAt(Takes, frozen=True):
    """A place of the namespace."""

    path: Annotated[str, msgspec.Meta(min_length=1, max_length=PATH_CHARS_MAX)] = "/"


class PlaceShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands at a place: entries of a folder, or a value."""

    path: str
    folder: bool
    entries: tuple[EntryShown, ...] | None = None
    more: bool | None = None
    """Something was left out."""
    value: Plain = None


class EntryShown(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a folder."""

    name: str
    folder: bool
    summary: str


class OfQueue(Takes, frozen=True):
    """A queue."""

    queue: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern="^[A-Za-z0-9][A-Za-z0-9_.\\-]*$")]


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message for whoever attends to a queue."""

    message: Plain


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """It is in the queue, durably."""

    key: str


class EnterIt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A foreign program that wants to come in."""

    name: Name
    resumable: bool = True
    """It may be started again and then asks again what it asked; else it goes on for ever, one for each name."""
    command: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=4_096)], ...], msgspec.Meta(max_length=256)] = ()
    models: Annotated[tuple[Name, ...], msgspec.Meta(max_length=100)] = ()
    """Models it may call; empty: all."""
    tools: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,97}(\.\*)?$")], ...],
        msgspec.Meta(max_length=100),
    ] = ()
    """Tools it may call; names, or prefixes such as 'files.*'."""
    microusd_max: Annotated[int, msgspec.Meta(ge=0, le=10**15)] | None = None
    tokens_max: Annotated[int, msgspec.Meta(ge=0, le=10**15)] | None = None


class LetIn(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign program may come in."""

    pid: PidNumber
    life: Count
    token: str
    """Is shown once; it stands for this process."""
    url: str
    """Where the door is."""
    notes: tuple[str, ...] = ()


class Gone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a foreign program ended."""

    life: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    status: Annotated[int, msgspec.Meta(ge=-255, le=255)]
    """Exit status; 0: done."""


async def version(asked: Asked, _: object, __: None) -> Version:
    """What answers."""
    del asked
    return Version(version=__version__, api=BASE)


async def status(asked: Asked, _: object, __: None) -> StatusShown:
    """How the kernel is."""
    found = await status_of(asked.seat)
    return StatusShown(
        version=found.version,
        started=moment(found.started_ns),
        now=moment(found.now_ns),
        halted=found.halted,
        states=found.states,
        calls=found.flying,
        records=found.records,
        public_key=found.public_key,
        door=found.door,
        fault=found.fault,
    )


async def halt(asked: Asked, _: object, body: Halting) -> Halted:
    """STOP, or lift it."""
    return Halted(on=body.on, reached=await asked.seat.stop(on=body.on))


async def live(asked: Asked, _: object, __: None) -> LiveShown:
    """What is in memory."""
    found = await live_of(asked.seat)
    return LiveShown(
        halted=found.halted,
        processes=tuple(
            LiveProcessShown(
                pid=one.pid,
                parent=one.parent,
                agent=one.agent,
                state=one.state.value,
                turn=one.turn,
                waits=one.waits,
                calls=one.calls,
            )
            for one in found.processes
        ),
    )


async def root(asked: Asked, takes: LookAt, _: None) -> PlaceShown:
    """The namespace."""
    return await _look(asked, takes.path)


async def look(asked: Asked, takes: OfPlace, _: None) -> PlaceShown:
    """What stands at a place."""
    return await _look(asked, "/" + takes.path.removeprefix("/"))


async def _look(asked: Asked, path: str) -> PlaceShown:
    try:
        found = await asked.seat.look(path)
    except UsageError as error:
        raise UnknownPathError(error.what) from error
    if isinstance(found, Listing):
        entries = tuple(EntryShown(name=one.name, folder=one.folder, summary=one.summary) for one in found.entries)
        return PlaceShown(path=path, folder=True, entries=entries, more=found.more)
    return PlaceShown(path=path, folder=False, value=cast("Any", found))


async def emit(asked: Asked, takes: OfQueue, body: Message) -> Queued:
    """Put a message into a queue."""
    from ergos.drivers.watchers.queues import emit as put

    folder, parts = asked.seat.home.folder, asked.parts
    value = cast("PlainValue", body.message)
    return Queued(key=await asyncio.to_thread(put, folder, takes.queue, value, parts.clock, parts.entropy))


async def enter(asked: Asked, _: object, body: EnterIt) -> Answered:
    """Start a process for a foreign program."""
    budget = None
    if body.microusd_max is not None or body.tokens_max is not None:
        none = -1
        budget = Amount(
            none if body.microusd_max is None else body.microusd_max,
            none if body.tokens_max is None else body.tokens_max,
        )
    request = Enter(
        owner=asked.seat.principal.owner,
        name=body.name,
        resumable=body.resumable,
        command=body.command,
        models=body.models,
        tools=body.tools,
        budget=budget,
    )
    return _let_in(cast("Entered", await asked.seat.perform(request)))


async def enter_again(asked: Asked, takes: OfProcess, _: None) -> Answered:
    """Let a foreign program come back into its process."""
    await _check_awake(asked, takes.pid)
    request = Enter(owner=asked.seat.principal.owner, pid=Pid(takes.pid))
    return _let_in(cast("Entered", await asked.seat.perform(request)))


async def _check_awake(asked: Asked, pid: int) -> None:
    """Nothing, if its program can move now: else this would have to wait. Raises: IllegalTransitionError."""
    state = (await asked.seat.process(Pid(pid))).process.state
    if (await status_of(asked.seat)).halted:
        raise IllegalTransitionError("STOP is in force", remedy="lift it, then say it again")
    if state in {ProcessState.PAUSED, ProcessState.PARKED}:
        raise IllegalTransitionError(f"process {pid} is {state.value}", remedy="resume it, or decide its call in doubt")


def _let_in(reply: Entered) -> Answered:
    made = LetIn(pid=reply.pid, life=reply.life, token=reply.token, url=reply.url, notes=reply.notes)
    return Answered(body=made, headers={"location": f"{BASE}/processes/{reply.pid}"})


async def leave(asked: Asked, takes: OfProcess, body: Gone) -> Said:
    """A foreign program has gone."""
    await _check_awake(asked, takes.pid)
    reply = await asked.seat.perform(Leave(pid=Pid(takes.pid), life=body.life, status=body.status))
    return Said(notes=cast("Fine", reply).notes)


OPERATIONS: Final = (
    Operation(
        id="getVersion", method="GET", path="/version", tag="kernel", run=version, reply=Version, agents=True,
        summary="Say what answers.",
    ),
    Operation(
        id="getStatus", method="GET", path="/status", tag="kernel", run=status, reply=StatusShown,
        summary="Say how the running kernel is.",
    ),
    Operation(
        id="setStop", method="PUT", path="/stop", tag="kernel", run=halt, body=Halting, reply=Halted,
        role="operator", refuses=(409,), example={"on": True},
        summary="STOP, or lift it: no call begins until it is lifted.",
        says="For the keeper it is STOP of the whole kernel; for another owner it pauses all of their processes.",
    ),
    Operation(
        id="getLive", method="GET", path="/live", tag="kernel", run=live, reply=LiveShown,
        summary="Show which processes are in memory, and their calls under way.",
    ),
    Operation(
        id="lookAtRoot", method="GET", path="/look", tag="namespace", run=root, takes=LookAt, reply=PlaceShown,
        agents=True, refuses=(404,), summary="Show what stands at a path of the namespace, such as /proc/7/state.",
    ),
    Operation(
        id="look", method="GET", path="/look/{path}", tag="namespace", run=look, takes=OfPlace, reply=PlaceShown,
        agents=True, refuses=(404,), summary="Show what stands at a path of the namespace, its parts behind slashes.",
    ),
    Operation(
        id="emit", method="POST", path="/queues/{queue}", tag="triggers", run=emit, takes=OfQueue, body=Message,
        reply=Queued, status=202, role="operator", keeper=True, once=True, refuses=(502, 507),
        summary="Put a message into a queue; agents that attend to it are told, now or when they run.",
        example={"message": {"hello": "world"}},
    ),
    Operation(
        id="enter", method="POST", path="/enter", tag="entrance", run=enter, body=EnterIt, reply=LetIn, status=201,
        role="owner", fresh=True, once=True, refuses=(409, 502), example={"name": "prog"},
        summary="Make a process for a foreign program, and the token with which it passes the door.",
    ),
    Operation(
        id="enterAgain", method="POST", path="/processes/{pid}/enter", tag="entrance", run=enter_again,
        takes=OfProcess, reply=LetIn, status=201, role="owner", fresh=True, once=True, refuses=(404, 409, 502),
        summary="Let a foreign program come back into its process.",
    ),
    Operation(
        id="leave", method="POST", path="/processes/{pid}/leave", tag="entrance", run=leave, takes=OfProcess,
        body=Gone, reply=Said, role="owner", refuses=(404, 409), example={"life": 1, "status": 0},
        summary="Say that a foreign program has ended: done with status 0, else it may be started again.",
    ),
)  # fmt: skip

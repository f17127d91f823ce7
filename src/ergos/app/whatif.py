"""What if another model had been asked at one call of a process, or another answer had come: a simulated continuation.

    report = await what_if(home, reads, Point(pid=7, turn=3, seq=120), Supposed(model="openai/gpt-5-mini"))

The kernel is real, with its grants, budgets and approvals, on a store in memory in which the process stands as it
stood then (`whatif_seed`); the journal answers up to the point. What is new is simulated: a tool answers what it
answered to the very same call in this turn, else something made up (`dry_answers`); a model answers from a scripted
mind, at the price of the endpoint that was named; a model in a file of this machine is asked. Every answer is yes.

Rules: nothing is written, sent or spent, and no endpoint elsewhere is called; the clock stands still at the point; it
ends after `WHATIF_S`. What is told is marked as simulated by whoever shows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, cast

import msgspec

from ergos import __version__
from ergos.app.dry_answers import Recording
from ergos.app.dry_stage import DryMounts, DryOptions, DryPrograms, QuietWatchers, Stage
from ergos.app.home import Home, programs_of
from ergos.app.trace.spans import Fold, Span
from ergos.app.whatif_models import SIMULATED, SupposedModels
from ergos.app.whatif_seed import Other, OverlayStore, Point, Seed, seed
from ergos.base.canonical import Plain
from ergos.base.clock import ManualClock, Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ErgosError, UsageError
from ergos.base.ids import Pid
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.drivers.store_memory import MemoryDisk
from ergos.drivers.tools.catalogue import BuiltinMounts, BuiltinParts, builtins, workspaces_of
from ergos.kernel.calls import Failure
from ergos.kernel.packages import FOREIGN, Definition
from ergos.kernel.ports import Store
from ergos.kernel.process import ENDED, Process, State
from ergos.kernel.rows import Item
from ergos.kernel.values import Packed
from ergos.lib.folder import FolderPrograms
from ergos.lib.work import NO_WORK, Work
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.runtime.vault import Vault

WHATIF_S: Final = 10.0  # seconds a continuation may take
Value: TypeAlias = Callable[[Packed], Awaitable[Plain]]
LOOK_S: Final = 0.005  # seconds between two looks at how it stands
CALLS_MAX: Final = 500  # calls of a side that are told


class Supposed(msgspec.Struct, frozen=True, kw_only=True):
    """What is supposed."""

    model: str = SIMULATED
    """Endpoint that every model call from the point on goes to; 'simulated': none in particular, for nothing."""
    answer: str | None = None
    """Another answer to the call: JSON, or text; None: it is asked anew."""


class Did(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a side."""

    kind: str
    name: str
    key: str
    args: Any = None
    value: Any = None
    failure: Failure | None = None
    microusd: int = 0
    tokens: int = 0
    answered: bool = True
    seq: int = 0
    """First record; of the side that happened only."""
    same: bool = False
    """The other side has the same call with the same answer, in the same place."""


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides, from the point on."""

    was: tuple[Did, ...]
    would: tuple[Did, ...]
    before: int
    """Calls of the turn before the point, the same on both sides."""
    was_state: str
    would_state: str
    was_end: Any = None
    """Outcome, or memory, of the turn."""
    would_end: Any = None
    failure: Failure | None = None
    notes: tuple[str, ...] = ()


async def what_if(home: Home, reads: SqliteReads, point: Point, supposed: Supposed) -> WhatIf:
    """A simulated continuation beside what happened.

    Raises: UnknownProcessError, UnknownPathError; UsageError for what cannot be supposed; DefinitionError.
    """
    vault = Vault(cast("Store", reads))
    plain = await seed(reads, vault, point, None)
    other = None
    if supposed.answer is not None:
        other = Other(value=_meant(supposed.answer, plain.span, await vault.value(plain.span.value)))
    seeded = await seed(reads, vault, point, other) if other is not None else plain
    programs = programs_of(home)
    definition = await _definition(reads, seeded.process)
    if definition.program.startswith(FOREIGN):
        raise UsageError(
            f"the program of process {point.pid} runs elsewhere and cannot be driven from here",
            remedy="look at its records; only programs of this home can be supposed to go on",
        )
    notes: list[str] = []
    await _check_code(programs, definition, notes)
    stage = Stage(DryOptions(now_ns=seeded.at_ns), await _recordings(vault, seeded.spans), _work(definition))
    models = SupposedModels.open(home, supposed.model)
    async with _kernel(home, reads, seeded, stage, programs, models) as kernel:
        if not await _settled(kernel, point.pid):
            notes.append(f"it was not over after {WHATIF_S:.0f} seconds")
        (found,) = await kernel.machine.store.load((point.pid,))
        would = await _sealed(kernel, point)
        return await _report(vault, kernel.machine.vault.value, seeded, found.process, would, tuple(notes))


def _kernel(
    home: Home, reads: SqliteReads, seeded: Seed, stage: Stage, programs: FolderPrograms, models: SupposedModels
) -> Kernel:
    disk = MemoryDisk(reads.id)  # the same name, so that the program draws the same chance
    disk.apply([seeded.change])
    settings = home.settings
    workspaces = workspaces_of(settings.home, settings.owner, settings.tools)
    mounts = BuiltinMounts(builtins(BuiltinParts(workspaces=workspaces, settings=settings.tools)))
    parts = Parts(
        store=OverlayStore(disk, reads),
        clock=Monotone(ManualClock(seeded.at_ns)),
        entropy=SeededEntropy("what if"),
        programs=DryPrograms(programs, stage),
        owner_caps=settings.owner_caps,
        mounts=DryMounts(mounts, stage),
        models=models,
        calendar=HostCalendar(),
        watchers=QuietWatchers(),
    )
    return Kernel(parts, version=__version__, host="what if")


async def _definition(reads: SqliteReads, process: Process) -> Definition:
    body = (await reads.blobs((process.definition,))).get(process.definition)
    if body is None:
        raise UsageError(f"the version of process {process.pid} is not in the store any more")
    return msgspec.json.decode(body, type=Definition)


async def _check_code(programs: FolderPrograms, definition: Definition, notes: list[str]) -> None:
    """Load the program; say so if its files are not those the process ran on. Raises: DefinitionError."""
    await asyncio.to_thread(programs.package, definition)
    current = programs.current(definition.agent, definition.program)
    if current is not None and current.code != definition.code:
        notes.append("the agent's files have changed since; what is on disk now was driven")


async def _recordings(vault: Vault, spans: tuple[Span, ...]) -> tuple[Recording, ...]:
    """What tools answered in this turn; the very same call is answered the same."""
    found: list[Recording] = []
    for span in spans:
        if span.call.kind == "act" and span.answered and span.failure is None:
            args = {name: await vault.value(packed) for name, packed in span.call.args.items()}
            found.append(Recording(tool=span.call.name, args=args, value=await vault.value(span.value)))
    return tuple(found)


def _work(definition: Definition) -> Work:
    try:
        return msgspec.json.decode(definition.work, type=Work | None) or NO_WORK
    except msgspec.MsgspecError:
        return NO_WORK


def _meant(text: str, span: Span, old: Plain) -> Plain:
    """Another answer as the program would get it."""
    try:
        value = cast("Plain", msgspec.json.decode(text))
    except (msgspec.DecodeError, ValueError, RecursionError):
        value = text
    match span.call.kind:
        case "think" if span.call.name.startswith("model."):
            if isinstance(value, dict) and "parts" in value:
                return value
            said = value if isinstance(value, str) else text
            usage = old.get("usage") if isinstance(old, dict) else None
            return {"parts": [{"type": "text", "text": said}], **({"usage": usage} if usage is not None else {})}
        case "receive" if isinstance(old, dict) and "body" in old:
            return {**old, "body": value}
        case _:
            return value


async def _settled(kernel: Kernel, pid: Pid) -> bool:
    """Answer what is asked until nothing goes on by itself any more; whether that came in time."""
    store = kernel.machine.store
    try:
        async with asyncio.timeout(WHATIF_S):
            while True:
                await store.flush()
                items = await store.items(None, 1)
                if items:
                    await _answer(kernel, items[0])
                elif await _at_rest(kernel, pid):
                    return True
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        return False


async def _answer(kernel: Kernel, item: Item) -> None:
    call = await kernel.machine.vault.value(item.call)
    match item.kind:
        case "approval":
            await kernel.desk.answer(item.id, "approve", "what if")
        case "doubt":
            await kernel.desk.answer(item.id, "done", "what if")
        case _:
            choices = call.get("choices") if isinstance(call, dict) else call
            first = str(choices[0]) if isinstance(choices, list) and choices else "yes"
            await kernel.desk.answer(item.id, "answer", "what if", first)


async def _at_rest(kernel: Kernel, pid: Pid) -> bool:
    """Whether the process, and whoever it waits for, waits for what does not come by itself."""
    for row in await kernel.machine.store.processes(live_only=True):
        (found,) = await kernel.machine.store.load((row.pid,))
        process = found.process
        if process.state in (State.PAUSED, State.PARKED):
            continue
        if process.state is not State.WAITING or process.waits == "owner":
            return False
        if process.pid == pid and found.mail and not process.turn_open:
            return True  # the next turn is another story
    return True


async def _sealed(kernel: Kernel, point: Point) -> Fold:
    fold = Fold()
    fold.take(await kernel.machine.store.turn(point.pid, point.turn))
    return fold


async def _report(
    vault: Vault,
    there: Value,
    seeded: Seed,
    process: Process,
    would: Fold,
    notes: tuple[str, ...],
) -> WhatIf:
    was = Fold()
    was.take(seeded.records)
    before = sum(span.seq < seeded.span.seq for span in seeded.spans)
    mine = [await _did(vault.value, span) for span in was.spans[before : before + CALLS_MAX]]
    theirs = [await _did(there, span) for span in would.spans[before : before + CALLS_MAX]]
    for at, (one, other) in enumerate(zip(mine, theirs, strict=False)):
        if _content(one) == _content(other):
            mine[at], theirs[at] = (msgspec.structs.replace(side, same=True) for side in (one, other))
    was_lap, would_lap = was.laps[-1], would.laps[-1]
    return WhatIf(
        was=tuple(mine),
        would=tuple(msgspec.structs.replace(one, seq=0) for one in theirs),
        before=before,
        was_state=was_lap.how,
        would_state=would_lap.how if process.state in ENDED or would_lap.how != "open" else str(process.state),
        was_end=await vault.value(was_lap.memory if was_lap.how == "idle" else was.outcome),
        would_end=await there(would_lap.memory if would_lap.how == "idle" else would.outcome),
        failure=would_lap.failure,
        notes=notes,
    )


async def _did(read: Value, span: Span) -> Did:
    try:
        args: Plain = {name: await read(packed) for name, packed in span.call.args.items()}
        came = await read(span.value)
    except ErgosError as error:
        args, came = None, error.what
    return Did(
        kind=span.call.kind,
        name=span.call.name,
        key=span.call.key,
        args=args,
        value=came,
        failure=span.failure,
        microusd=span.charge.microusd,
        tokens=span.charge.tokens,
        answered=span.answered,
        seq=span.seq,
    )


def _content(one: Did) -> bytes:
    return msgspec.json.encode((one.kind, one.name, one.args, one.value, one.failure))

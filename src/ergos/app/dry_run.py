"""A dry run: the whole program runs, and no effect leaves the machine.

    report = await dry_run(Path("clerk"), settings, options)

The kernel is real, with its grants, budgets and approvals, on a store in memory and a clock that stands still. Tools
are not: one that only reads is done where that was asked for; every other answers what was recorded, or something made
up (`dry_answers`). What would be asked of the owner is answered yes, and shown. No model is called.

Rules: nothing is written, sent or spent; each call is shown with its exact arguments and what the kernel decided. Every
trigger fires once, with a sample of what it would tell, or with the event that was given.
"""

from __future__ import annotations

import asyncio
import fnmatch
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from ergos import __version__
from ergos.app.dry_answers import recordings, sample_event
from ergos.app.dry_stage import DryCall, DryMounts, DryOptions, DryPrograms, QuietWatchers, Stage
from ergos.base.canonical import Plain
from ergos.base.clock import ManualClock, Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ErgosError, UsageError
from ergos.base.ids import Pid
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.store_memory import MemoryDisk, MemoryStore
from ergos.drivers.tools.catalogue import BuiltinMounts, BuiltinParts, builtins, workspaces_of
from ergos.kernel.packages import Definition, Errand, Mounts
from ergos.kernel.process import ENDED, State
from ergos.kernel.rows import Item
from ergos.kernel.triggers import AnyTrigger, Files, Happening
from ergos.lib.folder import FolderPrograms
from ergos.lib.work import NO_WORK, Work
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.runtime.settings import Settings

SAMPLE_SOURCE: Final = "https://example.org/feed"
"""What is read where an agent's sources are named only when it is started."""
WAIT_S: Final = 120.0  # seconds a dry run may take; System 1 reads a day's news in a few
LOOK_S: Final = 0.005  # seconds between two looks at how it stands


class DryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen."""

    agent: str
    calls: tuple[DryCall, ...]
    left_out: int = 0
    """Calls beyond those kept."""
    triggers: tuple[str, ...] = ()
    """Names of those that fired."""
    state: str = ""
    """How its process stands: 'waiting' for what comes, 'done', 'failed', …"""
    outcome: Any = None
    failure: str = ""
    notes: tuple[str, ...] = ()

    @property
    def costs_microusd(self) -> int:
        """What the tools charge in all."""
        return sum(call.costs_microusd for call in self.calls)


async def dry_run(path: Path, settings: Settings, options: DryOptions, *, mounts: Mounts | None = None) -> DryReport:
    """Run an agent without effects. `mounts`: its tools; None: the built-in ones of these settings.

    Raises: DefinitionError and its children for an agent that cannot be loaded; UsageError for an unknown trigger.
    """
    from ergos.verify.standard_solvers import standard  # heavy: what System 1 knows

    programs = FolderPrograms(settings.home / "skills", standard)
    definition = programs.load(path, settings=options.settings or None)
    work = msgspec.json.decode(definition.work, type=Work | None) or NO_WORK
    if not work.sources and any("{sources}" in step.given.values() for step in work.steps):
        definition = programs.load(path, settings={"sources": [SAMPLE_SOURCE], **options.settings})
    triggers = [one for one in definition.triggers if options.trigger in ("", one.name)]
    if options.trigger and not triggers:
        raise UsageError(f"{definition.agent} has no trigger {options.trigger!r}")
    if mounts is None:
        workspaces = workspaces_of(settings.home, settings.owner, settings.tools)
        mounts = BuiltinMounts(builtins(BuiltinParts(workspaces=workspaces, settings=settings.tools)))
    stage = Stage(options, await asyncio.to_thread(recordings, path), work)
    watched = DryPrograms(programs, stage)
    async with _kernel(DryMounts(mounts, stage), watched, settings, options) as kernel:
        pid = await kernel.desk.spawn(definition, settings.owner, None)
        await _settled(kernel, stage, pid)
        for trigger in triggers:
            if await _ended(kernel, pid):
                break
            stage.on = trigger.name
            value = await _event(trigger, stage, mounts, settings.owner, definition.agent)
            await kernel.reactor.watches.happened(pid, trigger.name, Happening(key="dry run", value=value))
            stage.fired.append(trigger.name)
            await _settled(kernel, stage, pid)
        return await _report(kernel, stage, pid, definition)


async def _event(trigger: AnyTrigger, stage: Stage, mounts: Mounts, owner: str, agent: str) -> Plain:
    """What is told: what was given, else a file that is there, else a sample."""
    options = stage.options
    if options.event is not None:
        return cast("Plain", options.event)
    lister = mounts.tool("files.list")
    if options.read and isinstance(trigger, Files) and lister is not None:
        errand = Errand(pid=Pid(1), owner=owner, agent=agent, idempotency_key="", deadline_ns=0, now_ns=options.now_ns)
        try:
            listed = cast("Any", (await lister.run({"path": trigger.folder}, errand)).value)
        except ErgosError as error:
            stage.notes.append(f"{trigger.folder} was not listed: {error.what}")
        else:
            for entry in listed["entries"]:
                name = entry["path"].rpartition("/")[2]
                if entry["kind"] == "file" and fnmatch.fnmatchcase(name.casefold(), trigger.pattern.casefold()):
                    return {"path": entry["path"], "name": name, "bytes": entry.get("bytes", 0)}
            stage.notes.append(f"no file in {trigger.folder} is called like {trigger.pattern}; an example was used")
    return sample_event(trigger, stage.work, options.now_ns)


@asynccontextmanager
async def _kernel(
    mounts: Mounts, programs: DryPrograms, settings: Settings, options: DryOptions
) -> AsyncGenerator[Kernel, None]:
    parts = Parts(
        store=MemoryStore(MemoryDisk()),
        clock=Monotone(ManualClock(options.now_ns)),
        entropy=SeededEntropy("dry run"),
        programs=programs,
        owner_caps=settings.owner_caps,
        mounts=mounts,
        calendar=HostCalendar(),
        watchers=QuietWatchers(),
    )
    async with Kernel(parts, version=__version__, host="dry") as kernel:
        yield kernel


async def _settled(kernel: Kernel, stage: Stage, pid: Pid) -> None:
    """Answer what is asked until nothing goes on by itself any more."""
    store = kernel.machine.store
    try:
        async with asyncio.timeout(WAIT_S):
            while True:
                await store.flush()
                items = await store.items(None, 1)
                if items:
                    await _answer(kernel, stage, items[0])
                elif await _at_rest(kernel, pid):
                    return
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        stage.notes.append(f"it was not over after {WAIT_S:.0f} seconds")


async def _answer(kernel: Kernel, stage: Stage, item: Item) -> None:
    call = await kernel.machine.vault.value(item.call)
    details = call if isinstance(call, dict) else {}
    match item.kind:
        case "approval":
            stage.asked.append((str(details.get("tool", "")), item.text))
            await kernel.desk.answer(item.id, "approve", "dry run")
        case "doubt":
            await kernel.desk.answer(item.id, "done", "dry run")
        case _:
            choices = details.get("choices")
            first = str(choices[0]) if isinstance(choices, list) and choices else "yes"
            await kernel.desk.answer(item.id, "answer", "dry run", stage.answers.pop(0) if stage.answers else first)


async def _at_rest(kernel: Kernel, pid: Pid) -> bool:
    """Whether every process has ended or waits for what does not come by itself: mail, or a time."""
    rows = await kernel.machine.store.processes(live_only=True)
    for row in rows:
        (found,) = await kernel.machine.store.load((row.pid,))
        process = found.process
        if process.state in ENDED or process.state in (State.PAUSED, State.PARKED):
            continue
        resting = process.state is State.WAITING and process.waits in ("mail", "timer", "child", "program", "")
        if not resting or (found.mail and process.pid == pid and not process.turn_open):
            return False
    return True


async def _ended(kernel: Kernel, pid: Pid) -> bool:
    (found,) = await kernel.machine.store.load((pid,))
    return found.process.state in ENDED


async def _report(kernel: Kernel, stage: Stage, pid: Pid, definition: Definition) -> DryReport:
    (found,) = await kernel.machine.store.load((pid,))
    process = found.process
    memory = await kernel.machine.vault.value(process.memory)
    failed = memory.get("last_failure") if isinstance(memory, dict) else ""
    return DryReport(
        agent=definition.agent,
        calls=tuple(stage.calls),
        left_out=stage.left_out,
        triggers=tuple(stage.fired),
        state=str(process.state),
        outcome=await kernel.machine.vault.value(process.outcome),
        failure=process.failure.what if process.failure is not None else str(failed or ""),
        notes=tuple(stage.notes),
    )

"""A kernel with the built-in tools, the standard tasks, a calendar and watchers, over folders of a test."""

from __future__ import annotations

import asyncio
import functools
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from ergos.base.canonical import Plain
from ergos.base.clock import Monotone
from ergos.base.ids import Pid
from ergos.drivers.host import FileSigner, HostClock, HostEntropy
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.store_sqlite import SqliteStore
from ergos.drivers.tools.catalogue import BuiltinMounts, BuiltinParts, builtins
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.workspaces import Workspaces
from ergos.drivers.watchers.outside import OutsideParts, OutsideWatchers
from ergos.kernel.packages import Absent, Errand, Mounts, Performed, Tool
from ergos.kernel.ports import Models
from ergos.kernel.rows import Item
from ergos.kernel.triggers import Happening
from ergos.kernel.values import NULL
from ergos.lib.folder import FolderPrograms
from ergos.lib.steps_memory import Past, past_of
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.verify.standard_solvers import standard

T = TypeVar("T")

WAIT_S = 30  # seconds a test waits for anything
OWNER = "alice"


class Stopping:
    """A tool that does its work and is never heard of again: what a power cut leaves behind."""

    def __init__(self, inner: Tool, done: asyncio.Event) -> None:
        self.inner, self.done = inner, done
        self.spec, self.digest, self.misfit = inner.spec, inner.digest, inner.misfit

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        performed = await self.inner.run(args, errand)
        self.done.set()
        await asyncio.Event().wait()
        return performed

    async def probe(self, args: dict[str, Plain], errand: Errand) -> Performed | Absent:
        return await self.inner.probe(args, errand)


class CutMounts:
    """Mounts of which one tool hangs after it has done its work."""

    def __init__(self, inner: Mounts, tool: str) -> None:
        self.inner, self.why_not, self.names = inner, inner.why_not, inner.names
        self.cut, self.done = tool, asyncio.Event()

    def tool(self, name: str) -> Tool | None:
        found = self.inner.tool(name)
        return Stopping(found, self.done) if found is not None and name == self.cut else found


class LateBell:
    """The bell of a kernel that is not there yet."""

    def __init__(self) -> None:
        self.kernel: Kernel | None = None

    def ring(self, pid: Pid, name: str) -> None:
        if self.kernel is not None:
            self.kernel.reactor.watches.ring(pid, name)

    async def happened(self, pid: Pid, name: str, happening: Happening) -> bool:
        assert self.kernel is not None
        return await self.kernel.reactor.watches.happened(pid, name, happening)


class House:
    """A folder with a store, the rooms beside it, and the kernels that run on them one after the other."""

    def __init__(self, folder: Path, rooms: Mapping[str, bool] | None = None, models: Models | None = None) -> None:
        """`rooms`: folders below, and whether they may be written."""
        self.folder, self.models = folder, models
        self.bell = LateBell()
        found: dict[str, Room] = {}
        for name, write in (rooms or {}).items():
            (folder / name).mkdir(exist_ok=True)
            found[name] = Room(folder / name, write=write)
        self.workspaces = Workspaces(folder / "home", OWNER, found)
        self.mounts: Mounts = BuiltinMounts(builtins(BuiltinParts(workspaces=self.workspaces)))
        self.programs = FolderPrograms(None, standard)

    def agent(self, front: str, body: str = "", name: str = "agent") -> Path:
        """A folder with AGENT.md."""
        path = self.folder / name
        path.mkdir(exist_ok=True)
        text = textwrap.dedent(front).strip("\n")
        (path / "AGENT.md").write_text(f"---\n{text}\n---\n\n{body}\n", encoding="utf-8")
        return path

    @asynccontextmanager
    async def running(self, mounts: Mounts | None = None) -> AsyncIterator[Kernel]:
        kernel, watchers = self._kernel(mounts or self.mounts)
        await kernel.start()
        try:
            yield kernel
        finally:
            await kernel.stop()
            await watchers.close()

    @asynccontextmanager
    async def dying(self, tool: str) -> AsyncIterator[tuple[Kernel, asyncio.Event]]:
        """A kernel that is cut off after a tool has done its work once and before anybody knows."""
        mounts = CutMounts(self.mounts, tool)
        kernel, watchers = self._kernel(mounts)
        await kernel.start()
        yield kernel, mounts.done
        kernel.reactor.stopping = True
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)
        await kernel.stop()
        await watchers.close()

    async def spawn(self, kernel: Kernel, path: Path, memory: Plain = None) -> Pid:
        return await kernel.desk.spawn(self.programs.load(path), OWNER, memory)

    def _kernel(self, mounts: Mounts) -> tuple[Kernel, OutsideWatchers]:
        outside = OutsideParts(home=self.folder / "home", workspaces=self.workspaces, entropy=HostEntropy())
        watchers = OutsideWatchers(outside, self.bell)
        parts = Parts(
            store=SqliteStore(self.folder / "ergos.db"),
            clock=Monotone(HostClock()),
            entropy=HostEntropy(),
            programs=self.programs,
            signer=FileSigner(self.folder / "key"),
            models=self.models,
            mounts=mounts,
            calendar=HostCalendar(),
            watchers=watchers,
        )
        kernel = Kernel(parts, version="0", host="test")
        self.bell.kernel = kernel
        return kernel, watchers


async def happened(kernel: Kernel, pid: Pid, name: str, key: str, value: Plain) -> bool:
    """Something that a trigger waits for."""
    return await kernel.reactor.watches.happened(pid, name, Happening(key=key, value=value))


async def memory(kernel: Kernel, pid: Pid) -> Past:
    """What the program of steps remembers."""
    await kernel.machine.store.flush()
    (found,) = await kernel.machine.store.load((pid,))
    return past_of(await kernel.machine.vault.value(found.process.memory))


async def remembers(kernel: Kernel, pid: Pid, looks_so: Callable[[Past], object]) -> Past:
    """Wait until what is remembered looks so."""

    async def look() -> Past | None:
        past = await memory(kernel, pid)
        return past if looks_so(past) else None

    return await until(look)


async def runs(kernel: Kernel, pid: Pid, count: int) -> Past:
    """Wait until so many runs came to their end or failed."""
    return await remembers(kernel, pid, lambda past: past.runs + past.failures >= count)


async def armed(kernel: Kernel, pid: Pid) -> None:
    """Wait until the process has armed its triggers and idles."""
    await remembers(kernel, pid, lambda past: past.armed)


async def watching(kernel: Kernel, pid: Pid) -> None:
    """Wait until every trigger was looked at once, so that what comes from then on is new."""

    async def look() -> bool:
        await kernel.machine.store.flush()
        rows = await kernel.reactor.watches.rows.of(pid)
        return bool(rows) and all(bytes(row.cursor) != bytes(NULL) for row in rows.values())

    await until(look)


async def item(kernel: Kernel, kind: str) -> Item:
    """The next thing of this kind that waits for the owner."""

    async def look() -> Item | None:
        await kernel.machine.store.flush()
        return next((one for one in await kernel.machine.store.items(None, 100) if one.kind == kind), None)

    return await until(look)


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """Look again until something is there."""
    async with asyncio.timeout(WAIT_S):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.005)


def played(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """An async test on a loop of its own."""

    @functools.wraps(test)
    def run(*args: object, **kwargs: object) -> None:
        asyncio.run(test(*args, **kwargs))

    return run

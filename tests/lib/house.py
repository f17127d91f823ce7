"""A real kernel on SQLite in a folder, for tests of what authors write.

Rules: `dying` ends a kernel the way a power cut does: nothing under way is recorded. What is waited for has a
deadline, so a hang is a failure and not an afternoon.
"""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import Monotone
from ergos.base.ids import Pid
from ergos.drivers.host import FileSigner, HostClock, HostEntropy
from ergos.drivers.models.outline import outline_of
from ergos.drivers.models.scripted import ScriptedModel
from ergos.drivers.models.translate import translated
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.events import Body, decode_body
from ergos.kernel.models import EndpointSpec, Hints, ModelPrice, ModelRequest, Outline, Reply
from ergos.kernel.packages import Definition, Errand, Package, Performed, Programs, Tool
from ergos.kernel.ports import ModelCame, Models, Sink
from ergos.kernel.rows import Item
from ergos.kernel.usage import FREE_MODEL
from ergos.lib.folder import FolderPrograms
from ergos.runtime.desk import Ended
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts

WAIT_S = 20  # seconds a test waits for anything


class Hanging:
    """A tool that does its work and is never heard of again: what a crash leaves behind."""

    def __init__(self, inner: Tool, done: asyncio.Event) -> None:
        self.inner, self.spec, self.digest, self.misfit, self.probe = (
            inner,
            inner.spec,
            inner.digest,
            inner.misfit,
            inner.probe,
        )
        self.done = done

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        performed = await self.inner.run(args, errand)
        self.done.set()
        await asyncio.Event().wait()
        return performed


class Cut:
    """Programs whose named tools hang after they have done their work."""

    def __init__(self, inner: Programs, *tools: str) -> None:
        self.inner, self.current = inner, inner.current
        self.done = {tool: asyncio.Event() for tool in tools}

    def package(self, definition: Definition) -> Package:
        package = self.inner.package(definition)
        tools = {
            name: Hanging(tool, self.done[name]) if name in self.done else tool for name, tool in package.tools.items()
        }
        return msgspec.structs.replace(package, tools=tools)


class Speaking:
    """Models that say what a function makes of a request; keeps what each was asked."""

    def __init__(
        self,
        speak: Callable[[ModelRequest], Reply],
        *,
        price: ModelPrice | None = FREE_MODEL,
        answers_max: int | None = None,
    ) -> None:
        """After `answers_max` answers it is never heard of again, and `hung` is set."""
        self.asked: list[ModelRequest] = []
        self.hung = asyncio.Event()
        self._answers_max = answers_max
        self._speak = speak
        spec = EndpointSpec(
            name="scripted/one",
            model="scripted-one",
            dialect="neutral",
            local=True,
            price=price,
            context_tokens=200_000,
        )
        self._model = ScriptedModel(spec, self._answer)

    def _answer(self, request: ModelRequest) -> Reply:
        self.asked.append(request)
        return self._speak(request)

    def endpoints(self) -> tuple[EndpointSpec, ...]:
        return (self._model.spec,)

    def outline(self, args: dict[str, Plain]) -> Outline:
        return outline_of(args)

    async def perform(
        self,
        endpoint: str,
        args: dict[str, Plain],
        *,
        deadline_ns: int,
        hints: Hints,
        sink: Sink | None = None,
        on_first: Callable[[], None] | None = None,
    ) -> ModelCame:
        if self._answers_max is not None and len(self.asked) >= self._answers_max:
            self.hung.set()
            await asyncio.Event().wait()
        return await translated(
            self._model, args, deadline_ns=deadline_ns, hints=hints, sink=sink, on_first=on_first, now_ns=0
        )


class House:
    """A folder with a store in it, and the kernels that run on it one after the other."""

    def __init__(self, folder: Path, models: Models | None = None) -> None:
        self.folder = folder
        self.models = models

    def parts(self, programs: Programs) -> Parts:
        return Parts(
            store=SqliteStore(self.folder / "ergos.db"),
            clock=Monotone(HostClock()),
            entropy=HostEntropy(),
            programs=programs,
            signer=FileSigner(self.folder / "key"),
            models=self.models,
        )

    @asynccontextmanager
    async def running(self, programs: Programs | None = None) -> AsyncIterator[Kernel]:
        async with Kernel(self.parts(programs or FolderPrograms()), version="0", host="test") as kernel:
            yield kernel

    @asynccontextmanager
    async def dying(self, programs: Programs) -> AsyncIterator[Kernel]:
        kernel = Kernel(self.parts(programs), version="0", host="test")
        await kernel.start()
        yield kernel
        kernel.reactor.stopping = True
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)
        await kernel.stop()


def write(folder: Path, name: str, text: str) -> Path:
    """A file of an author; the text may be indented."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return path


HEAD = """
import asyncio
import msgspec
from ergos.base.errors import *
from ergos.kernel.supervisor import Supervision
from ergos.lib.agent import Context, agent, may
from ergos.lib.task import Task, solver
from ergos.lib.tool import tool
"""


def agent_in(folder: Path, body: str) -> Path:
    """A Python file of an agent, with the usual imports."""
    path = folder / "subject.py"
    path.write_text(HEAD + textwrap.dedent(body), encoding="utf-8")
    return path


async def ended(kernel: Kernel, pid: Pid) -> Ended:
    return await asyncio.wait_for(kernel.desk.end_of(pid), WAIT_S)


async def run(
    folder: Path,
    path: Path,
    memory: Plain = None,
    *,
    settings: Mapping[str, object] | None = None,
    models: Models | None = None,
) -> Ended:
    """One process from its start to its end."""
    programs = FolderPrograms()
    definition = programs.load(path, settings=settings)
    async with House(folder, models).running(programs) as kernel:
        return await ended(kernel, await kernel.desk.spawn(definition, "alice", memory))


async def records(kernel: Kernel, pid: int | None = None) -> list[Body]:
    """What the journal says, of one process or of all."""
    await kernel.machine.store.flush()
    found = kernel.machine.store.records(pid=None if pid is None else Pid(pid))
    return [decode_body(record.body) async for record in found]


async def item(kernel: Kernel, kind: str) -> Item:
    """The next thing of this kind that waits for its owner."""
    return await until(lambda: _open(kernel, kind))


async def _open(kernel: Kernel, kind: str) -> Item | None:
    await kernel.machine.store.flush()
    return next((found for found in await kernel.machine.store.items(None, 100) if found.kind == kind), None)


async def until(look: Callable[[], object]) -> object:
    """Look again until something is there."""
    async with asyncio.timeout(WAIT_S):
        while True:
            found = look()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await asyncio.sleep(0.005)

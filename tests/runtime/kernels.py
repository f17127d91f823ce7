"""Kernels for tests: a machine in virtual time with one disk, agents and tools made in the test, crashes on demand.

Rules: nothing here is a fixture; a scenario is a coroutine that gets a `Rig`; waiting costs nothing, and a scenario
that waits for what never comes fails at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Literal, TypeVar

import msgspec

from ergos.base.clock import Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import DefinitionError
from ergos.base.ids import Pid
from ergos.base.money import FREE, Price
from ergos.drivers.store_memory import Batch, MemoryDisk, MemoryStore
from ergos.kernel.calls import EffectClass
from ergos.kernel.events import Body, decode_body
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import (
    Absent,
    Definition,
    Errand,
    Mounts,
    Package,
    Prohibitions,
    Solver,
    Task,
    Tool,
)
from ergos.kernel.ports import Models, Store
from ergos.kernel.process import Process, State
from ergos.kernel.rows import Item
from ergos.kernel.supervisor import Supervision
from ergos.kernel.triggers import Calendar, Watchers
from ergos.lib.agent import Agent, AgentFunction, agent, may, program_of
from ergos.lib.tool import NOT_DONE, FunctionTool, tool
from ergos.runtime.desk import Ended
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.sim.clockloop import VirtualLoop, finish
from ergos.sim.faults import SimClock

T = TypeVar("T")

PATIENCE_S = 40_000_000.0  # virtual seconds a scenario may take; more than a year
START_S = 86_400.0 * 20_000


class Shelf:
    """A `Programs` port: what the test has put on it."""

    def __init__(self) -> None:
        self.packages: dict[str, Package] = {}
        self.definitions: dict[str, Definition] = {}

    def put(
        self,
        made: Agent,
        tools: Iterable[Tool] = (),
        *,
        tasks: Iterable[Task] = (),
        solvers: Iterable[Solver] = (),
        code: str = "1",
        window_tokens: int = 0,
    ) -> Definition:
        """Put an agent with its tools on the shelf, in place of an older one of its name."""
        definition = Definition(
            agent=made.name,
            program=made.name,
            code=code,
            grants=made.grants,
            caps=made.caps,
            supervision=made.supervision,
            window_tokens=window_tokens,
        )
        self.definitions[made.name] = definition
        self.packages[made.name] = Package(
            program=program_of(made.function),
            tools={one.spec.name: one for one in tools},
            tasks={one.spec.name: one for one in tasks},
            solvers=tuple(solvers),
            team={member: self.definitions[member] for member in made.team},
        )
        return definition

    def package(self, definition: Definition) -> Package:
        if definition.program not in self.packages:
            raise DefinitionError(f"{definition.program} is gone")
        return self.packages[definition.program]

    def current(self, agent: str, program: str) -> Definition | None:
        del agent
        return self.definitions.get(program)


class Outside:
    """The world outside the kernel: what reached it, and when a call may go on."""

    def __init__(self) -> None:
        self.effects: list[str] = []
        """The word of every effect that happened, in order."""
        self.keys: list[str] = []
        """Idempotency keys of the same."""
        self.probes = 0
        self.at_once = 0
        self.at_once_max = 0


def effect_tool(
    outside: Outside,
    effect: EffectClass,
    *,
    name: str = "post",
    before_s: float = 0,
    after_s: float = 0,
    price: Price | None = FREE,
    deadline_s: float = 60.0,
    queue: str = "tools",
    probe: Literal["looks", "fails"] = "looks",
) -> FunctionTool:
    """A tool whose effect the outside counts; it takes so long before the effect and so long after it."""

    async def run(word: str = "", *, errand: Errand) -> str:
        outside.at_once += 1
        outside.at_once_max = max(outside.at_once_max, outside.at_once)
        try:
            if before_s:
                await asyncio.sleep(before_s)
            outside.effects.append(word)
            outside.keys.append(errand.idempotency_key)
            if after_s:
                await asyncio.sleep(after_s)
        finally:
            outside.at_once -= 1
        return f"{word}!"

    async def look(word: str = "", *, errand: Errand) -> str | Absent:
        outside.probes += 1
        if probe == "fails":
            raise ValueError("the outside does not answer")
        return f"{word}!" if errand.idempotency_key in outside.keys else NOT_DONE

    return tool(
        effect,
        name=name,
        price=price,
        deadline_s=deadline_s,
        queue=queue,
        probe=look if effect == "reconcilable" else None,
        roles={"word": "plain"},
    )(run)


def failing_tool(
    error: BaseException, effect: EffectClass = "pure", *, times: int = 10**9, name: str = "post"
) -> FunctionTool:
    """A tool that raises this so many times and answers 'fine' from then on."""
    left = [times]

    async def run(word: str = "") -> str:
        if left[0] > 0:
            left[0] -= 1
            raise error
        return f"fine {word}".strip()

    async def look(word: str = "") -> Absent:
        return NOT_DONE

    return tool(effect, name=name, probe=look if effect == "reconcilable" else None)(run)


def an_agent(
    function: AgentFunction,
    *uses: str,
    ask: bool = False,
    caps: Caps | None = None,
    supervision: Supervision | None = None,
    team: Iterable[str] = (),
    name: str | None = None,
) -> Agent:
    """An agent that may use these tools."""
    grants = [may("act", use, ask=ask) for use in uses]
    return agent(name=name, grants=grants, caps=caps, supervision=supervision, team=team)(function)


class CutStore(MemoryStore):
    """Loses power at the commit that holds the first record of a kind: just before it is durable, or just after."""

    def __init__(self, disk: MemoryDisk, tag: str, where: Literal["before", "after"], cut: asyncio.Event) -> None:
        super().__init__(disk)
        self._mark = f'{{"k":"{tag}"'.encode()
        self._where = where
        self._cut = cut

    def _before_commit(self, batch: Batch) -> None:
        self._look(batch, "before")

    def _after_commit_before_done(self, batch: Batch) -> None:
        self._look(batch, "after")

    def _look(self, batch: Batch, where: str) -> None:
        entries = [entry for change, _ in batch if change is not None for entry in change.entries]
        if where == self._where and any(entry.body.startswith(self._mark) for entry in entries):
            self.crash()
            self._cut.set()


class Rig:
    """One disk, one clock, one shelf; any number of kernels, one after the other."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.clock = SimClock(0)
        self.clock.loop = loop
        self.disk = MemoryDisk()
        self.shelf = Shelf()
        self.outside = Outside()
        self.kernels: list[Kernel] = []
        self.models: Models | None = None
        """The endpoints of every kernel."""
        self.prohibitions: Prohibitions | None = None
        self.mounts: Mounts | None = None
        self.calendar: Calendar | None = None
        self.watchers: Watchers | None = None

    def put(self, made: Agent, *tools: Tool) -> Definition:
        """Put an agent on the shelf."""
        return self.shelf.put(made, tools)

    async def boot(
        self,
        store: Store | None = None,
        *,
        concurrency: dict[str, int] | None = None,
        owner_caps: dict[str, Caps] | None = None,
        watchdog: bool = False,
        models: Models | None = None,
    ) -> Kernel:
        """A kernel on the disk, or on another store."""
        parts = Parts(
            store=store if store is not None else MemoryStore(self.disk),
            clock=Monotone(self.clock),
            entropy=SeededEntropy(0),
            programs=self.shelf,
            concurrency=concurrency or {},
            owner_caps=owner_caps or {},
            watchdog=watchdog,
            models=models if models is not None else self.models,
            door_secret=b"of the test",
            prohibitions=self.prohibitions,
            mounts=self.mounts,
            calendar=self.calendar,
            watchers=self.watchers,
        )
        kernel = Kernel(parts, version="test", host="test")
        self.kernels.append(kernel)
        await kernel.start()
        return kernel

    async def crash(self, kernel: Kernel) -> None:
        """Cut the power of a kernel: nothing of it moves any more, what was not durable is lost."""
        store = kernel.machine.store
        assert isinstance(store, MemoryStore)
        store.crash()
        kernel.machine.failed = True
        for task in list(kernel.reactor._tasks):
            task.cancel()
        kernel.machine.close_turns()
        await asyncio.sleep(0)

    async def again(self, kernel: Kernel) -> Kernel:
        """Cut the power and boot again."""
        await self.crash(kernel)
        return await self.boot()

    async def cut_at(self, tag: str, where: Literal["before", "after"], definition: Definition) -> tuple[Kernel, Pid]:
        """Run an agent until the power is cut at a record of this kind, then boot again."""
        cut = asyncio.Event()
        kernel = await self.boot(CutStore(self.disk, tag, where, cut))
        pid = await kernel.desk.spawn(definition, "alice")
        await cut.wait()
        return await self.again(kernel), pid

    async def ends(self, definition: Definition, memory: object = None) -> Ended:
        """Boot, run one process to its end, stop."""
        kernel = await self.boot()
        ended = await kernel.desk.end_of(await kernel.desk.spawn(definition, "alice", msgspec.to_builtins(memory)))
        await kernel.stop()
        return ended

    def bodies(self, pid: int) -> list[Body]:
        """What is durable of a process."""
        return [decode_body(record.body) for record in self.disk.journal if record.pid == pid]

    def tags(self, pid: int) -> list[str]:
        """Kinds of the same."""
        return [str(type(body).__struct_config__.tag) for body in self.bodies(pid)]


def play(scenario: Callable[[Rig], Coroutine[object, object, T]]) -> T:
    """Play a scenario in virtual time. Raises: TimeoutError if it waits for what never comes."""
    loop = VirtualLoop(START_S)
    rig = Rig(loop)

    async def act() -> T:
        return await asyncio.wait_for(scenario(rig), PATIENCE_S)

    try:
        return loop.run_until_complete(act())
    finally:
        for kernel in rig.kernels:
            kernel.machine.failed = True
            kernel.reactor.stopping = True
            kernel.reactor.watchdog.disarm()
            kernel.machine.close_turns()
        finish(loop)


async def until(look: Callable[[], Awaitable[T | None] | T | None], what: str = "it") -> T:
    """Look again and again, in virtual time."""
    for _ in range(10_000):
        found = look()
        found = await found if isinstance(found, Awaitable) else found
        if found:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"waited for {what} in vain")


async def item_of(kernel: Kernel) -> Item:
    """The oldest open inbox item, once there is one."""

    async def look() -> Item | None:
        found = await kernel.machine.store.items(None, 9)
        return found[0] if found else None

    return await until(look, "an inbox item")


async def items_of(kernel: Kernel) -> list[Item]:
    """What is open in the inbox once nothing is left to be written."""
    await kernel.machine.store.flush()
    return list(await kernel.machine.store.items(None, 99))


async def becomes(kernel: Kernel, pid: int, state: State) -> Process:
    """The process once it is durably in this state."""

    async def look() -> Process | None:
        found = await kernel.machine.store.load((Pid(pid),))
        return found[0].process if found and found[0].process.state is state else None

    return await until(look, f"process {pid} to be {state}")

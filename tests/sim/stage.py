"""A kernel on a store in memory, in virtual time, with the simulated agents; for the tests of this folder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ergos.base.clock import Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.money import Amount
from ergos.drivers.store_memory import MemoryDisk, MemoryStore
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import Definition, Package
from ergos.kernel.permission.grants import Grant
from ergos.lib.agent import program_of
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.sim.clockloop import VirtualLoop, finish
from ergos.sim.faults import SimClock
from ergos.sim.workload import SUM, kit
from ergos.sim.world import World

T = TypeVar("T")
START_NS = 1_900_000_000_000_000_000


class Stage:
    """One disk, one calm world, and programs given as functions of a context, by agent name."""

    def __init__(self, *, ask: tuple[str, ...] = (), **programs: Callable[..., Awaitable[object]]) -> None:
        self.disk, self.world, self.clock = MemoryDisk(), World(1), SimClock(START_NS)
        self.world.calm = True
        self.tools = kit(self.world)
        self._programs, self._ask, self._now_s = programs, ask, 0.0

    def definition(self, agent: str) -> Definition:
        grants = [Grant(agent=agent, verb="act", name=name, ask=name in self._ask) for name in self.tools]
        grants += [Grant(agent=agent, verb="spawn", name=name) for name in self._programs]
        return Definition(agent=agent, program=agent, grants=tuple(grants), caps=Caps(process=Amount(9_000, -1)))

    def package(self, definition: Definition) -> Package:
        team = {name: self.definition(name) for name in self._programs}
        function = self._programs[definition.agent]
        return Package(program=program_of(function), tools=self.tools, tasks={"sum": SUM}, team=team)

    def current(self, agent: str, program: str) -> Definition | None:
        return self.definition(agent)

    def live(self, script: Callable[[Kernel], Awaitable[T]], *, crash: bool = False) -> T:
        """One life of a kernel; `crash` ends it without a stop."""
        loop = VirtualLoop(self._now_s)
        self.clock.loop = loop
        self.world.life += 1
        store = MemoryStore(self.disk)
        parts = Parts(store=store, clock=Monotone(self.clock), entropy=SeededEntropy(0), programs=self, watchdog=False)
        kernel = Kernel(parts)

        async def life() -> T:
            await kernel.start()
            came = await script(kernel)
            if crash:
                kernel.machine.failed = kernel.reactor.stopping = True
                kernel.machine.close_turns()
                store.crash()
            else:
                await kernel.stop()
            return came

        try:
            return loop.run_until_complete(life())
        finally:
            self._now_s = loop.time()
            self.world.life += 1
            finish(loop)

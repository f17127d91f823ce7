"""Runs histories: one seed, one plan of faults, lives of the kernel until everything has ended and is judged.

Rules: deterministic; a history either passes or raises with what does not hold; nothing is printed here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Final

import msgspec

from ergos.base.clock import SECOND, Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ErgosError
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.store_memory import MemoryDisk
from ergos.kernel.scheduler.wants import Rules
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.sim.billing import BrokenError, expect
from ergos.sim.clockloop import VirtualLoop, finish
from ergos.sim.faults import Fault, FaultyStore, Plan, SimClock, Where, random_plan
from ergos.sim.foreign import ForeignProgram
from ergos.sim.invariants import Judge
from ergos.sim.outside import SimWatchers
from ergos.sim.owner import CAPPED, Owner, Promises
from ergos.sim.provider import SimModels
from ergos.sim.workload import THINKER, WAKER, SimPrograms
from ergos.sim.world import World

START_NS: Final = 1_900_000_000_000_000_000  # some day in 2030; simulations know no other time
LIVES_MAX: Final = 12  # lives of one history; a plan has fewer
ACTIONS: Final = 10  # things an owner does in one life
CONCURRENCY: Final = {"narrow": 2}
RULES: Final = (
    Rules(),
    Rules(hedge_share=1.0, hedge_samples_min=1, retry_share=1.0),
    Rules(queue_calls_max=2, delay_target_ns=2 * SECOND, delay_interval_ns=SECOND, refuse_delay_ns=20 * SECOND),
)
"""As shipped; eager to send twice; soon too busy."""


class Told(msgspec.Struct, frozen=True):
    """What a history was like."""

    commits: tuple[int, ...]
    """Of each life."""
    records: int
    effects: int
    kinds: frozenset[str]


class History:
    """One history."""

    def __init__(self, seed: int, plan: Plan, *, roots: int | None = None, actions: int = ACTIONS) -> None:
        self._plan: Final = plan
        entropy = SeededEntropy(f"history/{seed}")
        self._roots = (1 + entropy.below(4, stream="roots")) if roots is None else roots
        self._entropy: Final = entropy
        self._actions: Final = actions
        self.disk: Final = MemoryDisk(f"{seed:032x}")
        self.world: Final = World(seed)
        self._promises: Final = Promises(seed)
        self._clock: Final = SimClock(START_NS)
        self._owner: Final = Owner(self.world, self._promises, self._clock, seed)
        self._owner.jumps = plan.jumps
        self._programs: Final = SimPrograms(self.world)
        self.judge: Final = Judge(self.disk, self.world, self._promises)
        modelled = entropy.below(3, stream="models") > 0
        self.models: Final = SimModels(self.world, seed) if modelled else None
        self.outside: Final = SimWatchers(
            again_s=30, fails=lambda: not self.world.calm and entropy.below(5, stream="looks") == 0
        )
        self._wakes: Final = entropy.below(3, stream="wakes") == 0
        self._foreign: Final = tuple(
            ForeignProgram(self.world, seed, number)
            for number in range((1, 1, 2)[entropy.below(3, stream="foreign")] if modelled else 0)
        )
        self._commits: Final[list[int]] = []
        self.broken: BaseException | None = None

    def run(self) -> Told:
        """Live, crash, recover, end. Raises: BrokenError, or whatever broke."""
        now_s = 0.0
        for life in range(LIVES_MAX):
            last = life >= len(self._plan.faults)
            loop = VirtualLoop(now_s)
            self._clock.loop = loop
            self.world.life += 1
            try:
                loop.run_until_complete(self._live(loop, None if last else self._plan.faults[life], last=last))
            finally:
                now_s = loop.time()
                self.world.life += 1  # whatever still runs reaches nothing
                finish(loop)
            if self.broken is not None:
                raise self.broken
            if last:
                break
        return Told(
            tuple(self._commits),
            len(self.disk.journal),
            sum(self.world.applied.values()),
            frozenset(self.judge.kinds),
        )

    async def _live(self, loop: VirtualLoop, fault: Fault | None, *, last: bool) -> None:
        """One life of the kernel, until its fault, its orderly stop, or the end of everything."""
        gone: asyncio.Future[None] = loop.create_future()
        store = FaultyStore(
            self.disk, fault, lambda: None if gone.done() else gone.set_result(None), self._plan.commit_s
        )
        kernel = self._kernel(store)
        self.judge.kernel = kernel

        def bug(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
            """A callback of the loop failed: a bug that nobody else would be told of."""
            error = context.get("exception")
            if isinstance(error, Exception):
                self.broken = self.broken or error
                if not gone.done():
                    gone.set_result(None)

        loop.set_exception_handler(bug)
        self.world.watch = lambda landed: self._guard(lambda: self.judge.arrives(landed))
        self.world.starts = lambda pid, name: self._guard(lambda: self.judge.starts(pid, name))
        if self.models is not None:
            self.models.watch = lambda sending: self._guard(lambda: self.judge.sends(sending))
            self.models.overfull = lambda what: self._guard(lambda: expect(False, what))
        script = loop.create_task(self._script(kernel, last=last))
        await asyncio.wait((gone, script), return_when=asyncio.FIRST_COMPLETED)
        self._commits.append(store.commits)
        if not gone.done():
            await self._stopped(kernel, script, gone)
        kernel.machine.failed = True
        kernel.reactor.stopping = True
        store.crash()
        script.cancel()
        kernel.machine.close_turns()
        if self.broken is None:
            await self.judge.at_rest(over=last)

    def _kernel(self, store: FaultyStore) -> Kernel:
        """A kernel of this life; with models in it, its settings change from life to life."""
        host = "sim"
        if self.models is not None and self._entropy.below(2, stream="capped"):
            host = f"{CAPPED}{self.world.life}"
        parts = Parts(
            store=store,
            clock=Monotone(self._clock),
            entropy=SeededEntropy("kernel"),
            programs=self._programs,
            concurrency=CONCURRENCY,
            watchdog=False,
            models=self.models,
            owner_caps={owner: self._promises.caps(host, owner) for owner in ("alice", "bob")},
            rules=RULES[self._entropy.below(len(RULES), stream="rules")] if self.models is not None else Rules(),
            door_secret=b"of the simulation",
            calendar=HostCalendar(),
            watchers=self.outside,
        )
        kernel = Kernel(parts, version="sim", host=host)
        self.outside.bell = kernel.reactor.watches
        return kernel

    async def _stopped(self, kernel: Kernel, script: asyncio.Task[None], gone: asyncio.Future[None]) -> None:
        """The script came to an end: well, or because the store failed."""
        error = script.exception()
        if error is not None and not isinstance(error, ErgosError) and self.broken is None:
            self.broken = error
        stop = asyncio.get_running_loop().create_task(kernel.stop())
        await asyncio.wait((gone, stop), return_when=asyncio.FIRST_COMPLETED)
        if stop.done() and stop.exception() is not None:
            self.broken = self.broken or stop.exception()
        stop.cancel()

    async def _script(self, kernel: Kernel, *, last: bool) -> None:
        """What the owner does in this life. Raises: ErgosError when the store fails."""
        await kernel.start()
        fault = asyncio.get_running_loop().create_task(kernel.fault())
        doing = asyncio.get_running_loop().create_task(self._doing(kernel, last=last))
        await asyncio.wait((fault, doing), return_when=asyncio.FIRST_COMPLETED)
        if fault.done():
            doing.cancel()
            error = fault.result()
            if error.code != "E504":
                self.broken = self.broken or error.__cause__ or error
            raise error
        fault.cancel()
        doing.result()

    async def _abroad(self, program: ForeignProgram, kernel: Kernel) -> None:
        """A foreign program goes on; what it finds broken is broken."""
        try:
            await program.run(kernel, self.judge.followed, self._promises.spawned.add)
        except BrokenError as broken:
            self.broken = self.broken or broken
        except ErgosError:
            assert kernel.machine.failed or kernel.reactor.stopping  # the kernel is going

    async def _doing(self, kernel: Kernel, *, last: bool) -> None:
        abroad = [
            asyncio.get_running_loop().create_task(self._abroad(program, kernel))
            for program in self._foreign
            if not program.over
        ]
        draw = self.world.entropy.below
        going_on = asyncio.get_running_loop().create_task(self.outside.goes_on(lambda n: draw(n, stream="outside")))
        while self._roots > 0:
            agent = ("wander", "careful")[self._entropy.below(2, stream="agent")]
            if self.models is not None and self._entropy.below(2, stream="thinks"):
                agent = THINKER
            elif self._wakes and self._entropy.below(2, stream="woken"):
                agent = WAKER
            await self._owner.spawn(kernel, self._programs.definition(agent))
            self._roots -= 1
        await self._owner.busy(kernel, self._actions if not last else self._actions // 2)
        if last:
            await self._owner.calm(kernel)
        for program in (*abroad, going_on):
            program.cancel()

    def _guard(self, check: object) -> None:
        """A broken invariant seen inside a tool must not become the tool's failure."""
        try:
            check()  # type: ignore[operator]
        except BrokenError as broken:
            self.broken = self.broken or broken


def run_seed(seed: int) -> Told:
    """One random history."""
    return History(seed, random_plan(SeededEntropy(f"plan/{seed}"))).run()


def crash_plans(commits: int, *, again: int) -> Iterator[Plan]:
    """Every commit of a first life, lost in each way, with crashes at every early commit of recovery."""
    wheres: tuple[Where, ...] = ("before", "after", "torn")
    for commit in range(1, commits + 1):
        for where in wheres:
            first = Fault(commit, where, commit)
            yield Plan((first,))
            for second in range(1, again + 1):
                yield Plan((first, Fault(second, wheres[second % 3], second)))


def crash_histories(first_seed: int = 1, *, again: int = 2) -> Iterator[tuple[str, Told | Exception]]:
    """Without end: workloads by seed, each crashed at every commit of its first life; what came of each history."""
    for seed in count(first_seed):
        (commits, *_) = History(seed, Plan((None,))).run().commits
        for plan in crash_plans(commits, again=again):
            told: Told | Exception
            try:
                told = History(seed, plan).run()
            except Exception as broken:  # noqa: BLE001 - whatever broke is the finding
                told = broken
            yield f"workload {seed}, {plan.faults}", told

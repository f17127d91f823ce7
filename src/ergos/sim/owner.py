"""The owner, as simulated: busy, careless and fair; and what was acknowledged to the outside.

Rules: what was acknowledged is remembered, because that is what must never be lost; every process is brought to an
end by the last life of a history.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

from ergos.base.canonical import Plain
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import UsageError
from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.calls import SignalName, Verdict
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import Definition
from ergos.kernel.permission.grants import Grant, grant_id
from ergos.kernel.process import ENDED, Process, State
from ergos.kernel.rows import Item
from ergos.runtime.kernel import Kernel
from ergos.runtime.performer import idempotency_key
from ergos.sim.faults import SimClock
from ergos.sim.foreign import NAMED
from ergos.sim.workload import SIGNALS, TOOLS, grant_of
from ergos.sim.world import World

CAPPED: Final = "capped "
"""What the hosts of lives begin with in which an owner has ceilings of his own."""


class Promises:
    """What was acknowledged to the outside."""

    def __init__(self, seed: int = 0) -> None:
        self._seed: Final = seed
        self.spawned: Final[set[Pid]] = set()
        self.mailed: Final[set[str]] = set()
        self.ended: Final[dict[Pid, Process]] = {}
        self.answered: Final[set[int]] = set()
        self.paused: Final[set[Pid]] = set()
        self.redone: Final[Counter[str]] = Counter()
        """Owners' allowances to repeat, by idempotency key; counted when asked for."""
        self.vouched: Final[set[str]] = set()
        """Calls the owner said had happened, or had not."""
        self.halted = False
        self.halting = False
        """A halt or its end is being asked for."""
        self.revoked: Final[dict[tuple[str, str], Grant]] = {}
        """Grants taken back and not given again, by owner and id."""
        self.regranting: Final[set[tuple[str, str]]] = set()
        """Those that are being given again."""

    def may_start(self, owner: str, agent: str, tool: str) -> bool:
        """Whether no acknowledged word of the owner stands against a call of this tool."""
        name = (owner, grant_id(grant_of(agent, tool)))
        return name not in self.revoked or name in self.regranting

    def caps(self, life: str, owner: str) -> Caps:
        """The ceilings that the settings of a kernel's life set an owner; of lives that are not named, none."""
        draw = SeededEntropy(f"caps/{self._seed}/{life}").below
        if life.startswith(CAPPED) and owner == "bob":
            return Caps(
                owner=Amount(800 + draw(6_000, stream="owner"), -1), call=Amount(-1, 50 + draw(200, stream="call"))
            )
        return Caps()


class Owner:
    """Whoever sits at the desk."""

    def __init__(self, world: World, promises: Promises, clock: SimClock, seed: int) -> None:
        self._world: Final = world
        self._promises: Final = promises
        self._clock: Final = clock
        self._entropy: Final = SeededEntropy(f"owner/{seed}")
        self._letters = 0
        self.jumps = False

    async def busy(self, kernel: Kernel, actions: int) -> None:
        """Do random things for a while; whoever dares and is refused goes on."""
        for _ in range(actions):
            await asyncio.sleep(self._entropy.below(6_000, stream="pause") / 1000)
            if self.jumps and self._entropy.below(8, stream="jump") == 0:
                self._clock.jump((-3_600, 40, 90_000, 8 * 86_400)[self._entropy.below(4, stream="by")])
            if self._entropy.below(4, stream="evict") == 0:
                kernel.machine.evict(0)  # everything that may be forgotten is
            try:
                await self._something(kernel)
            except UsageError:
                continue

    async def calm(self, kernel: Kernel, days: int = 20) -> None:
        """Lift, resume and answer until every process has ended. Raises: AssertionError if one never does."""
        self._world.calm = True
        self._clock.jump(3_600)
        await self._halt(kernel, on=False)
        await self._give_back(kernel)
        live: tuple[Process, ...] = ()
        for minute in range(days * 24):
            live = await kernel.machine.store.processes()
            if not live:
                await asyncio.sleep(100)  # calls under way come home
                return
            for process in live:
                if process.agent.startswith(NAMED) and process.pid not in self._promises.spawned:
                    await self._signal(kernel, process.pid, "kill")  # its program died before it knew of it
                elif process.state is State.PAUSED:
                    await self._signal(kernel, process.pid, "resume")
                elif process.agent.startswith(NAMED):
                    pass  # its program sees to it
                elif process.state is State.WAITING and not process.turn_open and process.wake_at_ns is None:
                    (row,) = await kernel.machine.store.load((process.pid,))
                    if not row.mail:  # with mail it must wake by itself
                        await self._send(kernel, process.pid)
            for item in await kernel.machine.store.items(None, 100):
                await self._answer(kernel, item)
            await asyncio.sleep(60 if minute < 60 else 3_600)
        raise AssertionError(f"stuck: {[(row.pid, str(row.state), row.waits, row.turn_open) for row in live]}")

    async def spawn(self, kernel: Kernel, definition: Definition) -> None:
        """Start an agent."""
        idle = self._entropy.below(6, stream="idle") == 0
        pid = await kernel.desk.spawn(definition, ("alice", "bob")[self._entropy.below(2, stream="owner")], idle=idle)
        self._promises.spawned.add(pid)
        if idle:
            await self._send(kernel, pid)

    async def _something(self, kernel: Kernel) -> None:
        draw = self._entropy.below
        live = await kernel.machine.store.processes()
        match draw(14, stream="what"):
            case 0 | 1 | 2 | 3:
                items = await kernel.machine.store.items(None, 10)
                if items:
                    item = items[draw(len(items), stream="item")]
                    await asyncio.gather(*[self._answer(kernel, item) for _ in range(1 + draw(2, stream="twice"))])
            case 4 | 5 if live:
                await self._send(kernel, live[draw(len(live), stream="to")].pid)
            case 6 | 7 | 8 if live:
                name = SIGNALS[draw(4, stream="signal")]
                await self._signal(kernel, live[draw(len(live), stream="whom")].pid, name)
            case 12 if live:
                process = live[draw(len(live), stream="of")]
                tool = TOOLS[draw(len(TOOLS), stream="tool")]
                await self._take_back(kernel, process.owner, grant_of(process.agent, tool))
            case 13:
                await self._give_back(kernel)
            case 9:
                await self._halt(kernel, on=True)
            case 10:
                await self._halt(kernel, on=False)
            case 11 if live:
                await self._await_end(kernel, live[0].pid)
            case _:
                pass

    async def _await_end(self, kernel: Kernel, pid: Pid) -> None:
        try:
            ended = await asyncio.wait_for(kernel.desk.end_of(pid), 20)
        except TimeoutError:
            return
        self._promises.ended[pid] = ended.process

    async def _send(self, kernel: Kernel, pid: Pid) -> None:
        self._letters += 1
        letter = f"letter {self._letters}."
        await kernel.desk.send(pid, letter)
        self._promises.mailed.add(letter)

    async def _signal(self, kernel: Kernel, pid: Pid, name: SignalName) -> None:
        promises = self._promises
        promises.paused.discard(pid)
        try:
            process = await kernel.desk.signal(pid, name, "owner")
        except UsageError:
            return
        if process.state in ENDED:
            promises.ended[pid] = process

    async def _halt(self, kernel: Kernel, *, on: bool) -> None:
        self._promises.halted, self._promises.halting = False, True
        await kernel.desk.halt("owner", on=on)
        self._promises.halted, self._promises.halting = on, False

    async def _take_back(self, kernel: Kernel, owner: str, grant: Grant) -> None:
        """Revoke: from the moment this is acknowledged no call starts under it."""
        one = grant_id(grant)
        await kernel.desk.revoke(owner, one, "owner")
        self._promises.revoked[owner, one] = grant

    async def _give_back(self, kernel: Kernel) -> None:
        """Confirm again whatever was taken back."""
        for (owner, one), grant in list(self._promises.revoked.items()):
            self._promises.regranting.add((owner, one))
            await kernel.desk.grant(owner, grant, "owner")
            del self._promises.revoked[owner, one]
            self._promises.regranting.discard((owner, one))

    async def _answer(self, kernel: Kernel, item: Item) -> None:
        rows = await kernel.machine.store.load((item.pid,))
        key = idempotency_key(kernel.machine.store.id, item.pid, rows[0].process.turn, item.key)
        verdict: Verdict = "answer"
        value: Plain = None
        if item.kind == "approval":
            verdict = "approve" if self._entropy.below(4, stream="verdict") else "deny"
        elif item.kind == "doubt":
            happened = self._world.applied[key] > 0
            verdict = "done" if happened else ("redo", "fail")[self._entropy.below(2, stream="verdict")]
            self._promises.vouched.add(key)
            self._promises.redone[key] += verdict == "redo"
        else:
            value = "yes"
        try:
            await kernel.desk.answer(item.id, verdict, "owner", value)
        except UsageError:
            return
        self._promises.answered.add(item.id)

"""A running kernel: boot order, checkpoints, and an orderly end.

    lock → chain head → clock floor → books → halt flag → ready processes → due times

Rules: boot reads nothing that grows with the store, only what is ready or due; recovery is driving the open
turns again. On stop nothing new begins, calls under way get a little time, the end is signed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Self

from ergos.base.errors import ErgosError, NotRunningError
from ergos.base.ids import Digest, Pid
from ergos.base.limits import CHECKPOINT_RECORDS, CHECKPOINT_S, STOP_GRACE_S, WAKE_BATCH
from ergos.base.money import Amount
from ergos.kernel.journal import statement
from ergos.kernel.ledger import Meter
from ergos.kernel.own_events import Booted, Checkpoint
from ergos.kernel.solvers import Record as SolverRecord
from ergos.runtime.desk import Desk
from ergos.runtime.machine import Machine, Parts
from ergos.runtime.reactor import Reactor


class Kernel:
    """One kernel on one store. Use as an async context manager."""

    def __init__(self, parts: Parts, *, version: str = "0", host: str = "") -> None:
        self.machine: Final = Machine(parts)
        self.reactor: Final = Reactor(self.machine, self._on_fault)
        self.desk: Final = Desk(self.machine, self.reactor)
        self._version = version
        self._host = host
        self._signed_seq = 0
        self._unsigned = 0
        self._signing: asyncio.TimerHandle | None = None
        self._fault: asyncio.Future[ErgosError] | None = None
        self._listening: Final[set[Callable[[], None]]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Boot and recover. Raises: StoreError."""
        machine, store = self.machine, self.machine.store
        self._fault = asyncio.get_running_loop().create_future()
        head = await store.head()
        machine.parts.clock.not_before(head.at_ns)
        machine.restore(await store.highest())
        machine.book.load(*await store.books(("paid/*",)))
        facts = await store.facts()
        machine.halted = bool(facts.get("halted"))
        self._remember_solvers(facts)
        machine.charter.restore(facts)
        await machine.pins.restore(facts, machine.vault)
        machine.tick()
        machine.inquiries.recover(facts)
        self._signed_seq = head.seq
        machine.on_write = self._wrote
        machine.submit(None, (Booted(self._version, self._host, 1),))
        if machine.parts.watchdog:
            self.reactor.watchdog.arm()
        await self.reactor.watches.recover()  # before what is left of ended processes: some wait to be told of it
        await self.reactor.population.aftermath.recover(facts)
        await self._recover()
        await self.reactor.timers.wake_due()

    async def _recover(self) -> None:
        """Queue every process whose turn was open."""
        after = Pid(0)
        while pids := await self.machine.store.runnable(after, WAKE_BATCH):
            for pid in await self.reactor.population.bring(pids):
                self.reactor.enqueue(pid)
            after = pids[-1]

    def _remember_solvers(self, facts: dict[str, str]) -> None:
        for name, value in facts.items():
            if name.startswith("solver/"):
                _, task, solver = name.split("/", 2)
                accepted, rejected = value.split()
                self.machine.solver_records[task, solver] = SolverRecord(int(accepted), int(rejected))

    async def stop(self) -> None:
        """Graceful end: calls under way get STOP_GRACE_S seconds; everything else is in the journal already."""
        self.reactor.watchdog.disarm()
        self.machine.on_write = None
        if self._signing is not None:
            self._signing.cancel()
        await self.reactor.quiet(STOP_GRACE_S)
        self.machine.close_turns()
        self.reactor.guests.abandon(NotRunningError("the kernel is stopping; nothing is lost"))
        try:
            if not self.machine.failed:
                await self.machine.store.flush()
                await self.checkpoint()
        except ErgosError as error:
            self._on_fault(error)
        finally:
            await self.machine.store.close()

    async def checkpoint(self) -> Checkpoint | None:
        """Sign the chain as far as it is durable; None without a signer or with nothing new."""
        signer = self.machine.parts.signer
        head = await self.machine.store.head()
        if signer is None or head.seq == self._signed_seq:
            return None
        signature = signer.sign(statement(head.seq, head.seal))
        record = Checkpoint(head.seq, Digest(head.seal.hex()), signer.public_key, signature)
        self.machine.tick()
        self.machine.submit(None, (record,))
        await self.machine.store.flush()
        self._signed_seq = (await self.machine.store.head()).seq
        return record

    def _wrote(self, records: int) -> None:
        """Tell who listens. Sign soon when much was written, else some time after the first thing that was."""
        for heard in tuple(self._listening):
            heard()
        if self.machine.parts.signer is None:
            return
        self._unsigned += records
        due_s = CHECKPOINT_S if self._unsigned < CHECKPOINT_RECORDS else 0
        if self._signing is None:
            self._signing = asyncio.get_running_loop().call_later(due_s, self._sign)
        elif self._unsigned - records < CHECKPOINT_RECORDS <= self._unsigned:
            self._signing.cancel()
            self._signing = asyncio.get_running_loop().call_later(0, self._sign)

    def _sign(self) -> None:
        self._signing, self._unsigned = None, 0
        if not self.machine.failed and not self.reactor.stopping:
            self.reactor.task(self._checkpointed())

    async def _checkpointed(self) -> None:
        await self.checkpoint()

    def _on_fault(self, error: ErgosError) -> None:
        self.reactor.population.abandon(error)
        self.reactor.guests.abandon(error)
        if self._fault is not None and not self._fault.done():
            self._fault.set_result(error)

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Be told, in the middle of it and shortly, whenever something is written; the return value ends it."""
        self._listening.add(heard)
        return lambda: self._listening.discard(heard)

    async def fault(self) -> ErgosError:
        """Wait until something goes so wrong that nothing moves any more; what it was."""
        assert self._fault is not None
        return await self._fault

    async def meters(self, prefix: str) -> tuple[dict[str, Amount], dict[str, Meter]]:
        """Accounts and meters by prefix, as durable."""
        await self.machine.store.flush()
        return await self.machine.store.books((f"{prefix}*",))

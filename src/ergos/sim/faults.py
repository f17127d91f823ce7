"""What goes wrong, and when: crashes at commits, full disks, clock jumps, all from one seed.

Rules: a plan is data; the same plan and seed give the same history. A commit is lost whole (`before`), kept
though nobody was told (`after`), or kept in part (`torn`): each change is atomic and they become durable in
order, so any prefix of them may survive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from ergos.base.clock import SECOND
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import DiskFullError
from ergos.drivers.store_memory import Batch, MemoryDisk, MemoryStore
from ergos.sim.clockloop import VirtualLoop

Where = Literal["before", "after", "torn", "full"]


class Fault(msgspec.Struct, frozen=True):
    """What happens to one commit of one life of the kernel."""

    commit: int
    """1, 2, 3, ... counted from boot."""
    where: Where
    kept: int = 0
    """torn: how many of its changes survive, modulo their number."""


class Plan(msgspec.Struct, frozen=True):
    """One fault for each life of the kernel; after the last one nothing fails any more."""

    faults: tuple[Fault | None, ...] = ()
    """None: this life ends with an orderly stop."""
    jumps: bool = False
    """The clock jumps."""
    commit_s: float = 0.0
    """Seconds a commit takes; 0: none."""


class FaultyStore(MemoryStore):
    """A store in memory that meets its fault."""

    def __init__(self, disk: MemoryDisk, fault: Fault | None, on_crash: Callable[[], None], commit_s: float) -> None:
        super().__init__(disk, commit_after_s=(lambda: commit_s) if commit_s else None)
        self._fault = fault
        self._on_crash = on_crash
        self.commits = 0

    def _cut(self) -> None:
        self.crash()
        self._on_crash()

    def _before_commit(self, batch: Batch) -> None:
        self.commits += 1
        fault = self._fault
        if fault is None or fault.commit != self.commits:
            return
        if fault.where == "full":
            raise DiskFullError
        if fault.where == "torn":
            changes = [change for change, _ in batch if change is not None]
            self.disk.apply(changes[: fault.kept % (len(changes) + 1)])
        if fault.where != "after":
            self._cut()

    def _after_commit_before_done(self, batch: Batch) -> None:
        del batch
        if self._fault is not None and self._fault.where == "after" and self._fault.commit == self.commits:
            self._cut()


class SimClock:
    """The loop's time as a wall clock that can be set wrong."""

    def __init__(self, start_ns: int) -> None:
        self.offset_ns = start_ns
        self.loop: VirtualLoop | None = None

    def now_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC, jumps included."""
        return self.offset_ns + int((self.loop.time() if self.loop is not None else 0.0) * SECOND)

    def jump(self, by_s: int) -> None:
        """Somebody sets the clock."""
        self.offset_ns += by_s * SECOND


def random_plan(entropy: SeededEntropy) -> Plan:
    """Faults of one seed: up to four lives that end badly, sometimes within the recovery of the last."""
    faults: list[Fault | None] = []
    for _ in range(entropy.below(5, stream="lives")):
        kind = entropy.below(8, stream="fault")
        early = entropy.below(3, stream="early") == 0
        commit = 1 + entropy.below(3 if early else 40, stream="commit")
        where: Where = ("before", "after", "torn", "torn", "before", "after", "full", "torn")[kind]
        stops = entropy.below(9, stream="stop") == 0
        faults.append(None if stops else Fault(commit, where, entropy.below(64, stream="kept")))
    slow = (0.0, 0.0, 0.004, 0.3)[entropy.below(4, stream="commit_s")]
    return Plan(tuple(faults), entropy.below(3, stream="jumps") == 0, slow)

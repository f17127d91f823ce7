"""What an ended process leaves behind: a parent that waits, children, holds nobody settles, open inbox items.

An end is one transaction, what follows from it are others; a crash between them must not lose it. So the end
notes a slot in the facts, and boot does again what a slot still names; everything here may be done twice.

Rules: a call that had been started and has no result stays charged in full, because nobody knows whether it
happened; children of an ended process are stopped; what only the dead could use is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Final, Protocol

from ergos.base.ids import KERNEL, Pid
from ergos.base.limits import SPAWN_DEPTH_MAX
from ergos.kernel.calls import Failure, SignalName
from ergos.kernel.events import Exited, Resulted
from ergos.kernel.history import Past, history
from ergos.kernel.labels import TRUSTED
from ergos.kernel.process import ENDED, State, Wait
from ergos.kernel.values import NULL
from ergos.runtime.loader import Loader
from ergos.runtime.machine import Machine
from ergos.runtime.residents import Resident, Rows

AFTERMATH: Final = "aftermath/"


class Others(Protocol):
    """What this asks of the population."""

    async def bring(self, pids: tuple[Pid, ...]) -> set[Pid]:
        """Put processes into memory; those that exist."""
        ...

    def roused(self, resident: Resident, cause: Wait = "mail") -> None:
        """Something a process may be waiting for has happened."""
        ...

    def signal(self, target: Resident, name: SignalName, by: str) -> None:
        """Deliver a signal."""
        ...


class Aftermath:
    """Sees to what is left of ended processes."""

    def __init__(self, machine: Machine, others: Others, loader: Loader) -> None:
        self._machine: Final = machine
        self._others: Final = others
        self._loader: Final = loader
        self._slots: Final[dict[Pid, int]] = {}
        self._free: Final[list[int]] = []
        self.told: Callable[[Resident], Coroutine[object, object, None]] = _nobody
        """Told of every end, perhaps twice."""
        self._late: Final[list[Resident]] = []
        """Seen to, but for calls under way."""

    def begun(self, resident: Resident) -> tuple[str, str]:
        """The fact to write with an end: this is still to be seen to."""
        self._late[:] = [resident for resident in self._late if not self._over(resident)]
        slot = self._free.pop() if self._free else len(self._slots)
        self._slots[resident.process.pid] = slot
        return f"{AFTERMATH}{slot}", str(resident.process.pid)

    async def recover(self, facts: dict[str, str]) -> None:
        """See to what the last kernel did not get to."""
        for name, pid in sorted(facts.items()):
            if name.startswith(AFTERMATH):
                for found in await self._others.bring((Pid(int(pid)),)):
                    self._slots[found] = int(name.removeprefix(AFTERMATH))
        taken = set(self._slots.values())
        self._free.extend(slot for slot in range(max(taken, default=-1), -1, -1) if slot not in taken)
        for pid in list(self._slots):
            await self.after(self._machine.table[pid], cut_off=True)

    async def after(self, resident: Resident, *, cut_off: bool = False) -> None:
        """Tell the parent, stop the children, settle and close. `cut_off`: the kernel stopped before it was done."""
        machine, process = self._machine, resident.process
        assert process.state in ENDED, process
        resident.errands += 1  # it stays in memory meanwhile
        await machine.store.flush()  # a child spawned a moment ago must be seen
        if process.parent != KERNEL and process.parent in await self._others.bring((process.parent,)):
            machine.tick()
            self._others.roused(machine.table[process.parent], "child")
        if process.depth < SPAWN_DEPTH_MAX:
            await self._stop_children(process.pid)
        if cut_off or process.state is not State.DONE:  # one that is done left only what is still on its way
            await self._settle(resident)
        await self.told(resident)
        resident.errands -= 1
        if not self._over(resident):
            self._late.append(resident)

    def _over(self, resident: Resident) -> bool:
        """Give the slot free once nothing of the process is under way."""
        if resident.flying:
            return False
        self._free.append(self._slots.pop(resident.process.pid))
        return True

    async def _stop_children(self, parent: Pid) -> None:
        machine = self._machine
        live = tuple(child.pid for child in await machine.store.children(parent) if child.state not in ENDED)
        for pid in sorted(await self._others.bring(live)):
            child = machine.table[pid]
            if child.process.state not in ENDED and not machine.failed:
                machine.tick()
                self._others.signal(child, "stop", f"the end of process {parent}")

    async def _settle(self, resident: Resident) -> None:
        """Give back or charge what its unfinished calls hold; close what its owner was asked."""
        machine = self._machine
        records = await self._loader.records(resident)
        await self._loader.books(resident, records)
        if machine.failed:
            return
        machine.tick()
        bodies: list[Resulted] = []
        closed: list[int] = []
        ended = any(isinstance(body, Exited) for _, body in records)
        for key, past in history(records).items():
            if past.result is None and ended:
                closed.extend(_items(past))
                if past.hold is not None and key not in resident.flying:
                    machine.book.settle(resident.payer, past.hold, past.hold.amount)
                    failure = Failure("E502", "its process ended while nobody knew whether the call had happened")
                    bodies.append(Resulted(key, NULL, failure, TRUSTED, past.hold.amount, late=True))
        if bodies or closed:
            machine.submit(resident, tuple(bodies), Rows(items_closed=tuple(closed)))


async def _nobody(_: Resident) -> None:
    """There is nobody to be told."""


def _items(past: Past) -> list[int]:
    """Inbox items of a call that nobody answered."""
    asked = [past.asked.item] if past.asked is not None and past.verdict is None else []
    return [*asked, past.doubt.item] if past.doubt is not None and past.resolution is None else asked

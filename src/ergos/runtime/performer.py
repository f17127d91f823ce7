"""Performs calls: runs a tool or a solver under its deadline and says what came of it.

Rules: an ErgosError of a tool becomes a Failure (any other exception is the reactor's to catch); an
irreversible call that was cut off is Uncertain; the acceptance checks of a task run here, beside the solver, because they take time.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError
from ergos.base.limits import ERROR_CHARS_MAX
from ergos.kernel.events import Failure
from ergos.kernel.ports import Absent, Errand, Performed, Solver, Task
from ergos.runtime.machine import Machine, Resident
from ergos.runtime.replayer import Pending
from ergos.runtime.settlement import Uncertain, tool_of

Came: TypeAlias = Performed | Failure | Uncertain | Absent


class Performer:
    """Step 6."""

    def __init__(self, machine: Machine) -> None:
        self._machine: Final = machine

    async def perform(self, resident: Resident, pending: Pending) -> Came:
        """What came of the call."""
        call, package = pending.call, resident.package
        assert package is not None
        tool = tool_of(resident, call)
        if tool is not None:
            return await self._bounded(
                tool.spec.deadline_s,
                call.effect == "irreversible",
                call.name,
                lambda errand: tool.run(pending.request.args, errand),
                self._errand(resident, pending, tool.spec.deadline_s),
            )
        task = package.tasks.get(call.name)
        solver = next((found for found in package.solvers if found.spec.name == call.solver), None)
        if call.kind != "think" or task is None or solver is None:
            return Failure("E505", f"{call.name} is not there any more", "put the tool or solver back")
        inputs = pending.request.args.get("inputs")
        return await self._bounded(
            task.spec.deadline_s,
            False,
            call.name,
            lambda errand: _solve(solver, task, inputs if isinstance(inputs, dict) else {}, errand),
            self._errand(resident, pending, task.spec.deadline_s),
        )

    async def probe(self, resident: Resident, pending: Pending) -> Came:
        """Whether a reconcilable call happened."""
        tool = tool_of(resident, pending.call)
        if tool is None:
            return Failure("E505", f"{pending.call.name} is not there any more", "put the tool back")
        return await self._bounded(
            tool.spec.deadline_s,
            True,
            pending.call.name,
            lambda errand: tool.probe(pending.request.args, errand),
            self._errand(resident, pending, tool.spec.deadline_s),
        )

    async def _bounded(
        self,
        deadline_s: float,
        irreversible: bool,
        name: str,
        run: Callable[[Errand], Awaitable[Performed | Absent]],
        errand: Errand,
    ) -> Came:
        try:
            async with asyncio.timeout(deadline_s):
                return await run(errand)
        except TimeoutError:
            why = f"{name} did not finish within {deadline_s:g} seconds"
            if irreversible:
                return Uncertain(why)
            return Failure("E502", why, "try again later or allow more time")
        except ErgosError as error:
            return Failure(error.code, error.what[:ERROR_CHARS_MAX], error.what_to_do)

    def _errand(self, resident: Resident, pending: Pending, deadline_s: float) -> Errand:
        process, now_ns = resident.process, self._machine.now_ns
        return Errand(
            pid=process.pid,
            owner=process.owner,
            agent=process.agent,
            idempotency_key=idempotency_key(self._machine.store.id, process.pid, process.turn, pending.call.key),
            deadline_ns=now_ns + int(deadline_s * SECOND),
            now_ns=now_ns,
        )


def idempotency_key(store_id: str, pid: int, turn: int, key: str) -> str:
    """32 hexadecimal digits, the same for every repetition of one call and for no other call anywhere."""
    return hashlib.sha256(f"{store_id}\0{pid}\0{turn}\0{key}".encode()).hexdigest()[:32]


async def _solve(solver: Solver, task: Task, inputs: dict[str, Plain], errand: Errand) -> Performed:
    performed = await solver.solve(task.spec, inputs, errand)
    faults = await task.faults(inputs, performed.value) if task.spec.checks else ()
    return msgspec.structs.replace(performed, faults=faults)

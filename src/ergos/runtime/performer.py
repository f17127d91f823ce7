"""Performs calls: hands a tool its arguments, a solver its task, and says what came of it.

Rules: an ErgosError becomes a Failure (any other exception is the reactor's to catch, and so is a deadline); the
acceptance checks of a task run here, beside the solver, because they take time. A conversation is cut to the
agent's window before a solver sees it; the journal keeps it whole.
"""

from __future__ import annotations

import hashlib
from typing import Final, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError
from ergos.base.limits import CALL_DEADLINE_S, ERROR_CHARS_MAX
from ergos.base.world_errors import InDoubtError
from ergos.kernel.calls import Failure
from ergos.kernel.packages import Absent, Errand, Performed, Solver, Task
from ergos.kernel.pager import fitted
from ergos.runtime.machine import Machine
from ergos.runtime.replayer import Pending
from ergos.runtime.residents import Resident
from ergos.runtime.settlement import Uncertain, tool_of

Came: TypeAlias = Performed | Failure | Uncertain | Absent


class Performer:
    """Step 6."""

    def __init__(self, machine: Machine) -> None:
        self._machine: Final = machine

    def deadline_s(self, resident: Resident, pending: Pending) -> float:
        """Seconds the call may take."""
        tool = tool_of(resident, pending.call)
        if tool is not None:
            return tool.spec.deadline_s
        task = resident.package.tasks.get(pending.call.name) if resident.package is not None else None
        return task.spec.deadline_s if task is not None else CALL_DEADLINE_S

    async def perform(self, resident: Resident, pending: Pending, deadline_s: float) -> Came:
        """What came of the call. Raises: what the tool raises, ErgosErrors excepted."""
        errand = self._errand(resident, pending, deadline_s)
        tool = tool_of(resident, pending.call)
        try:
            if tool is not None:
                return await tool.run(pending.request.args, errand)
            return await self._think(resident, pending, errand)
        except InDoubtError as error:
            return _uncertain(pending, error)
        except ErgosError as error:
            return Failure(error.code, error.what[:ERROR_CHARS_MAX], error.what_to_do)

    async def probe(self, resident: Resident, pending: Pending, deadline_s: float) -> Came:
        """Whether a reconcilable call happened. Raises: what the tool raises, ErgosErrors excepted."""
        tool = tool_of(resident, pending.call)
        if tool is None:
            return _gone(pending)
        try:
            return await tool.probe(pending.request.args, self._errand(resident, pending, deadline_s))
        except ErgosError as error:
            return Failure(error.code, error.what[:ERROR_CHARS_MAX], error.what_to_do)

    async def _think(self, resident: Resident, pending: Pending, errand: Errand) -> Came:
        package, definition = resident.package, resident.definition
        assert package is not None
        assert definition is not None
        task = package.tasks.get(pending.call.name)
        solver = next((found for found in package.solvers if found.spec.name == pending.call.solver), None)
        inputs = pending.request.args.get("inputs")
        if task is None or solver is None or pending.call.kind != "think":
            return _gone(pending)
        return await _solve(solver, task, _within(inputs, definition.window_tokens), errand)

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


def _within(inputs: Plain, window_tokens: int) -> Plain:
    """The inputs with their conversation, if they hold one, cut to the window. Raises: BoundError."""
    messages = inputs.get("messages") if isinstance(inputs, dict) else None
    if not window_tokens or not isinstance(inputs, dict) or not isinstance(messages, list):
        return inputs
    return {**inputs, "messages": fitted(messages, window_tokens)}


async def _solve(solver: Solver, task: Task, inputs: Plain, errand: Errand) -> Performed:
    performed = await solver.solve(task.spec, inputs, errand)
    if not task.spec.checks:
        return performed
    return msgspec.structs.replace(performed, faults=await task.faults(inputs, performed.value))


def _uncertain(pending: Pending, error: InDoubtError) -> Came:
    """What came of a call nobody knows the end of: only what is pure or idempotent can simply be made again."""
    if pending.call.effect in {"irreversible", "reconcilable"}:
        return Uncertain(error.what)
    return Failure(error.code, error.what[:ERROR_CHARS_MAX], error.what_to_do)


def _gone(pending: Pending) -> Failure:
    return Failure("E505", f"{pending.call.name} is not there any more", "put the tool or solver back")

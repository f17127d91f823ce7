"""Runs of agents as tasks: a task is a process, so it is durable and outlives every server.

Its id is a seal over the pid and the owner; how it stands is read from the store each time it is asked about. What its
process, or one it started, asks its owner is what the task requires as input: the number of the inbox item is the key,
and the exact call is shown.

Rules: nothing is kept here; an owner sees and answers what is theirs and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ergos.app.catalogue import Catalogue
from ergos.app.client import ask
from ergos.app.home import Home, reading
from ergos.app.team import team_of
from ergos.base.canonical import Plain
from ergos.base.errors import IllegalTransitionError, RefusedError, UnknownProcessError, UsageError
from ergos.base.ids import Pid
from ergos.buses.mcp.server.ports import Caller, TaskStatus, TaskView, Wire
from ergos.buses.mcp.server.task_ids import TaskIds
from ergos.buses.mcp.server.wire import failed, of_failure, returned
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.calls import Verdict
from ergos.kernel.process import ENDED, Process, State
from ergos.kernel.rows import Item
from ergos.runtime.control import Answer, Signal

BY: Final = "mcp"
"""Who is named in the journal for what came in here."""
_RUN: Final = "run-"
_ITEM: Final = "item-"
_DECISIONS: Final[dict[str, tuple[Verdict, ...]]] = {"approval": ("approve", "deny"), "doubt": ("done", "redo", "fail")}


class Runs:
    """`TaskBoard` over the processes of one owner."""

    def __init__(self, home: Home, ids: TaskIds, owner: str) -> None:
        self._home: Final = home
        self._ids: Final = ids
        self._owner: Final = owner

    async def begun(self, caller: Caller, pid: Pid) -> TaskView:
        """The task of a process that was just started."""
        view = await self.get(caller, self._ids.made(f"{_RUN}{pid}", caller.identity))
        assert view is not None, "a process is durable when its pid is known"
        return view

    async def get(self, caller: Caller, task_id: str) -> TaskView | None:
        """How it stands."""
        pid = self._pid(caller, task_id)
        if pid is None:
            return None
        async with reading(self._home) as reads:
            loaded = await reads.load((pid,))
            if not loaded or loaded[0].process.owner != self._owner:
                return None
            return await self._view(reads, task_id, loaded[0].process)

    async def update(self, caller: Caller, task_id: str, responses: Mapping[str, Plain]) -> bool:
        """Give its owner's answers."""
        pid = self._pid(caller, task_id)
        if pid is None:
            return False
        async with reading(self._home) as reads:
            try:
                items = {f"{_ITEM}{item.id}": item for item in (await team_of(self._home, reads, pid)).items}
            except UnknownProcessError:
                return False
        for key, response in responses.items():
            given = _given(items[key], response) if key in items else None
            if given is not None:
                verdict, value = given
                try:
                    await ask(self._home, Answer(number=items[key].id, verdict=verdict, by=BY, value=value))
                except (UsageError, RefusedError):
                    continue  # it was answered elsewhere meanwhile, or only its owner may decide it
        return True

    async def cancel(self, caller: Caller, task_id: str) -> bool:
        """Stop its process: nothing of it begins any more."""
        pid = self._pid(caller, task_id)
        if pid is None:
            return False
        try:
            await ask(self._home, Signal(pid=pid, name="kill", by=BY))
        except UnknownProcessError:
            return False
        except IllegalTransitionError:
            pass  # it has ended
        return True

    def _pid(self, caller: Caller, task_id: str) -> Pid | None:
        subject = self._ids.subject(task_id, caller.identity) or ""
        return Pid(int(subject.removeprefix(_RUN))) if subject.startswith(_RUN) else None

    async def _view(self, reads: SqliteReads, task_id: str, process: Process) -> TaskView:
        created_ns = updated_ns = 0
        async for record in reads.records(pid=process.pid, limit=1):
            created_ns = updated_ns = record.at_ns
        for record in (await reads.turn(process.pid, process.turn))[-1:]:
            updated_ns = record.at_ns
        status: TaskStatus = "working"
        result, inputs, message = None, dict[str, Wire](), ""
        catalogue = Catalogue(self._home, reads)
        if process.state in ENDED:
            status = "cancelled" if process.state is State.KILLED else "completed"
            result = await ended(catalogue, process)
        else:
            team = await team_of(self._home, reads, process.pid)
            inputs = {f"{_ITEM}{item.id}": await _asked(catalogue, item) for item in team.items}
            status = "input_required" if inputs else "working"
            member = team.members[0]
            message = f"process {process.pid} is {member.state}" + (f", for {member.waits}" if member.waits else "")
        return TaskView(
            id=task_id,
            status=status,
            created_ns=created_ns,
            updated_ns=updated_ns,
            message=message,
            result=result if status == "completed" else None,
            inputs=inputs,
        )


async def ended(catalogue: Catalogue, process: Process) -> Wire:
    """What became of a process that has ended, as a tool's result."""
    if process.failure is not None:
        return of_failure(process.failure)
    if process.state is not State.DONE:
        return failed(f"process {process.pid} is {process.state}")
    outcome = await catalogue.unpacked(process.outcome)
    return {**returned(outcome), "_meta": {"ergos/pid": int(process.pid)}}


async def _asked(catalogue: Catalogue, item: Item) -> Wire:
    """An inbox item as a question to the user, with the exact call."""
    call = await catalogue.unpacked(item.call)
    shown = "" if call is None else "\n" + msgspec.json.format(msgspec.json.encode(call), indent=1).decode()
    field: Wire = {"type": "string", "title": "Your answer"}
    if item.kind in _DECISIONS:
        field = {"type": "string", "title": "Your decision", "enum": list(_DECISIONS[item.kind])}
    schema = {"type": "object", "properties": {"answer": field}, "required": ["answer"]}
    params = {"mode": "form", "message": f"[{item.kind} {item.id}] {item.text}{shown}", "requestedSchema": schema}
    return {"method": "elicitation/create", "params": params}


class _Response(msgspec.Struct):
    action: str
    content: dict[str, Any] | None = None


def _given(item: Item, response: object) -> tuple[Verdict, Plain] | None:
    """What an owner said to an item; None: nothing that answers it."""
    try:
        said = msgspec.convert(response, _Response)
    except msgspec.ValidationError:
        return None
    if said.action == "decline":
        return ("deny", None) if item.kind == "approval" else None
    answer = (said.content or {}).get("answer") if said.action == "accept" else None
    if item.kind == "question":
        return ("answer", answer) if isinstance(answer, str) else None
    return next(((verdict, None) for verdict in _DECISIONS[item.kind] if verdict == answer), None)

"""What a process is served at `/mcp`: exactly the tools that its grants name, each call an `act` through its door.

A call that is answered soon is answered. One that waits for its owner's word becomes a task for who takes tasks; for
others the request stays open for a while and says how it goes, and then says where to look. A client that leaves, or
is sent away so, and asks the same again, is given the answer of the call it left, not a second call.

A task's id is a seal over the process and the call's key in the journal. So it is good after a restart of the kernel,
and for every start of the same program: the journal has the answer, or the call is carried on.

Rules: a process cannot answer for its owner, so what waits for one is `working`; nothing here is a permission.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import quote, unquote

import msgspec

from ergos.base.canonical import Plain, encode
from ergos.base.clock import Clock
from ergos.base.ids import Pid
from ergos.base.limits import CALLS_PARALLEL_MAX
from ergos.buses.mcp.server.ports import INVALID_PARAMS, Asking, Caller, RpcError, TaskView, Toolbox, Wire
from ergos.buses.mcp.server.task_ids import TaskIds
from ergos.buses.mcp.server.wire import failed, of_failure, returned, tool
from ergos.kernel.syscalls import Answer

LOOK_S: Final = 0.1  # seconds before the first look whether a call waits for its owner
LOOK_S_MAX: Final = 2.0  # seconds between two looks, in the end
OPEN_S: Final = 120.0  # seconds a request stays open for who takes no tasks; their libraries wait about so long
PROGRESS_S: Final = 5.0  # seconds between two words on how it goes
_CALL: Final = "call-"
_PLAIN: Final = ":#.-_"
"""What stands in a key as it is; the rest is percent-encoded, because an id is visible ASCII."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a process as the journal knows it."""

    key: str
    name: str
    args: dict[str, Plain]
    item: int = 0
    """Number of the inbox item with which it waits for its owner; 0: it waits for nobody."""
    answered_ns: int = 0
    answer: Answer | None = None
    """None: it has none yet."""


class CallHistory(Protocol):
    """Calls by what the journal says of them."""

    async def waiting(self, pid: Pid, name: str, args: dict[str, Plain]) -> tuple[Known, ...]:
        """Calls of exactly this content that wait for their owner."""
        ...

    async def known(self, pid: Pid, key: str) -> Known | None:
        """The call of a key; None if there is none."""
        ...


class _Act:
    """A call that is under way."""

    def __init__(self, caller: Caller, content: bytes) -> None:
        self.caller: Final = caller
        self.content: Final = content
        self.answer: asyncio.Future[Answer]
        self.asking: Asking | None = None
        """The request that waits for it."""
        self.key = ""
        """In the journal, once it is a task."""

    def left(self) -> bool:
        """Whether nobody is there to take the answer. A task's is fetched later, from the journal."""
        return not self.key and (self.asking is None or self.asking.gone)


class GuestTools:
    """`ToolDesk` and `TaskBoard` of all processes."""

    def __init__(self, toolbox: Toolbox, journal: CallHistory, ids: TaskIds, clock: Clock) -> None:
        self._toolbox: Final = toolbox
        self._journal: Final = journal
        self._ids: Final = ids
        self._clock: Final = clock
        self._acts: Final[list[_Act]] = []

    async def tools(self, caller: Caller) -> tuple[Wire, ...]:
        """What its grants name, by name."""
        return tuple(tool(spec) for spec in sorted(await self._toolbox.tools(caller), key=lambda spec: spec.name))

    async def call(self, name: str, arguments: Wire, asking: Asking) -> Wire | TaskView:
        """Call one. Raises: RpcError; ForeignTokenError."""
        caller = asking.caller
        if all(spec.name != name for spec in await self._toolbox.tools(caller)):
            raise RpcError(INVALID_PARAMS, f"there is no tool {name[:100]!r} for this process; see tools/list")
        content = encode([name, arguments])
        act = self._unattended(caller, content) or self._begun(caller, name, arguments, content)
        act.asking = asking
        try:
            return await self._answered(act, name, arguments, asking)
        finally:
            if act.asking is asking:  # nobody has taken it over
                act.asking = None

    async def _answered(self, act: _Act, name: str, arguments: Wire, asking: Asking) -> Wire | TaskView:
        loop = asyncio.get_running_loop()
        began = told = loop.time()
        look_s = LOOK_S
        while True:
            await asyncio.wait({act.answer}, timeout=look_s)
            look_s = min(LOOK_S_MAX, 1.5 * look_s)
            if act.answer.done():
                return result_of(act.answer.result())
            found = await self._waiting(asking.caller, name, arguments)
            if found is not None and asking.takes_tasks:
                act.key = found.key
                subject = f"{_CALL}{self._clock.now_ns()}-{quote(found.key, safe=_PLAIN)}"
                return self._view(self._ids.made(subject, _owner(asking.caller)), subject, found)
            if asking.gone:
                return failed("nobody is there to take the answer")
            waited = loop.time() - began
            if waited >= OPEN_S:
                return failed(_where(found, name))
            if loop.time() - told >= PROGRESS_S:
                told = loop.time()
                await asking.progress(waited, _words(found.item if found is not None else 0))

    async def _waiting(self, caller: Caller, name: str, arguments: Wire) -> Known | None:
        """The call of this content that waits for its owner and that no task stands for yet."""
        found = await self._journal.waiting(Pid(caller.pid), name, arguments)
        tasks = {act.key for act in self._acts if act.caller.pid == caller.pid}
        return next((one for one in found if one.key not in tasks), None)

    # Calls under way

    def _begun(self, caller: Caller, name: str, arguments: Wire, content: bytes, key: str = "") -> _Act:
        """A new call. Raises: RpcError where too many of the process are under way."""
        if sum(1 for act in self._acts if act.caller.pid == caller.pid) >= CALLS_PARALLEL_MAX:
            raise RpcError(INVALID_PARAMS, f"{CALLS_PARALLEL_MAX} calls of this process are under way")
        act = _Act(caller, content)
        act.key = key
        act.answer = asyncio.ensure_future(self._toolbox.act(caller, name, arguments, act.left))
        self._acts.append(act)
        act.answer.add_done_callback(lambda done: self._over(act, done))
        return act

    def _unattended(self, caller: Caller, content: bytes) -> _Act | None:
        """A call of this content that a client of this start left."""
        left = (act for act in self._acts if act.left() and act.caller == caller and act.content == content)
        return next(left, None)

    def _over(self, act: _Act, done: asyncio.Future[Answer]) -> None:
        self._acts.remove(act)
        if not done.cancelled():
            done.exception()  # what it was answered is in the journal, which is asked for it

    # Tasks

    async def get(self, caller: Caller, task_id: str) -> TaskView | None:
        """How a call stands; one that nobody carries on is carried on."""
        subject = self._subject(caller, task_id)
        if subject is None:
            return None
        await self._toolbox.tools(caller)  # this start of its program is still the one that counts
        key = _key(subject)
        found = await self._journal.known(Pid(caller.pid), key)
        if found is None:
            return None
        if found.answer is None and all(act.key != key or act.caller.pid != caller.pid for act in self._acts):
            self._begun(caller, found.name, found.args, encode([found.name, found.args]), key)
        return self._view(task_id, subject, found)

    async def update(self, caller: Caller, task_id: str, responses: Mapping[str, Plain]) -> bool:
        """It asks its process nothing, so there is nothing to take."""
        del responses
        return self._subject(caller, task_id) is not None

    async def cancel(self, caller: Caller, task_id: str) -> bool:
        """A call that was begun is not taken back: its owner may deny it."""
        return self._subject(caller, task_id) is not None

    async def close(self) -> None:
        """Wait for nothing any more; the calls go on."""
        for act in list(self._acts):
            act.answer.cancel()
        await asyncio.sleep(0)

    def _subject(self, caller: Caller, task_id: str) -> str | None:
        """What an id of this process stands for: when it was made, and a call's key."""
        subject = self._ids.subject(task_id, _owner(caller))
        return subject if subject is not None and subject.startswith(_CALL) else None

    def _view(self, task_id: str, subject: str, found: Known) -> TaskView:
        answer, created_ns = found.answer, int(subject.split("-")[1])
        return TaskView(
            id=task_id,
            status="completed" if answer is not None else "working",
            created_ns=created_ns,
            updated_ns=max(created_ns, found.answered_ns),
            message="" if answer is not None else _words(found.item),
            result=result_of(answer) if answer is not None else None,
        )


def result_of(answer: Answer) -> Wire:
    """What a process's call was answered, as a tool's result."""
    return of_failure(answer.failure) if answer.failure is not None else returned(answer.value)


def _key(subject: str) -> str:
    """The key of the call in a task's subject."""
    return unquote(subject.removeprefix(_CALL).partition("-")[2])


def _owner(caller: Caller) -> str:
    """Whose its tasks are: the process's, whichever start of its program asks."""
    return f"process {caller.pid}"


def _words(item: int) -> str:
    return f"it waits for its owner's word: inbox item {item}" if item else "it is under way"


def _where(found: Known | None, name: str) -> str:
    again = "ask for it again with the same arguments to get its answer"
    if found is None:
        return f"{name} is still under way; {again}"
    approve = f"`ergos approve {found.item}`"
    return f"{name} waits for its owner's approval as item {found.item} of the inbox ({approve}); {again}"

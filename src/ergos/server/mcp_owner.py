"""What an owner can do over MCP: run and watch processes, answer what they ask, stop them.

Each tool is a row of `TABLE`: its arguments are a record, from which its schema is made and by which they are read.
Requests reach the kernel through the control socket, as those of the command line do.

Rules: an approval names the digest of the call that was shown, so that what is approved is what was seen; an owner's
tools reach that owner's processes only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, cast

import msgspec

from ergos.app.catalogue import Catalogue, record_plain
from ergos.app.client import ask
from ergos.app.home import Home, reading
from ergos.app.team import INBOX_SHOWN, everybody
from ergos.base.canonical import Plain
from ergos.base.errors import UnknownProcessError, UsageError
from ergos.base.ids import Pid
from ergos.buses.mcp.server.ports import INVALID_PARAMS, Asking, Caller, RpcError, TaskView, Wire
from ergos.buses.mcp.server.wire import failed, returned
from ergos.kernel.calls import Verdict
from ergos.kernel.process import ENDED, Process
from ergos.kernel.rows import Item
from ergos.runtime.control import LONG_POLL_S, Answer, EndOf, Fine, Halt, Signal, Spawn, Standing
from ergos.server.mcp_agents import AGENT, AgentTool
from ergos.server.mcp_runs import BY, Runs, ended

AGENT_WAIT_S: Final = 300  # seconds a call of an agent's tool stays open for who takes no tasks
WATCH_RECORDS_MAX: Final = 200  # records shown at once
PROCESSES_MAX: Final = 500  # processes listed at once


class _Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Run(_Arguments, frozen=True):
    """Start a process of the agent at a path: a folder with AGENT.md, or a Python file."""

    path: str
    settings: dict[str, Any] = {}
    input: Any = None


class Wait(_Arguments, frozen=True):
    """Wait until a process has ended, at most so many seconds; tells its outcome, or what it waits for."""

    pid: int
    within_s: float = 20.0


class Watch(_Arguments, frozen=True):
    """What a process did: its journal's records after a position (`seq`), the oldest first."""

    pid: int
    after: int = 0


class Listed(_Arguments, frozen=True):
    """List processes, the oldest first; `ended`: those that have ended, too."""

    ended: bool = False


class Inbox(_Arguments, frozen=True):
    """What waits for you: approvals, questions, calls in doubt, each with the exact call."""


class Approve(_Arguments, frozen=True):
    """Approve the call an inbox item shows: exactly this call, once. `digest` is that of the item as you saw it."""

    number: int
    digest: str


class Deny(_Arguments, frozen=True):
    """Deny the call an inbox item shows."""

    number: int


class Answered(_Arguments, frozen=True):
    """Answer a question with `value`; or decide about a call in doubt: it happened (done), repeat it (redo), it did not
    (fail).
    """

    number: int
    value: Any = None
    decision: Literal["", "done", "redo", "fail"] = ""


class Signalled(_Arguments, frozen=True):
    """Pause, resume, stop or kill a process."""

    pid: int
    name: Literal["pause", "resume", "stop", "kill"]


class Stopped(_Arguments, frozen=True):
    """STOP: nothing of anything begins until it is lifted (`on` false)."""

    on: bool = True


class Begun(_Arguments, frozen=True):
    """Arguments of an agent's tool."""

    input: Any = None
    settings: dict[str, Any] = {}


TABLE: Final[dict[str, tuple[type[_Arguments], bool]]] = {
    "run": (Run, False),
    "wait": (Wait, True),
    "watch": (Watch, True),
    "processes": (Listed, True),
    "inbox": (Inbox, True),
    "approve": (Approve, False),
    "deny": (Deny, False),
    "answer": (Answered, False),
    "signal": (Signalled, False),
    "stop": (Stopped, False),
}
"""By name: what it takes, and whether it only reads."""


class OwnerTools:
    """`ToolDesk` of one owner."""

    def __init__(self, home: Home, runs: Runs, owner: str, agents: tuple[AgentTool, ...] = ()) -> None:
        self._home: Final = home
        self._runs: Final = runs
        self._owner: Final = owner
        self._agents: Final = {f"{AGENT}{one.name}": one for one in agents}
        self._does: Final[dict[type[_Arguments], Callable[[Any], Awaitable[Wire]]]] = {
            Wait: self._wait, Watch: self._watch, Listed: self._listed, Inbox: self._inbox,
            Approve: self._approve, Deny: self._deny, Answered: self._answer, Signalled: self._signal,
            Stopped: self._stop,
        }  # fmt: skip

    async def tools(self, caller: Caller) -> tuple[Wire, ...]:
        """All of them, then the agents."""
        del caller  # an owner is served alike, whichever client asks
        own = [_tool(name, kind, kind.__doc__ or "", reads=reads) for name, (kind, reads) in TABLE.items()]
        return (*own, *(_tool(name, Begun, one.summary, reads=False) for name, one in self._agents.items()))

    async def call(self, name: str, arguments: Wire, asking: Asking) -> Wire | TaskView:
        """Do it. Raises: RpcError; ErgosErrors."""
        agent = self._agents.get(name)
        if agent is None and name not in TABLE:
            raise RpcError(INVALID_PARAMS, f"there is no tool {name[:100]!r}")
        kind = Begun if agent is not None else TABLE[name][0]
        try:
            said = msgspec.convert(arguments, kind)
        except msgspec.ValidationError as error:
            return failed(f"the arguments of {name} are wrong: {error}")
        if isinstance(said, Begun) and agent is not None:
            return await self._agent(agent, said, asking)
        if isinstance(said, Run):
            return await self._run(said, asking)
        return await self._does[kind](said)

    # Running

    async def _spawn(self, path: str, settings: dict[str, Any], memory: object) -> Pid:
        if not path.startswith("/"):
            raise UsageError(f"{path[:200]!r} is no absolute path", remedy="name the whole path")
        spawn = Spawn(path=path, owner=self._owner, settings=settings, memory=memory)
        made = await ask(self._home, spawn)
        assert isinstance(made, Fine)
        return made.pid

    async def _run(self, said: Run, asking: Asking) -> Wire | TaskView:
        pid = await self._spawn(said.path, said.settings, said.input)
        if asking.takes_tasks:
            return await self._runs.begun(asking.caller, pid)
        return returned({"pid": int(pid), "state": "ready"})

    async def _agent(self, agent: AgentTool, said: Begun, asking: Asking) -> Wire | TaskView:
        pid = await self._spawn(str(agent.path), said.settings, said.input)
        if asking.takes_tasks:
            return await self._runs.begun(asking.caller, pid)
        waited = 0.0
        while waited < AGENT_WAIT_S:
            await asking.progress(waited, f"process {pid} is under way")
            if await self._ends(pid, min(LONG_POLL_S, AGENT_WAIT_S - waited)):
                return await self._result(pid)
            waited += LONG_POLL_S
        return failed(f"process {pid} is still under way; `wait` for it, or look at `inbox`: it may wait for you")

    async def _ends(self, pid: Pid, within_s: float) -> bool:
        standing = await ask(self._home, EndOf(pid=pid, within_s=within_s))
        assert isinstance(standing, Standing)
        return standing.ended

    async def _result(self, pid: Pid) -> Wire:
        async with reading(self._home) as reads:
            return await ended(Catalogue(self._home, reads), (await reads.load((pid,)))[0].process)

    async def _wait(self, said: Wait) -> Wire:
        pid = (await self._process(said.pid)).pid
        await self._ends(pid, said.within_s)
        process = await self._process(pid)
        async with reading(self._home) as reads:
            catalogue = Catalogue(self._home, reads)
            if process.state in ENDED:
                return await ended(catalogue, process)
            items = [item for item in await reads.items(self._owner, INBOX_SHOWN) if item.pid == pid]
            return returned(
                {
                    "pid": int(pid),
                    "state": str(process.state),
                    "waits": process.waits,
                    "inbox": [await _item(catalogue, item) for item in items],
                }
            )

    async def _watch(self, said: Watch) -> Wire:
        pid = (await self._process(said.pid)).pid
        async with reading(self._home) as reads:
            records = reads.records(after=max(0, said.after), pid=pid, limit=WATCH_RECORDS_MAX)
            shown: list[Plain] = [record_plain(record) async for record in records]
        return returned({"pid": int(pid), "records": shown})

    async def _listed(self, said: Listed) -> Wire:
        async with reading(self._home) as reads:
            view = await everybody(self._home, reads, owner=self._owner, ended=said.ended, limit=PROCESSES_MAX)
        found = cast("Plain", msgspec.to_builtins(view.members))
        return returned({"processes": found, "running": view.running, "stopped": view.halted})

    async def _process(self, pid: int) -> Process:
        """A process of this owner. Raises: UnknownProcessError."""
        if 0 < pid < 2**63:
            async with reading(self._home) as reads:
                found = await reads.load((Pid(pid),))
            if found and found[0].process.owner == self._owner:
                return found[0].process
        raise UnknownProcessError(f"there is no process {pid}")

    # Deciding

    async def _inbox(self, _: Inbox) -> Wire:
        async with reading(self._home) as reads:
            catalogue = Catalogue(self._home, reads)
            return returned(
                {"items": [await _item(catalogue, one) for one in await reads.items(self._owner, INBOX_SHOWN)]}
            )

    async def _open(self, number: int, *kinds: str) -> Item:
        """An open item of this owner. Raises: UsageError."""
        found = None
        if 0 < number < 2**63:
            async with reading(self._home) as reads:
                found = await reads.item(number)
        if found is None or found.owner != self._owner:
            raise UsageError(f"nothing open has the number {number}", remedy="`inbox` lists what waits for you")
        if found.kind not in kinds:
            raise UsageError(f"item {number} is a {found.kind}", remedy="`approve`, `deny` or `answer` fits it")
        return found

    async def _approve(self, said: Approve) -> Wire:
        item = await self._open(said.number, "approval")
        if said.digest != item.digest:
            raise UsageError(
                f"item {said.number} shows another call than the one with this digest",
                remedy="look at `inbox` again, and approve what you see",
            )
        return await self._say(item, "approve")

    async def _deny(self, said: Deny) -> Wire:
        return await self._say(await self._open(said.number, "approval"), "deny")

    async def _answer(self, said: Answered) -> Wire:
        item = await self._open(said.number, "doubt" if said.decision else "question")
        return await self._say(item, said.decision or "answer", said.value)

    async def _say(self, item: Item, verdict: Verdict, value: Plain = None) -> Wire:
        await ask(self._home, Answer(number=item.id, verdict=verdict, by=BY, value=value))
        return returned({"number": item.id, "pid": int(item.pid), "said": verdict})

    async def _signal(self, said: Signalled) -> Wire:
        process = await self._process(said.pid)
        standing = await ask(self._home, Signal(pid=process.pid, name=said.name, by=BY))
        assert isinstance(standing, Standing)
        return returned({"pid": said.pid, "state": str(standing.state)})

    async def _stop(self, said: Stopped) -> Wire:
        await ask(self._home, Halt(on=said.on, by=BY))
        return returned({"stopped": said.on})


async def _item(catalogue: Catalogue, item: Item) -> Plain:
    return {**await catalogue.item(item), "digest": item.digest}


def _tool(name: str, kind: type[_Arguments], summary: str, *, reads: bool) -> Wire:
    _, components = msgspec.json.schema_components((kind,))
    schema = {key: value for key, value in components[kind.__name__].items() if key not in {"title", "description"}}
    hints = {"readOnlyHint": reads, "destructiveHint": name in {"stop", "signal", "approve"}, "openWorldHint": False}
    return {"name": name, "description": " ".join(summary.split()), "inputSchema": schema, "annotations": hints}

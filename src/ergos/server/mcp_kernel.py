"""`/mcp` of a running kernel: what its processes and its owner are served there, put together.

Rules: nothing is decided here. A token is a process's or a client's of the owner, never both; without a home only
processes are served.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ergos import __version__
from ergos.app.home import Home
from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.buses.mcp.server.face import face
from ergos.buses.mcp.server.lobby import Lobby
from ergos.buses.mcp.server.ports import Caller, Desk
from ergos.buses.mcp.server.task_ids import TaskIds
from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder
from ergos.kernel.packages import ToolSpec
from ergos.kernel.ports import Signer
from ergos.kernel.syscalls import Answer
from ergos.runtime.kernel import Kernel
from ergos.runtime.tokens import Visitor
from ergos.server.mcp import McpDoor
from ergos.server.mcp_agents import agent_tool
from ergos.server.mcp_calls import KernelCalls
from ergos.server.mcp_guests import GuestTools
from ergos.server.mcp_owner import OwnerTools
from ergos.server.mcp_places import NamespacePlaces
from ergos.server.mcp_runs import Runs
from ergos.server.mcp_shelf import FolderShelf
from ergos.server.mcp_tokens import OwnerTokens

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

GUIDE_OWNER: Final = (
    "ErgOS runs agents as durable processes. `run` starts one, `wait` and `watch` follow it, `inbox` shows what it "
    "asks: the exact call. Approve nothing that the person you work for has not seen."
)
GUIDE_GUEST: Final = "The tools this process was granted. Each call is authorised, journaled and billed."
_TASKS: Final = b"ergos tasks 1"
"""What is signed to make the secret of task ids: it follows from the home's key, and says nothing of it."""


class GuestToolbox:
    """`Toolbox` over the guests of a kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self._guests: Final = kernel.reactor.guests

    async def tools(self, caller: Caller) -> tuple[ToolSpec, ...]:
        """What its grants name."""
        return await self._guests.tools(_visitor(caller))

    async def act(self, caller: Caller, name: str, args: dict[str, Plain], gone: Callable[[], bool]) -> Answer:
        """A call through its door."""
        return await self._guests.act(_visitor(caller), name, args, gone=gone)


class KernelMcp:
    """`/mcp` of one kernel."""

    def __init__(self, kernel: Kernel, home: Home | None = None, agents: tuple[Path, ...] = ()) -> None:
        """`agents`: folders of agents that become tools of the owner's clients."""
        machine = kernel.machine
        self._tokens: Final = kernel.reactor.guests.tokens
        self._owners: Final = OwnerTokens(home.folder) if home is not None else None
        self._owner: Final = owner_caller(home) if home is not None else None
        ids = _task_ids(machine.parts.door_secret, f"calls of {machine.store.id}")
        self._guests: Final = GuestTools(GuestToolbox(kernel), KernelCalls(machine), ids, machine.parts.clock)
        desk = Desk(name="ergos", version=__version__, instructions=GUIDE_GUEST, tools=self._guests, board=self._guests)
        owners = None
        if home is not None:
            owners = Lobby(lambda: owner_face(home, owner_ids(machine.parts.signer), agents=agents))
        self._door: Final = McpDoor(Lobby(lambda: face(desk)), owners)

    def caller_of(self, token: str) -> Caller | None:
        """Whom a token stands for."""
        visitor = self._tokens.visitor_of(token)
        if visitor is not None:
            return Caller(f"process {visitor.pid}", int(visitor.pid), visitor.life)
        if self._owners is not None and self._owners.client_of(token):
            return self._owner
        return None

    async def serve(self, request: Request, reply: Responder, caller: Caller) -> None:
        """Answer a request. Raises: Rejected."""
        await self._door.serve(request, reply, caller)

    async def close(self) -> None:
        """End every session; calls go on."""
        await self._guests.close()
        await self._door.close()


def owner_caller(home: Home) -> Caller:
    """The owner of a home, whichever way their client comes in."""
    return Caller(f"owner {home.settings.owner}")


def owner_ids(signer: Signer | None) -> TaskIds:
    """Ids of runs: the same at the gate and on a pipe, before there is a store and after."""
    assert signer is not None, "a home has a key"
    return _task_ids(signer.sign(_TASKS).encode(), "runs")


def _task_ids(secret: bytes, what: str) -> TaskIds:
    return TaskIds(hashlib.sha256(secret + b"\0" + what.encode()).digest())


def owner_face(
    home: Home, ids: TaskIds, *, agents: tuple[Path, ...] = (), skills: tuple[Path, ...] = (), alone: bool = False
) -> Server[Any]:
    """The server for the owner of a home.

    `agents`: folders of those that become tools; `alone`: whoever asks is the owner, because the pipe is theirs.
    Raises: DefinitionError.
    """
    owner = home.settings.owner
    offered = tuple(agent_tool(folder.expanduser().absolute()) for folder in agents)
    runs = Runs(home, ids, owner)
    desk = Desk(
        name="ergos",
        version=__version__,
        instructions=GUIDE_OWNER,
        tools=OwnerTools(home, runs, owner, offered),
        board=runs,
        places=NamespacePlaces(home),
        shelf=FolderShelf(home.folder / "skills", skills),
    )
    return face(desk, owner_caller(home) if alone else None)


def _visitor(caller: Caller) -> Visitor:
    return Visitor(Pid(caller.pid), caller.life)

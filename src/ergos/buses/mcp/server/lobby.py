"""Streamable HTTP for one of our servers: each caller gets a room of their own, with their sessions in it.

A room is the protocol library's session manager. A session's id is known in the room it was made in and nowhere else,
so that no caller can use, find or crowd out another's; this holds by construction and needs no check.

Rules: rooms, the sessions in each, and the requests of each caller at once are bounded; a room that was not used for a
while is cleared. A request is an ASGI scope with its caller in it; Host, Origin and token were checked before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ergos.base.errors import BoundError
from ergos.base.limits import CALLS_PARALLEL_MAX, MIB
from ergos.buses.mcp.server.asking import CALLER
from ergos.buses.mcp.server.ports import Caller

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http import EventStore
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

BODY_BYTES_MAX: Final = 4 * MIB  # bytes of one message; what is larger is a file, not a message
ROOMS_MAX: Final = 1_024  # callers at once; the least recently used room without a request makes way
SESSIONS_PER_ROOM_MAX: Final = 32  # sessions of one caller; the older era needs one for each client
SESSION_IDLE_S: Final = 600  # seconds after which a session that nobody uses ends
ROOM_IDLE_S: Final = 900  # seconds after which a room that nobody uses is cleared; longer than its sessions

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class _Room:
    """One caller's."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        self.manager: Final = manager
        self.ready: Final[asyncio.Event] = asyncio.Event()
        self.over: Final[asyncio.Event] = asyncio.Event()
        self.inside = 0
        """Requests under way."""
        self.used = 0.0
        """When the last one ended, in the loop's time."""

    async def live(self) -> None:
        """Keep it open until it is over. The library wants to be entered and left in one task."""
        async with self.manager.run():
            self.ready.set()
            await self.over.wait()


class Lobby:
    """Sends each request to its caller's room."""

    def __init__(
        self,
        make: Callable[[], Server[Any]],
        events: Callable[[], EventStore] | None = None,
        *,
        retry_ms: int | None = None,
    ) -> None:
        """`make`: makes the server, when somebody first comes in: its library takes a second to load.

        `events`: makes what keeps a stream's messages for clients that come back, after `retry_ms` milliseconds;
        None: streams are not resumed.
        """
        self._make: Final = make
        self._making: asyncio.Future[Server[Any]] | None = None
        self._events: Final = events
        self._retry_ms: Final = retry_ms
        self._rooms: Final[dict[Caller, _Room]] = {}
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Raises: BoundError for a caller with too many under way."""
        caller = scope[CALLER]
        assert isinstance(caller, Caller)
        server = await self._made()
        room = self._rooms.get(caller) or self._opened(caller, server)
        if room.inside >= CALLS_PARALLEL_MAX:
            raise BoundError(
                f"{CALLS_PARALLEL_MAX} requests of this caller are under way", remedy="wait for some of them"
            )
        self._rooms[caller] = self._rooms.pop(caller)  # the one used last stands last
        room.inside += 1
        try:
            await room.ready.wait()
            await room.manager.handle_request(scope, receive, send)
        finally:
            room.inside -= 1
            room.used = asyncio.get_running_loop().time()

    async def close(self) -> None:
        """Clear every room; what is under way in them ends."""
        if self._timer is not None:
            self._timer.cancel()
        for caller in list(self._rooms):
            self._clear(caller)
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def rooms(self) -> int:
        """How many are open."""
        return len(self._rooms)

    async def _made(self) -> Server[Any]:
        if self._making is None or (self._making.done() and self._making.exception() is not None):
            # In a thread, because the library is loaded in it: nobody else is held up.
            self._making = asyncio.ensure_future(asyncio.to_thread(self._make))
        return await asyncio.shield(self._making)

    def _opened(self, caller: Caller, server: Server[Any]) -> _Room:
        """A new room. Raises: BoundError where all are in use."""
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        if len(self._rooms) >= ROOMS_MAX:
            unused = next((one for one, room in self._rooms.items() if not room.inside), None)
            if unused is None:
                raise BoundError(f"{ROOMS_MAX:,} callers are served already", remedy="try again in a moment")
            self._clear(unused)
        manager = StreamableHTTPSessionManager(
            app=server,
            event_store=self._events() if self._events is not None else None,
            retry_interval=self._retry_ms,
            max_request_body_size=BODY_BYTES_MAX,
            session_idle_timeout=SESSION_IDLE_S,
            max_sessions=SESSIONS_PER_ROOM_MAX,
        )
        room = self._rooms[caller] = _Room(manager)
        loop = asyncio.get_running_loop()
        room.used = loop.time()
        task = loop.create_task(room.live())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._timer is None:
            self._timer = loop.call_later(ROOM_IDLE_S, self._sweep)
        return room

    def _clear(self, caller: Caller) -> None:
        self._rooms.pop(caller).over.set()

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        for caller, room in list(self._rooms.items()):
            if not room.inside and loop.time() - room.used >= ROOM_IDLE_S:
                self._clear(caller)
        self._timer = loop.call_later(ROOM_IDLE_S, self._sweep) if self._rooms else None

"""One connection to a server: opened, asked, closed. Whatever the other side does ends in one of our errors, in time.

The SDK lives in a task of its own, and so does each request; an outcome is read off the task, so that nothing a server
provokes in the SDK is raised into anything but that one call.

Rules: every wait has an end; a request that is given up is cancelled at the server too; what was sent and never
answered is said to be so (`InDoubtError`), because it may have happened. Both protocol eras look the same from outside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from ergos.base.errors import DeadlineError, ErgosError, ToolFailedError
from ergos.base.limits import MIB
from ergos.base.world_errors import BusError, InDoubtError
from ergos.buses.mcp.host.answers import Answers, Asker
from ergos.buses.mcp.host.meter import Log, Meter
from ergos.buses.mcp.host.opening import Surroundings, reached
from ergos.buses.mcp.host.results import COMPLAINT_CHARS_MAX
from ergos.kernel.mounts import ServerSettings, ToolDefinition, harmless

if TYPE_CHECKING:
    import mcp_types as wire
    from mcp import Client

CLOSE_S: Final = 8.0  # seconds a connection takes to end; longer than its pipes take to be killed
GIVE_UP_S: Final = 2.0  # seconds in which a request that is given up lets go
PAGES_MAX: Final = 100  # pages of one listing
TOOLS_MAX: Final = 2_000  # tools of one server; more is a flood
LISTING_BYTES_MAX: Final = 16 * MIB  # bytes of all definitions of one server
ROUNDS_MAX: Final = 10  # times a server may ask for more input in the course of one call
STATE_CHARS_MAX: Final = 64 * 1024  # characters of the opaque state a server hands us to carry
INPUTS_MAX: Final = 8  # things it may ask for in one round
PLACE_CHARS_MAX: Final = 200  # characters that say where in a message the nonsense stands
ROUND_S: Final = 0.1  # seconds before a call is repeated that asked for nothing but time

_T = TypeVar("_T")


class Connection:
    """A live session with one server."""

    def __init__(self, settings: ServerSettings, around: Surroundings, log: Log) -> None:
        self._settings: Final = settings
        self._around: Final = around
        self._name: Final = settings.name
        self._answers: Final = Answers(settings, around.questions)
        self._meter: Final = Meter(settings.name, log)
        self._over: Final = asyncio.Event()
        self._ready: Final = asyncio.Event()
        self._life: asyncio.Task[None] | None = None
        self._client: Client | None = None
        self.stale = True
        """Its tools may be others than when they were last listed."""
        self.busy = 0
        """Requests under way."""
        self.cut_short = False
        """The server ended by itself while the protocol was agreed on."""

    @property
    def alive(self) -> bool:
        """Whether it can be asked something."""
        return self._ready.is_set() and not self._ended and self._meter.fault is None

    @property
    def _ended(self) -> bool:
        return self._over.is_set() or self._meter.closed or self._life is None or self._life.done()

    @property
    def protocol(self) -> str:
        """The revision of the protocol that is spoken."""
        return self._opened.protocol_version

    @property
    def title(self) -> str:
        """What the server calls itself; a stranger's words."""
        info = self._opened.server_info
        return "" if info is None else f"{info.name} {info.version}"

    @property
    def instructions(self) -> str:
        """What it says about itself; a stranger's words."""
        return self._opened.instructions or ""

    @property
    def _opened(self) -> Client:
        assert self._client is not None
        return self._client

    # Life

    async def open(self, mode: str = "auto") -> None:
        """Connect and agree on a revision. Raises: BusError, DeadlineError, SandboxError, SecretError."""
        open_s = self._around.patience.open_s
        self._life = asyncio.get_running_loop().create_task(self._live(mode))
        ready = asyncio.get_running_loop().create_task(self._ready.wait())
        try:
            await asyncio.wait({self._life, ready}, timeout=open_s, return_when=asyncio.FIRST_COMPLETED)
            if self._life.done():
                self.cut_short = self._meter.closed and self._meter.fault is None
                raise self._fault(_raised(self._life), "ended before it was ready")
            if not self._ready.is_set():
                raise BusError(f"{self._name} was not ready within {open_s:g} seconds")
        finally:
            ready.cancel()
            if not self.alive:
                await self.close()

    async def _live(self, mode: str) -> None:
        from mcp import Client
        from mcp_types import Implementation

        _quieten()
        async with Client(
            cast("Any", reached(self._settings, self._around, self._meter)),
            mode=mode,
            client_info=Implementation(name="ergos", version="1"),
            message_handler=self._told,
            cache=None,
            **self._answers.callbacks(),
        ) as client:
            self._client = client
            self._ready.set()
            listening = asyncio.get_running_loop().create_task(self._listen(client))
            try:
                await self._over.wait()
            finally:
                listening.cancel()
                await asyncio.wait({listening}, timeout=GIVE_UP_S)

    async def _listen(self, client: Client) -> None:
        """Hear of changes where the protocol has no notifications without being asked (2026-07-28)."""
        from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
        from mcp.shared.exceptions import MCPError

        tools = client.server_capabilities.tools
        if tools is None or not tools.list_changed:
            return
        with suppress(ListenNotSupportedError, SubscriptionLost, MCPError, TimeoutError):
            async with client.listen(tools_list_changed=True) as changes:
                async for _ in changes:
                    self.stale = True
        self.stale = True

    async def _told(self, message: object) -> None:
        from mcp_types import ToolListChangedNotification

        if isinstance(message, ToolListChangedNotification):
            self.stale = True

    async def close(self) -> None:
        """End it; the server is gone afterwards."""
        self._over.set()
        if self._life is None:
            return
        if self._ready.is_set():
            await asyncio.wait({self._life}, timeout=CLOSE_S)
        if not self._life.done():
            self._life.cancel()
            await asyncio.wait({self._life}, timeout=CLOSE_S)
        _raised(self._life)

    def leave(self) -> None:
        """End it when it gets to it, without waiting."""
        self._over.set()

    def kill(self) -> None:
        """End it without waiting; a program is killed before this returns."""
        self._over.set()
        if self._meter.kill is not None:
            self._meter.kill()
        if self._life is not None:
            self._life.cancel()

    # Requests

    async def listing(self) -> list[ToolDefinition]:
        """Every tool it offers, in its order. Raises: BusError, DeadlineError."""
        self.stale = False
        return await self._asked(self._pages(), self._around.patience.list_s, "list its tools")

    async def _pages(self) -> list[ToolDefinition]:
        import mcp_types as wire

        found: list[ToolDefinition] = []
        cursor: str | None = None
        size = 0
        for _ in range(PAGES_MAX):
            page = await self._opened.session.list_tools(params=wire.PaginatedRequestParams(cursor=cursor))
            for tool in page.tools:
                dumped = tool.model_dump_json(by_alias=True, exclude_none=True)
                size += len(dumped)
                found.append(_definition(tool))
            if len(found) > TOOLS_MAX or size > LISTING_BYTES_MAX:
                raise BusError(
                    f"{self._name} offers more than {TOOLS_MAX:,} tools or {LISTING_BYTES_MAX:,} bytes of definitions"
                )
            cursor = page.next_cursor
            if not cursor:
                return found
        raise BusError(f"{self._name} lists its tools in more than {PAGES_MAX} pages")

    async def call(self, tool: str, args: dict[str, Any], limit_s: float, asker: Asker) -> dict[str, Any]:
        """What a tool brought back, as JSON off the wire.

        Raises: ToolFailedError, BusError, DeadlineError when it did not happen; InDoubtError when nobody knows.
        """
        self._answers.begin(asker)
        try:
            return await self._asked(self._rounds(tool, args), limit_s, f"answer {asker.tool}", sent=True)
        finally:
            self._answers.end(asker)

    async def _rounds(self, tool: str, args: dict[str, Any]) -> dict[str, Any]:
        """Call, and call again with what the server asked for in between (SEP-2322)."""
        import mcp_types as wire

        responses: dict[str, Any] | None = None
        state: str | None = None
        for _ in range(ROUNDS_MAX + 1):
            came = await self._once(tool, args, responses, state)
            if isinstance(came, wire.CallToolResult):
                return came.model_dump(by_alias=True, mode="json", exclude_unset=True)
            state = came.request_state
            if state is not None and len(state) > STATE_CHARS_MAX:
                raise BusError(f"{self._name} wants us to carry {len(state):,} characters for it")
            responses = await self._inputs(came.input_requests or {})
            if not responses:
                responses = None
                await asyncio.sleep(ROUND_S)
        raise BusError(f"{self._name} asked for more input {ROUNDS_MAX} times in the course of one call")

    async def _once(
        self, tool: str, args: dict[str, Any], responses: dict[str, Any] | None, state: str | None
    ) -> wire.CallToolResult | wire.InputRequiredResult:
        import mcp_types as wire
        from pydantic import TypeAdapter

        params = wire.CallToolRequestParams(name=tool, arguments=args, input_responses=responses, request_state=state)
        # Not `call_tool`: it would apply the server's own schema without a bound.
        return await self._opened.session.send_request(
            wire.CallToolRequest(params=params),
            cast("Any", TypeAdapter(wire.CallToolResult | wire.InputRequiredResult)),
        )

    async def _inputs(self, requests: dict[str, Any]) -> dict[str, Any]:
        import mcp_types as wire
        from mcp.client.session import ClientRequestContext

        if len(requests) > INPUTS_MAX:
            raise BusError(f"{self._name} asks for {len(requests)} things at once; at most {INPUTS_MAX} are answered")
        session = self._opened.session
        given: dict[str, Any] = {}
        for key, request in requests.items():
            context = ClientRequestContext(session=session, request_id=key)
            answer = await session.dispatch_input_request(context, request)
            if isinstance(answer, wire.ErrorData):
                raise ToolFailedError(f"{self._name} asked for what it is not given: {answer.message}")
            given[key] = answer
        return given

    async def _asked(self, work: Coroutine[Any, Any, _T], limit_s: float, what: str, *, sent: bool = False) -> _T:
        """What came of a request, in time. `sent`: it may have an effect."""
        assert self._life is not None
        self._meter.begin()
        self.busy += 1
        task = asyncio.get_running_loop().create_task(work)
        try:
            await asyncio.wait({task, self._life}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            if task.done() and not task.cancelled():
                error = task.exception()
                if error is None:
                    return task.result()
                raise self._fault(error, f"did not {what}", sent=sent)
            if self._life.done():
                raise self._lost(f"ended and did not {what}", sent=sent)
            if sent:
                raise InDoubtError(f"{self._name} did not {what} within {limit_s:.3g} seconds")
            raise DeadlineError(f"{self._name} did not {what} within {limit_s:.3g} seconds")
        finally:
            self.busy -= 1
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=GIVE_UP_S)

    def _lost(self, why: str, *, sent: bool) -> ErgosError:
        if self._meter.fault is not None:
            why = self._meter.fault.what.removeprefix(f"{self._name} ")
        return InDoubtError(f"{self._name} {why}") if sent else BusError(f"{self._name} {why}")

    def _fault(self, error: BaseException | None, why: str, *, sent: bool = False) -> ErgosError:
        """One of our errors for whatever the SDK raised."""
        from mcp.shared.exceptions import MCPError
        from mcp_types import CONNECTION_CLOSED, REQUEST_TIMEOUT
        from pydantic import ValidationError

        error = _single(error)
        if isinstance(error, ErgosError):
            return InDoubtError(error.what) if sent and type(error) is BusError else error
        if self._meter.fault is not None:
            return self._lost(why, sent=sent)
        if isinstance(error, MCPError):
            told = harmless(error.message, COMPLAINT_CHARS_MAX)
            if self._ended or error.code in (CONNECTION_CLOSED, REQUEST_TIMEOUT):  # a server's own code, or the SDK's
                return self._lost(f"{why}: {told}", sent=sent)
            return ToolFailedError(f"{self._name}: {told}") if sent else BusError(f"{self._name} refused: {told}")
        if isinstance(error, ValidationError):
            where = ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])
            told = harmless(where, PLACE_CHARS_MAX)
            return self._lost(f"{why}: it sent what the protocol does not know, at {told}", sent=sent)
        kind = "nothing" if error is None else type(error).__name__
        return self._lost(f"{why} ({kind})", sent=sent)


def _definition(tool: wire.Tool) -> ToolDefinition:
    dumped = tool.model_dump(by_alias=True, mode="json", exclude_none=True)
    return ToolDefinition(
        name=tool.name,
        title=tool.title or "",
        description=tool.description or "",
        input=dumped.get("inputSchema") or {},
        output=dumped.get("outputSchema"),
        annotations=dumped.get("annotations") or {},
    )


def _raised(task: asyncio.Task[Any]) -> BaseException | None:
    return None if not task.done() or task.cancelled() else task.exception()


def _single(error: BaseException | None) -> BaseException | None:
    """The first error of a group: the SDK's task groups wrap what a part of them raised."""
    while isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        error = next((one for one in group.exceptions if isinstance(one, ErgosError)), group.exceptions[0])
    return error


def _quieten() -> None:
    """The SDK logs what strangers send; where nobody set up logging, that is nobody's terminal."""
    import logging

    for name in ("mcp", "client"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())

"""One server as it is mounted: its approved tools, its connection while there is one, and what is wrong with it.

A connection is made when a tool is called, kept while it is used, and closed after idling. Each time it is made, each
time the server says its tools changed, and now and then in between, its tools are listed and compared with the pin;
what differs is disabled until the owner has seen it.

Rules: nothing here reaches another server; a server that fails again and again is left alone for a while; a tool is
called only under the very definition that was approved.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import DeadlineError, ToolChangedError, ToolFailedError
from ergos.base.ids import Digest
from ergos.base.world_errors import BusError, InDoubtError
from ergos.buses.mcp.host.answers import Asker
from ergos.buses.mcp.host.connection import Connection
from ergos.buses.mcp.host.listing import live_digests, offer
from ergos.buses.mcp.host.meter import Log
from ergos.buses.mcp.host.opening import Surroundings
from ergos.buses.mcp.host.results import complaint, plain_result
from ergos.buses.mcp.host.schemas import Schema
from ergos.buses.mcp.host.tool import McpTool
from ergos.kernel.mounts import Offer, Pin, ServerSettings, ToolDefinition
from ergos.kernel.packages import Errand

FAILURES_MAX: Final = 3  # openings in a row that failed, after which a server is left alone
CALLS_MAX: Final = 16  # calls at once to one server; a local program seldom does more


class Mount:
    """One server."""

    def __init__(self, settings: ServerSettings, around: Surroundings, pin: Pin | None) -> None:
        self.settings: Final = settings
        self.log: Final = Log()
        self._around: Final = around
        self._opening: Final = asyncio.Lock()
        self._places: Final = asyncio.Semaphore(CALLS_MAX)
        self._connection: Connection | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._checked_at = 0.0
        self._failures = 0
        self._failed_at = 0.0
        self._mode = "auto"
        self._live: dict[str, Digest] | None = None
        """What its tools were when they were last listed."""
        self._outputs: Final[dict[Digest, Schema]] = {}
        self.tools: dict[str, McpTool] = {}
        """By full name, disabled ones among them."""
        self.disabled: dict[str, str] = {}
        """Why, by full name."""
        self.pin: Pin | None = None
        self.approve(pin)

    def approve(self, pin: Pin | None) -> None:
        """From now on these definitions are the approved ones; None: none is."""
        self.pin, self.tools, self.disabled = pin, {}, {}
        if pin is None:
            return
        for definition in pin.tools:
            own = self.settings.tools.get(definition.name)
            if own is None or not own.off:
                tool = McpTool(self.settings, definition, self)
                self.tools[tool.spec.name] = tool
        if pin.identity != self.settings.identity:
            why = "another command or address stands in the settings than the one whose tools were approved"
            self.disabled = dict.fromkeys(self.tools, why)
        self._compare()

    @property
    def running(self) -> bool:
        """Whether it is connected at the moment."""
        return self._connection is not None and self._connection.alive

    # What it offers

    async def look(self) -> Offer:
        """Connect, list, compare. Raises: BusError and others of this server."""
        async with self._opening:
            connection = await self._connected()
            listed = await self._listed(connection)
            return await offer(self.settings, self.pin, listed, connection)

    async def _listed(self, connection: Connection) -> list[ToolDefinition]:
        """What it lists now; differences to the pin are disabled. Holding the lock."""
        listed = await connection.listing()
        self._checked_at = asyncio.get_running_loop().time()
        self._live = live_digests(listed)
        self._compare()
        return listed

    def _compare(self) -> None:
        """Disable what is described in another way than was approved, as far as was heard of it."""
        if self.pin is None or self._live is None or self.pin.identity != self.settings.identity:
            return
        for name, tool in self.tools.items():
            own = tool.definition.name
            if own not in self._live:
                self.disabled[name] = f"{self.settings.name} does not offer it any more"
            elif self._live[own] != tool.definition.digest:
                self.disabled[name] = f"{self.settings.name} describes it in another way than was approved"
            else:
                self.disabled.pop(name, None)

    # Calls

    async def call(self, tool: McpTool, args: dict[str, Plain], errand: Errand) -> dict[str, Plain]:
        """What a tool brought back. Raises: ToolChangedError, ToolFailedError, BusError, InDoubtError and others."""
        async with self._places:
            connection = await self._sound(tool, self._left_s(errand))
            asker = Asker(tool.spec.name, errand.pid, errand.owner)
            try:
                came = await connection.call(tool.definition.name, args, self._left_s(errand), asker)
            finally:
                self._idle(connection)
        if came.get("isError"):
            raise ToolFailedError(f"{tool.spec.name} failed: {complaint(came)}")
        try:
            value = plain_result(came, self.settings.name)
            self._fits(tool, value)
        except BusError as error:
            raise InDoubtError(f"{tool.spec.name} answered, but {error.what}") from error
        return value

    async def _sound(self, tool: McpTool, limit_s: float) -> Connection:
        """A connection whose server still describes the tool as approved. Raises: ToolChangedError and others."""
        try:
            async with asyncio.timeout(limit_s), self._opening:
                connection = await self._connected()
                age = asyncio.get_running_loop().time() - self._checked_at
                if connection.stale or age > self._around.patience.recheck_s:
                    await self._listed(connection)
        except TimeoutError as error:
            raise DeadlineError(f"{self.settings.name} was not ready within {limit_s:.3g} seconds") from error
        now = self.tools.get(tool.spec.name)
        if now is None or now.digest != tool.digest:
            raise ToolChangedError(f"{tool.spec.name} is not approved any more as it was when it was called")
        if why := self.disabled.get(tool.spec.name):
            raise ToolChangedError(f"{tool.spec.name} is disabled: {why}")
        return connection

    def _left_s(self, errand: Errand) -> float:
        return max(0.05, (errand.deadline_ns - self._around.clock.now_ns()) / SECOND)

    def _fits(self, tool: McpTool, value: dict[str, Plain]) -> None:
        """Structured content against the schema it was promised under. Raises: BusError."""
        promised = tool.definition.output
        if promised is None:
            return
        if "structured" not in value:
            raise BusError("it did not bring the structured content that it promises")
        schema = self._outputs.get(tool.digest)
        if schema is None:
            schema = self._outputs[tool.digest] = Schema(promised, f"the result of {tool.spec.name}")
        if wrong := schema.misfit(value["structured"]):
            raise BusError(f"what it brought is not what it promises: {wrong}")

    # The connection

    async def _connected(self) -> Connection:
        """The connection, made if there is none. Holding the lock."""
        known = self._connection
        if known is not None and known.alive:
            return known
        if known is not None:
            self._connection = None
            await known.close()
        left_s = self._failed_at + self._around.patience.pause_s - asyncio.get_running_loop().time()
        if self._failures >= FAILURES_MAX and left_s > 0:
            raise BusError(
                f"{self.settings.name} could not be opened {self._failures} times in a row; "
                f"it is left alone for {left_s:.0f} seconds"
            )
        self._failures, self._failed_at = self._failures + 1, asyncio.get_running_loop().time()
        opened = await self._opened()
        self._failures = 0
        self._connection = opened
        self._idle(opened)
        return opened

    async def _opened(self) -> Connection:
        """A fresh connection; a server that a question about the protocol ends is asked in the older way."""
        connection = Connection(self.settings, self._around, self.log)
        try:
            await connection.open(self._mode)
        except BusError:
            if self._mode == "legacy" or self.settings.url or not connection.cut_short:
                raise
            connection = Connection(self.settings, self._around, self.log)
            await connection.open("legacy")
            self._mode = "legacy"
        return connection

    def _idle(self, connection: Connection) -> None:
        """Close it if nothing is asked of it for a while."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self.settings.idle_s, self._idled, connection)

    def _idled(self, connection: Connection) -> None:
        if connection.busy:
            self._idle(connection)
        elif self._connection is connection:
            self._connection = None
            connection.leave()

    async def close(self) -> None:
        """End its connection; the next call makes another."""
        if self._timer is not None:
            self._timer.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def kill(self) -> None:
        """End it at once."""
        if self._timer is not None:
            self._timer.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.kill()

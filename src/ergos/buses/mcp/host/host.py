"""Every server an owner mounted, behind the `Mounts` port.

Tools are known from the definitions that were approved, so that looking one up needs no connection and no server. Which
of them an agent may call is a matter of its grants; what a tool may do to this machine, of its sandbox.

Rules: one server's trouble is its own; a look-up is a look-up however many tools there are; nothing is approved here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec

from ergos.base.clock import Clock
from ergos.base.errors import UsageError
from ergos.buses.mcp.host.mount import Mount
from ergos.buses.mcp.host.opening import Patience, Surroundings
from ergos.buses.mcp.host.tool import McpTool
from ergos.kernel.confinement import Sandboxes
from ergos.kernel.egress import Vault
from ergos.kernel.mounts import Consent, Offer, Pin, Questions, ServerSettings, Ways


class ServerState(msgspec.Struct, frozen=True, kw_only=True):
    """A server at a glance."""

    name: str
    running: bool
    approved: int
    """Tools that were approved."""
    disabled: dict[str, str]
    """Those of them that cannot be called, and why, by full name."""
    sandbox: bool


class McpHost:
    """The servers of one kernel."""

    def __init__(
        self,
        servers: Mapping[str, ServerSettings],
        sandboxes: Sandboxes | None,
        pins: Mapping[str, Pin],
        *,
        clock: Clock,
        vault: Vault | None = None,
        ways: Ways | None = None,
        questions: Questions | None = None,
        consent: Consent | None = None,
        patience: Patience | None = None,
    ) -> None:
        around = Surroundings(
            clock=clock,
            sandboxes=sandboxes,
            vault=vault,
            ways=ways,
            questions=questions,
            consent=consent,
            patience=patience or Patience(),
        )
        self._mounts: Final = {name: Mount(one, around, pins.get(name)) for name, one in servers.items()}
        self._names: tuple[str, ...] | None = None

    # The port

    def tool(self, name: str) -> McpTool | None:
        """A tool by its full name; None for an unknown or disabled one. Cost: two look-ups."""
        mount = self._mounts.get(name.partition(".")[0])
        return None if mount is None or name in mount.disabled else mount.tools.get(name)

    def why_not(self, name: str) -> str:
        """Why a tool is not there, or ''."""
        mount = self._mounts.get(name.partition(".")[0])
        if mount is None:
            return ""
        if mount.pin is None:
            return f"the tools of {mount.settings.name} are not approved yet"
        return mount.disabled.get(name, "")

    def names(self) -> tuple[str, ...]:
        """All that were approved, disabled ones among them, sorted."""
        if self._names is None:
            self._names = tuple(sorted(name for mount in self._mounts.values() for name in mount.tools))
        return self._names

    # What its owner does with it

    async def look(self, server: str) -> Offer:
        """What a server offers now, and how it differs from what was approved. Raises: UsageError, BusError, …"""
        return await self._mount(server).look()

    def approve(self, server: str, pin: Pin | None) -> None:
        """These definitions are approved from now on; None takes the approval back. Journal it first."""
        self._mount(server).approve(pin)
        self._names = None

    def log(self, server: str) -> tuple[str, ...]:
        """The last lines a server wrote that are no messages; a stranger's words."""
        return self._mount(server).log.lines

    def servers(self) -> tuple[ServerState, ...]:
        """All of them, sorted."""
        return tuple(
            ServerState(
                name=name,
                running=mount.running,
                approved=len(mount.tools),
                disabled=dict(mount.disabled),
                sandbox=mount.settings.sandbox or bool(mount.settings.url),
            )
            for name, mount in sorted(self._mounts.items())
        )

    # Ending

    async def close(self) -> None:
        """End every connection, side by side."""
        await asyncio.gather(*(mount.close() for mount in self._mounts.values()))

    def kill(self) -> None:
        """End every connection at once: STOP."""
        for mount in self._mounts.values():
            mount.kill()

    def _mount(self, server: str) -> Mount:
        mount = self._mounts.get(server)
        if mount is None:
            raise UsageError(
                f"there is no server {server[:60]!r}",
                remedy="name one of: " + (", ".join(sorted(self._mounts)) or "none is in settings.toml"),
            )
        return mount

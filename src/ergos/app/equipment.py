"""What the tools of a kernel are made of: sandbox, way out, vault; built-in tools, made tools, servers, peers; their
mounts.

Rules: everything is opened when it is first needed, so that a kernel that uses none of it pays for none of it. What
leaves goes by the owner's rules and is journaled. Composes; decides nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast

import msgspec

from ergos.app.making import MadeTools, propose_tool, workshop_at
from ergos.app.peers_called import Called, called_peers
from ergos.app.peers_received import Received
from ergos.app.watching import LazyWatchers
from ergos.base.canonical import Plain
from ergos.base.entropy import Entropy
from ergos.base.errors import UsageError, ValueShapeError, WorldError
from ergos.base.ids import Pid
from ergos.drivers.egress.dialling import Dialler
from ergos.drivers.egress.fetcher import Fetcher
from ergos.drivers.egress.passage import Passage
from ergos.drivers.egress.proxy import EgressProxy
from ergos.drivers.host import HostClock
from ergos.drivers.sandbox.sandboxes import HostSandboxes, NoSandboxes, open_sandboxes
from ergos.drivers.tools.catalogue import BuiltinMounts, BuiltinParts, builtins, workspaces_of
from ergos.drivers.tools.seal import seal_of
from ergos.drivers.vault.home_vault import HomeVault
from ergos.kernel.confinement import Ended, Job, Running, Sandboxes
from ergos.kernel.egress import EgressRecord, EgressRules
from ergos.kernel.mounts import Declined, Given, Offer, Question, pin_of
from ergos.kernel.mounts import Pin as ServerPin
from ergos.kernel.packages import Mounts, Tool
from ergos.kernel.peers import FAMILY
from ergos.kernel.ports import Signer
from ergos.runtime.folder_settings import read_folders
from ergos.runtime.kernel import Kernel
from ergos.runtime.pins import Pin
from ergos.runtime.settings import Settings

if TYPE_CHECKING:
    from ergos.drivers.watchers.outside import LateBell, OutsideWatchers

DECLINE: Final = frozenset({"decline", "no", "不", "拒绝"})
"""Answers by which an owner gives a server none."""


class Host(Protocol):
    """The servers of tools."""

    def approve(self, server: str, pin: ServerPin | None) -> None:
        """These definitions are approved from now on."""
        ...

    async def look(self, server: str) -> Offer:
        """What a server offers now."""
        ...

    def log(self, server: str) -> tuple[str, ...]:
        """The last lines it wrote that are no messages."""
        ...

    async def close(self) -> None:
        """End every connection."""
        ...


class LazySandboxes:
    """The best sandbox of this machine, looked for when something is first to be confined."""

    def __init__(self, scratch: Path) -> None:
        self._scratch: Final = scratch
        self._found: HostSandboxes | NoSandboxes | None = None
        self.on_kill: Callable[[Pid | None], object] | None = None
        """Told of what is ended, wherever it runs."""

    @property
    def name(self) -> str:
        """Which one it is."""
        return self._real().name

    async def run(self, job: Job, stdin: bytes = b"") -> Ended:
        """Run to the end. Raises: as the port says."""
        return await self._real().run(job, stdin)

    async def open(self, job: Job) -> Running:
        """Start one that talks through its pipes. Raises: as the port says."""
        return await self._real().open(job)

    def kill(self, pid: Pid | None = None) -> int:
        """End every job of a process (None: every job)."""
        if self.on_kill is not None:
            self.on_kill(pid)
        return 0 if self._found is None else self._found.kill(pid)

    def close(self) -> None:
        """End every job, and what started them."""
        if self._found is not None:
            self._found.close()

    def _real(self) -> HostSandboxes | NoSandboxes:
        if self._found is None:
            self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._found = open_sandboxes(self._scratch)
        return self._found


class JoinedMounts:
    """Several mounts as one; of two tools with one name the first is meant."""

    def __init__(self, parts: tuple[Mounts, ...]) -> None:
        self._parts: Final = parts

    def tool(self, name: str) -> Tool | None:
        """A tool by its full name; None for an unknown or disabled one."""
        for part in self._parts:
            found = part.tool(name)
            if found is not None:
                return found
        return None

    def why_not(self, name: str) -> str:
        """Why a tool is not there, or ''."""
        return next((why for part in self._parts if (why := part.why_not(name))), "")

    def names(self) -> tuple[str, ...]:
        """All there are, sorted."""
        return tuple(sorted({name for part in self._parts for name in part.names()}))


class Equipment:
    """Everything the tools of one kernel need."""

    def __init__(self, settings: Settings, signer: Signer, entropy: Entropy) -> None:
        home = settings.home
        self._settings: Final = settings
        self._entropy: Final = entropy
        self._kernel: Kernel | None = None
        self._clock: Final = HostClock()
        self._dialler: Final = Dialler()
        self.vault: Final = HomeVault(home, signer, entropy)
        self.sandboxes: Final = LazySandboxes(home / "scratch")
        self.host: Final = self._host() if settings.servers else None
        self.received: Final = Received()
        self.peers: Final[Called | None] = called_peers(
            settings, signer, self._clock, self.vault, self.record, self.received
        )
        if self.peers is not None:
            self.sandboxes.on_kill = self.peers.kill
        workshop = workshop_at(home)
        self._workspaces: Final = workspaces_of(home, settings.owner, settings.tools, lambda: read_folders(home))
        self.watchers: Final = LazyWatchers(self._watchers)
        own = {
            **builtins(
                BuiltinParts(
                    workspaces=self._workspaces,
                    sandboxes=self.sandboxes,
                    outside=Fetcher(self.passage()),
                    secrets=self.vault,
                    seal=seal_of(home / "keys" / "cell", entropy),
                    settings=settings.tools,
                )
            ),
            "tools.propose": propose_tool(workshop, self.sandboxes),
        }
        servers = tuple(cast("Mounts", one) for one in (self.host, self.peers) if one is not None)
        self.mounts: Final[Mounts] = JoinedMounts((BuiltinMounts(own), MadeTools(workshop, self.sandboxes), *servers))

    async def look(self, server: str) -> Plain:
        """What a server or peer offers now, as it crosses the control socket. Raises: ErgosErrors."""
        if self.peers is not None and server.startswith(f"{FAMILY}."):
            return cast("Plain", msgspec.to_builtins(await self.peers.look(server)))
        return cast("Plain", msgspec.to_builtins(await self._servers().look(server)))

    def log(self, server: str) -> tuple[str, ...]:
        """The last lines a server wrote that are no messages. Raises: UsageError."""
        return self._servers().log(server)

    def _servers(self) -> Host:
        if self.host is None:
            raise UsageError("there is no server of tools", remedy="name one in settings.toml: `[mcp.servers.NAME]`")
        return self.host

    def passage(self) -> Passage:
        """The way out by all of the owner's rules."""
        return Passage(self._settings.egress, self.vault, self._clock, self.record, dialler=self._dialler)

    def record(self, record: EgressRecord, pid: Pid = Pid(0)) -> None:
        """Journal what was asked of another machine."""
        kernel = self._kernel
        if kernel is not None and not kernel.machine.failed and not kernel.reactor.stopping:
            kernel.desk.reached(record, pid)

    def attach(self, kernel: Kernel) -> None:
        """A kernel starts on it: what was approved is mounted, and what is asked reaches its owner's inbox."""
        self._kernel = kernel
        self.watchers.attach(kernel.reactor.watches)
        host, peers = self.host, self.peers

        def changed(name: str, pin: Pin | None) -> None:
            if host is not None and name in self._settings.servers:
                host.approve(name, None if pin is None else _approved(name, pin))
            elif peers is not None and peers.named(name):
                peers.approve(name, None if pin is None else _approved(name, pin))

        kernel.machine.pins.on_change = changed

    async def close(self) -> None:
        """End what runs."""
        self._kernel = None
        await self.watchers.close()
        if self.host is not None:
            await self.host.close()
        self.sandboxes.close()

    def _watchers(self, bell: LateBell) -> OutsideWatchers:
        from ergos.drivers.watchers.outside import OutsideParts, OutsideWatchers

        parts = OutsideParts(
            home=self._settings.home,
            workspaces=self._workspaces,
            entropy=self._entropy,
            outside=Fetcher(self.passage()),
            secrets=self.vault,
            settings=self._settings.triggers,
        )
        return OutsideWatchers(parts, bell)

    # What servers need

    def _host(self) -> Host:
        from ergos.buses.mcp.host.host import McpHost

        return McpHost(
            self._settings.servers,
            cast("Sandboxes", self.sandboxes),
            {},
            clock=self._clock,
            vault=self.vault,
            ways=_Ways(self),
            questions=self,
            consent=self,
        )

    def rules_for(self, hosts: tuple[str, ...]) -> EgressRules:
        """The owner's rules for these hosts: what a server names does not widen them."""
        return EgressRules(tuple(rule for rule in self._settings.egress.rules if rule.host in hosts))

    async def ask(self, question: Question) -> Given | Declined:
        """What a server asks in the middle of a call, from the inbox."""
        if question.kind == "sampling" or self._kernel is None:
            return Declined("model calls for servers are not offered")
        where = f" — open {question.url}" if question.url else ""
        text = f"{question.server} asks, in the middle of {question.tool}: {question.message}{where}"
        shown: Plain = {"fields": cast("Plain", question.schema.get("properties", {})), "decline": "answer `decline`"}
        value = await self._inquired(question.pid, question.owner, question.server, text, shown)
        return _given(question, value)

    async def visit(self, server: str, url: str) -> str:
        """Take the owner to where they sign in; the address their browser was sent back to."""
        if self._kernel is None:
            raise UsageError(f"nobody is there to sign in at {server}", remedy="`ergos up`, then try again")
        text = f"Sign in for {server}: open {url} — then answer with the address your browser was sent back to."
        value = await self._inquired(Pid(0), self._settings.owner, server, text, None)
        return str(value)

    async def _inquired(self, pid: Pid, owner: str, about: str, text: str, shown: Plain) -> Plain:
        assert self._kernel is not None
        machine = self._kernel.machine
        packed = machine.vault.pack(shown, what="the question")
        return await machine.inquiries.ask(pid=pid, owner=owner, about=about, text=text, shown=packed)

    def proxy(self, rules: EgressRules, pid: Pid = Pid(0)) -> EgressProxy:
        """A way out by these rules, for one sandbox."""
        return EgressProxy(
            rules, self.vault, self._clock, lambda record: self.record(record, pid), dialler=self._dialler
        )


class _Ways:
    """A socket with a proxy for each start of a server that may reach something."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment: Final = equipment
        self._open: Final[dict[str, EgressProxy]] = {}

    async def open(self, server: str, hosts: tuple[str, ...]) -> str:
        """Path of the socket. Raises: WorldError."""
        del server
        proxy = self._equipment.proxy(self._equipment.rules_for(hosts))
        path = Path(tempfile.mkdtemp(prefix="ergos-way-")) / "door"
        try:
            await proxy.listen(path)
        except WorldError:
            _cleared(path)
            raise
        self._open[str(path)] = proxy
        return str(path)

    async def close(self, door: str) -> None:
        """That way is shut."""
        proxy = self._open.pop(door, None)
        if proxy is not None:
            await proxy.stop()
            _cleared(Path(door))


def _cleared(door: Path) -> None:
    """Away with a socket and its folder."""
    door.unlink(missing_ok=True)
    door.parent.rmdir()


def _approved(name: str, pin: Pin) -> ServerPin | None:
    """What was approved of a server; None where it cannot be read, or is not what its digest says."""
    try:
        found = pin_of(pin.definitions)
    except ValueShapeError:
        return None
    return found if (found.server, found.digest) == (name, pin.digest) else None


def _given(question: Question, value: Plain) -> Given | Declined:
    """An owner's answer as the fields of a form."""
    if isinstance(value, str) and value.strip().lower() in DECLINE:
        return Declined("its owner declined")
    if question.kind == "url":
        return Given()
    if isinstance(value, dict):
        return Given(cast("Mapping[str, Plain]", value))
    fields = question.schema.get("properties")
    if isinstance(fields, dict) and len(fields) == 1:
        return Given({str(next(iter(fields))): value})
    return Declined("the answer has no fields")

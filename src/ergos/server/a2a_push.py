"""Push notifications: where a peer wants to be told of its tasks, and the telling, at least once and in order.

What happened is written down first (`due`), then sent; what is not taken is tried again, later each time, and given up
after TRIES. Of one place the next is sent only after the one before.

Rules: a notification goes to public hosts over https, or to a host its owner named (the peer's own address); an address
is judged when it is set and again when it is dialled, and the connection goes to the very address that was judged
(drivers/egress). No redirect is followed. A peer's credentials go back to it and nowhere else;
no secret of the owner's is ever sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError, StoreError
from ergos.base.ids import Pid
from ergos.buses.a2a.ports import Caller, PushConfig, TaskRefused
from ergos.drivers.egress.dialling import Dialler
from ergos.drivers.egress.fetcher import Fetcher
from ergos.drivers.egress.passage import Passage
from ergos.kernel.egress import STANDARD_PORTS, EgressRecord, EgressRule, EgressRules, Secrets
from ergos.kernel.hosts import Refused, read_address, unreachable
from ergos.kernel.peers import PeerSettings
from ergos.kernel.targets import read_url
from ergos.runtime.machine import Machine
from ergos.server.a2a_board import Board
from ergos.server.a2a_outbox import DueRow, Outbox

CONFIGS_MAX: Final = 8  # places one task is told at
DUE_MAX: Final = 256  # notifications that wait for one place; of more the last ones stay
BODY_BYTES_MAX: Final = 1024 * 1024  # bytes of one notification; more is left out, the peer gets the task itself
TRIES: Final = 8  # times one is tried: with the pauses below that is about half an hour
PAUSE_S: Final = (1, 5, 15, 60, 300, 600, 900)  # seconds between two tries
DEADLINE_S: Final = 15.0  # seconds one is given to be taken
AFTER_S: Final = 1.0  # seconds until the next look after one that failed
AT_ONCE: Final = 8  # places told at once
REPLY_BYTES_MAX: Final = 64 * 1024  # bytes of an answer that are read; it says nothing we need
PORT_MIN: Final = 1024  # ports below are services that a POST has no business with, but for the web's own

_HERE: Final = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")


class Place(msgspec.Struct, frozen=True):
    """A host an owner allows besides those of the public internet."""

    host: str
    addresses: tuple[str, ...] = ()
    """Private ones it may have, where it is a name."""
    port: int = 0
    """0: any."""
    plain: bool = False
    """Over http, too."""


NEAR: Final = (Place("localhost", ("127.0.0.1", "::1"), plain=True), Place("127.0.0.1", plain=True))
"""This machine, for tests on it."""


class Outside(Protocol):
    """Sends one notification."""

    async def post(self, url: str, headers: dict[str, str], body: bytes, pid: Pid) -> int:
        """The answer's status. Raises: ErgosErrors."""
        ...


class GuardedOutside:
    """By the same decision, dialling and journal as everything that leaves."""

    def __init__(
        self, machine: Machine, secrets: Secrets, record: Callable[[EgressRecord, Pid], None], places: tuple[Place, ...]
    ) -> None:
        self._clock: Final = machine.parts.clock
        self._secrets: Final = secrets
        self._record: Final = record
        self._places: Final = places
        self._dialler: Final = Dialler()

    async def post(self, url: str, headers: dict[str, str], body: bytes, pid: Pid) -> int:
        """Send it; the answer's status."""
        rule = rule_for(url, self._places)
        passage = Passage(
            EgressRules((rule,)),
            self._secrets,
            self._clock,
            lambda record: self._record(record, pid),
            dialler=self._dialler,
        )
        found = await Fetcher(passage).fetch("POST", url, headers, body, deadline_s=DEADLINE_S)
        return found.status


class Pushes:
    """`PushBoard` of one agent."""

    def __init__(self, board: Board, outbox: Outbox, places: tuple[Place, ...] = ()) -> None:
        self._board: Final = board
        self._outbox: Final = outbox
        self._places: Final = places

    def check(self, config: PushConfig) -> None:
        """Nothing, for a place that may be told. Raises: TaskRefused."""
        rule_for(config.url, self._places)

    async def put(self, caller: Caller, task_id: str, config: PushConfig) -> PushConfig:
        """Set or replace one. Raises: TaskRefused."""
        pid = self._board.row_of(caller, task_id).pid
        self.check(config)
        others = [one for one in self._outbox.pushes(pid) if one.id != config.id]
        if len(others) >= CONFIGS_MAX:
            raise TaskRefused("unsupported", f"a task is told at {CONFIGS_MAX} places at most; delete one")
        self._outbox.put_push(pid, config)
        return config

    async def get(self, caller: Caller, task_id: str, config_id: str) -> PushConfig:
        """One of them. Raises: TaskRefused."""
        for one in await self.list(caller, task_id):
            if one.id == config_id:
                return one
        raise TaskRefused("no-task", "there is no such push notification configuration")

    async def list(self, caller: Caller, task_id: str) -> tuple[PushConfig, ...]:
        """All of a task. Raises: TaskRefused."""
        return tuple(self._outbox.pushes(self._board.row_of(caller, task_id).pid))

    async def drop(self, caller: Caller, task_id: str, config_id: str) -> None:
        """Take one back. Raises: TaskRefused."""
        self._outbox.drop_push(self._board.row_of(caller, task_id).pid, config_id)


class Teller:
    """Sends what is due."""

    def __init__(self, machine: Machine, outbox: Outbox, outside: Outside) -> None:
        self._machine: Final = machine
        self._outbox: Final = outbox
        self._outside: Final = outside
        self._stirred: Final = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._sending: Final[dict[tuple[Pid, str], asyncio.Task[None]]] = {}

    def start(self) -> None:
        """Send from here on, what was left over first."""
        self._stirred.set()
        self._running = asyncio.get_running_loop().create_task(self._tell())

    async def close(self) -> None:
        """Send no more; what is due is kept."""
        tasks = {task for task in (self._running, *self._sending.values()) if task is not None}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def due(self, pid: Pid, bodies: list[bytes]) -> None:
        """These are to be told wherever the peer of this task wants to be told."""
        configs = self._outbox.pushes(pid)
        kept = [body for body in bodies if len(body) <= BODY_BYTES_MAX]
        for config in configs:
            self._outbox.put_due(pid, config.id, kept, self._now_ns(), DUE_MAX)
        if configs:
            self._stirred.set()

    async def _tell(self) -> None:
        while True:
            self._stirred.clear()
            try:
                wait_s = self._begin()
            except StoreError:
                wait_s = AFTER_S  # the index is busy, say; what is due is still due
            try:
                async with asyncio.timeout(wait_s):
                    await self._stirred.wait()
            except TimeoutError:
                continue

    def _begin(self) -> float | None:
        """Begin to send what is due; seconds until something else is, None: nothing is."""
        loop, now_ns, wait_s = asyncio.get_running_loop(), self._now_ns(), None
        for row in self._outbox.due(AT_ONCE * 4):
            place = (row.pid, row.config.id)
            if place in self._sending:
                continue
            if row.at_ns > now_ns:
                left_s = (row.at_ns - now_ns) / SECOND
                wait_s = left_s if wait_s is None else min(wait_s, left_s)
            elif len(self._sending) < AT_ONCE:
                task = self._sending[place] = loop.create_task(self._send(row))
                task.add_done_callback(lambda _, place=place: self._sent(place))
        return wait_s

    def _sent(self, place: tuple[Pid, str]) -> None:
        self._sending.pop(place, None)
        self._stirred.set()

    async def _send(self, row: DueRow) -> None:
        config = row.config
        headers = {"content-type": "application/a2a+json", "user-agent": "ergos"}
        if config.token:
            headers["x-a2a-notification-token"] = config.token
        if config.scheme and config.credentials:
            headers["authorization"] = f"{config.scheme} {config.credentials}"
        try:
            status = await self._outside.post(config.url, headers, row.body, row.pid)
        except (ErgosError, TaskRefused):
            status = 0
        try:
            self._note(row, status)
        except StoreError:
            await asyncio.sleep(AFTER_S)  # it is told again: at least once

    def _note(self, row: DueRow, status: int) -> None:
        """It was taken, or is to be tried again, or is given up."""
        tries = row.tries + 1
        if 200 <= status < 300 or status == 410 or tries >= TRIES:
            self._outbox.delivered(row.number)
        else:
            pause_s = PAUSE_S[min(tries, len(PAUSE_S)) - 1]
            self._outbox.later(row.number, tries, self._now_ns() + pause_s * SECOND)

    def _now_ns(self) -> int:
        return self._machine.parts.clock.now_ns()


def rule_for(url: str, places: tuple[Place, ...]) -> EgressRule:
    """The one rule under which a notification leaves. Raises: TaskRefused for an address that may not be told."""
    asked = read_url("POST", url) if "#" not in url else Refused("an address to be told at has no '#'")
    if isinstance(asked, Refused):
        raise TaskRefused("bad-params", f"url: {asked.why}")
    scheme = asked.scheme or "https"
    port = asked.port or STANDARD_PORTS[scheme]
    for place in places:
        if place.host == asked.host.name and place.port in (0, port) and (scheme == "https" or place.plain):
            return _rule(asked.host.name, scheme, port, private=True, addresses=place.addresses)
    if scheme != "https":
        raise TaskRefused("bad-params", "url: https, so that nobody on the way reads along")
    if port != STANDARD_PORTS["https"] and port < PORT_MIN:
        raise TaskRefused("bad-params", f"url: the port {port} is no web server's")
    address = read_address(asked.host.name) if asked.host.address else None
    if address is not None and (why := unreachable(address)):
        raise TaskRefused("bad-params", f"url: {why}")
    if any(asked.host.name == name.lstrip(".") or asked.host.name.endswith(name) for name in _HERE):
        raise TaskRefused("bad-params", f"url: {asked.host.name[:100]} is not of the public internet")
    return _rule(asked.host.name, scheme, port)


def _rule(host: str, scheme: str, port: int, *, private: bool = False, addresses: tuple[str, ...] = ()) -> EgressRule:
    return EgressRule(
        name="a2a push",
        host=host,
        scheme="http" if scheme == "http" else "https",
        ports=(port,),
        methods=("POST",),
        bytes_max=max(BODY_BYTES_MAX, REPLY_BYTES_MAX),
        deadline_s=DEADLINE_S,
        private=private,
        addresses=addresses,
    )


def place_of(peer: PeerSettings) -> Place | None:
    """The place that a peer's own address is; None for one that has none."""
    try:
        parts = urlsplit(peer.url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not host:
        return None
    near = ("127.0.0.1", "::1") if host == "localhost" else ()
    plain = parts.scheme == "http"
    return Place(host, (*peer.addresses, *near), port or STANDARD_PORTS["http" if plain else "https"], plain=plain)

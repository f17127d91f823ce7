"""One peer as it is mounted: the card that was approved, what is wrong with it now, and the requests under way.

The card is read again before a request, unless that was done shortly before; one that differs from what was approved
disables the peer until its owner has seen the difference.

Rules: nothing here reaches another peer; a peer is asked only under the very card that was approved; a secret is read
from the vault for one request and kept nowhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import DeadlineError, ToolChangedError, ToolFailedError
from ergos.base.ids import Pid
from ergos.base.world_errors import BusError, SecretError
from ergos.buses.a2a.host.card import CARD, card_of, fetched, offered
from ergos.buses.a2a.host.conversation import Ask, Conversation
from ergos.buses.a2a.host.following import Following
from ergos.buses.a2a.host.handles import Handles
from ergos.buses.a2a.host.terms import Terms, terms_of
from ergos.buses.a2a.host.tool import GRACE_S, VERBS, PeerTool
from ergos.buses.a2a.host.web import Wire
from ergos.kernel.egress import EgressRecord, Secrets
from ergos.kernel.mounts import Offer, Pin, ToolDefinition
from ergos.kernel.packages import Absent, Errand
from ergos.kernel.peers import PeerSettings

if TYPE_CHECKING:
    from collections.abc import Generator

RECHECK_S: Final = 60.0  # seconds after which a card is read again before its peer is asked
PROBE_PARTS: Final = 3  # a probe spends a third of its time on looking for the task, the rest on following it
UNMOUNTED: Final = Terms(flaw="its card was not approved")

Delegate = Callable[[PeerSettings, Errand], "dict[str, Plain] | None"]
"""What a peer may call back with for a request; None: nothing."""


class PeerParts(msgspec.Struct, frozen=True, kw_only=True):
    """What peers are reached with."""

    wire: Wire
    handles: Handles
    secrets: Secrets | None = None
    delegate: Delegate | None = None
    on_record: Callable[[EgressRecord, Pid], None] | None = None
    """Told of what a process asked for; the wire's own is told of what nobody did."""
    received: Callable[[str, Pid], str] | None = None
    """What a process was given by this peer to show it; '': nothing."""
    recheck_s: float = RECHECK_S


class Peer:
    """One peer."""

    def __init__(self, settings: PeerSettings, parts: PeerParts) -> None:
        self.settings: Final = settings
        self._parts: Final = parts
        self._checking: Final = asyncio.Lock()
        self._places: Final = asyncio.Semaphore(settings.tasks_max)
        self._under_way: Final[dict[Conversation, Pid]] = {}
        self._checked_at: float | None = None
        self._seen: ToolDefinition | None = None
        self.terms: Terms = UNMOUNTED
        self.tools: dict[str, PeerTool] = {}
        """By full name, also while they are disabled."""
        self.disabled = ""
        """Why it cannot be asked; '' if it can."""
        self.pin: Pin | None = None

    def approve(self, pin: Pin | None) -> None:
        """From now on this card is the approved one; None: none is."""
        self.pin, self.tools, self.terms, self.disabled = pin, {}, UNMOUNTED, ""
        definition = next((one for one in pin.tools if one.name == CARD), None) if pin is not None else None
        if pin is None or definition is None:
            return
        self.terms = terms_of(card_of(definition), self.settings)
        for verb in VERBS:
            tool = PeerTool(verb, self.settings, self.terms, definition, self)
            self.tools[tool.spec.name] = tool
        self._judge()

    def _judge(self) -> None:
        """What is wrong with it."""
        assert self.pin is not None
        name = self.settings.name
        if self.pin.identity != self.settings.identity:
            self.disabled = "another address stands in the settings than the one whose card was approved"
        elif self._seen is not None and all(self._seen.digest != one.digest for one in self.pin.tools):
            self.disabled = f"the card of {name} is another one than was approved; `ergos peers diff {name}` shows it"
        else:
            self.disabled = self.terms.flaw

    async def offer(self) -> Offer:
        """What it offers now. Raises: BusError, EgressRefusedError, DeadlineError."""
        await self._read()
        assert self._seen is not None
        return offered(self.settings, self.pin, self._seen)

    async def _read(self) -> None:
        self._seen = await fetched(self.settings, self._parts.wire)
        self._checked_at = asyncio.get_running_loop().time()
        if self.pin is not None:
            self._judge()

    # What tools do

    async def ask(self, tool: PeerTool, args: dict[str, Plain], errand: Errand) -> dict[str, Plain]:
        """Send a message; what came of it. Raises: ErgosErrors."""
        known = self._known(args, errand)
        async with self._places:
            await self._sound(tool)
            token = self._parts.delegate(self.settings, errand) if self._parts.delegate is not None else None
            asked = Ask(
                message_id=errand.idempotency_key,
                text=str(args.get("message", "")),
                data=args.get("data"),
                task=known,
                delegation=token,
            )
            wait_s = args.get("wait_s")
            with self._conversation(errand) as talk:
                followed = await talk.ask(
                    asked, self._left_s(errand), float(wait_s) if isinstance(wait_s, int | float) else None
                )
        return self._told(followed, errand)

    async def adopt(self, tool: PeerTool, args: dict[str, Plain], errand: Errand) -> dict[str, Plain] | Absent:
        """What came of a message that may have been sent. Raises: ErgosErrors."""
        known = self._known(args, errand)
        async with self._places:
            await self._sound(tool)
            left_s = self._left_s(errand)
            with self._conversation(errand) as talk:
                found = await talk.find(errand.idempotency_key, known, left_s / PROBE_PARTS)
            if found is None:
                if self.terms.knows_messages:
                    return Absent()
                raise ToolFailedError(f"{self.settings.name} lists no task with this message, which proves nothing")
            wait_s = args.get("wait_s")
            with self._conversation(errand) as talk:
                followed = await talk.resume(
                    found,
                    left_s - left_s / PROBE_PARTS,
                    float(wait_s) if isinstance(wait_s, int | float) else None,
                    more=bool(known),
                )
        return self._told(followed, errand)

    async def look(self, tool: PeerTool, args: dict[str, Plain], errand: Errand) -> dict[str, Plain]:
        """How a task stands. Raises: ErgosErrors."""
        known = self._known(args, errand)
        await self._sound(tool)
        with self._conversation(errand) as talk:
            return self._plain(await talk.look(known, self._left_s(errand)), errand)

    async def cancel(self, tool: PeerTool, args: dict[str, Plain], errand: Errand) -> dict[str, Plain]:
        """Stop a task. Raises: ErgosErrors."""
        known = self._known(args, errand)
        await self._sound(tool)
        with self._conversation(errand) as talk:
            followed = await talk.cancel(known, self._left_s(errand))
        return {"state": followed.state or "submitted", "task": self._handle(known, errand)}

    def kill(self, pid: Pid | None = None) -> int:
        """Give up what a process (None: any) asked: the peer is told. How many requests that were."""
        found = [talk for talk, whose in self._under_way.items() if pid is None or whose == pid]
        for talk in found:
            talk.give_up("its owner stopped it" if pid is None else "its process was ended")
        return len(found)

    # What they need

    async def _sound(self, tool: PeerTool) -> None:
        """Nothing, if the peer may be asked as the tool was approved. Raises: ToolChangedError and others."""
        async with self._checking:
            now = asyncio.get_running_loop().time()
            if self._checked_at is None or now - self._checked_at > self._parts.recheck_s or self.disabled:
                await self._read()
        current = self.tools.get(tool.spec.name)
        if current is None or current.digest != tool.digest:
            raise ToolChangedError(f"{tool.spec.name} is not approved any more as it was when it was called")
        if self.disabled:
            raise ToolChangedError(f"{tool.spec.name} is disabled: {self.disabled}")

    @contextmanager
    def _conversation(self, errand: Errand) -> Generator[Conversation]:
        wire, told = self._parts.wire, self._parts.on_record
        if told is not None:

            def write(record: EgressRecord) -> None:
                told(record, errand.pid)

            wire = msgspec.structs.replace(wire, on_record=write)
        talk = Conversation(self.settings, self.terms, wire, self._secret(errand))
        self._under_way[talk] = errand.pid
        try:
            yield talk
        finally:
            del self._under_way[talk]

    def _secret(self, errand: Errand) -> str:
        """What is shown to it: what it gave for this very process, else our own. Raises: SecretError."""
        given = self._parts.received(self.settings.name, errand.pid) if self._parts.received is not None else ""
        if given:
            return given
        if not self.settings.token:
            return ""
        if self._parts.secrets is None:
            raise SecretError(f"{self.settings.name} wants the secret {self.settings.token!r}, and there is no vault")
        return self._parts.secrets.get(self.settings.token)

    def _known(self, args: dict[str, Plain], errand: Errand) -> str:
        """The id of the task an argument names; '' without one. Raises: ToolFailedError."""
        handle = args.get("task")
        if not isinstance(handle, str):
            return ""
        found = self._parts.handles.task(self.settings.name, errand.owner, handle)
        if found is None:
            raise ToolFailedError(f"`task` is none that {self.settings.name} gave you in an earlier answer")
        return found

    def _handle(self, task: str, errand: Errand) -> str:
        return self._parts.handles.give(self.settings.name, errand.owner, task)

    def _left_s(self, errand: Errand) -> float:
        """Seconds for the peer; the grace is for telling it that it was given up. Raises: DeadlineError without any."""
        left = (errand.deadline_ns - self._parts.wire.clock.now_ns()) / SECOND - GRACE_S
        if left <= 0:
            raise DeadlineError(f"no time was left to ask {self.settings.name}: as much was asked of it before")
        return left

    def _told(self, followed: Following, errand: Errand) -> dict[str, Plain]:
        """An outcome for the program. Raises: ToolFailedError for a task that failed."""
        name = self.settings.name
        if followed.state in ("failed", "rejected", "canceled"):
            complaint = cast("str", _masked(followed.complaint(), self._secret(errand)))
            raise ToolFailedError(f"{name} says that the task is {followed.state}: {complaint}")
        return self._plain(followed, errand)

    def _plain(self, followed: Following, errand: Errand) -> dict[str, Plain]:
        """How a task stands, as plain data. Raises: ToolFailedError."""
        try:
            found = followed.outcome()
        except BusError as error:
            raise ToolFailedError(f"{error.what}; the task is {followed.state}") from error
        told = cast("dict[str, Plain]", msgspec.to_builtins(found))
        told["task"] = self._handle(found.task, errand)
        del told["context"]
        return cast("dict[str, Plain]", _masked(cast("Plain", told), self._secret(errand)))


def _masked(value: Plain, secret: str) -> Plain:
    """A value without a secret that was sent back. A value is as deep as values may be."""
    if not secret:
        return value
    if isinstance(value, str):
        return value.replace(secret, "***")
    if isinstance(value, list):
        return [_masked(one, secret) for one in value]
    if isinstance(value, dict):
        return {key.replace(secret, "***"): _masked(cast("Any", one), secret) for key, one in value.items()}
    return value

"""Who a caller is, and what its tasks may use: the owner's settings of each peer, looked at when somebody calls.

Rules: a token is compared by its digest, in constant time, with that of every peer, whatever is shown; what a peer may
spend is reserved when a task begins, so that tasks at once do not start what they cannot pay for together. A budget of
a day counts what began on that day (UTC) and what is still under way. Neither is what holds them to it: every call of
every process of a task is covered by the meters of the task and of the day before it is made (`kernel/bounds`).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from ergos.base.clock import DAY
from ergos.base.errors import ErgosError
from ergos.base.ids import Pid
from ergos.base.money import ZERO, Amount
from ergos.buses.a2a.ports import TERMINAL, Caller, TaskRefused, Wire
from ergos.kernel.bounds import Bounds, task_meter
from ergos.kernel.egress import REFERENCE, Secrets
from ergos.kernel.ledger import Meter
from ergos.kernel.peers import NO_CEILING, SHA256, A2aSettings, PeerSettings
from ergos.runtime.machine import Machine
from ergos.server.a2a_index import TaskIndex, TaskRow

ADMITTED_MAX: Final = 4_096  # callers with tokens of another kind whose settings are remembered

Pass: TypeAlias = Callable[[str], Awaitable[PeerSettings | None]]
"""What a token of another kind stands for: settings under a name of their own, such as those of one delegation; None:
nothing.
"""


class Peers:
    """`Gatekeeper` over an owner's settings."""

    def __init__(self, settings: A2aSettings, secrets: Secrets | None, passes: tuple[Pass, ...] = ()) -> None:
        self._settings: Final = settings
        self._secrets: Final = secrets
        self._passes: Final = passes
        self._admitted: Final[dict[str, PeerSettings]] = {}

    async def caller_of(self, token: str) -> Caller | None:
        """The peer whose token this is."""
        shown, found = _digest(token), None
        for peer in self._settings.peers.values():
            accepted = self._accepted(peer)
            if accepted and hmac.compare_digest(shown, accepted) and token:
                found = Caller(peer.name)
        if found is not None or not token:
            return found
        for one in self._passes:
            admitted = await one(token)
            if admitted is not None:
                if len(self._admitted) >= ADMITTED_MAX:
                    self._admitted.clear()
                self._admitted[admitted.name] = admitted
                return Caller(admitted.name)
        return None

    def may_use(self, caller: Caller, agent: str) -> bool:
        """Whether this peer may use a published agent."""
        peer = self.settings(caller)
        return peer is not None and peer.may_use(agent)

    def settings(self, caller: Caller) -> PeerSettings | None:
        """What the owner says of this peer."""
        return self._admitted.get(caller.name) or self._settings.peers.get(caller.name)

    def _accepted(self, peer: PeerSettings) -> str:
        """Digest of what a peer presents; '': nothing is accepted of it."""
        if peer.accepts.startswith(SHA256):
            return peer.accepts.removeprefix(SHA256)
        if not peer.accepts.startswith(REFERENCE) or self._secrets is None:
            return ""
        try:
            return _digest(self._secrets.get(peer.accepts.removeprefix(REFERENCE)))
        except ErgosError:
            return ""  # a secret that is not there lets nobody in


class Anybody:
    """`Gatekeeper` that knows everybody as one peer: for tests of the protocol on this machine."""

    def __init__(self, peer: PeerSettings) -> None:
        self._peer: Final = peer

    async def caller_of(self, token: str) -> Caller | None:
        """The one peer."""
        del token
        return Caller(self._peer.name)

    def may_use(self, caller: Caller, agent: str) -> bool:
        """It may use everything that is published."""
        del caller, agent
        return True

    def settings(self, caller: Caller) -> PeerSettings | None:
        """What is said of it."""
        del caller
        return self._peer


class Purses:
    """What peers' tasks spend, and may yet."""

    def __init__(self, machine: Machine, index: TaskIndex) -> None:
        self._machine: Final = machine
        self._index: Final = index

    async def bounds(self, peer: PeerSettings, now_ns: int) -> Bounds:
        """Under which its next task runs. Raises: TaskRefused if there is no room for one."""
        rows = self._index.since(peer.budget.shared or peer.name, _begin(peer, now_ns))
        under_way = sum(row.state not in TERMINAL for row in rows)
        if under_way >= peer.tasks_max:
            raise TaskRefused(
                "unsupported", f"{under_way:,} of your tasks are under way, which is as many as you may have"
            )
        if peer.budget.tasks is not None and len(rows) >= peer.budget.tasks:
            raise TaskRefused("unsupported", f"{len(rows):,} tasks were begun, which is as many as you may")
        cap, day = peer.budget.task, peer.budget.day
        if day is not None:
            cap = _lower(cap, _rest(day, await self._reserved(rows, peer.budget.task)))
        if cap is not None and 0 in (cap.microusd, cap.tokens) and day is not None:
            raise TaskRefused("unsupported", "what your tasks may cost today is used up or set aside")
        purse = f"{peer.budget.shared or peer.name}/{_begin(peer, now_ns)}" if day is not None else ""
        return Bounds(peer=peer.name, tools=peer.grants, process=cap, purse=purse, purse_max=day)

    async def allowance(self, peer: PeerSettings, now_ns: int) -> Wire:
        """What it may use and has left today."""
        said: Wire = {"tasksAtOnce": peer.tasks_max}
        if peer.budget.task is not None:
            said["perTask"] = _shown(peer.budget.task)
        if peer.budget.day is not None:
            rows = self._index.since(peer.budget.shared or peer.name, _begin(peer, now_ns))
            said["perDay"] = _shown(peer.budget.day)
            said["leftToday"] = _shown(_rest(peer.budget.day, await self._reserved(rows, peer.budget.task)))
        return said

    async def _reserved(self, rows: list[TaskRow], each: Amount | None) -> Amount:
        total = ZERO
        for row in rows:
            spent = await self._spent(row.pid)
            if row.state not in TERMINAL and each is not None:
                ceiling = Amount(max(each.microusd, 0), max(each.tokens, 0))
                spent = Amount(max(spent.microusd, ceiling.microusd), max(spent.tokens, ceiling.tokens))
            total += spent
        return total

    async def _spent(self, pid: Pid) -> Amount:
        """Of a process and of all that it started, with what is set aside."""
        key = task_meter(pid)
        meter = self._machine.book.meters.get(key)
        if meter is None:
            meter = (await self._machine.store.books((key,)))[1].get(key) or Meter()
        return meter.spent + meter.held


def _begin(peer: PeerSettings, now_ns: int) -> int:
    """Since when what it did counts."""
    return peer.budget.since_ns if peer.budget.since_ns is not None else now_ns - now_ns % DAY


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _rest(ceiling: Amount, used: Amount) -> Amount:
    return Amount(
        NO_CEILING if ceiling.microusd < 0 else max(ceiling.microusd - used.microusd, 0),
        NO_CEILING if ceiling.tokens < 0 else max(ceiling.tokens - used.tokens, 0),
    )


def _lower(first: Amount | None, second: Amount) -> Amount:
    if first is None:
        return second
    return Amount(_tighter(first.microusd, second.microusd), _tighter(first.tokens, second.tokens))


def _tighter(one: int, other: int) -> int:
    return max(one, other) if one < 0 or other < 0 else min(one, other)


def _shown(amount: Amount) -> Wire:
    shown: Wire = {}
    if amount.microusd >= 0:
        shown["microusd"] = amount.microusd
    if amount.tokens >= 0:
        shown["tokens"] = amount.tokens
    return shown

"""A process and its descendants as a person wants to see them: what they do, and what they wait for.

Rules: the store says what is durable, the running kernel what is in memory; where both know a process, the
kernel is right, because `running` is never written down.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.client import ask
from ergos.app.home import Home
from ergos.base.errors import NotRunningError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.calls import Failure
from ergos.kernel.process import ENDED, Process, State
from ergos.kernel.rows import Item
from ergos.runtime.control import Live, LiveProcess, Processes

TEAM_MAX: Final = 1_000  # processes of a team that are looked at
INBOX_SHOWN: Final = 1_000  # inbox items that are looked at


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One process, as it stands now."""

    pid: Pid
    parent: Pid
    owner: str
    agent: str
    state: State
    turn: int
    waits: str = ""
    wake_at_ns: int | None = None
    calls: tuple[str, ...] = ()
    """Calls under way: 'act weather'."""
    failure: Failure | None = None

    @property
    def ended(self) -> bool:
        """Whether it never moves again."""
        return self.state in ENDED

    @property
    def at_rest(self) -> bool:
        """Whether nothing but a person, a message or another process can move it."""
        if self.ended or self.state in (State.PAUSED, State.PARKED):
            return True
        if self.state is not State.WAITING:
            return False
        return self.waits in {"owner", "child", "program"} or (self.waits == "mail" and self.wake_at_ns is None)


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Processes and what waits for people."""

    members: tuple[Member, ...]
    items: tuple[Item, ...] = ()
    """Open inbox items of these processes."""
    running: bool = False
    """A kernel runs."""
    halted: bool = False
    """STOP is in force."""

    @property
    def at_rest(self) -> bool:
        """Whether nothing will happen without a person."""
        return self.halted or all(member.at_rest for member in self.members)


async def live_of(home: Home) -> Live | None:
    """What a running kernel has in memory; None if none runs."""
    try:
        found = await ask(home, Processes())
    except NotRunningError:
        return None
    assert isinstance(found, Live)
    return found


async def team_of(home: Home, reads: SqliteReads, pid: Pid) -> View:
    """A process with its descendants. Raises: UnknownProcessError."""
    root = await reads.load((pid,))
    if not root:
        raise UnknownProcessError(f"there is no process {pid}")
    rows = [root[0].process]
    for row in rows:
        if len(rows) >= TEAM_MAX:
            break
        rows += await reads.children(row.pid)
    live = await live_of(home)
    members = joined(tuple(rows[:TEAM_MAX]), live)
    pids = {member.pid for member in members}
    items = tuple(item for item in await reads.items(None, INBOX_SHOWN) if item.pid in pids)
    halted = live.halted if live is not None else bool((await reads.facts()).get("halted"))
    return View(members=members, items=items, running=live is not None, halted=halted)


async def everybody(home: Home, reads: SqliteReads, *, owner: str | None, ended: bool, limit: int) -> View:
    """All processes, the oldest first, up to a limit."""
    rows = await reads.processes(owner=owner, live_only=not ended, limit=limit)
    live = await live_of(home)
    halted = live.halted if live is not None else bool((await reads.facts()).get("halted"))
    return View(members=joined(rows, live), running=live is not None, halted=halted)


def joined(rows: tuple[Process, ...], live: Live | None) -> tuple[Member, ...]:
    """Rows, with what the kernel knows better."""
    by_pid = {found.pid: found for found in live.processes} if live is not None else {}
    return tuple(_member(row, by_pid.get(row.pid)) for row in rows)


def _member(row: Process, live: LiveProcess | None) -> Member:
    now = live if live is not None and row.state not in ENDED else row
    ending = now.state in ENDED and row.state not in ENDED  # it has ended, and its end is being written
    return Member(
        pid=row.pid,
        parent=row.parent,
        owner=row.owner,
        agent=row.agent,
        state=State.RUNNING if ending else now.state,
        turn=now.turn,
        waits=now.waits,
        wake_at_ns=now.wake_at_ns,
        calls=live.calls if live is not None else (),
        failure=row.failure,
    )

"""What an owner's agents are and may do, beyond single processes: versions, grants as they stand, meters.

Rules: every read is of one owner; a version that no process of theirs ran on does not exist; reads only.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from ergos.app.catalogue import Catalogue
from ergos.app.inbox import at_of
from ergos.app.views.own import OwnViews
from ergos.base.clock import day_of
from ergos.base.errors import UnknownPathError
from ergos.base.ids import Digest, Pid
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.ledger import Meter, Payer, Scope, scopes
from ergos.kernel.packages import Definition
from ergos.kernel.permission.grants import Grant, grant_id
from ergos.kernel.rows import Item, Note
from ergos.runtime.charter import Charter
from ergos.runtime.seen import seen_of

NOTES_SHOWN: Final = 1_000  # entries of an agent's memory read at once
ITEMS_READ: Final = 1_000  # items of an inbox that are read; nobody looks through more at once

Force = Literal["in force", "revoked", "expired", "used up"]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A grant of one agent, as it stands."""

    id: str
    grant: Grant
    force: Force
    brought: bool
    """The definition brings it along; else its owner confirmed it."""
    used: int
    """Calls made under it, where it allows a number of them."""
    left: int | None
    """Calls it still allows; None: any number."""


class OwnReads:
    """Of one owner."""

    def __init__(self, owner: str, reads: SqliteReads, catalogue: Catalogue, views: OwnViews) -> None:
        self._owner: Final = owner
        self._reads: Final = reads
        self._catalogue: Final = catalogue
        self._views: Final = views

    async def items(self) -> tuple[Item, ...]:
        """What waits in the inbox, the oldest ITEMS_READ."""
        return await self._reads.items(self._owner, ITEMS_READ)

    async def seen(self) -> tuple[int, int]:
        """Up to which record this owner has looked at what was delivered, and when that was written; zeros: never."""
        seq = seen_of(await self._reads.facts(), self._owner)
        return seq, await at_of(self._reads, seq)

    async def notes(self, agent: str, prefix: str = "", limit: int = NOTES_SHOWN) -> tuple[Note, ...]:
        """Entries of an agent's persistent memory, by key."""
        return await self._reads.notes(self._owner, agent, prefix, min(limit, NOTES_SHOWN))

    async def version(self, agent: str, digest: str) -> Definition:
        """A version of an agent. Raises: UnknownPathError."""
        if not any(row.definition == digest for row in await self._views.versions(agent)):
            raise UnknownPathError(f"no process of {agent} ran on the version {digest[:16]!r}")
        return await self._catalogue.definition(Digest(digest))

    async def given(self, agent: str, definition: Definition | None, now_ns: int) -> tuple[Given, ...]:
        """The grants of an agent: those its definition brings along, then those that were confirmed."""
        owner = self._owner
        facts = await self._reads.facts()
        charter = Charter()
        charter.restore(
            {name: value for name, value in facts.items() if name.partition("/")[2].startswith(f"{owner}/")}
        )
        brought = definition.grants if definition is not None else ()
        confirmed = [grant for grant in charter.confirmed(owner).values() if grant.agent in (agent, "*")]
        found: list[Given] = []
        for grant in (*brought, *confirmed):
            one = grant_id(grant)
            if any(seen.id == one for seen in found):
                continue
            permit = next((permit for permit in charter.of(owner, agent, brought) if permit.id == one), None)
            used = facts.get(f"used/{owner}/{one}", "")
            left = permit.left if permit is not None else None
            force: Force = "in force"
            if permit is None:
                force = "revoked"
            elif grant.expires_ns is not None and grant.expires_ns <= now_ns:
                force = "expired"
            elif left == 0:
                force = "used up"
            found.append(
                Given(
                    id=one,
                    grant=grant,
                    force=force,
                    brought=grant in brought,
                    used=int(used) if used.isdecimal() else 0,
                    left=left,
                )
            )
        return tuple(found)

    async def meters(self, agent: str, now_ns: int, pid: Pid = Pid(0)) -> dict[Scope, Meter]:
        """Spent and held by scope: of the agent, its owner, today, this week, this month; of a process only if asked.

        The caller has seen that the process is this owner's.
        """
        keys: list[tuple[Scope, str]] = [
            (scope, key)
            for scope, key in scopes(Payer(pid, agent, self._owner), day_of(now_ns))
            if pid or scope != "process"
        ]
        _, meters = await self._reads.books(tuple(key for _, key in keys))
        return {scope: meters[key] for scope, key in keys if key in meters}

"""Grants in force: what definitions bring along and owners confirmed, less what owners took back and what is used up.

Rules: whatever changes here is written in the same transaction as the record that says so; a change counts from the
next decision on, and a call that waits is judged again before it starts (`epoch`). What is reserved to owners is never
allowed by a grant alone: such a permit is read as one that asks. Decides nothing: `policy` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ergos.base.ids import Digest
from ergos.kernel.packages import Definition
from ergos.kernel.permission.grants import Grant, Permit, grant_id, permits
from ergos.kernel.permission.policy import Proposal
from ergos.kernel.rights import EVERY, NO_RIGHTS, Rights, asked_of_owner, reserves
from ergos.kernel.values import Packed
from ergos.runtime.narrowing import permitted
from ergos.runtime.residents import Resident

KNOWN_MAX: Final = 4_096  # agents of owners whose permits are kept worked out

_GRANT: Final = "grant/"
_REVOKED: Final = "revoked/"
_USED: Final = "used/"


class _Kept(msgspec.Struct):
    """What is read here of a definition's work."""

    reserved: tuple[str, ...] = ()


_WORK: Final = msgspec.json.Decoder(_Kept | None)


class Charter:
    """Every owner's grants, as far as they are not in a definition, and what owners keep to themselves."""

    def __init__(self, rights: Rights = NO_RIGHTS) -> None:
        self.rights: Final = rights
        self.epoch = 0
        """Counts the changes since the kernel started."""
        self._confirmed: Final[dict[str, dict[str, Grant]]] = {}
        """By owner and id."""
        self._revoked: Final[set[tuple[str, str]]] = set()
        self._used: Final[dict[str, dict[str, int]]] = {}
        """Calls made, by owner and id."""
        self._changes: Final[dict[str, int]] = {}
        """The epoch of an owner's last change."""
        self._known: Final[dict[tuple[str, str, Digest], tuple[int, tuple[Permit, ...]]]] = {}
        """By owner, agent and definition: the permits, and the epoch as of which they are."""
        self._reserved: Final[dict[Digest, tuple[str, ...]]] = {}
        """By definition."""

    def restore(self, facts: dict[str, str]) -> None:
        """Take over what was written down."""
        for name, value in facts.items():
            kind, _, rest = name.partition("/")
            owner, _, one = rest.rpartition("/")  # an id has no slash, whatever an owner is called
            if not value:
                continue
            if kind == "grant":
                self._confirmed.setdefault(owner, {})[one] = msgspec.json.decode(value, type=Grant)
            elif kind == "revoked":
                self._revoked.add((owner, one))
            elif kind == "used":
                self._used.setdefault(owner, {})[one] = int(value)

    # What is in force

    def permits(self, resident: Resident) -> tuple[Permit, ...]:
        """The grants of a process, under their names. Cost: that of a look-up while its owner changes nothing."""
        if resident.permits_epoch != self.epoch:
            found = self._current(resident)
            if found is not resident.permits:
                resident.permits = found
                resident.expiring = any(permit.grant.expires_ns is not None for permit in found)
                resident.counted = frozenset(permit.id for permit in found if permit.left is not None)
            resident.permits_epoch = self.epoch
        return self._counted(resident) if resident.counted else resident.permits

    def _current(self, resident: Resident) -> tuple[Permit, ...]:
        """As `of`, worked out once for all processes of an owner's agent."""
        process = resident.process
        key = (process.owner, process.agent, process.definition)
        known = self._known.get(key)
        if known is not None and known[0] >= self._changes.get(process.owner, 0):
            return known[1]
        found = self.of(process.owner, process.agent, self._brought(resident))
        found = permitted(found, resident.definition.bounds if resident.definition is not None else None)
        if resident.definition is not None:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[key] = (self.epoch, found)
        return found

    def of(self, owner: str, agent: str, brought: Iterable[Grant]) -> tuple[Permit, ...]:
        """What an owner's agent may do, with what its definition brings along."""
        own = (one for one in self._confirmed.get(owner, {}).values() if one.agent in (agent, "*"))
        found = permits((*brought, *own), self._used.get(owner))
        return tuple(permit for permit in found if (owner, permit.id) not in self._revoked)

    def confirmed(self, owner: str) -> dict[str, Grant]:
        """Grants an owner confirmed and did not take back, by id."""
        every = self._confirmed.get(owner, {})
        return {one: grant for one, grant in every.items() if (owner, one) not in self._revoked}

    def _brought(self, resident: Resident) -> tuple[Grant, ...]:
        return resident.definition.grants if resident.definition is not None else ()

    def _counted(self, resident: Resident) -> tuple[Permit, ...]:
        used = self._used.get(resident.process.owner, {})
        return tuple(
            msgspec.structs.replace(one, left=max((one.grant.times or 0) - used.get(one.id, 0), 0))
            if one.left is not None
            else one
            for one in resident.permits
        )

    # What is reserved

    def judged(self, resident: Resident, proposal: Proposal, permits_: Sequence[Permit]) -> Sequence[Permit]:
        """The permits by which a call is judged: of a reserved tool's, each asks its owner."""
        if proposal.verb != "act" or not self.reserved(resident.process.definition, resident.definition, proposal.name):
            return permits_
        return asked_of_owner(tuple(permits_))

    def reserved(self, digest: Digest, definition: Definition | None, tool: str) -> bool:
        """Whether only an owner decides about a tool, for processes of this definition."""
        if reserves(self.rights.reserved, tool):
            return True
        if definition is None:
            return False
        patterns = self._reserved.get(digest)
        if patterns is None:
            if len(self._reserved) >= KNOWN_MAX:
                self._reserved.clear()
            patterns = self._reserved[digest] = reserved_in(definition.work)
        return bool(patterns) and reserves(patterns, tool)

    # Changes: each gives the facts to write with its record

    def grant(self, owner: str, grant: Grant) -> tuple[tuple[str, str], ...]:
        """Confirm a grant; one that was taken back is in force again."""
        one = grant_id(grant)
        self._confirmed.setdefault(owner, {})[one] = grant
        self._revoked.discard((owner, one))
        self._changed(owner)
        said = msgspec.json.encode(grant).decode()
        return (f"{_GRANT}{owner}/{one}", said), (f"{_REVOKED}{owner}/{one}", "")

    def revoke(self, owner: str, one: str, by: str) -> tuple[tuple[str, str], ...]:
        """Take a grant back, wherever it came from."""
        self._revoked.add((owner, one))
        self._changed(owner)
        return ((f"{_REVOKED}{owner}/{one}", by),)

    def _changed(self, owner: str) -> None:
        self.epoch += 1
        self._changes[owner] = self.epoch

    def use(self, owner: str, one: str) -> tuple[tuple[str, str], ...]:
        """A call is made under a grant that allows a number of them."""
        used = self._used.setdefault(owner, {})
        count = used[one] = used.get(one, 0) + 1
        return ((f"{_USED}{owner}/{one}", str(count)),)

    def unused(self, permits_: tuple[Permit, ...], one: str) -> tuple[Permit, ...]:
        """Permits as they were before a call was made under one of them: so that it is not counted against itself."""
        return tuple(
            msgspec.structs.replace(permit, left=permit.left + 1)
            if permit.id == one and permit.left is not None
            else permit
            for permit in permits_
        )


def reserved_in(work: Packed) -> tuple[str, ...]:
    """What a definition's work reserves; everything, if that cannot be read."""
    try:
        kept = _WORK.decode(bytes(work))
    except msgspec.DecodeError:
        return (EVERY,)
    if bytes(work).startswith(b'{"$'):  # it stands elsewhere
        return (EVERY,)
    return kept.reserved if kept is not None else ()

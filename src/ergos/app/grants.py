"""The grants of a home as they stand: which agent may do what, where that comes from, and whether it is in force.

Rules: reads beside the kernel and changes nothing; the answer is the one the kernel's own charter gives.
"""

from __future__ import annotations

import datetime
from typing import Literal

import msgspec

from ergos.app.catalogue import Catalogue
from ergos.base.clock import SECOND
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.permission.grants import Grant, grant_id
from ergos.kernel.permission.sentences import sentence
from ergos.kernel.permission.wording import Language
from ergos.runtime.charter import Charter

Standing = Literal["in force", "revoked", "expired", "used up"]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One grant of one owner."""

    id: str
    grant: Grant
    agent: str
    """Whose definition brings it along; '' for one that was confirmed by itself."""
    standing: Standing
    left: int | None = None
    """Calls it still allows; None: any number."""
    sentence: str


async def held(reads: SqliteReads, catalogue: Catalogue, owner: str, language: Language, now_ns: int) -> list[Held]:
    """Every grant of an owner: those of definitions by agent, then those that were confirmed."""
    facts = await reads.facts()
    charter = Charter()
    charter.restore(facts)
    found: list[Held] = []
    seen: set[tuple[str, str]] = set()
    for agent, grants in sorted((await catalogue.grants_of(owner)).items()):
        for grant in grants:
            if (agent, grant_id(grant)) not in seen:
                seen.add((agent, grant_id(grant)))
                found.append(_held(charter, owner, agent, grant, language, now_ns))
    confirmed = {
        name.rpartition("/")[2]: msgspec.json.decode(said, type=Grant)
        for name, said in facts.items()
        if name.startswith(f"grant/{owner}/") and said
    }
    found.extend(_held(charter, owner, "", grant, language, now_ns) for _, grant in sorted(confirmed.items()))
    return found


def _held(charter: Charter, owner: str, agent: str, grant: Grant, language: Language, now_ns: int) -> Held:
    one = grant_id(grant)
    permit = next((found for found in charter.of(owner, grant.agent, (grant,)) if found.id == one), None)
    standing: Standing = "in force"
    if permit is None:
        standing = "revoked"
    elif grant.expires_ns is not None and grant.expires_ns <= now_ns:
        standing = "expired"
    elif permit.left == 0:
        standing = "used up"
    left = permit.left if permit is not None else None
    said = sentence(grant, language, day)
    return Held(id=one, grant=grant, agent=agent, standing=standing, left=left, sentence=said)


def day(at_ns: int) -> str:
    """An instant as a date and time, UTC, for people."""
    at = datetime.datetime.fromtimestamp(at_ns // SECOND, datetime.UTC)
    return at.strftime("%Y-%m-%d %H:%M UTC") if at.hour or at.minute else at.strftime("%Y-%m-%d")

"""Up to where an owner has looked at what was delivered: one fact, a record of the journal.

Rules: it goes forward only, and never past what there is.
"""

from __future__ import annotations

from typing import Final

from ergos.runtime.machine import Machine
from ergos.runtime.residents import Rows

SEEN: Final = "seen/"
"""What the fact's name begins with; the owner follows."""


def seen_of(facts: dict[str, str], owner: str) -> int:
    """Up to which record an owner has seen what was delivered."""
    text = facts.get(f"{SEEN}{owner}", "")
    return int(text) if text.isascii() and text.isdecimal() else 0


async def note_seen(machine: Machine, owner: str, until: int) -> None:
    """An owner has looked at what was delivered up to this record; durable on return."""
    store = machine.store
    await store.flush()
    stands = max(seen_of(await store.facts(), owner), min(until, (await store.head()).seq))
    machine.tick()
    machine.submit(None, (), Rows(facts=((f"{SEEN}{owner}", str(stands)),)))
    await store.flush()

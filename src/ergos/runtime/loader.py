"""Brings processes into memory: row, mail, definition, code, books, and the open turn's history.

Rules: recovery is nothing but this. Only the open turn is read, so the cost does not depend on a process's
past. What was written but is not durable yet is waited for before it is read back.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.errors import CorruptStoreError
from ergos.base.ids import Digest
from ergos.kernel.events import Body, Called, Resulted, Woken, decode_body
from ergos.kernel.history import Past, history
from ergos.kernel.ledger import scopes
from ergos.kernel.ports import Beginning, Definition
from ergos.kernel.supervisor import LoopBreaker
from ergos.runtime.machine import Machine, Resident
from ergos.runtime.replayer import Turn


class Loader:
    """Reads what the reactor drives."""

    def __init__(self, machine: Machine) -> None:
        self._machine: Final = machine

    async def open(self, resident: Resident) -> Turn:
        """The open turn, ready to be driven. Raises: DefinitionError, CorruptStoreError."""
        machine, process = self._machine, resident.process
        records: tuple[tuple[int, Body], ...] = ()
        if not resident.fresh:
            if resident.ticket > machine.store.durable:
                await machine.store.flush()
            sealed = await machine.store.turn(process.pid, process.turn)
            records = tuple((record.at_ns, decode_body(record.body)) for record in sealed)
        resident.fresh = False
        resident.definition = await self.definition(process.definition)
        resident.package = machine.parts.programs.package(resident.definition)
        resident.expiring = any(grant.expires_ns is not None for grant in resident.definition.grants)
        resident.breaker = LoopBreaker(resident.definition.supervision.loop_calls)
        await self._books(resident)
        past = history(records)
        for call in past.values():
            await self._warm(call)
        began_ns, woken = next(
            ((at_ns, body) for at_ns, body in records if isinstance(body, Woken)), (machine.now_ns, Woken("start"))
        )
        beginning = Beginning(
            pid=process.pid,
            turn=process.turn,
            owner=process.owner,
            agent=process.agent,
            parent=process.parent,
            cause=woken.cause if records else resident.cause,
            now_ns=began_ns if records else resident.began_ns,
            memory=await machine.vault.value(process.memory),
            definition=resident.definition,
        )
        return Turn(resident.package, beginning, past, process.label)

    async def definition(self, digest: Digest) -> Definition:
        """The definition of this digest, from memory or its blob. Raises: CorruptStoreError."""
        known = self._machine.definitions.get(digest)
        if known is None:
            body = (await self._machine.store.blobs((digest,))).get(digest)
            if body is None:
                raise CorruptStoreError(f"the definition {digest[:16]}… is missing")
            known = self._machine.definitions[digest] = msgspec.json.decode(body, type=Definition)
        return known

    async def _books(self, resident: Resident) -> None:
        machine, payer = self._machine, resident.payer
        keys = [key for _, key in scopes(payer, machine.today())]
        missing = tuple(key for key in (*keys, f"held/{payer.pid}") if not machine.book.known(key))
        if missing:
            machine.book.load(*await machine.store.books(missing))

    async def _warm(self, past: Past) -> None:
        """Read a large answer into memory, so that the replay finds it."""
        if isinstance(past.result, (Resulted, Called)):
            await self._machine.vault.value(past.result.value)
        if past.verdict is not None:
            await self._machine.vault.value(past.verdict.value)
        if past.resolution is not None:
            await self._machine.vault.value(past.resolution.value)

"""Brings processes into memory: row, mail, definition, code, books, and the open turn's history.

Rules: recovery is nothing but this. Only the open turn is read, so the cost does not depend on a process's
past. What was written but is not durable yet is waited for before it is read back.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from ergos.base.errors import CorruptStoreError
from ergos.base.ids import Digest
from ergos.kernel.events import (
    Answered,
    Attached,
    Body,
    Called,
    Equipped,
    Intended,
    Repeated,
    Resulted,
    Woken,
    decode_body,
)
from ergos.kernel.history import history
from ergos.kernel.ledger import scopes
from ergos.kernel.packages import FOREIGN, FOREIGN_LASTING, Beginning, Definition, Package, ToolSpec
from ergos.kernel.supervisor import LoopBreaker
from ergos.runtime.guest_turn import GuestTurn
from ergos.runtime.machine import Machine
from ergos.runtime.replayer import OpenTurn, Turn, hear_owner
from ergos.runtime.residents import Resident, Rows
from ergos.runtime.toolset import Kits, granted, with_mounts

Records: TypeAlias = tuple[tuple[int, Body], ...]
"""Times and records, in order."""


async def _abroad(_: Beginning) -> None:
    """The program of a foreign process runs elsewhere."""


ABROAD: Final = Package(program=_abroad)
"""What a foreign process has of a package: nothing."""


class Loader:
    """Reads what the reactor drives."""

    def __init__(self, machine: Machine) -> None:
        self._machine: Final = machine
        self._kits: Final = Kits()

    async def open(self, resident: Resident) -> OpenTurn:
        """The open turn, ready to be driven. Raises: DefinitionError, CorruptStoreError."""
        machine, process = self._machine, resident.process
        fresh, resident.fresh = resident.fresh, False
        mark = resident.ticket
        records = () if fresh else await self.records(resident)
        resident.definition = await self.definition(process.definition)
        foreign = resident.definition.program.startswith(FOREIGN)
        package = ABROAD if foreign else machine.parts.programs.package(resident.definition)
        resident.package = with_mounts(package, machine.parts.mounts)
        resident.permits_epoch = -1
        resident.breaker = LoopBreaker(resident.definition.supervision.loop_calls)
        await self.books(resident, records)
        await self.warm(records)
        memory = await machine.vault.value(process.memory)
        if resident.ticket != mark:  # a call under way came home meanwhile
            return await self.open(resident)
        if foreign:
            life = memory.get("life") if isinstance(memory, dict) else None
            lasting = resident.definition.program == FOREIGN_LASTING
            guest = GuestTurn(records, process.label, life if isinstance(life, int) else 0, lasting=lasting)
            guest.tools = resident.package.tools
            hear_owner(guest.said, resident.definition)
            return guest
        past = history(records)
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
            memory=memory,
            definition=resident.definition,
            tools=self._equipped(resident, records, package),
            chance=f"{machine.store.id}/{process.pid}/{process.turn}",
        )
        return Turn(resident.package, beginning, past, process.label)

    def _equipped(self, resident: Resident, records: Records, package: Package) -> tuple[ToolSpec, ...]:
        """The granted tools: the folder's own, which its definition pins, and the mounted ones as the turn met them."""
        machine, agent = self._machine, resident.process.agent
        assert resident.package is not None
        permits = machine.charter.permits(resident)
        own = granted(permits, agent, package.tools)
        if machine.parts.mounts is None:
            return own
        noted = next((body.tools for _, body in records if isinstance(body, Equipped)), None)
        if noted is not None:
            found = msgspec.convert(machine.vault.unpack(noted), list[ToolSpec])
        elif any(not isinstance(body, Woken | Attached) for _, body in records):
            return own  # it began without them
        else:
            names = {spec.name for spec in own}
            found = [spec for spec in granted(permits, agent, resident.package.tools) if spec.name not in names]
            if found:
                packed, blobs = self._kits.packed(found, machine.vault.known)
                machine.tick()
                machine.submit(resident, (Equipped(packed),), Rows(blobs=blobs))
        return tuple(sorted((*own, *found), key=lambda spec: spec.name))

    async def definition(self, digest: Digest) -> Definition:
        """The definition of this digest, from memory or its blob. Raises: CorruptStoreError."""
        known = self._machine.definitions.get(digest)
        if known is None:
            body = (await self._machine.store.blobs((digest,))).get(digest)
            if body is None:
                raise CorruptStoreError(f"the definition {digest[:16]}… is missing")
            known = self._machine.definitions[digest] = msgspec.json.decode(body, type=Definition)
        return known

    async def records(self, resident: Resident) -> Records:
        """Everything written in the process's last turn, durable when it returns."""
        machine, process = self._machine, resident.process
        if resident.ticket > machine.store.durable:
            await machine.store.flush()
        sealed = await machine.store.turn(process.pid, process.turn)
        return tuple((record.at_ns, decode_body(record.body)) for record in sealed)

    async def books(self, resident: Resident, records: Records) -> None:
        """Load what the process's calls and the holds of its last turn count on."""
        machine, payer = self._machine, resident.payer
        holds = [body.hold for _, body in records if isinstance(body, Intended | Repeated)]
        days = {machine.today(), *[hold.day for hold in holds if hold is not None]}
        keys = [key for day in sorted(days) for _, key in scopes(payer, day)]
        keys += [one.key for one in resident.ceilings]
        keys += [key for hold in holds if hold is not None for key in hold.also if key not in keys]
        missing = tuple(key for key in (*keys, f"held/{payer.pid}") if not machine.book.known(key))
        if missing:
            machine.book.load(*await machine.store.books(missing))

    async def warm(self, records: Records) -> None:
        """Read large answers into memory, so that the replay finds them."""
        for _, body in records:
            if isinstance(body, Resulted | Called | Answered):
                await self._machine.vault.value(body.value)
            elif isinstance(body, Equipped):
                await self._machine.vault.value(body.tools)

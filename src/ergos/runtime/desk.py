"""What owners ask of a running kernel: start, answer, signal, stop, look.

Rules: an answer is bound to one inbox item and counts once; a signal takes effect before the process's next
call; STOP takes effect before the next effect of anything. Whatever is acknowledged here is durable.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final

import msgspec

from ergos.base.canonical import Plain, digest, encode
from ergos.base.errors import (
    ErgosError,
    ForeignTokenError,
    MailboxFullError,
    RefusedError,
    UnknownProcessError,
    UsageError,
)
from ergos.base.ids import Digest, Pid
from ergos.base.limits import MAILBOX_MESSAGES_MAX
from ergos.kernel.calls import SignalName, Verdict
from ergos.kernel.egress import EgressRecord
from ergos.kernel.events import Answered
from ergos.kernel.history import note
from ergos.kernel.labels import USER, Label
from ergos.kernel.ledger import Caps
from ergos.kernel.own_events import Capped, Granted, Halted, Pinned, Reached, Revoked
from ergos.kernel.packages import FOREIGN, FOREIGN_LASTING, Definition
from ergos.kernel.permission.grants import Grant, grant_id
from ergos.kernel.process import ENDED, Process, State
from ergos.kernel.rights import Case, objection
from ergos.kernel.rows import Item, Mail
from ergos.kernel.step import Resolve
from ergos.runtime.approvals import case_of
from ergos.runtime.foreign import command_of
from ergos.runtime.inquiries import KEY
from ergos.runtime.machine import Machine
from ergos.runtime.reactor import Reactor
from ergos.runtime.residents import Resident, Rows
from ergos.runtime.tokens import Visitor

VERDICTS: Final[dict[str, tuple[Verdict, ...]]] = {
    "approval": ("approve", "deny"),
    "question": ("answer",),
    "doubt": ("done", "redo", "fail"),
}
"""What can be said to each kind of inbox item."""


GRANT_ID: Final = re.compile("[0-9a-f]{12}")


class Ended(msgspec.Struct, frozen=True):
    """How a process ended."""

    process: Process
    outcome: Plain


class Entrance(msgspec.Struct, frozen=True):
    """A foreign program may come in, and how it was started."""

    visitor: Visitor
    command: tuple[str, ...]
    folder: str


class Desk:
    """The owner's side of the kernel."""

    def __init__(self, machine: Machine, reactor: Reactor) -> None:
        self._machine: Final = machine
        self._reactor: Final = reactor
        self._answering: Final[set[int]] = set()
        self._stopped: Final = asyncio.Event()

    async def spawn(
        self,
        definition: Definition,
        owner: str,
        memory: Plain = None,
        *,
        idle: bool = False,
        label: Label = USER,
        known: Callable[[Pid], None] | None = None,
    ) -> Pid:
        """Start a process of an agent; durable on return. `label`: of its memory, if that is not the owner's word.

        `known`: told the pid before anything of the process is written.
        """
        machine, population = self._machine, self._reactor.population
        machine.tick()
        packed, blobs = machine.vault.pack(memory, what="the memory to begin with")
        process = population.row(definition, owner, None, packed, idle=idle, label=label)
        if known is not None:
            known(process.pid)
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        population.adopt(process, definition, None, None, blobs, lambda error: _settle(durable, error))
        await durable
        machine.evict()
        return process.pid

    async def end_of(self, pid: Pid) -> Ended:
        """Wait until a process has ended. Raises: UnknownProcessError."""
        process = await self._reactor.population.end_of(pid)
        if process is None:
            raise UnknownProcessError(f"there is no process {pid}")
        return Ended(process, await self._machine.vault.value(process.outcome))

    async def send(self, pid: Pid, body: Plain, *, label: Label = USER, trigger: str = "") -> int:
        """Put a message into a mailbox, the owner's or, with a label, somebody else's; its number. Durable on return.

        `trigger`: what tells it; then it is nobody's word, and no order. Raises: UsageError; MailboxFullError.
        """
        resident = await self._resident(pid)
        if resident.process.state in ENDED:
            raise UsageError(f"process {pid} is {resident.process.state}; nobody will read this message")
        machine = self._machine
        machine.tick()
        packed, blobs = machine.vault.pack(body, what="the message")
        if len(resident.mail) >= MAILBOX_MESSAGES_MAX:
            raise MailboxFullError(f"the mailbox of process {pid} is full")
        mail = Mail(id=machine.next_mail(), to=pid, sender=Pid(0), body=packed, label=label, trigger=trigger)
        with machine.together():
            machine.submit(resident, (), Rows(mail_put=(mail,), blobs=blobs))
            resident.mail.append(mail)
            self._reactor.population.roused(resident)
        await machine.store.flush()
        return mail.id

    async def answer(self, number: int, verdict: Verdict, by: str, value: Plain = None) -> Item:
        """Answer an inbox item; durable on return. Raises: UsageError."""
        if number in self._answering:
            raise UsageError(f"item {number} is being answered", remedy="`ergos inbox` lists what waits for you")
        self._answering.add(number)
        try:
            return await self._answer(number, verdict, by, value)
        finally:
            self._answering.discard(number)

    async def _answer(self, number: int, verdict: Verdict, by: str, value: Plain) -> Item:
        machine = self._machine
        await machine.store.flush()
        item = await machine.store.item(number)
        if item is None:
            raise UsageError(f"nothing open has the number {number}", remedy="`ergos inbox` lists what waits for you")
        if verdict not in VERDICTS[item.kind]:
            can = " or ".join(VERDICTS[item.kind])
            raise UsageError(f"item {number} is a {item.kind}; say {can}, not {verdict}")
        await self._entitled(item, by)
        if item.key.startswith(KEY):
            machine.tick()
            packed, blobs = machine.vault.pack(value, what="the answer")
            machine.inquiries.answered(item, verdict, by, value, packed, blobs)
            await machine.store.flush()
            return item
        resident = await self._resident(item.pid)
        if resident.process.state in ENDED:
            raise UsageError(f"process {item.pid} is {resident.process.state}; its questions are closed")
        machine.tick()
        packed, blobs = machine.vault.pack(value, what="the answer")
        record = Answered(number, item.key, verdict, by, packed)
        self._note(resident, item.key, record)
        with machine.together():
            machine.submit(resident, (record,), Rows(items_closed=(number,), blobs=blobs))
            if resident.process.state is State.PARKED and item.kind == "doubt":
                self._reactor.apply(resident, Resolve())
            else:
                self._reactor.population.roused(resident, "owner")
        await machine.store.flush()
        return item

    async def _entitled(self, item: Item, by: str) -> None:
        """Nothing, if this person's word counts for this item. Raises: RefusedError."""
        machine, rights = self._machine, self._machine.charter.rights
        machine.tick()
        if item.key.startswith(KEY):
            case = Case(owner=item.owner, agent="", kind=item.kind)
        else:
            process = (await self._resident(item.pid)).process
            definition = await self._reactor.loader.definition(process.definition)
            call = await machine.vault.value(item.call)

            def reserved(tool: str) -> bool:
                return machine.charter.reserved(process.definition, definition, tool)

            case = case_of(item, process.agent, call, reserved=reserved)
        if why := objection(rights, case, by, machine.now_ns):
            raise RefusedError(why, remedy="its owner answers it: `ergos inbox`")

    def _note(self, resident: Resident, key: str, record: Answered) -> None:
        """Tell the open turn, if it is in memory: the call it waits with and the one it may yet ask for again."""
        turn, now_ns = resident.turn, self._machine.now_ns
        if turn is None:
            return
        note(turn.past, now_ns, record)
        pending = turn.pending.get(key)
        if pending is not None and pending.past is not None and pending.past is not turn.past.get(key):
            note({key: pending.past}, now_ns, record)

    # Foreign programs

    async def host(self, definition: Definition, owner: str) -> Pid:
        """A process for a foreign program; of one that goes on for ever, the live one of that name and owner."""
        if definition.program == FOREIGN_LASTING:
            await self._machine.store.flush()
            after = Pid(0)
            while found := await self._machine.store.processes(owner=owner, after=after):
                for process in found:
                    if process.agent == definition.agent and await self._is(process, definition):
                        return process.pid
                after = found[-1].pid
        return await self.spawn(definition, owner, idle=True)

    async def _is(self, process: Process, definition: Definition) -> bool:
        """Whether a process is of exactly this definition."""
        return process.definition == digest(encode(definition))

    async def enter(self, pid: Pid, command: tuple[str, ...]) -> Entrance:
        """A foreign program comes in: for the first time, or started again; durable on return.

        Raises: UnknownProcessError; ForeignTokenError if the process has ended or has a program of its own.
        """
        guests = self._reactor.guests
        resident = await self._resident(pid)
        definition = await self._reactor.loader.definition(resident.process.definition)
        if not definition.program.startswith(FOREIGN):
            raise ForeignTokenError(f"process {pid} runs a program of its own", remedy="`ergos wait` goes on with it")
        told = command_of(definition)
        if definition.program == FOREIGN_LASTING and (known := await guests.present(pid)) is not None:
            return Entrance(known, told.command, told.folder)
        visitor = await guests.enter(pid, command or told.command)
        return Entrance(visitor, command or told.command, told.folder)

    async def leave(self, pid: Pid, life: int, status: int) -> None:
        """A foreign program has gone. Its process is done after status 0; else it waits to be started again."""
        resident = await self._resident(pid)
        if resident.process.state not in ENDED:
            outcome: Plain = {"exit": status}
            await self._reactor.guests.leave(Visitor(pid, life), done=status == 0, outcome=outcome)

    async def signal(self, pid: Pid, name: SignalName, by: str) -> Process:
        """Pause, resume, stop or kill; durable on return. Raises: IllegalTransitionError, UnknownProcessError."""
        resident = await self._resident(pid)
        self._machine.tick()
        self._reactor.population.signal(resident, name, by)
        await self._machine.store.flush()
        return resident.process

    async def halt(self, by: str, *, on: bool) -> None:
        """STOP, or lift it. In force before this returns; durable on return; survives a restart.

        Calls that had started end and are recorded, what runs in a sandbox at once; nothing begins after this, not
        even the next call of a queue.
        """
        machine = self._machine
        machine.halted = on
        if on:
            self._stopped.set()
        else:
            self._stopped.clear()
        if on and machine.parts.sandboxes is not None:
            machine.parts.sandboxes.kill()
        machine.tick()
        machine.submit(None, (Halted(on, by),), Rows(facts=(("halted", by if on else ""),)))
        if not on:
            self._reactor.release()
        await machine.store.flush()

    async def stopped(self) -> None:
        """Return when STOP is in force."""
        if not self._machine.halted:
            await self._stopped.wait()

    async def cap(self, owner: str, caps: Caps) -> None:
        """Note an owner's ceilings in the journal; durable on return."""
        self._machine.tick()
        self._machine.submit(None, (Capped(owner, caps.owner, caps.day),))
        await self._machine.store.flush()

    # Permission

    async def grant(self, owner: str, grant: Grant, by: str) -> str:
        """Confirm a grant; its id. In force before this returns, durable on return."""
        machine = self._machine
        machine.tick()
        machine.submit(None, (Granted(owner, grant, by),), Rows(facts=machine.charter.grant(owner, grant)))
        self._reactor.release()
        await machine.store.flush()
        return grant_id(grant)

    async def revoke(self, owner: str, one: str, by: str) -> None:
        """Take a grant back, wherever it came from: no call that has not started starts under it. Durable on return.

        An id that no grant has yet is taken back all the same: a definition that is read later may bring it along.
        Raises: UsageError for what is no id.
        """
        machine = self._machine
        if GRANT_ID.fullmatch(one) is None:
            raise UsageError(f"{one[:40]!r} is no id of a grant", remedy="`ergos grants` lists them")
        machine.tick()
        machine.submit(None, (Revoked(owner, one, by),), Rows(facts=machine.charter.revoke(owner, one, by)))
        await machine.store.flush()

    async def pin(self, name: str, digest_: Digest, definitions: Plain, by: str) -> None:
        """The owner has seen these definitions and approves them as they are; durable on return. '' takes it back."""
        machine = self._machine
        machine.tick()
        packed, blobs = machine.vault.pack(definitions, what="the definitions")
        record = Pinned(name, digest_, by, packed)
        machine.submit(None, (record,), Rows(facts=machine.pins.put(record, definitions), blobs=blobs))
        await machine.store.flush()

    def reached(self, record: EgressRecord, pid: Pid) -> None:
        """Journal what something confined asked of another machine."""
        machine = self._machine
        machine.tick()
        body = Reached(
            pid=pid,
            method=record.method,
            host=record.host,
            port=record.port,
            path=record.path,
            status=record.status,
            bytes_out=record.bytes_out,
            bytes_in=record.bytes_in,
            rule=record.rule,
            refusal=record.refusal,
        )
        machine.submit(None, (body,))

    async def _resident(self, pid: Pid) -> Resident:
        if pid not in self._machine.table:
            await self._machine.store.flush()
        if pid not in await self._reactor.population.bring((pid,)):
            raise UnknownProcessError(f"there is no process {pid}")
        return self._machine.table[pid]


def _settle(durable: asyncio.Future[None], error: ErgosError | None) -> None:
    if durable.done():
        return
    if error is None:
        durable.set_result(None)
    else:
        durable.set_exception(error)

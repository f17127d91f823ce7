"""The door: every call of every process goes through these steps, in this order, and there is no second way.

    1 label    2 authorise    3 reserve    4 intend    5 schedule    6 perform    7 record    8 answer

Steps 1 to 4 are here, 5 is the scheduler's, 6 the performer's, 7 and 8 the settlement's. A call the journal
already answered is answered from it; an intent without a result is handled by its effect class.

An intent is durable before anything leaves the machine. What a process did before is durable by then too,
because changes become durable in order; so an answer may be used before its record is on disk as long as
nothing leaves the machine. Source: Strom & Yemini, Optimistic Recovery (1985); Nightingale et al., Rethink
the Sync (2006).
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.clock import SECOND
from ergos.base.ids import Digest
from ergos.base.limits import APPROVAL_TTL_S
from ergos.base.money import Amount, format_money
from ergos.kernel.events import Asked, Failure, Hold, Intended
from ergos.kernel.history import Past
from ergos.kernel.policy import Allowed, Ask, Denied, approval_digest, decide
from ergos.kernel.rows import Item
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.syscalls import TABLE
from ergos.runtime.internal import Internal
from ergos.runtime.machine import Machine
from ergos.runtime.replayer import Pending
from ergos.runtime.residents import Flight, Resident, Rows
from ergos.runtime.settlement import Launcher, Settlement, queue_of
from ergos.runtime.subjects import Found, Subject, Subjects
from ergos.runtime.vault import MissingBlobsError


class Door:
    """Steps 1 to 4 for every call."""

    def __init__(
        self, machine: Machine, launcher: Launcher, settlement: Settlement, internal: Internal, subjects: Subjects
    ) -> None:
        self._machine: Final = machine
        self._subjects: Final = subjects
        self._launcher: Final = launcher
        self._settlement: Final = settlement
        self._internal: Final = internal

    def consider(self, resident: Resident, pending: Pending) -> None:
        """Answer a pending call if that is possible now; else see to it that it will be."""
        if pending.answer is not None or pending.submitted:
            return
        flight = resident.flying.get(pending.call.key)
        if flight is not None:  # the program was dropped and driven again while its call was under way
            pending.submitted, pending.past, pending.call = True, flight.pending.past, flight.pending.call
            flight.pending = pending
            return
        past = pending.past
        try:
            if past is not None and (past.result is not None or past.intended):
                self._settlement.resume(resident, pending, past)
            elif TABLE[pending.call.kind].waits == "driver":
                self._new(resident, pending)
            else:
                self._internal.consider(resident, pending)
        except MissingBlobsError as gap:
            self._launcher.fetch(resident, gap.digests)

    def still_allowed(self, resident: Resident, pending: Pending) -> bool:
        """Step 2 again, at the moment of execution: a grant may have expired while the call waited."""
        return not isinstance(self._decision(resident, pending), Denied)

    def _new(self, resident: Resident, pending: Pending) -> None:
        machine = self._machine
        if machine.halted:
            return  # STOP: nothing begins; considered again when it is lifted
        found = self._subject(resident, pending)
        if isinstance(found, Failure):
            self._settlement.refuse(resident, pending, found)
            return
        grant = self._authorised(resident, pending, found.worst)
        if grant is None:
            return
        if found.solver is not None:
            pending.call = msgspec.structs.replace(pending.call, solver=found.solver.name)
        hold = self._settlement.reserve(resident, found.worst, found.provider)
        if isinstance(hold, Failure):  # the program may give the task to a cheaper solver
            self._settlement.refuse(resident, pending, hold)
            return
        self._intend(resident, pending, hold, grant, found)

    def _subject(self, resident: Resident, pending: Pending) -> Found:
        """A Failure if the call cannot be made at all."""
        queue = queue_of(resident, pending.call)
        if self._machine.scheduler.full(queue):
            return Failure("E304", f"too many calls wait for {queue}", "try again later")
        return self._subjects.of(resident, pending)

    # Step 2

    def _decision(self, resident: Resident, pending: Pending) -> Allowed | Ask | Denied:
        assert resident.definition is not None
        return decide(
            resident.process.agent,
            pending.call.kind,
            pending.call.name,
            pending.request.args,
            resident.definition.grants,
            pending.call.label,
            self._machine.now_ns,
        )

    def _authorised(self, resident: Resident, pending: Pending, worst: Amount) -> str | None:
        """The grant that covers the call now, or None if it was refused or its owner is asked."""
        match self._decision(resident, pending):
            case Allowed(grant):
                return grant
            case Denied(rule, why):
                self._settlement.refuse(resident, pending, Failure("E301", f"{rule}: {why}"))
                return None
            case Ask(grant, why):
                call, process = pending.call, resident.process
                bound = approval_digest(
                    tool=call.tool,
                    content=call.content,
                    grant=grant,
                    pid=process.pid,
                    turn=process.turn,
                    key=call.key,
                    label=call.label,
                )
                if pending.past is None or pending.past.asked is None:
                    self._ask(resident, pending, bound, why, worst)
                    return None
                return grant if self._approved(resident, pending, pending.past, pending.past.asked, bound) else None

    def _approved(self, resident: Resident, pending: Pending, past: Past, asked: Asked, bound: Digest) -> bool:
        """An approval counts for exactly the call it was given for, once, in time."""
        verdict = past.verdict
        if verdict is None and self._machine.now_ns < asked.expires_ns:
            return False
        if verdict is None or verdict.verdict == "expired":
            why = "the approval expired before the owner answered"
        elif verdict.verdict != "approve":
            why = f"{verdict.by} denied this call"
        elif asked.digest != bound:
            why = "this is not the call that was approved"
        else:
            return True
        self._settlement.refuse(resident, pending, Failure("E306", why), closes=asked.item)
        return False

    def _ask(self, resident: Resident, pending: Pending, bound: Digest, why: str, worst: Amount) -> None:
        machine, process = self._machine, resident.process
        shown, blobs = machine.vault.pack({"tool": pending.call.name, "arguments": pending.request.args})
        item = Item(
            id=machine.next_item(),
            pid=process.pid,
            key=pending.call.key,
            owner=process.owner,
            kind="approval",
            asked_ns=machine.now_ns,
            expires_ns=machine.now_ns + APPROVAL_TTL_S * SECOND,
            text=f"{process.agent} wants to {pending.call.kind} {pending.call.name}"
            f" ({pending.call.effect}, at most {format_money(worst.microusd)}): {why}",
            call=shown,
            digest=bound,
        )
        record = Asked(
            key=pending.call.key,
            item=item.id,
            what="approval",
            digest=bound,
            expires_ns=machine.now_ns + APPROVAL_TTL_S * SECOND,
            call=pending.call,
            why=why,
        )
        machine.submit(resident, (record,), Rows(items_put=(item,), blobs=(*pending.blobs, *blobs)))
        pending.past = Past(pending.call, asked=record)

    # Step 4

    def _intend(self, resident: Resident, pending: Pending, hold: Hold | None, grant: str, subject: Subject) -> None:
        call, local = pending.call, subject.local
        ticket = Ticket(resident.process.pid, call.key, queue_of(resident, call))
        verdict = pending.past.verdict if pending.past else None
        pending.submitted = True
        pending.past = Past(call, intended=not local, hold=hold, grant=grant)
        resident.flying[call.key] = flight = Flight(ticket, pending, subject.work)
        if local:  # nothing leaves the machine: one record with intent and result is enough
            self._launcher.launch(self._machine.scheduler.arrive(ticket))
            return
        self._machine.submit(
            resident,
            (Intended(call, hold, grant, verdict.by if verdict else None),),
            Rows(blobs=pending.blobs) if pending.blobs else None,
            self._settlement.when_durable(flight),
        )

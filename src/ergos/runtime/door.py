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

from ergos.base.ids import Digest
from ergos.base.money import Amount
from ergos.kernel.calls import Failure, Hold
from ergos.kernel.events import Asked, Intended
from ergos.kernel.history import Past
from ergos.kernel.permission.grants import Permit
from ergos.kernel.permission.policy import Allowed, Ask, Decision, Denied
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.syscalls import TABLE
from ergos.runtime.approvals import bound_to, denied, item_of, refusal, shown
from ergos.runtime.internal import Internal
from ergos.runtime.machine import Machine
from ergos.runtime.proposals import code_of, decided, denial, proposed
from ergos.runtime.replayer import Pending
from ergos.runtime.residents import Flight, Resident, Rows
from ergos.runtime.settlement import Launcher, Settlement, Withdrawn, queue_of, tool_of
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

    def withdrawn(self, resident: Resident, flight: Flight) -> Withdrawn | None:
        """Step 2 again, at the moment of execution: why a call that was allowed is not started after all."""
        charter, pending, past = self._machine.charter, flight.pending, flight.pending.past
        tool = tool_of(resident, pending.call)
        if pending.call.kind == "act" and tool is not None and tool.digest != pending.call.tool:
            return Withdrawn(f"the definition of {pending.call.name} changed before the call started", "E310")
        if flight.epoch == charter.epoch and not resident.expiring:
            return None
        grant = past.grant if past is not None else None
        permits = charter.unused(charter.permits(resident), grant or "")
        match self._decision(resident, pending, permits):
            case Allowed():
                return None
            case Ask(found) if found == grant and past is not None and past.asked is not None:
                bound = bound_to(resident, pending, found)
                if refusal(past, past.asked, bound, self._machine.now_ns) == "":
                    return None
                return Withdrawn("its approval does not hold any more", "E306")
            case Ask(why=why):
                return Withdrawn(f"its owner has to be asked by now: {why}", "E301")
            case Denied() as no:
                return Withdrawn(f"it is not allowed any more: {no.why}", code_of(no))

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

    def _decision(self, resident: Resident, pending: Pending, permits: tuple[Permit, ...]) -> Decision:
        return decided(self._machine, resident, proposed(resident, pending), permits)

    def _authorised(self, resident: Resident, pending: Pending, worst: Amount) -> str | None:
        """The grant that covers the call now, or None if it was refused or its owner is asked."""
        if no := denied(pending.past):
            self._settlement.refuse(resident, pending, Failure("E306", no))
            return None
        match self._decision(resident, pending, self._machine.charter.permits(resident)):
            case Allowed(grant):
                self._unask(pending)
                return grant
            case Denied() as by_rule:
                self._unask(pending)
                self._settlement.refuse(resident, pending, denial(by_rule))
                return None
            case Ask() as ask:
                past = pending.past
                if past is None or past.asked is None:
                    self._ask(resident, pending, ask, worst)
                    return None
                why = refusal(past, past.asked, bound_to(resident, pending, ask.grant), self._machine.now_ns)
                if why:
                    self._settlement.refuse(resident, pending, Failure("E306", why), closes=past.asked.item)
                return ask.grant if why == "" else None

    def _unask(self, pending: Pending) -> None:
        """Its owner was asked and has given or taken back a grant instead: nobody has to answer any more."""
        past = pending.past
        if past is not None and past.asked is not None and past.verdict is None:
            self._machine.submit(None, (), Rows(items_closed=(past.asked.item,)))

    def _ask(self, resident: Resident, pending: Pending, ask: Ask, worst: Amount) -> None:
        machine = self._machine
        call, blobs = machine.vault.pack(shown(resident, pending, ask, worst), what="the call shown to its owner")
        item = item_of(resident, pending, ask, machine.next_item(), worst, call, machine.now_ns)
        assert item.expires_ns is not None
        record = Asked(
            key=pending.call.key,
            item=item.id,
            what="approval",
            digest=Digest(item.digest),
            expires_ns=item.expires_ns,
            call=pending.call,
            why=ask.why,
            rule=ask.rule,
        )
        machine.submit(resident, (record,), Rows(items_put=(item,), blobs=(*pending.blobs, *blobs)))
        pending.past = Past(pending.call, asked=record)

    # Step 4

    def _intend(self, resident: Resident, pending: Pending, hold: Hold | None, grant: str, subject: Subject) -> None:
        machine, call = self._machine, pending.call
        counted = grant in resident.counted
        local = subject.local and not counted
        ticket = Ticket(resident.process.pid, call.key, queue_of(resident, call))
        asked, verdict = (pending.past.asked, pending.past.verdict) if pending.past else (None, None)
        pending.submitted = True
        pending.past = Past(call, intended=not local, hold=hold, grant=grant, asked=asked, verdict=verdict)
        resident.flying[call.key] = flight = Flight(
            ticket, pending, machine.now_ns, subject.work, machine.charter.epoch
        )
        if local:  # nothing leaves the machine: one record with intent and result is enough
            self._launcher.launch(machine.scheduler.arrive(ticket))
            return
        facts = machine.charter.use(resident.process.owner, grant) if counted else ()
        machine.submit(
            resident,
            (Intended(call, hold, grant, verdict.by if verdict else None),),
            Rows(blobs=pending.blobs, facts=facts) if pending.blobs or facts else None,
            self._settlement.when_durable(flight),
        )

"""What comes after a call: its record, its charge, its answer; and what becomes of it after a crash.

Rules: result, label and settlement of the hold are one transaction; a failed call that was paid for stays
charged in full, because nobody knows whether the provider billed it; a call that never started costs
nothing. After a crash nothing irreversible is repeated without its owner's word.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError
from ergos.base.ids import Digest
from ergos.base.limits import ERROR_CHARS_MAX
from ergos.base.money import ZERO, Amount
from ergos.kernel.calls import Call, Failure, Hold
from ergos.kernel.events import Called, Doubted, Refused, Repeated, Resulted
from ergos.kernel.history import Past
from ergos.kernel.labels import TRUSTED, UNTRUSTED, Label, join
from ergos.kernel.packages import Performed, Tool
from ergos.kernel.rows import Item
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.solvers import Record as SolverRecord
from ergos.kernel.syscalls import Answer, recovery
from ergos.kernel.values import NULL, Blob, Packed
from ergos.runtime.machine import Machine
from ergos.runtime.replayer import Pending
from ergos.runtime.residents import Flight, Resident, Rows
from ergos.runtime.subjects import Subjects

INVENTED: Final = Label("trusted", modelled=True)
"""What a solver adds to the label of what it was given."""


class Withdrawn(msgspec.Struct, frozen=True):
    """The call was called off before it started, or is known not to have happened; it costs nothing by itself."""

    why: str
    code: str = "E300"
    remedy: str = ""


class Uncertain(msgspec.Struct, frozen=True):
    """The call was started and nobody knows how it ended."""

    why: str


Outcome: TypeAlias = Performed | Failure | Withdrawn


class Judged(msgspec.Struct, frozen=True):
    """What settles a call."""

    charge: Amount
    faults: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    provider: str = ""
    claimed: Amount | None = None


class Launcher(Protocol):
    """What the door and the settlement ask of the reactor."""

    def launch(self, tickets: tuple[Ticket, ...]) -> None:
        """Perform these calls now."""
        ...

    def dispatch(self, flight: Flight) -> None:
        """Hand a model call to the scheduler of model calls."""
        ...

    def probe(self, resident: Resident, pending: Pending) -> None:
        """Ask the outside whether a reconcilable call happened, then adopt or repeat it."""
        ...

    def park(self, resident: Resident, record: Doubted, item: Item, blobs: tuple[Blob, ...]) -> None:
        """Park the process until its owner decides."""
        ...

    def fetch(self, resident: Resident, digests: tuple[Digest, ...]) -> None:
        """Read these blobs, then consider the process's calls again."""
        ...


class Settlement:
    """Steps 7 and 8, and recovery by effect class."""

    def __init__(self, machine: Machine, launcher: Launcher, subjects: Subjects) -> None:
        self._machine: Final = machine
        self._launcher: Final = launcher
        self._subjects: Final = subjects

    def record(self, resident: Resident, pending: Pending, outcome: Outcome, *, late: bool = False) -> None:
        """Write what came of a call, settle its hold, and answer the program unless it is gone (`late`)."""
        machine, call, past = self._machine, pending.call, pending.past
        assert past is not None
        queued_ns = _queued_ns(resident.flying.pop(call.key, None), machine.now_ns)
        judged = self._judged(resident, pending, outcome)
        charge, faults, facts = judged.charge, judged.faults, judged.facts
        if past.hold is not None:
            machine.book.settle(resident.payer, past.hold, charge, judged.provider)
            past.hold = None
        value, packed, blobs, failure = self._packed(call, outcome)
        label = self._label(resident, call, outcome)
        body: Resulted | Called
        if past.intended:
            checked = failure is None and _has_checks(resident, call)
            claimed, provider = judged.claimed, judged.provider
            body = Resulted(
                call.key, packed, failure, label, charge, faults, late, provider, claimed, checked, queued_ns
            )
        else:
            body = Called(call, packed, failure, label)
            blobs = (*pending.blobs, *blobs)
        machine.submit(resident, (body,), Rows(blobs=blobs, facts=facts) if blobs or facts else None)
        past.result, past.at_ns = body, machine.now_ns
        known = resident.turn.past.get(call.key) if resident.turn is not None else None
        if known is not None and known is not past:  # the program was driven again and has not asked for it yet
            known.result, known.at_ns, known.hold = body, machine.now_ns, None
        if not late:
            pending.answer = Answer(value, failure, label, faults, call.solver, machine.now_ns)

    def refuse(self, resident: Resident, pending: Pending, failure: Failure, *, closes: int | None = None) -> None:
        """Write that a call was refused and tell the program why. `closes` is an inbox item that is settled by it."""
        closed = () if closes is None else (closes,)
        body = Refused(pending.call, failure)
        past = pending.past = pending.past or Past(pending.call)
        past.result, past.at_ns = body, self._machine.now_ns
        self._machine.submit(resident, (body,), Rows(blobs=pending.blobs, items_closed=closed))
        pending.answer = Answer(None, failure, solver=pending.call.solver, at_ns=self._machine.now_ns)

    def reserve(self, resident: Resident, worst: Amount, provider: str) -> Hold | None | Failure:
        """The hold that covers the worst case; None for a call that can cost nothing."""
        if not worst:
            return None
        machine = self._machine
        shared = resident.ceilings
        refusal = machine.book.refusal(resident.payer, worst, machine.caps(resident), machine.today(), shared)
        if refusal is not None:
            return refusal
        also = tuple(one.key for one in shared)
        hold = Hold(amount=worst, provider=provider, day=machine.today(), long=True, also=also)
        machine.book.hold(resident.payer, hold)
        return hold

    def when_durable(self, flight: Flight) -> Callable[[ErgosError | None], None]:
        """A callback that hands the call to its queue once its intent is durable."""

        def arrived(error: ErgosError | None) -> None:
            if error is not None:
                return
            if flight.work is not None:
                self._launcher.dispatch(flight)
            else:
                self._machine.tick()  # a sync of the disk lies between the intent and this start
                self._launcher.launch(self._machine.scheduler.arrive(flight.ticket))

        return arrived

    def _judged(self, resident: Resident, pending: Pending, outcome: Outcome) -> Judged:
        """What a call costs, what its acceptance checks found, and the solver's record if it changed."""
        call, past = pending.call, pending.past
        assert past is not None
        held = past.hold.amount if past.hold is not None else ZERO
        if isinstance(outcome, Withdrawn):
            # A model call was charged when it was repeated; a tool's hold still covers its first attempt.
            return Judged(held if past.repeated and call.kind == "act" else ZERO)
        if isinstance(outcome, Failure) or call.kind != "think" or resident.package is None:
            return Judged(held)
        facts = self._remembered(call, outcome) if call.solver is not None else ()
        bill = outcome.bill
        if bill is not None and bill.amount is not None:
            charge = bill.amount.at_most(held)
            return Judged(charge, outcome.faults, facts, bill.provider, bill.amount if bill.amount != charge else None)
        if bill is not None:
            return Judged(held, outcome.faults, facts, bill.provider)
        price = next((s.spec.price for s in resident.package.solvers if s.spec.name == call.solver), None)
        charge = Amount(price.of(outcome.tokens) if price else 0, outcome.tokens)
        return Judged(charge, outcome.faults, facts)

    def _remembered(self, call: Call, outcome: Performed) -> tuple[tuple[str, str], ...]:
        """Count this answer in its solver's record; the fact to store."""
        record = self._machine.solver_records.setdefault((call.name, call.solver or ""), SolverRecord())
        if outcome.faults:
            record.rejected += 1
        else:
            record.accepted += 1
        return ((f"solver/{call.name}/{call.solver}", f"{record.accepted} {record.rejected}"),)

    def _packed(self, call: Call, outcome: Outcome) -> tuple[Plain, Packed, tuple[Blob, ...], Failure | None]:
        """Value, packed value, its blobs, failure; a result that is no plain data is a failure of the tool."""
        if isinstance(outcome, Failure):
            return None, NULL, (), outcome
        if isinstance(outcome, Withdrawn):
            return None, NULL, (), Failure(outcome.code, outcome.why, outcome.remedy)
        try:
            packed, blobs = self._machine.vault.pack(outcome.value, what=f"the result of {call.name}")
        except ErgosError as error:
            return None, NULL, (), Failure(error.code, error.what[:ERROR_CHARS_MAX], error.what_to_do)
        return outcome.value, packed, blobs, None

    def _label(self, resident: Resident, call: Call, outcome: Outcome) -> Label:
        """A tool's result is untrusted unless its source is trusted; a solver's is as good as what it was given."""
        if isinstance(outcome, Performed) and outcome.label is not None:
            return outcome.label
        if not isinstance(outcome, Performed):
            # What a tool says of its failure is as little to be believed as its result.
            return UNTRUSTED if call.kind == "act" and isinstance(outcome, Failure) else TRUSTED
        if call.kind == "think":
            return join(call.label, INVENTED)
        tool = tool_of(resident, call)
        if tool is None:
            return UNTRUSTED
        if tool.spec.echoes:
            return join(call.label, TRUSTED)
        return Label("trusted" if tool.spec.trusted else "untrusted", tool.spec.readers)

    # After a crash, or when a dropped program is driven again

    def resume(self, resident: Resident, pending: Pending, past: Past) -> None:
        """A call the journal knows: answered from it, carried on, or in doubt.

        Raises: MissingBlobsError if its answer has to be read first.
        """
        if past.result is not None:
            pending.answer = self._from_journal(past)
            return
        pending.call = past.call
        if self._machine.halted or (past.doubt is not None and past.resolution is None):
            return
        if past.resolution is not None:
            self._resolved(resident, pending, past)
            return
        match recovery(past.call.effect):
            case "repeat":
                self.repeat(resident, pending, "idempotent" if past.call.effect == "idempotent" else "pure")
            case "probe":
                ticket = Ticket(resident.process.pid, past.call.key, queue_of(resident, past.call))
                resident.flying[past.call.key] = Flight(ticket, pending, self._machine.now_ns)
                pending.submitted = True
                self._launcher.probe(resident, pending)
            case "doubt":
                self.doubt(resident, pending, "the kernel stopped between starting this call and recording its result")

    def repeat(
        self, resident: Resident, pending: Pending, why: Literal["pure", "idempotent", "probed-absent", "owner"]
    ) -> None:
        """Perform again. A repeated model call may have been billed before: that stays charged, and it is held anew."""
        machine, past = self._machine, pending.past
        assert past is not None
        charge, hold = ZERO, past.hold
        found = self._subjects.again(resident, pending)
        if hold is None or past.call.kind == "think":
            if hold is not None:
                charge = hold.amount
                machine.book.settle(resident.payer, hold, charge)
            if isinstance(found, Failure):
                self._uncovered(resident, pending, found, charge)
                return
            fresh = self.reserve(resident, found.worst, found.provider)
            if isinstance(fresh, Failure):
                self._uncovered(resident, pending, fresh, charge)
                return
            hold = fresh
        past.hold, past.doubt, past.resolution, past.repeated = hold, None, None, True
        pending.submitted = True
        ticket = Ticket(resident.process.pid, past.call.key, queue_of(resident, past.call))
        work = found.work if not isinstance(found, Failure) else None
        flight = resident.flying[past.call.key] = Flight(ticket, pending, machine.now_ns, work)
        machine.submit(resident, (Repeated(past.call.key, charge, hold, why),), None, self.when_durable(flight))

    def again(self, resident: Resident, flight: Flight, *, beside: bool) -> Failure | None:
        """Before a model call is sent once more in this kernel's life: what the last sending may have cost stays
        charged and it is held anew; the sending waits until that is durable. A Failure if nothing covers it.

        `beside`: a sending of it is under way, so that without cover nothing changes.
        """
        machine, past = self._machine, flight.pending.past
        assert past is not None
        assert flight.work is not None
        hold = self.reserve(resident, flight.work.worst, flight.work.choice.endpoints[0].name)
        if isinstance(hold, Failure) and beside:
            return hold
        charge = ZERO
        if past.hold is not None:
            charge = past.hold.amount
            machine.book.settle(resident.payer, past.hold, charge)
            past.hold = None
        if isinstance(hold, Failure):
            # The old hold is settled with this record, so that the result that follows charges nothing twice.
            machine.submit(resident, (Repeated(past.call.key, charge, None, "pure", sent_again=True),))
            return hold
        past.hold, past.repeated = hold, True
        record = Repeated(past.call.key, charge, hold, "pure", sent_again=True)
        machine.submit(resident, (record,), None, self.when_durable(flight))
        return None

    def doubt(self, resident: Resident, pending: Pending, why: str) -> None:
        """Nobody knows whether it happened: park, and show the owner the exact call."""
        machine, past = self._machine, pending.past
        assert past is not None
        resident.flying.pop(past.call.key, None)
        shown, blobs = machine.vault.pack({"tool": past.call.name, "arguments": pending.request.args})
        item = Item(
            id=machine.next_item(),
            pid=resident.process.pid,
            key=past.call.key,
            owner=resident.process.owner,
            kind="doubt",
            asked_ns=machine.now_ns,
            expires_ns=None,
            text=f"{past.call.name} may or may not have happened: {why}",
            call=shown,
        )
        past.doubt = Doubted(past.call.key, item.id, why)
        known = resident.turn.past.get(past.call.key) if resident.turn is not None else None
        if known is not None:
            known.doubt = past.doubt
        pending.submitted = False
        self._launcher.park(resident, past.doubt, item, blobs)

    def _from_journal(self, past: Past) -> Answer:
        match past.result:
            case Resulted(value=value, failure=failure, label=label, faults=faults):
                plain = self._machine.vault.unpack(value)
                return Answer(plain, failure, label, faults, past.call.solver, past.at_ns)
            case Called(value=value, failure=failure, label=label):
                return Answer(self._machine.vault.unpack(value), failure, label, at_ns=past.at_ns)
            case Refused(failure=failure):
                return Answer(None, failure, solver=past.call.solver, at_ns=past.at_ns)
            case None:
                raise AssertionError(past.call.key)

    def _resolved(self, resident: Resident, pending: Pending, past: Past) -> None:
        """Carry out what the owner decided about a call in doubt."""
        resolution = past.resolution
        assert resolution is not None
        if resolution.verdict == "redo":
            self.repeat(resident, pending, "owner")
        elif resolution.verdict == "done":
            self.record(resident, pending, Performed(value=self._machine.vault.unpack(resolution.value)))
        else:
            self.record(resident, pending, Withdrawn(f"{resolution.by} says that it did not happen", "E306"))

    def _uncovered(self, resident: Resident, pending: Pending, failure: Failure, charge: Amount) -> None:
        """The budget does not cover performing it again; what it may have cost before stays charged."""
        past = pending.past
        assert past is not None
        body = Resulted(past.call.key, NULL, failure, TRUSTED, charge)
        self._machine.submit(resident, (body,))
        past.result, past.hold = body, None
        pending.answer = Answer(None, failure, TRUSTED, (), past.call.solver, self._machine.now_ns)


def _queued_ns(flight: Flight | None, now_ns: int) -> int:
    """How long a call waited before it was performed; a clock that was set back makes it 0."""
    if flight is None:  # nothing was performed: its owner said what came of it
        return 0
    return max(0, (now_ns if flight.started_ns is None else flight.started_ns) - flight.since_ns)


def _has_checks(resident: Resident, call: Call) -> bool:
    """Whether a call gives a task to a solver whose answer acceptance checks look at."""
    task = resident.package.tasks.get(call.name) if resident.package is not None else None
    return call.kind == "think" and call.solver is not None and task is not None and bool(task.spec.checks)


def tool_of(resident: Resident, call: Call) -> Tool | None:
    """The tool a call names, if the agent has it."""
    return resident.package.tools.get(call.name) if resident.package and call.kind == "act" else None


def queue_of(resident: Resident, call: Call) -> str:
    """The driver queue a call waits in."""
    tool = tool_of(resident, call)
    return tool.spec.queue if tool is not None else ("solvers" if call.kind == "think" else "tools")

"""Calls the kernel answers itself: mail, children, people, time, memory.

None of them leaves the machine, so none needs an intent: one record, written when the answer is known, is
enough. Until then a call has left nothing behind and is simply considered again.

Rules: a call that has to wait says for what (`Waiting`), and the reactor suspends the process once nothing
else of it is under way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from ergos.base.canonical import Plain, encode
from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError
from ergos.base.ids import KERNEL, Pid
from ergos.base.limits import (
    APPROVAL_TTL_S,
    CHILDREN_MAX,
    ERROR_CHARS_MAX,
    MAILBOX_MESSAGES_MAX,
    SLEEP_S_MAX,
    SPAWN_DEPTH_MAX,
)
from ergos.kernel.bounds import handed_on
from ergos.kernel.calls import Failure
from ergos.kernel.events import Armed, Asked, Body, Called, Disarmed
from ergos.kernel.history import Past
from ergos.kernel.labels import TRUSTED, USER, Label, join
from ergos.kernel.permission.policy import Allowed, Decision, Denied, approval_digest
from ergos.kernel.process import ENDED
from ergos.kernel.rows import Item, Mail, Note, Watch
from ergos.kernel.syscalls import Answer
from ergos.runtime.machine import Machine
from ergos.runtime.narrowing import meant_for, within
from ergos.runtime.population import Population
from ergos.runtime.proposals import decided, denial, forbidden, proposed
from ergos.runtime.replayer import Pending
from ergos.runtime.residents import Resident, Rows
from ergos.runtime.watches import Watches


class Internal:
    """One method for each of these calls."""

    def __init__(self, machine: Machine, population: Population, watches: Watches) -> None:
        self._machine: Final = machine
        self._watches: Final = watches
        self._others: Final = population
        self._handlers: Final[dict[str, Callable[[Resident, Pending], None]]] = {
            "send": self._send,
            "receive": self._receive,
            "ask": self._ask,
            "spawn": self._spawn,
            "wait": self._wait,
            "signal": self._signal,
            "sleep_until": self._sleep_until,
            "remember": self._remember,
            "forget": self._remember,
            "recall": self._recall,
            "watch": self._watch,
        }

    def consider(self, resident: Resident, pending: Pending) -> None:
        """Answer the call if it can be answered now."""
        if self._machine.halted and pending.call.kind in {"send", "spawn", "remember", "forget", "signal", "watch"}:
            return
        with self._machine.together():
            self._handlers[pending.call.kind](resident, pending)

    def answer(
        self,
        resident: Resident,
        pending: Pending,
        value: Plain,
        *,
        failure: Failure | None = None,
        label: Label = USER,
        rows: Rows | None = None,
    ) -> None:
        """Write the call with its answer as one record and answer the program."""
        machine = self._machine
        packed, blobs = machine.vault.pack(value, what=f"the answer to {pending.call.kind}")
        rows = rows or Rows()
        rows.blobs = (*rows.blobs, *pending.blobs, *blobs)
        body = Called(pending.call, packed, failure, label)
        machine.submit(resident, (body,), rows)
        pending.past = Past(pending.call, result=body, at_ns=machine.now_ns)
        pending.answer = Answer(value, failure, label, at_ns=machine.now_ns)

    def fail(self, resident: Resident, pending: Pending, code: str, what: str, remedy: str = "") -> None:
        """Answer with a failure."""
        self.answer(resident, pending, None, failure=Failure(code, what, remedy))

    # Mail

    def _send(self, resident: Resident, pending: Pending) -> None:
        to = pending.request.args.get("to")
        if not isinstance(to, int) or isinstance(to, bool):
            self.fail(resident, pending, "E105", "send needs the pid of a process as 'to'")
            return
        if to == KERNEL and resident.process.parent == KERNEL:
            self._tell(resident, pending)
            return
        target = self._others.resident(Pid(to))
        if target is None:
            if self._others.absent(Pid(to)):
                self.fail(resident, pending, "E102", f"there is no process {to}")
            else:
                self._others.summon(Pid(to), resident)
            return
        grant = self._may_send(resident, target, pending)
        if isinstance(grant, Failure):
            self.answer(resident, pending, None, failure=grant)
            return
        mail_id = self._machine.next_mail()
        mail = Mail(
            id=mail_id,
            to=Pid(to),
            sender=resident.process.pid,
            body=pending.call.args["body"],
            label=pending.call.label,
        )
        self.answer(resident, pending, mail_id, rows=Rows(mail_put=(mail,), facts=self._used(resident, grant)))
        target.mail.append(mail)
        self._machine.wrote(target)
        self._others.roused(target)

    def _tell(self, resident: Resident, pending: Pending) -> None:
        """What a process says to whoever started it; its journal is where they, and nobody else, read it."""
        if no := forbidden(self._machine, resident, proposed(resident, pending, {"to": 0}, "starter")):
            self.answer(resident, pending, None, failure=denial(no))
            return
        bounds = resident.definition.bounds if resident.definition is not None else None
        if bounds is not None and not meant_for(pending.call.label, bounds.peer):
            self.fail(resident, pending, "E301", f"readers: what was read is not meant for {bounds.peer}")
            return
        self.answer(resident, pending, 0)

    def _may_send(self, resident: Resident, target: Resident, pending: Pending) -> Failure | str:
        """The grant that covers it; '' for a parent or a child, who need none."""
        process = target.process
        if process.owner != resident.process.owner:
            return Failure("E102", f"there is no process {process.pid}")  # another owner's process does not exist here
        kin = process.pid == resident.process.parent or process.parent == resident.process.pid
        proposal = proposed(resident, pending, {"to": int(process.pid)}, process.agent)
        decision: Decision
        if kin:
            decision = forbidden(self._machine, resident, proposal) or Allowed("")
        else:
            decision = decided(self._machine, resident, proposal, self._machine.charter.permits(resident))
        if not isinstance(decision, Allowed):
            return _refused(decision, f"grants: {resident.process.agent} may not send to {process.agent}")
        if process.state in ENDED:
            return Failure("E103", f"process {process.pid} is {process.state}; nobody will read this message")
        if len(target.mail) >= MAILBOX_MESSAGES_MAX:
            return Failure("E305", f"the mailbox of process {process.pid} is full ({MAILBOX_MESSAGES_MAX:,} messages)")
        return decision.grant

    def _used(self, resident: Resident, grant: str) -> tuple[tuple[str, str], ...]:
        """The facts to write with a call under a grant."""
        return self._machine.charter.use(resident.process.owner, grant) if grant in resident.counted else ()

    def _receive(self, resident: Resident, pending: Pending) -> None:
        if resident.mail:
            mail = resident.mail[0]
            body = self._machine.vault.unpack(mail.body)
            resident.mail.popleft()
            message: dict[str, Plain] = {"id": mail.id, "sender": int(mail.sender), "body": body}
            if mail.trigger:
                message["trigger"] = mail.trigger
            self.answer(resident, pending, message, label=mail.label, rows=Rows(mail_taken=(mail.id,)))
            return
        until_ns = pending.request.args.get("until_ns")
        if isinstance(until_ns, int) and until_ns - self._machine.now_ns > SLEEP_S_MAX * SECOND:
            self.fail(resident, pending, "E105", f"receive waits at most {SLEEP_S_MAX:,} seconds")
        elif isinstance(until_ns, int) and self._machine.now_ns >= until_ns:
            self.answer(resident, pending, None, label=TRUSTED)

    # Time

    def _sleep_until(self, resident: Resident, pending: Pending) -> None:
        at_ns = pending.request.args.get("at_ns")
        if not isinstance(at_ns, int) or at_ns - self._machine.now_ns > SLEEP_S_MAX * SECOND:
            self.fail(resident, pending, "E105", f"sleep_until needs a time within {SLEEP_S_MAX:,} seconds from now")
        elif self._machine.now_ns >= at_ns:
            self.answer(resident, pending, self._machine.now_ns, label=TRUSTED)

    def _watch(self, resident: Resident, pending: Pending) -> None:
        """Arm the triggers of the definition, exactly these; when each is due is the answer."""
        if pending.armed is None:
            self._others.errand(resident, self._armed(resident, pending))
            return
        assert resident.definition is not None
        wanted = {trigger.name: trigger for trigger in resident.definition.triggers}
        rows: dict[str, Watch] = {}
        try:
            for name, trigger in wanted.items():
                known = pending.armed.get(name)
                same = known is not None and (known.trigger, known.timezone) == (trigger, resident.definition.timezone)
                rows[name] = known if same and known is not None else self._watches.fresh(resident, trigger)
        except ErgosError as error:
            self.fail(resident, pending, error.code, error.what, error.what_to_do)
            return
        gone = [row for name, row in pending.armed.items() if name not in rows]
        fresh = [row for name, row in rows.items() if pending.armed.get(name) is not row]
        bodies: tuple[Body, ...] = (
            *(Disarmed(row.trigger.name) for row in gone),
            *(Armed(row.trigger, row.due_ns) for row in fresh),
        )
        dropped = tuple((row.pid, row.trigger.name) for row in gone)
        self._machine.submit(resident, bodies, Rows(watches_put=tuple(fresh), watches_dropped=dropped))
        self.answer(resident, pending, {name: row.due_ns for name, row in rows.items()}, label=TRUSTED)
        for row in gone:
            self._watches.rows.note(row, dropped=True)
            self._watches.leave(row)
        for row in fresh:
            self._watches.rows.note(row)
            self._watches.attend(row)

    async def _armed(self, resident: Resident, pending: Pending) -> None:
        pending.armed = await self._watches.rows.of(resident.process.pid)

    # Children

    def _spawn(self, resident: Resident, pending: Pending) -> None:
        assert resident.package is not None
        definition = resident.package.team.get(pending.call.name)
        if definition is not None and resident.definition is not None:
            definition = within(definition, handed_on(resident.definition.bounds, resident.process.pid))
        proposal = proposed(resident, pending, {})
        decision = decided(self._machine, resident, proposal, self._machine.charter.permits(resident))
        if definition is None or not isinstance(decision, Allowed):
            what = f"grants: {resident.process.agent} may not spawn {pending.call.name}"
            refusal = _refused(decision, what, "name it in the team of AGENT.md and grant it")
            self.answer(resident, pending, None, failure=refusal)
            return
        if resident.process.depth >= SPAWN_DEPTH_MAX or self._siblings(resident) >= CHILDREN_MAX:
            self.fail(resident, pending, "E304", "too many generations or too many children")
            return
        memory = pending.call.args.get("memory", msgspec.Raw(b"null"))
        idle = pending.request.args.get("idle") is True
        process = self._others.row(
            definition, resident.process.owner, resident, memory, idle=idle, label=pending.call.label
        )
        body = Called(pending.call, msgspec.Raw(encode(int(process.pid))), None, TRUSTED)
        self._others.adopt(process, definition, resident, body, pending.blobs)
        if facts := self._used(resident, decision.grant):
            self._machine.submit(resident, (), Rows(facts=facts))  # one transaction with it: `consider`
        pending.past = Past(pending.call, result=body, at_ns=self._machine.now_ns)
        pending.answer = Answer(int(process.pid), None, TRUSTED, at_ns=self._machine.now_ns)

    def _siblings(self, resident: Resident) -> int:
        """Children this turn has spawned; the bound is against fork bombs, which run within a turn."""
        turn = resident.turn
        return turn.spawned if turn is not None else 0

    def _child(self, resident: Resident, pending: Pending) -> Resident | None:
        """The child a call names; None while it is being loaded or after a failure was answered."""
        pid = pending.request.args.get("pid")
        if not isinstance(pid, int) or isinstance(pid, bool):
            self.fail(resident, pending, "E105", f"{pending.call.kind} needs the pid of a child")
            return None
        child = self._others.resident(Pid(pid))
        if child is None and not self._others.absent(Pid(pid)):
            self._others.summon(Pid(pid), resident)
            return None
        if child is None or child.process.parent != resident.process.pid:
            self.fail(resident, pending, "E102", f"process {resident.process.pid} has no child {pid}")
            return None
        return child

    def _wait(self, resident: Resident, pending: Pending) -> None:
        child = self._child(resident, pending)
        if child is None or child.process.state not in ENDED:
            return
        ended = child.process
        outcome: Plain = {
            "state": str(ended.state),
            "outcome": self._machine.vault.unpack(ended.outcome),
            "failure": msgspec.to_builtins(ended.failure),
        }
        self.answer(resident, pending, outcome, label=ended.label)

    def _signal(self, resident: Resident, pending: Pending) -> None:
        child = self._child(resident, pending)
        name = pending.request.args.get("signal")
        if child is None:
            return
        if name not in ("pause", "resume", "stop", "kill"):
            self.fail(resident, pending, "E105", "a signal is one of pause, resume, stop, kill")
            return
        try:
            self._others.signal(child, name, f"process {resident.process.pid}")
        except ErgosError as error:
            self.fail(resident, pending, error.code, error.what, error.what_to_do)
            return
        self.answer(resident, pending, None)

    # People

    def _ask(self, resident: Resident, pending: Pending) -> None:
        machine, past = self._machine, pending.past
        if past is not None and past.verdict is not None:
            value = machine.vault.unpack(past.verdict.value)
            expired = past.verdict.verdict == "expired"
            failure = Failure("E306", "nobody answered in time") if expired else None
            self.answer(resident, pending, value, failure=failure)
            return
        if past is not None and past.asked is not None:
            if machine.now_ns >= past.asked.expires_ns:
                failure = Failure("E306", "nobody answered in time")
                self.answer(resident, pending, None, failure=failure, rows=Rows(items_closed=(past.asked.item,)))
            return
        item_id = machine.next_item()
        expires_ns = machine.now_ns + APPROVAL_TTL_S * SECOND
        item = Item(
            id=item_id,
            pid=resident.process.pid,
            key=pending.call.key,
            owner=resident.process.owner,
            kind="question",
            asked_ns=machine.now_ns,
            expires_ns=expires_ns,
            text=str(pending.request.args.get("question", ""))[:ERROR_CHARS_MAX],
            call=pending.call.args.get("choices", msgspec.Raw(b"null")),
        )
        process = resident.process
        bound = approval_digest(
            tool=None,
            content=pending.call.content,
            grant="own",
            pid=process.pid,
            turn=process.turn,
            key=pending.call.key,
            label=pending.call.label,
        )
        record = Asked(
            key=pending.call.key,
            item=item_id,
            what="question",
            digest=bound,
            expires_ns=expires_ns,
            call=pending.call,
        )
        machine.submit(resident, (record,), Rows(items_put=(item,), blobs=pending.blobs))
        pending.past = Past(pending.call, asked=record)

    # Memory

    def _recall(self, resident: Resident, pending: Pending) -> None:
        """Entries whose key begins with the name, by key."""
        if pending.read is None:
            self._others.recall(resident, pending)
            return
        label = USER
        for _, _, one in pending.read:
            label = join(label, one)
        self.answer(resident, pending, {key: value for key, value, _ in pending.read}, label=label)

    def _remember(self, resident: Resident, pending: Pending) -> None:
        """`remember` writes, `forget` erases; both are one row and one record."""
        value = pending.call.args.get("value") if pending.call.kind == "remember" else None
        note = Note(
            owner=resident.process.owner,
            agent=resident.process.agent,
            key=pending.call.name,
            value=value,
            label=pending.call.label,
        )
        self.answer(resident, pending, None, rows=Rows(notes=(note,)))


def _refused(decision: Decision, what: str, remedy: str = "") -> Failure:
    """What a program is told that may not: a prohibition speaks for itself."""
    if isinstance(decision, Denied) and decision.rule == "forbidden":
        return denial(decision)
    return Failure("E301", what, remedy)

"""The fold of the journal into views.db: what each record means for what is counted.

Rules: every record is taken once, in order, and none stops it: one of a kind that is not known, or that cannot be read,
is listed and means nothing else. Money is booked as the ledger books it: what was held is settled once, on the day and,
unless the result says otherwise, to the provider of the hold; so sums equal the ledger's meters. No time but the
records' own; nothing is written here.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.views import runs, schema
from ergos.app.views.glimpses import (
    AnsweredSeen,
    CalledSeen,
    CallSeen,
    CommittedSeen,
    DoubtedSeen,
    ExitedSeen,
    Glimpse,
    InquiredSeen,
    IntendedSeen,
    OwnedSeen,
    PinnedSeen,
    ReachedSeen,
    RefusedSeen,
    RepeatedSeen,
    RestartedSeen,
    ResultedSeen,
    SignalledSeen,
    SpawnedSeen,
    WokenSeen,
    glimpse,
    tag_of,
)
from ergos.app.views.known import Known, begun, repeated
from ergos.app.views.peek import peek
from ergos.app.views.runs import Counted, Runs
from ergos.app.views.tallies import OPEN, PAUSED, Seen, Tallies, TurnTally, add
from ergos.base.clock import DAY
from ergos.base.money import Amount
from ergos.kernel.calls import Failure, Hold

FAULT_CHARS_MAX: Final = 300  # characters of a failure that is kept of a process
_ENDS: Final = {"done": schema.DONE, "failed": schema.FAILED, "killed": schema.KILLED}
_PID: Final = msgspec.json.Decoder(int)


class _Message(msgspec.Struct, frozen=True):
    """What `receive` answers."""

    sender: int = 0
    trigger: str = ""


class Fold:
    """Feed it every record in order with `take`; what is new gathers in `tallies`."""

    def __init__(self, known: Known) -> None:
        self._known: Final = known
        self.tallies: Final = Tallies()
        self.inquiries: Final[dict[int, int]] = {}
        """Open inquiries and whose they are."""

    def take(self, seq: int, pid: int, turn: int, at_ns: int, body: bytes) -> None:
        """One more record."""
        tag = tag_of(body)
        found = glimpse(tag, body)
        kind = self._known.number("kind", tag)
        if pid <= 0:
            self._own(seq, kind, found)
            return
        seen = self._known.process(pid)
        if seen is None:
            if not isinstance(found, SpawnedSeen):
                self._entry(schema.NOBODY, kind, seq, pid)
                return
            seen = self._spawned(seq, pid, turn, at_ns, found)
        tallies = self.tallies
        tallies.dirty[pid] = seen
        seen.moved_ns, seen.last_seq = at_ns, seq
        tallies.agent(seen.agent).moved_ns = at_ns
        tally = tallies.turn(pid, turn, at_ns)
        tally.moved_ns = at_ns
        entry = tallies.entries.append
        entry((2 * seen.owner, kind, seq, pid))
        entry((2 * seen.agent + 1, kind, seq, pid))
        if found is not None:
            fault = self._means(seen, seq, tally, turn, at_ns, found)
            if fault is not None:
                seen.fault = fault[:FAULT_CHARS_MAX]
                tally.faults += 1
                self._entry(schema.of_owner(seen.owner), schema.FAULTS, seq, pid)

    def _entry(self, scope: int, kind: int, seq: int, pid: int) -> None:
        self.tallies.entries.append((scope, kind, seq, pid))

    # The kernel's own

    def _own(self, seq: int, kind: int, found: Glimpse | None) -> None:
        """A record that belongs to no process: whose it is."""
        known = self._known
        match found:
            case OwnedSeen(owner):
                scope, about = schema.of_owner(known.number("owner", owner)), 0
            case PinnedSeen(by):
                scope, about = schema.of_owner(known.number("owner", by)), 0
            case InquiredSeen(item, owner):
                number = known.number("owner", owner)
                self.inquiries[item] = number
                scope, about = schema.of_owner(number), 0
            case AnsweredSeen(item):
                number = self.inquiries.pop(item, 0)
                scope, about = (schema.of_owner(number) if number else schema.NOBODY), 0
            case ReachedSeen(pid, refusal):
                seen = known.process(pid) if pid > 0 else None
                scope, about = (schema.of_owner(seen.owner) if seen is not None else schema.NOBODY), pid
                if refusal and seen is not None:
                    self._entry(scope, schema.FAULTS, seq, pid)
            case _:
                scope, about = schema.EVERYBODY, 0
        self._entry(scope, kind, seq, about)

    # Processes

    def _spawned(self, seq: int, pid: int, turn: int, at_ns: int, body: SpawnedSeen) -> Seen:
        known, tallies = self._known, self.tallies
        owner = known.number("owner", body.owner)
        agent = known.agent(owner, body.agent)
        definition = _digest(body.definition)
        seen = Seen(
            pid, owner, agent, definition, body.parent, schema.LIVE, 0, turn, at_ns, at_ns, None,
            0, 0, 0, 0, 0, 0, 0, seq, seq, "",
        )  # fmt: skip
        known.keep(seen)
        tally = tallies.agent(agent)
        tally.live += 1
        if pid >= tally.newest:
            tally.newest, tally.definition = pid, definition
        tallies.version(agent, definition, at_ns, 1)
        parent = known.process(body.parent) if body.parent > 0 else None
        if parent is not None and parent.owner == owner:
            add(tallies.traffic, (owner, at_ns // DAY, parent.agent, agent), 1, 0, 0)
            self._trafficked(owner, at_ns, parent.agent, agent)
        return seen

    def _trafficked(self, owner: int, at_ns: int, sender: int, receiver: int) -> None:
        found = self.tallies.traffic[owner, at_ns // DAY, sender, receiver]
        found[2] = max(found[2], at_ns)

    def _means(self, seen: Seen, seq: int, tally: TurnTally, turn: int, at_ns: int, found: Glimpse) -> str | None:
        """What a record of a process changes; its fault if it tells one."""
        match found:
            case IntendedSeen(call):
                seen.calls += 1
                tally.calls += 1
                self._known.turn(seen.pid, turn, seq).begun[call.key] = begun(found)
            case ResultedSeen():
                return self._resulted(seen, seq, tally, turn, found)
            case CalledSeen():
                seen.calls += 1
                tally.calls += 1
                if found.failure is not None:
                    return _said(found.failure)
                self._exchanged(seen, seq, at_ns, found)
            case WokenSeen():
                self._woken(seen, tally, turn, at_ns, found)
            case CommittedSeen():
                self._committed(seen, seq, turn, at_ns, found)
            case ExitedSeen():
                return self._exited(seen, seq, turn, at_ns, found)
            case RepeatedSeen():
                old = repeated(self._known.turn(seen.pid, turn, seq), found)
                if old is not None:
                    self._paid(seen, tally, old, found.charge, "", 0)
            case RefusedSeen(_, failure) | RestartedSeen(failure):
                return _said(failure)
            case DoubtedSeen(_, why):
                return why
            case SignalledSeen(signal):
                if signal in ("pause", "resume"):
                    seen.stirring = (seen.stirring & OPEN) | (PAUSED if signal == "pause" else 0)
            case _:
                pass
        return None

    def _woken(self, seen: Seen, tally: TurnTally, turn: int, at_ns: int, body: WokenSeen) -> None:
        seen.turn, seen.fault = turn, ""
        seen.stirring = OPEN
        self._known.fresh(seen.pid, turn)
        tally.cause = body.cause
        if body.definition is not None and (definition := _digest(body.definition)) != seen.definition:
            seen.definition = definition
            self.tallies.version(seen.agent, definition, at_ns, 1)
            agent = self.tallies.agent(seen.agent)
            if seen.pid >= agent.newest:
                agent.newest, agent.definition = seen.pid, definition
        else:
            self.tallies.version(seen.agent, seen.definition, at_ns, 0)

    def _resulted(self, seen: Seen, seq: int, tally: TurnTally, turn: int, body: ResultedSeen) -> str | None:
        hold = self._known.turn(seen.pid, turn, seq).answered(body)
        if hold is not None:
            self._paid(seen, tally, hold, body.charge, body.provider, 1)
        if body.failure is not None:
            return _said(body.failure)
        return f"not accepted: {body.faults[0]}" if body.faults else None

    def _paid(self, seen: Seen, tally: TurnTally, hold: Hold, charge: Amount, provider: str, calls: int) -> None:
        """As `ledger.Book.settle` does."""
        payee = self._known.number("payee", provider or hold.provider)
        add(self.tallies.spend, (seen.owner, hold.day, seen.agent, payee), charge.microusd, charge.tokens, calls)
        for sums in (seen, tally, self.tallies.agent(seen.agent)):
            sums.microusd += charge.microusd
            sums.tokens += charge.tokens

    # Ends

    def _committed(self, seen: Seen, seq: int, turn: int, at_ns: int, body: CommittedSeen) -> None:
        known = self._known
        verdicts = known.turn(seen.pid, turn, seq).verdicts
        if known.has_steps(seen.definition):
            before = Runs(seen.runs, seen.failures, seen.declined)
            after = peek(body.memory, Runs, known.blob) or before
            counted = runs.of_steps(before, after, verdicts)
            seen.runs, seen.failures, seen.declined = after.runs, after.failures, after.declined
        else:
            counted = runs.of_turn(verdicts)
            seen.runs += counted.delivered
        if counted.delivered:
            seen.verified = counted.verified
        self._outcome(seen, at_ns, counted)
        self._turned(seen, turn, at_ns)
        seen.stirring &= ~OPEN

    def _exited(self, seen: Seen, seq: int, turn: int, at_ns: int, body: ExitedSeen) -> str | None:
        known = self._known
        verdicts = known.turn(seen.pid, turn, seq).verdicts if seen.stirring & OPEN else {}
        steps = known.has_steps(seen.definition)
        counted = runs.of_end(body.state, body.outcome, seen.runs, verdicts, steps=steps)
        if counted.delivered:
            seen.verified = counted.verified
        self._outcome(seen, at_ns, counted)
        self._turned(seen, turn, at_ns)
        ended = _ENDS.get(body.state, schema.KILLED)
        tally = self.tallies.agent(seen.agent)
        tally.live -= 1
        tally.done += ended == schema.DONE
        tally.failed += ended == schema.FAILED
        tally.killed += ended == schema.KILLED
        seen.ended, seen.ended_ns, seen.stirring = ended, at_ns, 0
        if body.failure is None:
            return None
        return _said(body.failure)

    def _outcome(self, seen: Seen, at_ns: int, counted: Counted) -> None:
        if counted == runs.NONE:
            return
        key = (seen.owner, at_ns // DAY, seen.agent)
        found = self.tallies.outcomes.setdefault(key, [0, 0, 0])
        found[0] += counted.delivered
        found[1] += counted.verified
        found[2] += counted.failed
        tally = self.tallies.agent(seen.agent)
        tally.delivered += counted.delivered
        tally.verified += counted.verified

    def _turned(self, seen: Seen, turn: int, at_ns: int) -> None:
        self._known.over(seen.pid, turn)
        tally = self.tallies.turn(seen.pid, turn, at_ns)
        if tally.ended_ns is None:  # a process killed while it idles ended its turn before
            tally.ended_ns = at_ns

    # Messages

    def _exchanged(self, seen: Seen, seq: int, at_ns: int, body: CalledSeen) -> None:
        call: CallSeen = body.call
        if call.kind == "send":
            other = self._known.process(to) if (to := _number(bytes(call.args.to))) > 0 else None
            if other is None:
                return
            self.tallies.mail.append((seen.pid, seq, 1, other.pid, ""))
            if other.owner == seen.owner:
                add(self.tallies.traffic, (seen.owner, at_ns // DAY, seen.agent, other.agent), 0, 1, 0)
                self._trafficked(seen.owner, at_ns, seen.agent, other.agent)
        elif call.kind == "receive" and bytes(body.value) != b"null":
            taken = peek(body.value, _Message, self._known.blob) or _Message()
            self.tallies.mail.append((seen.pid, seq, 0, taken.sender, taken.trigger))


def _said(failure: Failure) -> str:
    return f"{failure.code} {failure.what}"


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _number(raw: bytes) -> int:
    try:
        return _PID.decode(raw)
    except msgspec.DecodeError:
        return 0

"""The fold of a journal that an audit compares with the tables: processes, holds, books.

Written apart from the code that made the tables, with the kernel's own ledger rules and table of
transitions: what both agree on was either done right or wrong twice in the same way.

Rules: reads nothing, raises nothing for what records say; each method returns what is wrong, or ''. Moves
that leave no record (waiting within a turn, being activated) are allowed wherever the table allows them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from ergos.base.ids import KERNEL, Digest, Pid
from ergos.base.money import ZERO, Amount
from ergos.kernel.calls import Failure, Hold
from ergos.kernel.events import (
    Answered,
    Armed,
    Asked,
    Attached,
    Body,
    Called,
    Committed,
    Disarmed,
    Doubted,
    Equipped,
    Exited,
    Fired,
    Intended,
    Refused,
    Repeated,
    Replayed,
    Restarted,
    Resulted,
    Signalled,
    Spawned,
    Woken,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.ledger import Book, Meter, Payer
from ergos.kernel.own_events import (
    Booted,
    Capped,
    Checkpoint,
    Granted,
    Halted,
    Inquired,
    Pinned,
    Reached,
    Revoked,
    TurnedAway,
)
from ergos.kernel.process import ENDED, TRANSITIONS, Cause, Process, State
from ergos.kernel.values import NULL, Packed

SILENT: Final = (Cause.ACTIVATE, Cause.WAIT, Cause.WAKE)
"""Moves within an open turn that leave no record."""

_OWN: Final = frozenset(
    {Booted, Halted, Capped, Granted, Revoked, Pinned, Inquired, Reached, TurnedAway, Answered, Checkpoint}
)
_AFTER_END: Final = frozenset({Resulted, Called, Repeated, Doubted, Answered, Disarmed})
"""Records a call under way may still leave once its process has ended."""


def _reachable(states: frozenset[State]) -> frozenset[State]:
    """These states and those that silent moves lead to."""
    found = set(states)
    while True:
        more = {TRANSITIONS[state, cause] for state in found for cause in SILENT if (state, cause) in TRANSITIONS}
        if more <= found:
            return frozenset(found)
        found |= more


OPEN: Final = _reachable(frozenset({State.READY}))
IDLE: Final = frozenset({State.WAITING})


class Traced(msgspec.Struct):
    """What the records say of one process."""

    payer: Payer
    definition: Digest
    parent: Pid
    depth: int
    states: frozenset[State]
    """Every state it may be in."""
    turn: int
    turn_open: bool
    memory: Packed = NULL
    wake_at_ns: int | None = None
    outcome: Packed = NULL
    failure: Failure | None = None
    doubts: int = 0
    """Calls in doubt that nobody has answered."""
    begun: dict[str, bool] = {}
    """Calls begun in this turn by an intent, by key, and whether each was answered."""
    good: set[str] = set()
    """Those that were answered well: what a foreign program may be told again."""
    life: int = 0
    """Starts of its foreign program."""
    replayed: set[str] = set()
    """What it was told again since the last of them."""


class Refold:
    """The fold. Feed it every record in order with `take`."""

    def __init__(self) -> None:
        self.processes: Final[dict[Pid, Traced]] = {}
        self.holds: Final[dict[tuple[Pid, str], Hold]] = {}
        """What is set aside, by process and key of the call."""
        self._doubts: Final[dict[int, Pid]] = {}
        self._book: Final = Book()
        self._takers: Final[dict[type, Callable[[Sealed, Traced, Any], str]]] = {
            Woken: self._woken,
            Intended: self._intended,
            Resulted: self._resulted,
            Repeated: self._repeated,
            Doubted: self._doubted,
            Answered: self._answered,
            Committed: self._committed,
            Exited: self._exited,
            Restarted: self._restarted,
            Signalled: self._signalled,
            Attached: self._attached,
            Replayed: self._replayed,
        }

    def take(self, record: Sealed, body: Body) -> str:
        """Fold one more record; what is wrong with it, or ''."""
        kind = type(body)
        if record.pid == KERNEL:
            return "" if kind in _OWN else f"the kernel itself wrote {kind.__name__}"
        process = self.processes.get(record.pid)
        if type(body) is Spawned:
            return self._spawned(record, body) if process is None else f"process {record.pid} was spawned twice"
        if process is None:
            return f"process {record.pid} does not exist yet"
        if process.states <= ENDED and kind not in _AFTER_END:
            return f"process {record.pid} had ended: {kind.__name__} cannot follow"
        if kind is not Woken and record.turn != process.turn:
            return f"it says turn {record.turn}, process {record.pid} is in turn {process.turn}"
        taker = self._takers.get(kind)
        if taker is not None:
            return taker(record, process, body)
        if kind in (Fired, Disarmed):
            return ""
        if kind in (Called, Refused, Asked, Equipped, Armed):
            return "" if process.turn_open or kind is Called else f"{kind.__name__} outside of a turn"
        return f"process {record.pid} wrote {kind.__name__}, which only the kernel does"

    # Births, turns, ends

    def _spawned(self, record: Sealed, body: Spawned) -> str:
        parent = self.processes.get(body.parent)
        if body.parent != KERNEL and parent is None:
            return f"its parent, process {body.parent}, does not exist"
        begun = record.turn > 0
        self.processes[record.pid] = Traced(
            payer=Payer(record.pid, body.agent, body.owner),
            definition=body.definition,
            parent=body.parent,
            depth=parent.depth + 1 if parent is not None else 0,
            states=IDLE,
            turn=record.turn - 1 if begun else 0,
            turn_open=False,
            memory=body.memory,
        )
        return ""

    def _woken(self, record: Sealed, process: Traced, body: Woken) -> str:
        if process.turn_open or State.WAITING not in process.states:
            return f"process {record.pid} began a turn while it was {_names(process.states)}"
        if record.turn != process.turn + 1:
            return f"turn {record.turn} follows turn {process.turn} of process {record.pid}"
        process.turn, process.turn_open, process.states, process.wake_at_ns = record.turn, True, OPEN, None
        process.begun, process.good, process.replayed = {}, set(), set()
        process.definition = body.definition or process.definition
        return ""

    def _committed(self, record: Sealed, process: Traced, body: Committed) -> str:
        wrong = self._moved(record.pid, process, Cause.WAIT, IDLE)
        if not process.turn_open:
            return f"process {record.pid} ended a turn it had not begun"
        process.turn_open, process.memory, process.wake_at_ns = False, body.memory, body.wake_at_ns
        return wrong

    def _exited(self, record: Sealed, process: Traced, body: Exited) -> str:
        cause = {"done": Cause.EXIT, "failed": Cause.FAIL, "killed": Cause.KILL}[body.state]
        wrong = self._moved(record.pid, process, cause, frozenset({State(body.state)}))
        process.turn_open, process.wake_at_ns = False, None
        process.begun = {key: False for key, answered in process.begun.items() if not answered}
        process.outcome, process.failure = body.outcome, body.failure
        return wrong

    def _restarted(self, record: Sealed, process: Traced, _: Restarted) -> str:
        process.begun = dict.fromkeys(process.begun, False)  # a failed call may be tried again
        return self._moved(record.pid, process, Cause.CRASH, OPEN)

    def _signalled(self, record: Sealed, process: Traced, body: Signalled) -> str:
        if body.signal == "pause":
            return self._moved(record.pid, process, Cause.PAUSE, frozenset({State.PAUSED}))
        if body.signal == "resume":
            return self._moved(record.pid, process, Cause.RESUME, OPEN if process.turn_open else IDLE)
        return ""  # its end follows as a record of its own

    def _doubted(self, record: Sealed, process: Traced, body: Doubted) -> str:
        if body.key not in process.begun:
            return f"the call {body.key!r} is in doubt and was never begun"
        self._doubts[body.item] = record.pid
        process.doubts += 1
        if State.RUNNING in process.states:  # otherwise it is written now and found when it is driven again
            process.states |= {State.PARKED}
        return ""

    def _answered(self, _: Sealed, process: Traced, body: Answered) -> str:
        if self._doubts.pop(body.item, None) is not None:
            process.doubts -= 1
            if State.PARKED in process.states:
                process.states = process.states - {State.PARKED} | OPEN
                if process.doubts:
                    process.states |= {State.PARKED}
        return ""

    def _moved(self, pid: Pid, process: Traced, cause: Cause, after: frozenset[State]) -> str:
        able = any((state, cause) in TRANSITIONS for state in process.states)
        if not able:
            return f"process {pid} is {_names(process.states)}; it cannot {cause}"
        process.states = after
        return ""

    # Foreign programs

    def _attached(self, record: Sealed, process: Traced, body: Attached) -> str:
        if not process.turn_open:
            return f"the program of process {record.pid} was started outside of a turn"
        if body.life != process.life + 1:
            return f"start {body.life} of the program of process {record.pid} follows start {process.life}"
        process.life = body.life
        process.replayed.clear()
        return ""

    def _replayed(self, record: Sealed, process: Traced, body: Replayed) -> str:
        if body.key not in process.good:
            return f"process {record.pid} was told the answer of {body.key!r} again, which it does not have"
        if body.key in process.replayed:
            return f"process {record.pid} was told the answer of {body.key!r} twice in one life"
        process.replayed.add(body.key)
        return ""

    # Calls and money

    def _intended(self, record: Sealed, process: Traced, body: Intended) -> str:
        name = (record.pid, body.call.key)
        if body.call.key in process.begun:
            return f"the call {body.call.key!r} of process {record.pid} was begun twice"
        if not process.turn_open:
            return f"process {record.pid} began a call outside of a turn"
        process.begun[body.call.key] = False
        if body.hold is not None:
            self._set_aside(name, process, body.hold)
        return ""

    def _resulted(self, record: Sealed, process: Traced, body: Resulted) -> str:
        answered = process.begun.get(body.key)
        if answered is not False:
            how = "was never begun" if answered is None else "was answered already"
            return f"the call {body.key!r} of process {record.pid} has a result and {how}"
        process.begun[body.key] = True
        if body.failure is None:
            process.good.add(body.key)
        hold = self.holds.pop((record.pid, body.key), None)
        held = hold.amount if hold is not None else ZERO
        if not body.charge.covers(ZERO):
            return f"the call {body.key!r} of process {record.pid} was charged less than nothing"
        if body.claimed is not None and (body.claimed == body.charge or body.charge != body.claimed.at_most(held)):
            return (
                f"what is said to be claimed for the call {body.key!r} of process {record.pid} is not what was charged"
            )
        if hold is not None:
            self._book.settle(process.payer, hold, body.charge, body.provider)
        elif body.charge:
            return f"the call {body.key!r} of process {record.pid} was charged and nothing had been set aside"
        return ""

    def _repeated(self, record: Sealed, process: Traced, body: Repeated) -> str:
        name = (record.pid, body.key)
        if process.begun.get(body.key) is not False:
            return f"the call {body.key!r} of process {record.pid} is repeated and nothing is open of it"
        old = self.holds.get(name)
        if body.charge and (old is None or body.charge != old.amount):
            return f"the call {body.key!r} of process {record.pid} is repeated, charged other than was set aside"
        if old is not None and body.charge:
            del self.holds[name]
            self._book.settle(process.payer, old, body.charge)
            old = None
        if old is not None:
            return "" if body.hold == old else f"the call {body.key!r} is repeated under another hold"
        if body.hold is not None:
            self._set_aside(name, process, body.hold)
        return ""

    def _set_aside(self, name: tuple[Pid, str], process: Traced, hold: Hold) -> None:
        self._book.hold(process.payer, hold)
        self.holds[name] = hold

    # Against the tables

    def differs(self, row: Process) -> str:
        """How a row differs from what the records say, or ''."""
        traced = self.processes.get(row.pid)
        if traced is None:
            return "no record spawned it"
        payer = traced.payer
        facts: tuple[tuple[str, object, object], ...] = (
            ("owner", row.owner, payer.owner),
            ("agent", row.agent, payer.agent),
            ("definition", row.definition, traced.definition),
            ("parent", row.parent, traced.parent),
            ("depth", row.depth, traced.depth),
            ("turn", row.turn, traced.turn),
            ("open turn", row.turn_open, traced.turn_open),
            ("memory", bytes(row.memory), bytes(traced.memory)),
            ("outcome", bytes(row.outcome), bytes(traced.outcome)),
            ("failure", row.failure, traced.failure),
        )
        for what, found, told in facts:
            if found != told:
                return f"its {what} is {_short(found)}, the records say {_short(told)}"
        if row.state not in traced.states:
            return f"it is {row.state}, the records say {_names(traced.states)}"
        idle = not traced.turn_open and row.state is State.WAITING
        if idle and row.wake_at_ns != traced.wake_at_ns:
            return f"it wakes at {row.wake_at_ns}, the records say {traced.wake_at_ns}"
        return ""

    def unbalanced(
        self, accounts: dict[str, Amount], meters: dict[str, Meter], unfinished: frozenset[Pid] = frozenset()
    ) -> str:
        """How the books differ from the fold, or ''. `unfinished` have ended, and what is left of them is seen to."""
        total = ZERO
        for balance in accounts.values():
            total += balance
        if total:
            return f"the accounts sum to {total.microusd} micro-dollars and {total.tokens} tokens instead of zero"
        told = {name: balance for name, balance in self._book.accounts.items() if balance}
        found = {name: balance for name, balance in accounts.items() if balance}
        for name in sorted(told.keys() | found.keys()):
            if told.get(name) != found.get(name):
                return f"the account {name!r} has {_short(found.get(name))}, the records say {_short(told.get(name))}"
        nothing = Meter()
        for key in sorted(self._book.meters.keys() | meters.keys()):
            if self._book.meters.get(key, nothing) != meters.get(key, nothing):
                return f"the meter {key!r} does not follow from the records"
        for pid, key in self.holds:
            if self.processes[pid].states <= ENDED and pid not in unfinished:
                return f"process {pid} has ended and the hold of its call {key!r} was never settled"
        return ""


def _names(states: frozenset[State]) -> str:
    return " or ".join(sorted(states))


def _short(value: object) -> str:
    return f"{value!r}"[:80]

"""What must hold of money, whatever goes wrong: judged from the journal as it becomes durable and from the vendors.

A fold of its own, apart from the kernel's: what was set aside, for whom, under which caps; which sending each hold
covers; what the vendors' invoices say against what was charged.

Rules: every hold covers one sending that may be billed; a cap bounds spent and held at the moment of every hold;
a charge is between nothing and its hold. Raises BrokenError and nothing else.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.ids import Digest
from ergos.base.money import ZERO, Amount
from ergos.kernel.calls import Call as CallRecord
from ergos.kernel.calls import Hold
from ergos.kernel.events import Attached, Body, Exited, Intended, Refused, Repeated, Replayed, Resulted, Spawned, Woken
from ergos.kernel.ledger import Caps
from ergos.kernel.own_events import Booted
from ergos.kernel.packages import Definition
from ergos.kernel.values import unpack
from ergos.sim.provider import Sending, words_of


class BrokenError(AssertionError):
    """An invariant does not hold."""


def expect(holds: object, what: str) -> None:
    """Raises: BrokenError unless it holds."""
    if not holds:
        raise BrokenError(what)


class Asked(msgspec.Struct):
    """All model calls of one process with the same words, as journal and vendors tell it."""

    covers: int = 0
    """Holds granted so far, each for one sending."""
    open: dict[str, Hold] = {}
    """Holds of calls without a result, by key."""
    charged: Amount = ZERO
    sendings: list[Sending] = []
    answers: list[str] = []
    """Bodies of the successful results, as a program reads them."""
    records: int = 0
    """Records about them."""


class Account(msgspec.Struct):
    """One process as the journal tells it."""

    owner: str
    agent: str
    definition: Digest
    ended: bool = False
    life: int = 0


class Opened(msgspec.Struct):
    """A call that was begun."""

    words: str
    hold: Hold | None
    succeeded: bool | None = None
    """None: without a result."""


class Bills:
    """Follows every record that concerns money, and every sending."""

    def __init__(self, blob: Callable[[Digest], bytes], caps: Callable[[str, str], Caps]) -> None:
        """`caps`: the ceilings that a kernel's life, by its host's name, sets an owner."""
        self._blob: Final = blob
        self._caps: Final = caps
        self._life = ""
        self._used: Final[dict[tuple[str, ...], Amount]] = {}
        """Spent and held, by scope."""
        self._calls: Final[dict[tuple[int, int, str], Opened]] = {}
        self._definitions: Final[dict[Digest, Definition]] = {}
        self.processes: Final[dict[int, Account]] = {}
        self.asked: Final[dict[tuple[int, str], Asked]] = {}

    # The journal

    def take(self, pid: int, turn: int, body: Body) -> None:
        """One more durable record."""
        match body:
            case Booted(host=host):
                self._life = host
            case Spawned(owner, agent, definition):
                self.processes[pid] = Account(owner, agent, definition)
            case Woken(definition=definition) if definition is not None:
                self.processes[pid].definition = definition
            case Exited():
                self.processes[pid].ended = True
            case Attached(life):
                known = self.processes[pid]
                expect(life == known.life + 1, f"start {life} of process {pid} followed start {known.life}")
                known.life = life
            case Replayed(key):
                found = self._calls.get((pid, turn, key))
                expect(found is not None and found.succeeded, f"process {pid} was given {key} again, no good answer")
            case Intended(call, hold):
                self._calls[pid, turn, call.key] = Opened(self._noted(pid, call), None)
                self._set_aside((pid, turn, call.key), hold)
            case Refused(call):
                self._noted(pid, call)
            case Repeated(key, charge, hold):
                if charge or self._calls[pid, turn, key].hold is None:
                    self._settle((pid, turn, key), charge)
                    self._set_aside((pid, turn, key), hold)
                else:
                    expect(hold == self._calls[pid, turn, key].hold, f"{key} of {pid} was repeated under another hold")
            case Resulted(key, charge=charge):
                found = self._calls[pid, turn, key]
                self._settle((pid, turn, key), charge)
                found.succeeded = body.failure is None
                if found.words:
                    asked = self.asked[pid, found.words]
                    asked.records += 1
                    if found.succeeded:
                        asked.answers.append(_body(unpack(body.value, self._blob)))
            case _:
                pass

    def _noted(self, pid: int, call: CallRecord) -> str:
        words = self._words(call)
        if words:
            self.asked.setdefault((pid, words), Asked()).records += 1
        return words

    def _words(self, call: CallRecord) -> str:
        """What a model call says, as its vendor will see it; '' for other calls."""
        if call.kind != "think":
            return ""
        if not call.name.startswith("model."):
            inputs = unpack(call.args["inputs"], self._blob)
            return f"sum {inputs['n']}" if isinstance(inputs, dict) and call.solver == "mind" else ""
        return words_of({name: unpack(packed, self._blob) for name, packed in call.args.items()})

    def _set_aside(self, name: tuple[int, int, str], hold: Hold | None) -> None:
        if hold is None:
            return
        pid, _, key = name
        process, found = self.processes[pid], self._calls[name]
        expect(found.hold is None, f"{key} of {pid} holds twice")
        definition = self._definition(process.definition)
        for caps in (definition.caps, self._caps(self._life, process.owner)):
            for scope, cap in self._ceilings(pid, process, hold, caps):
                used = self._used.get(scope, ZERO) if scope != ("call",) else ZERO
                expect(_within(used + hold.amount, cap), f"{scope} has {used}, holds {hold.amount} and may {cap}")
        bounds = definition.bounds
        for scope in _shared(hold):
            cap = bounds.process if bounds is not None and scope[1].startswith("task/") else None
            used = self._used.get(scope, ZERO) + hold.amount
            expect(cap is None or _within(used, cap), f"{scope} would come to {used} and may {cap}")
        found.hold = hold
        for scope in (*_scopes(pid, process, hold), *_shared(hold)):
            self._used[scope] = self._used.get(scope, ZERO) + hold.amount
        if found.words:
            asked = self.asked[pid, found.words]
            asked.covers += 1
            asked.open[key] = hold

    def _settle(self, name: tuple[int, int, str], charge: Amount) -> None:
        pid, _, key = name
        process, found = self.processes[pid], self._calls[name]
        hold = found.hold
        if hold is None:
            expect(not charge, f"{key} of {pid} was charged {charge} and nothing was set aside")
            return
        expect(hold.amount.covers(charge) and charge.covers(ZERO), f"{key} of {pid}: {charge} of {hold.amount}")
        found.hold = None
        for scope in (*_scopes(pid, process, hold), *_shared(hold)):
            self._used[scope] = self._used[scope] - hold.amount + charge
        if found.words:
            asked = self.asked[pid, found.words]
            asked.charged += charge
            asked.open.pop(key, None)

    def _ceilings(self, pid: int, process: Account, hold: Hold, caps: Caps) -> list[tuple[tuple[str, ...], Amount]]:
        named = (("call",), *_scopes(pid, process, hold))
        ceilings = (caps.call, caps.process, caps.agent, caps.owner, caps.day, caps.week, caps.month)
        return [(scope, cap) for scope, cap in zip(named, ceilings, strict=True) if cap is not None]

    def _definition(self, name: Digest) -> Definition:
        found = self._definitions.get(name)
        if found is None:
            found = self._definitions[name] = msgspec.json.decode(self._blob(name), type=Definition)
        return found

    # The vendors

    def sends(self, sending: Sending) -> None:
        """A sending arrives at its vendor now: may it? The journal was followed up to now."""
        pid, words = sending.pid, sending.words
        asked = self.asked.get((pid, words))
        expect(asked is not None and asked.open, f"{words!r} of {pid} was sent and nothing durable covers it")
        assert asked is not None
        fits = any(hold.amount.covers(sending.worst) for hold in asked.open.values())
        expect(fits, f"{words!r} of {pid} may cost {sending.worst} at {sending.endpoint}; held is {asked.open}")
        expect(sending.worst, f"{words!r} of {pid} was sent to {sending.endpoint}, whose price is unknown")
        used = sum(one.billable for one in asked.sendings)
        expect(used < asked.covers, f"{words!r} of {pid} was sent again and only {asked.covers} sendings were covered")
        expect(not self.processes[pid].ended, f"{words!r} of {pid} was sent after its process had ended")
        asked.sendings.append(sending)

    def squared(self) -> None:
        """Everything is over: no honest invoice is above what was charged."""
        for (pid, words), asked in self.asked.items():
            billed = sum(one.billed for one in asked.sendings if one.honest)
            expect(
                billed <= asked.charged.microusd,
                f"the vendors bill {billed} for {words!r} of {pid}, charged was {asked.charged.microusd}",
            )

    def records(self, pid: int, words: str) -> int:
        """How many durable records are about these words."""
        asked = self.asked.get((pid, words))
        return asked.records if asked is not None else 0

    def answers(self, pid: int, words: str) -> tuple[str, ...]:
        """Bodies of every answer to these words that is durable."""
        asked = self.asked.get((pid, words))
        return tuple(asked.answers) if asked is not None else ()


def _scopes(pid: int, process: Account, hold: Hold) -> tuple[tuple[str, ...], ...]:
    """What a hold counts on, in the order of `Caps`."""
    owner, date = process.owner, datetime.date(1970, 1, 1) + datetime.timedelta(hold.day)
    return (
        ("process", str(pid)),
        ("agent", owner, process.agent),
        ("owner", owner),
        ("day", owner, str(hold.day)),
        ("week", owner, process.agent, str(date.isocalendar()[:2])),
        ("month", owner, process.agent, str(date.replace(day=1))),
    )


def _within(used: Amount, cap: Amount) -> bool:
    money = cap.microusd < 0 or used.microusd <= cap.microusd
    return money and (cap.tokens < 0 or used.tokens <= cap.tokens)


def _shared(hold: Hold) -> tuple[tuple[str, ...], ...]:
    """What a hold counts on together with those of other processes."""
    return tuple(("shared", key) for key in hold.also)


def _body(value: Plain) -> str:
    return str(cast("dict[str, Plain]", value).get("body", "")) if isinstance(value, dict) else ""

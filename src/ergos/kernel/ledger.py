"""Money and tokens: double entry, holds before, settlement after, caps that cannot be passed.

A call first sets aside its worst case (hold), then pays what it used (capture) and gives back the rest
(release). Every movement is a debit and a credit of the same amount, so the sum of all accounts is always
zero. A cap bounds spent + held of a scope (call, process, agent, owner, owner's day, agent's week and month), so it is
enforced before anything is spent; concurrent calls cannot pass it together. A ceiling does the same for a meter of
several processes, such as all that work on one task of a peer.

Accounts: `owner/alice` (minus what is spent and held), `held/7` (set aside for process 7), `paid/NAME`.

Rules: integers; fail closed: an unknown price or a paid call without any cap is refused; a charge above its
hold is paid up to the hold and the rest is an overdraft that is shown, never hidden. This file knows nothing
of policy, journal or storage: a `Book` is plain memory and is rebuilt by folding records over it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from ergos.base.ids import Pid
from ergos.base.money import ZERO, Amount, format_money
from ergos.kernel.calls import Failure, Hold
from ergos.kernel.permission import days

Scope = Literal["process", "agent", "owner", "day", "week", "month"]


class Caps(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Ceilings by scope; a part of an Amount that is negative means no ceiling for that part."""

    call: Amount | None = None
    process: Amount | None = None
    agent: Amount | None = None
    owner: Amount | None = None
    day: Amount | None = None
    week: Amount | None = None
    """Of the agent, in a week that begins on Monday, UTC."""
    month: Amount | None = None
    """Of the agent, in a month of the calendar, UTC."""


class Payer(msgspec.Struct, frozen=True):
    """On whose account a call runs."""

    pid: Pid
    agent: str
    owner: str


class Meter(msgspec.Struct, array_like=True):
    """Spent and held of one scope."""

    spent: Amount = ZERO
    held: Amount = ZERO


class Ceiling(msgspec.Struct, frozen=True):
    """A meter that several processes spend from together, and what may be spent and held of it."""

    scope: str
    """What it is called where it is in the way."""
    key: str
    most: Amount


UNCAPPED: Final = -1


def scopes(payer: Payer, day: int, *, long: bool = True) -> tuple[tuple[Scope, str], ...]:
    """The meters a call of this payer counts on, each with its key. `long`: week and month, too."""
    found: tuple[tuple[Scope, str], ...] = (
        ("process", f"process/{payer.pid}"),
        ("agent", f"agent/{payer.owner}/{payer.agent}"),
        ("owner", f"owner/{payer.owner}"),
        ("day", f"day/{payer.owner}/{day}"),
    )
    if not long:
        return found
    whose = f"{payer.owner}/{payer.agent}"
    year, month, _ = days.date(day)
    return (*found, ("week", f"week/{whose}/{week_of(day)}"), ("month", f"month/{whose}/{year}-{month:02}"))


def week_of(day: int) -> int:
    """Weeks that began on a Monday since that of 1 January 1970, a Thursday."""
    return (day + 3) // 7


class Book:
    """Accounts and meters in memory, with what changed since they were last stored."""

    def __init__(self) -> None:
        self.accounts: dict[str, Amount] = {}
        self.meters: dict[str, Meter] = {}
        self._touched_accounts: set[str] = set()
        self._touched_meters: set[str] = set()

    @property
    def dirty(self) -> bool:
        """Whether anything was touched since it was last stored."""
        return bool(self._touched_accounts or self._touched_meters)

    def known(self, key: str) -> bool:
        """Whether this account or meter was loaded."""
        return key in self.meters or key in self.accounts

    def load(self, accounts: dict[str, Amount], meters: dict[str, Meter]) -> None:
        """Take over stored values; what is in memory is newer and wins."""
        for name, balance in accounts.items():
            self.accounts.setdefault(name, balance)
        for key, meter in meters.items():
            self.meters.setdefault(key, meter)

    def forget(self, pid: Pid) -> None:
        """Drop what only this process needs; its holds are settled."""
        self.accounts.pop(f"held/{pid}", None)
        self.meters.pop(f"process/{pid}", None)

    def drop(self, keys: Iterable[str]) -> None:
        """Drop meters that nobody in memory spends from; what they come to is stored."""
        for key in keys:
            self.meters.pop(key, None)

    def refusal(
        self, payer: Payer, worst: Amount, caps: Caps, day: int, ceilings: Iterable[Ceiling] = ()
    ) -> Failure | None:
        """Why this worst case is not covered, or None."""
        if worst.microusd > 0 and not any((caps.process, caps.agent, caps.owner, caps.day, caps.week, caps.month)):
            return Failure("E302", "a paid call needs a cap, and none is set for this process, agent, owner or day")
        found = _above("call", caps.call, ZERO, worst)
        if found is not None:
            return found
        for scope, key in scopes(payer, day):
            cap: Amount | None = getattr(caps, scope)
            if cap is not None:
                meter = self.meters.get(key) or Meter()
                found = _above(scope, cap, meter.spent + meter.held, worst)
                if found is not None:
                    return found
        for one in ceilings:
            meter = self.meters.get(one.key) or Meter()
            found = _above(one.scope, one.most, meter.spent + meter.held, worst)
            if found is not None:
                return found
        return None

    def hold(self, payer: Payer, hold: Hold) -> None:
        """Set the worst case aside. `refusal` was asked before."""
        self._move(f"owner/{payer.owner}", f"held/{payer.pid}", hold.amount)
        for key in _keys(payer, hold):
            self._meter(key).held += hold.amount

    def settle(self, payer: Payer, hold: Hold, charge: Amount, provider: str = "") -> Amount:
        """Pay the charge out of the hold and release the rest; returns the overdraft, usually zero.

        `provider`: who is paid, if not the one the hold names.

        A charge above the hold (a provider that bills more than its stated worst case) is booked in full:
        the ledger tells the truth even where a provider does not, and the caps see it.
        """
        overdraft = charge - charge.at_most(hold.amount)
        if overdraft:
            self._move(f"owner/{payer.owner}", f"held/{payer.pid}", overdraft)
        self._move(f"held/{payer.pid}", f"paid/{provider or hold.provider}", charge)
        self._move(f"held/{payer.pid}", f"owner/{payer.owner}", hold.amount + overdraft - charge)
        for key in _keys(payer, hold):
            meter = self._meter(key)
            meter.held -= hold.amount
            meter.spent += charge
        return overdraft

    def imbalance(self) -> Amount:
        """The sum of all accounts; zero, or the books are wrong."""
        total = ZERO
        for balance in self.accounts.values():
            total += balance
        return total

    def changed(self) -> Iterator[tuple[str, Amount | Meter]]:
        """Accounts and meters touched since the last call, with their present values."""
        for name in sorted(self._touched_accounts):
            yield name, self.accounts[name]
        for key in sorted(self._touched_meters):
            meter = self.meters[key]
            yield key, Meter(meter.spent, meter.held)
        self._touched_accounts.clear()
        self._touched_meters.clear()

    def _meter(self, key: str) -> Meter:
        self._touched_meters.add(key)
        meter = self.meters.get(key)
        if meter is None:
            meter = self.meters[key] = Meter()
        return meter

    def _move(self, debit: str, credit: str, amount: Amount) -> None:
        """One entry: takes from `debit`, gives to `credit`."""
        if amount:
            self.accounts[debit] = self.accounts.get(debit, ZERO) - amount
            self.accounts[credit] = self.accounts.get(credit, ZERO) + amount
            self._touched_accounts.update((debit, credit))


def _keys(payer: Payer, hold: Hold) -> Iterator[str]:
    for _, key in scopes(payer, hold.day, long=hold.long):
        yield key
    yield from hold.also


def _above(scope: str, cap: Amount | None, used: Amount, worst: Amount) -> Failure | None:
    if cap is None:
        return None
    if 0 <= cap.microusd < used.microusd + worst.microusd:
        return Failure(
            "E302",
            f"this call may cost {format_money(worst.microusd)}; {format_money(used.microusd)} of the "
            f"{scope} cap of {format_money(cap.microusd)} is spent or held",
        )
    if 0 <= cap.tokens < used.tokens + worst.tokens:
        return Failure(
            "E302",
            f"this call may use {worst.tokens:,} tokens; {used.tokens:,} of the {scope} cap of "
            f"{cap.tokens:,} are used or held",
        )
    return None

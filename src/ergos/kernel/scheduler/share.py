"""How service is shared between owners: each has a counter, and may run ahead of the least by Q.

Rules: the counter is the owner's service in weighted tokens over its weight, made of the same usage that the ledger
books (`charge`): an estimate when a call is sent, corrected when it ended. An owner that comes back after a pause is
lifted to the least counter of those who waited meanwhile, so that nobody banks service.

Bound: while two owners both wait all the time, |W_f/phi_f - W_g/phi_g| <= 2 (bypass Q + u + I e): u the largest charge
of a call, I the calls in flight, e the largest under-estimate of a charge. Q = 0 is VTC, Q = infinity ignores owners.
Source: VTC (OSDI 2024), DLPM (2501.14312), start-time fair queueing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ergos.kernel.models import Usage
from ergos.kernel.scheduler.programs import Account
from ergos.kernel.scheduler.wants import Rules

OWNERS_MAX: Final = 10_000
"""Owners remembered; of more, those that have nothing waiting are forgotten, the longest unseen first."""


def charge(usage: Usage, rules: Rules) -> float:
    """Weighted tokens of a usage: what the ledger books, in the scheduler's unit."""
    cached = min(usage.cached_tokens, usage.input_tokens)
    read = usage.input_tokens - cached
    return rules.input_weight * read + rules.cached_weight * cached + rules.output_weight * usage.output_tokens


class Shares:
    """All owners."""

    def __init__(self, rules: Rules) -> None:
        self._rules: Final = rules
        self.accounts: Final[dict[str, Account]] = {}

    def account(self, owner: str) -> Account:
        """An owner's counter."""
        found = self.accounts.get(owner)
        if found is None:
            if len(self.accounts) >= OWNERS_MAX:
                self._forget()
            weight = self._rules.weights.get(owner, 1.0)
            found = self.accounts[owner] = Account(weight if weight > 0 else 1.0)
        return found

    def _forget(self) -> None:
        for owner, account in self.accounts.items():
            if not account.waiting and not account.running:
                del self.accounts[owner]
                return

    def lift(self, owner: str, floor: float) -> None:
        """An owner that had nothing waiting has again: no service banked."""
        account = self.account(owner)
        account.virtual = max(account.virtual, floor)

    def add(self, owner: str, tokens: float) -> None:
        """Charge, or give back what was charged too much."""
        account = self.account(owner)
        account.served += tokens
        account.virtual += tokens / account.weight

    def least(self, owners: Iterable[str]) -> float:
        """The least counter of these; 0 without any."""
        return min((self.accounts[owner].virtual for owner in owners), default=0.0)

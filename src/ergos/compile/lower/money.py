"""The ceilings that an owner said, as the caps of a program.

Rules: money is US dollars, rounded down, so that a ceiling is never raised; another currency needs a rate that the
owner set, else it is a question; zero or less pays for nothing, which is an error and not an agent that never works. Of
two ceilings for one period the lower one holds.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import Final

import msgspec

from ergos.base.money import MICRO, Amount
from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import BudgetSaid, Found, Intent, Period
from ergos.kernel.ledger import UNCAPPED, Caps

MICROUSD_MAX: Final = 10**15  # a billion dollars; a larger ceiling is none, and a slip of the pen
TOKENS_MAX: Final = 2**53  # tokens that every reader of a number understands exactly

SCOPES: Final[dict[Period, str]] = {
    "call": "call",
    "process": "process",
    "day": "day",
    "week": "week",
    "month": "month",
    "total": "agent",
}
"""Which cap a period is: 'per day' is the owner's day, week and month are the agent's own."""


def caps_of(intent: Intent, circumstances: Circumstances) -> tuple[Caps, tuple[Diagnostic, ...]]:
    """The caps, and what is to be said about them."""
    caps = Caps()
    said: list[Diagnostic] = []
    first: dict[tuple[str, bool], Found[BudgetSaid]] = {}
    for found in intent.budgets:
        amount = _amount(found, circumstances, said)
        if amount is None:
            continue
        scope, tokens = SCOPES[found.value.period], found.value.unit == "tokens"
        before: Amount | None = getattr(caps, scope)
        earlier = first.setdefault((scope, tokens), found)
        if earlier is not found and (earlier.value.amount, earlier.value.unit) != (
            found.value.amount,
            found.value.unit,
        ):
            said.append(Diagnostic(code="C305", spans=tuple(sorted({earlier.span, found.span}))))
        caps = msgspec.structs.replace(caps, **{scope: amount if before is None else _lower(before, amount)})
    return caps, tuple(said)


def _amount(found: Found[BudgetSaid], circumstances: Circumstances, said: list[Diagnostic]) -> Amount | None:
    value, unit = found.value.amount, found.value.unit
    if not value.is_finite() or value <= 0:
        said.append(Diagnostic(code="C301", spans=(found.span,)))
        return None
    if unit == "tokens":
        return Amount(UNCAPPED, min(int(value), TOKENS_MAX))
    rate = Decimal(1) if unit == "USD" else circumstances.dollars.get(unit)
    if rate is None or rate <= 0:
        said.append(Diagnostic(code="C323", spans=(found.span,), values={"currency": unit}))
        return None
    try:
        microusd = int((value * rate * MICRO).to_integral_value(ROUND_FLOOR))
    except InvalidOperation:
        microusd = MICROUSD_MAX
    if microusd <= 0:
        said.append(Diagnostic(code="C301", spans=(found.span,)))
        return None
    return Amount(min(microusd, MICROUSD_MAX), UNCAPPED)


def _lower(one: Amount, other: Amount) -> Amount:
    return Amount(_least(one.microusd, other.microusd), _least(one.tokens, other.tokens))


def _least(one: int, other: int) -> int:
    if UNCAPPED in (one, other):
        return max(one, other)
    return min(one, other)

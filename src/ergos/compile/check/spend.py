"""Lints about money: budgets that pay for nothing, or for less than the program may use; models that are not there.

Rules: pure; a worst case that nobody knows is not compared. The ledger stops what is above a budget in any case; a
lint says it beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ergos.base.money import Amount
from ergos.compile.check.cost import MONTH_DAYS, NEEDS_MODEL, Cost, cost_of, dollars
from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import Span
from ergos.kernel.ledger import Caps
from ergos.kernel.permission.wording import Language
from ergos.lib.agent_file import AgentFile

_PERIODS: Mapping[str, tuple[float, str, str]] = {
    "day": (1, "a day", "一天"),
    "week": (7, "a week", "一周"),
    "month": (MONTH_DAYS, "a month", "一个月"),
}


def about_money(file: AgentFile, circumstances: Circumstances, known: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """All findings about money."""
    cost = cost_of(file, circumstances)
    yield from _nothing(file.caps, paid=bool(cost.paid))
    yield from _above(file, cost)
    if cost.paid and not any(getattr(file.caps, scope) for scope in Caps.__struct_fields__ if scope != "call"):
        first = cost.paid[0]
        yield Diagnostic(code="C344", spans=_at(known, first), values={"step": first})
    kinds = set(file.solvers)
    for step in file.work.steps:
        may = set(step.solvers) or kinds
        if (
            step.verb == "think"
            and step.name in NEEDS_MODEL
            and (not circumstances.model or (may and "model" not in may))
        ):
            yield Diagnostic(code="C347", spans=_at(known, step.id), values={"step": step.id})


def _nothing(caps: Caps, *, paid: bool) -> Iterator[Diagnostic]:
    """A ceiling of zero lets nothing paid pass."""
    for scope in Caps.__struct_fields__:
        amount: Amount | None = getattr(caps, scope)
        if amount is not None and paid and 0 in (amount.microusd, amount.tokens):
            yield Diagnostic(code="C301")
            return


def _above(file: AgentFile, cost: Cost) -> Iterator[Diagnostic]:
    """Worst case and expectation above a ceiling: of a firing, and of each period."""
    zh: Language = "zh" if file.language == "zh" else "en"
    for scope, (days, en, chinese) in _PERIODS.items():
        amount: Amount | None = getattr(file.caps, scope)
        if amount is None or amount.microusd <= 0:
            continue
        period = chinese if zh == "zh" else en
        share = days / MONTH_DAYS
        usual = None if cost.month_expected is None else int(cost.month_expected * share)
        most = None if cost.month_worst is None else int(cost.month_worst * share)
        budget = dollars(amount.microusd)
        if usual is not None and usual > amount.microusd:
            values = {"expected": dollars(usual), "period": period, "budget": budget}
            yield Diagnostic(code="C333", values=values)
        elif most is not None and most > amount.microusd:
            yield Diagnostic(code="C332", values={"worst": dollars(most), "period": period, "budget": budget})


def _at(known: Mapping[str, Span], name: str) -> tuple[Span, ...]:
    return (known[name],) if name in known else ()

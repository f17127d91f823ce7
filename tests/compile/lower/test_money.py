"""Ceilings: what they become, and which are none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ergos.base.money import Amount
from ergos.compile.intent import BudgetSaid, Found
from ergos.compile.lower.money import caps_of
from tests.compile.office import KNOWN, intent, known


def said(*budgets: tuple[str, str, str]):
    found = tuple(
        Found(BudgetSaid(amount=Decimal(amount), unit=unit, period=period), (place, place + 1))  # type: ignore[arg-type]
        for place, (amount, unit, period) in enumerate(budgets)
    )
    return intent("a budget of some kind", budgets=found)


def test_each_period_is_a_cap_of_its_own():
    caps, diagnostics = caps_of(said(("5", "USD", "month"), ("0.5", "USD", "day"), ("1000", "tokens", "call")), KNOWN)
    assert (caps.month, caps.day, caps.call) == (Amount(5_000_000, -1), Amount(500_000, -1), Amount(-1, 1_000))
    assert diagnostics == ()


@pytest.mark.parametrize("amount", ["0", "-5", "NaN", "Infinity", "0.0000001"])
def test_a_budget_of_nothing_is_an_error_and_never_a_cap(amount: str):
    caps, diagnostics = caps_of(said((amount, "USD", "month")), KNOWN)
    assert caps.month is None
    assert [one.code for one in diagnostics] == ["C301"]


def test_another_currency_is_a_question_until_its_owner_set_a_rate():
    caps, diagnostics = caps_of(said(("20", "CNY", "month")), KNOWN)
    assert (caps.month, [one.code for one in diagnostics]) == (None, ["C323"])
    caps, diagnostics = caps_of(said(("20", "CNY", "month")), known(dollars={"CNY": Decimal("0.14")}))
    assert (caps.month, diagnostics) == (Amount(2_800_000, -1), ())


def test_of_two_ceilings_for_one_period_the_lower_one_holds_and_it_is_said():
    caps, diagnostics = caps_of(said(("5", "USD", "month"), ("3", "USD", "month")), KNOWN)
    assert caps.month == Amount(3_000_000, -1)
    assert [one.code for one in diagnostics] == ["C305"]


def test_money_and_tokens_of_one_period_stand_side_by_side():
    caps, diagnostics = caps_of(said(("5", "USD", "day"), ("100", "tokens", "day")), KNOWN)
    assert (caps.day, diagnostics) == (Amount(5_000_000, 100), ())


def test_an_absurd_amount_is_bounded():
    caps, _ = caps_of(said(("1e30", "USD", "total")), KNOWN)
    assert caps.agent is not None
    assert caps.agent.microusd == 10**15

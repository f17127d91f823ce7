"""The agent that asks a model: one budget, one kind of call."""

from __future__ import annotations

from ergos.app.composing_agent import BUDGET, compiler


def test_it_may_ask_models_and_nothing_else_within_its_budget():
    assert [(one.verb, one.name) for one in compiler.grants] == [("think", "model.*")]
    assert compiler.caps.process == BUDGET
    assert BUDGET.microusd == 250_000

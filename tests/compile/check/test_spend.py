"""Lints about money."""

from __future__ import annotations

from ergos.compile.check.lints import check
from ergos.kernel.usage import ModelPrice
from ergos.lib.agent_file import read
from tests.compile.office import compiled, known

PRICE = ModelPrice(input=1_000_000, output=4_000_000)
PROSE = "every day at 8 read ./a.txt, translate it into French and save it to b.txt"


def codes(prose: str, **changes: object) -> set[str]:
    return {one.code for one in compiled(prose, **changes).diagnostics}


def test_a_step_that_needs_a_model_says_so_where_there_is_none():
    assert "C347" in codes(PROSE)
    assert "C347" not in codes(PROSE, model=True, model_price=PRICE)


def test_a_paid_step_without_a_budget_would_be_refused():
    assert "C344" in codes(PROSE, model=True, model_price=PRICE)
    assert "C344" not in codes(f"{PROSE}; at most $1 a month", model=True, model_price=PRICE)


def test_a_worst_case_above_the_budget_is_said_and_an_expectation_above_it_more_so():
    assert "C332" in codes(f"{PROSE}; at most $1 a month", model=True, model_price=PRICE)
    assert "C333" in codes(f"{PROSE}; at most $0.01 a month", model=True, model_price=PRICE)


def test_a_ceiling_of_zero_for_paid_steps_is_an_error():
    text = (
        "---\nname: desk\nsteps:\n  - {id: t, think: translate, with: {text: x, language: fr}}\n"
        "grants:\n  - {think: translate, words: w}\nbudget: {per_day: 0usd}\n---\n"
    )
    assert "C301" in {one.code for one in check(read(text, "A"), known(model=True, model_price=PRICE))}

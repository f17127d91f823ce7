"""What a program may cost."""

from __future__ import annotations

from ergos.compile.check.cost import cost_of, dollars, firings
from ergos.kernel.usage import ModelPrice
from tests.compile.office import compiled, known

PRICE = ModelPrice(input=1_000_000, output=4_000_000)
PROSE = "every day at 8 read ./a.txt, translate it into French and save it to b.txt; at most $1 a month"


def test_without_a_model_nothing_costs_anything():
    made = compiled(PROSE)
    assert made.file is not None
    cost = cost_of(made.file, known())
    assert (cost.firing_worst, cost.month_worst, cost.paid) == (0, 0, ())


def test_a_month_is_its_firings_times_one():
    made = compiled(PROSE, model=True, model_price=PRICE)
    assert made.file is not None
    cost = cost_of(made.file, known(model=True, model_price=PRICE))
    assert cost.firings_month == 31
    assert cost.firing_expected == 5_500
    assert cost.month_expected == 31 * 5_500
    assert cost.firing_worst is not None
    assert cost.month_worst == 31 * cost.firing_worst


def test_what_is_not_known_is_none_and_never_zero():
    made = compiled(PROSE, model=True)
    assert made.file is not None
    assert cost_of(made.file, known(model=True)).firing_worst is None


def test_what_something_else_wakes_has_no_count():
    made = compiled("when a file arrives in ./in, tell me")
    assert made.file is not None
    assert firings(made.file, known()) is None


def test_dollars_are_read_at_a_glance():
    assert [dollars(one) for one in (0, 5_000_000, 12_345, 7)] == ["$0", "$5.00", "$0.0123", "$0.000007"]

"""One number for fairness and for the bill."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.models import Usage
from ergos.kernel.scheduler.share import OWNERS_MAX, Shares, charge
from ergos.kernel.scheduler.wants import Rules

RULES = Rules(weights={"heavy": 4.0, "broken": 0.0})


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**5))
def test_a_charge_is_linear_in_what_was_read_cached_and_written(read: int, cached: int, written: int) -> None:
    expected = read + 0.1 * cached + 6 * written
    assert abs(charge(Usage(read + cached, written, cached), RULES) - expected) < 1e-6 * (1 + expected)


def test_more_cached_than_read_is_a_vendors_mistake_and_no_refund() -> None:
    assert charge(Usage(100, 0, 500), RULES) == 10.0


def test_weight_divides_the_counter_but_not_the_bill() -> None:
    shares = Shares(RULES)
    shares.add("heavy", 100.0)
    assert (shares.account("heavy").served, shares.account("heavy").virtual) == (100.0, 25.0)
    assert shares.account("broken").weight == 1.0


def test_nobody_banks_service_while_away_and_nobody_is_forgiven() -> None:
    shares = Shares(RULES)
    shares.lift("late", 500.0)
    assert shares.account("late").virtual == 500.0
    shares.lift("late", 100.0)
    assert shares.account("late").virtual == 500.0


def test_owners_are_bounded_and_those_with_work_stay() -> None:
    shares = Shares(RULES)
    shares.account("busy").waiting = 1
    for n in range(OWNERS_MAX + 5):
        shares.account(f"o{n}")
    assert len(shares.accounts) == OWNERS_MAX
    assert "busy" in shares.accounts

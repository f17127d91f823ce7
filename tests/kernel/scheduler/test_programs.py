"""Records while the scheduler works."""

from __future__ import annotations

from ergos.kernel.scheduler.order import Order
from ergos.kernel.scheduler.programs import FIRST, ORDINARY, URGENT, Account, Call, Rank
from tests.kernel.scheduler.feeder import want


def test_ranks_order_by_tier_before_value() -> None:
    assert FIRST < Rank(URGENT, 1e18) < Rank(ORDINARY, 0.0) < Rank(ORDINARY, 1.0)


def test_a_lease_keeps_the_better_rank_until_it_is_used_up() -> None:
    program = Order().enter(want("x", 1, ["r"]), Account(1.0), 0)
    program.family.rank = Rank(ORDINARY, 900.0)
    program.lease_rank, program.lease_until = Rank(ORDINARY, 100.0), 4_000.0
    assert program.rank == Rank(ORDINARY, 100.0)
    program.family.attained = 4_000.0
    assert program.rank == Rank(ORDINARY, 900.0)


def test_a_call_never_expects_more_than_it_may_write() -> None:
    wanted = want("x", 1, ["r"], tokens=100, output_tokens=5)
    call = Call(wanted, Order().enter(wanted, Account(1.0), 0), 1, 0, ())
    assert call.output <= 5
    assert call.room <= 105

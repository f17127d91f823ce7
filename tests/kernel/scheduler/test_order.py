"""Ranks: history, declarations as far as they prove true, deadlines, families."""

from __future__ import annotations

from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.kernel.scheduler.order import DECLARERS_MAX, Declarations, Order
from ergos.kernel.scheduler.programs import ORDINARY, URGENT, Account, Program
from tests.kernel.scheduler.feeder import want


def entered(order: Order, program: int, **more: object) -> Program:
    return order.enter(want("x", program, ["r"], **more), Account(1.0), 0)


def test_a_family_is_served_as_one() -> None:
    order = Order()
    parent, child = entered(order, 1), entered(order, 2, parent=1)
    assert child.family is parent.family
    order.served(child, 5_000.0, 0)
    assert parent.rank == child.rank
    assert parent.family.attained == 5_000.0
    order.leave(child)
    assert entered(order, 3, parent=1).family is parent.family
    order.leave(parent)
    assert not order._families


def test_children_of_a_program_that_never_calls_are_a_family_too() -> None:
    order = Order()
    one, two = entered(order, 11, parent=10), entered(order, 12, parent=10)
    assert one.family is two.family
    order.leave(one)
    order.leave(two)
    assert not order._families
    order.close(Pid(10))


def test_a_declared_short_rest_ranks_before_the_unknown() -> None:
    order = Order()
    short, unknown = entered(order, 1), entered(order, 2)
    order.served(unknown, 20_000.0, 0)
    order.served(short, 20_000.0, 0)
    short = entered(order, 1, remaining_tokens=500)
    assert order.rank(short.family, 0) < order.rank(unknown.family, 0)


def test_a_liar_gains_once() -> None:
    order = Order()
    liar = entered(order, 1, owner="liar", remaining_tokens=100)
    honest = entered(order, 2, owner="other")
    assert order.rank(liar.family, 0) < order.rank(honest.family, 0)
    order.served(liar, 50_000.0, 0)
    order.served(honest, 50_000.0, 0)
    assert order.rank(liar.family, 0) == order.rank(honest.family, 0)
    again = entered(order, 3, owner="liar", remaining_tokens=100)
    newcomer = entered(order, 4, owner="other")
    assert order.rank(again.family, 0).value > 0.4 * order.rank(newcomer.family, 0).value
    assert order.declarations.trust("liar", "k") < 0.2
    assert order.declarations.trust("liar", "another kind") < 0.2
    assert order.declarations.trust("other", "k") > 0.7


def test_a_promise_that_is_renewed_at_every_call_is_seen_through() -> None:
    order = Order()
    program = entered(order, 1, owner="liar", remaining_tokens=1_000)
    for _ in range(12):
        order.served(program, 1_000.0, 0)
        program = entered(order, 1, owner="liar", remaining_tokens=1_000)
    assert program.family.declared is None
    assert order.declarations.trust("liar", "k") < 0.5


def test_who_is_always_wrong_by_the_same_factor_is_corrected_and_believed() -> None:
    order = Order()
    for n in range(30):
        program = entered(order, n + 1, owner="shy", remaining_tokens=1_000)
        order.served(program, 5_000.0, 0)
        order.leave(program)
    assert order.declarations.trust("shy", "k") > 0.7
    again = entered(order, 100, owner="shy", remaining_tokens=1_000)
    assert 3_000 < (order._left(again.family) or 0) < 6_000


def test_honesty_is_regained_slowly_and_memory_is_bounded() -> None:
    word = Declarations()
    word.judge("a", "k", 100.0, 100_000.0)
    low = word.trust("a", "k")
    word.judge("a", "k", 100.0, 100.0)
    assert low < word.trust("a", "k") < 0.3
    for n in range(2 * DECLARERS_MAX):
        word.judge(f"o{n}", "k", 1.0, 1.0)
    assert len(word._words) <= DECLARERS_MAX


def test_a_near_deadline_is_urgent_and_a_passed_one_hurries_nobody() -> None:
    order = Order()
    program = entered(order, 1, deadline_ns=10_000 * SECOND)
    urgent_ns = order.urgent_ns(program.family)
    assert urgent_ns is not None
    assert order.rank(program.family, urgent_ns - 1).tier == ORDINARY
    assert order.rank(program.family, urgent_ns).tier == URGENT
    assert order.rank(program.family, 10_000 * SECOND).tier == ORDINARY

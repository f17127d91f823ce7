"""Moments come in order, each once."""

from __future__ import annotations

from ergos.kernel.scheduler.order import Order
from ergos.kernel.scheduler.programs import Account, Call
from ergos.kernel.scheduler.timers import Timers
from tests.kernel.scheduler.feeder import want


def test_timers_come_due_in_order_and_once() -> None:
    order, timers = Order(), Timers()
    wanted = want("x", 1, ["r"])
    calls = [Call(wanted, order.enter(wanted, Account(1.0), 0), n, 0, ()) for n in range(3)]
    for when, call in zip((30, 10, 20), calls, strict=True):
        timers.set(when, "retry", call)
    assert timers.next_ns() == 10
    assert timers.due(9) == []
    assert timers.due(20) == [("retry", calls[1]), ("retry", calls[2])]
    assert timers.due(100) == [("retry", calls[0])]
    assert timers.next_ns() is None

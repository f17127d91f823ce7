"""What a place costs, and when a home is too full."""

from __future__ import annotations

from ergos.kernel.scheduler.endpoint import Endpoint
from ergos.kernel.scheduler.order import Order
from ergos.kernel.scheduler.placement import cost, groups, overfull
from ergos.kernel.scheduler.programs import Account, Call, Sending
from ergos.kernel.scheduler.wants import Rules
from tests.kernel.scheduler.feeder import cloud, replica, want


def endpoint(name: str, running: int = 0) -> Endpoint:
    made = Endpoint(replica(name, slots=64), Rules())
    for n in range(running):
        made.send(Sending(call(f"{name}{n}"), name, 0, 0, hedge=False))
    return made


def call(key: str, tokens: int = 500) -> Call:
    wanted = want(key, 1, ["r"], tokens=tokens)
    return Call(wanted, Order().enter(wanted, Account(1.0), 0), 1, 0, ())


def test_replicas_that_stand_together_are_one_choice_and_others_come_in_the_callers_order() -> None:
    made = [Endpoint(spec, Rules()) for spec in (replica("a"), replica("b"), cloud("c"), cloud("d"))]
    assert [[each.spec.name for each in group] for group in groups(made)] == [["a", "b"], ["c"], ["d"]]


def test_a_home_is_overfull_only_when_it_has_much_more_than_the_others() -> None:
    assert not overfull(endpoint("a", 4), [endpoint("b"), endpoint("c")])
    assert overfull(endpoint("a", 20), [endpoint("a", 20), endpoint("b", 2), endpoint("c", 2)])
    assert not overfull(endpoint("a", 20), [endpoint("a", 20), endpoint("b", 18), endpoint("c", 18)])


def test_what_must_be_read_and_what_is_still_being_read_cost() -> None:
    idle, reading = endpoint("a"), endpoint("b", 3)
    wanted = call("x", 2_000)
    assert cost(idle, 1_500, wanted, 0.0) < cost(idle, 0, wanted, 0.0)
    assert cost(idle, 0, wanted, 0.0) < cost(reading, 0, wanted, 0.0)
    assert cost(idle, 0, wanted, 0.0) < cost(idle, 0, wanted, 10_000.0)

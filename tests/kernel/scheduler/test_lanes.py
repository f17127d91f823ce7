"""Queues by owner and rank."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.scheduler.lanes import Lane, OwnerQueue
from ergos.kernel.scheduler.order import Order
from ergos.kernel.scheduler.programs import ORDINARY, URGENT, Account, Call, Rank
from tests.kernel.scheduler.feeder import want


class Maker:
    def __init__(self) -> None:
        self.order = Order()
        self.accounts = {owner: Account(1.0) for owner in "ab"}
        self.count = 0

    def call(self, owner: str, value: float, tokens: int = 100, tier: int = ORDINARY) -> Call:
        self.count += 1
        wanted = want(str(self.count), self.count, ["r"], owner, tokens)
        program = self.order.enter(wanted, self.accounts[owner], 0)
        program.family.rank = Rank(tier, value)
        return Call(wanted, program, self.count, 0, ())


@given(st.integers(0, 10**9))
def test_tops_and_counts_are_right_after_any_changes(seed: int) -> None:
    chance, make, lane = random.Random(seed), Maker(), Lane(("r",))
    inside: dict[Call, str] = {}
    for _ in range(200):
        act = chance.random()
        if act < 0.5 or not inside:
            call = make.call(
                chance.choice("ab"), chance.randrange(100), chance.randrange(1, 500), chance.choice((URGENT, ORDINARY))
            )
            inside[call] = chance.choice(("warm", "cold"))
            lane.put(call, inside[call])  # type: ignore[arg-type]
        elif act < 0.75:
            call = chance.choice(list(inside))
            call.program.family.rank = Rank(ORDINARY, chance.randrange(100))
            inside[call] = chance.choice(("warm", "cold"))
            lane.put(call, inside[call])  # type: ignore[arg-type]
        else:
            call = chance.choice(list(inside))
            del inside[call]
            lane.drop(call)
        assert lane.calls == len(inside)
        assert lane.warm == sum(heat == "warm" for heat in inside.values())
        assert lane.urgent == sum(call.program.rank.tier == URGENT for call in inside)
        colds = [call.room for call, heat in inside.items() if heat == "cold"]
        assert lane.smallest() <= min(colds, default=float("inf"))
        for owner in "ab":
            for heat in ("warm", "cold"):
                own = [call for call, where in inside.items() if where == heat and call.want.owner == owner]
                queue = lane.queues.get(owner)
                top = None if queue is None else OwnerQueue.top(queue.warm if heat == "warm" else queue.cold)
                best = min(own, key=lambda call: (*call.program.rank, call.seq), default=None)
                assert (None if top is None else top[3]) is best
            queue = lane.queues.get(owner)
            oldest = min(
                (call for call in inside if call.want.owner == owner),
                key=lambda call: call.program.family.born,
                default=None,
            )
            assert (None if queue is None else queue.eldest()) is oldest


def test_heaps_do_not_grow_with_changes_of_rank() -> None:
    make, lane = Maker(), Lane(("r",))
    calls = [make.call("a", n) for n in range(10)]
    for n in range(5_000):
        call = calls[n % 10]
        call.program.family.rank = Rank(ORDINARY, float(n))
        lane.put(call, "cold")
    assert len(lane.queues["a"].cold) <= 200


def test_the_least_owner_is_found_and_a_lane_wakes_at_the_earliest() -> None:
    make, lane = Maker(), Lane(("r",))
    for owner in "ab":
        lane.put(make.call(owner, 1.0), "warm")
    make.accounts["a"].virtual = 5.0
    assert lane.least() is lane.queues["b"]
    for when in (50, None, 20, 70):
        lane.wake(when)
    assert lane.wake_ns == 20

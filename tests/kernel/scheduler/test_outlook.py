"""What is foretold is near what happens."""

from __future__ import annotations

from tests.kernel.scheduler.feeder import SECOND, Feeder, replica, want


def test_a_foretold_wait_is_within_a_factor_of_three_of_the_real_one() -> None:
    feeder = Feeder([replica("r0", slots=2, kv_tokens=None)])
    for n in range(60):
        feeder.arrive(want(f"a{n}", n + 1, ["r0"]))
    for _ in range(40):
        feeder.wait(SECOND)
        feeder.end(*next(iter(feeder.running)))
    told = feeder.grid.would_block_ns("b", ["r0"], feeder.now_ns)
    began = feeder.now_ns
    feeder.arrive(want("mine", 999, ["r0"], owner="b"))
    while not any(ticket.key == "mine" for ticket, _ in feeder.starts):
        feeder.wait(SECOND)
        feeder.end(*next(iter(feeder.running)))
    waited = feeder.now_ns - began
    assert told / 3 - SECOND <= waited <= 3 * told + SECOND


def test_a_free_endpoint_blocks_nobody_and_a_missing_one_blocks_for_ever() -> None:
    feeder = Feeder([replica("r0", slots=1)])
    assert feeder.grid.would_block_ns("a", ["r0"], 0) == 0
    assert feeder.grid.would_block_ns("a", ["x"], 0) > 1_000 * SECOND
    feeder.arrive(want("x", 1, ["r0"]))
    assert feeder.grid.would_block_ns("a", ["r0"], feeder.now_ns) > 0

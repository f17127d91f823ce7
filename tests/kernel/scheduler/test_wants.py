"""The records of the scheduler become JSON and back, and its knobs have sane defaults."""

from __future__ import annotations

import msgspec

from ergos.kernel.models import Usage
from ergos.kernel.scheduler.wants import NOTHING, Ended, Plan, Rules, Want
from tests.kernel.scheduler.feeder import want


def test_a_want_and_an_end_survive_json() -> None:
    asked = want("x", 7, ["a", "b"], prefix=((1, 64), (2, 128)), deadline_ns=5)
    assert msgspec.json.decode(msgspec.json.encode(asked), type=Want) == asked
    ended = Ended(ticket=asked.ticket, endpoint="a", usage=Usage(1, 2, 3), retry_after_ns=4, final=False)
    assert msgspec.json.decode(msgspec.json.encode(ended), type=Ended) == ended


def test_an_empty_plan_asks_for_nothing() -> None:
    assert Plan() == NOTHING
    assert NOTHING.next_ns is None


def test_what_is_written_weighs_more_than_what_is_read_and_that_more_than_what_is_cached() -> None:
    rules = Rules()
    assert rules.output_weight > rules.input_weight > rules.cached_weight > 0
    assert 0 < rules.hedge_share <= 0.05
    assert 0 < rules.retry_share <= 0.1

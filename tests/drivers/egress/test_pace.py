"""A program that asks in a loop waits; one that asks now and then does not."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from ergos.drivers.egress.pace import BEHIND_S, BURST_REQUESTS, REQUESTS_PER_S, Pace
from tests.drivers.http.wires import status

from .outside import inside


def test_a_burst_passes_and_what_follows_is_spread_over_time() -> None:
    async def test() -> None:
        pace = Pace(10, 5)
        waits = [pace.count() for _ in range(9)]
        assert waits[:5] == [0.0] * 5
        for earlier, later in pairwise(waits[5:]):
            assert abs(later - earlier - 0.1) < 0.05
        assert not pace.behind
        for _ in range(100):
            pace.count()
        assert pace.behind
        await Pace().turn()

    asyncio.run(test())


def test_a_flood_fills_the_records_no_faster_than_its_pace() -> None:
    async def test() -> None:
        async with inside() as near:
            allowed = BURST_REQUESTS + int(REQUESTS_PER_S * BEHIND_S)
            answered = 0
            for _ in range(2 * allowed):  # each malformed, so that none of them waits
                answered += status(await near.say(b"x\r\n\r\n", close=True)) == 400
            assert len(near.records) == answered
            assert answered < 2 * allowed

    asyncio.run(test())

"""Virtual time."""

from __future__ import annotations

import asyncio

import pytest

from ergos.sim.clockloop import StuckError, VirtualLoop, finish


def test_a_year_of_waiting_takes_no_time() -> None:
    loop = VirtualLoop()
    loop.run_until_complete(asyncio.sleep(365 * 86_400))
    assert loop.time() == pytest.approx(365 * 86_400)
    finish(loop)


def test_timers_fire_in_order_of_their_times() -> None:
    loop, seen = VirtualLoop(), []
    for delay in (3, 1, 2):
        loop.call_later(delay, seen.append, delay)
    loop.run_until_complete(asyncio.sleep(4))
    finish(loop)
    assert seen == [1, 2, 3]


def test_waiting_for_what_cannot_come_is_an_error() -> None:
    loop = VirtualLoop()
    with pytest.raises(StuckError):
        loop.run_until_complete(loop.create_future())
    finish(loop)


def test_a_loop_without_end_is_an_error() -> None:
    async def circle() -> None:
        while True:  # noqa: ASYNC110
            await asyncio.sleep(0)

    loop = VirtualLoop()
    with pytest.raises(StuckError):
        loop.run_until_complete(circle())
    finish(loop)


def test_work_for_a_thread_is_done_at_once() -> None:
    loop = VirtualLoop()
    assert loop.run_until_complete(asyncio.to_thread(sum, (1, 2))) == 3
    finish(loop)

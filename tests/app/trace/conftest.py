"""One home in which an agent talked to a model and another was written to, for all tests of traces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from ergos.app.access.seat import Seat
from ergos.app.home import Home, reading
from tests.app.trace_house import home_in, ran, seat_on

T = TypeVar("T")
See = Callable[[Callable[[Seat], Awaitable[T]]], T]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Process 1 asked a model, which called a tool; process 2 was told two things and stopped."""
    home = home_in(tmp_path_factory.mktemp("told") / "house")

    async def play() -> None:
        await ran(home, "forecaster")
        await ran(home, "asker", ("Oslo", "Rome", "stop"))

    asyncio.run(play())
    return home


@pytest.fixture
def see(told: Home) -> See[T]:
    """Run something with a seat in that home."""

    def seen(work: Callable[[Seat], Awaitable[T]]) -> T:
        async def run() -> T:
            async with reading(told) as reads:
                return await work(seat_on(told, reads))

        return asyncio.run(run())

    return seen

"""Who waits for a pulse is told of what is durable, once, and costs nothing while nothing happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ergos.app.pulse import Pulse
from ergos.base.errors import NotRunningError


class Heart:
    """A kernel that beats when it is told to."""

    def __init__(self) -> None:
        self.seq = 0
        self.looks = 0
        self.heard: set[Callable[[], None]] = set()
        self.slow: asyncio.Event | None = None

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        self.heard.add(heard)
        return lambda: self.heard.discard(heard)

    def write(self) -> None:
        self.seq += 1
        for heard in tuple(self.heard):
            heard()

    async def head(self) -> int:
        self.looks += 1
        seq = self.seq
        if self.slow is not None:
            await self.slow.wait()
        return seq


@pytest.fixture
def heart() -> Heart:
    return Heart()


def test_what_is_there_already_is_told_at_once(heart: Heart) -> None:
    async def main() -> None:
        pulse = Pulse(heart, heart.head)
        heart.write()
        assert await pulse.moved(0, 60) == 1

    asyncio.run(main())


def test_all_who_wait_are_told_of_one_write(heart: Heart) -> None:
    async def main() -> None:
        pulse = Pulse(heart, heart.head)
        waiting = [asyncio.ensure_future(pulse.moved(0, 60)) for _ in range(20)]
        await asyncio.sleep(0)
        heart.write()
        assert await asyncio.gather(*waiting) == [1] * 20

    asyncio.run(main())


def test_nothing_is_looked_at_while_nothing_is_written(heart: Heart) -> None:
    async def main() -> None:
        pulse = Pulse(heart, heart.head)
        assert await pulse.moved(0, 0.05) == 0
        assert heart.looks == 1

    asyncio.run(main())


def test_a_busy_kernel_is_looked_at_once_a_beat_only(heart: Heart) -> None:
    async def main() -> None:
        pulse = Pulse(heart, heart.head)
        seen = 0
        waiting = asyncio.ensure_future(pulse.moved(0, 60))
        await asyncio.sleep(0)
        for _ in range(1_000):
            heart.write()
        seen = await waiting
        assert seen == 1_000
        assert heart.looks == 2

    asyncio.run(main())


def test_a_write_while_it_looks_is_not_missed(heart: Heart) -> None:
    async def main() -> None:
        pulse = Pulse(heart, heart.head)
        heart.slow = asyncio.Event()
        waiting = asyncio.ensure_future(pulse.moved(0, 60))
        await asyncio.sleep(0)
        heart.write()  # nobody waits yet: the look is under way and has seen nothing
        heart.slow.set()
        assert await waiting == 1

    asyncio.run(main())


def test_closing_lets_everybody_go_and_hears_no_more(heart: Heart) -> None:
    async def main() -> None:
        pulse = Pulse(heart, heart.head)
        waiting = asyncio.ensure_future(pulse.moved(0, 60))
        await asyncio.sleep(0)
        pulse.close()
        assert await waiting == 0
        assert not heart.heard

    asyncio.run(main())


def test_who_gives_up_leaves_nothing_behind(heart: Heart) -> None:
    async def main() -> None:
        pulse = Pulse(heart, heart.head)
        waiting = asyncio.ensure_future(pulse.moved(0, 60))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        heart.write()
        assert heart.looks == 1
        assert pulse._due is None

    asyncio.run(main())


def test_who_asks_a_closed_pulse_is_told_that_the_kernel_stops() -> None:
    async def scenario() -> None:
        heart = Heart()
        pulse = Pulse(heart, heart.head)
        waiting = asyncio.ensure_future(pulse.moved(heart.seq, 30))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        pulse.close()
        assert await waiting == heart.seq
        with pytest.raises(NotRunningError):
            await pulse.moved(heart.seq, 30)

    asyncio.run(asyncio.wait_for(scenario(), 10))

"""Messages of queues, taken once by everybody who attends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ergos.base.clock import ManualClock
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import OverloadedError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.drivers.watchers import consumption as module
from ergos.drivers.watchers.consumption import Consumption
from ergos.drivers.watchers.queues import emit, queue_folder
from tests.drivers.watchers.bells import Kept, until

ONE, TWO = (Pid(1), "x"), (Pid(2), "x")


class Bench:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.kept = Kept()
        self.at_ns = 0
        self.queues = self.made()

    def made(self) -> Consumption:
        return Consumption(self.home, self.kept)

    def emit(self, value: Any, queue: str = "orders") -> None:
        self.at_ns += 1
        emit(self.home, queue, value, ManualClock(self.at_ns), SeededEntropy(self.at_ns))

    def left(self) -> int:
        return len(list(queue_folder(self.home, "orders").glob("*.json")))

    def values(self, pid: int = 1) -> list[Any]:
        return [one.value["value"] for at, _, one in self.kept.told if at == pid]  # type: ignore[index, call-overload]


def play(home: Path, test: Callable[[Bench], Awaitable[None]]) -> None:
    async def whole() -> None:
        bench = Bench(home)
        try:
            await test(bench)
        finally:
            await bench.queues.close()

    asyncio.run(whole())


def test_messages_are_told_in_order_and_taken_away(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        bench.emit(1)
        bench.emit({"n": 2})
        bench.queues.attend(ONE, "orders")
        await until(lambda: len(bench.kept.told) == 2)
        bench.emit(3)
        await until(lambda: bench.values() == [1, {"n": 2}, 3] and not bench.left())
        assert bench.kept.told[0][2].label.integrity == "untrusted"

    play(tmp_path, test)


def test_everybody_who_attends_is_told_and_another_queue_is_left_alone(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        bench.queues.attend(ONE, "orders")
        bench.queues.attend(TWO, "orders")
        bench.emit(1)
        bench.emit(2, "others")
        await until(lambda: len(bench.kept.told) == 2 and not bench.left())
        assert len(list(queue_folder(tmp_path, "others").iterdir())) == 1

    play(tmp_path, test)


def test_a_message_nobody_attends_to_waits(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        bench.queues.attend(ONE, "orders")
        bench.queues.leave(ONE)
        bench.emit(1)
        await asyncio.sleep(0.4)
        assert bench.left() == 1
        bench.queues.attend(TWO, "orders")
        await until(lambda: bench.values(2) == [1])

    play(tmp_path, test)


def test_a_message_told_and_not_taken_away_is_told_again_under_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(bench: Bench) -> None:
        def breaks(folder: Path, file: str) -> None:
            raise OSError(5, "the machine died here")

        with monkeypatch.context() as broken:
            broken.setattr(module, "taken", breaks)
            bench.emit(1)
            bench.queues.attend(ONE, "orders")
            await until(lambda: bench.values() == [1])
            await bench.queues.close()
        assert bench.left() == 1
        bench.queues = bench.made()
        bench.queues.attend(ONE, "orders")
        await until(lambda: not bench.left())
        assert bench.values() == [1]
        assert bench.kept.offers == 2

    play(tmp_path, test)


def test_a_storm_waits_and_keeps_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.05)

    async def test(bench: Bench) -> None:
        bench.kept.refuses = OverloadedError("too many")
        for number in range(5):
            bench.emit(number)
        bench.queues.attend(ONE, "orders")
        await until(lambda: bench.kept.offers > 2)
        assert bench.left() == 5
        bench.kept.refuses = None
        await until(lambda: bench.values() == [0, 1, 2, 3, 4] and not bench.left())

    play(tmp_path, test)


def test_who_is_no_more_keeps_nobody_waiting(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        bench.kept.refuses = UnknownProcessError("gone")
        bench.emit(1)
        bench.queues.attend(ONE, "orders")
        await until(lambda: bench.kept.offers > 0)
        await asyncio.sleep(0.1)
        assert bench.left() == 1
        bench.kept.refuses = None
        bench.queues.attend(TWO, "orders")
        await until(lambda: bench.values(2) == [1])

    play(tmp_path, test)


def test_without_a_bell_the_folders_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "hung", lambda _home: None)
    monkeypatch.setattr(module, "LOOK_DEAF_S", 0.05)

    async def test(bench: Bench) -> None:
        bench.queues.attend(ONE, "orders")
        await asyncio.sleep(0.3)
        bench.emit(1)
        await until(lambda: bench.values() == [1])

    play(tmp_path, test)


def test_a_thousand_who_attend_start_nothing_of_their_own(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        before = len(asyncio.all_tasks())
        for number in range(1_000):
            bench.queues.attend((Pid(number + 1), "x"), f"queue-{number % 50}")
        await asyncio.sleep(1.0)
        assert len(asyncio.all_tasks()) == before

    play(tmp_path, test)


def test_a_ring_in_the_last_moment_of_a_look_is_not_put_off(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        bench.queues.attend(ONE, "orders")
        await asyncio.sleep(0.5)
        real = bench.queues._one
        rung = 0

        async def rings(queue: str) -> bool:
            nonlocal rung
            found = await real(queue)
            if not rung:  # the look is over, and what rings now must not be put off until the next one
                rung += 1
                bench.emit("late")
                bench.queues._heard()
            return found

        bench.queues._one = rings  # type: ignore[method-assign]
        bench.emit("first")
        await until(lambda: bench.values() == ["first", "late"] and not bench.left())

    play(tmp_path, test)

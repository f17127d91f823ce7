"""What cannot be delivered yet is kept, in order, and delivered once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ergos.base.errors import OverloadedError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.drivers.watchers import backlog as module
from ergos.drivers.watchers import queues
from ergos.drivers.watchers.backlog import Backlog
from ergos.kernel.triggers import Happening
from tests.drivers.watchers.bells import Kept, until

ONE, TWO = (Pid(1), "x"), (Pid(1), "../y")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.05)


def play(test: Callable[[Kept], Awaitable[None]]) -> None:
    asyncio.run(test(Kept()))


def made(number: int) -> Happening:
    return Happening(key=f"k{number}", value={"n": number})


def numbers(kept: Kept, name: str = "x") -> list[Any]:
    return [one.value["n"] for _, whose, one in kept.told if whose == name]  # type: ignore[index, call-overload]


def test_what_can_be_delivered_is_delivered_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async def test(kept: Kept) -> None:
        backlog = Backlog(tmp_path / "b", kept)
        assert await backlog.deliver(ONE, made(1))
        assert numbers(kept) == [1]
        assert not (tmp_path / "b").exists()
        await backlog.close()

    play(test)


def test_what_waits_is_delivered_in_order_before_what_comes_later_also_after_a_restart(tmp_path: Path) -> None:
    async def test(kept: Kept) -> None:
        backlog = Backlog(tmp_path / "b", kept)
        kept.refuses = OverloadedError("a storm")
        for number in range(3):
            assert await backlog.deliver(ONE, made(number))
        await backlog.close()
        backlog = Backlog(tmp_path / "b", kept)
        backlog.attend(ONE)
        assert await backlog.deliver(ONE, made(3))
        kept.refuses = None
        await until(lambda: numbers(kept) == [0, 1, 2, 3])
        await asyncio.sleep(0.2)
        assert await backlog.deliver(ONE, made(4))
        assert numbers(kept) == [0, 1, 2, 3, 4]
        await backlog.close()

    play(test)


def test_what_was_kept_twice_is_delivered_once(tmp_path: Path) -> None:
    async def test(kept: Kept) -> None:
        backlog = Backlog(tmp_path / "b", kept)
        kept.refuses = OverloadedError("a storm")
        for number in (1, 1, 2):
            await backlog.deliver(ONE, made(number))
        kept.refuses = None
        await until(lambda: numbers(kept) == [1, 2])
        await backlog.close()

    play(test)


def test_one_who_is_no_more_leaves_nothing_behind_and_takes_nothing_along(tmp_path: Path) -> None:
    async def test(kept: Kept) -> None:
        backlog = Backlog(tmp_path / "b", kept)
        kept.refuses = OverloadedError("a storm")
        await backlog.deliver(ONE, made(1))
        await backlog.deliver(TWO, made(2))
        backlog.leave(ONE)
        kept.refuses = None
        await until(lambda: numbers(kept, "../y") == [2])
        assert numbers(kept) == []
        kept.refuses = UnknownProcessError("gone")
        with pytest.raises(UnknownProcessError):
            await backlog.deliver(ONE, made(3))
        await backlog.close()

    play(test)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]
    assert len(list((tmp_path / "b").iterdir())) == 1


def test_what_can_neither_be_delivered_nor_kept_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(kept: Kept) -> None:
        backlog = Backlog(tmp_path / "b", kept)
        kept.refuses = OverloadedError("a storm")
        monkeypatch.setattr(queues, "MESSAGES_MAX", 1)
        assert await backlog.deliver(ONE, made(1))
        assert not await backlog.deliver(ONE, made(2))
        await backlog.close()

    play(test)

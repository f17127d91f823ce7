"""The follower keeps its place, leaves out what is too far behind, and survives any file in place of its cursor."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.client import order
from ergos.app.home import Home, reading
from ergos.app.telemetry import follower as following
from ergos.app.telemetry.fold import Fold
from ergos.app.telemetry.follower import FILE, Follower
from ergos.app.telemetry.sending import Sender
from ergos.base.ids import Pid
from ergos.drivers.host import HostClock
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.runtime.control import Send, Spawn


def made(home: Home, reads: SqliteReads) -> tuple[Follower, Sender]:
    sender = Sender("http://127.0.0.1:9", {}, HostClock())
    return Follower(reads, sender, Fold(reads.id), home.folder / FILE, share=1, words=False), sender


def test_it_begins_at_the_end_and_then_where_it_stopped(home: Home, listener: Path):
    async def play() -> None:
        await order(home, Spawn(path=str(listener), owner="me"))
        async with reading(home) as reads:
            one, _ = made(home, reads)
            await one.begin()
            assert one.seq == (await reads.head()).seq
            await order(home, Send(pid=Pid(1), body="x"))
            assert await one.page() > 0
            await one.keep()
            another, _ = made(home, reads)
            await another.begin()
            assert another.seq == one.seq

    asyncio.run(play())


@pytest.mark.parametrize(
    "raw", [b"", b"garbage", b'{"store":"another","seq":1}', b'{"store":"", "seq": 1e99}', b"x" * 999]
)
def test_a_cursor_that_is_none_is_no_cursor(home: Home, listener: Path, raw: bytes):
    async def play() -> None:
        await order(home, Spawn(path=str(listener), owner="me"))
        (home.folder / FILE).write_bytes(raw)
        async with reading(home) as reads:
            one, _ = made(home, reads)
            await one.begin()
            assert one.seq == (await reads.head()).seq

    asyncio.run(play())


def test_what_is_too_far_behind_is_left_out_and_counted(home: Home, listener: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(following, "BEHIND_MAX", 2)

    async def play() -> None:
        for _ in range(5):
            await order(home, Spawn(path=str(listener), owner="me"))
        async with reading(home) as reads:
            one, sender = made(home, reads)
            head = (await reads.head()).seq

            async def moved(after: int, _: float) -> int:
                if after >= head:
                    raise asyncio.CancelledError
                return head

            with pytest.raises(asyncio.CancelledError):
                await one.run(moved)
            assert one.seq == head
            assert sender.sent.dropped == head - 2

    asyncio.run(play())

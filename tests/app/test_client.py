"""Requests to a kernel, or to the store where none runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.client import answering, ask, bring_down, order
from ergos.app.daemon import launch
from ergos.app.home import Home, kernel_on
from ergos.base.errors import NotRunningError, StoreLockedError, TooLargeError, ValueShapeError, WorldError
from ergos.base.ids import Pid
from ergos.base.limits import CONTROL_BYTES_MAX
from ergos.lib.folder import FolderPrograms
from ergos.runtime.control import Fine, Send, Spawn, StatusOf


def test_without_a_kernel_a_request_is_written_to_the_store(home: Home, listener: Path):
    async def play() -> None:
        with pytest.raises(NotRunningError):
            await ask(home, StatusOf())
        spawned, running = await order(home, Spawn(path=str(listener), owner="me"))
        assert (spawned, running) == (Fine(pid=Pid(1)), False)

    asyncio.run(play())


def test_a_kernel_that_does_not_listen_is_not_written_past(home: Home):
    async def play() -> None:
        async with kernel_on(home, FolderPrograms()):
            with pytest.raises(StoreLockedError, match="does not listen"):
                await order(home, StatusOf())

    asyncio.run(play())


def test_what_cannot_be_sent_is_refused_before_anybody_is_asked(home: Home):
    with pytest.raises(TooLargeError):
        asyncio.run(ask(home, Send(pid=Pid(1), body="x" * CONTROL_BYTES_MAX)))
    with pytest.raises(ValueShapeError):
        asyncio.run(ask(home, Send(pid=Pid(1), body="\udcff")))


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"", NotRunningError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{", NotRunningError),
        (b"what?\r\n\r\n", WorldError),
        (b"HTTP/1.1 200 OK\r\n\r\n", WorldError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n", WorldError),
        (b'HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{"answer":"new"}', WorldError),
        (b"x" * 20_000_000, WorldError),
    ],
)
def test_a_kernel_that_answers_nonsense_is_an_error(home: Home, line: bytes, error: type[Exception]):
    home.make()

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(line)
        try:
            await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    async def play() -> None:
        server = await asyncio.start_unix_server(nonsense, home.socket)
        with pytest.raises(error):
            await ask(home, StatusOf())
        server.close()

    asyncio.run(play())


def test_bringing_down_waits_until_the_kernel_is_gone(home: Home):
    launch(home)
    assert home.holder() is not None
    asyncio.run(bring_down(home))
    assert home.holder() is None
    with pytest.raises(NotRunningError):
        asyncio.run(bring_down(home))


def test_several_requests_at_once_are_answered_by_one_kernel(home: Home, listener: Path):
    async def play() -> None:
        async with answering(home) as perform:
            spawn = Spawn(path=str(listener), owner="me")
            replies = await asyncio.gather(*(perform(spawn) for _ in range(5)))
        assert {reply.pid for reply in replies if isinstance(reply, Fine)} == {1, 2, 3, 4, 5}

    asyncio.run(play())
    launch(home)
    try:
        asyncio.run(_sent(home))
    finally:
        asyncio.run(bring_down(home))


async def _sent(home: Home) -> None:
    async with answering(home) as perform:
        assert await perform(Send(pid=Pid(3), body="hi")) == Fine(pid=Pid(3))

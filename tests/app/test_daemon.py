"""A kernel that listens, in front and behind."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from ergos.app.client import ask, bring_down
from ergos.app.daemon import LOG_BYTES_MAX, launch, serve, serving
from ergos.app.home import Home
from ergos.base.errors import ErgosError, StoreError, StoreLockedError, WorldError
from ergos.runtime.control import Status, StatusOf


def test_a_background_kernel_is_nobodys_child_and_writes_its_log(home: Home):
    launch(home)
    try:
        found = asyncio.run(ask(home, StatusOf()))
        assert isinstance(found, Status)
        with pytest.raises(ChildProcessError):
            os.waitpid(found.os_pid, os.WNOHANG)
        with pytest.raises(StoreLockedError):
            launch(home)
    finally:
        asyncio.run(bring_down(home))
    assert " up: " in home.log.read_text()


def test_why_a_background_kernel_did_not_start_is_told(home: Home):
    home.make()
    home.store.write_bytes(b"no store")
    with pytest.raises(WorldError, match="E602"):
        launch(home)


def test_a_log_that_grew_too_long_is_set_aside(home: Home):
    home.make()
    home.log.write_bytes(b"x" * (LOG_BYTES_MAX + 1))
    launch(home)
    asyncio.run(bring_down(home))
    assert home.log.with_suffix(".log.1").stat().st_size == LOG_BYTES_MAX + 1
    assert home.log.stat().st_size < 1_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_gracefully(home: Home, number: signal.Signals):
    asyncio.run(asyncio.wait_for(serve(home, lambda _: os.kill(os.getpid(), number)), 10))
    assert home.holder() is None


def test_a_fault_of_the_kernel_ends_it_with_that_error(home: Home):
    with pytest.raises(StoreError, match="broken"):
        asyncio.run(asyncio.wait_for(serve(home, lambda kernel: kernel.reactor.fault(StoreError("broken"))), 10))
    assert home.holder() is None


def test_a_socket_that_cannot_be_made_stops_the_kernel(home: Home):
    home.make()
    home.socket.mkdir()

    async def play() -> None:
        with pytest.raises(ErgosError, match="socket"):
            async with serving(home):
                pass

    asyncio.run(play())
    assert home.holder() is None

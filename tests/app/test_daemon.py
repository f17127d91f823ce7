"""A kernel that listens, in front and behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from ergos.app.client import ask, bring_down
from ergos.app.daemon import LOG_BYTES_MAX, launch, serve, serving
from ergos.app.home import Home
from ergos.base.errors import ErgosError, StoreError, StoreLockedError, WorldError
from ergos.runtime.control import Spawn, Status, StatusOf


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


class Door:
    """A gate that only says where it is."""

    site = None

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        pass


async def taken(_: object, port: int, __: object) -> Door:
    """Opens on any port but a taken one."""
    if port == 7:
        raise WorldError("the door cannot be opened on port 7")
    return Door(port or 4711)


def test_the_usual_port_may_be_taken_and_one_that_was_named_may_not(home: Home):
    async def play() -> None:
        async with serving(home, taken, port=7, or_free=True):
            found = await ask(home, StatusOf())
            assert isinstance(found, Status)
            assert found.door == "http://127.0.0.1:4711"
        with pytest.raises(WorldError, match="port 7"):
            async with serving(home, taken, port=7):
                pass
        assert home.holder() is None

    asyncio.run(play())


def test_a_log_in_json_is_json_from_its_first_line_to_its_last(home: Home, listener: Path):
    launch(home, log_format="json")
    try:
        asyncio.run(ask(home, Spawn(path=str(listener), owner="me")))
    finally:
        asyncio.run(bring_down(home))
    events = [json.loads(line)["event"] for line in home.log.read_text().splitlines()]
    assert events[0].startswith("up: ")
    assert "process.started" in events
    assert events[-1] == "down"

"""A connection: opened in one of two eras, asked side by side, and gone when it is closed or killed."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.ids import Pid
from ergos.base.world_errors import BusError, InDoubtError
from ergos.buses.mcp.host.answers import Asker
from ergos.buses.mcp.host.connection import Connection
from ergos.buses.mcp.host.meter import Log
from ergos.buses.mcp.host.opening import Surroundings
from tests.buses.mcp.host.stage import CLOCK, ECHO, hostile, stage

AROUND = Surroundings(clock=CLOCK)
CALL = Asker("bad.echo", Pid(1), "alice")


def connection(misdeed: str) -> Connection:
    return Connection(hostile(misdeed), AROUND, Log())


def test_it_lists_and_calls_while_it_is_alive() -> None:
    async def test() -> None:
        one = connection("none")
        assert not one.alive
        await one.open()
        assert (one.alive, one.protocol, one.title, one.stale) == (True, "2025-11-25", "h 1", True)
        assert await one.listing() == [ECHO]
        assert not one.stale
        assert (await one.call("echo", {"text": "a"}, 20, CALL))["content"] == [{"type": "text", "text": "got a"}]
        assert one.busy == 0
        await one.close()
        assert not one.alive
        await one.close()

    stage(test)


def test_a_call_that_was_sent_and_lost_is_in_doubt_and_a_listing_is_not() -> None:
    async def test() -> None:
        one = connection("crash-call")
        await one.open()
        with pytest.raises(InDoubtError):
            await one.call("echo", {"text": "a"}, 20, CALL)
        while one.alive:  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
        with pytest.raises(BusError):
            await one.listing()
        await one.close()

    stage(test)


def test_a_killed_connection_fails_what_waits_for_it() -> None:
    async def test() -> None:
        one = connection("hang-call")
        await one.open()
        waiting = asyncio.get_running_loop().create_task(one.call("echo", {"text": "a"}, 60, CALL))
        while not one.busy:  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        one.kill()
        with pytest.raises(InDoubtError):
            await waiting

    stage(test)


def test_an_unknown_tool_is_the_servers_to_refuse() -> None:
    async def test() -> None:
        one = connection("refuse-call")
        await one.open()
        with pytest.raises(Exception, match="I do not like it"):
            await one.call("nope", {}, 20, CALL)
        await one.close()

    stage(test)

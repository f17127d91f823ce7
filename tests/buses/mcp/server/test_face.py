"""One desk behind both eras of the protocol, on any transport."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ergos.base.errors import ForeignTokenError, UsageError
from ergos.buses.mcp.server.face import face
from ergos.buses.mcp.server.ports import Asking, Caller, Desk, TaskView, Wire
from ergos.buses.mcp.server.wire import returned


class Tools:
    """Says who asks; fails when told to."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def tools(self, caller: Caller) -> tuple[Wire, ...]:
        if caller.pid == 9:
            raise ForeignTokenError("process 9 has ended")
        return ({"name": "who", "description": "says who asks", "inputSchema": {"type": "object"}},)

    async def call(self, name: str, arguments: Wire, asking: Asking) -> Wire | TaskView:
        if name == "refuse":
            raise UsageError("you may not", remedy="ask nicely")
        if name == "break":
            raise RuntimeError("a secret of the inside")
        for done in (1.0, 3.0, 2.0):
            await asking.progress(done, "going on")
        return returned({"caller": asking.caller.identity, "tasks": asking.takes_tasks})


ME = Caller("owner me")


def spoken(mode: str, play: Any, caller: Caller | None = ME) -> None:
    from mcp.client.client import Client

    async def played() -> None:
        async with Client(face(Desk(name="t", version="1", tools=Tools()), caller), mode=mode) as client:
            await play(client)

    asyncio.run(asyncio.wait_for(played(), 30))


MODES = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])


@MODES
def test_who_asks_is_who_the_transport_says(mode: str) -> None:
    async def play(client: Any) -> None:
        assert [one.name for one in (await client.list_tools()).tools] == ["who"]
        assert (await client.call_tool("who")).structured_content == {"caller": "owner me", "tasks": False}

    spoken(mode, play)


@MODES
def test_nobody_is_served_nothing(mode: str) -> None:
    from mcp.shared.exceptions import MCPError

    async def play(client: Any) -> None:
        with pytest.raises(MCPError):
            await client.list_tools()

    spoken(mode, play, None)


@MODES
def test_an_error_of_ours_is_a_result_and_any_other_says_nothing(mode: str) -> None:
    from mcp.shared.exceptions import MCPError

    async def play(client: Any) -> None:
        refused = await client.call_tool("refuse")
        assert refused.is_error
        assert "ask nicely" in refused.content[0].text
        with pytest.raises(MCPError) as broken:
            await client.call_tool("break")
        assert "secret" not in str(broken.value)

    spoken(mode, play)


@MODES
def test_progress_only_grows(mode: str) -> None:
    told: list[float] = []

    async def heard(done: float, total: float | None, message: str | None) -> None:
        told.append(done)

    async def play(client: Any) -> None:
        await client.call_tool("who", progress_callback=heard)
        assert told == [1.0, 3.0]

    spoken(mode, play)


@MODES
def test_a_process_that_has_ended_is_told_so(mode: str) -> None:
    from mcp.shared.exceptions import MCPError

    async def play(client: Any) -> None:
        with pytest.raises(MCPError, match="has ended"):
            await client.list_tools()

    spoken(mode, play, Caller("process 9", 9, 1))


def test_what_is_not_offered_is_not_declared() -> None:
    async def play(client: Any) -> None:
        assert client.server_capabilities.resources is None
        assert client.server_capabilities.prompts is None
        assert not client.server_capabilities.extensions

    spoken("2026-07-28", play)

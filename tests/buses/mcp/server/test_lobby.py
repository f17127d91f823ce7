"""A room for each caller: bounded, cleared, and closed to everybody else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ergos.base.errors import BoundError
from ergos.base.limits import CALLS_PARALLEL_MAX
from ergos.buses.mcp.server.asking import CALLER
from ergos.buses.mcp.server.face import face
from ergos.buses.mcp.server.lobby import ROOMS_MAX, Lobby
from ergos.buses.mcp.server.ports import Caller, Desk
from tests.buses.mcp.server.test_face import Tools


def lobby() -> Lobby:
    return Lobby(lambda: face(Desk(name="t", version="1", tools=Tools())))


def scope(caller: Caller, method: str = "PUT") -> dict[str, Any]:
    return {"type": "http", "method": method, "path": "/mcp", "headers": [], "query_string": b"", CALLER: caller}


async def never() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


async def one(room: Lobby, caller: Caller) -> int:
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    await room.serve(scope(caller), receive, send)
    return said[0]["status"]


def test_rooms_are_bounded_and_the_one_unused_longest_makes_way() -> None:
    async def test() -> None:
        room = lobby()
        for number in range(ROOMS_MAX + 5):
            assert await one(room, Caller(f"process {number}", number, 1)) in {400, 405}
        assert room.rooms == ROOMS_MAX
        await room.close()
        assert room.rooms == 0

    asyncio.run(test())


def test_the_requests_of_one_caller_at_once_are_bounded_and_others_are_served() -> None:
    async def test() -> None:
        room = lobby()
        stuck = [
            asyncio.ensure_future(room.serve({**scope(Caller("a"), "POST"), "headers": [(b"mcp-protocol-version", b"x"), (b"accept", b"*/*"), (b"content-type", b"application/json")]}, never, never))
            for _ in range(CALLS_PARALLEL_MAX)
        ]  # fmt: skip
        await asyncio.sleep(0.2)
        with pytest.raises(BoundError):
            await one(room, Caller("a"))
        assert await one(room, Caller("b")) in {400, 405}
        for task in stuck:
            task.cancel()
        await asyncio.wait(stuck)
        assert await one(room, Caller("a")) in {400, 405}
        await room.close()

    asyncio.run(test())


def test_a_lobby_that_is_closed_leaves_nothing_running() -> None:
    async def test() -> None:
        room = lobby()
        await one(room, Caller("a"))
        await room.close()
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(test())

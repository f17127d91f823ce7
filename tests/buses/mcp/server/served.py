"""The fixture server of the conformance kit, with a client that says what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.conformance_mcp.server import HOST, listening
from tests.server.talk import Talk


def serve(scenario: Callable[[Callable[..., Talk]], Awaitable[None]]) -> None:
    """Play a scenario; it is given what makes clients."""

    async def played() -> None:
        talks: list[Talk] = []
        async with listening() as port:

            def client(**more: Any) -> Talk:
                talks.append(Talk(f"http://{HOST}:{port}", **more))
                return talks[-1]

            try:
                await scenario(client)
            finally:
                for talk in talks:
                    await talk.close()

    asyncio.run(asyncio.wait_for(played(), 60))


async def until(talk: Talk, task: str, *statuses: str) -> dict[str, Any]:
    """A task once it stands so."""
    for _ in range(500):
        now = await talk.result("tasks/get", {"taskId": task})
        if now["status"] in statuses:
            return now
        await asyncio.sleep(0.01)
    raise AssertionError(now)

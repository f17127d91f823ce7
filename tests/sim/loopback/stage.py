"""A loopback server for the tests of this folder, and clients of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx2
import msgspec
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from ergos.sim.loopback.directives import read
from ergos.sim.loopback.server import LoopbackOptions, LoopbackServer

T = TypeVar("T")
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 14}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
QUESTION = "What is the weather in Lisbon for 3 days?"


class Stage:
    """A running server and its clients; none of them tries again."""

    def __init__(self, server: LoopbackServer) -> None:
        self.server = server
        self.openai = AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0)
        self.anthropic = AsyncAnthropic(base_url=server.url, api_key="k", max_retries=0)
        self.http = httpx2.AsyncClient(base_url=server.url, timeout=10)

    async def post(self, path: str, body: object, **headers: str) -> httpx2.Response:
        return await self.http.post(path, content=msgspec.json.encode(body), headers=headers)

    async def chat(self, words: str, **more: object) -> httpx2.Response:
        return await self.post("/v1/chat/completions", chat(words, **more))


async def until(holds: Callable[[], object]) -> None:
    """Wait until it holds."""
    for _ in range(5_000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came true")


def chat(words: str, **more: object) -> dict[str, object]:
    """A body of chat completions."""
    return {"model": "m", "messages": [{"role": "user", "content": words}], **more}


def chat_tool(name: str = "get_weather", schema: object = WEATHER) -> dict[str, object]:
    return {"type": "function", "function": {"name": name, "description": "d", "parameters": schema}}


@asynccontextmanager
async def running(options: LoopbackOptions | None = None, directive: str = "") -> AsyncIterator[Stage]:
    options = options or LoopbackOptions()
    if directive:
        options = msgspec.structs.replace(options, directive=read(directive))
    server = LoopbackServer(options)
    await server.start()
    stage = Stage(server)
    try:
        yield stage
    finally:
        await stage.openai.close()
        await stage.anthropic.close()
        await stage.http.aclose()
        await server.stop()


def on_stage(play: Callable[[Stage], Awaitable[T]], options: LoopbackOptions | None = None, directive: str = "") -> T:
    """Let it play with a running server."""

    async def whole() -> T:
        async with running(options, directive) as stage:
            return await asyncio.wait_for(play(stage), 60)

    return asyncio.run(whole())

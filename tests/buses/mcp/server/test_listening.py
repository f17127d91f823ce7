"""Streams of what changes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from ergos.base.errors import DeadlineError
from ergos.buses.mcp.server.listening import LISTENS_PER_CALLER_MAX, WATCHED_MAX
from tests.buses.mcp.server.served import serve
from tests.server.talk import META, MODERN, Talk


async def stream(talk: Talk, wish: dict[str, Any], within_s: float) -> list[dict[str, Any]]:
    """What a stream says within some time; its id is 's'."""
    meta = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": talk.capabilities}
    params = {"notifications": wish, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": "s", "method": "subscriptions/listen", "params": params}).encode()
    pieces: list[bytes] = []
    headers = {
        "content-type": "application/json", "accept": "application/json, text/event-stream",
        "mcp-protocol-version": MODERN, "mcp-method": "subscriptions/listen",
    }  # fmt: skip
    try:
        await talk._client.request(
            "POST", f"{talk.url}/mcp", headers, body, deadline_s=within_s, on_chunk=pieces.append
        )
    except DeadlineError:
        pass
    lines = b"".join(pieces).decode().splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


def test_the_first_word_is_what_is_watched_and_a_change_is_told() -> None:
    async def scenario(client) -> None:
        talk = client()
        wish = {
            "toolsListChanged": True,
            "resourceSubscriptions": ["test://watched-resource"],
            "promptsListChanged": True,
        }
        told = asyncio.ensure_future(stream(talk, wish, 2.5))
        await asyncio.sleep(0.5)
        await client().tool("test_trigger_tool_change")
        events = await told
        assert events[0]["method"] == "notifications/subscriptions/acknowledged"
        assert events[0]["params"]["notifications"] == {
            "toolsListChanged": True,
            "resourceSubscriptions": ["test://watched-resource"],
        }
        assert [one["method"] for one in events[1:]] == ["notifications/tools/list_changed"]
        assert all(one["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == "s" for one in events)

    serve(scenario)


def test_what_was_not_asked_for_is_not_told() -> None:
    async def scenario(client) -> None:
        told = asyncio.ensure_future(stream(client(), {"resourcesListChanged": True}, 1.5))
        await asyncio.sleep(0.3)
        await client().tool("test_trigger_tool_change")
        assert len(await told) == 1

    serve(scenario)


def test_streams_and_what_they_watch_are_bounded() -> None:
    async def scenario(client) -> None:
        talk = client()
        many = {"resourceSubscriptions": [f"test://{n}" for n in range(WATCHED_MAX + 1)]}
        assert await talk.code("subscriptions/listen", {"notifications": many}) == -32602
        open_ = [
            asyncio.ensure_future(stream(client(), {"toolsListChanged": True}, 2))
            for _ in range(LISTENS_PER_CALLER_MAX)
        ]
        await asyncio.sleep(1)
        assert await talk.code("subscriptions/listen", {"notifications": {"toolsListChanged": True}}) == -32602
        assert all(len(events) == 1 for events in await asyncio.gather(*open_))
        await asyncio.sleep(0.3)
        assert len(await stream(client(), {"toolsListChanged": True}, 0.5)) == 1, "those that ended make room"

    serve(scenario)


def test_tasks_are_watched_for_who_takes_them_and_the_stream_ends_with_them() -> None:
    async def scenario(client) -> None:
        talk = client(tasks=True)
        task = (await talk.tool("slow_compute", {"seconds": 1}))["taskId"]
        assert await client().code("subscriptions/listen", {"notifications": {"taskIds": [task]}}) == -32021
        events = await stream(talk, {"taskIds": [task, "forged.0"]}, 10)
        assert events[0]["params"]["notifications"] == {"taskIds": [task]}
        assert [one["params"]["status"] for one in events[1:-1]] == ["working", "completed"]
        assert events[-1]["result"]["resultType"] == "complete"

    serve(scenario)

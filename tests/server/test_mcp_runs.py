"""Runs as tasks: what they ask, how they end, who is told."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ergos.app.client import ask
from ergos.app.home import Home
from ergos.runtime.control import Enter, Entered
from tests.server.owners import Standing, home_in, stand, until
from tests.server.talk import Talk, words


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path)


def test_a_run_is_a_task_whose_result_is_the_outcome(home: Home):
    async def scenario(standing: Standing) -> None:
        made = await standing.talk.tool("run", {"path": standing.agent("quick"), "input": {"n": 1}})
        assert made["resultType"] == "task"
        assert "result" not in made
        done = await until(standing.talk, made["taskId"], "completed")
        assert done["result"]["structuredContent"] == {"given": {"n": 1}}
        assert done["createdAt"] <= done["lastUpdatedAt"]
        broken = await standing.talk.tool("run", {"path": standing.agent("broken")})
        failed = await until(standing.talk, broken["taskId"], "completed", "failed")
        assert failed["status"] == "completed", "a program's failure is no failure of the protocol"
        assert failed["result"]["isError"] is True

    stand(home, scenario)


def test_what_a_run_asks_its_owner_is_answered_in_the_task(home: Home):
    async def scenario(standing: Standing) -> None:
        talk = standing.talk
        task = (await talk.tool("run", {"path": standing.agent("payer")}))["taskId"]
        now = await until(talk, task, "input_required")
        ((key, request),) = now["inputRequests"].items()
        assert request["method"] == "elicitation/create"
        assert "bob" in request["params"]["message"], "the exact call is shown"
        for wrong in (
            {},
            {"nobody": {"action": "accept"}},
            {key: 5},
            {key: {"action": "cancel"}},
            {key: {"action": "accept", "content": {"answer": "maybe"}}},
        ):
            await talk.result("tasks/update", {"taskId": task, "inputResponses": wrong})
            assert (await talk.result("tasks/get", {"taskId": task}))["status"] == "input_required"
        yes = {key: {"action": "accept", "content": {"answer": "approve"}}}
        acks = await asyncio.gather(
            *(talk.result("tasks/update", {"taskId": task, "inputResponses": yes}) for _ in range(5))
        )
        assert all(set(ack) == {"resultType", "_meta"} for ack in acks)
        assert words((await until(talk, task, "completed"))["result"]) == "paid 5 to bob"
        asks = (await talk.tool("run", {"path": standing.agent("asker")}))["taskId"]
        (key,) = (await until(talk, asks, "input_required"))["inputRequests"]
        await talk.result(
            "tasks/update",
            {"taskId": asks, "inputResponses": {key: {"action": "accept", "content": {"answer": "fine"}}}},
        )
        assert (await until(talk, asks, "completed"))["result"]["structuredContent"]["said"] == "fine"

    stand(home, scenario)


def test_a_client_that_cannot_ask_its_user_is_told_where_the_question_is(home: Home):
    async def scenario(standing: Standing) -> None:
        mute = Talk(standing.url, standing.talk.token, tasks=True)
        task = (await mute.tool("run", {"path": standing.agent("payer")}))["taskId"]
        await until(standing.talk, task, "input_required")
        now = await mute.result("tasks/get", {"taskId": task})
        assert now["status"] == "working"
        assert "inputRequests" not in now
        await mute.close()

    stand(home, scenario)


def test_a_run_that_is_cancelled_ends_whoever_cancels_however_often(home: Home):
    async def scenario(standing: Standing) -> None:
        task = (await standing.talk.tool("run", {"path": standing.agent("asker")}))["taskId"]
        acks = await asyncio.gather(*(standing.talk.result("tasks/cancel", {"taskId": task}) for _ in range(8)))
        assert all(set(ack) == {"resultType", "_meta"} for ack in acks)
        assert (await until(standing.talk, task, "cancelled"))["status"] == "cancelled"
        await standing.talk.result("tasks/cancel", {"taskId": task})

    stand(home, scenario)


def test_a_task_is_told_about_on_a_stream_and_the_stream_ends_with_it(home: Home):
    async def scenario(standing: Standing) -> None:
        talk = standing.talk
        task = (await talk.tool("run", {"path": standing.agent("asker")}))["taskId"]
        listen = {"notifications": {"taskIds": [task, "nobody"]}}
        assert await standing.plain.code("subscriptions/listen", listen) == -32021
        told = asyncio.ensure_future(_events(talk, listen))
        (key,) = (await until(talk, task, "input_required"))["inputRequests"]
        await asyncio.sleep(0.7)
        await talk.result(
            "tasks/update",
            {"taskId": task, "inputResponses": {key: {"action": "accept", "content": {"answer": "well"}}}},
        )
        events = await told
        assert events[0]["params"]["notifications"] == {"taskIds": [task]}
        assert [one["params"]["status"] for one in events[1:-1] if one["method"] == "notifications/tasks"][
            -1
        ] == "completed"
        assert "result" in events[-1]
        assert all("io.modelcontextprotocol/subscriptionId" in one["params"]["_meta"] for one in events[:-1])

    stand(home, scenario)


async def _events(talk: Talk, params: dict[str, Any]) -> list[dict[str, Any]]:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": talk.capabilities,
    }
    body = {"jsonrpc": "2.0", "id": "s", "method": "subscriptions/listen", "params": {**params, "_meta": meta}}
    _, _, came = await talk.send(
        json.dumps(body).encode(), {"mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen"}
    )
    return [json.loads(line[6:]) for line in came.decode().splitlines() if line.startswith("data: {")]


def test_a_process_reaches_nothing_of_its_owners(home: Home):
    async def scenario(standing: Standing) -> None:
        task = (await standing.talk.tool("run", {"path": standing.agent("asker")}))["taskId"]
        entered = await ask(standing.home, Enter(owner="alice", name="guest"))
        assert isinstance(entered, Entered)
        guest = Talk(standing.url, entered.token, tasks=True, elicits=True)
        for method in ("tasks/get", "tasks/update", "tasks/cancel"):
            assert await guest.code(method, {"taskId": task, "inputResponses": {}}) == -32602
        assert (await guest.result("tools/list"))["tools"] == []
        for name in ("run", "inbox", "approve", "stop"):
            assert await guest.code("tools/call", {"name": name, "arguments": {}}) == -32602
        for method, params in (
            ("resources/list", {}),
            ("resources/read", {"uri": "ergos:///inbox"}),
            ("skills/list", {}),
        ):
            assert await guest.code(method, params) == -32601
        heard = await standing.plain.ask("tools/list", headers={"x-api-key": entered.token})
        assert heard[0] == 401, "a request with two tokens is nobody's"
        assert (await until(standing.talk, task, "input_required"))["inputRequests"]
        await guest.close()

    stand(home, scenario)

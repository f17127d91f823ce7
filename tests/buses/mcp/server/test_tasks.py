"""The tasks extension, as its specification has it."""

from __future__ import annotations

import asyncio

import pytest

from ergos.buses.mcp.server.tasks import RESPONSES_MAX
from tests.buses.mcp.server.served import serve, until
from tests.server.talk import Talk, words


def test_who_takes_no_tasks_gets_none_and_may_not_ask_about_any() -> None:
    async def scenario(client) -> None:
        plain = client()
        assert words(await plain.tool("slow_compute", {"seconds": 0})) == "computed "
        for method in ("tasks/get", "tasks/update", "tasks/cancel"):
            status, said = await plain.ask(method, {"taskId": "x", "inputResponses": {}})
            assert (status, said["error"]["code"]) == (400, -32021)
            assert said["error"]["data"]["requiredCapabilities"]["extensions"]
        assert await plain.code("tools/call", {"name": "failing_job", "arguments": {}}) == -32021

    serve(scenario)


def test_a_task_runs_asks_and_ends_as_the_specification_says() -> None:
    async def scenario(client) -> None:
        talk: Talk = client(tasks=True, elicits=True)
        made = await talk.tool("multi_input")
        assert made["resultType"] == "task"
        assert {"result", "error", "inputRequests", "task", "ttl", "pollInterval"}.isdisjoint(made)
        now = await until(talk, made["taskId"], "input_required")
        first, second = now["inputRequests"]
        yes = {"action": "accept", "content": {"name": "a", "ok": True}}
        await talk.result(
            "tasks/update", {"taskId": made["taskId"], "inputResponses": {first: yes, "never-asked": yes}}
        )
        now = await talk.result("tasks/get", {"taskId": made["taskId"]})
        assert list(now["inputRequests"]) == [second]
        assert now["resultType"] == "complete"
        ack = await talk.result("tasks/update", {"taskId": made["taskId"], "inputResponses": {second: yes, first: yes}})
        assert set(ack) == {"resultType", "_meta"}
        done = await until(talk, made["taskId"], "completed")
        assert words(done["result"])

    serve(scenario)


def test_what_a_client_cannot_answer_it_is_not_asked() -> None:
    async def scenario(client) -> None:
        task = (await client(tasks=True).tool("confirm_delete", {"filename": "f"}))["taskId"]
        await until(client(tasks=True, elicits=True), task, "input_required")
        mute = await client(tasks=True).result("tasks/get", {"taskId": task})
        assert mute["status"] == "working"
        assert "inputRequests" not in mute

    serve(scenario)


@pytest.mark.parametrize(
    "params",
    [{}, {"taskId": 5}, {"taskId": None}, {"taskId": "x"}, {"taskId": "x", "inputResponses": []}, {"taskId": []}],
)
def test_wrong_parameters_are_told_as_such(params: dict[str, object]) -> None:
    async def scenario(client) -> None:
        talk = client(tasks=True)
        for method in ("tasks/get", "tasks/update", "tasks/cancel"):
            assert await talk.code(method, params) == -32602

    serve(scenario)


def test_updates_are_bounded_and_cancels_may_race() -> None:
    async def scenario(client) -> None:
        talk = client(tasks=True, elicits=True)
        task = (await talk.tool("confirm_delete", {"filename": "f"}))["taskId"]
        many = {str(n): {"action": "accept"} for n in range(RESPONSES_MAX + 1)}
        assert await talk.code("tasks/update", {"taskId": task, "inputResponses": many}) == -32602
        await asyncio.gather(*(talk.result("tasks/cancel", {"taskId": task}) for _ in range(10)))
        assert (await until(talk, task, "cancelled"))["status"] == "cancelled"
        await talk.result("tasks/cancel", {"taskId": task})

    serve(scenario)


def test_the_extension_is_declared_and_its_older_kin_is_not() -> None:
    async def scenario(client) -> None:
        capabilities = (await client().result("server/discover"))["capabilities"]
        assert capabilities["extensions"]["io.modelcontextprotocol/tasks"] == {}
        assert "tasks" not in capabilities

    serve(scenario)

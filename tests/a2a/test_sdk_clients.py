"""The official SDK's own client uses our agents, of version 1.0 and of version 0.3, over both bindings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from a2a.client import A2ACardResolver, Client, ClientConfig, ClientFactory
from a2a.client.errors import A2AClientError
from a2a.types import a2a_pb2 as pb
from a2a.utils.errors import A2AError

from tests.a2a.standing import Stand

WAYS = [(binding, version) for version in ("1.0", "0.3") for binding in ("JSONRPC", "HTTP+JSON")]


def _with_client(
    stand: Stand, way: tuple[str, str], scenario: Callable[[Client], Awaitable[None]], **config: Any
) -> None:
    async def played() -> None:
        async with httpx.AsyncClient(timeout=20, verify=False) as http:
            card = await A2ACardResolver(http, stand.url).get_agent_card()
            kept = [one for one in card.supported_interfaces if (one.protocol_binding, one.protocol_version) == way]
            assert len(kept) == 1
            del card.supported_interfaces[:]
            card.supported_interfaces.extend(kept)
            made = ClientFactory(
                ClientConfig(httpx_client=http, supported_protocol_bindings=[way[0]], **config)
            ).create(card)
            await scenario(made)

    asyncio.run(played())


def _message(message_id: str, task_id: str = "") -> pb.SendMessageRequest:
    said = pb.Message(message_id=message_id, role=pb.ROLE_USER, task_id=task_id)
    said.parts.add(text="hello")
    return pb.SendMessageRequest(message=said)


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_a_message_is_streamed_to_its_end(stand: Stand, way: tuple[str, str]):
    async def scenario(client: Client) -> None:
        found = [event async for event in client.send_message(_message("tck-stream-artifact-text"))]
        assert found[0].HasField("task")
        assert any(one.HasField("artifact_update") for one in found)
        assert found[-1].status_update.status.state == pb.TASK_STATE_COMPLETED

    _with_client(stand, way, scenario)


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_a_task_is_gone_on_with_looked_at_and_cancelled(stand: Stand, way: tuple[str, str]):
    async def scenario(client: Client) -> None:
        (first,) = [event async for event in client.send_message(_message("tck-input-required"))]
        assert first.task.status.state == pb.TASK_STATE_INPUT_REQUIRED
        (second,) = [event async for event in client.send_message(_message("ours-waits", first.task.id))]
        assert second.task.id == first.task.id
        assert (await client.get_task(pb.GetTaskRequest(id=first.task.id))).status.state == pb.TASK_STATE_INPUT_REQUIRED
        cancelled = await client.cancel_task(pb.CancelTaskRequest(id=first.task.id))
        assert cancelled.status.state == pb.TASK_STATE_CANCELED
        with pytest.raises((A2AError, A2AClientError)):
            await client.get_task(pb.GetTaskRequest(id="nowhere"))

    _with_client(stand, way, scenario, streaming=False)


@pytest.mark.parametrize("way", WAYS[:2], ids="-".join)
def test_everything_else_of_a_client_works(stand: Stand, way: tuple[str, str]):
    async def scenario(client: Client) -> None:
        (first,) = [event async for event in client.send_message(_message("tck-artifact-data"))]
        task_id = first.task.id
        listed = await client.list_tasks(pb.ListTasksRequest(context_id=first.task.context_id, include_artifacts=True))
        assert [task.id for task in listed.tasks] == [task_id]
        assert listed.tasks[0].artifacts[0].parts[0].data.struct_value["count"] == 42
        config = pb.TaskPushNotificationConfig(task_id=task_id, id="c", url="https://example.com/hook")
        assert (await client.create_task_push_notification_config(config)).url == config.url
        asked = pb.GetTaskPushNotificationConfigRequest(task_id=task_id, id="c")
        assert (await client.get_task_push_notification_config(asked)).id == "c"
        await client.delete_task_push_notification_config(
            pb.DeleteTaskPushNotificationConfigRequest(task_id=task_id, id="c")
        )
        left = await client.list_task_push_notification_configs(
            pb.ListTaskPushNotificationConfigsRequest(task_id=task_id)
        )
        assert not left.configs
        card = await client.get_extended_agent_card(pb.GetExtendedAgentCardRequest())
        assert card.name == "agent-under-test"

    _with_client(stand, way, scenario, streaming=False)

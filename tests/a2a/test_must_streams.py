"""What the specification demands of streams (sections 3.1.2, 3.1.6, 3.5.2), by the kit's numbers, on both bindings."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from tests.a2a.standing import Stand, Talk, kind, state_of

ENDED = {"COMPLETED", "FAILED", "CANCELED", "REJECTED"}


@pytest.mark.parametrize("scenario", ["tck-stream-001", "tck-stream-003", "tck-stream-ordering-001", "tck-stream-002"])
def test_a_stream_begins_with_the_task_and_closes_at_its_end(talk: Talk, scenario: str):
    """CORE-STREAM-001, CORE-STREAM-003, STREAM-ORDER-001, JSONRPC-SSE-001, HTTP_JSON-SSE-001."""
    events = talk.stream(scenario)
    assert kind(events[0]) == "task"
    assert {kind(one) for one in events[1:]} <= {"statusUpdate", "artifactUpdate"}
    assert state_of(events[-1]) == "COMPLETED"
    assert [state_of(one) for one in events[:-1] if state_of(one) in ENDED] == []
    ids = {(one.get("task") or {}).get("id") or next(iter(one.values())).get("taskId") for one in events}
    assert len(ids) == 1


def test_artifacts_come_in_the_order_in_which_they_were_made(talk: Talk):
    """STREAM-ORDER-001."""
    events = talk.stream("tck-stream-artifact-chunked")
    came = [one["artifactUpdate"] for one in events if kind(one) == "artifactUpdate"]
    assert [one["artifact"]["parts"][0]["text"] for one in came] == ["chunk-1 ", "chunk-2"]
    assert [one.get("append", False) for one in came] == [False, True]
    assert [one.get("lastChunk", False) for one in came] == [False, True]
    (whole,) = talk.get(events[0]["task"]["id"]).task["artifacts"]
    assert [part["text"] for part in whole["parts"]] == ["chunk-1 ", "chunk-2"]


def test_a_stream_stays_open_while_something_is_needed_and_hears_how_it_goes_on(talk: Talk):
    """STREAM-SUB-001, STREAM-SUB-002."""
    task = talk.send("tck-input-required").task
    with talk.subscribed(task["id"]) as events:
        first = next(events)
        assert first["task"]["id"] == task["id"]
        assert state_of(first) == "INPUT_REQUIRED"
        other = Talk(talk.url, talk.binding)
        other.send("tck-complete-task", taskId=task["id"])
        rest = list(events)
        other.http.close()
    assert [state_of(one) for one in rest][-1] == "COMPLETED"
    assert len(rest) >= 2  # that it works, and that it is done


def test_a_task_that_works_can_be_subscribed_to(talk: Talk):
    """STREAM-SUB-002, with the kit's own scenario."""
    task = talk.send("test-resubscribe-message-id-1", configuration={"returnImmediately": True}).task
    with talk.subscribed(task["id"]) as events:
        assert state_of(next(events)) in {"SUBMITTED", "WORKING"}
        assert state_of(list(events)[-1]) == "COMPLETED"


def test_what_has_ended_or_is_not_there_cannot_be_subscribed_to(talk: Talk):
    """STREAM-SUB-003, STREAM-SUB-004."""
    done = talk.send("tck-complete-task").task["id"]
    for task_id, reason in ((done, "UNSUPPORTED_OPERATION"), ("tck-nonexistent", "TASK_NOT_FOUND")):
        if talk.binding == "jsonrpc":
            found = talk.rpc("SubscribeToTask", {"id": task_id})
        else:
            found = talk.rest("POST", f"/tasks/{task_id}:subscribe")
        assert found.reason == reason
    assert talk.rest("GET", f"/tasks/{done}:subscribe").reason == "UNSUPPORTED_OPERATION"


def test_every_stream_of_a_task_tells_the_same_and_none_ends_another(talk: Talk):
    """STREAM-ORDER-002, STREAM-ORDER-003, STREAM-ORDER-004."""
    task = talk.send("tck-input-required").task
    heard: list[list[Any]] = [[] for _ in range(3)]
    ready = threading.Barrier(4)

    def listen(number: int) -> None:
        mine = Talk(talk.url, talk.binding)
        with mine.subscribed(task["id"]) as events:
            heard[number].append(next(events))
            ready.wait(10)
            if number:  # the first one leaves
                heard[number].extend(events)
        mine.http.close()

    threads = [threading.Thread(target=listen, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    ready.wait(10)
    threads[0].join(10)
    talk.send("tck-stream-artifact-chunked", taskId=task["id"])
    for thread in threads:
        thread.join(20)
    assert len(heard[0]) == 1
    assert len(heard[1]) > 4
    assert json.dumps(heard[1]) == json.dumps(heard[2])


def test_what_an_agent_says_in_between_is_a_message_of_its_status(talk: Talk):
    events = _until(talk, "ours-says", "INPUT_REQUIRED")
    said = [one["statusUpdate"]["status"].get("message") for one in events if kind(one) == "statusUpdate"]
    assert [one["parts"] for one in said if one][:2] == [[{"text": "first"}], [{"data": {"second": 2}}]]


def _until(talk: Talk, scenario: str, state: str) -> list[dict[str, Any]]:
    said = {"role": "ROLE_USER", "messageId": scenario, "parts": [{"text": "hi"}]}
    found: list[dict[str, Any]] = []
    with talk.streaming("SendStreamingMessage", "/message:stream", {"message": said}) as events:
        for one in events:
            found.append(one)
            if state_of(one) == state:
                return found
    return found


def test_a_client_that_leaves_a_stream_leaves_nothing_behind(stand: Stand, talk: Talk):
    task = talk.send("tck-input-required").task
    for _ in range(3):
        mine = Talk(talk.url, talk.binding)
        with mine.subscribed(task["id"]) as events:
            next(events)
        mine.http.close()

    async def listeners() -> int:
        live = stand.a2a._follower.live(int(task["id"].partition("-")[2].partition(".")[0]))
        assert live is not None
        return len(live.listeners)

    for _ in range(200):
        if stand.do(listeners) == 0:
            break
        time.sleep(0.05)
    assert stand.do(listeners) == 0
    assert talk.cancel(task["id"]).state == "CANCELED"


def test_a_client_that_stops_waiting_does_not_stop_its_task(stand: Stand, talk: Talk):
    import httpx

    impatient = httpx.Client(timeout=0.5, headers=talk.headers, verify=False)
    said = {
        "role": "ROLE_USER",
        "messageId": "ours-slow-left",
        "parts": [{"text": "x"}],
        "contextId": f"left-{talk.binding}",
    }
    body: Any = {"message": said}
    url = f"{talk.url}/message:send"
    if talk.binding == "jsonrpc":
        url, body = talk.url, {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": body}
    with pytest.raises(httpx.TimeoutException):
        impatient.post(url, json=body)
    impatient.close()
    (task,) = talk.list(contextId=f"left-{talk.binding}").result["tasks"]
    assert task["status"]["state"] == "TASK_STATE_WORKING"
    assert talk.cancel(task["id"]).state == "CANCELED"

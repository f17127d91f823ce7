"""What the A2A specification demands of messages and tasks (sections 3 and 4), by the kit's numbers, on both bindings."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.a2a.standing import Stand, Talk

NOWHERE = "task-99999.0000000000000000000000000000000000000000"


def must(*numbers: str) -> Any:
    """Which requirements a test is the proof of."""
    del numbers
    return lambda test: test


@must("CORE-SEND-001", "CORE-MULTI-001a", "CORE-MULTI-003", "DM-TASK-001", "DM-STATUS-001")
def test_a_message_is_answered_by_a_task_with_ids_of_its_own(talk: Talk):
    first, second = talk.send("tck-complete-task-a"), talk.send("tck-complete-task-a")
    assert first.state == second.state == "COMPLETED"
    assert first.task["id"] != second.task["id"]
    assert first.task["contextId"]
    assert first.task["status"]["message"]["parts"] == [{"text": "Hello from TCK"}]


@must("CORE-SEND-002")
def test_a_message_to_a_task_that_has_ended_is_refused(talk: Talk):
    task = talk.send("tck-complete-task").task
    assert talk.send("tck-more", taskId=task["id"]).reason == "UNSUPPORTED_OPERATION"


@must("CORE-SEND-003")
@pytest.mark.parametrize("named", ["application/x-unsupported-tck-type", "image/png", "APPLICATION/X-NO; q=1"])
def test_a_media_type_that_the_card_does_not_name_is_refused(talk: Talk, named: str):
    part = {"raw": "dGNr", "mediaType": named}
    assert talk.send("tck-send-003", parts=[part]).reason == "CONTENT_TYPE_NOT_SUPPORTED"
    assert talk.send("tck-complete-task", parts=[{"text": "x", "mediaType": "text/plain; charset=utf-8"}]).state


@must("CORE-GET-001")
def test_a_task_is_found_as_it_stands(talk: Talk):
    task = talk.send("tck-artifact-text").task
    found = talk.get(task["id"])
    assert found.task["id"] == task["id"]
    assert found.task["artifacts"][0]["parts"] == [{"text": "Generated text content"}]
    assert found.task["status"] == task["status"]


@must("CORE-GET-002", "CORE-CANCEL-003", "CORE-MULTI-004")
@pytest.mark.parametrize("task_id", [NOWHERE, "tck-nonexistent", "task-1", "a b", "..", "%00", "task-1." + "f" * 40])
def test_a_task_that_is_not_there_is_not_found(talk: Talk, task_id: str):
    assert talk.rpc("GetTask", {"id": task_id}).code == -32001
    assert talk.rpc("CancelTask", {"id": task_id}).code == -32001
    assert talk.rpc("SendMessage", _message(task_id)).code == -32001
    if re.fullmatch(r"[\w.-]+", task_id) and task_id != "..":
        for found in (talk.get(task_id), talk.cancel(task_id), talk.send("tck-complete-task", taskId=task_id)):
            assert found.reason == "TASK_NOT_FOUND", found.body


def _message(task_id: str) -> Any:
    said = {"role": "ROLE_USER", "messageId": "tck-complete-task", "parts": [{"text": "x"}], "taskId": task_id}
    return {"message": said}


# Lists


@must("CORE-LIST-002", "CORE-LIST-003", "CORE-LIST-004")
def test_tasks_are_listed_page_by_page_the_last_changed_first(talk: Talk):
    context = f"list-{talk.binding}"
    made = [talk.send("tck-complete-task", contextId=context).task["id"] for _ in range(5)]
    seen: list[str] = []
    token, pages = "", 0
    while True:
        page = talk.list(contextId=context, pageSize=2, pageToken=token).result
        stamps = [task["status"]["timestamp"] for task in page["tasks"]]
        assert stamps == sorted(stamps, reverse=True)
        assert len(page["tasks"]) <= 2
        assert page["totalSize"] == 5
        seen += [task["id"] for task in page["tasks"]]
        pages += 1
        token = page["nextPageToken"]
        if not token:
            break
    assert seen == made[::-1]
    assert pages == 3


@must("CORE-LIST-005")
def test_a_list_holds_artifacts_only_where_they_are_asked_for(talk: Talk):
    context = f"artifacts-{talk.binding}"
    talk.send("tck-artifact-data", contextId=context)
    assert "artifacts" not in talk.list(contextId=context).result["tasks"][0]
    (task,) = talk.list(contextId=context, includeArtifacts=True).result["tasks"]
    assert task["artifacts"][0]["parts"][0]["data"] == {"key": "value", "count": 42}


@must("CORE-LIST-001")
def test_a_list_is_of_the_states_contexts_and_times_that_are_asked_for(talk: Talk):
    context = f"filter-{talk.binding}"
    done = talk.send("tck-complete-task", contextId=context).task
    waits = talk.send("tck-input-required", contextId=context).task
    found = talk.list(contextId=context, status="TASK_STATE_INPUT_REQUIRED").result["tasks"]
    assert [task["id"] for task in found] == [waits["id"]]
    later = talk.list(contextId=context, statusTimestampAfter=done["status"]["timestamp"]).result["tasks"]
    assert waits["id"] in [task["id"] for task in later]
    assert talk.list(contextId="nobody's").result["tasks"] == []
    assert talk.list(contextId="nobody's").result["nextPageToken"] == ""


@pytest.mark.parametrize(
    "query", [{"pageSize": 0}, {"pageSize": 101}, {"pageSize": -1}, {"pageToken": "x"}, {"pageToken": "1-zz"}, {"historyLength": -1}]
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused(talk: Talk, query: dict[str, Any]):
    assert talk.list(**query).reason == "INVALID_PARAMS"


# Cancelling


@must("CORE-CANCEL-001", "CORE-CANCEL-002")
def test_a_task_is_cancelled_once(talk: Talk):
    task = talk.send("tck-input-required").task
    assert talk.cancel(task["id"]).state == "CANCELED"
    assert talk.get(task["id"]).state == "CANCELED"
    assert talk.cancel(task["id"]).reason == "TASK_NOT_CANCELABLE"
    done = talk.send("tck-complete-task").task
    assert talk.cancel(done["id"]).reason == "TASK_NOT_CANCELABLE"


def test_a_task_that_works_is_cancelled_at_once(talk: Talk):
    task = talk.send("ours-slow", configuration={"returnImmediately": True}).task
    began = time.monotonic()
    assert talk.cancel(task["id"]).state == "CANCELED"
    assert time.monotonic() - began < 30  # it would have worked for a minute


# How a message is answered


@must("CORE-EXECUTION-MODE-001", "CORE-EXECUTION-MODE-002")
def test_who_waits_is_answered_when_the_task_has_settled_and_who_does_not_at_once(talk: Talk):
    at_once = talk.send("tck-delayed-complete", configuration={"returnImmediately": True})
    assert at_once.state in {"SUBMITTED", "WORKING"}
    waited = talk.send("tck-delayed-complete", configuration={"returnImmediately": False})
    assert waited.state == "COMPLETED"
    assert talk.get(at_once.task["id"]).state == "COMPLETED"


@must("CORE-EXECUTION-MODE-001", "AUTH-INTASK-001", "AUTH-INTASK-002")
@pytest.mark.parametrize("needed", ["INPUT_REQUIRED", "AUTH_REQUIRED"])
def test_who_waits_is_answered_when_something_is_needed_and_goes_on_from_there(talk: Talk, needed: str):
    asked = talk.send(f"tck-{needed.lower().replace('_', '-')}")
    assert asked.state == needed
    assert talk.get(asked.task["id"]).state == needed
    went_on = talk.send("tck-complete-task", taskId=asked.task["id"])
    assert went_on.state == "COMPLETED"
    assert went_on.task["id"] == asked.task["id"]


def test_a_program_that_only_waits_needs_input(talk: Talk):
    asked = talk.send("ours-waits")
    assert asked.state == "INPUT_REQUIRED"
    assert talk.send("ours-waits-more", taskId=asked.task["id"]).state == "INPUT_REQUIRED"
    assert talk.send("tck-artifact-file", taskId=asked.task["id"]).state == "COMPLETED"


def test_an_agent_may_answer_by_a_message(talk: Talk):
    answer = talk.send("tck-message-response", contextId="chat").result["message"]
    assert answer["parts"] == [{"text": "Direct message response"}]
    assert answer["role"] == "ROLE_AGENT"
    assert answer["contextId"] == "chat"


def test_an_agent_may_reject_a_task(talk: Talk):
    assert talk.send("tck-reject-task").state == "REJECTED"


def test_what_a_failure_says_inside_stays_inside(talk: Talk):
    failed = talk.send("ours-fails")
    assert failed.state == "FAILED"
    assert "secret" not in failed.response.text


@pytest.mark.parametrize(
    ("scenario", "part"),
    [
        ("tck-artifact-text", {"text": "Generated text content"}),
        ("tck-artifact-file", {"raw": "dGNr", "filename": "output.txt", "mediaType": "text/plain"}),
        ("tck-artifact-file-url", {"url": "https://example.com/output.txt", "filename": "output.txt", "mediaType": "text/plain"}),
        ("tck-artifact-data", {"data": {"key": "value", "count": 42}}),
        ("ours-text", {"text": "plain text"}),
    ],
)  # fmt: skip
def test_an_outcome_is_an_artifact(talk: Talk, scenario: str, part: dict[str, Any]):
    (artifact,) = talk.send(scenario).task["artifacts"]
    assert artifact["parts"] == [part]
    assert artifact["artifactId"]


# Several turns


@must("CORE-MULTI-001", "CORE-MULTI-002", "CORE-MULTI-002a")
def test_a_context_is_made_or_kept(talk: Talk):
    assert talk.send("tck-complete-task", contextId="mine").task["contextId"] == "mine"
    first, second = talk.send("tck-complete-task").task, talk.send("tck-complete-task").task
    assert first["contextId"] != second["contextId"]
    assert talk.send("tck-complete-task", contextId="x" * 257).reason == "INVALID_PARAMS"


@must("CORE-MULTI-005", "CORE-MULTI-006")
def test_a_task_names_its_context(talk: Talk):
    task = talk.send("tck-input-required").task
    other = talk.send("tck-complete-task", taskId=task["id"], contextId="another")
    assert other.reason == "INVALID_PARAMS"
    assert talk.get(task["id"]).state == "INPUT_REQUIRED"
    assert talk.send("tck-complete-task", taskId=task["id"]).task["contextId"] == task["contextId"]


@must("CORE-HIST-001", "CORE-HIST-002", "CORE-HIST-003", "CORE-HIST-005", "CORE-HIST-006")
def test_the_history_is_in_order_and_never_longer_than_asked(talk: Talk):
    task = talk.send("tck-input-required", "one").task
    done = talk.send("tck-complete-task", "two", taskId=task["id"]).task
    assert [one["parts"][0]["text"] for one in done["history"]] == ["one", "two"]
    assert "history" not in talk.get(task["id"], 0).task
    assert [one["parts"][0]["text"] for one in talk.get(task["id"], 1).task["history"]] == ["two"]
    assert len(talk.get(task["id"], 10).task["history"]) == 2
    assert talk.get(task["id"], -1).reason == "INVALID_PARAMS"
    bare = talk.send("tck-complete-task", configuration={"historyLength": 0})
    assert "history" not in bare.task


# What everything looks like


@must(
    "DM-SERIAL-001",
    "DM-SERIAL-002",
    "DM-SERIAL-003",
    "DM-TASK-002",
    "DM-MSG-001",
    "DM-MSG-002",
    "DM-PART-001",
    "DM-ART-001",
)
def test_answers_are_written_as_the_specification_has_them(talk: Talk):
    task = talk.send("tck-artifact-file").task
    names = set(_names(task))
    assert not {name for name in names if "_" in name}
    assert task["status"]["state"] == "TASK_STATE_COMPLETED"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", task["status"]["timestamp"])
    (said,) = task["history"]
    assert said["role"] == "ROLE_USER"
    assert said["messageId"] == "tck-artifact-file"


@must("DM-SERIAL-005")
def test_fields_that_are_not_known_are_passed_over(talk: Talk):
    assert talk.send("tck-complete-task", configuration={"strange": 1}, unknown={"a": [1]}).state == "COMPLETED"


def _names(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(name for one in value.values() for name in _names(one))]
    return [name for one in value for name in _names(one)] if isinstance(value, list) else []


def test_everything_a_peer_says_is_untrusted_in_the_journal(stand: Stand, talk: Talk):
    task = talk.send("ours-waits").task
    talk.send("ours-echo", "now", taskId=task["id"])

    async def labels() -> list[str]:
        pid = int(task["id"].partition("-")[2].partition(".")[0])
        (found,) = await stand.kernel.machine.store.load((pid,))
        return [found.process.label.integrity, found.process.agent, found.process.owner]

    assert stand.do(labels) == ["untrusted", "agent-under-test@kit", "alice"]

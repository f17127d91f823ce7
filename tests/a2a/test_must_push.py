"""What the specification demands of push notifications (sections 3.1.7 to 3.1.10, 4.3), on both bindings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.a2a.receivers import receiving
from tests.a2a.standing import Stand, Talk, state_of

CONFIG = {"id": "mine", "url": "https://example.com/webhook", "token": "t0"}


def test_a_place_is_kept_found_listed_and_taken_back(talk: Talk):
    """PUSH-CREATE-001, PUSH-CREATE-002, PUSH-GET-001, PUSH-LIST-001, PUSH-DEL-001, PUSH-DEL-002."""
    task_id = talk.send("tck-complete-task").task["id"]
    made = talk.push("create", task_id, CONFIG).result
    assert made == {**CONFIG, "taskId": task_id}
    assert talk.push("get", task_id, config_id="mine").result == made
    talk.push("create", task_id, {"url": "https://example.com/other"})
    listed = talk.push("list", task_id).result["configs"]
    assert [one["url"] for one in listed] == ["https://example.com/webhook", "https://example.com/other"]
    assert all(one["id"] for one in listed)
    for _ in range(2):
        assert talk.push("delete", task_id, config_id="mine").error is None
        assert talk.push("get", task_id, config_id="mine").error is not None


def test_a_place_that_is_not_there_is_not_found(talk: Talk):
    """PUSH-GET-002."""
    task_id = talk.send("tck-complete-task").task["id"]
    assert talk.push("get", task_id, config_id="none").reason == "TASK_NOT_FOUND"
    for verb in ("create", "get", "list", "delete"):
        found = talk.push(
            verb, "tck-nowhere", CONFIG if verb == "create" else None, "x" if verb in {"get", "delete"} else ""
        )
        assert found.reason == "TASK_NOT_FOUND", verb


def test_a_peer_is_told_with_what_it_asked_to_be_told_with(talk: Talk):
    """PUSH-DELIVER-001, PUSH-DELIVER-002, PUSH-DELIVER-003."""
    with receiving() as receiver:
        config = {
            "id": "hook",
            "url": receiver.url,
            "token": "mark",
            "authentication": {"scheme": "Bearer", "credentials": "tck-test-token"},
        }
        task = talk.send("tck-input-required", configuration={"taskPushNotificationConfig": config}).task
        assert [one["id"] for one in talk.push("list", task["id"]).result["configs"]] == ["hook"]
        talk.send("tck-stream-001", taskId=task["id"])
        told = _until_ended(receiver)
    for headers, body in told:
        assert headers["authorization"] == "Bearer tck-test-token"
        assert headers["x-a2a-notification-token"] == "mark"
        assert headers["content-type"] == "application/a2a+json"
        assert len(body) == 1
        assert set(body) <= {"statusUpdate", "artifactUpdate", "task"}
    states = [state_of(body) for _, body in told if state_of(body)]
    assert "INPUT_REQUIRED" in states
    assert states[-1] == "COMPLETED"
    assert any("artifactUpdate" in body for _, body in told)


def _until_ended(receiver: Any) -> list[Any]:
    number = 1
    while True:
        told = receiver.wait(number)
        assert len(told) >= number, told
        if any(state_of(body) == "COMPLETED" for _, body in told):
            return told
        number = len(told) + 1


def test_what_is_not_taken_is_told_again_in_order(stand: Stand, talk: Talk):
    with receiving() as receiver:
        receiver.statuses = [503]
        config = {"id": "hook", "url": receiver.url}
        talk.send("tck-complete-task", configuration={"taskPushNotificationConfig": config})
        told = _until_ended(receiver)
    bodies = [body for _, body in told]
    assert bodies[0] == bodies[1]
    assert bodies.count(bodies[0]) == 2
    assert state_of(bodies[-1]) == "COMPLETED"


def test_a_redirect_is_not_followed(talk: Talk):
    with receiving() as elsewhere, receiving() as receiver:
        receiver.statuses, receiver.location = [307] * 3, elsewhere.url
        config = {"id": "hook", "url": receiver.url}
        task = talk.send("tck-input-required", configuration={"taskPushNotificationConfig": config}).task
        receiver.wait(1)
        assert receiver.told
        assert elsewhere.told == []
        talk.push("delete", task["id"], config_id="hook")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x", "ftp://example.com/x", "https://169.254.169.254/latest/meta-data/", "https://10.0.0.1/", "https://[::1]/",
        "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://user:pass@example.com/", "https://metadata.internal/",
        "https://printer.local/", "https://x.localhost/", "https://example.com:25/", "https://example.com:22/", "file:///etc/passwd",
        "https://exa mple.com/", "https://example.com/\r\nX: y", "gopher://x/", "https://[::ffff:127.0.0.1]/", "https://192.168.1.1:8443/",
        "javascript:alert(1)", "https://", "/relative", "https://100.64.0.1/", "https://example.com/" + "a" * 2_000, "https://ⓔxample.com/",
        "https://example.com#@127.0.0.1/../..", "http://127.0.0.2/", "https://0.0.0.0/", "https://example.com/%2e%2e/x",
    ],
)  # fmt: skip
def test_a_place_inside_is_refused(talk: Talk, url: str):
    task_id = talk.send("tck-complete-task").task["id"]
    refused = talk.push("create", task_id, {"url": url})
    assert refused.error is not None, url
    assert talk.push("list", task_id).result.get("configs", []) == []
    begun = talk.send("tck-complete-task", configuration={"taskPushNotificationConfig": {"url": url}})
    assert begun.error is not None, url


@pytest.mark.parametrize(
    "config",
    [
        {"token": "a\r\nb"}, {"authentication": {"scheme": "Bearer x", "credentials": "y"}}, {"authentication": {"credentials": "y"}},
        {"authentication": {"scheme": "Bearer", "credentials": "a\nb"}}, {"id": "x" * 300}, {"token": "x" * 5_000}, {"url": ""},
    ],
)  # fmt: skip
def test_a_place_that_would_forge_a_header_is_refused(talk: Talk, config: dict[str, Any]):
    task_id = talk.send("tck-complete-task").task["id"]
    assert talk.push("create", task_id, {"url": "https://example.com/", **config}).error is not None


def test_a_task_has_so_many_places_and_no_more(talk: Talk):
    task_id = talk.send("tck-complete-task").task["id"]
    for number in range(8):
        assert talk.push("create", task_id, {**CONFIG, "id": f"c{number}"}).error is None
    assert talk.push("create", task_id, {**CONFIG, "id": "one more"}).reason == "UNSUPPORTED_OPERATION"
    assert talk.push("create", task_id, {**CONFIG, "id": "c0", "token": "again"}).error is None

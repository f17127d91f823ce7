"""What the specification demands of Agent Cards (sections 4.4, 8), of versions (3.6) and of the bindings (9, 11)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from a2a.types import AgentCard
from a2a.utils.signing import InvalidSignaturesError, create_signature_verifier
from google.protobuf.json_format import ParseDict
from jwt import PyJWK

from tests.a2a.standing import NAME, Stand, Talk


def _card(stand: Stand) -> dict[str, Any]:
    return httpx.get(f"{stand.base}/.well-known/agent-card.json", verify=False).json()


def test_the_card_is_where_it_is_looked_for(stand: Stand):
    """CARD-DISC-001, CARD-PROTO-001, CARD-PROTO-002, CARD-STRUCT-001."""
    card = _card(stand)
    own = httpx.get(f"{stand.url}/.well-known/agent-card.json", verify=False).json()
    assert {**own, "signatures": []} == {**card, "signatures": []}
    for name in (
        "name",
        "description",
        "version",
        "supportedInterfaces",
        "capabilities",
        "skills",
        "defaultInputModes",
    ):
        assert card[name], name
    for one in card["supportedInterfaces"]:
        assert one["protocolBinding"] in {"JSONRPC", "HTTP+JSON"}
        assert one["url"] == stand.url
        assert one["protocolVersion"] in {"1.0", "0.3"}
    assert card["capabilities"] == {"streaming": True, "pushNotifications": True, "extendedAgentCard": True}
    for skill in card["skills"]:
        assert skill["id"]
        assert skill["tags"]


def test_a_card_may_be_kept_and_is_asked_about_by_its_tag(stand: Stand):
    """CARD-CACHE-001, CARD-CACHE-002."""
    url = f"{stand.base}/.well-known/agent-card.json"
    first = httpx.get(url, verify=False)
    assert "max-age=" in first.headers["cache-control"]
    assert httpx.get(url, verify=False, headers={"if-none-match": first.headers["etag"]}).status_code == 304


def test_a_card_is_signed_and_a_changed_one_is_not(stand: Stand):
    """CARD-SIGN-001, CARD-SIGN-002, CARD-SIGN-003."""
    found = _card(stand)
    (signature,) = found["signatures"]
    header = json.loads(base64.urlsafe_b64decode(signature["protected"] + "=="))
    assert header["alg"] == "ES256"
    (key,) = httpx.get(header["jku"], verify=False).json()["keys"]
    assert key["kid"] == header["kid"]
    assert "d" not in key
    verify = create_signature_verifier(lambda kid, jku: PyJWK(key), ["ES256"])
    card = ParseDict(found, AgentCard(), ignore_unknown_fields=True)
    verify(card)
    card.description = "another"
    with pytest.raises(InvalidSignaturesError):
        verify(card)


def test_the_extended_card_says_what_its_caller_may_use(talk: Talk):
    """CARD-EXT-001."""
    card = talk.extended().result
    (extension,) = card["capabilities"]["extensions"]
    assert extension["params"]["tasksAtOnce"] == 1_000
    assert card["signatures"]


# Versions


@pytest.mark.parametrize("version", ["99.0", "1.7", "2.0", "0.2", "x", "1", "1.0.0.0", "-1.0", "1.0; x", "0.30"])
def test_a_version_that_is_not_spoken_is_refused(talk: Talk, version: str):
    """VER-SERVER-001, VER-SERVER-002."""
    talk.http.headers["a2a-version"] = version
    assert talk.send("tck-complete-task").reason == "VERSION_NOT_SUPPORTED"


def test_a_patch_number_changes_nothing(talk: Talk):
    """VER-CLIENT-002."""
    talk.http.headers["a2a-version"] = "1.0.1"
    assert talk.send("tck-complete-task").state == "COMPLETED"


def test_no_version_is_version_0_3(talk: Talk):
    """VER-SERVER-003."""
    talk.http.headers["a2a-version"] = ""
    assert talk.send("tck-complete-task").error is not None  # these are methods of 1.0
    said = {
        "role": "user",
        "messageId": "tck-complete-task",
        "kind": "message",
        "parts": [{"kind": "text", "text": "x"}],
    }
    old = talk.rpc("message/send", {"message": said})
    assert old.result["status"]["state"] == "completed"
    assert old.result["kind"] == "task"
    assert talk.rpc("tasks/get", {"id": old.result["id"]}).result["id"] == old.result["id"]


def test_extensions_that_nobody_knows_do_no_harm(talk: Talk):
    """JSONRPC-SVC-002, HTTP_JSON-SVC-002."""
    talk.http.headers["a2a-extensions"] = "https://example.com/ext/v1,https://example.com/ext/v2"
    assert talk.send("tck-complete-task").state == "COMPLETED"


# JSON-RPC


@pytest.fixture
def rpc(stand: Stand) -> Iterator[Talk]:
    one = Talk(stand.url, "jsonrpc")
    yield one
    one.http.close()


def test_answers_of_json_rpc_are_answers_of_json_rpc(rpc: Talk):
    """JSONRPC-FMT-001, JSONRPC-FMT-002."""
    for number in (7, "seven", 0, -1):
        body = {"jsonrpc": "2.0", "id": number, "method": "GetTask", "params": {"id": "x"}}
        found = rpc.http.post(rpc.url, json=body)
        assert found.headers["content-type"].startswith("application/json")
        assert found.json()["id"] == number
        assert found.json()["jsonrpc"] == "2.0"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{not json", -32700), (b'{"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"a": }}', -32700), (b"", -32700),
        (b"[]", -32600), (b"[1, 2]", -32600), (b"null", -32600), (b'"x"', -32600), (b"{}", -32600),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "GetTask", "params": {"id": "x"}}]', -32600),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "GetTask", "params": {"id": "x"}}', -32600), (b'{"jsonrpc": "2.0", "id": 1}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "Nothing"}', -32601), (b'{"jsonrpc": "2.0", "id": 1, "method": "sendMessage"}', -32601),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {}}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": {"role": "ROLE_USER"}}}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "GetTask", "params": {"id": 5}}', -32602), (b'{"jsonrpc": "2.0", "id": 1, "method": "GetTask", "params": []}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "GetTask", "params": {}}', -32602), (b'{"id": 1, "id": 2, "jsonrpc": "2.0", "method": "GetTask"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "GetTask", "params": ' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}", -32600), (b"[" * 100_000, -32600),
        (b"\xff\xfe", -32700), (b'{"jsonrpc": "2.0", "id": true, "method": "GetTask", "params": {"id": "x"}}', -32600),
    ],
)  # fmt: skip
def test_what_is_no_request_gets_the_right_error(rpc: Talk, body: bytes, code: int):
    """JSONRPC-ERR-001, CORE-ERR-001, CORE-ERR-002."""
    found = rpc.http.post(rpc.url, content=body, headers={"content-type": "application/json"})
    assert found.status_code == 200
    answer = found.json()
    assert answer["error"]["code"] == code, answer
    assert answer["error"]["message"]
    assert "Traceback" not in found.text


def test_errors_of_json_rpc_say_what_they_are(rpc: Talk):
    """JSONRPC-ERR-002, JSONRPC-ERR-003, JSONRPC-SSE-002."""
    error = rpc.get("nowhere").error
    assert error["code"] == -32001
    (info,) = [one for one in error["data"] if one["@type"].endswith("ErrorInfo")]
    assert info["reason"] == "TASK_NOT_FOUND"
    assert info["domain"] == "a2a-protocol.org"


def test_every_method_is_called_what_the_specification_calls_it(rpc: Talk):
    """JSONRPC-SVC-001."""
    names = (
        "SendMessage", "SendStreamingMessage", "GetTask", "ListTasks", "CancelTask", "SubscribeToTask", "CreateTaskPushNotificationConfig",
        "GetTaskPushNotificationConfig", "ListTaskPushNotificationConfigs", "DeleteTaskPushNotificationConfig", "GetExtendedAgentCard",
    )  # fmt: skip
    assert [name for name in names if rpc.rpc(name, {}).code == -32601] == []


# HTTP+JSON


@pytest.fixture
def rest(stand: Stand) -> Iterator[Talk]:
    one = Talk(stand.url, "http_json")
    yield one
    one.http.close()


def test_answers_are_of_the_protocols_own_type(rest: Talk):
    """HTTP_JSON-SVC-001, HTTP_JSON-URL-001, HTTP_JSON-URL-002, HTTP_JSON-QP-001."""
    sent = rest.send("tck-complete-task")
    assert sent.headers["content-type"] == "application/a2a+json"
    assert rest.get(sent.task["id"]).headers["content-type"] == "application/a2a+json"
    assert rest.list(contextId="x", pageSize=1).headers["content-type"] == "application/a2a+json"
    body = json.dumps({"message": {"role": "ROLE_USER", "messageId": "tck-complete-task", "parts": [{"text": "x"}]}})
    typed = rest.http.post(f"{rest.url}/message:send", content=body, headers={"content-type": "application/a2a+json"})
    assert typed.status_code == 200


def test_errors_are_of_googles_model(rest: Talk):
    """HTTP_JSON-ERR-001, HTTP_JSON-ERR-002, HTTP_JSON-STATUS-001."""
    missing = rest.get("nowhere")
    assert missing.status == 404
    assert missing.headers["content-type"].startswith("application/json")
    assert {"code", "status", "message", "details"} <= missing.error.keys()
    assert missing.details[0]["domain"] == "a2a-protocol.org"
    done = rest.send("tck-complete-task").task["id"]
    assert rest.cancel(done).status == 400
    assert rest.send("x", taskId=done).status == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "", 405), ("GET", "/nothing", 404), ("PUT", "/tasks", 405), ("DELETE", "/tasks/x", 405), ("GET", "/message:send", 405),
        ("POST", "/tasks/x/pushNotificationConfigs/y", 405), ("GET", "/tenant/tasks", 404), ("GET", "/tasks/%2e%2e/tasks", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_there(rest: Talk, method: str, path: str, status: int):
    assert rest.http.request(method, f"{rest.url}{path}").status_code == status


@pytest.mark.parametrize(
    "body", [b"{}", b"{not json", b"[]", b"null", b'{"message": 5}', b'{"message": {"parts": "x"}}', b"[" * 5_000]
)
def test_what_is_no_message_is_refused(rest: Talk, body: bytes):
    found = rest.http.post(f"{rest.url}/message:send", content=body, headers={"content-type": "application/json"})
    assert found.status_code == 400
    assert found.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_names_are_as_they_are(stand: Stand):
    assert httpx.get(f"{stand.base}/a2a/{NAME.upper()}/tasks", verify=False).status_code == 404
    assert httpx.get(f"{stand.base}/a2a/", verify=False).status_code == 404
    assert httpx.get(f"{stand.base}/a2a/nobody/.well-known/agent-card.json", verify=False).status_code == 404

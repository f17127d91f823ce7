"""What comes in is checked once; what goes out comes in again as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from a2a.types import a2a_pb2 as pb
from google.protobuf.json_format import MessageToDict, ParseDict
from hypothesis import given
from hypothesis import strategies as st

from ergos.buses.a2a import wire
from ergos.buses.a2a.ports import Artifact, ArtifactCame, PushConfig, Said, Status, StatusMoved, TaskRefused, TaskView

PARTS = st.lists(
    st.one_of(
        st.builds(lambda text: {"text": text}, st.text(min_size=1, max_size=20)),
        st.builds(lambda value: {"data": value}, st.dictionaries(st.text(max_size=5), st.integers(-9, 9), max_size=3)),
        st.just({"raw": "dGNr", "filename": "a.txt", "mediaType": "text/plain"}),
        st.just({"url": "https://example.com/x"}),
    ),
    min_size=1,
    max_size=4,
)


def _message(**more: Any) -> pb.Message:
    return ParseDict({"role": "ROLE_USER", "messageId": "m", "parts": [{"text": "x"}], **more}, pb.Message())


@given(PARTS)
def test_a_message_comes_through_as_it_was(parts: list[dict[str, Any]]):
    said = wire.said_of(_message(parts=parts, contextId="c", metadata={"a": [1, {"b": None}]}, referenceTaskIds=["t"]))
    again = MessageToDict(wire.message(said))
    assert again["parts"] == [MessageToDict(ParseDict(part, pb.Part())) for part in parts]
    assert again["metadata"] == {"a": [1, {"b": None}]}
    assert again["referenceTaskIds"] == ["t"]
    assert wire.said_of(wire.message(said)) == said


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"role": "ROLE_AGENT"}, "role"), ({"role": "ROLE_UNSPECIFIED"}, "role"), ({"parts": []}, "parts"), ({"parts": [{}]}, "parts[0]"),
        ({"parts": [{"text": "x"}] * 101}, "parts"), ({"messageId": ""}, "messageId"), ({"messageId": "x" * 257}, "messageId"),
        ({"messageId": "a\x00"}, "messageId"), ({"contextId": "a\nb"}, "contextId"), ({"extensions": ["x"] * 101}, "extensions"),
        ({"referenceTaskIds": ["x" * 2_001]}, "referenceTaskIds"),
    ],
)  # fmt: skip
def test_what_is_no_message_of_a_client_is_refused_and_says_why(more: dict[str, Any], names: str):
    with pytest.raises(TaskRefused, match="message") as refused:
        wire.said_of(_message(**more))
    assert refused.value.why == "bad-params"
    assert names in refused.value.what


def test_events_are_written_as_the_protocol_has_them():
    status = Status(
        state="completed",
        at_ns=1_700_000_000_123_456_789,
        message=Said(id="s", role="agent", parts=({"text": "done"},)),
    )
    view = TaskView(
        id="t",
        context_id="c",
        status=status,
        artifacts=(Artifact(id="a", parts=({"data": {"n": 1}},)),),
        history=tuple(Said(id=f"m{number}", role="user", parts=({"text": "x"},)) for number in range(3)),
    )
    shown = MessageToDict(wire.task(view))
    assert shown["status"]["timestamp"] == "2023-11-14T22:13:20.123Z"
    assert shown["status"]["message"]["taskId"] == "t"
    assert len(shown["history"]) == 3
    assert [one["messageId"] for one in MessageToDict(wire.task(view, 2))["history"]] == ["m1", "m2"]
    assert "history" not in MessageToDict(wire.task(view, 0))
    assert "artifacts" not in MessageToDict(wire.task(view, artifacts=False))
    for one, name in (
        (view, "task"),
        (StatusMoved(task_id="t", context_id="c", status=status), "statusUpdate"),
        (ArtifactCame(task_id="t", context_id="c", artifact=view.artifacts[0], append=True), "artifactUpdate"),
    ):
        assert list(json.loads(wire.stream_response(one))) == [name]


@pytest.mark.parametrize(
    "part", [5, None, {}, {"text": 5}, {"unknown": 1}, {"text": "a", "url": "b"}, [], {"metadata": {}}]
)
def test_what_is_no_part_is_told_apart(part: Any):
    assert wire.misfit(part)


def test_a_place_to_be_told_at_has_an_id_and_no_room_for_tricks():
    config = pb.TaskPushNotificationConfig(url="https://example.com/x", token="t")
    assert wire.push_of(config, "default") == PushConfig(id="default", url="https://example.com/x", token="t")
    assert wire.push_of(wire.push("t", wire.push_of(config, "d")), "other").id == "d"
    for bad in (
        {"token": "a\r\nb"},
        {"url": ""},
        {"url": "x" * 2_001},
        {"token": "é"},
        {"authentication": {"scheme": "a b"}},
    ):
        with pytest.raises(TaskRefused):
            wire.push_of(ParseDict({"url": "https://example.com/", **bad}, pb.TaskPushNotificationConfig()), "d")


def test_a_list_is_asked_for_within_bounds():
    asked = ParseDict(
        {"status": "TASK_STATE_WORKING", "statusTimestampAfter": "2023-11-14T22:13:20.5Z", "contextId": "c"},
        pb.ListTasksRequest(),
    )
    query = wire.query_of(asked)
    assert (query.state, query.changed_after_ns, query.size, query.context_id) == (
        "working",
        1_700_000_000_500_000_000,
        50,
        "c",
    )
    for size in (0, 101, -1):
        with pytest.raises(TaskRefused):
            wire.query_of(pb.ListTasksRequest(page_size=size))

"""What a peer tells of a task becomes an outcome or an error, whatever it is and in whatever order."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from a2a.types.a2a_pb2 import Artifact, Part, StreamResponse
from google.protobuf.json_format import ParseDict
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.canonical import encode
from ergos.base.world_errors import BusError
from ergos.buses.a2a.host.following import (
    ENDED,
    EVENTS_MAX,
    INTERRUPTED,
    PARTS_MAX,
    RESULT_BYTES_MAX,
    Following,
    id_like,
    state_of,
)
from tests.buses.a2a.host.stage import task


def event(**plain: Any) -> StreamResponse:
    return ParseDict(plain, StreamResponse())


def status(state: str, task_id: str = "t1", text: str = "") -> StreamResponse:
    said = {"message": {"messageId": "m", "parts": [{"text": text}]}} if text else {}
    return event(statusUpdate={"taskId": task_id, "status": {"state": f"TASK_STATE_{state}", **said}})


def piece(text: str, *, append: bool, artifact: str = "a") -> StreamResponse:
    return event(
        artifactUpdate={
            "taskId": "t1",
            "append": append,
            "artifact": {"artifactId": artifact, "parts": [{"text": text}]},
        }
    )


def test_an_artifact_in_pieces_is_the_same_as_a_whole_one():
    pieces, whole = Following("acme"), Following("acme")
    pieces.take(event(task=task()))
    pieces.take(piece("one ", append=False))
    pieces.take(piece("two", append=True))
    pieces.take(status("COMPLETED"))
    parts = [{"text": "one "}, {"text": "two"}]
    whole.take(event(task=task("COMPLETED", artifacts=[{"artifactId": "a", "parts": parts}])))
    assert pieces.outcome() == whole.outcome()
    assert pieces.outcome().text == "one two"


def test_an_artifact_that_is_sent_anew_replaces_itself():
    found = Following("acme")
    found.take(event(task=task()))
    found.take(piece("old", append=False))
    found.take(piece("new", append=False))
    found.take(piece("more", append=False, artifact="b"))
    assert found.outcome().text == "new\nmore"


def test_an_answer_without_a_task_is_an_end():
    found = Following("acme")
    found.take(event(message={"messageId": "m", "parts": [{"text": "hi"}, {"data": {"n": 1}}]}))
    assert (found.state, found.settled, found.task) == ("completed", True, "")
    assert found.outcome().artifacts == [{"id": "message", "parts": [{"text": "hi"}, {"data": {"n": 1}}]}]


def test_every_state_of_the_protocol_is_known():
    from a2a.types.a2a_pb2 import TaskState

    for name, number in TaskState.items():
        if number:
            assert state_of(number) == name.removeprefix("TASK_STATE_").lower()
    assert state_of(0) is None
    assert not ENDED & INTERRUPTED


def test_a_task_that_has_ended_stays_as_it_is():
    found = Following("acme")
    found.take(event(task=task("COMPLETED")))
    with pytest.raises(BusError, match="after it was completed"):
        found.take(status("WORKING"))


def test_a_task_that_stands_as_before_has_not_heard_yet():
    found = Following("acme", "t1")
    waiting = event(task=task("INPUT_REQUIRED"))
    found.stood(waiting.task)
    assert not found.settled
    found.take(waiting)
    assert not found.settled
    found.take(status("WORKING"))
    found.take(status("INPUT_REQUIRED", text="And now?"))
    assert found.settled
    again = Following("acme", "t1")
    again.stood(waiting.task)
    again.heard()
    assert again.settled


def test_a_message_in_the_middle_of_a_task_is_no_answer():
    found = Following("acme")
    found.take(event(task=task("FAILED")))
    with pytest.raises(BusError, match="in the middle"):
        found.take(event(message={"messageId": "m", "parts": [{"text": "it went well"}]}))
    assert found.state == "failed"


def test_nothing_of_another_task_is_taken():
    found = Following("acme", "t1")
    for other in (event(task=task(task_id="t2")), status("WORKING", "t2"), event(message={"taskId": "t2"})):
        with pytest.raises(BusError, match="another task"):
            found.take(other)


def test_updates_parts_and_outcomes_have_an_end():
    found = Following("acme")
    found.take(event(task=task()))
    for _ in range(EVENTS_MAX - 1):
        found.take(status("WORKING"))
    with pytest.raises(BusError, match="updates"):
        found.take(status("WORKING"))
    found = Following("acme")
    update = event(task=task(artifacts=[{"artifactId": "a"}]))
    update.task.artifacts[0].parts.extend([Part(text="x")] * (PARTS_MAX + 1))
    with pytest.raises(BusError, match="parts"):
        found.take(update)
    found = Following("acme")
    found.take(event(task=task(artifacts=[{"artifactId": "a", "parts": [{"text": "x" * (RESULT_BYTES_MAX // 2)}]}])))
    with pytest.raises(BusError, match="bytes"):
        found.outcome()


def test_an_empty_update_and_an_id_too_long_are_refused():
    with pytest.raises(BusError, match="without anything"):
        Following("acme").take(StreamResponse())
    found = Following("acme")
    found.take(event(task=task()))
    with pytest.raises(BusError, match="no id"):
        found.take(event(artifactUpdate={"taskId": "t1", "artifact": {"artifactId": "x" * 257}}))


@pytest.mark.parametrize(("text", "may"), [("t1", True), ("a.b-c_d~e:f@g", True), ("..", False), (".", False), ("a/b", False),
                                           ("a b", False), ("a%2fb", False), ("", False), ("x" * 257, False), ("é", False)])  # fmt: skip
def test_an_id_is_no_path(text: str, may: bool):
    assert id_like(text) is may


STATES = [
    "SUBMITTED",
    "WORKING",
    "COMPLETED",
    "FAILED",
    "CANCELED",
    "REJECTED",
    "INPUT_REQUIRED",
    "AUTH_REQUIRED",
    "UNSPECIFIED",
]
EVENTS = st.one_of(
    st.builds(lambda state, task_id: event(task=task(state, task_id)), st.sampled_from(STATES), st.sampled_from(["t1", "t2", ""])),
    st.builds(status, st.sampled_from(STATES), st.sampled_from(["t1", "t2"]), st.sampled_from(["", "why"])),
    st.builds(lambda text, append: piece(text, append=append), st.text(max_size=5), st.booleans()),
    st.builds(lambda text: event(message={"messageId": "m", "parts": [{"text": text}]}), st.text(max_size=5)),
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(EVENTS, max_size=8))
def test_in_whatever_order_things_are_told_what_comes_of_them_is_plain_data(events: list[StreamResponse]):
    found = Following("acme")
    ended = None
    for one in events:
        with contextlib.suppress(BusError):
            found.take(one)
        if ended is not None:
            assert found.state == ended
        ended = found.state if found.ended else ended
    encode(msgspec.to_builtins(found.outcome()))
    assert isinstance(found.complaint(), str)


def test_an_artifact_keeps_its_name():
    found = Following("acme")
    update = event(task=task())
    update.task.artifacts.append(Artifact(artifact_id="a", name="n", description="d"))
    found.take(update)
    assert found.outcome().artifacts == [{"id": "a", "name": "n", "description": "d", "parts": []}]

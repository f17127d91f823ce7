"""What passes between a peer and a process is told apart from everything that only looks like it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.buses.a2a.ports import Said
from ergos.kernel.peers import DELEGATION
from ergos.server.a2a_sayings import OUTCOME, Made, Telling, artifact_of, heard, telling_of, told

SAID = Said(
    id="m1",
    role="user",
    parts=({"text": "one"}, {"data": {"n": 1}}, {"text": "two"}),
    context_id="c",
    references=("t0",),
)


def test_a_message_is_heard_as_it_was_told():
    value = told(SAID, "acme", 5)
    assert isinstance(value, dict)
    assert value["trigger"] == "a2a.acme"
    assert value["value"]["text"] == "one\ntwo"  # type: ignore[index, call-overload]
    found = heard(value, "t1")
    assert found is not None
    peer, said = found
    assert peer == "acme"
    assert (said.id, said.parts, said.context_id, said.task_id, said.references) == (
        "m1",
        SAID.parts,
        "c",
        "t1",
        ("t0",),
    )


def test_a_token_that_a_peer_sends_along_is_no_agents_to_read():
    import msgspec

    value: Any = told(msgspec.structs.replace(SAID, metadata={DELEGATION: {"token": "secret"}, "k": 1}), "acme", 5)
    assert value["value"]["metadata"] == {"k": 1}


@pytest.mark.parametrize(
    "value",
    [
        None, 5, "x", [], {}, {"trigger": "a2a.acme"}, {"trigger": "a2a.acme", "key": "k", "at_ns": 1, "value": 5},
        {"trigger": "a2a.acme", "key": "k", "at_ns": 1, "value": {"peer": "globex", "parts": [], "message_id": "m"}},
        {"trigger": "feed", "key": "k", "at_ns": 1, "value": {"peer": "acme", "parts": [], "message_id": "m"}},
    ],
)  # fmt: skip
def test_what_no_peer_told_is_not_heard(value: Any):
    assert heard(value) is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    )
)
def test_whatever_a_program_says_is_something(value: Any):
    for outcome in (True, False):
        assert isinstance(telling_of(value, outcome=outcome), Telling)
    assert heard(value) is None


@pytest.mark.parametrize(
    "said",
    [
        {"state": "completed"}, {"artifacts": [{"parts": []}]}, {"artifacts": [{"parts": [{}]}]}, {"message": [{"text": 5}]}, {"more": 1}, {"artifacts": [{}]},
        {"artifacts": [{"parts": [{"text": "x"}] * 101}]}, 5, None,
    ],
)  # fmt: skip
def test_what_only_looks_like_a_saying_is_data(said: Any):
    found = telling_of({"a2a": said}, outcome=True)
    assert found.artifacts[0].parts == ({"data": {"a2a": said}},)
    assert found.state == ""


def test_plain_values_are_artifacts_at_the_end_and_messages_before():
    assert telling_of("done", outcome=True).artifacts[0] == Made(parts=({"text": "done"},), id=OUTCOME, name=OUTCOME)
    assert telling_of({"n": 1}, outcome=False).parts == ({"data": {"n": 1}},)
    assert telling_of(None, outcome=True) == Telling()
    assert telling_of({"a2a": {"message": "hi"}}, outcome=True).parts == ({"text": "hi"},)


def test_an_artifact_has_an_id():
    assert artifact_of(Made(parts=({"text": "x"},)), 3).id == "artifact-3"
    assert artifact_of(Made(parts=({"text": "x"},), id="a", name="n"), 3).name == "n"

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.world_errors import ModelError, ModelReplyError
from ergos.drivers.models.vendors.reading import Notes, Reading, event_object
from ergos.drivers.models.vendors.reading_chat import ChatReading
from ergos.drivers.models.vendors.reading_google import GoogleReading
from ergos.drivers.models.vendors.reading_messages import MessagesReading
from ergos.drivers.models.vendors.reading_responses import ResponsesReading

READINGS = [ChatReading, ResponsesReading, MessagesReading, GoogleReading]
WORDS = (
    "type index id name input arguments text content choices delta message tool_calls function finish_reason usage error "
    "output response item item_id summary candidates parts functionCall functionResponse args thought thoughtSignature code "
    "function_call response.output_item.added response.output_item.done response.output_text.delta response.completed "
    "content_block content_block_start content_block_delta text_delta input_json_delta message_start message_delta tool_use "
    "reasoning reasoning_content reasoning_details images call_id output_index content_index stop_reason extra_content"
).split()
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.sampled_from([*WORDS, "", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=25,
).map(lambda value: value if isinstance(value, dict) else {"choices": value})


@pytest.mark.parametrize("reading", READINGS)
@given(body=BODIES)
def test_no_body_breaks_a_reading_but_by_a_model_error(reading: type[Reading], body: dict) -> None:
    for read in (lambda: reading(Notes(1)).whole(body), lambda: list(reading(Notes(1)).parted(body))):
        try:
            read()
        except ModelError:
            pass


@pytest.mark.parametrize("reading", READINGS)
@given(bodies=st.lists(BODIES, max_size=4), name=st.sampled_from(["", "error", "message_start", "response.created"]))
def test_no_stream_breaks_a_reading_but_by_a_model_error(reading: type[Reading], bodies: list[dict], name: str) -> None:
    one, other = reading(Notes(1)), reading(Notes(1))
    try:
        for body in bodies:
            list(one.event(name, body))
        one.done()
        list(one.end())
    except ModelError:
        pass
    try:
        other.joined([(name, body) for body in bodies])
    except ModelError:
        pass


@pytest.mark.parametrize("reading", READINGS)
def test_a_stream_that_says_nothing_was_cut_off(reading: type[Reading]) -> None:
    with pytest.raises(ModelReplyError, match="cut off"):
        list(reading(Notes(1)).end())


def test_ids_that_are_made_up_are_unique_in_a_conversation_and_always_the_same() -> None:
    notes = Notes(3)
    made = [notes.new_call_id(), notes.new_call_id(), Notes(4).new_call_id()]
    assert made == ["call_3_1", "call_3_2", "call_4_1"]


def test_a_mark_is_no_object_and_words_are_an_error() -> None:
    assert event_object("", "[DONE]") is None
    assert event_object("ping", "  ") is None
    assert event_object("", '{"a": 1}') == {"a": 1}
    assert event_object("error", "busy") == {"error": {"message": "busy"}}
    with pytest.raises(ModelReplyError):
        event_object("", "busy")
    with pytest.raises(ModelReplyError):
        event_object("", "[1]")

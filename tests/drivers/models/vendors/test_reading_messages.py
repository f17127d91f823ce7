from __future__ import annotations

import pytest

from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError
from ergos.drivers.models.vendors.reading import Notes
from ergos.drivers.models.vendors.reading_messages import MessagesReading
from ergos.kernel.models import Usage

USED = {"input_tokens": 3, "output_tokens": 5}
TOOL = {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "x"}}


def body(*content: dict, stop: str | None = "end_turn", **more: object) -> dict:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "model-1",
        "content": list(content),
        "stop_reason": stop,
        "usage": USED,
        **more,
    }


def streamed(*events: dict) -> tuple[list[dict], Notes]:
    reading = MessagesReading(Notes(1))
    sent = [piece for event in events for _, piece in reading.event(event["type"], event)]
    return sent + [piece for _, piece in reading.end()], reading.notes


def start(index: int, **block: object) -> dict:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, field: str, words: str) -> dict:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, field: words}}


END = [
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
    {"type": "message_stop"},
]


def test_what_the_vendors_own_tools_did_is_left_out() -> None:
    own = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
    content = MessagesReading(Notes(1)).whole(body({"type": "text", "text": "a", "citations": None}, own, TOOL))[
        "content"
    ]
    assert content == [{"type": "text", "text": "a"}, TOOL]
    sent, _ = streamed(
        start(0, **own),
        delta(0, "input_json_delta", "partial_json", "{}"),
        start(1, type="text", text=""),
        delta(1, "text_delta", "text", "a"),
        *END,
    )
    assert [piece["content_block"]["type"] for piece in sent if piece["type"] == "content_block_start"] == ["text"]


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("tool_use", "tools"),
        ("refusal", "refusal"),
        ("pause_turn", "other"),
        (None, None),
    ],
)
def test_a_stop_reason_is_put_in_neutral_words(reason: str | None, stop: str | None) -> None:
    reading = MessagesReading(Notes(1))
    reading.whole(body({"type": "text", "text": "a"}, stop=reason))
    assert reading.notes.stop == stop


def test_usage_of_a_stream_is_of_its_beginning_and_its_end() -> None:
    began = {
        "type": "message_start",
        "message": body(stop=None, usage={"input_tokens": 3, "output_tokens": 1, "cache_read_input_tokens": 7}),
    }
    assert streamed(began, *END)[1].usage == Usage(input_tokens=10, output_tokens=9, cached_tokens=7)


def test_a_call_without_arguments_has_an_empty_object() -> None:
    sent, _ = streamed(start(0, **{**TOOL, "input": {}}), {"type": "content_block_stop", "index": 0}, *END)
    assert [piece["delta"]["partial_json"] for piece in sent if piece["type"] == "content_block_delta"] == ["{}"]


def test_arguments_given_at_the_start_are_a_delta() -> None:
    sent, _ = streamed(start(0, **TOOL), *END)
    assert [piece["delta"]["partial_json"] for piece in sent if piece["type"] == "content_block_delta"] == [
        '{"at": "x"}'
    ]


def test_blocks_that_all_have_one_index_stay_apart() -> None:
    sent, _ = streamed(
        start(0, type="thinking", thinking="", signature=""), delta(0, "thinking_delta", "thinking", "hm"), delta(0, "signature_delta", "signature", "s"),
        start(0, type="text", text=""), delta(0, "text_delta", "text", "a"), *END,
    )  # fmt: skip
    assert [piece["index"] for piece in sent if "index" in piece] == [0, 0, 0, 0, 1, 1, 1]


def test_words_without_a_beginning_begin() -> None:
    sent, _ = streamed(delta(0, "text_delta", "text", "a"), *END)
    assert [piece["type"] for piece in sent] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"type": "error", "message": "x"},
    ],
)
def test_an_error_in_a_stream_is_that_error(event: dict) -> None:
    with pytest.raises(ModelError):
        streamed(event)


def test_an_error_inside_a_success_is_that_error() -> None:
    with pytest.raises(ModelRequestError):
        MessagesReading(Notes(1)).whole({"type": "error", "error": {"type": "not_found_error", "message": "no"}})
    with pytest.raises(ModelReplyError):
        MessagesReading(Notes(1)).whole({"type": "message"})


def test_a_stream_that_ends_in_a_block_was_cut_off() -> None:
    with pytest.raises(ModelReplyError, match="cut off"):
        streamed(start(0, type="text", text=""), delta(0, "text_delta", "text", "a"))


def test_a_stream_nobody_asked_for_is_joined_and_the_other_way_round() -> None:
    events = [
        (event["type"], event)
        for event in (
            start(0, type="text", text=""),
            delta(0, "text_delta", "text", "a"),
            start(1, **{**TOOL, "input": {}}),
            delta(1, "input_json_delta", "partial_json", '{"at": "x"}'),
            *END,
        )
    ]
    assert MessagesReading(Notes(1)).joined(events)["content"] == [{"type": "text", "text": "a"}, TOOL]
    kinds = [kind for kind, _ in MessagesReading(Notes(1)).parted(body({"type": "text", "text": "a"}, TOOL))]
    assert kinds.count("content_block_start") == 2
    assert kinds[-1] == "message_stop"

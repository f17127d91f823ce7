from __future__ import annotations

import pytest

from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.drivers.models.vendors.reading import Notes
from ergos.drivers.models.vendors.reading_chat import ChatReading
from ergos.kernel.models import Media, Usage
from tests.drivers.models.vendors.loopback import chunk, completion


def whole(message: dict, finish: str | None = "stop", **more: object) -> tuple[dict, Notes]:
    reading = ChatReading(Notes(1, mark="chat@x"))
    body = reading.whole(completion(message, finish, **more))
    return body["choices"][0]["message"], reading.notes


def streamed(*chunks: dict) -> tuple[list[dict], Notes]:
    reading = ChatReading(Notes(1, mark="chat@x"))
    sent = [body for item in chunks for _, body in reading.event("", item)]
    sent += [body for _, body in reading.end()]
    return [body["choices"][0]["delta"] for body in sent], reading.notes


CALL = {"id": "a", "type": "function", "function": {"name": "look", "arguments": '{"at": "x"}'}}


@pytest.mark.parametrize(
    "bent",
    [
        {"id": "a", "function": {"name": "look", "arguments": '{"at": "x"}'}},
        {"id": "a", "type": None, "function": {"name": "look", "arguments": {"at": "x"}}},
        {"id": "a", "type": "custom", "custom": {"name": "look", "input": '{"at": "x"}'}},
        {"id": "a", "name": "look", "arguments": '{"at": "x"}'},
        {
            "index": 0,
            "id": "a",
            "type": "function",
            "function": {"name": "look", "arguments": '{"at": "x"}'},
            "more": 1,
        },
    ],
)
def test_a_bent_tool_call_is_read_as_a_straight_one(bent: dict) -> None:
    assert whole({"content": None, "tool_calls": [bent]})[0]["tool_calls"] == [CALL]
    assert whole({"content": None, "tool_calls": bent})[0]["tool_calls"] == [CALL]


def test_the_old_function_call_is_a_tool_call_with_a_made_up_id() -> None:
    message, notes = whole({"content": None, "function_call": {"name": "look", "arguments": "{}"}}, "function_call")
    assert message["tool_calls"] == [
        {"id": "call_1_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    ]
    assert notes.stop == "tools"


@pytest.mark.parametrize(
    ("reason", "stop"),
    [("stop", "stop"), ("STOP", "stop"), ("eos", "stop"), ("length", "length"), ("model_length", "length"), ("tool_calls", "tools"),
     ("content_filter", "refusal"), ("insufficient_system_resource", "other"), ("", None), (None, None)],
)  # fmt: skip
def test_a_finish_reason_is_read_in_every_vendors_words(reason: str | None, stop: str | None) -> None:
    assert whole({"content": "a"}, reason)[1].stop == stop


def test_content_as_parts_is_words_and_reasoning() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "4"}]
    message, _ = whole({"content": parts})
    assert (message["content"], message["reasoning_content"]) == ("4", "hm")


def test_reasoning_keeps_the_field_it_came_in() -> None:
    assert whole({"content": "a", "reasoning": "r"})[0]["reasoning"] == "r"
    assert whole({"content": "a", "reasoning_content": "r", "reasoning": None})[0]["reasoning_content"] == "r"
    assert "reasoning" not in whole({"content": "a", "reasoning": {"unheard": "of"}})[0]


def test_reasoning_details_are_kept_whole_and_joined_in_a_stream() -> None:
    detail = {"type": "reasoning.text", "index": 0, "text": "a", "signature": None}
    _, notes = streamed(chunk({"reasoning_details": [detail]}), chunk({"reasoning_details": [{**detail, "text": "b"}]}),
                        chunk({"reasoning_details": [{**detail, "text": "", "signature": "s"}]}, "stop"))  # fmt: skip
    assert notes.seals["details"] == '[{"type":"reasoning.text","index":0,"text":"ab","signature":"s"}]'


def test_images_of_an_answer_are_media() -> None:
    _, notes = whole({"content": "", "images": [{"image_url": {"url": "data:image/png;base64,AAAA"}}]})
    assert notes.media == [Media("image", media_type="image/png", data="AAAA")]


def test_usage_is_read_wherever_it_stands() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    read = Usage(input_tokens=1, output_tokens=2)
    assert whole({"content": "a"}, usage=usage)[1].usage == read
    assert streamed(chunk({"content": "a"}, "stop", x_groq={"usage": usage}))[1].usage == read
    last = {"id": "c1", "choices": [], "usage": usage}
    assert streamed(chunk({"content": "a"}, "stop", usage=None), last)[1].usage == read
    assert not whole({"content": "a"}, usage=None)[1].usage.known


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"message": "slow", "code": 429}}, RateLimitedError),
        (
            {"choices": [{"index": 0, "error": {"code": 502, "message": "upstream"}, "finish_reason": "error"}]},
            ModelError,
        ),
        ({"object": "error", "message": "too long", "type": "invalid_request_error", "code": 400}, ModelRequestError),
        ({"message": "not found", "code": 404}, ModelRequestError),
        ({"choices": []}, ModelReplyError),
        ({"choices": None}, ModelReplyError),
        ({}, ModelReplyError),
        ({"choices": [{}]}, ModelReplyError),
    ],
)
def test_an_error_inside_a_success_is_that_error(body: dict, kind: type[ModelError]) -> None:
    with pytest.raises(ModelError) as caught:
        ChatReading(Notes(1)).whole(body)
    assert type(caught.value) is kind


def test_a_stream_without_index_or_id_keeps_its_calls_apart() -> None:
    first, second = {"function": {"name": "look", "arguments": '{"a":'}}, {"function": {"arguments": "1}"}}
    deltas, _ = streamed(
        chunk({"tool_calls": [first]}),
        chunk({"tool_calls": [second]}),
        chunk({"tool_calls": [{"function": {"name": "see", "arguments": "{}"}}]}, "tool_calls"),
    )
    calls = [call for delta in deltas for call in delta.get("tool_calls", [])]
    assert [(call["index"], call.get("id")) for call in calls] == [(0, "call_1_1"), (0, None), (1, "call_1_2")]


def test_calls_that_all_count_as_number_zero_stay_apart() -> None:
    deltas, _ = streamed(
        chunk({"tool_calls": [{**CALL, "index": 0}]}),
        chunk({"tool_calls": [{**CALL, "index": 0, "id": "b"}]}, "tool_calls"),
    )
    assert [call["index"] for delta in deltas for call in delta.get("tool_calls", [])] == [0, 1]


def test_a_name_said_again_with_every_piece_is_said_once() -> None:
    pieces = [{"index": 0, "id": "a", "function": {"name": "look", "arguments": part}} for part in ('{"a"', ": 1", "}")]
    deltas, _ = streamed(*(chunk({"tool_calls": [piece]}) for piece in pieces), chunk({}, "tool_calls"))
    functions = [call["function"] for delta in deltas for call in delta.get("tool_calls", [])]
    assert [function.get("name") for function in functions] == ["look", None, None]
    assert "".join(function["arguments"] for function in functions) == '{"a": 1}'


def test_arguments_before_the_name_wait_for_it() -> None:
    deltas, _ = streamed(chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"arguments": '{"at"'}}]}),
                         chunk({"tool_calls": [{"index": 0, "function": {"name": "look", "arguments": ': "x"}'}}]}, "tool_calls"))  # fmt: skip
    assert [call for delta in deltas for call in delta.get("tool_calls", [])] == [{"index": 0, **CALL}]


def test_a_second_choice_is_not_mixed_into_the_first() -> None:
    other = {"id": "c1", "choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": None}]}
    deltas, _ = streamed(chunk({"content": "yes"}), other, chunk({}, "stop"))
    assert "".join(delta.get("content", "") for delta in deltas) == "yes"


def test_a_done_mark_completes_a_stream_without_a_finish_reason() -> None:
    reading = ChatReading(Notes(1, mark="chat@x"))
    list(reading.event("", chunk({"content": "a"})))
    with pytest.raises(ModelReplyError, match="cut off"):
        list(reading.end())
    reading.done()
    assert list(reading.end())


def test_a_stream_nobody_asked_for_is_joined_and_the_other_way_round() -> None:
    events = [
        ("", chunk({"content": "a", "reasoning": "r"})),
        ("", chunk({"tool_calls": [{"index": 0, **CALL}]})),
        ("", chunk({"content": "b"}, "stop")),
    ]
    joined = ChatReading(Notes(1)).joined(events)["choices"][0]["message"]
    assert joined == {"role": "assistant", "content": "ab", "reasoning": "r", "tool_calls": [CALL]}
    parted = list(ChatReading(Notes(1)).parted(completion({"content": "ab", "tool_calls": [CALL]})))
    assert parted[0][1]["choices"][0]["delta"] == {"content": "ab", "tool_calls": [{"index": 0, **CALL}]}


def test_a_vendors_extra_content_belongs_to_its_call() -> None:
    _, notes = whole(
        {"content": None, "tool_calls": [{**CALL, "extra_content": {"google": {"thought_signature": "s"}}}]}
    )
    assert notes.seals["a"] == 'chat@x|extra_content|{"google":{"thought_signature":"s"}}'

from __future__ import annotations

import pytest

from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.drivers.models.vendors.reading import Notes
from ergos.drivers.models.vendors.reading_responses import ResponsesReading
from ergos.kernel.models import Usage

MESSAGE = {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "hello"}]}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look", "arguments": '{"at":"x"}'}
THINKS = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "hm"}],
    "encrypted_content": "gAAA",
}


def body(*output: dict, status: str = "completed", **more: object) -> dict:
    return {"id": "resp_1", "object": "response", "model": "model-1", "status": status, "output": list(output), **more}


def whole(*output: dict, **more: object) -> tuple[list[dict], Notes]:
    reading = ResponsesReading(Notes(1))
    return reading.whole(body(*output, **more))["output"], reading.notes


def streamed(*events: dict) -> tuple[list[dict], Notes]:
    reading = ResponsesReading(Notes(1))
    sent = [piece for event in events for _, piece in reading.event("", event)]
    return sent + [piece for _, piece in reading.end()], reading.notes


def said(sent: list[dict], kind: str) -> str:
    return "".join(piece["delta"] for piece in sent if piece["type"] == f"response.{kind}.delta")


DONE = {"type": "response.completed", "response": body(MESSAGE, CALL, usage={"input_tokens": 5, "output_tokens": 2})}


def test_what_the_vendors_own_tools_did_is_left_out() -> None:
    output, notes = whole(THINKS, {"type": "web_search_call", "id": "ws_1", "status": "completed"}, MESSAGE, CALL)
    assert [item["type"] for item in output] == ["reasoning", "message", "function_call"]
    assert notes.stop == "stop"


def test_a_refusal_is_the_reason_to_stop() -> None:
    assert whole({"type": "message", "content": [{"type": "refusal", "refusal": "no"}]})[1].stop == "refusal"
    assert (
        streamed({"type": "response.refusal.delta", "delta": "no"}, {"type": "response.completed", "response": body()})[
            1
        ].stop
        == "refusal"
    )


def test_the_output_limit_is_the_reason_to_stop() -> None:
    assert whole(MESSAGE, status="incomplete", incomplete_details={"reason": "max_output_tokens"})[1].stop == "length"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (body(error={"code": "rate_limit_exceeded", "message": "slow"}, status="failed"), RateLimitedError),
        (body(status="failed"), ModelError),
        ({"error": {"code": "invalid_prompt", "message": "no"}}, ModelRequestError),
        ({"object": "response"}, ModelReplyError),
    ],
)
def test_a_failed_response_is_an_error(answer: dict, kind: type[ModelError]) -> None:
    with pytest.raises(ModelError) as caught:
        ResponsesReading(Notes(1)).whole(answer)
    assert type(caught.value) is kind


def test_events_of_kind_done_repeat_nothing() -> None:
    sent, notes = streamed(
        {"type": "response.created", "response": body(status="in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": {**MESSAGE, "content": []}},
        {"type": "response.output_text.delta", "item_id": "msg_1", "content_index": 0, "delta": "hel"},
        {"type": "response.output_text.delta", "item_id": "msg_1", "content_index": 0, "delta": "lo"},
        {"type": "response.output_text.done", "item_id": "msg_1", "content_index": 0, "text": "hello"},
        {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE},
        {"type": "response.output_item.added", "output_index": 1, "item": {**CALL, "arguments": ""}},
        {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": '{"at":'},
        {"type": "response.function_call_arguments.done", "item_id": "fc_1", "arguments": '{"at":"x"}'},
        DONE,
    )
    assert said(sent, "output_text") == "hello"
    assert said(sent, "function_call_arguments") == '{"at":"x"}'
    assert notes.usage == Usage(input_tokens=5, output_tokens=2)


def test_what_only_the_last_event_says_is_said() -> None:
    sent, _ = streamed(DONE)
    assert said(sent, "output_text") == "hello"
    assert [piece["item"]["name"] for piece in sent if piece["type"] == "response.output_item.added"] == ["look"]
    assert said(sent, "function_call_arguments") == '{"at":"x"}'


def test_reasoning_itself_and_its_summary_are_told_apart() -> None:
    raw = {"type": "reasoning", "id": "rs_2", "summary": [], "content": [{"type": "reasoning_text", "text": "because"}]}
    output, _ = whole(THINKS, raw)
    assert [(item["id"], item["summary"][0]["text"], item["encrypted_content"]) for item in output] == [
        ("rs_1", "hm", "gAAA"),
        ("raw:rs_2", "because", None),
    ]
    sent, _ = streamed(
        {"type": "response.reasoning_text.delta", "item_id": "rs_2", "delta": "because"},
        {"type": "response.output_item.done", "item": THINKS},
        DONE,
    )
    assert said(sent, "reasoning_summary_text") == "becausehm"
    assert [piece["item"]["encrypted_content"] for piece in sent if piece["type"] == "response.output_item.done"] == [
        "gAAA"
    ]


def test_an_item_that_changes_its_id_is_one_call() -> None:
    added = {"type": "response.output_item.added", "output_index": 0, "item": {**CALL, "arguments": ""}}
    sent, _ = streamed(
        added,
        {"type": "response.output_item.done", "output_index": 0, "item": {**CALL, "id": "fc_other"}},
        {"type": "response.completed", "response": body()},
    )
    assert len([piece for piece in sent if piece["type"] == "response.output_item.added"]) == 1
    assert said(sent, "function_call_arguments") == '{"at":"x"}'


def test_an_error_in_a_stream_is_that_error() -> None:
    with pytest.raises(RateLimitedError):
        streamed({"type": "error", "code": "rate_limit_exceeded", "message": "slow"})
    with pytest.raises(ModelError):
        streamed(
            {
                "type": "response.failed",
                "response": body(status="failed", error={"code": "server_error", "message": "x"}),
            }
        )


def test_a_stream_without_its_last_event_was_cut_off_even_with_a_done_mark() -> None:
    reading = ResponsesReading(Notes(1))
    list(reading.event("", {"type": "response.output_text.delta", "item_id": "m", "delta": "a"}))
    reading.done()
    with pytest.raises(ModelReplyError, match="cut off"):
        list(reading.end())


def test_the_phase_of_words_is_noted() -> None:
    assert whole({**MESSAGE, "phase": "commentary"})[1].seals == {"phase:msg_1": "commentary"}


def test_a_stream_nobody_asked_for_is_joined_and_the_other_way_round() -> None:
    joined = ResponsesReading(Notes(1)).joined(
        [("", {"type": "response.created", "response": body(status="in_progress")}), ("", DONE)]
    )
    assert [item["type"] for item in joined["output"]] == ["message", "function_call"]
    parted = [piece for _, piece in ResponsesReading(Notes(1)).parted(body(MESSAGE))]
    assert said(parted, "output_text") == "hello"

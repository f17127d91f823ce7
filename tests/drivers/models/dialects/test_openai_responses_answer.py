"""OpenAI's own library reads a reply as a response, whole and streamed, event by event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ergos.drivers.models.dialects.openai_responses import parse
from ergos.drivers.models.dialects.openai_responses_answer import Stream, render
from ergos.kernel.models import UNKNOWN_USAGE, Reasoning, Reply, Text

from .. import sdk
from ..upstream import EVENTS, JSON
from .samples import REPLIES, RESPONSES, SCHEMA, reply
from .spoken_replies import STAMP, streamed

STATUS = {"stop": "completed", "tools": "completed", "length": "incomplete", "refusal": "incomplete"}


def check(found: Any, said: Reply) -> None:
    assert found.output_text == said.text
    assert found.status == STATUS[said.stop]
    calls = [(item.call_id, item.name, item.arguments) for item in found.output if item.type == "function_call"]
    assert calls == [(call.id, call.name, call.arguments) for call in said.calls]
    thoughts = ["".join(part.text for part in item.summary) for item in found.output if item.type == "reasoning"]
    assert thoughts == [part.text for part in said.parts if isinstance(part, Reasoning)]
    assert (found.usage.input_tokens, found.usage.output_tokens, found.usage.total_tokens) == (100, 20, 120)
    assert found.usage.input_tokens_details.cached_tokens == 40
    assert found.usage.output_tokens_details.reasoning_tokens == 5
    assert (found.id, found.model) == ("resp_0a1b2c", "m-said")
    assert len({item.id for item in found.output}) == len(found.output)


@pytest.mark.parametrize("name", REPLIES)
def test_a_whole_answer_reads_as_the_reply(name: str) -> None:
    check(sdk.responses(render(REPLIES[name], {}, STAMP).decode(), JSON, stream=False), REPLIES[name])


@pytest.mark.parametrize("share", [0, 0.5, 1])
@pytest.mark.parametrize("name", REPLIES)
def test_a_streamed_answer_reads_as_the_reply(name: str, share: float) -> None:
    answer = streamed(Stream, {}, REPLIES[name], 7, share).decode()
    events = sdk.pieces("openai.responses", answer, EVENTS, stream=True)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["type"] == f"response.{STATUS[REPLIES[name].stop]}"
    if REPLIES[name].stop not in {"length", "refusal"}:  # the library's accumulation waits for `completed` alone
        check(sdk.responses(answer, EVENTS, stream=True), REPLIES[name])
    if name != "sealed without words":  # no delta can announce it, so it comes after what was streamed before
        assert events[-1]["response"]["output"] == json.loads(render(REPLIES[name], {}, STAMP))["output"]


@pytest.mark.parametrize("name", REPLIES)
def test_every_item_is_opened_filled_and_closed_in_order(name: str) -> None:
    events = sdk.pieces("openai.responses", streamed(Stream, {}, REPLIES[name], 3, 1).decode(), EVENTS, stream=True)
    open_item: int | None = None
    for event in events:
        kind = event["type"].removeprefix("response.")
        if kind == "output_item.added":
            assert open_item is None
            open_item = event["output_index"]
        elif kind == "output_item.done":
            assert event["output_index"] == open_item
            open_item = None
        elif "output_index" in event:
            assert event["output_index"] == open_item
    assert open_item is None
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    assert events[0]["response"]["status"] == "in_progress"
    assert events[0]["response"]["output"] == []


def test_the_request_is_repeated_in_the_response() -> None:
    found = json.loads(render(REPLIES["words"], RESPONSES, STAMP))
    for name in ("instructions", "temperature", "tools", "tool_choice", "text", "max_output_tokens", "reasoning"):
        assert found[name] == RESPONSES[name]


def test_what_was_said_comes_back_with_the_next_request() -> None:
    for name, said in REPLIES.items():
        found = sdk.responses(render(said, {}, STAMP).decode(), JSON, stream=False)
        items = [item.to_dict() for item in found.output]
        if not items:
            continue
        request = parse({"model": "m", "input": [{"role": "user", "content": "x"}, *items]})
        assert request.messages[1].parts == said.parts, name


def test_an_unknown_usage_is_not_invented() -> None:
    assert json.loads(render(reply(Text("x"), usage=UNKNOWN_USAGE), {}, STAMP))["usage"] is None


def test_a_caller_of_one_call_at_a_time_gets_one() -> None:
    for share in (0, 1):
        answer = streamed(Stream, {"parallel_tool_calls": False}, REPLIES["calls"], 1, share).decode()
        calls = [item for item in sdk.responses(answer, EVENTS, stream=True).output if item.type == "function_call"]
        assert [call.call_id for call in calls] == ["c1"]


def test_a_typed_answer_parses_in_the_library() -> None:
    said = reply(Text('{"city": "Bern"}'))
    assert json.loads(
        sdk.responses(render(said, {"text": SCHEMA}, STAMP).decode(), JSON, stream=False).output_text
    ) == {"city": "Bern"}

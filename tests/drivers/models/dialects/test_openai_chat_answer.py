"""OpenAI's own library reads a reply in chat completions as what it is, whole and streamed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ergos.base.world_errors import ModelReplyError
from ergos.drivers.models.dialects.openai_chat import parse
from ergos.drivers.models.dialects.openai_chat_answer import DONE, Stream, render
from ergos.kernel.models import UNKNOWN_USAGE, Media, Reasoning, Reply, Text, ToolCall, ToolCallDelta

from .. import sdk
from ..upstream import EVENTS, JSON
from .samples import REPLIES, USAGE, reply
from .spoken_replies import STAMP, streamed

FINISH = {"stop": "stop", "length": "length", "tools": "tool_calls", "refusal": "content_filter"}
BODY: dict[str, Any] = {"stream_options": {"include_usage": True}}


def check(found: Any, said: Reply) -> None:
    message = found.choices[0].message
    assert (message.content or "") == said.text
    assert found.choices[0].finish_reason == FINISH[said.stop]
    calls = [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or []]
    assert calls == [(call.id, call.name, call.arguments) for call in said.calls]
    thought = "".join(part.text for part in said.parts if isinstance(part, Reasoning))
    assert (message.to_dict().get("reasoning_content") or "") == thought
    assert (found.usage.prompt_tokens, found.usage.completion_tokens, found.usage.total_tokens) == (100, 20, 120)
    assert found.usage.prompt_tokens_details.cached_tokens == 40
    assert found.usage.completion_tokens_details.reasoning_tokens == 5
    assert (found.id, found.created) == ("chatcmpl-0a1b2c", 1_700_000_000)


@pytest.mark.parametrize("name", REPLIES)
def test_a_whole_answer_reads_as_the_reply(name: str) -> None:
    answer = render(REPLIES[name], BODY, STAMP).decode()
    check(sdk.chat(answer, JSON, stream=False), REPLIES[name])
    assert json.loads(answer)["model"] == "m-said"


@pytest.mark.parametrize("share", [0, 0.5, 1])
@pytest.mark.parametrize("name", REPLIES)
def test_a_streamed_answer_reads_as_the_reply(name: str, share: float) -> None:
    answer = streamed(Stream, BODY, REPLIES[name], 7, share)
    assert answer.endswith(DONE)
    said = REPLIES[name]
    if said.stop in {"length", "refusal"}:  # the library raises for these once it has all of it; read the chunks
        chunks = sdk.pieces("openai.chat", answer.decode(), EVENTS, stream=True)
        assert "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"]) == said.text
        assert [c["choices"][0]["finish_reason"] for c in chunks if c["choices"]][-1] == FINISH[said.stop]
        return
    check(sdk.chat(answer.decode(), EVENTS, stream=True), said)


def test_usage_is_streamed_only_to_who_asked() -> None:
    for body, asked in ((BODY, True), ({}, False), ({"stream_options": {"include_usage": False}}, False)):
        answer = streamed(Stream, body, REPLIES["words"], 1, 1)
        assert (b'"usage"' in answer) is asked
        assert all(b'"choices":[]' in event for event in answer.split(b"\n\n") if b'"usage"' in event)


def test_an_unknown_usage_is_not_invented() -> None:
    said = reply(Text("x"), usage=UNKNOWN_USAGE)
    assert "usage" not in json.loads(render(said, {}, STAMP))
    assert b'"usage"' not in streamed(Stream, BODY, said, 1, 1)


def test_a_seal_comes_back_with_the_next_request() -> None:
    for answer in (
        json.loads(render(REPLIES["calls"], {}, STAMP))["choices"][0]["message"],
        sdk.chat(streamed(Stream, BODY, REPLIES["calls"], 1, 1).decode(), EVENTS, stream=True)
        .choices[0]
        .message.to_dict(),
    ):
        answer.pop("parsed", None)
        for call in answer["tool_calls"]:
            call["function"].pop("parsed_arguments", None)
            call.pop("index", None)
        request = parse({"model": "m", "messages": [{"role": "user", "content": "x"}, answer]})
        assert request.messages[1].parts == REPLIES["calls"].parts


def test_a_caller_of_one_call_at_a_time_gets_one() -> None:
    body = {"parallel_tool_calls": False, **BODY}
    assert len(json.loads(render(REPLIES["calls"], body, STAMP))["choices"][0]["message"]["tool_calls"]) == 1
    for share in (0, 1):
        found = sdk.chat(streamed(Stream, body, REPLIES["calls"], 1, share).decode(), EVENTS, stream=True)
        assert [call.id for call in found.choices[0].message.tool_calls] == ["c1"]


def test_a_call_without_an_id_gets_one_and_one_without_a_name_waits_for_it() -> None:
    assert json.loads(render(reply(ToolCall("", "f", "{}")), {}, STAMP))["choices"][0]["message"]["tool_calls"][0]["id"]
    stream = Stream({}, STAMP)
    assert stream.delta(ToolCallDelta(index=0, arguments='{"a"')) == b""
    event = json.loads(stream.delta(ToolCallDelta(index=0, name="f", arguments=":1}")).removeprefix(b"data: "))
    call = event["choices"][0]["delta"]["tool_calls"][0]
    assert call["id"].startswith("call_")
    assert call["function"] == {"name": "f", "arguments": '{"a":1}'}


def test_what_the_format_cannot_carry_is_an_error() -> None:
    picture = reply(Media(kind="image", media_type="image/png", data="AA=="))
    with pytest.raises(ModelReplyError):
        render(picture, {}, STAMP)
    with pytest.raises(ModelReplyError):
        Stream({}, STAMP).end(picture)


def test_usage_reads_back_as_it_was() -> None:
    assert USAGE.tokens == json.loads(render(REPLIES["words"], {}, STAMP))["usage"]["total_tokens"]

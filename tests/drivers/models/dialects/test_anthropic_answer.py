"""Anthropic's own library reads a reply as a message, whole and streamed, block by block."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ergos.base.world_errors import ModelReplyError
from ergos.drivers.models.dialects.anthropic_answer import Stream, render
from ergos.drivers.models.dialects.anthropic_messages import parse
from ergos.kernel.models import Reasoning, ReasoningDelta, Reply, Text, TextDelta, ToolCall

from .. import sdk
from ..upstream import EVENTS, JSON
from .samples import REPLIES, reply
from .spoken_replies import STAMP, streamed

STOP = {"stop": "end_turn", "tools": "tool_use", "length": "max_tokens", "refusal": "refusal"}


def check(found: Any, said: Reply) -> None:
    assert "".join(block.text for block in found.content if block.type == "text") == said.text
    assert found.stop_reason == STOP[said.stop]
    calls = [(block.id, block.name, block.input) for block in found.content if block.type == "tool_use"]
    assert calls == [(call.id, call.name, json.loads(call.arguments or "{}")) for call in said.calls]
    thoughts = [(block.thinking, block.signature) for block in found.content if block.type == "thinking"]
    assert thoughts == [(p.text, p.signature) for p in said.parts if isinstance(p, Reasoning) and p.text]
    assert (found.usage.input_tokens, found.usage.cache_read_input_tokens, found.usage.output_tokens) == (50, 40, 20)
    assert found.usage.cache_creation_input_tokens == 10
    assert (found.id, found.type, found.role) == ("msg_0a1b2c", "message", "assistant")


@pytest.mark.parametrize("name", REPLIES)
def test_a_whole_answer_reads_as_the_reply(name: str) -> None:
    found = sdk.messages(render(REPLIES[name], {}, STAMP).decode(), JSON, stream=False)
    check(found, REPLIES[name])
    assert found.model == "m-said"


@pytest.mark.parametrize("share", [0, 0.5, 1])
@pytest.mark.parametrize("name", REPLIES)
def test_a_streamed_answer_reads_as_the_reply(name: str, share: float) -> None:
    answer = streamed(Stream, {}, REPLIES[name], 7, share).decode()
    check(sdk.messages(answer, EVENTS, stream=True), REPLIES[name])
    events = sdk.pieces("anthropic.messages", answer, EVENTS, stream=True)
    assert (events[0]["type"], events[-1]["type"]) == ("message_start", "message_stop")


@pytest.mark.parametrize("name", REPLIES)
def test_blocks_come_one_after_the_other(name: str) -> None:
    events = sdk.pieces("anthropic.messages", streamed(Stream, {}, REPLIES[name], 3, 1).decode(), EVENTS, stream=True)
    started: list[int] = []
    stopped: list[int] = []
    for event in events:
        if event["type"] == "content_block_start":
            assert started == stopped
            started.append(event["index"])
        elif event["type"] == "content_block_stop":
            stopped.append(event["index"])
        elif event["type"] == "content_block_delta" and event["delta"]["type"] != "signature_delta":
            assert event["index"] == started[-1]
    assert started == stopped == list(range(len(started)))


def test_what_was_said_comes_back_with_the_next_request() -> None:
    for name, said in REPLIES.items():
        for share in (0, 1):
            found = sdk.messages(streamed(Stream, {}, said, 1, share).decode(), EVENTS, stream=True)
            blocks = json.loads(json.dumps([block.to_dict() for block in found.content]))
            if not blocks:
                continue
            for block in blocks:
                block.pop("parsed_output", None)
            messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": blocks}]
            parts = parse({"model": "m", "max_tokens": 5, "messages": messages}).messages[1].parts
            assert {type(part) for part in parts} == {type(part) for part in said.parts}, name
            assert [p.signature for p in parts if isinstance(p, Reasoning)] == [
                p.signature for p in said.parts if isinstance(p, Reasoning)
            ], name


def test_two_thoughts_keep_their_own_seals() -> None:
    said = reply(Reasoning("One.", "s1"), Reasoning("Two.", "s2"), Text("x"))
    found = sdk.messages(streamed(Stream, {}, said, 1, 0).decode(), EVENTS, stream=True)
    assert [(b.thinking, b.signature) for b in found.content if b.type == "thinking"] == [
        ("One.", "s1"),
        ("Two.", "s2"),
    ]


def test_a_seal_known_only_at_the_end_reaches_its_block() -> None:
    stream = Stream({}, STAMP)
    events = stream.delta(ReasoningDelta("Hmm.")) + stream.delta(TextDelta("Yes."))
    events += stream.end(reply(Reasoning("Hmm.", "late"), Text("Yes.")))
    found = sdk.messages(events.decode(), EVENTS, stream=True)
    assert (found.content[0].signature, found.content[1].text) == ("late", "Yes.")


def test_words_that_were_streamed_are_never_taken_back() -> None:
    stream = Stream({}, STAMP)
    events = stream.delta(TextDelta("Yes!")) + stream.end(reply(Text("No.")))
    assert sdk.messages(events.decode(), EVENTS, stream=True).content[0].text == "Yes!"


@pytest.mark.parametrize("arguments", ["{broken", "[1]", '"x"', "null", "{" * 5000])
def test_arguments_that_are_no_object_are_an_error(arguments: str) -> None:
    said = reply(ToolCall("c", "f", arguments))
    with pytest.raises(ModelReplyError):
        render(said, {}, STAMP)
    with pytest.raises(ModelReplyError):
        Stream({}, STAMP).end(said)


def test_a_caller_of_one_call_at_a_time_gets_one() -> None:
    body = {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}
    for share in (0, 1):
        found = sdk.messages(streamed(Stream, body, REPLIES["calls"], 1, share).decode(), EVENTS, stream=True)
        assert [block.id for block in found.content if block.type == "tool_use"] == ["c1"]

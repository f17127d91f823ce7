"""Tokens and models are read from an answer in any wire format; what is none says nothing."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.telemetry.answers import CONTENT_CHARS_MAX, content, model_of, read_answer
from ergos.kernel.calls import Call
from ergos.kernel.models import Reply, Text, Usage


def call(kind: str = "think", name: str = "model.m") -> Call:
    return Call(key="k", kind=kind, name=name, args={})  # type: ignore[arg-type]


def test_a_neutral_reply_is_read():
    reply = Reply(parts=(Text("hi"),), usage=Usage(3, 4, cached_tokens=1), model="m-1", id="x", stop="length")
    found = read_answer(call(), "neutral", msgspec.to_builtins(reply))
    assert (found.usage.input_tokens, found.usage.output_tokens, found.usage.cached_tokens) == (3, 4, 1)
    assert (found.model, found.id, found.stop) == ("m-1", "x", "length")


WHOLE = {
    "openai.chat": {"id": "i", "model": "m", "choices": [{"message": {}}], "usage": {"prompt_tokens": 5, "completion_tokens": 6}},
    "openai.responses": {"id": "i", "model": "m", "status": "completed", "output": [], "usage": {"input_tokens": 5, "output_tokens": 6}},
    "anthropic.messages": {"id": "i", "model": "m", "content": [], "usage": {"input_tokens": 5, "output_tokens": 6}},
}  # fmt: skip


@pytest.mark.parametrize("dialect", WHOLE)
def test_an_answer_of_a_callers_own_format_is_read(dialect: str):
    value = {"status": 200, "type": "application/json", "body": json.dumps(WHOLE[dialect])}
    found = read_answer(call(), dialect, value)
    assert (found.usage.input_tokens, found.usage.output_tokens, found.model, found.id) == (5, 6, "m", "i")


def test_a_stream_is_read():
    body = (
        'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n'
        'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}}\n\ndata: [DONE]\n\n'
    )
    found = read_answer(call(), "openai.chat", {"status": 200, "type": "text/event-stream", "body": body})
    assert (found.usage.input_tokens, found.usage.output_tokens) == (5, 6)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(PLAIN, st.sampled_from(["neutral", "openai.chat", "anthropic.messages", "nonsense", 5, None]))
def test_whatever_an_answer_is_nothing_is_raised(value: object, dialect: object):
    read_answer(call(), dialect, value)  # type: ignore[arg-type]
    read_answer(call(), dialect, {"type": "text/event-stream", "body": str(value)})  # type: ignore[arg-type]
    read_answer(call("act"), dialect, value)  # type: ignore[arg-type]


def test_the_model_is_the_one_that_was_asked_for_or_did_it():
    assert model_of(call(), "vendor/other") == "m"
    assert model_of(call(name="model.auto"), "vendor/other") == "other"
    assert model_of(call(name="model.auto"), "") == "auto"
    assert model_of(call(name="summarise"), "mine") == "mine"
    assert model_of(call(name="summarise"), "") == ""
    assert model_of(call("act"), "vendor/other") == ""


def test_content_is_cut():
    assert content({"a": 1}) == '{"a":1}'
    assert len(content("x" * 100_000)) == CONTENT_CHARS_MAX

"""A reply in pieces says what the reply says."""

from __future__ import annotations

from ergos.drivers.models.replies import counted, deltas_of
from ergos.kernel.models import (
    Media,
    Message,
    ModelRequest,
    Reasoning,
    ReasoningDelta,
    Reply,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)


def test_every_part_becomes_a_delta_and_calls_are_numbered():
    parts = (Reasoning("hm"), Text("hi"), ToolCall("a", "f", "{}"), Media("image", url="x"), ToolCall("b", "g", "{}"))
    assert list(deltas_of(Reply(parts=parts))) == [
        ReasoningDelta("hm"),
        TextDelta("hi"),
        ToolCallDelta(0, "a", "f", "{}"),
        ToolCallDelta(1, "b", "g", "{}"),
    ]


def test_tokens_grow_with_what_is_said():
    short = counted(ModelRequest(messages=(Message("user", (Text("hi"),)),)), ())
    long = counted(ModelRequest(messages=(Message("user", (Text("你好" * 100),)),)), (Text("x" * 400),))
    assert 0 < short.input_tokens < long.input_tokens
    assert short.output_tokens == 0
    assert long.output_tokens >= 100

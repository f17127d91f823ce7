"""What is said to a model becomes JSON and back without loss, and is told apart by what it is."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.models import (
    Media,
    Message,
    ModelRequest,
    Outline,
    Reasoning,
    Reply,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
)

from ..runtime.providers import an_endpoint

WORDS = st.text(max_size=20)
PARTS = st.one_of(
    st.builds(Text, WORDS),
    st.builds(Media, st.sampled_from(["image", "audio", "video", "file"]), WORDS, WORDS, WORDS, WORDS),
    st.builds(Reasoning, WORDS, WORDS),
    st.builds(ToolCall, WORDS, WORDS, WORDS),
    st.builds(ToolResult, WORDS, WORDS, WORDS, st.booleans()),
)
MESSAGES = st.builds(
    Message, st.sampled_from(["system", "user", "assistant", "tool"]), st.lists(PARTS, max_size=3).map(tuple)
)
TOOLS = st.builds(ToolDefinition, WORDS, WORDS, st.just({"type": "object"}))
REQUESTS = st.builds(
    ModelRequest,
    messages=st.lists(MESSAGES, max_size=3).map(tuple),
    tools=st.lists(TOOLS, max_size=2).map(tuple),
    temperature=st.one_of(st.none(), st.floats(0, 2)),
    stop=st.lists(WORDS, max_size=2).map(tuple),
)


@given(REQUESTS)
def test_a_request_comes_back_from_json_as_it_was(request: ModelRequest) -> None:
    assert msgspec.json.decode(msgspec.json.encode(request), type=ModelRequest) == request
    assert msgspec.convert(msgspec.to_builtins(request), ModelRequest) == request


@given(st.lists(PARTS, max_size=5))
def test_a_reply_tells_its_words_from_its_calls_and_its_thoughts(parts: list[object]) -> None:
    reply = Reply(parts=tuple(parts))  # type: ignore[arg-type]
    assert reply.text == "".join(part.text for part in parts if isinstance(part, Text))
    assert reply.calls == tuple(part for part in parts if isinstance(part, ToolCall))


def test_the_worst_case_is_bounded_by_the_callers_limit_and_by_the_endpoints() -> None:
    endpoint = an_endpoint(output_tokens_max=100)
    short = Outline(dialect="openai.chat", model="auto", input_tokens=10, output_tokens_max=5)
    long = Outline(dialect="openai.chat", model="auto", input_tokens=10, output_tokens_max=5_000)
    unsaid = Outline(dialect="openai.chat", model="auto", input_tokens=10)
    assert short.worst(endpoint).tokens == 15
    assert long.worst(endpoint) == unsaid.worst(endpoint)
    assert unsaid.worst(endpoint).microusd == 10 + 2 * 100

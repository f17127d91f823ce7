"""However a stream is cut, what is given on is what came, and its end is kept back."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.world_errors import ModelError, ModelReplyError
from ergos.drivers.models.answers import Reader, whole
from ergos.kernel.models import Dialect, Usage

from .dialects.fuzz import ANYTHING

EVENT = (
    '{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"é🌍"},"finish_reason":null}]}'
)
END = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
USED = '{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}'


def stream(newline: str) -> list[bytes]:
    said = [
        ": comment",
        f"data: {EVENT}",
        f"event: x{newline}data:{EVENT}",
        f"data: {END}",
        f"data: {USED}",
        "data: [DONE]",
    ]
    return [(one + newline * 2).encode() for one in said]


@given(st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(1, 60), min_size=1), st.booleans())
def test_what_goes_on_is_what_came(newline: str, sizes: list[int], withheld: bool) -> None:
    events, given_on = stream(newline), list[bytes]()
    wire, at, turn = b"".join(events), 0, 0
    reader = Reader("openai.chat", sink=given_on.append, withhold_usage=withheld)
    while at < len(wire):
        size = sizes[turn % len(sizes)]
        reader.feed(wire[at : at + size])
        at, turn = at + size, turn + 1
    answer = reader.close()
    kept = [event for event in events if not (withheld and USED.encode() in event)]
    assert answer.body.encode() == b"".join(kept)
    assert answer.usage == Usage(input_tokens=3, output_tokens=2)
    assert answer.body.encode().startswith(b"".join(given_on))
    assert answer.body.encode().removeprefix(b"".join(given_on)).strip() == b"data: [DONE]"


def test_what_follows_the_end_is_kept() -> None:
    reader = Reader("openai.chat")
    reader.feed(b"".join(stream("\n")) + b": bye\nid: 9\n")
    assert reader.close().body.endswith("data: [DONE]\n\n: bye\nid: 9\n")


@given(
    st.sampled_from(["openai.chat", "openai.responses", "anthropic.messages"]),
    st.lists(st.one_of(ANYTHING, st.binary(max_size=30)), max_size=5),
)
def test_only_errors_of_ours_come_out_of_a_strange_stream(dialect: Dialect, events: list[Any]) -> None:
    reader = Reader(dialect, withhold_usage=True)
    with suppress(ModelError):
        for event in events:
            said = event if isinstance(event, bytes) else json.dumps(event).encode()
            reader.feed(b"data: " + said + b"\n\n")
        assert reader.close()


@given(
    st.sampled_from(["openai.chat", "openai.responses", "openai.embeddings", "anthropic.messages"]),
    st.one_of(ANYTHING, st.binary(max_size=30)),
)
def test_only_errors_of_ours_come_out_of_a_strange_answer(dialect: Dialect, answer: Any) -> None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    with suppress(ModelError):
        assert whole(dialect, body, "application/json")


@pytest.mark.parametrize("dialect", ["openai.chat", "openai.responses", "anthropic.messages"])
def test_an_empty_stream_is_no_answer(dialect: Dialect) -> None:
    with pytest.raises(ModelReplyError):
        Reader(dialect).close()


def test_a_second_choice_that_never_ends_is_no_end() -> None:
    reader = Reader("openai.chat")
    other = EVENT.replace('"index":0', '"index":1')
    reader.feed(f"data: {other}\n\ndata: {END}\n\ndata: {USED}\n\n".encode())
    with pytest.raises(ModelReplyError):
        reader.close()

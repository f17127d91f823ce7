from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.models import Media, Message, ModelRequest, Text, ToolCall, ToolDefinition, ToolResult
from ergos.sim.loopback.mind import think
from ergos.sim.loopback.tokens import (
    BLOCK_TOKENS,
    TOKEN_BYTES,
    blocks,
    cached_before,
    count,
    digest_of,
    pieces,
    prompt_of,
    written_bytes,
)

TEXTS = st.text(max_size=200)


@given(TEXTS, st.integers(1, 9))
def test_pieces_are_the_text_again(text: str, tokens: int) -> None:
    assert "".join(pieces(text, tokens)) == text


@given(st.text(st.characters(max_codepoint=127), max_size=200), st.integers(1, 9))
def test_pieces_of_plain_text_have_the_tokens_of_the_whole(text: str, tokens: int) -> None:
    assert sum(map(count, pieces(text, tokens))) == count(text)


def test_four_bytes_are_a_token() -> None:
    assert [count(text) for text in ("", "a", "abcd", "abcde", "漢字")] == [0, 1, 1, 2, 2]


@given(TEXTS, TEXTS)
def test_a_conversation_that_goes_on_begins_with_the_bytes_of_what_was_read_and_written(asked: str, then: str) -> None:
    tool = ToolDefinition(
        "look", "d", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    )
    first = ModelRequest(messages=(Message("user", (Text(asked),)),), tools=(tool,))
    reply = think(first, digest_of(first))
    call = reply.calls[0]
    answered = (*first.messages, Message("assistant", (call,)), Message("tool", (ToolResult(call.id, then),)))
    second = ModelRequest(messages=answered, tools=(tool,))
    assert prompt_of(second).startswith(prompt_of(first) + written_bytes(reply))
    assert blocks(prompt_of(second))[: len(blocks(prompt_of(first)))] == blocks(prompt_of(first))
    known = cached_before(second)
    assert known % BLOCK_TOKENS == 0
    assert known <= len(prompt_of(first)) // TOKEN_BYTES


def test_equal_blocks_mean_equal_beginnings() -> None:
    one, two = blocks(b"a" * 640), blocks(b"a" * 320 + b"b" * 320)
    assert len(one) == len(two) == 10
    assert one[:5] == two[:5]
    assert not set(one[5:]) & set(two[5:])
    assert len(set(one)) == 10
    assert blocks(b"a" * 640, 0) == ()


def test_the_order_of_keys_does_not_change_a_digest() -> None:
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})


def test_media_count_the_same_however_large() -> None:
    small, large = (
        prompt_of(ModelRequest(messages=(Message("user", (Media("image", data=letter * size),)),)))
        for letter, size in (("a", 10), ("b", 10_000))
    )
    assert len(small) == len(large)
    assert small != large
    assert ToolCall("1", "n", "{}")

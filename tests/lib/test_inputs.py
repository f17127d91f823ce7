"""Inputs fit their room, the same way every time, and what is out is said."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import BoundError
from ergos.kernel.models import Media, Message, Reasoning, Text, ToolCall, ToolResult
from ergos.kernel.pager import tokens_of
from ergos.lib.inputs import MESSAGE_TOKENS, cut, leading, message_tokens, rendered

text = st.text(st.characters(codec="utf-8"), max_size=300) | st.text("中文新闻模型智能", max_size=300)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=6), inner, max_size=5),
    max_leaves=40,
)


@given(plain, st.integers(1, 2_000))
def test_inputs_never_take_more_than_their_room(value: object, room: int) -> None:
    try:
        found = rendered(value, room)  # type: ignore[arg-type]
    except BoundError:
        return
    assert tokens_of(found) <= room
    assert found == rendered(value, room)  # type: ignore[arg-type]


def test_what_fits_stands_whole_and_without_a_room_everything_does() -> None:
    value = {"b": [1, 2], "a": "x" * 9_000}
    assert json.loads(rendered(value, 0)) == value
    assert rendered({"b": 1, "a": "中"}, 100) == '{"a":"中","b":1}'


def test_of_a_list_the_first_items_stay_and_the_rest_is_named() -> None:
    shown = rendered({"documents": [f"number {n}" for n in range(500)], "goal": "read"}, 300)
    body, _, notice = shown.partition("\n")
    kept = json.loads(body)["documents"]
    assert 10 < len(kept) < 500
    assert kept == [f"number {n}" for n in range(len(kept))]
    assert notice == f"Not shown, because the window is full: of 500 items of `documents` the first {len(kept)} are."


def test_of_a_conversation_the_last_messages_stay() -> None:
    messages = [{"role": "user", "content": f"message {n}"} for n in range(200)]
    body = json.loads(rendered({"messages": messages}, 400).partition("\n")[0])
    assert body["messages"] == messages[-len(body["messages"]) :]
    assert body["messages"]


def test_several_lists_are_shortened_by_the_same_share() -> None:
    body = json.loads(
        rendered({"a": {"x": list("abcdefgh" * 100)}, "b": list("12345678" * 50)}, 800).partition("\n")[0]
    )
    assert 1.8 < len(body["a"]["x"]) / len(body["b"]) < 2.2


def test_a_long_text_is_cut_and_says_by_how_much() -> None:
    body = json.loads(rendered({"text": "x" * 9_000, "title": "t"}, 600))
    head, _, more = body["text"].partition("…")
    assert body["title"] == "t"
    assert more == f"[+{9_000 - len(head)} characters]"


def test_one_document_larger_than_the_room_is_shortened_and_not_dropped() -> None:
    body = json.loads(rendered({"documents": [{"text": "词" * 20_000}]}, 500))
    assert body["documents"][0]["text"].startswith("词词词")


def test_what_no_cut_makes_fit_is_refused() -> None:
    with pytest.raises(BoundError, match="do not fit 20 tokens"):
        rendered({f"field {n}": n for n in range(100)}, 20)


@given(st.lists(text, max_size=20), st.integers(1, 1_000))
def test_the_first_pages_stay_and_fit(pages: list[str], room: int) -> None:
    kept = leading(pages, room)
    assert 0 <= kept <= len(pages)
    assert tokens_of("\n".join(pages[:kept])) <= max(1, room)
    assert leading(pages, 0) == len(pages)


@given(text, st.integers(1, 200))
def test_a_cut_text_fits_and_is_a_beginning(words: str, room: int) -> None:
    try:
        found = cut(words, room)
    except BoundError:
        assert tokens_of(words) > room
        return
    assert tokens_of(found) <= room
    assert words.startswith(found.partition("…[+")[0])


def test_every_part_of_a_message_counts() -> None:
    words = "w" * 30
    parts = (
        Text(words),
        Reasoning(words),
        ToolCall("i", "n", words),
        ToolResult("i", words, "n"),
        Media("image", data=words),
    )
    counts = [message_tokens(Message("user", (part,))) - MESSAGE_TOKENS for part in parts]
    assert counts == [10, 10, 11, 11, 0]
    assert message_tokens(Message("user", parts)) == MESSAGE_TOKENS + sum(counts)

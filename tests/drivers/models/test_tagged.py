"""The text of a local model is split by its tags, wherever its pieces end, and no word of it is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.models.replies import deltas_of
from ergos.drivers.models.tagged import Splitter
from ergos.kernel.models import Part, Reasoning, ReasoningDelta, Reply, Text, TextDelta, ToolCall, ToolCallDelta


def split(*pieces: str) -> tuple[tuple[Part, ...], list[object]]:
    splitter = Splitter()
    deltas = [delta for piece in pieces for delta in splitter.feed(piece)]
    deltas += splitter.end()
    return tuple(splitter.parts), list(deltas)


CALL = '<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": [2]}}\n</tool_call>'
SAID = f"<think>\nTwo and\n</think>\nSo: {CALL}\n{CALL} 1 < 2 done"
PARTS = (
    Reasoning("\nTwo and\n"),
    Text("So: "),
    ToolCall("call_0", "add", '{"a": 1, "b": [2]}'),
    ToolCall("call_1", "add", '{"a": 1, "b": [2]}'),
    Text(" 1 < 2 done"),
)


def test_thoughts_words_and_calls_are_told_apart():
    parts, _ = split(SAID)
    assert parts == PARTS


@given(st.lists(st.integers(0, len(SAID)), max_size=12))
def test_it_does_not_matter_where_pieces_end(cuts: list[int]):
    ends = sorted({0, *cuts, len(SAID)})
    parts, deltas = split(*(SAID[start:end] for start, end in pairwise(ends)))
    assert parts == PARTS
    assert _joined(deltas) == _joined(list(deltas_of(Reply(parts=parts))))


@pytest.mark.parametrize(
    "text",
    ["a < b", "<thin", "<tool_call", "</think>", "x<tool_call>{not json}</tool_call>y", "<tool_call>{}</tool_call>"],
)
def test_what_only_looks_like_a_tag_stays_text(text: str):
    parts, deltas = split(*text)
    assert parts == (Text(text),)
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == text


def test_what_is_cut_off_is_kept():
    assert split("<think>so")[0] == (Reasoning("so"),)
    (text,) = split('<tool_call>{"name": "f"')[0]
    assert isinstance(text, Text)
    assert '{"name": "f"' in text.text
    assert split('<tool_call>{"name": "f"}')[0] == (ToolCall("call_0", "f", "{}"),)


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<tool_call>", "</tool_call>", "<", "z", "{", " "]), max_size=12)
)
def test_words_come_out_as_soon_as_they_cannot_be_a_tag(pieces: list[str]):
    _, deltas = split(*pieces)
    said = "".join(d.text for d in deltas if isinstance(d, TextDelta | ReasoningDelta))
    assert said.count("z") == pieces.count("z")


def _joined(deltas: list[object]) -> list[object]:
    """Neighbouring texts as one."""
    joined: list[object] = []
    for delta in deltas:
        last = joined[-1] if joined else None
        if isinstance(delta, TextDelta) and isinstance(last, TextDelta):
            joined[-1] = TextDelta(last.text + delta.text)
        elif isinstance(delta, ReasoningDelta) and isinstance(last, ReasoningDelta):
            joined[-1] = ReasoningDelta(last.text + delta.text)
        else:
            assert isinstance(delta, TextDelta | ReasoningDelta | ToolCallDelta)
            joined.append(delta)
    return joined

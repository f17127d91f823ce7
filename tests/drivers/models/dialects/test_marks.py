"""A seal finds back to its place through every caller's format, streamed or whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ergos.drivers.models.dialects import anthropic_answer, openai_chat_answer, openai_responses_answer
from ergos.drivers.models.dialects.marks import marked, placed, read, unmarked
from ergos.drivers.models.translate import CODECS
from ergos.kernel.models import Part, Reasoning, Reply, Text, ToolCall

from .. import sdk
from ..upstream import EVENTS
from .samples import reply
from .spoken_replies import streamed

STREAMS: dict[str, Any] = {
    "openai.chat": openai_chat_answer.Stream,
    "openai.responses": openai_responses_answer.Stream,
    "anthropic.messages": anthropic_answer.Stream,
}
PARTS: dict[str, tuple[Part, ...]] = {
    "of a call": (Text("I look."), Reasoning("", "google||czE="), ToolCall("c|1%", "look", "{}")),
    "of words and calls": (
        Reasoning("Hmm.", "chat|reasoning_content|"),
        Reasoning("", "google||czA="),
        Text("I look."),
        Reasoning("", "google||czE="),
        ToolCall("c1", "look", "{}"),
        Reasoning("", "google||czI="),
        ToolCall("c2", "look", "{}"),
    ),
    "of nothing in particular": (Text("x"), Reasoning("", "chat|reasoning_details|[]")),
}


def test_a_mark_is_put_on_and_taken_off() -> None:
    for parts in PARTS.values():
        assert placed(marked(parts, "s")) == parts
        assert all(read(part.signature) for part in marked(parts, "s") if isinstance(part, Reasoning))
    assert read("c2ln") is None
    assert read("ergos|x") is None


def as_next_request(dialect: str, said: Reply, share: float) -> tuple[Part, ...]:
    """What the library read, sent back as the history of another request."""
    answer = streamed(STREAMS[dialect], {}, said, 3, share).decode()
    if dialect == "openai.chat":
        message = sdk.chat(answer, EVENTS, stream=True).choices[0].message.to_dict()
        message.pop("parsed", None)
        for call in message.get("tool_calls") or []:
            call["function"].pop("parsed_arguments", None)
        body = {"model": "m", "messages": [{"role": "user", "content": "x"}, message]}
    elif dialect == "openai.responses":
        items = [item.to_dict() for item in sdk.responses(answer, EVENTS, stream=True).output]
        for item in items:
            item.pop("parsed_arguments", None)
            for part in item.get("content", []):
                part.pop("parsed", None)
        body = {"model": "m", "input": [{"role": "user", "content": "x"}, *items]}
    else:
        blocks = [block.to_dict() for block in sdk.messages(answer, EVENTS, stream=True).content]
        for block in blocks:
            block.pop("parsed_output", None)
        history = [{"role": "user", "content": "x"}, {"role": "assistant", "content": blocks}]
        body = {"model": "m", "max_tokens": 5, "messages": history}
    return CODECS[dialect].parse(json.loads(json.dumps(body))).messages[1].parts


@pytest.mark.parametrize("share", [0, 1])
@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("dialect", STREAMS)
def test_a_seal_finds_back_to_its_place(dialect: str, name: str, share: float) -> None:
    found = as_next_request(dialect, reply(*PARTS[name], stop="tools"), share)
    if name == "of nothing in particular":
        assert set(found) == set(PARTS[name])
    else:
        assert found == PARTS[name]


def test_what_carries_no_mark_stays_as_it_is() -> None:
    body: Any = {
        "messages": [{"role": "user", "content": [{"type": "thinking"}]}, {"role": "assistant", "content": "x"}, 7]
    }
    assert unmarked(body, "anthropic.messages") == body
    assert unmarked({"messages": 3}, "openai.chat") == {"messages": 3}

"""What a call needs is known from its body; what is no call says which field is wrong; a limit is a true bound."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.drivers.models.outline import CHOICES_MAX, limited, outline_of, renamed
from ergos.drivers.models.prompt import HOSTED_TOOL_TOKENS, STORED_TOKENS
from ergos.kernel.models import (
    EndpointSpec,
    Media,
    Message,
    ModelPrice,
    ModelRequest,
    Outline,
    Text,
    ToolDefinition,
    ToolResult,
)

from .cassettes import WIRES, recorded
from .dialects.fuzz import ANYTHING, spoiled, understood
from .dialects.samples import BODIES, CHAT, MESSAGES, RESPONSES

HI: dict[str, Any] = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
ASKED: dict[str, dict[str, Any]] = {
    "openai.chat": HI,
    "openai.responses": {"model": "auto", "input": "hi"},
    "openai.embeddings": {"model": "auto", "input": "hi"},
    "anthropic.messages": {**HI, "max_tokens": 40},
    "neutral": {"model": "auto", **msgspec.to_builtins(ModelRequest(messages=(Message("user", (Text("hi"),)),)))},
}


def outline(body: Any, dialect: str = "openai.chat") -> Outline:
    return outline_of({"dialect": dialect, "body": body})


@pytest.mark.parametrize("dialect", ASKED)
def test_a_small_call_of_every_dialect_is_read(dialect: str) -> None:
    found = outline(ASKED[dialect], dialect)
    assert (found.dialect, found.model, found.stream, found.media, found.prefix) == (dialect, "auto", False, (), ())
    assert 0 < found.input_tokens < 200
    assert found.output_tokens_max == {"anthropic.messages": 40, "openai.embeddings": 0}.get(dialect)


@pytest.mark.parametrize(
    ("body", "dialect", "limit", "media"),
    [
        (CHAT, "openai.chat", 300, ("image", "audio", "file", "video")),
        (RESPONSES, "openai.responses", 300, ("image", "file")),
        (MESSAGES, "anthropic.messages", 3000, ("image", "file")),
    ],
)
def test_a_full_call_is_read(body: dict[str, Any], dialect: str, limit: int, media: tuple[str, ...]) -> None:
    found = outline(body, dialect)
    assert (found.model, found.output_tokens_max, found.stream, found.media) == (body["model"], limit, True, media)


def test_a_neutral_call_counts_its_tools_and_media() -> None:
    parts = (Text("hi"), Media(kind="image", data="A" * 9_999, media_type="image/png"))
    result = ToolResult("c", "x", media=(Media(kind="file", url="https://a/b"),))
    request = ModelRequest(
        messages=(Message("user", parts), Message("tool", (result,))),
        tools=(ToolDefinition("f", "A tool. " * 99, {}),),
        output_schema={"type": "object"},
        output_tokens_max=9,
    )
    found = outline({"model": "m", **msgspec.to_builtins(request)}, "neutral")
    assert (found.model, found.media, found.output_tokens_max) == ("m", ("image", "file"), 9)
    assert found.input_tokens > 5_000 + 25_000 + 264


@pytest.mark.parametrize(
    ("extra", "limit"),
    [
        ({}, None),
        ({"max_tokens": 10}, 10),
        ({"max_completion_tokens": 20}, 20),
        ({"max_tokens": 10, "max_completion_tokens": 20}, 10),
        ({"max_tokens": 10, "n": 3}, 30),
        ({"max_tokens": None, "n": None}, None),
    ],
)
def test_the_callers_limit_counts_every_answer(extra: dict[str, Any], limit: int | None) -> None:
    assert outline({**HI, **extra}).output_tokens_max == limit


@pytest.mark.parametrize("dialect", ["openai.chat", "openai.responses", "anthropic.messages", "neutral"])
@pytest.mark.parametrize("own", [None, 50, 5_000])
@pytest.mark.parametrize("choices", [1, 3])
@pytest.mark.parametrize("held", [2, 100, 1_000])
def test_no_more_can_be_written_than_is_held(dialect: str, own: int | None, choices: int, held: int) -> None:
    body = dict(ASKED[dialect])
    field = {"openai.responses": "max_output_tokens", "neutral": "output_tokens_max"}.get(dialect, "max_tokens")
    if own is not None:
        body[field] = own
    if dialect == "openai.chat":
        body["n"] = choices
    spec = EndpointSpec(
        name="e", model="m", dialect="openai.chat", price=ModelPrice(input=1, output=1), output_tokens_max=held
    )
    found = outline(body, dialect)
    sent = outline(limited(body, dialect, held), dialect)  # type: ignore[arg-type]
    worst = found.worst(spec).tokens - found.input_tokens
    assert sent.output_tokens_max is not None
    assert sent.output_tokens_max <= max(worst, choices)


def test_both_limits_of_a_chat_are_lowered_and_none_is_raised() -> None:
    sent = limited({**HI, "max_tokens": 5, "max_completion_tokens": 900}, "openai.chat", 100)
    assert (sent["max_tokens"], sent["max_completion_tokens"]) == (5, 100)
    assert limited(HI, "openai.chat", 7)["max_tokens"] == 7
    assert limited(HI, "openai.chat", 7, field="max_completion_tokens")["max_completion_tokens"] == 7
    assert "max_tokens" not in HI
    sent = limited({**HI, "max_completion_tokens": 1_000_000.0}, "openai.chat", 100)
    assert sent["max_completion_tokens"] == 100


def test_a_lowered_limit_lowers_the_thinking_inside_it() -> None:
    body = {**HI, "max_tokens": 20_000, "thinking": {"type": "enabled", "budget_tokens": 16_000}}
    sent: Any = limited(body, "anthropic.messages", 4_000)
    assert sent["max_tokens"] == 4_000
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 3_200}
    assert limited(body, "anthropic.messages", 30_000)["thinking"] == body["thinking"]


def test_an_embedding_has_no_limit_to_say() -> None:
    assert limited(ASKED["openai.embeddings"], "openai.embeddings", 5) == ASKED["openai.embeddings"]


def test_another_model_is_another_body() -> None:
    assert renamed(HI, "x") == {**HI, "model": "x"}
    assert HI["model"] == "auto"


@pytest.mark.parametrize(
    ("dialect", "change", "field"),
    [
        ("openai.chat", {"messages": None}, "messages"),
        ("openai.chat", {"messages": []}, "messages"),
        ("openai.chat", {"messages": ["hi"]}, "messages[0]"),
        ("openai.chat", {"messages": [{"content": "hi"}]}, "messages[0]"),
        ("openai.chat", {"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ("openai.chat", {"messages": [{"role": "assistant", "tool_calls": 1}]}, "messages[0].tool_calls"),
        ("openai.chat", {"model": None}, "model"),
        ("openai.chat", {"model": ""}, "model"),
        ("openai.chat", {"stream": "yes"}, "stream"),
        ("openai.chat", {"max_tokens": 0}, "max_tokens"),
        ("openai.chat", {"max_tokens": True}, "max_tokens"),
        ("openai.chat", {"n": CHOICES_MAX + 1}, "n"),
        ("openai.chat", {"tools": {}}, "tools"),
        ("openai.chat", {"tools": [1]}, "tools[0]"),
        ("openai.responses", {"input": None}, "input"),
        ("openai.responses", {"input": 7}, "input"),
        ("openai.responses", {"input": ["x"]}, "input[0]"),
        ("openai.responses", {"instructions": 7}, "instructions"),
        ("openai.embeddings", {"input": []}, "input"),
        ("openai.embeddings", {"input": None}, "input"),
        ("openai.embeddings", {"input": [None]}, "input[0]"),
        ("anthropic.messages", {"max_tokens": None}, "max_tokens"),
        ("anthropic.messages", {"max_tokens": "9"}, "max_tokens"),
        ("anthropic.messages", {"messages": [{"role": "user"}]}, "messages[0].content"),
        ("anthropic.messages", {"messages": [{"role": "user", "content": ["x"]}]}, "messages[0].content[0]"),
        ("anthropic.messages", {"system": 7}, "system"),
        ("neutral", {"messages": []}, "messages"),
        ("neutral", {"messages": [{"role": "x", "parts": []}]}, "body"),
        ("neutral", {"output_tokens_max": 0}, "output_tokens_max"),
    ],
)
def test_what_is_no_call_names_the_field(dialect: str, change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueShapeError) as caught:
        outline({**ASKED[dialect], **change}, dialect)
    assert caught.value.what.startswith(f"{field}:")


@pytest.mark.parametrize(
    "change",
    [
        {"service_tier": "priority"},
        {"speed": "fast"},
        {"models": ["dearer"]},
        {"fallbacks": [{"model": "x"}]},
        {"best_of": 5},
        {"service_tier": {"x": 1}},
    ],
)
def test_what_would_cost_more_than_the_price_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueShapeError) as caught:
        outline({**HI, **change})
    assert caught.value.what.startswith(next(iter(change)))
    assert outline({**HI, "service_tier": "flex", "models": [], "best_of": 1})


def test_what_a_vendor_adds_to_the_input_is_allowed_for() -> None:
    plain = outline(ASKED["openai.responses"], "openai.responses").input_tokens
    searching = {**ASKED["openai.responses"], "tools": [{"type": "web_search"}]}
    assert outline(searching, "openai.responses").input_tokens >= plain + HOSTED_TOOL_TOKENS
    going_on = {"model": "m", "input": None, "previous_response_id": "r"}
    assert outline(going_on, "openai.responses").input_tokens >= STORED_TOKENS
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"description": "y" * 3_000}}}
    assert outline({**HI, "response_format": schema}).input_tokens > outline(HI).input_tokens + 1_000


def test_tokens_to_embed_are_counted_one_by_one() -> None:
    assert outline({"model": "m", "input": [1] * 900}, "openai.embeddings").input_tokens >= 900
    assert outline({"model": "m", "input": [[1] * 900, [2] * 100]}, "openai.embeddings").input_tokens >= 1_000


@pytest.mark.parametrize("dialect", [None, "", "google", 3, ["openai.chat"]])
def test_another_dialect_is_refused(dialect: Any) -> None:
    with pytest.raises(ValueShapeError, match="dialect"):
        outline(HI, dialect)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_nothing_but_a_named_field_comes_out_of_a_spoiled_body(data: st.DataObject) -> None:
    dialect = data.draw(st.sampled_from([*BODIES, "openai.embeddings", "neutral"]))
    body = data.draw(st.one_of(spoiled(BODIES.get(dialect, ASKED.get(dialect, HI))), ANYTHING))

    def read(body: Any) -> None:
        json.dumps(msgspec.to_builtins(outline(body, dialect)))
        outline(limited(renamed(body, "other"), dialect, 100), dialect)

    assert understood(read, body)


@pytest.mark.parametrize("wire", WIRES)
def test_every_recorded_call_is_outlined_and_hardly_one_is_underestimated(wire: str) -> None:
    below, counted = [], 0
    for exchange in recorded(wire):
        found = outline(exchange["request"], WIRES[wire])
        assert found.model == exchange["request"]["model"]
        usage = (exchange.get("expect") or {}).get("usage")
        if usage and usage[0]:
            counted += 1
            below += [exchange["id"]] if found.input_tokens < usage[0] else []
            limit = found.output_tokens_max
            assert limit is None or usage[1] <= limit, exchange["id"]
    assert len(below) <= 0.03 * counted, below  # what vendors search and read on their own has no bound in a body

"""A chat body becomes a neutral request that says the same, or an error that names what it cannot say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.drivers.models.dialects.openai_chat import is_single, parse
from ergos.kernel.models import Media, Message, Reasoning, Text, ToolCall, ToolDefinition, ToolResult

from ..cassettes import recorded
from . import emit
from .fuzz import ANYTHING, spoiled, understood
from .meaning import missing
from .samples import CHAT, PDF, PNG, SCHEMA, WAV

HI: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_everything_a_request_carries_is_carried_over() -> None:
    found = parse(CHAT)
    assert found.messages == (
        Message("system", (Text("You are terse."),)),
        Message("system", (Text("Really."),)),
        Message(
            "user",
            (
                Text("What is this?"),
                Media(kind="image", media_type="image/png", data=PNG),
                Media(kind="image", url="https://a.b/c.jpg"),
                Media(kind="audio", media_type="audio/wav", data=WAV),
                Media(kind="file", media_type="application/pdf", data=PDF, name="a.pdf"),
                Media(kind="video", url="https://a.b/c.mp4"),
            ),
        ),
        Message(
            "assistant",
            (
                Reasoning("I should look.", "chat|reasoning_content|"),
                ToolCall("c1", "look", '{"city": "Bern"}'),
                ToolCall("c2", "look", "{broken"),
            ),
        ),
        Message("tool", (ToolResult("c1", "sunny"),)),
        Message("tool", (ToolResult("c2", "cloudy"),)),
        Message("user", (Text("And now?"),)),
    )
    assert found.tools == (
        ToolDefinition("look", "Look.", SCHEMA),
        ToolDefinition("now", "", {"type": "object", "properties": {}}),
    )
    assert (found.tool_choice, found.output_name, found.output_schema) == ("look", "place", SCHEMA)
    assert (found.output_tokens_max, found.temperature, found.top_p, found.seed) == (300, 0.2, 0.9, 7)
    assert (found.stop, found.reasoning) == (("END",), "low")
    assert not missing(CHAT, found)
    assert parse(emit.chat(found)) == found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 2),
        ("logprobs", True),
        ("top_logprobs", 3),
        ("logit_bias", {"1": 2}),
        ("frequency_penalty", 0.5),
        ("top_k", 5),
        ("audio", {"voice": "x"}),
        ("modalities", ["text", "audio"]),
        ("web_search_options", {"search_context_size": "low"}),
        ("functions", [{"name": "f"}]),
        ("function_call", "auto"),
        ("something_new", 0),
        ("tools", [{"type": "web_search"}]),
        ("tool_choice", {"type": "custom", "custom": {"name": "x"}}),
        ("response_format", {"type": "grammar"}),
        ("stop", [1]),
        ("max_tokens", 0),
        ("messages", []),
        ("messages", [{"role": "function", "name": "f", "content": "x"}]),
        ("messages", [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]),
        ("messages", [{"role": "assistant", "audio": {"id": "a"}}]),
        ("messages", [{"role": "assistant", "content": "x", "prefix": True}]),
        ("messages", [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file-id"}}]}]),
        ("messages", [{"role": "system", "content": [{"type": "image_url", "image_url": {"url": "https://a/b"}}]}]),
    ],
)
def test_what_cannot_be_carried_over_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ValueShapeError) as caught:
        parse({**HI, field: value})
    assert caught.value.what.startswith(field)


@pytest.mark.parametrize(
    ("body", "level"),
    [
        ({}, ""),
        ({"reasoning_effort": "none"}, "off"),
        ({"reasoning_effort": "xhigh"}, "high"),
        ({"reasoning": {"effort": "medium"}}, "medium"),
        ({"reasoning": {"enabled": False}}, "off"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "low"),
        ({"enable_thinking": False}, "off"),
        ({"enable_thinking": True}, "medium"),
    ],
)
def test_how_much_to_think_is_read_in_every_vendors_words(body: dict[str, Any], level: str) -> None:
    assert parse({**HI, **body}).reasoning == level


@pytest.mark.parametrize(
    ("choice", "found", "names"),
    [
        (None, "auto", ["look", "now"]),
        ("any", "required", ["look", "now"]),
        ("none", "none", ["look", "now"]),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "now"}}]},
            },
            "required",
            ["now"],
        ),
    ],
)
def test_the_choice_of_tools_is_read(choice: Any, found: str, names: list[str]) -> None:
    request = parse({**HI, "tools": CHAT["tools"], "tool_choice": choice})
    assert (request.tool_choice, [tool.name for tool in request.tools]) == (found, names)


def test_json_without_a_schema_is_any_object() -> None:
    assert parse({**HI, "response_format": {"type": "json_object"}}).output_schema == {"type": "object"}
    assert parse({**HI, "response_format": {"type": "text"}}).output_schema is None


def test_a_caller_of_one_call_at_a_time_is_known() -> None:
    assert is_single({**HI, "parallel_tool_calls": False})
    assert not is_single(HI)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.one_of(spoiled(CHAT), st.dictionaries(st.sampled_from([*CHAT]), ANYTHING)))
def test_nothing_but_a_named_field_comes_out_of_a_spoiled_body(body: dict[str, Any]) -> None:
    assert understood(parse, body)


@pytest.mark.parametrize("wire", ["openai.chat", "dashscope.chat"])
def test_what_was_recorded_keeps_its_meaning(wire: str) -> None:
    carried = 0
    for exchange in recorded(wire):
        try:
            found = parse(exchange["request"])
        except ValueShapeError:
            continue
        carried += 1
        assert not missing(exchange["request"], found), exchange["id"]
        assert parse(emit.chat(found)) == found, exchange["id"]
    assert carried > 0.8 * len(recorded(wire))

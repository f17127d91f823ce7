"""A messages body becomes a neutral request that says the same, or an error that names what it cannot say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.drivers.models.dialects import openai_chat
from ergos.drivers.models.dialects.anthropic_messages import is_single, parse
from ergos.drivers.models.vendors.seals import open_for
from ergos.kernel.models import Media, Message, Reasoning, Text, ToolCall, ToolDefinition, ToolResult

from ..cassettes import recorded
from . import emit
from .fuzz import ANYTHING, spoiled, understood
from .meaning import missing
from .samples import MESSAGES, PDF, PNG, SCHEMA

HI: dict[str, Any] = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}


def said(*blocks: dict[str, Any], role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": list(blocks)}]}


def test_everything_a_request_carries_is_carried_over() -> None:
    found = parse(MESSAGES)
    assert found.messages == (
        Message("system", (Text("You are terse."),)),
        Message(
            "user",
            (
                Text("What is this?"),
                Media(kind="image", media_type="image/png", data=PNG),
                Media(kind="image", url="https://a.b/c.jpg"),
                Media(kind="file", media_type="application/pdf", data=PDF, name="a.pdf"),
                Text("notes\n\nWords."),
            ),
        ),
        Message(
            "assistant",
            (
                Reasoning("I should look.", "c2ln"),
                Reasoning("", "anthropic|redacted|b3BhcXVl"),
                Text("Wait."),
                ToolCall("c1", "look", '{"city":"Bern"}'),
                ToolCall("c2", "look", "{}"),
            ),
        ),
        Message(
            "tool",
            (
                ToolResult("c1", "sunny"),
                ToolResult("c2", "see", failed=True, media=(Media(kind="image", media_type="image/png", data=PNG),)),
            ),
        ),
        Message("user", (Text("And now?"),)),
    )
    seal = open_for("anthropic", "anthropic|redacted|b3BhcXVl")
    assert seal is not None
    assert (seal.kind, seal.value) == ("redacted", "b3BhcXVl")
    assert found.tools == (ToolDefinition("look", "Look.", SCHEMA),)
    assert (found.tool_choice, found.output_schema, found.output_tokens_max) == ("look", SCHEMA, 3000)
    assert (found.stop, found.temperature, found.top_p, found.reasoning) == (("END",), 1.0, 0.9, "low")
    assert not missing(MESSAGES, found)
    assert parse(emit.messages(found)).messages == found.messages
    assert is_single(MESSAGES)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("max_tokens", {"max_tokens": None}),
        ("max_tokens", {"max_tokens": 0}),
        ("messages", {"messages": []}),
        ("top_k", {"top_k": 4}),
        ("container", {"container": "c"}),
        ("mcp_servers", {"mcp_servers": [{"name": "x"}]}),
        ("context_management", {"context_management": {"edits": [1]}}),
        ("speed", {"speed": "fast"}),
        ("something_new", {"something_new": 0}),
        ("system", {"system": [{"type": "image"}]}),
        ("tools", {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
        ("tools", {"tools": [{"name": "f", "input_schema": {}, "defer_loading": True}]}),
        ("tools", {"tools": [{"name": "f"}]}),
        ("tool_choice", {"tool_choice": {"type": "some"}}),
        ("output_config", {"output_config": {"format": {"type": "regex"}}}),
        ("output_config", {"output_config": {"effort": "lots"}}),
        ("messages", said({"type": "server_tool_use", "id": "x", "name": "web_search", "input": {}}, role="assistant")),
        ("messages", said({"type": "image", "source": {"type": "file", "file_id": "f"}})),
        ("messages", said({"type": "container_upload", "file_id": "f"})),
        (
            "messages",
            said(
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": "AA"},
                    "citations": {"enabled": True},
                }
            ),
        ),
        ("messages", said({"type": "tool_use", "id": "a", "name": "f", "input": {}})),
        ("messages", said({"type": "tool_result", "tool_use_id": "a"}, role="assistant")),
        (
            "messages",
            said({"type": "tool_result", "tool_use_id": "a", "content": [{"type": "tool_result", "tool_use_id": "b"}]}),
        ),
        ("messages", {"messages": [{"role": "tool", "content": "x"}]}),
    ],
)
def test_what_cannot_be_carried_over_is_refused_by_name(field: str, change: dict[str, Any]) -> None:
    with pytest.raises(ValueShapeError) as caught:
        parse({**HI, **change})
    assert caught.value.what.startswith(field)


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({}, ""),
        ({"thinking": {"type": "disabled"}}, "off"),
        ({"thinking": {"type": "adaptive", "display": "summarized"}}, ""),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}}, "high"),
        ({"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}}, "off"),
        ({"thinking": {"type": "enabled", "budget_tokens": 9000}}, "medium"),
    ],
)
def test_how_much_to_think_is_a_level(change: dict[str, Any], level: str) -> None:
    assert parse({**HI, **change}).reasoning == level


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.one_of(spoiled(MESSAGES), st.dictionaries(st.sampled_from([*MESSAGES]), ANYTHING)))
def test_nothing_but_a_named_field_comes_out_of_a_spoiled_body(body: dict[str, Any]) -> None:
    assert understood(parse, body)


def test_what_was_recorded_keeps_its_meaning() -> None:
    carried = 0
    for exchange in recorded("anthropic.messages"):
        try:
            found = parse(exchange["request"])
        except ValueShapeError:
            continue
        carried += 1
        assert not missing(exchange["request"], found), exchange["id"]
        assert parse(emit.messages(found)).messages == found.messages, exchange["id"]
        assert not missing(exchange["request"], openai_chat.parse(emit.chat(found))), exchange["id"]
    assert carried

"""A responses body becomes a neutral request that says the same, or an error that names what it cannot say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.drivers.models.dialects import openai_chat
from ergos.drivers.models.dialects.openai_responses import parse
from ergos.kernel.models import Media, Message, Reasoning, Text, ToolCall, ToolDefinition, ToolResult

from ..cassettes import recorded
from . import emit
from .fuzz import ANYTHING, spoiled, understood
from .meaning import missing
from .samples import PDF, PNG, RESPONSES, SCHEMA

HI: dict[str, Any] = {"model": "m", "input": "hi"}


def test_everything_a_request_carries_is_carried_over() -> None:
    found = parse(RESPONSES)
    assert found.messages == (
        Message("system", (Text("You are terse."),)),
        Message("system", (Text("Really."),)),
        Message(
            "user",
            (
                Text("What is this?"),
                Media(kind="image", media_type="image/png", data=PNG),
                Media(kind="file", media_type="application/pdf", data=PDF, name="a.pdf"),
                Media(kind="file", url="https://a.b/c.pdf"),
            ),
        ),
        Message(
            "assistant",
            (
                Reasoning("I look.", "responses|rs_1|gAAA"),
                Text("Wait."),
                ToolCall("c1", "look", '{"city": "Bern"}'),
                ToolCall("c2", "look", "{broken"),
            ),
        ),
        Message(
            "tool",
            (ToolResult("c1", "sunny"), ToolResult("c2", "see", media=(Media(kind="image", url="https://a.b/c.jpg"),))),
        ),
        Message("user", (Text("And now?"),)),
    )
    assert found.tools == (ToolDefinition("look", "Look.", SCHEMA),)
    assert (found.tool_choice, found.output_name, found.output_schema) == ("look", "place", SCHEMA)
    assert (found.output_tokens_max, found.temperature, found.top_p, found.reasoning) == (300, 0.2, 0.9, "high")
    assert not missing(RESPONSES, found)


def test_a_bare_question_is_one_message() -> None:
    assert parse(HI).messages == (Message("user", (Text("hi"),)),)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("previous_response_id", "resp_1"),
        ("conversation", "conv_1"),
        ("background", True),
        ("truncation", "auto"),
        ("include", ["file_search_call.results"]),
        ("include", [7]),
        ("prompt", {"id": "p"}),
        ("top_logprobs", 2),
        ("something_new", 0),
        ("tools", [{"type": "web_search"}]),
        ("tools", [{"type": "mcp", "server_label": "x"}]),
        ("tool_choice", {"type": "file_search"}),
        ("text", {"format": {"type": "grammar"}}),
        ("text", {"verbosity": "high"}),
        ("reasoning", {"mode": "pro"}),
        ("input", []),
        ("input", None),
        ("input", [{"type": "item_reference", "id": "x"}]),
        ("input", [{"type": "web_search_call", "id": "x"}]),
        ("input", [{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}]),
        ("input", [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "namespace": "n"}]),
        ("input", [{"role": "assistant", "content": [{"type": "input_image", "image_url": "https://a/b"}]}]),
    ],
)
def test_what_cannot_be_carried_over_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ValueShapeError) as caught:
        parse({**HI, field: value})
    assert caught.value.what.startswith(field)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.one_of(spoiled(RESPONSES), st.dictionaries(st.sampled_from([*RESPONSES]), ANYTHING)))
def test_nothing_but_a_named_field_comes_out_of_a_spoiled_body(body: dict[str, Any]) -> None:
    assert understood(parse, body)


def test_what_was_recorded_keeps_its_meaning() -> None:
    carried = 0
    for exchange in recorded("openai.responses"):
        try:
            found = parse(exchange["request"])
        except ValueShapeError:
            continue
        carried += 1
        assert not missing(exchange["request"], found), exchange["id"]
        assert not missing(exchange["request"], openai_chat.parse(emit.chat(found))), exchange["id"]
    assert carried

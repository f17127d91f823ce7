from __future__ import annotations

import msgspec
import pytest

from ergos.drivers.models.vendors.settings import SESSION_HEADERS
from ergos.kernel.models import Hints, Message, ModelRequest, Text
from tests.drivers.models.vendors.loopback import ASKED, TOOL, asked_of, says
from tests.drivers.models.vendors.test_model import DIALECTS, WHOLE

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


def sent(
    dialect: str, hints: Hints | None = None, stream: bool = False, spec: dict | None = None, **fields: object
) -> tuple[dict, dict]:
    request = ModelRequest(messages=ASKED.messages, **fields)
    got, _, exchanges = asked_of(
        says(WHOLE[dialect]), request, dialect=dialect, hints=hints, stream=stream, **(spec or {})
    )
    assert len(exchanges) == 1, got
    return exchanges[0].body, exchanges[0].headers


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_was_not_asked_for_is_not_sent(dialect: str) -> None:
    body, headers = sent(dialect)
    assert not set(body) & {
        "temperature",
        "top_p",
        "seed",
        "stop",
        "priority",
        "extra_body",
        "reasoning_effort",
        "tools",
        "response_format",
        "n",
        "user",
    }
    assert "x-session-id" not in headers


def test_every_setting_arrives_in_the_wires_own_words() -> None:
    asked = {"output_tokens_max": 7, "temperature": 0.5, "top_p": 0.25, "stop": ("END",), "seed": 3}
    body, _ = sent("openai.chat", **asked)
    assert (body["max_tokens"], body["temperature"], body["top_p"], body["stop"], body["seed"]) == (
        7,
        0.5,
        0.25,
        ["END"],
        3,
    )
    body, _ = sent("openai.responses", **asked)
    assert (body["max_output_tokens"], body["temperature"], body["top_p"]) == (7, 0.5, 0.25)
    body, _ = sent("anthropic.messages", **asked)
    assert (body["max_tokens"], body["temperature"], body["stop_sequences"]) == (7, 0.5, ["END"])
    config = sent("google", **asked)[0]["generationConfig"]
    assert (
        config["maxOutputTokens"],
        config["temperature"],
        config["topP"],
        config["stopSequences"],
        config["seed"],
    ) == (7, 0.5, 0.25, ["END"], 3)


def test_anthropic_gets_the_endpoints_limit_where_there_is_no_other() -> None:
    assert sent("anthropic.messages", spec={"output_tokens_max": 1234})[0]["max_tokens"] == 1234


@pytest.mark.parametrize(
    ("dialect", "choice", "expected"),
    [
        ("openai.chat", "none", "none"), ("openai.chat", "required", "required"), ("openai.chat", "look", {"type": "function", "function": {"name": "look"}}),
        ("openai.responses", "required", "required"), ("openai.responses", "look", {"type": "function", "name": "look"}),
        ("anthropic.messages", "required", {"type": "any"}), ("anthropic.messages", "look", {"type": "tool", "name": "look"}),
    ],
)  # fmt: skip
def test_the_choice_of_tools_arrives(dialect: str, choice: str, expected: object) -> None:
    other = msgspec.structs.replace(TOOL, name="see")
    assert sent(dialect, tools=(TOOL, other), tool_choice=choice)[0]["tool_choice"] == expected


def test_a_typed_answer_is_asked_for_as_the_model_can() -> None:
    body, _ = sent("openai.chat", output_schema=SCHEMA)
    assert body["response_format"]["json_schema"]["schema"]["properties"] == SCHEMA["properties"]
    body, _ = sent("openai.responses", output_schema=SCHEMA)
    assert body["text"]["format"]["schema"]["properties"] == SCHEMA["properties"]
    assert (
        sent("google", output_schema=SCHEMA, spec={"model": "gemini-2.5-flash"})[0]["generationConfig"][
            "responseMimeType"
        ]
        == "application/json"
    )
    body, _ = sent("openai.chat", output_schema=SCHEMA, spec={"name": "dashscope/qwen-plus", "model": "qwen-plus"})
    assert '"n"' in str(body["messages"])


def test_a_local_model_is_told_the_schema_and_has_one_system_message() -> None:
    request = ModelRequest(messages=(Message("system", (Text("Be brief."),)), *ASKED.messages), output_schema=SCHEMA)
    _, _, (exchange,) = asked_of(says(WHOLE["openai.chat"]), request, local=True)
    system, user = exchange.body["messages"]
    assert "Be brief." in system["content"]
    assert '"n"' in system["content"]
    assert user["role"] == "user"
    assert exchange.body["response_format"]["type"] == "json_schema"


def test_a_model_that_knows_no_typed_answer_gives_it_through_a_tool() -> None:
    answer = {
        **WHOLE["anthropic.messages"],
        "content": [{"type": "tool_use", "id": "t", "name": "answer", "input": {"n": 1}}],
    }
    request = ModelRequest(messages=ASKED.messages, output_schema=SCHEMA)
    got, _, (exchange,) = asked_of(says(answer), request, dialect="anthropic.messages", model="claude-3-5-haiku-latest")
    assert exchange.body["tools"][0]["name"] == "answer"
    assert (got.text, got.calls, got.stop) == ('{"n": 1}', (), "stop")


def test_hints_reach_the_engines_that_read_them() -> None:
    hints = Hints(session="pid-7", priority=3)
    for dialect in ("openai.chat", "openai.responses"):
        body, headers = sent(dialect, hints, spec={"local": True})
        assert {headers.get(name) for name in SESSION_HEADERS} == {"pid-7"}
        assert body["priority"] == 3
    body, headers = sent("openai.chat", hints)
    assert headers["x-session-id"] == "pid-7"
    assert "priority" not in body
    assert "priority" not in sent("openai.chat", Hints(session="a"), spec={"local": True})[0]


def test_a_sessions_name_cannot_break_a_header() -> None:
    assert sent("openai.chat", Hints(session="a\r\nx-evil: 1\u4e16"))[1]["x-session-id"] == "a--x-evil:-1-"


def test_how_much_a_model_may_think_is_said_in_its_vendors_words() -> None:
    assert sent("openai.chat", reasoning="low", spec={"model": "gpt-5-mini"})[0]["reasoning_effort"] == "low"
    assert sent("openai.chat", reasoning="low", spec={"model": "some-local-model"})[0]["reasoning_effort"] == "low"
    assert sent("openai.responses", reasoning="high", spec={"model": "gpt-5-mini"})[0]["reasoning"]["effort"] == "high"
    assert (
        sent("openai.chat", reasoning="off", spec={"name": "dashscope/x", "model": "qwen3-32b"})[0]["enable_thinking"]
        is False
    )
    assert sent("openai.chat", reasoning="off", spec={"model": "qwen3", "local": True})[0]["chat_template_kwargs"] == {
        "enable_thinking": False
    }
    assert sent("anthropic.messages", reasoning="low", spec={"model": "claude-opus-4-1"}, output_tokens_max=9000)[0][
        "thinking"
    ]["type"] in {"enabled", "adaptive"}
    assert (
        "thinkingConfig" in sent("google", reasoning="low", spec={"model": "gemini-2.5-flash"})[0]["generationConfig"]
    )


def test_a_model_that_thinks_is_not_sent_what_it_refuses() -> None:
    assert "temperature" not in sent("openai.chat", temperature=0.5, spec={"model": "gpt-5-mini"})[0]
    assert (
        "temperature"
        not in sent(
            "anthropic.messages",
            temperature=0.5,
            reasoning="low",
            spec={"model": "claude-opus-4-1"},
            output_tokens_max=9000,
        )[0]
    )
    assert sent("openai.chat", temperature=0.5, spec={"model": "gpt-4o"})[0]["temperature"] == 0.5


def test_a_stream_asks_for_its_usage() -> None:
    assert sent("openai.chat", stream=True)[0]["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_tool_without_arguments_is_described(dialect: str) -> None:
    from ergos.kernel.models import ToolDefinition

    body, _ = sent(dialect, tools=(ToolDefinition("now", "", {}),))
    assert "now" in str(body["tools"])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_one_request_is_sent_the_same_every_time(dialect: str) -> None:
    request = {"tools": (TOOL,), "output_schema": SCHEMA, "temperature": 0.5}
    assert sent(dialect, **request)[0] == sent(dialect, **request)[0]

from __future__ import annotations

import base64
import json

import pytest

from ergos.base.world_errors import ModelRequestError
from ergos.drivers.models.vendors.outward import Sender, json_object, messages_of
from ergos.kernel.models import Media, Message, ModelRequest, Reasoning, Text, ToolCall, ToolResult
from tests.drivers.models.vendors.loopback import ASKED, TOOL, asked_of, says
from tests.drivers.models.vendors.test_model import DIALECTS, WHOLE

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nx").decode()
TALK = ModelRequest(
    messages=(
        Message("system", (Text("Be brief."),)),
        Message("user", (Text("Look at this."), Media("image", media_type="image/png", data=PNG))),
        Message(
            "assistant", (Text("Looking."), ToolCall("a", "look", '{"at": "x"}'), ToolCall("b", "look", '{"at": "y"}'))
        ),
        Message("tool", (ToolResult("a", "seen"),)),
        Message("tool", (ToolResult("b", "no", failed=True),)),
        Message("user", (Text("And?"),)),
    ),
    tools=(TOOL,),
)


def sent(dialect: str, request: ModelRequest = TALK, **more: object) -> dict:
    got, _, exchanges = asked_of(says(WHOLE[dialect]), request, dialect=dialect, **more)
    assert len(exchanges) == 1, got
    return exchanges[0].body


def test_a_conversation_arrives_as_chat_messages() -> None:
    body = sent("openai.chat")
    system, user, assistant, first, second, last = body["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert user["content"] == [
        {"type": "text", "text": "Look at this."},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    ]
    assert assistant["content"] == "Looking."
    assert [call["function"]["arguments"] for call in assistant["tool_calls"]] == ['{"at": "x"}', '{"at": "y"}']
    assert (first, second) == (
        {"role": "tool", "tool_call_id": "a", "content": "seen"},
        {"role": "tool", "tool_call_id": "b", "content": "no"},
    )
    assert last == {"role": "user", "content": "And?"}
    assert body["tools"][0]["function"]["parameters"] == TOOL.parameters


def test_a_conversation_arrives_as_response_items() -> None:
    kinds = [item.get("type") or item["role"] for item in sent("openai.responses")["input"]]
    assert kinds == [
        "system",
        "user",
        "assistant",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
        "user",
    ]


def test_a_conversation_arrives_as_anthropics_messages() -> None:
    body = sent("anthropic.messages")
    assert body["system"] == "Be brief." or body["system"][0]["text"] == "Be brief."
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    results = [block for block in body["messages"][2]["content"] if block["type"] == "tool_result"]
    assert [bool(block.get("is_error")) for block in results] == [False, True]
    assert [block["input"] for block in body["messages"][1]["content"] if block["type"] == "tool_use"] == [
        {"at": "x"},
        {"at": "y"},
    ]


def test_a_conversation_arrives_as_googles_contents() -> None:
    body = sent("google")
    assert body["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    roles = [content["role"] for content in body["contents"]]
    assert roles[:2] == ["user", "model"]
    assert set(roles[2:]) == {"user"}
    assert [part["functionCall"]["args"] for part in body["contents"][1]["parts"] if "functionCall" in part] == [
        {"at": "x"},
        {"at": "y"},
    ]


def test_a_tools_answer_that_is_an_object_reaches_google_as_one() -> None:
    talk = ModelRequest(
        messages=(
            *ASKED.messages,
            Message("assistant", (ToolCall("a", "look", "{}"),)),
            Message("tool", (ToolResult("a", '{"n": 1}'),)),
        )
    )
    assert sent("google", talk)["contents"][2]["parts"][0]["functionResponse"]["response"] == {"n": 1}


@pytest.mark.parametrize("arguments", ["", "{}", '{"at": ', "[1]", "null", "nonsense"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_call_a_model_wrote_wrong_can_be_sent_back(dialect: str, arguments: str) -> None:
    talk = ModelRequest(
        messages=(
            *ASKED.messages,
            Message("assistant", (ToolCall("a", "look", arguments),)),
            Message("tool", (ToolResult("a", "wrong", failed=True),)),
        )
    )
    assert "look" in json.dumps(sent(dialect, talk))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_empty_messages_break_nothing(dialect: str) -> None:
    talk = ModelRequest(
        messages=(
            *ASKED.messages,
            Message("assistant", ()),
            Message("assistant", (Reasoning("hm"),)),
            Message("user", (Text("still there?"),)),
        )
    )
    assert "still there?" in json.dumps(sent(dialect, talk))
    assert "hm" not in json.dumps(sent(dialect, talk))


@pytest.mark.parametrize(
    ("dialect", "media"),
    [
        ("openai.chat", Media("video", media_type="video/mp4", data=PNG)), ("openai.chat", Media("audio", media_type="audio/flac", data=PNG)),
        ("openai.chat", Media("file", url="http://127.0.0.1:9/a.pdf")), ("openai.chat", Media("audio", url="http://127.0.0.1:9/a.wav")),
        ("openai.responses", Media("video", data=PNG)), ("anthropic.messages", Media("audio", data=PNG)),
        ("anthropic.messages", Media("file", media_type="text/plain", url="http://127.0.0.1:9/a.txt")), ("openai.chat", Media("image", data="no base64!")),
    ],
)  # fmt: skip
def test_media_that_a_wire_cannot_carry_is_refused_before_anything_is_sent(dialect: str, media: Media) -> None:
    got, _, exchanges = asked_of(
        says(WHOLE[dialect]), ModelRequest(messages=(Message("user", (Text("see"), media)),)), dialect=dialect
    )
    assert isinstance(got, ModelRequestError), got
    assert exchanges == []


@pytest.mark.parametrize(
    ("dialect", "media"),
    [
        ("openai.chat", Media("audio", media_type="audio/x-wav", data=PNG)), ("openai.chat", Media("file", media_type="application/pdf", data=PNG)),
        ("openai.chat", Media("image", url="https://example.com/a.png")), ("openai.responses", Media("file", url="https://example.com/a.pdf")),
        ("anthropic.messages", Media("file", url="https://example.com/a.pdf")), ("anthropic.messages", Media("image", url="https://example.com/a")),
        ("google", Media("video", media_type="video/mp4", url="https://example.com/a.mp4")), ("google", Media("image", data=PNG.replace("+", "-").rstrip("="))),
    ],
)  # fmt: skip
def test_media_goes_out_as_it_is_and_nothing_is_fetched(dialect: str, media: Media) -> None:
    body = json.dumps(sent(dialect, ModelRequest(messages=(Message("user", (Text("see"), media)),))))
    assert (media.url or media.data.rstrip("=")[:-2]) in body.replace("_", "/").replace("-", "+") or media.url in body


def test_a_seal_without_words_belongs_to_the_next_part() -> None:
    sender = Sender("google", "google", "google")
    talk = ModelRequest(
        messages=(
            Message(
                "assistant",
                (Reasoning("", "google@google||c2VhbA"), ToolCall("a", "look", "{}"), ToolCall("b", "look", "{}")),
            ),
        )
    )
    first, second = messages_of(talk, sender)[0].parts
    assert first.provider_details == {"thought_signature": "c2VhbA=="}
    assert second.provider_details is None


def test_reasoning_details_go_back_whole() -> None:
    details = '[{"type":"reasoning.text","text":"hm","signature":"s"}]'
    said = Message(
        "assistant",
        (Reasoning("", f"chat@test|reasoning_details|{details}"), Reasoning("hm", "chat@test|reasoning|"), Text("a")),
    )
    message = sent("openai.chat", ModelRequest(messages=(*ASKED.messages, said, *ASKED.messages)))["messages"][1]
    assert message["reasoning_details"] == json.loads(details)
    assert message["reasoning"] == "hm"


def test_only_an_object_is_an_object() -> None:
    assert json_object('{"a": 1}') == {"a": 1}
    assert [json_object(text) for text in ("[1]", "1", "", "{", "{" * 100_000)] == [None] * 5

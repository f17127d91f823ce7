from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from ergos.base.clock import ManualClock
from ergos.base.errors import DeadlineError, NoModelError
from ergos.drivers.models.vendors.model import open_model
from ergos.kernel.models import (
    EndpointSpec,
    Message,
    ModelRequest,
    Reasoning,
    ReasoningDelta,
    Reply,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolResult,
    Usage,
)
from tests.drivers.models.vendors.loopback import ASKED, TOOL, asked_of, chunk, completion, says, streams

CHAT = completion(
    {"content": "Looking.", "reasoning_content": "hm", "tool_calls": [{"id": "a", "function": {"name": "look", "arguments": '{"at": "x"}'}}]},
    "tool_calls", usage={"prompt_tokens": 9, "completion_tokens": 4},
)  # fmt: skip
CHAT_STREAM = [
    chunk({"role": "assistant", "reasoning_content": "h"}), chunk({"reasoning_content": "m"}), chunk({"content": "Look"}), chunk({"content": "ing."}),
    chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "look", "arguments": ""}}]}), chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"at": '}}]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": '"x"}'}}]}), chunk({}, "tool_calls"), {"id": "c1", "model": "model-1", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}},
]  # fmt: skip
RESPONSE = {
    "id": "c1", "model": "model-1", "status": "completed", "usage": {"input_tokens": 9, "output_tokens": 4},
    "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gAAA"},
        {"type": "message", "id": "m1", "content": [{"type": "output_text", "text": "Looking."}]},
        {"type": "function_call", "id": "f1", "call_id": "a", "name": "look", "arguments": '{"at": "x"}'},
    ],
}  # fmt: skip
RESPONSE_STREAM = [
    {"type": "response.created", "response": {**RESPONSE, "output": [], "status": "in_progress", "usage": None}},
    {"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning", "id": "rs_1", "summary": []}},
    {"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "summary_index": 0, "delta": "hm"},
    {"type": "response.output_text.delta", "item_id": "m1", "content_index": 0, "delta": "Look"},
    {"type": "response.output_text.delta", "item_id": "m1", "content_index": 0, "delta": "ing."},
    {"type": "response.output_item.added", "output_index": 2, "item": {"type": "function_call", "id": "f1", "call_id": "a", "name": "look", "arguments": ""}},
    {"type": "response.function_call_arguments.delta", "item_id": "f1", "delta": '{"at": "x"}'},
    {"type": "response.completed", "response": RESPONSE},
]  # fmt: skip
MESSAGE = {
    "id": "c1", "type": "message", "role": "assistant", "model": "model-1", "stop_reason": "tool_use", "usage": {"input_tokens": 9, "output_tokens": 4},
    "content": [{"type": "thinking", "thinking": "hm", "signature": "seal"}, {"type": "text", "text": "Looking."}, {"type": "tool_use", "id": "a", "name": "look", "input": {"at": "x"}}],
}  # fmt: skip
MESSAGE_STREAM = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "seal"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Looking."}},
    {"type": "content_block_stop", "index": 1},
    {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "a", "name": "look", "input": {}}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"at": "x"}'}},
    {"type": "content_block_stop", "index": 2},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 4}},
    {"type": "message_stop"},
]  # fmt: skip
PARTS = [
    {"text": "hm", "thought": True},
    {"text": "Looking."},
    {"functionCall": {"id": "a", "name": "look", "args": {"at": "x"}}, "thoughtSignature": "c2VhbA=="},
]
COUNTS = {"promptTokenCount": 9, "candidatesTokenCount": 4}
GOOGLE = {
    "candidates": [{"content": {"role": "model", "parts": PARTS}, "finishReason": "STOP"}],
    "usageMetadata": COUNTS,
    "modelVersion": "model-1",
    "responseId": "c1",
}
GOOGLE_STREAM = [
    {
        **GOOGLE,
        "candidates": [
            {"content": {"role": "model", "parts": [part]}, **({"finishReason": "STOP"} if part is PARTS[-1] else {})}
        ],
    }
    for part in PARTS
]

WHOLE = {"openai.chat": CHAT, "openai.responses": RESPONSE, "anthropic.messages": MESSAGE, "google": GOOGLE}
STREAM = {
    "openai.chat": CHAT_STREAM,
    "openai.responses": RESPONSE_STREAM,
    "anthropic.messages": MESSAGE_STREAM,
    "google": GOOGLE_STREAM,
}
STOPS = {"openai.chat": "tools", "openai.responses": "stop", "anthropic.messages": "tools", "google": "tools"}
DIALECTS = list(WHOLE)


def check(got: object, dialect: str) -> Reply:
    assert isinstance(got, Reply), got
    assert got.text == "Looking."
    assert [(call.id, call.name, json.loads(call.arguments)) for call in got.calls] == [("a", "look", {"at": "x"})]
    assert "".join(part.text for part in got.parts if isinstance(part, Reasoning)) == "hm"
    assert (got.stop, got.usage, got.model, got.id) == (
        STOPS[dialect],
        Usage(input_tokens=9, output_tokens=4),
        "model-1",
        "c1",
    )
    return got


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_answer_in_one_piece_is_a_reply(dialect: str) -> None:
    check(asked_of(says(WHOLE[dialect]), dialect=dialect)[0], dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_stream_is_the_same_reply_and_its_deltas_joined_are_it(dialect: str) -> None:
    events = (
        STREAM[dialect]
        if dialect != "anthropic.messages"
        else [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in MESSAGE_STREAM]
    )
    got, deltas, _ = asked_of(streams(*events, done=dialect == "openai.chat"), dialect=dialect, stream=True)
    reply = check(got, dialect)
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == reply.text
    assert "".join(delta.text for delta in deltas if isinstance(delta, ReasoningDelta)) == "hm"
    calls = [delta for delta in deltas if isinstance(delta, ToolCallDelta)]
    assert (
        "".join(call.id for call in calls),
        "".join(call.name for call in calls),
        "".join(call.arguments for call in calls),
    ) == ("a", "look", reply.calls[0].arguments)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_a_vendor_sealed_goes_back_to_it_on_the_next_turn(dialect: str) -> None:
    reply = check(asked_of(says(WHOLE[dialect]), dialect=dialect)[0], dialect)
    more = ModelRequest(
        messages=(*ASKED.messages, Message("assistant", reply.parts), Message("tool", (ToolResult("a", "seen"),))),
        tools=(TOOL,),
    )
    _, _, (exchange,) = asked_of(
        says(WHOLE[dialect]), more, dialect=dialect, model="gpt-5-mini" if dialect == "openai.responses" else "model-1"
    )
    sent = exchange.body
    if dialect == "openai.chat":
        assert sent["messages"][1]["reasoning_content"] == "hm"
        assert sent["messages"][2] == {"role": "tool", "tool_call_id": "a", "content": "seen"}
    elif dialect == "openai.responses":
        thinks = next(item for item in sent["input"] if item.get("type") == "reasoning")
        assert thinks == {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]} | (
            {"encrypted_content": "gAAA"} if "encrypted_content" in thinks else {"encrypted_content": None}
        )
    elif dialect == "anthropic.messages":
        assert sent["messages"][1]["content"][0] == {"type": "thinking", "thinking": "hm", "signature": "seal"}
    else:
        call = next(part for part in sent["contents"][1]["parts"] if "functionCall" in part)
        assert call["thoughtSignature"] == "c2VhbA=="


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_another_vendor_sealed_does_not(dialect: str) -> None:
    other = "google@google||c2VhbA==" if dialect != "google" else "seal"
    said = Message("assistant", (Reasoning("secret thought", other), Text("Hi.")))
    _, _, (exchange,) = asked_of(
        says(WHOLE[dialect]), ModelRequest(messages=(*ASKED.messages, said, *ASKED.messages)), dialect=dialect
    )
    assert "secret" not in json.dumps(exchange.body)
    assert "c2VhbA" not in json.dumps(exchange.body)


def test_words_that_look_like_thoughts_stay_words() -> None:
    text = "\n<think>\nhm\n</think>\n\nYes."
    assert asked_of(says(completion({"content": text})))[0].text == text
    pieces = [chunk({"content": piece}) for piece in ("\n", "<think>", "\nhm\n", "</think>", "\n\n", "Yes.")]
    assert asked_of(streams(*pieces), stream=True)[0].text == text


def test_a_vendor_that_counts_nothing_leaves_the_usage_unknown() -> None:
    for usage in ({}, {"usage": None}, {"usage": {}}, {"usage": "many"}):
        assert not asked_of(says(completion({"content": "a"}, **usage)))[0].usage.known


def test_an_answer_without_words_is_an_empty_reply() -> None:
    assert asked_of(says(completion({"content": None})))[0].parts == ()
    assert asked_of(streams(chunk({}, "stop")), stream=True)[0].parts == ()


def test_a_call_that_a_local_model_wrote_wrong_is_handed_on_as_it_is() -> None:
    bad = {"id": "a", "function": {"name": "look", "arguments": '{"at": '}}
    assert asked_of(says(completion({"content": None, "tool_calls": [bad]})))[0].parts == (
        ToolCall("a", "look", '{"at": '),
    )


def test_a_passed_deadline_asks_nobody() -> None:
    clock = ManualClock(1_000)
    model = open_model(
        EndpointSpec(name="a/b", model="b", dialect="openai.chat"),
        base_url="http://127.0.0.1:9/v1",
        api_key="",
        clock=clock,
    )
    with pytest.raises(DeadlineError):
        asyncio.run(model.request(ASKED, deadline_ns=1_000))


def test_a_dialect_nobody_speaks_is_refused() -> None:
    model = open_model(
        EndpointSpec(name="a/b", model="b", dialect="openai.embeddings"), base_url=None, api_key="", clock=ManualClock()
    )
    with pytest.raises(NoModelError):
        asyncio.run(model.request(ASKED, deadline_ns=10**18))


def test_opening_a_model_imports_no_vendors_library() -> None:
    program = (
        "import sys; from ergos.base.clock import ManualClock; from ergos.kernel.models import EndpointSpec\n"
        "from ergos.drivers.models.vendors.model import open_model\n"
        "open_model(EndpointSpec(name='a/b', model='b', dialect='openai.chat'), base_url=None, api_key='', clock=ManualClock())\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'pydantic_ai', 'openai', 'anthropic', 'google', 'httpx2', 'pydantic'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

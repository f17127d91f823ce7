"""A caller of one format is answered by a model of another, and the vendors' libraries cannot tell."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest

from ergos.base.clock import SECOND, ManualClock
from ergos.base.errors import ValueShapeError
from ergos.base.world_errors import ModelReplyError
from ergos.drivers.models.translate import CODECS, translated
from ergos.kernel.models import (
    Delta,
    EndpointSpec,
    Hints,
    Media,
    Message,
    ModelRequest,
    OnDelta,
    Reply,
    Text,
    TextDelta,
)
from ergos.kernel.ports import ModelCame

from . import sdk
from .dialects.samples import BODIES, REPLIES, reply
from .dialects.spoken_replies import deltas
from .upstream import EVENTS, Saying, cut, upstream

HI: dict[str, dict[str, Any]] = {
    "openai.chat": {"model": "auto", "messages": [{"role": "user", "content": "hi"}]},
    "openai.responses": {"model": "auto", "input": "hi"},
    "anthropic.messages": {"model": "auto", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
}
READERS: dict[str, Any] = {
    "openai.chat": sdk.chat,
    "openai.responses": sdk.responses,
    "anthropic.messages": sdk.messages,
}


class Reciting:
    """A model that says what it was given, as deltas if asked to stream, and remembers what it was asked."""

    def __init__(self, said: Reply, *, silent: bool = False) -> None:
        self.said, self.silent = said, silent
        self.asked: list[ModelRequest] = []
        self.spec = EndpointSpec(name="other/m", model="other-m", dialect="google", output_tokens_max=500)

    async def request(
        self, request: ModelRequest, *, deadline_ns: int, hints: Hints | None = None, on_delta: OnDelta | None = None
    ) -> Reply:
        self.asked.append(request)
        for delta in deltas(self.said, 5) if on_delta is not None and not self.silent else ():
            await asyncio.sleep(0)
            assert on_delta is not None
            on_delta(delta)
        return self.said


def ask(model: Any, dialect: Any, body: Any, **rest: Any) -> ModelCame:
    return asyncio.run(translated(model, {"dialect": dialect, "body": body}, deadline_ns=10**18, now_ns=10**18, **rest))


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("dialect", CODECS)
@pytest.mark.parametrize("name", ["words", "thought", "calls", "nothing"])
def test_the_library_reads_a_stream_whose_end_was_kept_back(dialect: str, name: str, silent: bool) -> None:
    given, firsts = list[bytes](), list[int]()
    model = Reciting(REPLIES[name], silent=silent)
    body = {**HI[dialect], "stream": True, "stream_options": {"include_usage": True}}
    if dialect == "anthropic.messages":
        del body["stream_options"]
    came = ask(model, dialect, body, sink=given.append, on_first=lambda: firsts.append(len(given)))
    answer: Any = came.value
    assert (answer["status"], answer["type"]) == (200, "text/event-stream; charset=utf-8")
    kept_back = answer["body"].encode().removeprefix(b"".join(given))
    assert answer["body"].encode().startswith(b"".join(given))
    assert kept_back.count(b"\n\n") == 1
    assert kept_back.split(b"\n")[0] in {b"data: [DONE]", b"event: message_stop", b"event: response.completed"}
    assert firsts == [0]
    found = READERS[dialect](answer["body"], answer["type"], stream=True)
    assert "".join(text for text in [words(found)] if text) == REPLIES[name].text
    assert came.usage == REPLIES[name].usage


def words(found: Any) -> str:
    if hasattr(found, "choices"):
        return found.choices[0].message.content or ""
    if hasattr(found, "output_text"):
        return found.output_text
    return "".join(block.text for block in found.content if block.type == "text")


@pytest.mark.parametrize("dialect", CODECS)
@pytest.mark.parametrize("name", REPLIES)
def test_the_library_reads_a_whole_answer(dialect: str, name: str) -> None:
    came = ask(Reciting(REPLIES[name]), dialect, HI[dialect])
    answer: Any = came.value
    assert (answer["status"], answer["type"]) == (200, "application/json")
    assert words(READERS[dialect](answer["body"], answer["type"], stream=False)) == REPLIES[name].text


@pytest.mark.parametrize("dialect", CODECS)
def test_the_model_is_asked_what_the_caller_asked(dialect: str) -> None:
    model = Reciting(REPLIES["words"])
    ask(model, dialect, BODIES[dialect])
    asked = CODECS[dialect].parse(BODIES[dialect])
    assert model.asked == [msgspec.structs.replace(asked, output_tokens_max=min(500, asked.output_tokens_max or 500))]


@pytest.mark.parametrize(("own", "sent"), [(None, 500), (7, 7), (5_000, 500)])
@pytest.mark.parametrize("dialect", ["openai.chat", "openai.responses", "anthropic.messages", "neutral"])
def test_no_more_can_be_written_than_is_held(dialect: str, own: int | None, sent: int) -> None:
    request = ModelRequest(messages=(Message("user", (Text("hi"),)),))
    body = dict(HI.get(dialect, msgspec.to_builtins(request)))
    field = {"openai.responses": "max_output_tokens", "neutral": "output_tokens_max"}.get(dialect, "max_tokens")
    if own is not None:
        body[field] = own
    elif dialect == "anthropic.messages":
        body[field] = 500
    model = Reciting(REPLIES["words"])
    ask(model, dialect, body)
    assert model.asked[0].output_tokens_max == sent


def test_what_cannot_be_carried_over_is_refused_before_the_model_is_asked() -> None:
    model = Reciting(REPLIES["words"])
    with pytest.raises(ValueShapeError, match="top_k"):
        ask(model, "openai.chat", {**HI["openai.chat"], "top_k": 5})
    for dialect in ("openai.embeddings", "google", None, 3):
        with pytest.raises(ValueShapeError, match="dialect"):
            ask(model, dialect, HI["openai.chat"])
    assert not model.asked


def test_a_neutral_call_gets_its_reply_as_plain_data() -> None:
    request = ModelRequest(messages=(Message("user", (Text("hi"),)),), seed=4, output_tokens_max=9)
    model, firsts = Reciting(REPLIES["calls"]), list[int]()
    came = ask(model, "neutral", {"model": "m", **msgspec.to_builtins(request)}, on_first=lambda: firsts.append(1))
    assert msgspec.convert(came.value, Reply) == REPLIES["calls"]
    assert (model.asked, came.usage, firsts) == ([request], REPLIES["calls"].usage, [1])
    with pytest.raises(ValueShapeError):
        ask(model, "neutral", {"messages": 3})


def test_a_neutral_call_pours_its_deltas_for_who_watches() -> None:
    request = ModelRequest(messages=(Message("user", (Text("hi"),)),))
    poured: list[bytes] = []
    came = ask(Reciting(REPLIES["calls"]), "neutral", msgspec.to_builtins(request), sink=poured.append)
    said = "".join(
        one.text
        for one in msgspec.json.decode(b"[" + b",".join(poured) + b"]", type=list[Delta])
        if isinstance(one, TextDelta)
    )
    assert said == msgspec.convert(came.value, Reply).text


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", CODECS)
def test_an_answer_the_format_cannot_carry_is_an_error(dialect: str, stream: bool) -> None:
    picture = reply(Media(kind="image", media_type="image/png", data="AA=="))
    with pytest.raises(ModelReplyError):
        ask(Reciting(picture), dialect, {**HI[dialect], "stream": stream})


def test_no_two_calls_have_the_same_id() -> None:
    async def one(deadline_ns: int) -> Any:
        args: Any = {"dialect": "openai.chat", "body": HI["openai.chat"]}
        came = await translated(Reciting(REPLIES["words"]), args, deadline_ns=deadline_ns, hints=Hints(session="s"))
        return came.value

    assert asyncio.run(one(1))["body"] == asyncio.run(one(1))["body"]
    assert asyncio.run(one(1))["body"] != asyncio.run(one(2))["body"]


def test_a_stream_begins_before_its_model_has_ended() -> None:
    given = list[bytes]()

    class Slow(Reciting):
        async def request(self, request: ModelRequest, *, on_delta: OnDelta | None = None, **_: Any) -> Reply:
            assert on_delta is not None
            first: Delta = TextDelta("Hel")
            on_delta(first)
            assert b"Hel" in b"".join(given)
            return self.said

    ask(Slow(reply(Text("Hello"))), "openai.chat", {**HI["openai.chat"], "stream": True}, sink=given.append)
    assert b"lo" in b"".join(given)


# Over the vendors' wires

CHAT_WIRE = [
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {"content": "I look."}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "look", "arguments": ""}}]}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": '{"city": "Bern"}'}}]}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}},
]  # fmt: skip
MESSAGES_WIRE = [
    {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "I look."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "c1", "name": "look", "input": {}}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"city": "Bern"}'}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 4}},
    {"type": "message_stop"},
]  # fmt: skip


def wire_of(dialect: str) -> list[bytes]:
    if dialect == "openai.chat":
        head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        return [*(b"data: " + json.dumps({**head, **one}).encode() + b"\n\n" for one in CHAT_WIRE), b"data: [DONE]\n\n"]
    return [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in MESSAGES_WIRE]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("caller", "vendor"),
    [
        ("openai.chat", "anthropic.messages"),
        ("openai.responses", "anthropic.messages"),
        ("openai.responses", "openai.chat"),
        ("anthropic.messages", "openai.chat"),
    ],
)
def test_a_caller_of_one_vendors_library_speaks_with_anothers_model(caller: str, vendor: Any, seed: int) -> None:
    pytest.importorskip("pydantic_ai")
    from ergos.drivers.models.vendors.model import VendorModel

    body = {
        name: value
        for name, value in BODIES[caller].items()
        if name in {"model", "input", "tools", "max_tokens", "system", "instructions"}
    }
    if caller != "openai.responses":
        body["messages"] = HI[caller]["messages"]
    else:
        body["input"] = "hi"

    async def run() -> tuple[Any, list[Any]]:
        async with upstream(Saying(cut(b"".join(wire_of(vendor)), seed), EVENTS)) as place:
            spec = EndpointSpec(name="v", model="m", dialect=vendor)
            base = place.url + ("/v1" if vendor == "openai.chat" else "")
            model = VendorModel(spec, base_url=base, api_key="k", clock=ManualClock())
            args: Any = {"dialect": caller, "body": {**body, "stream": True}}
            try:
                came = await translated(model, args, deadline_ns=60 * SECOND)
            finally:
                await model.close()
            return came, place.asked

    came, asked = asyncio.run(run())
    found = READERS[caller](came.value["body"], came.value["type"], stream=True)
    assert words(found) == "I look."
    assert (came.usage.input_tokens, came.usage.output_tokens) == (9, 4)
    assert "c1" in came.value["body"]
    assert next(tool.get("name") or tool["function"]["name"] for tool in asked[0].body["tools"]) == "look"

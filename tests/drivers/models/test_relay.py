"""A call goes on as it is and its answer comes back byte for byte; what breaks says so in its own error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from ergos.base.clock import SECOND, ManualClock
from ergos.base.errors import DeadlineError, ValueShapeError
from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.drivers.http.client import HttpClient
from ergos.drivers.http.exchange import ClientLimits
from ergos.drivers.models import answers
from ergos.drivers.models.relay import NEW_FIELD, Place, Relay, url_of
from ergos.kernel.models import EndpointSpec, Hints, Usage
from ergos.kernel.ports import ModelCame

from . import sdk
from .cassettes import WIRES, recorded
from .upstream import EVENTS, JSON, Saying, Upstream, cut, upstream

SPEC = EndpointSpec(name="here/m", model="m-real", dialect="openai.chat", output_tokens_max=500)
LOCAL = EndpointSpec(name="near/m", model="m-real", dialect="openai.chat", output_tokens_max=500, local=True)
CHAT = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
COMPLETION = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "héllo"}}],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 1},
    },
}


def chunk(**rest: Any) -> bytes:
    return (
        b"data: "
        + json.dumps({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", **rest}).encode()
        + b"\n\n"
    )


def said(text: str | None = None, finish: str | None = None, **delta: Any) -> bytes:
    if text is not None:
        delta["content"] = text
    return chunk(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


USAGE = chunk(choices=[], usage={"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11})
DONE = b"data: [DONE]\n\n"
STREAM = [said("", role="assistant"), said("hé"), said("llo"), said(finish="stop"), USAGE, DONE]


class Sunk:
    """What a caller was given before the end, and when the first token was told."""

    def __init__(self) -> None:
        self.given = b""
        self.firsts: list[int] = []
        self.begun = asyncio.Event()

    def sink(self, piece: bytes) -> None:
        self.given += piece
        self.begun.set()

    def on_first(self) -> None:
        self.firsts.append(len(self.given))


async def ask(
    place: Upstream,
    body: dict[str, Any],
    *,
    spec: EndpointSpec = SPEC,
    dialect: str = "openai.chat",
    sunk: Sunk | None = None,
    hints: Hints | None = None,
    deadline_s: float = 20,
    limits: ClientLimits | None = None,
    headers: dict[str, str] | None = None,
    extra: dict[str, Any] | None = None,
    times: int = 1,
) -> ModelCame:
    sunk = sunk or Sunk()
    client = HttpClient(limits)
    relay = Relay(client, ManualClock())
    args: dict[str, Any] = {"dialect": dialect, "body": body, **(extra or {})}
    at = Place(base_url=place.url, headers=headers or {"authorization": "Bearer sk-very-secret-key"})
    try:
        for _ in range(times):
            came = await relay.perform(
                spec,
                at,
                args,
                deadline_ns=int(deadline_s * SECOND),
                hints=hints,
                sink=sunk.sink,
                on_first=sunk.on_first,
            )
        return came
    finally:
        await client.close()


def one(saying: Saying, body: dict[str, Any], **rest: Any) -> tuple[ModelCame, Upstream]:
    async def run() -> tuple[ModelCame, Upstream]:
        async with upstream(saying) as place:
            return await ask(place, body, **rest), place

    return asyncio.run(run())


def failing(error: type[Exception], saying: Saying, body: dict[str, Any] | None = None, **rest: Any) -> Any:
    async def run() -> Any:
        async with upstream(saying) as place:
            with pytest.raises(error) as caught:
                await ask(place, CHAT if body is None else body, **rest)
            assert type(caught.value) is error, caught.value
            return caught.value

    return asyncio.run(run())


def test_an_answer_comes_back_byte_for_byte_with_its_usage() -> None:
    wire = json.dumps(COMPLETION, ensure_ascii=False, indent=1).encode()
    headers = {"x-ratelimit-remaining-requests": "41", "x-ratelimit-remaining-tokens": "90000"}
    came, place = one(Saying(cut(wire, 1), headers=headers), CHAT)
    assert came.value == {"status": 200, "type": JSON, "body": wire.decode()}
    assert came.usage == Usage(input_tokens=9, output_tokens=3, cached_tokens=4, reasoning_tokens=1)
    assert (came.remaining_requests, came.remaining_tokens) == (41, 90_000)
    assert place.asked[0].path == "/chat/completions"


def test_only_the_model_and_the_limit_change_on_the_way() -> None:
    _, place = one(Saying([json.dumps(COMPLETION).encode()]), {**CHAT, "temperature": 0.5, "x_unknown": [1]})
    assert place.asked[0].body == {**CHAT, "temperature": 0.5, "x_unknown": [1], "model": "m-real", "max_tokens": 500}


@pytest.mark.parametrize("seed", range(5))
def test_a_stream_comes_back_byte_for_byte_and_its_end_is_kept_back(seed: int) -> None:
    sunk, body = Sunk(), {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
    came, place = one(Saying(cut(b"".join(STREAM), seed), EVENTS), body, sunk=sunk)
    assert came.value["body"].encode() == b"".join(STREAM)
    assert sunk.given == b"".join(STREAM[:-1])
    assert came.usage == Usage(input_tokens=9, output_tokens=2)
    assert place.asked[0].body["stream_options"] == {"include_usage": True}


def test_the_first_token_is_told_once_and_not_for_the_role() -> None:
    sunk = Sunk()
    one(Saying([STREAM[0], *STREAM], EVENTS), {**CHAT, "stream": True}, sunk=sunk)
    assert sunk.firsts == [len(STREAM[0])]  # two events that only name a role were read, one of them was given on


def test_usage_that_only_we_asked_for_is_read_and_withheld() -> None:
    sunk = Sunk()
    came, place = one(Saying(STREAM, EVENTS), {**CHAT, "stream": True}, sunk=sunk)
    assert place.asked[0].body["stream_options"] == {"include_usage": True}
    assert came.usage.tokens == 11
    assert came.value["body"].encode() == b"".join(STREAM[:4] + STREAM[5:])
    assert sunk.given == b"".join(STREAM[:4])


def test_other_stream_options_of_a_caller_stay() -> None:
    _, place = one(Saying(STREAM, EVENTS), {**CHAT, "stream": True, "stream_options": {"include_obfuscation": False}})
    assert place.asked[0].body["stream_options"] == {"include_obfuscation": False, "include_usage": True}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, RateLimitedError),
        (500, ModelError),
        (503, ModelError),
        (529, ModelError),
        (400, ModelRequestError),
        (404, ModelRequestError),
        (422, ModelRequestError),
    ],
)
def test_a_status_is_its_error_and_carries_the_vendors_own_words(status: int, error: type[ModelError]) -> None:
    body = json.dumps({"error": {"message": "no such thing", "type": "t", "code": "c"}}).encode()
    caught = failing(error, Saying([body], status=status, headers={"retry-after-ms": "1500"}))
    assert (caught.status, caught.body) == (status, body.decode())
    assert "no such thing" in caught.what
    assert caught.retry_after_s == 1.5


def test_no_error_shows_a_credential() -> None:
    body = json.dumps({"error": {"message": "Incorrect API key: sk-very-secret-key"}}).encode()
    caught = failing(ModelRequestError, Saying([body], status=401))
    assert "very-secret" not in caught.what + caught.body + str(caught)


@pytest.mark.parametrize(
    "saying",
    [
        Saying([b"<html>hello</html>"], "text/html"),
        Saying([b'{"choices": [']),
        Saying([b'{"choices": 1}']),
        Saying([b"[]"]),
        Saying([b'{"contentType": "application/json"}']),
        Saying([b'{"choices": [{"message": {"content": "\xff"}}]}']),
        Saying([json.dumps(COMPLETION).encode()], promised=100_000),
    ],
    ids=["html", "cut json", "choices no list", "list", "foreign object", "not utf-8", "cut off"],
)
def test_an_answer_that_is_none_is_an_error(saying: Saying) -> None:
    failing(ModelReplyError, saying)


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        (STREAM[:3], EVENTS),
        (STREAM[:4], EVENTS),
        ([], EVENTS),
        ([*STREAM[:2], b"data: {not json}\n\n"], EVENTS),
        (STREAM, JSON),
        (STREAM, "text/plain"),
        ([json.dumps(COMPLETION).encode()], JSON),
        ([STREAM[0], b"data: \xff\xff\n\n"], EVENTS),
    ],
    ids=["no finish", "no usage, no end", "empty", "malformed", "called json", "called text", "json", "not utf-8"],
)
def test_a_stream_that_is_none_is_an_error(pieces: list[bytes], kind: str) -> None:
    failing(ModelReplyError, Saying(pieces, kind), {**CHAT, "stream": True})


def test_a_stream_cut_off_inside_is_an_error() -> None:
    failing(ModelReplyError, Saying(STREAM[:2], EVENTS, promised=100_000), {**CHAT, "stream": True})


def test_a_vendor_that_sends_no_done_is_understood_once_usage_came() -> None:
    came, _ = one(Saying(STREAM[:5], EVENTS), {**CHAT, "stream": True, "stream_options": {"include_usage": True}})
    assert came.usage.tokens == 11


def test_a_last_event_without_its_blank_line_still_ends_a_stream() -> None:
    came, _ = one(Saying([*STREAM[:5], b"data: [DONE]"], EVENTS), {**CHAT, "stream": True})
    assert came.value["body"].endswith("data: [DONE]")


@pytest.mark.parametrize(
    ("error", "said_by_vendor"),
    [
        (RateLimitedError, {"error": {"message": "slow down", "code": 429}}),
        (ModelError, {"error": {"message": "overloaded", "type": "overloaded_error"}}),
        (ModelRequestError, {"error": {"message": "bad", "type": "invalid_request_error"}}),
        (ModelRequestError, {"object": "error", "message": "bad", "type": "BadRequestError", "code": 400}),
    ],
)
def test_an_error_inside_a_stream_is_that_error(error: type[ModelError], said_by_vendor: dict[str, Any]) -> None:
    line = b"event: error\ndata: " + json.dumps(said_by_vendor).encode() + b"\n\n"
    caught = failing(error, Saying([*STREAM[:2], line], EVENTS), {**CHAT, "stream": True})
    assert json.loads(caught.body) == said_by_vendor
    failing(error, Saying([json.dumps(said_by_vendor).encode()]))
    failing(error, Saying([json.dumps(said_by_vendor).encode()]), {**CHAT, "stream": True})


def test_an_endless_stream_ends_at_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "ANSWER_BYTES_MAX", 100_000)
    for endless in (said("again"), b"data: without end ", b": comment\n\n"):
        caught = failing(ModelReplyError, Saying(STREAM[:2], EVENTS, endless=endless * 20), {**CHAT, "stream": True})
        assert "ANSWER_BYTES_MAX" in caught.what or "longer than" in caught.what


def test_an_endless_answer_ends_at_its_bound() -> None:
    limits = ClientLimits(response_bytes_max=100_000)
    failing(ModelReplyError, Saying([b'{"choices": ["'], endless=b"x" * 1000), limits=limits)


def test_a_stream_that_falls_silent_is_an_error_and_lets_go() -> None:
    async def run() -> None:
        async with upstream(Saying(STREAM[:2], EVENTS, stalls=True)) as place:
            with pytest.raises(ModelReplyError):
                await ask(place, {**CHAT, "stream": True}, limits=ClientLimits(idle_s=0.05))
            await asyncio.wait_for(place.dropped.wait(), 5)

    asyncio.run(run())


def test_the_deadline_ends_a_call_and_its_connection() -> None:
    async def run() -> None:
        async with upstream(Saying(STREAM[:2], EVENTS, stalls=True)) as place:
            with pytest.raises(DeadlineError):
                await ask(place, {**CHAT, "stream": True}, deadline_s=0.1)
            await asyncio.wait_for(place.dropped.wait(), 5)
            with pytest.raises(DeadlineError):
                await ask(place, CHAT, deadline_s=0)
            assert len(place.asked) == 1

    asyncio.run(run())


def test_calling_off_closes_the_connection() -> None:
    async def run() -> None:
        async with upstream(Saying(STREAM[:2], EVENTS, stalls=True)) as place:
            sunk = Sunk()
            call = asyncio.ensure_future(ask(place, {**CHAT, "stream": True}, sunk=sunk))
            await asyncio.wait_for(sunk.begun.wait(), 5)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await asyncio.wait_for(place.dropped.wait(), 5)

    asyncio.run(run())


def test_nobody_listening_is_a_model_error() -> None:
    async def run() -> None:
        async with upstream(Saying([b""])) as place:
            pass
        with pytest.raises(ModelError) as caught:
            await ask(place, CHAT)
        assert type(caught.value) is ModelError

    asyncio.run(run())


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": -5, "completion_tokens": 3},
        {"prompt_tokens": "many", "completion_tokens": 3},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": 1e300, "completion_tokens": 1},
        {"prompt_tokens": True, "completion_tokens": 1},
        [],
        "free",
    ],
)
def test_a_usage_that_cannot_be_true_is_unknown(usage: Any) -> None:
    came, _ = one(Saying([json.dumps({**COMPLETION, "usage": usage}).encode()]), CHAT)
    assert not came.usage.known
    wire = [*STREAM[:4], chunk(choices=[], usage=usage), DONE]
    came, _ = one(Saying(wire, EVENTS), {**CHAT, "stream": True})
    assert not came.usage.known


def test_hints_go_to_local_engines_alone() -> None:
    hints, answer = Hints(session="prog 7\r\nx: y", priority=3), Saying([json.dumps(COMPLETION).encode()])
    _, near = one(answer, {**CHAT, "priority": -100}, spec=LOCAL, hints=hints)
    assert near.asked[0].body["priority"] == 3
    assert near.asked[0].headers["x-session-id"] == "prog%207%0D%0Ax:%20y"
    _, far = one(answer, CHAT, hints=hints)
    assert "priority" not in far.asked[0].body
    assert not any("session" in name for name in far.asked[0].headers)


def test_a_caller_cannot_order_itself_first() -> None:
    _, near = one(
        Saying([json.dumps(COMPLETION).encode()]), {**CHAT, "priority": -100}, spec=LOCAL, hints=Hints(session="s")
    )
    assert "priority" not in near.asked[0].body


def refusing(words: str) -> Saying:
    return Saying([json.dumps({"error": {"message": words}}).encode()], status=400)


@pytest.mark.parametrize(
    ("words", "gone", "there"),
    [
        ("Got priority 3 but priority scheduling is not enabled", "priority", ""),
        ("stream_options: Extra inputs are not permitted", "stream_options", ""),
        ("'max_tokens' is not supported, use 'max_completion_tokens'", "max_tokens", "max_completion_tokens"),
    ],
)
def test_a_field_we_added_is_left_out_once_refused(words: str, gone: str, there: str) -> None:
    async def run() -> None:
        async with upstream(refusing(words), Saying(STREAM, EVENTS)) as place:
            await ask(place, {**CHAT, "stream": True}, spec=LOCAL, hints=Hints(session="s", priority=3), times=2)
            assert [gone in asked.body for asked in place.asked] == [True, False, False]
            assert not there or place.asked[-1].body[there] == 500

    asyncio.run(run())


def test_an_error_inside_a_stream_sends_nothing_again() -> None:
    async def run() -> None:
        line = b"event: error\ndata: " + json.dumps({"error": {"message": "priority", "code": 400}}).encode() + b"\n\n"
        async with upstream(Saying([*STREAM[:3], line], EVENTS)) as place:
            with pytest.raises(ModelRequestError):
                await ask(place, {**CHAT, "stream": True}, spec=LOCAL, hints=Hints(session="s", priority=3))
            assert len(place.asked) == 1

    asyncio.run(run())


def test_a_field_of_the_callers_own_is_never_left_out() -> None:
    async def run() -> None:
        async with upstream(refusing("'max_tokens': use 'max_completion_tokens'"), Saying(STREAM, EVENTS)) as place:
            with pytest.raises(ModelRequestError):
                await ask(place, {**CHAT, "max_tokens": 7})
            assert len(place.asked) == 1

    asyncio.run(run())


def test_headers_of_the_format_go_on_and_no_others() -> None:
    spec = EndpointSpec(name="a", model="claude", dialect="anthropic.messages")
    message = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "content": [],
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }
    extra = {"headers": {"Anthropic-Beta": "files-1", "authorization": "Bearer theirs", "x-evil": "1\r\ny: 2"}}
    body = {"model": "auto", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}
    _, place = one(
        Saying([json.dumps(message).encode()]),
        body,
        spec=spec,
        dialect="anthropic.messages",
        headers={"X-Api-Key": "ours-ours"},
        extra=extra,
    )
    sent = place.asked[0].headers
    assert place.asked[0].path == "/v1/messages"
    assert (sent["anthropic-beta"], sent["anthropic-version"], sent["x-api-key"]) == (
        "files-1",
        "2023-06-01",
        "ours-ours",
    )
    assert "x-evil" not in sent
    assert "authorization" not in sent


@pytest.mark.parametrize(
    ("base", "dialect", "url"),
    [
        ("https://a.b/v1", "openai.chat", "https://a.b/v1/chat/completions"),
        ("https://a.b/v1/", "openai.responses", "https://a.b/v1/responses"),
        ("https://a.b/v1?api-version=3", "openai.embeddings", "https://a.b/v1/embeddings?api-version=3"),
        ("https://a.b/v1/chat/completions", "openai.chat", "https://a.b/v1/chat/completions"),
        ("https://a.b", "anthropic.messages", "https://a.b/v1/messages"),
        ("https://a.b/v1", "anthropic.messages", "https://a.b/v1/messages"),
        ("https://a.b/apps/anthropic/", "anthropic.messages", "https://a.b/apps/anthropic/v1/messages"),
    ],
)
def test_a_base_url_is_what_the_vendors_library_takes(base: str, dialect: Any, url: str) -> None:
    assert url_of(base, dialect) == url


@pytest.mark.parametrize(
    ("url", "new"),
    [
        ("https://api.openai.com/v1/chat/completions", True),
        ("https://me.openai.azure.com:443/x", True),
        ("https://api.openai.com.evil.example/v1", False),
        ("https://notopenai.com/v1", False),
        ("http://127.0.0.1:8000/v1", False),
    ],
)
def test_who_knows_the_limit_by_its_new_name(url: str, new: bool) -> None:
    assert (NEW_FIELD.match(url) is not None) is new


THOUGHTS: dict[str, tuple[dict[str, Any], Any]] = {
    "openai.chat": (
        {"messages": [{"role": "assistant", "content": "x", "reasoning_details": [{"signature": "ergos|words|abc"}]}]},
        [{"role": "assistant", "content": "x"}],
    ),
    "openai.responses": (
        {
            "input": [
                {"type": "reasoning", "encrypted_content": "ergos|words|abc"},
                {"type": "reasoning", "encrypted_content": "gAAA"},
            ]
        },
        [{"type": "reasoning", "encrypted_content": "gAAA"}],
    ),
    "anthropic.messages": (
        {
            "max_tokens": 5,
            "messages": [
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "a", "signature": "ergos|words|google||abc"},
                        {"type": "thinking", "thinking": "b", "signature": ""},
                        {"type": "thinking", "thinking": "c", "signature": "Ym9uYQ=="},
                        {"type": "text", "text": "x"},
                    ],
                }
            ],
        },
        [
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "c", "signature": "Ym9uYQ=="},
                    {"type": "text", "text": "x"},
                ],
            }
        ],
    ),
}


@pytest.mark.parametrize("dialect", THOUGHTS)
def test_reasoning_of_another_vendors_model_does_not_go_on(dialect: str) -> None:
    async def run() -> None:
        body, kept = THOUGHTS[dialect]
        async with upstream(Saying([b"{}"], status=500)) as place:
            with pytest.raises(ModelError):
                await ask(place, {"model": "auto", **body}, dialect=dialect)
            assert place.asked[0].body["input" if dialect == "openai.responses" else "messages"] == kept

    asyncio.run(run())


@pytest.mark.parametrize("dialect", [None, "neutral", "google", ["x"], 7])
def test_what_is_no_wire_format_is_refused(dialect: Any) -> None:
    failing(ValueShapeError, Saying([b"{}"]), dialect=dialect)


ANTHROPIC_STREAM = [
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"c","content":[],"usage":{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":2,"output_tokens":1}}}\n\n',
    b'event: ping\ndata: {"type":"ping"}\n\n',
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}\n\n',
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}\n\n',
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
]
RESPONSES_STREAM = [
    b'event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{"id":"r","status":"in_progress","output":[]}}\n\n',
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":1,"item_id":"i","output_index":0,"content_index":0,"delta":"hi"}\n\n',
    b'event: response.completed\ndata: {"type":"response.completed","sequence_number":2,"response":{"id":"r","status":"completed","output":[],"usage":{"input_tokens":4,"input_tokens_details":{"cached_tokens":3},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":6}}}\n\n',
]
STREAMS: dict[str, tuple[list[bytes], Usage]] = {
    "anthropic.messages": (
        ANTHROPIC_STREAM,
        Usage(input_tokens=17, output_tokens=7, cached_tokens=5, cache_written_tokens=2),
    ),
    "openai.responses": (RESPONSES_STREAM, Usage(input_tokens=4, output_tokens=2, cached_tokens=3, reasoning_tokens=1)),
}
ASKED: dict[str, dict[str, Any]] = {
    "anthropic.messages": {
        "model": "auto",
        "max_tokens": 9,
        "stream": True,
        "messages": [{"role": "user", "content": "x"}],
    },
    "openai.responses": {"model": "auto", "input": "x", "stream": True},
}


@pytest.mark.parametrize("dialect", STREAMS)
def test_streams_of_the_other_formats_are_read_alike(dialect: str) -> None:
    events, usage = STREAMS[dialect]
    sunk = Sunk()
    came, _ = one(Saying(cut(b"".join(events), 3), EVENTS), ASKED[dialect], dialect=dialect, sunk=sunk)
    assert (came.value["body"].encode(), sunk.given) == (b"".join(events), b"".join(events[:-1]))
    assert came.usage == usage
    assert len(sunk.firsts) == 1
    failing(ModelReplyError, Saying(events[:-1], EVENTS), ASKED[dialect], dialect=dialect)
    failing(ModelReplyError, Saying([*events[:-1], DONE], EVENTS), ASKED[dialect], dialect=dialect)


def test_a_failed_response_is_an_error() -> None:
    failed = b'data: {"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"m"}}}\n\n'
    failing(
        RateLimitedError,
        Saying([RESPONSES_STREAM[0], failed], EVENTS),
        ASKED["openai.responses"],
        dialect="openai.responses",
    )


def test_embeddings_are_relayed_without_a_limit() -> None:
    answer = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
        "model": "e",
        "usage": {"prompt_tokens": 2, "total_tokens": 2},
    }
    came, place = one(Saying([json.dumps(answer).encode()]), {"model": "e", "input": "x"}, dialect="openai.embeddings")
    assert place.asked[0].body == {"model": "m-real", "input": "x"}
    assert came.usage == Usage(input_tokens=2)


# Recordings


def expected_usage(dialect: str, exchange: dict[str, Any]) -> tuple[int, int] | None:
    found = (exchange.get("expect") or {}).get("usage")
    return tuple(found) if found and any(found) else None


def counted(dialect: str, usage: Usage) -> tuple[int, int] | None:
    if not usage.known:
        return None
    beside = usage.cached_tokens + usage.cache_written_tokens if dialect == "anthropic.messages" else 0
    return usage.input_tokens - beside, usage.output_tokens


def same(mine: list[Any], theirs: list[Any], *, asked: bool) -> bool:
    """Whether two callers saw the same; usage that nobody asked for aside."""
    return mine == (theirs if asked else [one for one in theirs if one.get("choices") or not one.get("usage")])


async def relayed(exchange: dict[str, Any], dialect: str, seed: int) -> ModelCame:
    body = exchange["response"].encode()
    saying = Saying(cut(body, seed, 400), exchange["ctype"] or JSON, exchange["status"])
    async with upstream(saying) as place:
        return await ask(
            place,
            exchange["request"],
            dialect=dialect,
            spec=EndpointSpec(name="r", model=exchange["model"], dialect=dialect),
        )  # type: ignore[arg-type]


def each(wire: str, check: Callable[[dict[str, Any], ModelCame | ModelError], None]) -> None:
    async def run() -> None:
        for seed, exchange in enumerate(recorded(wire)):
            try:
                came: ModelCame | ModelError = await relayed(exchange, WIRES[wire], seed)
            except ModelError as error:
                came = error
            check(exchange, came)

    asyncio.run(run())


@pytest.mark.parametrize("wire", WIRES)
def test_what_was_recorded_comes_through_as_the_vendors_library_reads_it(wire: str) -> None:
    dialect, wrongs = WIRES[wire], []

    def check(exchange: dict[str, Any], came: ModelCame | ModelError) -> None:
        stream = exchange["request"].get("stream") is True
        if exchange["status"] != 200:
            assert isinstance(came, ModelError), exchange["id"]
            assert (came.status, came.body) == (exchange["status"], exchange["response"])
            return
        if isinstance(came, ModelError):
            if exchange.get("expect"):
                wrongs.append((exchange["id"], came))
            return
        answer: Any = came.value
        asked = bool((exchange["request"].get("stream_options") or {}).get("include_usage")) or dialect != "openai.chat"
        mine = sdk.pieces(dialect, answer["body"], answer["type"], stream=stream)
        theirs = sdk.pieces(dialect, exchange["response"], exchange["ctype"], stream=stream)
        if not same(mine, theirs, asked=asked or not stream):
            wrongs.append((exchange["id"], "reads differently"))
        expected = expected_usage(dialect, exchange)
        if expected and counted(dialect, came.usage) != expected:
            wrongs.append((exchange["id"], came.usage, expected))

    each(wire, check)
    assert not wrongs

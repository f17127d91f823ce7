"""Programs of every kind reach the door through the gate, and nobody else does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import anthropic
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.drivers.http.message import HttpLimits
from ergos.kernel.models import Dialect
from ergos.kernel.syscalls import Answer
from tests.drivers.http.wires import HOST, raw, run, status, until
from tests.server.doorways import OTHER, Sink, answering, came, gated, streaming
from tests.server.programs import (
    CHAT,
    COMPLETION,
    EMBEDDINGS,
    MESSAGE,
    RESPONSE,
    STREAM,
    anthropic_at,
    asked,
    message_events,
    openai_at,
    post,
)

# The vendors' own libraries


async def openai_mind(dialect: Dialect, body: dict[str, Any], sink: Sink | None) -> Answer:
    match dialect:
        case "openai.chat":
            return await streaming(STREAM)(dialect, body, sink) if sink else came(COMPLETION)
        case "openai.responses":
            done = {"type": "response.completed", "sequence_number": 1, "response": RESPONSE}
            events = [
                f"event: response.output_text.delta\ndata: {json.dumps({'type': 'response.output_text.delta', 'delta': 'hello', 'sequence_number': 0, 'item_id': 'm1', 'output_index': 0, 'content_index': 0, 'logprobs': []})}\n\n",
                f"event: response.completed\ndata: {json.dumps(done)}\n\n",
            ]
            return await streaming(events)(dialect, body, sink) if sink else came(json.dumps(RESPONSE))
        case _:
            return came(EMBEDDINGS)


def test_the_library_of_openai_is_served() -> None:
    async def test() -> None:
        async with gated(openai_mind) as (doorway, _, port), openai_at(port) as client:
            plain = await client.chat.completions.create(**CHAT)  # type: ignore[call-overload]
            assert plain.choices[0].message.content == "hello"
            stream = await client.chat.completions.create(**CHAT, stream=True)  # type: ignore[call-overload]
            texts = [part.choices[0].delta.content async for part in stream]
            assert "".join(texts) == "hello"
            response = await client.responses.create(model="auto", input="hi")
            assert response.output_text == "hello"
            kinds = [event.type async for event in await client.responses.create(model="auto", input="hi", stream=True)]
            assert kinds == ["response.output_text.delta", "response.completed"]
            embedded = await client.embeddings.create(model="e", input="hi", encoding_format="float")
            assert embedded.data[0].embedding == [0.5, 1.0]
            listed = [model.id async for model in client.models.list()]
            assert listed == ["auto", "openai/gpt-x", "local/qwen:8b"]
            assert (await client.models.retrieve("local/qwen:8b")).owned_by == "local"
            with pytest.raises(openai.NotFoundError):
                await client.models.retrieve("nobody")
        assert [(pid, dialect) for pid, dialect, _ in doorway.asked] == [
            (1, "openai.chat"),
            (1, "openai.chat"),
            (1, "openai.responses"),
            (1, "openai.responses"),
            (1, "openai.embeddings"),
        ]
        assert doorway.asked[0][2] == CHAT

    run(test)


async def anthropic_mind(dialect: Dialect, body: dict[str, Any], sink: Sink | None) -> Answer:
    assert dialect == "anthropic.messages"
    return await streaming(message_events())(dialect, body, sink) if sink else came(json.dumps(MESSAGE))


def test_the_library_of_anthropic_is_served() -> None:
    async def test() -> None:
        async with gated(anthropic_mind) as (doorway, _, port), anthropic_at(port) as client:
            ask: Any = {"model": "auto", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}
            message = await client.messages.create(**ask)
            assert message.content[0].text == "hello"  # type: ignore[union-attr]
            async with client.messages.stream(**ask) as stream:
                assert [text async for text in stream.text_stream] == ["hel", "lo"]
                assert (await stream.get_final_message()).stop_reason == "end_turn"
            counted = await client.messages.count_tokens(model="auto", messages=ask["messages"])
            assert counted.input_tokens > 0
            assert [model.id async for model in client.models.list()] == ["auto", "openai/gpt-x", "local/qwen:8b"]
            assert (await client.models.retrieve("auto")).created_at.year == 2023
        assert len(doorway.asked) == 2, "counting is no call"

    run(test)


def test_a_bearer_token_serves_as_well_as_a_key() -> None:
    async def test() -> None:
        async with gated(anthropic_mind) as (doorway, _, port):
            client = anthropic.AsyncAnthropic(base_url=f"http://{HOST}:{port}", auth_token=OTHER, api_key=None)
            await client.messages.create(model="m", max_tokens=5, messages=[{"role": "user", "content": "hi"}])
            assert doorway.asked[0][0] == 2
            await client.close()

    run(test)


# Refusals in the words of each protocol


# Raw


@pytest.mark.parametrize(
    ("request_line", "code"),
    [
        ("GET /health", 200), ("HEAD /health", 200), ("GET /v1/models", 401), ("GET /", 404), ("GET /v1", 404),
        ("GET /v1/chat/completions", 405), ("OPTIONS /v1/chat/completions", 405), ("HEAD /v1/messages", 405),
        ("DELETE /v1/models", 405), ("POST /health", 405), ("GET /v1/../health", 404), ("GET /v1/completions", 404),
        ("GET /%2e%2e/health", 404), ("GET //health", 404), ("OPTIONS *", 404), ("GET /v1/responses/r1", 404),
        ("TRACE /health", 405), ("PUT /v1/models/x", 405),
    ],
)  # fmt: skip
def test_every_other_request_gets_a_clear_answer(request_line: str, code: int) -> None:
    async def test() -> None:
        async with gated(answering(came(COMPLETION))) as (doorway, _, port):
            answer = await raw(
                port, f"{request_line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            )
            assert status(answer) == code
            assert (b"allow: " in answer) == (code == 405)
            assert b"access-control" not in answer.lower()
            body = answer.partition(b"\r\n\r\n")[2]
            if request_line.startswith("HEAD"):
                assert not body
            else:
                assert json.loads(body)
            assert not doorway.asked

    run(test)


# Clients that leave or lag


@pytest.mark.parametrize(
    "value",
    [None, 1, [], {}, {"status": 200}, {"status": "200", "type": "a/b", "body": ""}, {"status": 100, "type": "", "body": ""},
     {"status": 200, "type": "a/b", "body": 5}, {"status": 99999, "type": "", "body": ""}],
)  # fmt: skip
def test_an_answer_that_is_none_is_an_error_502(value: Any) -> None:
    assert asked(post(), answering(Answer(value)))[0] == 502


def test_a_media_type_cannot_break_out_of_its_header() -> None:
    async def test() -> None:
        async with gated(answering(came("{}", "text/html\r\nx-evil: 1"))) as (_, _, port):
            answer = await raw(port, post())
            assert status(answer) == 200
            assert b"x-evil" not in answer
            assert b"content-type: application/json" in answer

    run(test)


def test_what_a_vendor_answered_is_passed_on_as_it_is() -> None:
    code, body, _ = asked(post(), answering(came('{"error":{"message":"no"}}', status=418)))
    assert (code, body) == (418, {"error": {"message": "no"}})


def test_a_failing_doorway_shows_nothing_of_the_inside() -> None:
    async def test() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: None)

        async def mind(dialect: Dialect, body: dict[str, Any], sink: Sink | None) -> Answer:
            raise RuntimeError("secret of the inside")

        async with gated(mind) as (_, _, port):
            answer = await raw(port, post())
            assert status(answer) == 500
            assert b"secret" not in answer
            assert b"Traceback" not in answer
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]

    run(test)


@given(
    request=st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=100).map(lambda body: post(body=body)),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
            lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(st.text(max_size=5), part, max_size=3)),
            max_leaves=8,
        ).map(lambda value: post(body=json.dumps(value).encode())),
        st.text(st.characters(codec="latin-1", exclude_categories=("Cc",)), max_size=30).map(
            lambda path: post("/" + path)
        ),
    )
)
@settings(max_examples=80)
def test_no_request_makes_the_gate_fail(request: bytes) -> None:
    async def test() -> None:
        async with gated(answering(came(COMPLETION)), HttpLimits(linger_s=0.01)) as (_, gate, port):
            failed: list[Any] = []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
            answer = await raw(port, request, close=True)
            assert not answer or 200 <= status(answer) < 600
            assert status(answer) != 500
            assert status(await raw(port, post())) == 200
            await until(lambda: not gate.connections)
            assert not failed

    run(test)


def test_an_oversized_request_is_refused_in_the_callers_format() -> None:
    limits = HttpLimits(body_bytes_max=1000)
    code, body, _ = asked(post(body=b"{" + b" " * 2000 + b"}"), limits=limits)
    assert (code, body["error"]["code"]) == (413, "request_too_large")
    code, body, _ = asked(post("/v1/messages", b"{" + b" " * 2000 + b"}"), limits=limits)
    assert (code, body["type"], body["error"]["type"]) == (413, "error", "request_too_large")

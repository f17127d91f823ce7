from __future__ import annotations

import asyncio
import json
from random import Random

import pytest

from ergos.base.errors import DeadlineError
from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.kernel.models import Text, TextDelta
from tests.drivers.models.vendors.loopback import (
    Exchange,
    Loopback,
    ask,
    asked_of,
    chunk,
    completion,
    driver,
    says,
    streams,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ModelRequestError),
        (401, ModelRequestError),
        (404, ModelRequestError),
        (429, RateLimitedError),
        (500, ModelError),
        (503, ModelError),
        (307, ModelRequestError),
    ],
)
@pytest.mark.parametrize("dialect", ["openai.chat", "openai.responses", "anthropic.messages", "google"])
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_is_raised_as_its_class_after_one_sending(
    status: int, kind: type[ModelError], dialect: str, stream: bool
) -> None:
    answer = says(
        {"error": {"message": "the reason"}},
        status=status,
        headers="retry-after: 7\r\nlocation: http://127.0.0.1:9/\r\n",
    )
    got, _, exchanges = asked_of(answer, dialect=dialect, stream=stream)
    assert type(got) is kind
    assert got.status == status
    assert len(exchanges) == 1
    if status >= 400:
        assert "the reason" in got.what
        assert got.retry_after_s == 7.0


@pytest.mark.parametrize("dialect", ["openai.chat", "openai.responses", "anthropic.messages", "google"])
def test_nobody_at_home_is_a_model_error(dialect: str) -> None:
    async def run() -> None:
        async with Loopback(says({})) as server:
            url = server.url
        model = driver(url, dialect)
        with pytest.raises(ModelError, match="cannot be reached") as caught:
            await ask(model)
        assert type(caught.value) is ModelError
        await model.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "application/json"),
        ("<html>login</html>", "text/html"),
        ("not json", "application/json"),
        ('{"choices": [', "application/json"),
        ("null", "application/json"),
        ("[]", "application/json"),
        ("\x00\x01", "application/octet-stream"),
    ],
)
@pytest.mark.parametrize("dialect", ["openai.chat", "openai.responses", "anthropic.messages", "google"])
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_is_none_is_a_reply_error(body: str, kind: str, dialect: str, stream: bool) -> None:
    got, _, exchanges = asked_of(says(body, kind=kind), dialect=dialect, stream=stream)
    assert type(got) is ModelReplyError, got
    assert len(exchanges) == 1


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", "text/event-stream; charset=UTF-8", ""])
def test_a_wrong_content_type_does_not_hide_an_answer(kind: str) -> None:
    assert asked_of(says(completion({"content": "a"}), kind=kind))[0].text == "a"
    assert asked_of(streams(chunk({"content": "a"}), chunk({}, "stop"), kind=kind), stream=True)[0].text == "a"


def test_one_piece_where_a_stream_was_asked_for_is_streamed() -> None:
    got, deltas, _ = asked_of(says(completion({"content": "a"})), stream=True)
    assert (got.text, deltas) == ("a", [TextDelta("a")])


def test_a_stream_where_one_piece_was_asked_for_is_joined() -> None:
    got, _, _ = asked_of(streams(chunk({"content": "a"}), chunk({"content": "b"}), done=True))
    assert got.parts == (Text("ab"),)


def test_a_list_of_events_is_a_stream() -> None:
    events = [
        {"candidates": [{"content": {"parts": [{"text": "a"}]}}]},
        {"candidates": [{"content": {"parts": [{"text": "b"}]}, "finishReason": "STOP"}]},
    ]
    assert asked_of(says(events), dialect="google")[0].text == "ab"
    assert asked_of(says(events), dialect="google", stream=True)[0].text == "ab"


def test_a_stream_that_stops_in_the_middle_is_a_reply_error() -> None:
    assert "cut off" in asked_of(streams(chunk({"content": "a"}), done=False), stream=True)[0].what

    async def torn(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.piece(f"data: {json.dumps(chunk({'content': 'a'}))}\n\n")
        exchange.writer.close()

    got, deltas, exchanges = asked_of(torn, stream=True)
    assert type(got) is ModelReplyError
    assert "broke off" in got.what
    assert deltas == [TextDelta("a")]
    assert len(exchanges) == 1


def test_an_answer_in_one_piece_that_is_torn_is_a_reply_error() -> None:
    async def torn(exchange: Exchange) -> None:
        exchange.writer.write(b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{")
        await exchange.writer.drain()
        exchange.writer.close()

    got, _, exchanges = asked_of(torn)
    assert type(got) is ModelReplyError
    assert len(exchanges) == 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "piece", [f"data: {json.dumps(chunk({'content': 'a' * 100}))}\n\n", ": keep alive\n\n", "data: " + "a" * 1000, "  "]
)
def test_an_endless_answer_ends_at_its_bound(stream: bool, piece: str) -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.begin()
        while True:
            await exchange.piece(piece * 50)

    got, _, _ = asked_of(endless, stream=stream, reply_bytes_max=100_000)
    assert type(got) is ModelReplyError
    assert "100000 bytes" in got.what


def test_a_stream_that_stalls_ends_at_the_deadline() -> None:
    async def stalls(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.piece(f"data: {json.dumps(chunk({'content': 'a'}))}\n\n")
        await exchange.gone()

    async def run() -> tuple[object, list]:
        deltas: list = []
        async with Loopback(stalls) as server:
            model = driver(server.url)
            # The library is imported before, so that the deadline measures the stream.
            with pytest.raises(DeadlineError):
                await ask(model, seconds=1e-9)
            await model._open()
            try:
                await ask(model, seconds=1.0, deltas=deltas)
            except DeadlineError as error:
                return error, deltas
            finally:
                await model.close()
        return None, deltas

    got, deltas = asyncio.run(run())
    assert isinstance(got, DeadlineError)
    assert deltas == [TextDelta("a")]


@pytest.mark.parametrize("begun", [False, True])
def test_cancelling_closes_the_connection(begun: bool) -> None:
    async def run() -> None:
        came, gone = asyncio.Event(), asyncio.Event()

        async def waits(exchange: Exchange) -> None:
            if begun:
                await exchange.begin()
                await exchange.piece(f"data: {json.dumps(chunk({'content': 'a'}))}\n\n")
            came.set()
            await exchange.gone()
            gone.set()

        async with Loopback(waits) as server:
            model = driver(server.url)
            task = asyncio.create_task(ask(model, deltas=[]))
            await came.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(gone.wait(), 10)
            await model.close()

    asyncio.run(run())


def test_a_server_that_keeps_a_finished_stream_open_keeps_nobody_waiting() -> None:
    async def lingers(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.piece(f"data: {json.dumps(chunk({'content': 'a'}, 'stop'))}\n\ndata: [DONE]\n\n")
        await exchange.gone()

    assert asked_of(lingers, stream=True)[0].text == "a"


def test_an_error_in_the_middle_of_a_stream_is_that_error() -> None:
    got, _, _ = asked_of(streams(chunk({"content": "a"}), {"error": {"code": 429, "message": "slow"}}), stream=True)
    assert type(got) is RateLimitedError
    got, _, _ = asked_of(streams("event: error\ndata: out of memory\n\n"), stream=True)
    assert type(got) is ModelError
    assert "out of memory" in got.what


def test_a_compressed_answer_is_read() -> None:
    import gzip

    body = gzip.compress(json.dumps(completion({"content": "a"})).encode())
    assert asked_of(says(body, headers="content-encoding: gzip\r\n"))[0].text == "a"
    assert type(asked_of(says(b"no gzip", headers="content-encoding: gzip\r\n"))[0]) is ModelReplyError


def test_a_connection_is_used_again_after_a_stream() -> None:
    async def run() -> int:
        peers = set()

        async def answer(exchange: Exchange) -> None:
            peers.add(exchange.writer.get_extra_info("peername"))
            await streams(chunk({"content": "a"}, "stop"))(exchange)

        async with Loopback(answer) as server:
            model = driver(server.url)
            for _ in range(3):
                await ask(model, deltas=[])
            await model.close()
        return len(peers)

    assert asyncio.run(run()) == 1


def test_calls_at_once_are_not_mixed_up() -> None:
    async def run() -> None:
        async def echo(exchange: Exchange) -> None:
            words, cut = exchange.body["messages"][0]["content"], Random(1)
            await exchange.begin()
            for char in words:
                await exchange.piece(f"data: {json.dumps(chunk({'content': char}))}\n\n")
                await asyncio.sleep(cut.random() / 1000)
            await exchange.piece("data: [DONE]\n\n")
            await exchange.end()

        from ergos.kernel.models import Message, ModelRequest

        async with Loopback(echo) as server:
            model = driver(server.url)

            async def one(number: int) -> None:
                words, deltas = f"number {number}", []
                request = ModelRequest(messages=(Message("user", (Text(words),)),))
                reply = await ask(model, request, deltas=deltas)
                assert reply.text == words == "".join(delta.text for delta in deltas)

            await asyncio.gather(*(one(number) for number in range(40)))
            await model.close()

    asyncio.run(run())

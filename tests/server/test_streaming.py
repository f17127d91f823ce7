"""A program reads the recorded body, however it was handed on, or an error that its library raises."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import anthropic
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.kernel.calls import Failure
from ergos.kernel.models import Dialect
from ergos.kernel.syscalls import Answer
from tests.drivers.http.wires import HOST, raw, run, status, until
from tests.server.doorways import Mind, Sink, came, gated, streaming
from tests.server.programs import (
    CHAT,
    anthropic_at,
    chunk,
    message_events,
    openai_at,
    post,
    unchunked,
)


def begun(events: list[str], then: Answer | Exception) -> Mind:
    async def mind(dialect: Dialect, body: dict[str, Any], sink: Sink | None) -> Answer:
        assert sink is not None
        for event in events:
            sink(event.encode())
            await asyncio.sleep(0.001)
        if isinstance(then, Exception):
            raise then
        return then

    return mind


async def gather(stream: AsyncIterator[Any], parts: list[Any]) -> None:
    """Read a stream to its end, or to what it raises."""
    async for part in stream:
        parts += [part]


def test_a_stream_that_breaks_off_ends_with_an_error_that_the_library_of_openai_raises() -> None:
    async def test() -> None:
        broken = begun([chunk("hel"), chunk("lo")[:20]], Answer(failure=Failure("E506", "it broke")))
        async with gated(broken) as (_, _, port), openai_at(port) as client:
            parts: list[Any] = []
            stream = await client.chat.completions.create(**CHAT, stream=True)  # type: ignore[call-overload]
            with pytest.raises(openai.APIError, match="it broke"):
                await gather(stream, parts)
            assert [part.choices[0].delta.content for part in parts] == ["hel"]
            with pytest.raises(openai.APIError, match="it broke"):
                await gather(await client.responses.create(model="auto", input="hi", stream=True), [])

    run(test)


def test_a_stream_that_breaks_off_ends_with_an_error_that_the_library_of_anthropic_raises() -> None:
    async def test() -> None:
        broken = begun(message_events()[:3], Answer(failure=Failure("E308", "it broke")))
        async with gated(broken) as (_, _, port), anthropic_at(port) as client:
            ask: Any = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}], "stream": True}
            with pytest.raises(anthropic.APIStatusError, match="it broke"):
                await gather(await client.messages.create(**ask), [])

    run(test)


def test_a_program_that_leaves_does_not_stop_its_call() -> None:
    async def test() -> None:
        async with gated(streaming([chunk(str(number)) for number in range(50)], pause_s=0.001)) as (doorway, _, port):
            for wait_s in (0.0, 0.01):
                reader, writer = await asyncio.open_connection(HOST, port)
                writer.write(post(body=json.dumps({**CHAT, "stream": True}).encode()))
                await until(lambda: len(doorway.asked) > doorway.answered)
                await asyncio.sleep(wait_s)
                writer.transport.abort()
                del reader
            await until(lambda: doorway.answered == 2)
            assert doorway.undelivered == 2

    run(test)


def test_a_slow_reader_gets_the_whole_answer_and_holds_nothing_up() -> None:
    async def test() -> None:
        events = [f"data: {number} {'x' * 5000}\n\n" for number in range(800)]
        async with gated(streaming(events)) as (doorway, _, port):
            reader, writer = await asyncio.open_connection(HOST, port, limit=1024)
            writer.write(post(body=json.dumps({**CHAT, "stream": True}).encode()))
            await until(lambda: doorway.answered == 1)
            assert doorway.undelivered == 0
            await asyncio.sleep(0.01)
            got = bytearray()
            while piece := await reader.read(4096):
                got += piece
            writer.close()
            head, _, body = bytes(got).partition(b"\r\n\r\n")
            assert b"chunked" in head
            assert unchunked(body) == "".join(events).encode()

    run(test)


@given(cuts=st.lists(st.integers(0, 300), max_size=8), end=st.sampled_from(("\n", "\r\n")), keep=st.integers(0, 3))
@settings(max_examples=30)
def test_however_the_kernel_hands_on_a_stream_the_program_reads_the_recorded_body(
    cuts: list[int], end: str, keep: int
) -> None:
    body = "".join(f"data: {number}{end}{end}" for number in range(20))

    async def mind(dialect: Dialect, asked_body: dict[str, Any], sink: Sink | None) -> Answer:
        assert sink is not None
        whole = body.encode()[: len(body) - keep * 5]
        ends = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
        for start, stop in pairwise(ends):
            sink(whole[start:stop])
            await asyncio.sleep(0)
        return came(body, "text/event-stream")

    async def test() -> None:
        async with gated(mind) as (_, _, port):
            answer = await raw(port, post(body=json.dumps({**CHAT, "stream": True}).encode()))
            got = answer.partition(b"\r\n\r\n")[2]
            assert (unchunked(got) if b"chunked" in answer.partition(b"\r\n\r\n")[0] else got) == body.encode()

    run(test)


def test_stopping_tells_who_waits() -> None:
    async def test() -> None:
        async def waiting(dialect: Dialect, body: dict[str, Any], sink: Sink | None) -> Answer:
            if sink is not None:
                sink(chunk("hel").encode())
            await asyncio.sleep(3600)
            return came("")

        async with gated(waiting) as (doorway, gate, port):
            plain = asyncio.create_task(raw(port, post()))
            stream = asyncio.create_task(raw(port, post(body=json.dumps({**CHAT, "stream": True}).encode())))
            await until(lambda: len(doorway.asked) == 2)
            await asyncio.sleep(0.01)
            await gate.stop(0.01)
            assert status(await plain) == 503
            assert b'"error"' in await stream

    run(test)

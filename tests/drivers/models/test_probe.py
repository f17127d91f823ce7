"""A question to a server on this machine ends, whatever answers."""

from __future__ import annotations

import asyncio

import pytest

from ergos.drivers.models.probe import Answer, ask

from .neighbours import Manner, endless, neighbour, saying, speaking, trickling


def asked(manner: Manner, path: str = "/x", **wanted: object) -> Answer | None:
    async def scene() -> Answer | None:
        async with neighbour(manner) as url:
            return await asyncio.wait_for(ask(url, path, **wanted), 20)  # type: ignore[arg-type]

    return asyncio.run(scene())


@pytest.mark.parametrize("chunked", [False, True])
def test_a_whole_answer_comes_back(chunked: bool):
    assert asked(speaking({"/x": {"a": 1}}, chunked=chunked)) == Answer(200, b'{"a": 1}')
    assert asked(speaking({}, chunked=chunked)) == Answer(404, b"null")
    assert asked(speaking({"/x m": [1]}, chunked=chunked), body={"model": "m"}) == Answer(200, b"[1]")


def test_an_answer_may_end_with_its_connection():
    assert asked(saying(b"HTTP/1.0 200 OK\r\n\r\nhello")) == Answer(200, b"hello")


@pytest.mark.parametrize(
    "manner",
    [
        saying(b""),
        saying(b"220 smtp.example.com ESMTP\r\n"),
        saying(b"\x00\xff" * 1000),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", then_wait=True),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        saying(b"", then_wait=True),
        endless,
        trickling,
    ],
)
def test_noise_and_silence_are_no_answer(manner: Manner):
    assert asked(manner) is None


def test_nobody_there_is_no_answer():
    assert asyncio.run(ask("http://127.0.0.1:9", "/x")) is None


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/v1", "https://127.0.0.1/v1", "http://example.com", "http://10.0.0.1"]
)
def test_nothing_but_this_machine_is_asked(url: str):
    assert asyncio.run(ask(url, "/x")) is None


def test_a_redirect_is_not_followed():
    answer = asked(saying(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"))
    assert answer is not None
    assert answer.status == 302

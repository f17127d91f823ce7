"""Whatever a server answers, it is read to its end or is a clear error."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.world_errors import HttpError
from ergos.drivers.http.exchange import ClientLimits
from tests.drivers.http.scripts import OK, Script, asking, head_of, saying, scripted
from tests.drivers.http.wires import run


def failing(script: Script, kind: str, limits: ClientLimits | None = None, **more: Any) -> HttpError:
    """What a request to this server fails with."""
    found: list[HttpError] = []

    async def test() -> None:
        async with scripted(script) as url, asking(limits) as client:
            with pytest.raises(HttpError) as caught:
                await client.request("POST", url, {}, b"body", deadline_s=20, **more)
            assert client.connections == 0, "a broken connection must not be kept"
            found.append(caught.value)

    run(test)
    assert found[0].kind == kind
    return found[0]


@pytest.mark.parametrize("end", ["length", "chunks", "close"])
def test_a_streamed_body_is_handed_on_in_pieces_and_whole(end: str) -> None:
    framing = {"length": b"Content-Length: 6\r\n", "chunks": b"Transfer-Encoding: chunked\r\n", "close": b""}[end]
    pieces = [b"3\r\nabc\r\n", b"3;x=y\r\nd", b"ef\r\n0\r\nT: 1\r\n\r\n"] if end == "chunks" else [b"abc", b"def"]

    async def test() -> None:
        async with scripted(saying(OK + framing + b"A: 1\r\na: 2\r\n\r\n", *pieces)) as url, asking() as client:
            heads: list[Any] = []
            got: list[bytes] = []
            reply = await client.request(
                "POST", url, {}, b"", deadline_s=20, on_head=lambda *head: heads.append(head), on_chunk=got.append
            )
            assert heads == [(200, {"a": "1, 2"})]
            assert b"".join(got) == b"abcdef"
            assert reply.body == b""
            plain = await client.request(
                "POST", url, {}, b"", deadline_s=20, on_head=lambda *_: False, on_chunk=got.append, resend=True
            )
            assert plain.body == b"abcdef"
            assert len(b"".join(got)) == 6

    run(test)


def test_informational_answers_are_skipped() -> None:
    async def test() -> None:
        said = (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
            + OK
            + b"Content-Length: 1\r\n\r\na"
        )
        async with scripted(saying(said)) as url, asking() as client:
            assert (await client.request("GET", url, deadline_s=20)).body == b"a"

    run(test)


@pytest.mark.parametrize(
    ("coding", "packed"),
    [("gzip", gzip.compress(b"abc" * 1000)), ("deflate", zlib.compress(b"abc" * 1000)), ("identity", b"abc" * 1000)],
)
def test_a_body_that_is_compressed_unasked_is_read_anyway(coding: str, packed: bytes) -> None:
    async def test() -> None:
        head = OK + f"Content-Encoding: {coding}\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
        async with scripted(saying(head, packed[:5], packed[5:])) as url, asking() as client:
            reply = await client.request("GET", url, deadline_s=20)
            assert reply.body == b"abc" * 1000
            assert "content-encoding" not in reply.headers

    run(test)


def packed(body: bytes) -> bytes:
    return OK + f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"", "closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "closed"),
        (OK + b"Content-Length: 9\r\n\r\nabc", "closed"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "closed"),
        (b"SSH-2.0-x\r\n", "malformed"),
        (b"HTTP/2.0 nonsense\r\n\r\n", "malformed"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "malformed"),
        (OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "malformed"),
        (OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "malformed"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "malformed"),
        (OK + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc", "malformed"),
        (packed(b"abcdefghijk"), "malformed"),
        (packed(gzip.compress(b"abc")[:-4]), "malformed"),
        (packed(gzip.compress(b"abc") + b"more"), "malformed"),
        (packed(gzip.compress(b"a" * 10_000_000)), "too-large"),
        (OK + b"Content-Length: 2000000\r\n\r\n", "too-large"),
        (OK + b"\r\n" + b"a" * 1_100_000, "too-large"),
        (OK + b"X: " + b"a" * 5000 + b"\r\n\r\n", "too-large"),
        (OK + b"a" * 5000, "too-large"),
    ],
)
def test_a_broken_answer_is_a_clear_error(said: bytes, kind: str) -> None:
    error = failing(saying(said), kind, ClientLimits(response_bytes_max=1_000_000, head_bytes_max=4000))
    assert "Traceback" not in str(error)


def test_a_server_that_falls_silent_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        await asyncio.sleep(3600)

    async def stalling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await asyncio.sleep(3600)

    assert "begin" in str(failing(silent, "stalled", ClientLimits(first_byte_s=0.05)))
    assert "middle" in str(failing(stalling, "stalled", ClientLimits(idle_s=0.05)))


def test_what_a_callback_raises_ends_the_request() -> None:
    async def test() -> None:
        def refuse(piece: bytes) -> None:
            raise KeyError(piece)

        async with scripted(saying(OK + b"Content-Length: 3\r\n\r\nabc")) as url, asking() as client:
            with pytest.raises(KeyError):
                await client.request("GET", url, deadline_s=20, on_chunk=refuse)
            assert client.connections == 0

    run(test)


@settings(max_examples=60)
@given(said=st.one_of(st.binary(max_size=80), st.binary(max_size=60).map(lambda tail: OK + tail)))
def test_whatever_a_server_says_it_is_an_answer_or_a_clear_error(said: bytes) -> None:
    async def test() -> None:
        async with scripted(saying(said)) as url, asking() as client:
            try:
                reply = await client.request("GET", url, deadline_s=20)
            except HttpError:
                assert client.connections == 0
            else:
                assert 200 <= reply.status <= 999

    run(test)

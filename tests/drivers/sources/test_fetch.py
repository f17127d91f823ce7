"""The web is slow, broken and hostile; a fetch ends all the same, in bounds and with a reason."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib

import pytest

from ergos.base.errors import DeadlineError, SourceError
from ergos.base.limits import MIB, SOURCE_BYTES_MAX, SOURCE_REDIRECTS_MAX
from ergos.drivers.sources import fetch as fetch_module
from ergos.drivers.sources.fetch import checked

from .origins import Reply, fetch, replying, response, serving


async def _reason(reply: Reply, deadline_s: float = 5.0) -> str:
    async with serving(reply) as url:
        with pytest.raises(SourceError) as caught:
            await fetch(url, deadline_s)
    return caught.value.what


def test_a_page_is_fetched_with_its_type_and_charset() -> None:
    async def run() -> None:
        reply = replying(response("été".encode("latin-1"), 'Content-Type: Text/HTML; Charset="ISO-8859-1"'))
        async with serving(reply) as url:
            found = await fetch(url + "a?b=c#d")
        assert found.body == "été".encode("latin-1")
        assert (found.media_type, found.charset, found.url) == ("text/html", "ISO-8859-1", url + "a?b=c")

    asyncio.run(run())


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate"])
def test_compressed_answers_are_unpacked(coding: str) -> None:
    text = b"a page of some words " * 50
    packed = {
        "gzip": gzip.compress(text),
        "deflate": zlib.compress(text),
        "raw deflate": zlib.compress(text, wbits=-15),
    }[coding]

    async def run() -> bytes:
        async with serving(replying(response(packed, f"Content-Encoding: {coding.rpartition(' ')[2]}"))) as url:
            return (await fetch(url)).body

    assert asyncio.run(run()) == text


def test_an_answer_that_only_claims_to_be_compressed_is_read_with_a_note() -> None:
    async def run() -> None:
        async with serving(replying(response(b"plain words", "Content-Encoding: gzip"))) as url:
            found = await fetch(url)
        assert found.body == b"plain words"
        assert "not compressed" in found.notes[0]

    asyncio.run(run())


def test_an_endless_page_stops_at_the_bound() -> None:
    sent = 0

    async def reply(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        while True:
            writer.write(chunk)
            await writer.drain()
            sent += 65_536

    assert "at most 10 MiB" in asyncio.run(_reason(reply, 15.0))
    assert sent < 3 * SOURCE_BYTES_MAX


def test_an_announced_size_over_the_bound_is_refused_before_it_is_sent() -> None:
    async def reply(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 524288000\r\n\r\n")
        for _ in range(500):
            writer.write(b"x" * MIB)
            await writer.drain()

    async def run() -> str:
        async with serving(replying(response(b"warm"))) as url:
            await fetch(url)
        tracemalloc.start()
        return await _reason(reply)

    try:
        assert "500 MiB" in asyncio.run(run())
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


def test_a_lie_about_the_size_does_not_lift_the_bound() -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    assert "at most 10 MiB" in asyncio.run(_reason(replying(head + b"x" * (SOURCE_BYTES_MAX + 1)), 15.0))


def test_a_decompression_bomb_is_refused() -> None:
    bomb = gzip.compress(bytes(100 * MIB), 9)
    assert "bomb" in asyncio.run(_reason(replying(response(bomb, "Content-Encoding: gzip"))))


def test_a_bomb_inside_a_bomb_is_refused() -> None:
    bomb = gzip.compress(gzip.compress(bytes(100 * MIB), 9), 9)
    assert "bomb" in asyncio.run(_reason(replying(response(bomb, "Content-Encoding: gzip, gzip"))))


def test_a_compression_nobody_asked_for_is_refused() -> None:
    assert "'br'" in asyncio.run(_reason(replying(response(b"x", "Content-Encoding: br"))))


def test_a_server_that_drips_is_cut_off_at_the_deadline() -> None:
    async def reply(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def run() -> None:
        async with serving(reply) as url:
            with pytest.raises(DeadlineError):
                await fetch(url, 0.3)

    asyncio.run(run())


def test_a_server_that_never_answers_is_cut_off_at_the_deadline() -> None:
    async def reply(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2)

    async def run() -> None:
        async with serving(reply) as url:
            with pytest.raises(DeadlineError):
                await fetch(url, 0.2)

    asyncio.run(run())


def test_redirects_are_followed_to_the_page_and_no_further_than_the_bound() -> None:
    hops = 0

    async def reply(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal hops
        hops += 1
        if hops <= limit:
            writer.write(response(b"", f"Location: /hop{hops}", status="302 Found"))
        else:
            writer.write(response(b"arrived"))

    async def run() -> None:
        nonlocal hops, limit
        async with serving(reply) as url:
            assert (await fetch(url)).url == f"{url}hop{SOURCE_REDIRECTS_MAX}"
        hops, limit = 0, 10**9
        assert "redirects" in await _reason(reply)
        assert hops == SOURCE_REDIRECTS_MAX + 1

    limit = SOURCE_REDIRECTS_MAX
    asyncio.run(run())


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "only http"),
        ("ftp://127.0.0.1/x", "only http"),
        ("javascript:alert(1)", "only http"),
        ("http://user:secret@127.0.0.1/", "user name or password"),
        ("http://[broken", ""),
        ("http:///", ""),
    ],
)
def test_a_redirect_is_checked_as_the_first_url_was(location: str, reason: str) -> None:
    reply = replying(response(b"", f"Location: {location}", status="301 Moved"))
    said = asyncio.run(_reason(reply))
    assert reason in said
    assert "secret" not in said


def test_a_redirect_from_outside_to_an_inner_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def is_inner(url: str) -> bool:
        return url.endswith("/inner")

    monkeypatch.setattr(fetch_module, "_is_inner", is_inner)
    reply = replying(response(b"", "Location: /inner", status="302 Found"))
    assert "inside this network" in asyncio.run(_reason(reply))


@pytest.mark.parametrize(
    ("url", "inner"),
    [
        ("http://127.0.0.1/", True),
        ("http://[::1]:80/", True),
        ("http://10.1.2.3/", True),
        ("http://169.254.169.254/latest", True),
        ("http://8.8.8.8/", False),
    ],
)
def test_inner_addresses_are_told_from_public_ones(url: str, inner: bool) -> None:
    assert asyncio.run(fetch_module._is_inner(url)) is inner


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error", "403 Forbidden", "204 No Content"])
def test_any_answer_but_200_is_a_reason(status: str) -> None:
    assert status in asyncio.run(_reason(replying(response(b"", status=status))))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x01\x02\x03",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 400_000,
        b"HTTP/1.1 200 OK\r\n" + b"X-Header: yes\r\n" * 40_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_broken_answer_is_a_reason(data: bytes) -> None:
    assert asyncio.run(_reason(replying(data)))


def test_a_reset_connection_is_a_reason() -> None:
    async def reply(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
        await writer.drain()
        writer.transport.abort()

    assert asyncio.run(_reason(reply))


def test_a_refused_connection_says_so() -> None:
    async def run() -> None:
        async with serving(replying(b"")) as url:
            pass
        with pytest.raises(SourceError, match="refused"):
            await fetch(url)

    asyncio.run(run())


def test_a_plain_server_behind_an_https_url_is_a_reason() -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"x"))
        await writer.drain()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SourceError, match="secure connection"):
            await fetch(f"https://127.0.0.1:{port}/")
        server.close()
        await asyncio.sleep(0.01)

    asyncio.run(run())


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/x",
        "http://",
        "http://user@example.org/",
        "http://example.org:99999/",
        "https://[::1/",
        "//example.org/",
        "http://example.org/" + "x" * 5_000,
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(SourceError):
        checked(url)

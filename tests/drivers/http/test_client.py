"""The client asks once, reads everything, and lets no connection lie about."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ergos.base.errors import DeadlineError, UsageError
from ergos.base.world_errors import HttpError
from ergos.drivers.http.exchange import ClientLimits
from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder
from tests.drivers.http.certificates import certified
from tests.drivers.http.scripts import OK, asking, head_of, saying, scripted
from tests.drivers.http.wires import HOST, echo, run, serving, until


def test_one_connection_serves_many_requests_and_many_at_once_take_more() -> None:
    async def test() -> None:
        async with serving() as (server, port), asking() as client:
            url = f"http://{HOST}:{port}/a?b=c"
            for _ in range(5):
                reply = await client.request("POST", url, {"x": "y"}, b"abc", deadline_s=20)
                assert reply.status == 200
                assert reply.body == f"POST /a?b=c {HOST}:{port} abc".encode()
            assert server.connections == 1
            await asyncio.gather(*(client.request("GET", url, deadline_s=20) for _ in range(7)))
            assert server.connections == client.connections == 7

    run(test)


def test_a_long_body_arrives_whole_at_a_slow_server() -> None:
    async def test() -> None:
        async with serving() as (_, port), asking() as client:
            body = bytes(range(256)) * 40_000
            reply = await client.request("POST", f"http://{HOST}:{port}/", {}, body, deadline_s=20)
            assert reply.body.endswith(body)

    run(test)


def test_the_deadline_counts_from_the_beginning_whatever_trickles_in() -> None:
    async def trickling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(OK + b"\r\n")
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.005)

    async def test() -> None:
        async with scripted(trickling) as url, asking() as client:
            with pytest.raises(DeadlineError):
                await client.request("GET", url, deadline_s=0.1)
            assert client.connections == 0

    run(test)


def test_cancelling_a_request_closes_its_connection() -> None:
    async def test() -> None:
        left: list[bool] = []

        async def waiting(request: Request, reply: Responder) -> None:
            await reply.wait_disconnected()
            left.append(True)
            reply.send(200, {})

        async with serving(waiting) as (server, port), asking() as client:
            asked = asyncio.create_task(client.request("GET", f"http://{HOST}:{port}/", deadline_s=20))
            await until(lambda: bool(server._tasks))
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            await until(lambda: bool(left))
            assert client.connections == 0

    run(test)


@asynccontextmanager
async def closing_second() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers the first request of a connection and closes at the second, unread."""
    asked: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await head_of(reader))
        writer.write(OK + b"Content-Length: 1\r\n\r\na")
        asked.append(await head_of(reader))

    async with scripted(script) as url:
        yield url, asked


def test_a_harmless_request_on_a_stale_connection_is_sent_again_once() -> None:
    async def test() -> None:
        async with closing_second() as (url, asked), asking() as client:
            for _ in range(2):
                assert (await client.request("GET", url, deadline_s=20)).body == b"a"
            assert len(asked) == 3

    run(test)


@pytest.mark.parametrize(("headers", "resend"), [({"Idempotency-Key": "k"}, False), ({}, True)])
def test_a_post_is_sent_again_where_that_is_harmless(headers: dict[str, str], *, resend: bool) -> None:
    async def test() -> None:
        async with closing_second() as (url, asked), asking() as client:
            await client.request("POST", url, headers, b"", deadline_s=20, resend=resend)
            await client.request("POST", url, headers, b"", deadline_s=20, resend=resend)
            assert len(asked) == 3

    run(test)


def test_a_post_that_may_have_been_read_is_not_sent_again() -> None:
    async def test() -> None:
        async with closing_second() as (url, asked), asking() as client:
            await client.request("POST", url, {}, b"", deadline_s=20)
            with pytest.raises(HttpError):
                await client.request("POST", url, {}, b"", deadline_s=20)
            assert len(asked) == 2

    run(test)


def test_a_request_on_a_new_connection_is_never_sent_again() -> None:
    async def test() -> None:
        asked: list[bytes] = []

        async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await head_of(reader))

        async with scripted(closing) as url, asking() as client:
            with pytest.raises(HttpError):
                await client.request("GET", url, deadline_s=20, resend=True)
            assert len(asked) == 1

    run(test)


def test_a_connection_closed_meanwhile_is_not_used() -> None:
    async def test() -> None:
        asked: list[bytes] = []

        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await head_of(reader))
            writer.write(OK + b"Content-Length: 1\r\n\r\na")

        async with scripted(once) as url, asking() as client:
            for number in range(1, 4):
                assert (await client.request("POST", url, {}, b"", deadline_s=20)).body == b"a"
                assert len(asked) == number

    run(test)


def test_an_answer_nobody_asked_for_closes_the_connection() -> None:
    async def test() -> None:
        async def chatty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head_of(reader)
            writer.write(OK + b"Content-Length: 1\r\n\r\na" + OK + b"Content-Length: 4\r\n\r\nevil")
            await head_of(reader)

        async with scripted(chatty) as url, asking() as client:
            for _ in range(3):
                reply = await client.request("GET", url, deadline_s=20)
                assert reply.body == b"a"

    run(test)


def test_unused_connections_are_let_go_of() -> None:
    async def test() -> None:
        async with serving() as (server, port), asking(ClientLimits(pool_idle_s=0.05, pool_per_origin_max=2)) as client:
            url = f"http://{HOST}:{port}/"
            await asyncio.gather(*(client.request("GET", url, deadline_s=20) for _ in range(5)))
            assert client.connections == 2
            await until(lambda: client.connections == 0 and server.connections == 0)

    run(test)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/",
        "http:///x",
        "http://u:p@a/",
        "http://a:99999/",
        "http://a/b c",
        "http://a/b\r\nc",
        "a",
        "http://[::1",
    ],
)
def test_what_is_no_url_is_refused_before_anything_is_sent(url: str) -> None:
    async def test() -> None:
        async with asking() as client:
            with pytest.raises(UsageError):
                await client.request("GET", url, deadline_s=20)

    run(test)


@pytest.mark.parametrize(
    "headers", [{"a": "b\r\nc: d"}, {"a\r\nb": "c"}, {"a b": "c"}, {"Host": "x"}, {"Content-Length": "9"}, {"a": "中"}]
)
def test_a_header_that_would_break_the_request_is_refused(headers: dict[str, str]) -> None:
    async def test() -> None:
        async with asking() as client:
            with pytest.raises(UsageError):
                await client.request("GET", f"http://{HOST}:9/", headers, deadline_s=20)

    run(test)


def test_nobody_listening_is_a_clear_error() -> None:
    async def test() -> None:
        async with serving() as (server, port):
            await server.stop()
            async with asking() as client:
                with pytest.raises(HttpError, match=str(port)) as caught:
                    await client.request("GET", f"http://{HOST}:{port}/", deadline_s=20)
                assert caught.value.kind == "connect"

    run(test)


def test_proxies_of_the_environment_and_redirects_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    async def test() -> None:
        said = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
        async with scripted(saying(said)) as url, asking() as client:
            assert (await client.request("GET", url, deadline_s=20)).status == 302

    run(test)


def test_a_certificate_nobody_vouches_for_is_refused_and_a_trusted_one_is_used(tmp_path: Path) -> None:
    key, certificate = certified(tmp_path)

    async def test() -> None:
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(certificate, key)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    await head_of(reader)
                    writer.write(OK + b"Content-Length: 1\r\n\r\na")
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, HOST, 0, ssl=own)
        url = f"https://localhost:{server.sockets[0].getsockname()[1]}/"
        async with asking() as client:
            with pytest.raises(HttpError) as caught:
                await client.request("GET", url, deadline_s=20)
            assert caught.value.kind == "tls"
        async with asking(tls=ssl.create_default_context(cafile=str(certificate))) as client:
            for _ in range(2):
                assert (await client.request("GET", url, deadline_s=20)).body == b"a"
            assert client.connections == 1
        server.close()
        await asyncio.sleep(0.01)

    run(test)


def test_a_server_written_here_and_this_client_understand_each_other() -> None:
    async def test() -> None:
        async def streaming(request: Request, reply: Responder) -> None:
            if request.path == "/plain":
                await echo(request, reply)
                return
            reply.start(200, {"content-type": "text/event-stream"})
            for number in range(50):
                reply.write(b"data: %d\n\n" % number)
                await asyncio.sleep(0)
            reply.end()

        async with serving(streaming) as (server, port), asking() as client:
            got: list[bytes] = []
            for _ in range(3):
                await client.request("POST", f"http://{HOST}:{port}/s", {}, b"x", deadline_s=20, on_chunk=got.append)
                await client.request("HEAD", f"http://{HOST}:{port}/plain", deadline_s=20)
            assert b"".join(got) == b"".join(b"data: %d\n\n" % number for number in range(50)) * 3
            assert server.connections <= 2

    run(test)


def test_no_time_left_is_a_deadline_and_nothing_is_sent() -> None:
    async def test() -> None:
        async with serving() as (server, port), asking() as client:
            with pytest.raises(DeadlineError):
                await client.request("GET", f"http://{HOST}:{port}/", deadline_s=0)
            assert server.connections == 0

    run(test)


def test_a_short_deadline_after_a_long_one_on_the_same_connection_is_kept() -> None:
    async def test() -> None:
        async def slow(request: Request, reply: Responder) -> None:
            if request.path == "/slow":
                await reply.wait_disconnected()
            await echo(request, reply)

        async with serving(slow) as (server, port), asking() as client:
            await client.request("GET", f"http://{HOST}:{port}/", deadline_s=3600)
            with pytest.raises(DeadlineError):
                await client.request("GET", f"http://{HOST}:{port}/slow", deadline_s=0.05)
            await until(lambda: server.connections == 0)

    run(test)

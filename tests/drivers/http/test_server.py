"""The server answers what is sound, refuses what is not, and outlives every client."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.clock import SECOND, ManualClock
from ergos.base.errors import WorldError
from ergos.drivers.http.message import HttpLimits, Refusal, Request
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import HttpServer
from tests.drivers.http.certificates import certified
from tests.drivers.http.wires import HOST, echo, get, raw, run, serving, status, until

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"


def test_a_failing_handler_is_an_error_500_of_its_own_client_only() -> None:
    async def test() -> None:
        reported: list[BaseException] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["exception"]))

        async def failing(request: Request, reply: Responder) -> None:
            if request.path == "/begun":
                reply.start(200, {})
                reply.write(b"half")
                await reply.drain()
            if request.path != "/sound":
                raise RuntimeError("secret of the inside")
            await echo(request, reply)

        async with serving(failing) as (_, port):
            answer = await raw(port, get("/bad"))
            assert status(answer) == 500
            assert b"secret" not in answer
            begun = await raw(port, get("/begun"))
            assert b"half" in begun
            assert not begun.endswith(b"0\r\n\r\n"), "a broken answer must not look whole"
            assert status(await raw(port, get("/sound"))) == 200
        assert [type(error) for error in reported] == [RuntimeError, RuntimeError]

    run(test)


def test_a_handler_that_says_nothing_is_an_error_500() -> None:
    async def test() -> None:
        async def silent(request: Request, reply: Responder) -> None:
            pass

        async with serving(silent) as (_, port):
            assert status(await raw(port, get())) == 500

    run(test)


def test_a_thousand_streams_at_once_are_served() -> None:
    async def test() -> None:
        gate = asyncio.Event()
        begun = 0

        async def stream(request: Request, reply: Responder) -> None:
            nonlocal begun
            begun += 1
            reply.start(200, {"content-type": "text/event-stream"})
            reply.write(b"data: 1\n\n")
            await gate.wait()
            reply.write(b"data: 2\n\n")
            reply.end()

        async with serving(stream) as (server, port):
            answers = [asyncio.create_task(raw(port, get())) for _ in range(1000)]
            await until(lambda: begun == 1000)
            assert server.connections == 1000
            gate.set()
            for answer in await asyncio.gather(*answers):
                assert answer.endswith(b"data: 2\n\n\r\n0\r\n\r\n")

    run(test)


def test_one_connection_too_many_is_told_to_come_back() -> None:
    async def test() -> None:
        async with serving(limits=HttpLimits(connections_max=1)) as (_, port):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            assert status(await raw(port)) == 503
            writer.close()

    run(test)


def test_stopping_lets_running_answers_end_and_takes_no_more() -> None:
    async def test() -> None:
        async def slow(request: Request, reply: Responder) -> None:
            await asyncio.sleep(0.05)
            await echo(request, reply)

        async with serving(slow) as (server, port):
            _, idle = await asyncio.open_connection(HOST, port)
            asked = asyncio.create_task(raw(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
            await until(lambda: server.connections == 2)
            await asyncio.sleep(0.01)
            await server.stop(10)
            assert status(await asked) == 200
            with pytest.raises(OSError, match="Connect"):
                await asyncio.open_connection(HOST, port)
            idle.close()

    run(test)


def test_stopping_cancels_what_does_not_end_in_time() -> None:
    async def test() -> None:
        async def endless(request: Request, reply: Responder) -> None:
            await asyncio.sleep(3600)

        async with serving(endless) as (server, port):
            asked = asyncio.create_task(raw(port, get()))
            await until(lambda: bool(server._tasks))
            await server.stop(0.01)
            assert status(await asked) in {0, 500}

    run(test)


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    async def test() -> None:
        async with serving() as (_, port):
            with pytest.raises(WorldError, match=str(port)):
                await HttpServer(echo).start(HOST, port)

    run(test)


def test_the_date_is_that_of_the_clock() -> None:
    async def test() -> None:
        server = HttpServer(echo, clock=ManualClock(784111777 * SECOND))
        port = await server.start(HOST)
        assert b"date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" in await raw(port, get())
        await server.stop()

    run(test)


def test_the_same_is_served_over_tls_and_nothing_in_clear(tmp_path: Path) -> None:
    key, certificate = certified(tmp_path)

    async def test() -> None:
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(certificate, key)
        server = HttpServer(echo)
        port = await server.start(HOST, 0, own)
        trust = ssl.create_default_context(cafile=str(certificate))
        reader, writer = await asyncio.open_connection("localhost", port, ssl=trust)
        writer.write(get())
        assert status(await reader.readuntil(b"\r\n\r\n")) == 200
        writer.close()
        try:
            assert not (await raw(port, get())).startswith(b"HTTP/")
        except ConnectionError:
            pass
        await server.stop()

    run(test)


def test_a_client_somebody_objects_to_is_told_why_and_served_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        handled: list[Request] = []

        async def never(request: Request, reply: Responder) -> None:
            handled.append(request)

        server = HttpServer(never, objection=lambda _: Refusal(403, "not you"))
        (tmp_path / "s").unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / "s"))
        await server.start_unix(listener)
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(get())
        answer = await reader.read()
        assert status(answer) == 403
        assert b"not you" in answer
        assert not handled
        writer.close()
        await server.stop()

    run(test)


@settings(max_examples=40)
@given(
    pieces=st.lists(
        st.one_of(st.binary(max_size=60), st.sampled_from((POST, b"\r\n", get(), b"0\r\n\r\n"))), max_size=6
    )
)
def test_after_any_bytes_the_next_client_is_served_and_nothing_is_left(pieces: list[bytes]) -> None:
    async def test() -> None:
        async with serving(limits=HttpLimits(linger_s=0.01)) as (server, port):
            reader, writer = await asyncio.open_connection(HOST, port)
            for piece in pieces:
                writer.write(piece)
            writer.write_eof()
            answer = await reader.read()
            assert not answer or answer.startswith(b"HTTP/1.1 ")
            writer.close()
            assert status(await raw(port, get())) == 200
            await until(lambda: not server.connections)

    run(test)

"""An answer has the form its reader understands, and a reader that lags is bounded."""

from __future__ import annotations

import asyncio
import socket

import pytest

from ergos.drivers.http.message import HttpLimits, Request
from ergos.drivers.http.reply import Responder
from tests.drivers.http.wires import HOST, echo, get, raw, run, serving, status, until


def test_a_reader_that_reads_nothing_is_held_back_and_then_given_up() -> None:
    async def test() -> None:
        ends: list[bool] = []

        async def endless(request: Request, reply: Responder) -> None:
            reply.start(200, {})
            while not reply.disconnected:
                reply.write(b"a" * 65_536)
                await reply.drain()
                assert reply._outlet.unsent < 400_000
            ends.append(reply.disconnected)
            reply.end()

        async with serving(endless, HttpLimits(write_s=0.1)) as (_, port):
            with socket.socket() as line:
                line.setblocking(False)
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                await asyncio.get_running_loop().sock_connect(line, (HOST, port))
                await asyncio.get_running_loop().sock_sendall(line, get())
                await until(lambda: ends == [True])

    run(test)


def test_a_writer_that_does_not_wait_is_bounded_too() -> None:
    async def test() -> None:
        ends: list[bool] = []

        async def flood(request: Request, reply: Responder) -> None:
            reply.start(200, {})
            for _ in range(2000):
                reply.write(b"a" * 65_536)
                await asyncio.sleep(0)
                assert reply._outlet.unsent <= 1_000_000
            ends.append(reply.disconnected)
            reply.end()

        async with serving(flood, HttpLimits(unsent_bytes_max=1_000_000)) as (_, port):
            with socket.socket() as line:
                line.setblocking(False)
                await asyncio.get_running_loop().sock_connect(line, (HOST, port))
                await asyncio.get_running_loop().sock_sendall(line, get())
                await until(lambda: ends == [True])

    run(test)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_has_the_form_that_its_reader_understands(method: str, version: str, *, streamed: bool) -> None:
    async def test() -> None:
        async def handler(request: Request, reply: Responder) -> None:
            if not streamed:
                reply.send(200, {"x": "y"}, b"abc")
                return
            reply.start(200, {"x": "y"})
            reply.write(b"a")
            reply.write(b"bc")
            reply.end()

        async with serving(handler) as (_, port):
            answer = await raw(port, f"{method} / HTTP/{version}\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            head, _, body = answer.partition(b"\r\n\r\n")
            assert b"x: y" in head
            chunked = streamed and version == "1.1"
            expected = b"3\r\nabc\r\n0\r\n\r\n" if chunked else b"abc"
            assert body == (expected if method == "GET" else b"")
            assert (b"transfer-encoding: chunked" in head) == (chunked and method == "GET")
            assert (b"content-length: 3" in head) == (not streamed)

    run(test)


def test_a_status_without_body_sends_none_and_keeps_the_connection() -> None:
    async def test() -> None:
        async def handler(request: Request, reply: Responder) -> None:
            if request.path == "/0":
                reply.send(204, {}, b"ignored")
            else:
                await echo(request, reply)

        async with serving(handler) as (_, port):
            answer = await raw(port, b"GET /0 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/1"))
            assert b"ignored" not in answer
            assert answer.count(b"HTTP/1.1 ") == 2

    run(test)


@pytest.mark.parametrize("headers", [{"x": "a\r\nb: c"}, {"x": "中"}, {"Content-Length": "3"}, {"x": "a\0"}])
def test_a_header_that_would_break_the_answer_is_the_handlers_mistake(headers: dict[str, str]) -> None:
    async def test() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: None)

        async def handler(request: Request, reply: Responder) -> None:
            reply.send(200, headers, b"")

        async with serving(handler) as (_, port):
            assert status(await raw(port, get())) == 500

    run(test)

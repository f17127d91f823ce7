"""A connection answers in order, keeps its times, and tells its handler when the client leaves."""

from __future__ import annotations

import asyncio

import pytest

from ergos.drivers.http.message import HttpLimits, Request
from ergos.drivers.http.reply import Responder
from tests.drivers.http.wires import HOST, echo, get, raw, run, serving, status, until

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"


def test_requests_on_one_connection_are_answered_in_their_order() -> None:
    async def test() -> None:
        async def slow_first(request: Request, reply: Responder) -> None:
            await asyncio.sleep(0.02 if request.path == "/1" else 0)
            await echo(request, reply)

        async with serving(slow_first) as (_, port):
            sent = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in (1, 2, 3))
            answer = await raw(port, sent, get("/4"))
            assert [answer.index(b"GET /%d" % number) for number in (1, 2, 3, 4)] == sorted(
                answer.index(b"GET /%d" % number) for number in (1, 2, 3, 4)
            )
            assert answer.count(b"HTTP/1.1 200 OK") == 4

    run(test)


def test_a_body_with_expectation_is_asked_for() -> None:
    async def test() -> None:
        async with serving() as (_, port):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(POST + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"abc")
            assert (await reader.read()).endswith(b"abc")
            writer.close()

    run(test)


def test_a_body_that_is_too_long_is_refused_before_it_is_sent() -> None:
    async def test() -> None:
        async with serving(limits=HttpLimits(body_bytes_max=2)) as (_, port):
            answer = await raw(port, POST + b"Expect: 100-continue\r\n\r\n", close=True)
            assert status(answer) == 413
            assert b"100 Continue" not in answer

    run(test)


def test_a_client_that_sends_on_gets_to_read_why_it_was_refused() -> None:
    async def test() -> None:
        async with serving(limits=HttpLimits(body_bytes_max=1000)) as (_, port):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
            writer.write(b"a" * 4_000_000)
            answer = await reader.read()
            assert status(answer) == 413
            writer.close()

    run(test)


@pytest.mark.parametrize("begin", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n", POST + b"\r\nab", b"\r\n\r\n"])
def test_a_slow_client_is_let_go_of_in_time(begin: bytes) -> None:
    async def test() -> None:
        limits = HttpLimits(head_s=0.05, body_s=0.05, idle_s=0.1, linger_s=0.05)
        async with serving(limits=limits) as (server, port):
            answer = await raw(port, begin)
            assert status(answer) == (0 if not begin.strip() else 408)
            await until(lambda: not server.connections)

    run(test)


def test_dripping_bytes_do_not_buy_time() -> None:
    async def test() -> None:
        async with serving(limits=HttpLimits(head_s=0.1, linger_s=0.05)) as (server, port):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"GET / HTTP/1.1\r\n")
            while server.connections and not reader.at_eof():
                writer.write(b"X")
                await asyncio.sleep(0.01)
                if reader._buffer:  # type: ignore[attr-defined]
                    break
            assert status(await reader.read()) == 408
            writer.close()

    run(test)


def test_a_client_that_leaves_is_noticed_and_its_handler_ends_its_work() -> None:
    async def test() -> None:
        steps: list[str] = []

        async def working(request: Request, reply: Responder) -> None:
            reply.on_disconnect(lambda: steps.append("told"))
            await reply.wait_disconnected()
            assert reply.disconnected
            steps.append("left")
            reply.start(200, {})
            for _ in range(100):
                reply.write(b"a" * 10_000)
                await reply.drain()
            reply.end()
            steps.append("done")

        async with serving(working) as (_, port):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(get())
            await asyncio.sleep(0.02)
            writer.transport.abort()
            del reader
            await until(lambda: "done" in steps)
        assert steps == ["told", "left", "done"]

    run(test)


def test_a_client_that_only_closes_its_own_half_still_gets_its_answer() -> None:
    async def test() -> None:
        async def slow(request: Request, reply: Responder) -> None:
            await asyncio.sleep(0.02)
            await echo(request, reply)

        async with serving(slow) as (_, port):
            assert status(await raw(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", close=True)) == 200

    run(test)

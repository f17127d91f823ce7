"""One socket leads to the kernel's door, byte for byte, and by rules to others; never to another port of this machine."""

from __future__ import annotations

import asyncio

import pytest

from ergos.drivers.egress.bridge import Door
from tests.drivers.http.wires import HOST, WAIT_S, run, serving, status, until

from .outside import BEARER, inside, leaks, outside, rule


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_a_path_with_the_doors_host_leads_to_the_door_unchanged(host: str) -> None:
    async def test() -> None:
        async with outside() as gate, inside(door=Door(gate.port)) as near:
            said = f"POST /v1/chat?x=../ HTTP/1.1\r\nHost: {host}:{gate.port}\r\nAuthorization: Bearer t\r\nX_Odd: 1\r\nContent-Length: 2\r\n\r\nhi"
            answer = await near.say(said.encode())
            assert gate.requests == [said.encode()]
            assert (
                answer
                == b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\ncontent-type: text/plain\r\n\r\n" % len(said)
                + said.encode()
            )
            assert not near.records

    run(test)


def test_the_door_may_be_known_under_another_port_inside() -> None:
    async def test() -> None:
        async with outside() as gate, inside(door=Door(gate.port, port_inside=80)) as near:
            for said in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n"):
                assert status(await near.say(said)) == 200
            assert status(await near.get("http://localhost/v1", "X: y")) == 200
            assert b"GET /v1 HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n" % gate.port in gate.requests[-1]
            assert status(await near.say(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % gate.port)) == 403
            assert len(gate.requests) == 3

    run(test)


def test_the_door_keeps_what_a_program_shows_it_in_the_form_for_a_proxy_too() -> None:
    async def test() -> None:
        async with outside() as gate, inside(door=Door(gate.port)) as near:
            answer = await near.get(
                f"http://127.0.0.1:{gate.port}/v1/x?y", "Authorization: Bearer t", method="POST", body=b"hi"
            )
            assert status(answer) == 200
            assert gate.requests[0].startswith(b"POST /v1/x?y HTTP/1.1\r\n")
            assert b"\r\nauthorization: Bearer t\r\n" in gate.requests[0]
            assert gate.requests[0].endswith(b"\r\n\r\nhi")
            assert not near.records

    run(test)


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: evil.net\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:{other}\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 0.0.0.0:{gate}\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost.:{gate}\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x@127.0.0.1:{gate}\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:{gate}\r\nHost: evil.net\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET http://127.0.0.1:{other}/ HTTP/1.1\r\nHost: 127.0.0.1:{gate}\r\n\r\n",
        b"GET http://localhost:{other}/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[::1]:{other}/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT 127.0.0.1:{other} HTTP/1.1\r\n\r\n",
        b"CONNECT 127.0.0.1:{gate} HTTP/1.1\r\n\r\n",
        b"CONNECT localhost:{other} HTTP/1.1\r\n\r\n",
    ],
)
def test_nothing_else_of_this_machine_is_reached(said: bytes) -> None:
    async def test() -> None:
        async with (
            outside() as gate,
            outside() as other,
            inside(door=Door(gate.port), names={"localhost": [HOST]}) as near,
        ):
            words = said.replace(b"{gate}", b"%d" % gate.port).replace(b"{other}", b"%d" % other.port)
            assert status(await near.say(words, close=True)) in {400, 403}
            assert not other.requests
            assert not gate.requests
            assert len(near.records) == 1

    asyncio.run(test())


def test_other_hosts_are_reached_by_rules_on_the_same_socket() -> None:
    async def test() -> None:
        async with (
            outside() as gate,
            outside() as far,
            inside(rule(far.port, inject=BEARER), door=Door(gate.port)) as near,
        ):
            answer = await near.get(f"http://api.example.com:{far.port}/x")
            assert status(answer) == 200
            assert not leaks(answer)
            assert [record.rule for record in near.records] == ["api"]
            assert not gate.requests

    run(test)


def test_many_requests_and_streams_go_to_the_door_on_one_connection() -> None:
    async def test() -> None:
        async with serving() as (_, port), inside(door=Door(port)) as near:
            reader, writer = await asyncio.open_unix_connection(str(near.path))
            async with asyncio.timeout(WAIT_S):
                for number in range(20):
                    writer.write(f"GET /{number} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                    assert f"GET /{number}?".encode() in await reader.readexactly(length)
            writer.close()

    run(test)


def test_a_door_that_is_closed_is_an_error() -> None:
    async def test() -> None:
        async with outside() as gate:
            port = gate.port
        async with inside(door=Door(port)) as near:
            assert status(await near.say(b"GET / HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % port)) == 502

    run(test)


def test_a_program_that_leaves_leaves_the_door() -> None:
    async def test() -> None:
        async with serving() as (gate, port), inside(door=Door(port)) as near:
            reader, writer = await asyncio.open_unix_connection(str(near.path))
            writer.write(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            await reader.read(1)
            assert gate.connections == 1
            writer.close()
            await until(lambda: gate.connections == 0)

    run(test)

"""The first words of a connection are read in one way or not at all."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.egress.entrance import Entrance, Head, read_head
from ergos.kernel.hosts import Refused


class House:
    """Takes note of what a connection turned out to be."""

    def __init__(self, *, door: bool) -> None:
        self.has_door = door
        self.found: list[tuple[str, object, bytes]] = []

    def came(self, entrance: Entrance) -> bool:
        return True

    def left(self, entrance: Entrance) -> None:
        pass

    def requests(self, transport: asyncio.Transport, data: bytes) -> None:
        self.found.append(("requests", None, data))

    def through(self, transport: asyncio.Transport, head: Head | Refused, data: bytes) -> None:
        self.found.append(("through", head, data))


def told(*pieces: bytes, door: bool = False) -> list[tuple[str, object, bytes]]:
    async def test() -> list[tuple[str, object, bytes]]:
        house = House(door=door)
        entrance = Entrance(house)
        entrance.connection_made(asyncio.Transport())
        for piece in pieces:
            if not house.found:
                entrance.data_received(piece)
        entrance.connection_lost(None)
        return house.found

    return asyncio.run(test())


PROXY = b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"
PATH = b"GET /v1 HTTP/1.1\r\nHost: localhost:1\r\n\r\nbody"
TUNNEL = b"CONNECT a.b:1 HTTP/1.1\r\nHost: a.b:1\r\nX: y\r\n\r\nmore"


@pytest.mark.parametrize("whole", [PROXY, PATH, TUNNEL])
@pytest.mark.parametrize("door", [False, True])
def test_however_it_is_cut_a_connection_is_the_same_thing(whole: bytes, door: bool) -> None:
    once = told(whole, door=door)
    for at in range(1, len(whole)):
        (kind, head, data), = told(whole[:at], whole[at:], door=door)  # fmt: skip
        assert (kind, head) == once[0][:2]
        assert whole.startswith(data) or data == b"more"[: len(data)]


def test_what_each_is() -> None:
    assert told(PROXY) == [("requests", None, PROXY)]
    assert told(PROXY, door=True) == [("requests", None, PROXY)]
    assert told(PATH) == [("requests", None, PATH)]
    assert told(PATH, door=True) == [("through", Head("", "localhost:1"), PATH)]
    assert told(TUNNEL) == [("through", Head("a.b:1", "a.b:1"), b"more")]
    assert told(b"\r\n\r\nGET / HTTP/1.1\r\n\r\n", door=True)[0][0] == "requests"
    assert told(b"GE", door=True) == []


@pytest.mark.parametrize(
    "head",
    [
        b"CONNECT a:1",
        b"CONNECT  a:1 HTTP/1.1",
        b"CONNECT a:1 b HTTP/1.1",
        b"CONNECT a:1 HTTP/2.0",
        b"CONNECT a\0:1 HTTP/1.1",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nHost: a:1",
        b"CONNECT a:1 HTTP/1.1\r\nHost: b:1",
        b"CONNECT a:1 HTTP/1.1\r\nContent-Length: 0",
        b"CONNECT a:1 HTTP/1.1\r\nTransfer-Encoding: chunked",
        b"CONNECT a:1 HTTP/1.1\r\nX : y",
        b"CONNECT a:1 HTTP/1.1\r\n folded",
        b"CONNECT a:1 HTTP/1.1\r\nX: a\nb",
        b"CONNECT a:1 HTTP/1.1\r\nX: a\rb",
        b"CONNECT a:1 HTTP/1.1\nX: y",
        b"GET / HTTP/1.1\r\nHost: a\r\nhost: a",
    ],
)
def test_a_head_that_could_be_read_in_two_ways_is_refused(head: bytes) -> None:
    assert isinstance(read_head(head), Refused)


@given(st.binary(max_size=80))
def test_reading_a_head_is_total(head: bytes) -> None:
    for first in (b"", b"CONNECT ", b"CONNECT a:1 HTTP/1.1\r\n"):
        found = read_head(first + head)
        assert isinstance(found, Head | Refused)
        if isinstance(found, Head) and found.tunnel:
            assert b"\n" not in found.tunnel.encode()

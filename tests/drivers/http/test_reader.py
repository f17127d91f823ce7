"""Bytes become requests, in whatever pieces they come, or are refused."""

from __future__ import annotations

from itertools import pairwise

import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.drivers.http.message import HttpLimits
from ergos.drivers.http.reader import Held, RequestReader

CHUNKED = b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
SOUND = (
    b"GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-Y: 1\r\nx-y: 2\r\n\r\n",
    b"POST /b HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\n\r\nhello",
    CHUNKED + b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n",
    b"POST /u HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /v HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    b"GET /w HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://b:81/z?q HTTP/1.1\r\nHost: a\r\n\r\n",
)
READ = (
    ("GET", "/a", "b=c", "a", b""),
    ("POST", "/b", "", "[::1]:80", b"hello"),
    ("POST", "/c", "", "a", b"abcdefg"),
    ("POST", "/u", "", "a", b"abc"),
    ("POST", "/v", "", "a", b"ab"),
    ("GET", "/w", "", "a", b""),
    ("OPTIONS", "*", "", "a", b""),
    ("GET", "/z", "q", "b:81", b""),
)


def reader(limits: HttpLimits | None = None, held: Held | None = None) -> RequestReader:
    return RequestReader(limits or HttpLimits(), held or Held(), "1.2.3.4", httptools.HttpRequestParser)


def read(found: RequestReader) -> tuple[tuple[str, str, str, str, bytes], ...]:
    requests = [arrived.request for arrived in found.arrived]
    return tuple((r.method, r.path, r.query, r.headers.get("host", ""), r.body) for r in requests)


def refused(data: bytes, limits: HttpLimits | None = None) -> int:
    found = reader(limits)
    found.feed(data)
    assert not found.arrived, "a request that is refused must not be handed on"
    return found.refusal.status if found.refusal else 0


@given(cuts=st.lists(st.integers(0, sum(map(len, SOUND))), max_size=40), times=st.integers(1, 2))
def test_however_the_bytes_are_cut_the_same_requests_are_read(cuts: list[int], times: int) -> None:
    data = b"".join(SOUND) * times
    held = Held()
    found = reader(held=held)
    ends = [0, *sorted(cuts), len(data)]
    for start, end in pairwise(ends):
        found.feed(data[start:end])
    assert found.refusal is None
    assert read(found) == READ * times
    assert held.count == sum(len(part[-1]) for part in READ) * times
    found.drop()
    assert held.count == 0


def test_byte_by_byte_the_same_requests_are_read() -> None:
    found = reader()
    for byte in b"".join(SOUND):
        found.feed(bytes([byte]))
    assert read(found) == READ


def test_lines_of_one_name_are_joined_and_names_are_lower_case() -> None:
    found = reader()
    found.feed(SOUND[0])
    headers = found.arrived[0].request.headers
    assert headers == {"host": "a", "x-y": "1, 2"}


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 3\r\nContent-Length: 3",
        b"Content-Length: 3\r\nContent-Length: 4",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-encoding: identity",
        b"Transfer-Encoding:\x0bchunked",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding: xchunked",
        b'Transfer-Encoding: "chunked"',
        b"Content-Length: +3",
        b"Content-Length: 3,3",
        b"Content-Length: 0x3",
        b"Content-Length: 3 3",
        b"Content-Length: ",
        b"Content-Length: -1",
        b"Content-Length: 1e1",
        b"Content-Length : 3",
        b"Content-Length: 99999999999999999999999",
        b"X: a\r\n b",
        b"X: a\x00b",
        b"X: a\rContent-Length: 3",
        b"X: a\nContent-Length: 3",
        b"X\x00: b",
        b": b",
        b"nocolon",
        b"Host: b",
        b"Expect: 200-ok",
        b"Authorization: Bearer a\r\nAuthorization: Bearer b",
        b"Content-Type: application/json\r\nContent-Type: text/plain",
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(lines: bytes) -> None:
    assert refused(b"POST / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n") in {400, 417, 501}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"GET / HTTP/0.9\r\n\r\n", 505),
        (b"GET /\r\n\r\n", 505),
        (b"GET / HTTP/1.2\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"HACK / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"SOURCE / ICE/1.0\r\n\r\n", 501),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /#f HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: \r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
        (b"GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
        (CHUNKED + b"3\nabc\n0\n\n", 400),
        (CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400),
        (CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n", 400),
        (CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n", 400),
        (CHUNKED + b"ffffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400),
        (CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused(data: bytes, status: int) -> None:
    assert refused(data) == status


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"a" * 300 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 600 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 20 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a" * 600, 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413),
        (CHUNKED + b"65\r\n" + b"a" * 101 + b"\r\n0\r\n\r\n", 413),
        (CHUNKED + b"3;" + b"e" * 5000, 400),
        (CHUNKED + b"1\r\na\r\n0\r\nTrailer: " + b"t" * 5000, 400),
    ],
)
def test_whatever_is_too_long_is_refused_at_its_bound(data: bytes, status: int) -> None:
    limits = HttpLimits(target_bytes_max=200, head_bytes_max=500, headers_max=16, body_bytes_max=100)
    assert refused(data, limits) == status
    found = reader(limits)
    for start in range(0, len(data), 50):
        found.feed(data[start : start + 50])
    assert found.refusal is not None
    assert found.refusal.status in {status, 400, 431}


def test_a_request_behind_a_refused_one_is_never_read() -> None:
    found = reader()
    found.feed(b"GET /first HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n")
    found.feed(b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    assert [arrived.request.path for arrived in found.arrived] == ["/first"]
    assert found.refusal is not None


def test_what_follows_the_last_announced_request_is_ignored() -> None:
    found = reader()
    found.feed(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n")
    found.feed(b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
    assert len(found.arrived) == 1
    assert found.over
    assert found.refusal is None


def test_more_pipelined_requests_than_allowed_are_refused_and_the_first_are_kept() -> None:
    found = reader(HttpLimits(pipelined_max=3))
    found.feed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 9)
    assert len(found.arrived) == 3
    assert found.refusal is not None
    assert found.refusal.status == 503


def test_bodies_of_all_connections_together_are_bounded() -> None:
    held = Held()
    limits = HttpLimits(bodies_bytes_max=150, body_bytes_max=100)
    one, other = reader(limits, held), reader(limits, held)
    one.feed(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + b"a" * 100)
    other.feed(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + b"a" * 60)
    assert other.refusal is not None
    assert other.refusal.status == 503
    assert held.count == 100


@settings(max_examples=300)
@given(data=st.binary(max_size=400), start=st.sampled_from((b"", b"GET / HTTP/1.1\r\nHost: a\r\n", CHUNKED, SOUND[3])))
def test_no_bytes_make_the_reader_fail(data: bytes, start: bytes) -> None:
    held = Held()
    found = reader(HttpLimits(head_bytes_max=200, body_bytes_max=100), held)
    found.feed(start)
    found.feed(data)
    found.feed(data)
    found.drop()
    assert held.count == 0


@settings(max_examples=300)
@given(at=st.integers(0, len(SOUND[1]) - 1), byte=st.integers(0, 255), which=st.integers(0, len(SOUND) - 1))
def test_a_changed_byte_is_read_or_refused_but_never_fails(at: int, byte: int, which: int) -> None:
    data = bytearray(SOUND[which])
    data[at % len(data)] = byte
    held = Held()
    found = reader(held=held)
    found.feed(bytes(data) + SOUND[0])
    found.drop()
    assert held.count == 0
